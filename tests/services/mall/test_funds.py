"""Money of a shop: fees by the table, withdrawals, deposit, fines, and a statement that is the ledger."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO

import pytest
from flask import Flask
from openpyxl import load_workbook

from app.core.db import db
from app.core.errors import Conflict, DomainError, Forbidden, InvalidInput, Refused
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.ledger import book
from app.worlds import clock
from app.worlds.models import World
from app.worlds.settings import change_setting
from sim_mall.domain.fees import FeeKind
from sim_mall.models.funds import FeeRate
from sim_mall.models.shops import Shop
from sim_mall.services import funds, statements
from tests.factories import mall
from tests.factories.mall_checks import assert_sound
from tests.factories.tables import changed, fingerprint
from tests.factories.world import make_actor, make_world

pytestmark = pytest.mark.usefixtures("app_context")


def later(world: World, **step: int) -> None:
    with unit_of_work():
        clock.jump(make_actor(Role.INSTRUCTOR, world.scope_id), world.id, timedelta(**step))


def refused(error: type[DomainError], match: str, call: object) -> None:
    before = fingerprint()
    with pytest.raises(error, match=match), unit_of_work():
        call()  # type: ignore[operator]
    assert changed(before, fingerprint()) == []


def test_money_of_a_shop_to_the_fen_and_its_statement(app: Flask) -> None:
    world = make_world()
    teacher = make_actor(Role.INSTRUCTOR, world.scope_id)
    with unit_of_work():
        change_setting(teacher, world.id, "tech_fee_bp", 60)
        db.session.add(FeeRate(world_id=world.id, category="食品", commission_bp=300))
    owner, info = mall.make_seller(world)
    buyer = mall.make_trainee(world)
    shop = db.session.get_one(Shop, info.id)
    food = mall.make_listing(owner, info, "山野核桃 500克装", [("默认", 50_00, 9)], l1="食品", l2="坚果")
    cloth = mall.make_listing(owner, info, "纯棉四件套 柔软亲肤", [("默认", 99_99, 9)])
    purse, deposit = book.shop_balance(shop.id), book.deposit(shop.id)

    order = mall.buy(buyer, [(food.skus[0].id, 2), (cloth.skus[0].id, 1)])
    mall.ship(owner, order.id)
    mall.complete(buyer, order.id)
    row = mall.order_row(order.id)
    # 3 % of 100.00 + 5 % of 99.99, and 0.6 % of 199.99
    assert (row.settled, row.fee, row.fee_returnable) == (199_99, 300 + 500 + 120, 800)
    assert book.balance(world.id, purse) == 199_99 - 920

    later(world, days=1)
    refused(InvalidInput, "最多可提现 190.79", lambda: funds.withdraw(owner, 190_80, mall.key()))
    refused(InvalidInput, "金额", lambda: funds.withdraw(owner, 0, mall.key()))
    refused(Refused, "注册店铺", lambda: funds.withdraw(buyer, 1, mall.key()))
    key = mall.key()
    for _ in range(2):  # pressed twice, paid once
        with unit_of_work():
            assert funds.withdraw(owner, 100_00, key) == 100_00
    refused(Conflict, "提交编号", lambda: funds.withdraw(owner, 50_00, key))
    wallet = book.balance(world.id, book.wallet(owner.person()))
    assert wallet == 10_000_000 - 1_000_00 + 100_00

    later(world, days=1)
    refused(InvalidInput, "最多可转出 0.00", lambda: funds.release_deposit(owner, 1, mall.key()))
    refused(InvalidInput, "从哪里", lambda: funds.top_up_deposit(owner, 1, "bank", mall.key()))
    refused(Refused, "余额不足", lambda: funds.top_up_deposit(owner, 2_000_00, "balance", mall.key()))
    with unit_of_work():
        funds.top_up_deposit(owner, 50_00, "balance", mall.key())
        funds.top_up_deposit(owner, 200_00, "wallet", mall.key())
        funds.release_deposit(owner, 30_00, mall.key())
    assert book.balance(world.id, deposit) == 1_220_00
    with unit_of_work():  # the platform takes what is there: first the deposit, then the balance
        assert funds.fine(world.id, shop.id, "late-1", 800_00, "延迟发货") == 800_00
    assert book.balance(world.id, deposit) == 420_00
    refused(Refused, "补缴", lambda: mall.make_listing(owner, info))
    assert funds.funds_of(shop).too_low

    # a refund after settlement brings the platform's share back
    line = next(one for one in order.lines if one.listing_id == food.id)
    ticket = mall.ask_back(buyer, order.id, line.id, 1)
    from sim_mall.services import aftersales

    with unit_of_work():
        aftersales.agree(owner, ticket.id, ticket.version)
    row = mall.order_row(order.id)
    assert row.fee_back == 800 * 50_00 // 199_99
    assert_sound(world.id)

    first, last = date(2026, 11, 1), date(2026, 11, 30)
    for account, of in (("balance", purse), ("deposit", deposit)):
        month = statements.month(shop, account, first, last)
        assert month.opening == 0
        assert month.closing == book.balance(world.id, of)
        for one in month.days:
            lines = statements.day_lines(shop, account, one.day)
            assert len(lines) == one.count
            assert one.opening + sum(entry.amount for entry in lines) == one.closing
    found = statements.month(shop, "balance", first, last)
    day = {one.day.day: one for one in found.days}
    assert day[2].kinds == {"settlement": 199_99, FeeKind.COMMISSION: -800, FeeKind.TECH: -120}
    assert day[3].kinds == {"withdrawal": -100_00}
    sheet = load_workbook(BytesIO(statements.month_sheet(shop, first, last)))["店铺余额日账单"]
    assert sheet.cell(sheet.max_row, 1).value == "合计"
    assert sheet.cell(sheet.max_row, sheet.max_column - 1).value == pytest.approx(month_closing(found))


def month_closing(month: statements.Month) -> float:
    return month.closing / 100


def test_only_the_owner_moves_money(app: Flask) -> None:
    from sim_mall.services import members

    world = make_world()
    owner, shop = mall.make_seller(world)
    mate = mall.make_trainee(world)
    with unit_of_work():
        member_id = members.invite_member(owner, mate.person(), "operator", mall.key())
    with unit_of_work():
        members.answer_invitation(mate, member_id, accept=True)
    for call in (
        lambda: funds.withdraw(mate, 1, mall.key()),
        lambda: funds.top_up_deposit(mate, 1, "wallet", mall.key()),
        lambda: funds.release_deposit(mate, 1, mall.key()),
    ):
        refused(Forbidden, "运营", call)
    assert shop.deposit == 1_000_00
