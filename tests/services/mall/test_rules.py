"""Violations: found in simulated time, counted, appealed, learned from; money and effects to the fen and hour."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.ledger import book
from app.worlds.clock import jump
from app.worlds.models import World
from app.worlds.settings import change_setting
from app.worlds.ticker import run_due
from sim_mall import open_platform
from sim_mall.data import ShopInfo
from sim_mall.domain.promotion_flow import PromotionKind
from sim_mall.domain.promotion_rules import Rule
from sim_mall.domain.rules.book import RULES
from sim_mall.domain.rules.penalties import Effect
from sim_mall.domain.rules.rulebook import Severity
from sim_mall.domain.rules.violation_flow import ViolationState
from sim_mall.models.rules import Violation
from sim_mall.services import orders
from sim_mall.services.rules import sanctions, violations, words
from sim_mall.services.rules.violations import Case
from tests.factories import mall
from tests.factories import promotions as made_promotions
from tests.factories.world import make_actor, make_world

pytestmark = pytest.mark.usefixtures("app_context")


def _go(teacher: Actor, world: World, **step: int) -> None:
    with unit_of_work():
        jump(teacher, world.id, timedelta(**step))
    run_due(world.id)


def _stage() -> tuple[World, Actor, Actor, ShopInfo]:
    world = make_world()
    teacher = make_actor(Role.INSTRUCTOR, world.scope_id)
    seller, shop = mall.make_seller(world)
    return world, teacher, seller, shop


def _rows() -> list[Violation]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Violation).order_by(Violation.id)))


def _record(world: World, shop: ShopInfo, rule: str, key: str) -> int:
    with unit_of_work():
        return violations.record_violation(world.id, shop.id, Case(rule, ("shop", shop.id), "测试", {}, key)).id


def test_goods_with_forbidden_words_are_found_by_the_inspection_until_corrected() -> None:
    world, teacher, seller, shop = _stage()
    mall.make_listing(seller, shop, "全国第一 纯棉毛巾")
    mall.make_listing(seller, shop, "纯棉毛巾 最大承重50KG 100%纯棉")
    _go(teacher, world, hours=1)
    assert _rows() == []
    _go(teacher, world, hours=1)
    [row] = _rows()
    assert (row.rule, row.points, row.state, row.severity) == ("R1", 100, ViolationState.EFFECTIVE, Severity.GENERAL)
    assert row.evidence["title"] == "全国第一 纯棉毛巾"
    assert [finding["word"] for finding in row.evidence["findings"]] == ["全国第一"]
    assert row.appeal_by - row.at == timedelta(hours=48)
    _go(teacher, world, days=10)
    assert [row.points for row in _rows()] == [100, 100, 100]  # inspected three times, then left alone


def test_twelve_general_points_hide_the_shop_for_a_week() -> None:
    world, teacher, seller, shop = _stage()
    mall.make_listing(seller, shop, "纯棉毛巾")
    for n in range(11):
        _record(world, shop, "R1", f"k{n}")
    assert sanctions.active(world.id, shop.id) == []
    last = _record(world, shop, "R1", "k11")
    assert {found.effect for found in sanctions.active(world.id, shop.id)} == {Effect.HIDDEN, Effect.NO_PROMOTION}
    assert list(db.session.scalars(sanctions.hidden_shops(world.id))) == [shop.id]
    with pytest.raises(Refused, match="模拟处罚，不影响真实账号"):
        made_promotions.start(seller, PromotionKind.MULTI, Rule(min_qty=2, bp=9000))
    assert _record(world, shop, "R1", "k11") == last
    _go(teacher, world, days=7)
    assert sanctions.active(world.id, shop.id) == []


def test_an_appeal_that_holds_gives_back_points_money_and_effects() -> None:
    world, teacher, seller, shop = _stage()
    buyer = mall.make_trainee(world)
    with unit_of_work():
        case = Case("R9", ("order", 1), "测试", {}, "k", (buyer.person(), 500))
        row_id = violations.record_violation(world.id, shop.id, case).id
    assert book.balance(world.id, book.deposit(shop.id)) == shop.deposit - 500
    assert book.balance(world.id, book.wallet(buyer.person())) == 10_000_500
    assert [found.effect for found in sanctions.active(world.id, shop.id)] == [Effect.RESTRICTED]
    stranger, _ = mall.make_seller(world)
    with pytest.raises(NotFound), unit_of_work():
        violations.appeal_violation(stranger, row_id, "我没有刷单，请核实")
    with unit_of_work():
        violations.appeal_violation(seller, row_id, "我没有刷单，请核实")
    with pytest.raises(Refused), unit_of_work():
        violations.appeal_violation(seller, row_id, "再申诉一次试试")
    with unit_of_work():
        violations.decide_appeal(teacher, row_id, revoke=True, text="证据不足，撤销")
    assert book.balance(world.id, book.deposit(shop.id)) == shop.deposit
    assert sanctions.active(world.id, shop.id) == []
    with pytest.raises(Refused), unit_of_work():
        violations.decide_appeal(teacher, row_id, revoke=True, text="再来一次")
    assert book.prove(world.id).sound


def test_appeals_end_after_48_hours() -> None:
    world, teacher, seller, shop = _stage()
    row_id = _record(world, shop, "R1", "k")
    _go(teacher, world, hours=48)
    with pytest.raises(Refused, match="时限"), unit_of_work():
        violations.appeal_violation(seller, row_id, "晚了两天才看到")
    assert _rows()[0].state == ViolationState.EFFECTIVE


def test_the_quiz_gives_half_back_once() -> None:
    world, _teacher, seller, shop = _stage()
    row_id = _record(world, shop, "R2", "k")
    right = [question.right for question in RULES["R2"].quiz]
    with unit_of_work():
        assert violations.answer_quiz(seller, row_id, [(right[0] + 1) % 3, right[1]]) is False
    with unit_of_work():
        assert violations.answer_quiz(seller, row_id, right) is True
    with pytest.raises(Refused), unit_of_work():
        violations.answer_quiz(seller, row_id, right)
    [row] = _rows()
    assert (row.points, row.returned) == (50, 25)
    assert violations.points_of(shop.id, Severity.GENERAL, row.at) == 25


def test_points_are_cleared_at_the_end_of_the_simulated_year() -> None:
    world, teacher, _seller, shop = _stage()
    _record(world, shop, "R9", "k")
    _go(teacher, world, days=59, hours=14, minutes=59)  # 31 December, 23:59 in Shanghai
    [row] = _rows()
    last_minute = row.at + timedelta(days=59, hours=14, minutes=59)
    assert violations.points_of(shop.id, Severity.SERIOUS, last_minute) == 1200
    assert violations.points_of(shop.id, Severity.SERIOUS, last_minute + timedelta(minutes=1)) == 0


def test_late_shipping_pays_the_buyer_and_a_tenth_of_a_point() -> None:
    world, teacher, seller, shop = _stage()
    sku = mall.make_listing(seller, shop).skus[0].id
    buyer = mall.make_trainee(world)
    late, sent = mall.buy(buyer, [(sku, 1)]), mall.buy(buyer, [(sku, 1)])
    mall.ship(seller, sent.id)
    _go(teacher, world, hours=49)
    [row] = _rows()
    assert (row.rule, row.points, row.fined, row.subject_id) == ("R6", 10, 300, late.id)
    assert book.balance(world.id, book.deposit(shop.id)) == shop.deposit - 300


def test_a_world_that_only_reminds_takes_no_points() -> None:
    world, teacher, _seller, shop = _stage()
    with unit_of_work():
        change_setting(teacher, world.id, "rule_strictness", 0)
    _record(world, shop, "R9", "k")
    assert [row.points for row in _rows()] == [0]
    assert sanctions.active(world.id, shop.id) == []


def test_four_orders_to_one_address_within_an_hour_are_brushing_and_lose_their_sales() -> None:
    world, _teacher, seller, shop = _stage()
    listing = mall.make_listing(seller, shop)
    for _ in range(4):
        buyer, wanted = mall.make_trainee(world), [orders.Wanted(listing.skus[0].id, 1)]
        with unit_of_work():
            ids = orders.submit_orders(buyer, wanted, mall.RECEIVER, key=mall.key())
        mall.pay(buyer, ids)
    [row] = _rows()
    assert (row.rule, row.points, len(row.evidence["orders"])) == ("R9", 1200, 4)
    assert open_platform.get_listing(seller, listing.id).sold == 3


def test_the_words_of_a_world_are_its_own() -> None:
    world, teacher, _seller, _shop = _stage()
    other = make_world()
    with unit_of_work():
        words.save_word(teacher, "神器", "R1", "ban", "神器词典", "写明用途")
        words.switch_word(teacher, "顶级", active=False)
    assert [hit.word.text for hit in words.matcher_of(world.id).find("收纳神器，顶级做工，神器词典")] == ["神器"]
    assert [hit.word.text for hit in words.matcher_of(other.id).find("收纳神器，顶级做工")] == ["顶级"]
    with pytest.raises(InvalidInput), unit_of_work():
        words.save_word(teacher, "神器", "R1", "ban", "没有这个词", "")
    copy = words.export_words(teacher)
    with unit_of_work():
        assert words.reset_words(teacher) == 2
    assert [hit.word.text for hit in words.matcher_of(world.id).find("收纳神器，顶级做工")] == ["顶级"]
    with unit_of_work():
        done = words.import_words(teacher, copy)
    assert done.taken > 200
    assert [hit.word.text for hit in words.matcher_of(world.id).find("收纳神器，顶级做工")] == ["神器"]


def test_speech_is_checked_and_live_violations_are_reported_once() -> None:
    world, _teacher, seller, shop = _stage()
    found = open_platform.check_speech(world.id, "家人们，全网最低，喝了降血糖！")
    assert [(f.rule, f.word, f.stops) for f in found] == [("R17", "全网最低", True), ("R16", "降血糖", True)]
    assert open_platform.check_speech(world.id, "第一时间发货，面料 100% 纯棉") == []
    ids = set()
    for _ in range(2):
        with unit_of_work():
            ids.add(
                open_platform.report_live_violation(
                    seller, shop.id, "R16", room_id=5, summary="口播宣传功效", evidence=["降血糖"], key="5-1"
                )
            )
    [row] = _rows()
    assert ids == {row.id}
    assert (row.rule, row.points, row.subject_kind, row.evidence) == ("R16", 600, "room", {"texts": ["降血糖"]})
    with pytest.raises(InvalidInput), unit_of_work():
        open_platform.report_live_violation(seller, shop.id, "R6", room_id=5, summary="x", evidence=[], key="5-2")
