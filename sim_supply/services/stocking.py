"""Buying for one's own warehouse (经销进货): order and pay, the supplier sends, goods receipt, credit for what is
bad or missing. Samples and replacements of returned goods come the same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from app.core import audit
from app.core.actor import Actor, system
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.flow import fire
from app.core.idempotency import once
from app.core.money import FULL_BP, plain_yuan, split
from app.core.permissions import Permission
from app.core.web.paging import Page, paginate
from app.ledger import book
from app.worlds import due
from app.worlds.api import scope_of_world
from app.worlds.chance import Chance
from app.worlds.clock import get_world, sim_now
from sim_supply import access, mall_client
from sim_supply.domain.cooperation import cost_for
from sim_supply.domain.stock_flow import STOCK_FLOW, MoveKind, StockKind, StockState
from sim_supply.domain.waybill import make_waybill
from sim_supply.mall_client import ShopInfo
from sim_supply.models.catalogue import Product, Sku
from sim_supply.models.stock import StockLine, StockOrder
from sim_supply.services import cooperations, own_stock, sync
from sim_supply.services.fetching import lock_shop, open_shop
from sim_supply.services.orders import change_stock
from sim_supply.services.own_stock import Why, name_of

SEND_DUE, ARRIVE_DUE = "supply.stock_send", "supply.stock_arrive"
ON_THE_WAY = timedelta(hours=36)
MOST_UNITS = 10_000
MOST_LINES = 50


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted at the goods receipt of one line."""

    good: int
    bad: int


def order_goods(actor: Actor, units: Mapping[int, int], kind: StockKind, key: str) -> list[int]:
    """Order SKUs (id → units) for the own warehouse and pay them; one order per supplier. Returns their ids.

    Raises Refused when a supplier has not enough, sells for others to ship only, or the wallet is short.
    """
    actor.require(Permission.SUPPLY_USE)
    wanted = {sku_id: count for sku_id, count in units.items() if count}
    most = 1 if kind is StockKind.SAMPLE else MOST_UNITS
    if not 1 <= len(wanted) <= MOST_LINES:
        raise InvalidInput(f"请填写要进货的数量，一次最多 {MOST_LINES} 个规格。", field="units")
    if any(not 1 <= count <= most for count in wanted.values()):
        text = "样品每个规格一次只能买 1 件。" if most == 1 else f"每个规格一次进货 1 到 {MOST_UNITS} 件。"
        raise InvalidInput(text, field="units")
    shop = open_shop(actor)
    body = [sorted(wanted.items()), str(kind)]
    found: list[int] = once(actor, key, "supply.order_goods", body, lambda: _order(actor, shop, wanted, kind))
    return found


def _order(actor: Actor, info: ShopInfo, wanted: Mapping[int, int], kind: StockKind) -> list[int]:
    lock_shop(info)
    skus = db.session.scalars(
        sa.select(Sku)
        .options(orm.joinedload(Sku.product).joinedload(Product.supplier))
        .where(Sku.world_id == info.world_id, Sku.id.in_(sorted(wanted)))
        .order_by(Sku.id)
    ).all()
    if len(skus) != len(wanted):
        raise NotFound("选中的货源规格已不存在，请重新选择。")
    for sku in skus:
        if sku.product.mode == "agent" and kind is StockKind.STOCK:
            raise Refused(f"“{sku.product.name}”只支持代销，不能进货。", code="agent_only")
    cooperations.refuse_closed(info.id, [sku.product for sku in skus])
    by_supplier: dict[int, list[Sku]] = {}
    for sku in skus:
        by_supplier.setdefault(sku.product.supplier_id, []).append(sku)
    discounts = cooperations.discounts(info.id)
    return [
        _place(actor, info.id, rows, wanted, kind, discounts.get(supplier_id, 0)).id
        for supplier_id, rows in sorted(by_supplier.items())
    ]


