"""Return freight (退货运费): who pays the carrier, who bears it, what the insurance does; books agree."""

from __future__ import annotations

import pytest

from app.core.actor import Actor
from app.core.errors import Refused
from app.core.uow import unit_of_work
from app.ledger import book
from app.worlds.models import World
from sim_mall.data import ShopInfo
from sim_mall.domain.aftersale_flow import AfterSaleKind, PostagePayer, Reason, postage_payer
from sim_mall.models.aftersale import AfterSale
from sim_mall.services import aftersales, freight
from tests.factories import mall
from tests.factories.mall_checks import assert_sound
from tests.factories.world import make_world

pytestmark = pytest.mark.usefixtures("app_context")
POSTAGE, PREMIUM = 10_00, 80


@pytest.mark.parametrize(
    ("reason", "insured", "payer"),
    [
        (Reason.DISLIKE, False, PostagePayer.BUYER),
        (Reason.SIZE, False, PostagePayer.BUYER),
        (Reason.DISLIKE, True, PostagePayer.INSURANCE),
        (Reason.QUALITY, False, PostagePayer.SELLER),
        (Reason.WRONG_GOODS, True, PostagePayer.SELLER),
    ],
)
def test_who_bears_the_way_back(reason: Reason, insured: bool, payer: PostagePayer) -> None:
    assert postage_payer(reason, insured=insured) is payer


class _Shop:
    """A shop that has sold and been paid, and a buyer."""

    def __init__(self) -> None:
        self.world: World = make_world()
        seller: tuple[Actor, ShopInfo] = mall.make_seller(self.world)
        self.owner, self.shop = seller
        self.buyer = mall.make_trainee(self.world)
        self.sku = mall.make_listing(self.owner, self.shop, skus=[("默认", 50_00, 50)]).skus[0].id

    def sell(self) -> int:
        order = mall.buy(self.buyer, [(self.sku, 1)])
        mall.ship(self.owner, order.id)
        mall.complete(self.buyer, order.id)
        return order.id

    def money(self) -> tuple[int, int, int]:
        """Return (wallet, shop with deposit, carrier and insurer)."""
        purses = (book.wallet(self.buyer.person()), book.shop_balance(self.shop.id), book.deposit(self.shop.id))
        wallet, shop, deposit, carrier = book.balances(self.world.id, *purses, book.CARRIER)
        return wallet, shop + deposit, carrier

    def send_back(self, order_id: int, reason: Reason) -> AfterSale:
        line_id = mall.order_row(order_id).lines[0].id
        ticket = mall.ask_back(self.buyer, order_id, line_id, kind=AfterSaleKind.RETURN, reason=reason)
        with unit_of_work():
            aftersales.agree(self.owner, ticket.id, None)
            aftersales.fill_waybill(self.buyer, ticket.id, "zto", mall.waybill())
        return ticket

    def accept(self, ticket: AfterSale) -> None:
        with unit_of_work():
            aftersales.receive_back(self.owner, ticket.id, None, 1, 0)


def test_the_buyer_pays_and_the_seller_or_the_insurance_gives_it_back() -> None:
    stage = _Shop()
    first = stage.sell()
    wallet, shop, carrier = stage.money()
    ticket = stage.send_back(first, Reason.DISLIKE)
    assert stage.money() == (wallet - POSTAGE, shop, carrier + POSTAGE)
    stage.accept(ticket)
    fee_back = mall.order_row(first).fee_back
    assert stage.money() == (wallet - POSTAGE + 50_00, shop - 50_00 + fee_back, carrier + POSTAGE)

    second = stage.sell()
    wallet, shop, carrier = stage.money()
    stage.accept(stage.send_back(second, Reason.QUALITY))
    assert stage.money() == (wallet + 50_00, shop - 50_00 - POSTAGE + fee_back, carrier + POSTAGE)

    with unit_of_work():
        freight.set_insurance(stage.owner, stage.shop.id, insures=True)
    before = stage.money()
    third = stage.sell()
    assert stage.money()[2] == before[2] + PREMIUM
    wallet, shop, carrier = stage.money()
    stage.accept(stage.send_back(third, Reason.DISLIKE))
    assert stage.money() == (wallet + 50_00, shop - 50_00 + fee_back, carrier)
    assert_sound(stage.world.id)


def test_who_cannot_pay_the_carrier_is_told_and_nothing_moves() -> None:
    stage = _Shop()
    order_id = stage.sell()
    wallet = book.balance(stage.world.id, book.wallet(stage.buyer.person()))
    with unit_of_work():
        moves = {book.wallet(stage.buyer.person()): 5_00 - wallet, book.ISSUE: wallet - 5_00}
        book.post(stage.world.id, "test-poor", "test", moves)
    with pytest.raises(Refused, match="钱包余额不足"):
        stage.send_back(order_id, Reason.DISLIKE)
    assert stage.money()[::2] == (5_00, 0)
    assert_sound(stage.world.id)
