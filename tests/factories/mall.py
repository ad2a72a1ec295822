"""Shops, goods, orders and tickets of the mall for tests, made through the services."""

from __future__ import annotations

import dataclasses
import itertools
import secrets
from collections.abc import Sequence

from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.worlds.models import World
from sim_mall.data import ListingDraft, ListingInfo, OrderInfo, Receiver, ShopInfo, SkuDraft
from sim_mall.domain.aftersale_flow import AfterSaleKind, Reason
from sim_mall.domain.shop_flow import Subject
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.trade import Order
from sim_mall.open_platform import create_listing, get_order, my_shop
from sim_mall.services import addresses, aftersales, orders, payments, receiving, shipping, shops
from tests.factories.world import make_actor

RECEIVER = Receiver("收货人甲", "13900000001", "示例省 示例市 示例区", "示例路 1 号")
_count = itertools.count(1)
_RUN = secrets.token_hex(3)


def key() -> str:
    """Return a key that no other call has, in this process or another."""
    return f"test-{_RUN}-{next(_count)}"


def waybill() -> str:
    """Return a fresh number of 中通快递 (zto)."""
    return f"7500{next(_count):010d}"


def make_trainee(world: World, name: str = "", capital: int = 10_000_000) -> Actor:
    """Create a trainee of the world with virtual money (fen)."""
    return make_actor(Role.TRAINEE, world.scope_id, name, capital)


def application(name: str = "") -> shops.Application:
    """Return a filled-in application."""
    return shops.Application(name or f"小店{next(_count)}", Subject.PERSON, "居家", "认真做好每一件商品", agreed=True)


def open_shop(actor: Actor, name: str = "") -> ShopInfo:
    """Register a shop and pay its deposit."""
    with unit_of_work():
        shops.register_shop(actor, application(name), key())
        shops.pay_deposit(actor)
    shop = my_shop(actor)
    assert shop is not None
    return shop


def make_seller(world: World, name: str = "") -> tuple[Actor, ShopInfo]:
    """Create a trainee with an open shop."""
    actor = make_trainee(world)
    return actor, open_shop(actor, name)


def draft(
    title: str = "纯棉四件套 柔软亲肤",
    skus: Sequence[tuple[str, int, int]] = (("默认", 10_00, 10),),
    l1: str = "居家",
    l2: str = "床品",
    freight: int = 0,
    brief: str = "柔软透气",
) -> ListingDraft:
    """Return a listing to be made. skus: (spec, price in fen, stock)."""
    return ListingDraft(
        title=title,
        brief=brief,
        category_l1=l1,
        category_l2=l2,
        unit="件",
        skus=tuple(SkuDraft(f"S{i}", spec, price, stock) for i, (spec, price, stock) in enumerate(skus, 1)),
        freight_fee=freight,
        key=key(),
    )


def make_listing(
    actor: Actor,
    shop: ShopInfo,
    title: str = "纯棉四件套 柔软亲肤",
    skus: Sequence[tuple[str, int, int]] = (("默认", 10_00, 10),),
    l1: str = "居家",
    l2: str = "床品",
    freight: int = 0,
) -> ListingInfo:
    """Put a listing on sale."""
    with unit_of_work():
        return create_listing(actor, shop.id, draft(title, skus, l1, l2, freight))


def place(actor: Actor, lines: Sequence[tuple[int, int]]) -> list[int]:
    """Submit orders for (sku id, quantity), each to a house of its own (rule R9); return their ids."""
    wanted = [orders.Wanted(sku_id, quantity) for sku_id, quantity in lines]
    receiver = dataclasses.replace(RECEIVER, detail=f"示例路 {next(_count)} 号")
    with unit_of_work():
        return orders.submit_orders(actor, wanted, receiver, key=key())


def pay(actor: Actor, ids: Sequence[int]) -> None:
    """Pay orders from the wallet."""
    with unit_of_work():
        payments.pay_orders(actor, ids, key())


def buy(actor: Actor, lines: Sequence[tuple[int, int]]) -> OrderInfo:
    """Place and pay; return the first order."""
    ids = place(actor, lines)
    pay(actor, ids)
    return get_order(actor, ids[0])


def ship(actor: Actor, order_id: int, units: dict[int, int] | None = None) -> None:
    """Ship all, or the given units, by 中通快递."""
    with unit_of_work():
        shipping.ship_order(actor, order_id, units or {}, "zto", waybill(), key())


def complete(buyer: Actor, order_id: int) -> None:
    """Confirm the receipt."""
    with unit_of_work():
        receiving.confirm_receipt(buyer, order_id)


def ask_back(
    buyer: Actor,
    order_id: int,
    line_id: int,
    quantity: int = 1,
    kind: AfterSaleKind = AfterSaleKind.REFUND_ONLY,
    reason: Reason = Reason.DISLIKE,
    amount: int | None = None,
) -> AfterSale:
    """Open an after-sale ticket."""
    with unit_of_work():
        claim = aftersales.Claim(kind, quantity, reason, "", amount)
        return aftersales.apply_after_sale(buyer, order_id, line_id, claim, key())


DISTRICT = "110101"  # 北京市东城区


def add_address(actor: Actor, division_code: str = DISTRICT) -> int:
    """Write an address; return its id."""
    with unit_of_work():
        address = addresses.AddressDraft(
            "收货人甲", "13900000001", division_code, f"示例路 {next(_count)} 号", is_default=True
        )
        return addresses.save_address(actor, address, key()).id


def order_row(order_id: int) -> Order:
    """Return the order as it stands in the database now."""
    db.session.expire_all()
    return db.session.get_one(Order, order_id)


def small_film() -> bytes:
    """Return the smallest MP4 that is one: its type, an empty movie, a little data."""
    boxes = ((b"ftyp", b"isom\0\0\2\0isommp42"), (b"moov", b""), (b"mdat", b"film"))
    return b"".join((8 + len(body)).to_bytes(4, "big") + kind + body for kind, body in boxes)