def _place(
    actor: Actor, shop_id: int, skus: list[Sku], wanted: Mapping[int, int], kind: StockKind, discount_bp: int
) -> StockOrder:
    supplier = skus[0].product.supplier
    free = all(sku.product.freight_by == "supplier" for sku in skus)
    order = new_order(
        actor.world(), shop_id, mall_client.keeper(actor), supplier.id, kind, 0 if free else supplier.freight
    )
    order.lines = [
        StockLine(sku_id=sku.id, quantity=wanted[sku.id], cost=cost_for(sku.cost, discount_bp)) for sku in skus
    ]
    db.session.flush()
    if not change_stock({sku.id: wanted[sku.id] for sku in skus}, reserved=1):
        short = next((sku for sku in skus if sku.available < wanted[sku.id]), skus[0])
        raise Refused(f"{name_of(short)}供应商只剩 {short.available} 件，请减少数量。", code="out_of_stock")
    amount = sum(line.cost * line.quantity for line in order.lines) + order.freight
    have = book.balance(order.world_id, book.wallet(order.owner_id))
    if have < amount:
        text = f"钱包余额 {plain_yuan(have)} 元，不够支付进货款 {plain_yuan(amount)} 元。"
        raise Refused(text, code="insufficient_funds")
    moves = {book.wallet(order.owner_id): -amount, book.supplier(order.supplier_id): amount}
    reference = f"supply_stock_order:{order.id}"
    book.post(
        order.world_id,
        f"supply-stock:{order.id}",
        "supply_purchase",
        moves,
        reference=reference,
        memo=f"进货单 {order.number} 货款",
    )
    order.paid = amount
    sync.publish_stock(order.world_id, wanted)
    _record(actor, order, "ordered", {"paid": amount, "kind": kind})
    schedule_sending(order, supplier.sla_hours)
    return order


def new_order(
    world_id: int, shop_id: int, owner_id: int, supplier_id: int, kind: StockKind, freight: int
) -> StockOrder:
    """Write an order without lines; for replacements of returned goods too."""
    now = sim_now(world_id)
    order = StockOrder(
        state=StockState.ORDERED,
        kind=kind,
        world_id=world_id,
        shop_id=shop_id,
        owner_id=owner_id,
        supplier_id=supplier_id,
        number="",
        freight=freight,
        ordered_at=now,
    )
    db.session.add(order)
    db.session.flush()
    order.number = f"JH{now:%y%m%d}{order.id:06d}"
    return order


def schedule_sending(order: StockOrder, sla_hours: int) -> None:
    """Let the supplier send within its SLA."""
    chance = Chance(get_world(order.world_id).seed, "stock-send", order.number)
    at = sim_now(order.world_id) + timedelta(hours=chance.between(2, max(2, sla_hours)))
    due.schedule(order.world_id, at, SEND_DUE, order.id, StockState.ORDERED)


def _record(actor: Actor, order: StockOrder, verb: str, facts: Mapping[str, object]) -> None:
    target = f"supply_stock_order:{order.id}"
    told = {"number": order.number, **facts}
    audit.record(actor, f"stocking.{verb}", target, told, scope_id=scope_of_world(order.world_id))


def _query() -> sa.Select[StockOrder]:
    return sa.select(StockOrder).options(
        orm.joinedload(StockOrder.supplier),
        orm.selectinload(StockOrder.lines)
        .joinedload(StockLine.sku)
        .joinedload(Sku.product)
        .joinedload(Product.category),
    )


def get_order(actor: Actor, order_id: int, *, lock: bool = False) -> StockOrder:
    """Return the actor's own stocking order; the system may have every one of its world."""
    return access.own_row(actor, StockOrder, order_id, _query(), lock=lock)


def list_orders(actor: Actor, shop_id: int, number: int) -> Page[StockOrder]:
    """Return the shop's stocking orders, newest first."""
    actor.require(Permission.SUPPLY_USE)
    return paginate(_query().where(StockOrder.shop_id == shop_id).order_by(StockOrder.id.desc()), number, 20)


def send_goods(world_id: int, order_id: int) -> None:
    """Let the supplier send an order; what is in the boxes is settled now, by its share of bad goods."""
    actor = system(world_id, scope_of_world(world_id))
    order = get_order(actor, order_id, lock=True)
    if order.state != StockState.ORDERED:
        return
    if not change_stock({line.sku_id: line.quantity for line in order.lines}, stock=-1, reserved=-1):
        raise RuntimeError(f"stocking order {order.id} sends stock that is not reserved")
    seed = get_world(world_id).seed
    for line in order.lines:
        chance = Chance(seed, "stock-quality", f"{order.number}-{line.sku_id}")
        rolls = [chance.between(1, FULL_BP) for _ in range(min(line.quantity, 200))]
        share = sum(1 for roll in rolls if roll <= order.supplier.defect_bp)
        line.came_bad = share * line.quantity // len(rolls)
        line.came_good = line.quantity - line.came_bad
    carrier, waybill = make_waybill(Chance(seed, "stock-waybill", order.number), order.id)
    now = sim_now(world_id)
    values = {"sent_at": now, "carrier": carrier, "waybill": waybill}
    fire(STOCK_FLOW, order, "send", actor, sim_at=now, values=values)
    due.schedule(world_id, now + ON_THE_WAY, ARRIVE_DUE, order.id, StockState.SENT)


def arrive(world_id: int, order_id: int) -> None:
    """Let the goods arrive at the shop's door."""
    actor = system(world_id, scope_of_world(world_id))
    order = get_order(actor, order_id, lock=True)
    if order.state == StockState.SENT:
        now = sim_now(world_id)
        fire(STOCK_FLOW, order, "arrive", actor, sim_at=now, values={"arrived_at": now})


def cancel(actor: Actor, order_id: int) -> StockOrder:
    """Cancel an order that the supplier has not sent; money and stock go back."""
    actor.require(Permission.SUPPLY_USE)
    order = get_order(actor, order_id, lock=True)
    now = sim_now(order.world_id)
    fire(STOCK_FLOW, order, "cancel", actor, sim_at=now, values={"ended_at": now})
    units = {line.sku_id: line.quantity for line in order.lines}
    if not change_stock(units, reserved=-1):
        raise RuntimeError(f"stocking order {order.id} holds stock that is not reserved")
    _credit(order, order.paid - order.credited, "取消进货")
    sync.publish_stock(order.world_id, units)
    _record(actor, order, "cancelled", {"credited": order.credited})
    return order


def _credit(order: StockOrder, amount: int, reason: str) -> None:
    if amount > 0:
        moves = {book.supplier(order.supplier_id): -amount, book.wallet(order.owner_id): amount}
        book.post(
            order.world_id,
            f"supply-stock-credit:{order.id}",
            "supply_refund",
            moves,
            reference=f"supply_stock_order:{order.id}",
            memo=f"进货单 {order.number} 退款：{reason}",
        )
        order.credited += amount
        db.session.flush()


def receive(actor: Actor, order_id: int, counted: Mapping[int, Counted]) -> StockOrder:
    """Take arrived goods in (line id → what was counted): good ones into own stock at cost and their share of the
    freight; bad and missing ones are credited. A count that differs from the boxes has to be done again."""
    actor.require(Permission.SUPPLY_USE)
    order = get_order(actor, order_id, lock=True)
    for line in order.lines:
        told = counted.get(line.id)
        if told is None or told.good < 0 or told.bad < 0:
            raise InvalidInput(f"请填写{name_of(line.sku)}的完好和破损数量。", field=f"good-{line.id}")
        if (told.good, told.bad) != (line.came_good, line.came_bad):
            raise InvalidInput(
                f"{name_of(line.sku)}清点为完好 {told.good}、破损 {told.bad}，与开箱实物不符，请重新清点。",
                field=f"good-{line.id}",
            )
    now = sim_now(order.world_id)
    fire(STOCK_FLOW, order, "receive", actor, sim_at=now, values={"ended_at": now})
    values = [line.cost * counted[line.id].good for line in order.lines]
    shares = split(order.freight, values, [order.freight] * len(values)) if sum(values) else [0] * len(values)
    back = 0
    for line, value, share in zip(order.lines, values, shares, strict=True):
        told = counted[line.id]
        line.good, line.bad = told.good, told.bad
        back += line.cost * (line.quantity - told.good)
        why = Why(MoveKind.RECEIPT, f"stock_order:{order.id}", order.number, actor.account_id)
        own_stock.take_in(order.world_id, order.shop_id, line.sku_id, told.good, value + share, why, told.bad)
    _credit(order, min(back, order.paid - order.credited), "破损或缺少")
    sync.publish_stock(order.world_id, [line.sku_id for line in order.lines])
    _record(actor, order, "received", {"credited": order.credited})
    return order
