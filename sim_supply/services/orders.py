"""Purchase orders (采购单): push and pay, accept or reject, ship, cancel, follow the mall's order.

Lock order everywhere: fetched order, purchase order, supply SKUs ascending, then the mall.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core import audit
from app.core.actor import Actor, system
from app.core.db import db, matched
from app.core.errors import Refused
from app.core.flow import fire, history
from app.core.money import plain_yuan
from app.core.permissions import Permission
from app.ledger import book
from app.worlds import due
from app.worlds.api import scope_of_world
from app.worlds.chance import Chance
from app.worlds.clock import get_world, sim_now
from app.worlds.settings import setting
from sim_supply import access, mall_client
from sim_supply.domain.order_flow import AT_SUPPLIER, NEEDS_SELLER, OPEN, ORDER_FLOW, UNSHIPPED, OrderState
from sim_supply.domain.waybill import make_waybill
from sim_supply.models.catalogue import Sku
from sim_supply.models.orders import FetchedOrder, PurchaseLine, PurchaseOrder, Route
from sim_supply.services import sync

ACCEPT_DUE, SHIP_DUE, FOLLOW_DUE = "supply.accept", "supply.ship", "supply.follow"
PICK_DUE, CANCEL_DUE = "supply.pick", "supply.cancel_answer"
HOLD = timedelta(hours=2)  # a parcel waits so long for an open after-sale before the supplier looks again
MIN_SHIP_HOURS = 2
SHORT_OF_MONEY = "钱包余额不足，未推送给供应商"
OUT_OF_STOCK = "供应商缺货，货款已退回钱包"


def amount_due(order: PurchaseOrder) -> int:
    """Return what the supplier asks for what is still wanted, with freight, in fen."""
    goods = sum(line.cost * line.wanted for line in order.lines)
    return goods + order.freight if goods else 0


def _record(actor: Actor, order: PurchaseOrder, verb: str, data: Mapping[str, object]) -> None:
    target = f"supply_order:{order.id}"
    audit.record(
        actor, f"purchase.{verb}", target, {"number": order.number, **data}, scope_id=scope_of_world(order.world_id)
    )


# -- stock of the supplier ----------------------------------------------------------------------------------


def demand_of(order: PurchaseOrder) -> dict[int, int]:
    """Return supply SKU id → units that the supplier is to send or has sent."""
    demand: dict[int, int] = {}
    for line in order.lines:
        if line.wanted:
            demand[line.sku_id] = demand.get(line.sku_id, 0) + line.wanted
    return dict(sorted(demand.items()))


def change_stock(demand: Mapping[int, int], *, stock: int = 0, reserved: int = 0) -> bool:
    """Move stock and reserved by ``units * stock`` and ``units * reserved``; say whether it was enough everywhere.

    On shortage the SKUs already moved are moved back.
    """
    moved: list[tuple[int, int]] = []
    for sku_id, units in sorted(demand.items()):
        by_stock, by_reserved = units * stock, units * reserved
        changed = db.session.execute(
            sa.update(Sku)
            .where(
                Sku.id == sku_id,
                Sku.reserved + by_reserved >= 0,
                Sku.stock + by_stock >= Sku.reserved + by_reserved,
            )
            .values(stock=Sku.stock + by_stock, reserved=Sku.reserved + by_reserved)
            .execution_options(synchronize_session=False)
        )
        if matched(changed) != 1:
            for done_id, done in moved:
                change_stock({done_id: done}, stock=-stock, reserved=-reserved)
            return False
        moved.append((sku_id, units))
    return True


def _reserve(order: PurchaseOrder) -> bool:
    order.stock_reserved = change_stock(demand_of(order), reserved=1)
    db.session.flush()
    return order.stock_reserved


def _release(order: PurchaseOrder) -> None:
    if order.stock_reserved:
        if not change_stock(demand_of(order), reserved=-1):
            raise RuntimeError(f"purchase order {order.id} holds stock that is not reserved")
        order.stock_reserved = False
        db.session.flush()


# -- money --------------------------------------------------------------------------------------------------


def _pay(order: PurchaseOrder) -> None:
    """Pay the supplier from the owner's wallet. Raises Refused when the wallet has not enough."""
    amount = amount_due(order)
    moves = {book.wallet(order.owner_id): -amount, book.supplier(order.supplier_id): amount}
    book.post(
        order.world_id,
        f"supply-push:{order.id}:{order.attempt}",
        "supply_purchase",
        moves,
        reference=f"supply_order:{order.id}",
        memo=f"采购单 {order.number} 货款",
    )
    order.paid += amount


def pay_back(order: PurchaseOrder, amount: int, reason: str) -> None:
    """Pay so many fen of a purchase order back to its owner's wallet."""
    if amount:
        moves = {book.supplier(order.supplier_id): -amount, book.wallet(order.owner_id): amount}
        book.post(
            order.world_id,
            f"supply-refund:{order.id}:{order.refunded + amount}",
            "supply_refund",
            moves,
            reference=f"supply_order:{order.id}",
            memo=f"采购单 {order.number} 退款：{reason}",
        )
        order.refunded += amount


# -- what the seller does -----------------------------------------------------------------------------------


def push_order(actor: Actor, order_id: int) -> PurchaseOrder:
    """Send a purchase order to its supplier: pay it from the wallet and set the supplier's stock aside.

    Raises Refused (code insufficient_funds) when the wallet has not enough; then nothing has changed.
    A supplier without stock answers with a rejection later, and the money comes back.
    """
    actor.require(Permission.SUPPLY_USE)
    order = access.get_order(actor, order_id, lock=True)
    _follow_lines(order, mall_client.get_order(order.world_id, order.fetched.mall_order_id))
    if not demand_of(order):
        raise Refused("这笔订单已经没有需要采购的商品，请取消采购单。")
    amount = amount_due(order)
    have = book.balance(order.world_id, book.wallet(order.owner_id))
    if have < amount:
        raise Refused(
            f"钱包余额 {plain_yuan(have)} 元，不够支付采购款 {plain_yuan(amount)} 元；"
            f"请等货款到账，或取消其他未发货的采购单后再推送。",
            code="insufficient_funds",
        )
    now = sim_now(order.world_id)
    fire(ORDER_FLOW, order, "push", actor, sim_at=now, values={"pushed_at": now, "note": ""})
    order.attempt += 1
    order.ended_at = None
    _pay(order)
    if _reserve(order):
        sync.publish_stock(order.world_id, demand_of(order))
    minutes = setting(get_world(order.world_id), "supplier_accept_minutes")
    due.schedule(order.world_id, now + timedelta(minutes=minutes), ACCEPT_DUE, order.id, OrderState.PUSHED)
    _record(actor, order, "pushed", {"paid": amount, "attempt": order.attempt})
    return order


def cancel_order(actor: Actor, order_id: int) -> PurchaseOrder:
    """Cancel a purchase order; money and stock go back. Once the supplier has accepted it, it is asked first."""
    actor.require(Permission.SUPPLY_USE)
    order = access.get_order(actor, order_id, lock=True)
    if order.state not in (OrderState.ACCEPTED, OrderState.PICKED):
        _cancel(actor, order, "卖家取消")
        return order
    now = sim_now(order.world_id)
    packed = order.state == OrderState.PICKED
    note = "已申请取消，等待供应商答复（已打包的通常不同意）" if packed else "已申请取消，等待供应商答复"
    fire(ORDER_FLOW, order, "ask_cancel", actor, sim_at=now, values={"note": note}, note={"packed": packed})
    minutes = setting(get_world(order.world_id), "supplier_accept_minutes")
    due.schedule(order.world_id, now + timedelta(minutes=minutes), CANCEL_DUE, order.id, OrderState.CANCEL_REQ)
    _record(actor, order, "cancel_asked", {"packed": packed})
    return order


def answer_cancel(world_id: int, order_id: int) -> None:
    """Let the supplier answer a cancellation: granted before packing, refused after; no-op otherwise."""
    actor = system(world_id, scope_of_world(world_id))
    order = access.get_order(actor, order_id, lock=True)
    if order.state != OrderState.CANCEL_REQ:
        return
    if not asked_packed(order):
        _cancel(actor, order, "供应商同意取消", "agree_cancel")
        return
    now = sim_now(world_id)
    at = max(now, order.ships_at or now)
    values = {"note": "供应商已打包，不同意取消，将按时发货", "ships_at": at}
    fire(ORDER_FLOW, order, "refuse_cancel", actor, sim_at=now, values=values)
    due.schedule(world_id, at, SHIP_DUE, order.id, OrderState.PICKED)
    _record(actor, order, "cancel_refused", {})


def asked_packed(order: PurchaseOrder) -> bool:
    """Say whether the goods were packed when the seller asked to cancel."""
    asked = [event for event in history(ORDER_FLOW, order.id) if event.event == "ask_cancel"]
    return bool(asked) and asked[-1].source == OrderState.PICKED


def _cancel(actor: Actor, order: PurchaseOrder, reason: str, event: str = "cancel") -> None:
    now = sim_now(order.world_id)
    touched = list(demand_of(order))
    if event == "cancel" and order.state in AT_SUPPLIER:
        event = "drop"
    fire(ORDER_FLOW, order, event, actor, sim_at=now, values={"ended_at": now, "note": reason})
    _release(order)
    back = order.paid - order.refunded
    pay_back(order, back, reason)
    for line in order.lines:
        line.fetched.route, line.fetched.closed = Route.OWN, not line.wanted  # from now on the shop's own task
    for kind in (ACCEPT_DUE, PICK_DUE, SHIP_DUE, CANCEL_DUE):
        due.withdraw(kind, order.id)
    sync.publish_stock(order.world_id, touched)
    _record(actor, order, "cancelled", {"refunded": back, "reason": reason})


# -- what the simulated supplier does -----------------------------------------------------------------------


def answer_order(world_id: int, order_id: int) -> None:
    """Let the supplier accept a pushed order, or reject it when the goods are out of stock; no-op otherwise."""
    actor = system(world_id, scope_of_world(world_id))
    order = access.get_order(actor, order_id, lock=True)
    if order.state != OrderState.PUSHED:
        return
    now = sim_now(world_id)
    if not order.stock_reserved and not _reserve(order):
        fire(ORDER_FLOW, order, "reject", actor, sim_at=now, values={"ended_at": now, "note": OUT_OF_STOCK})
        back = order.paid - order.refunded
        pay_back(order, back, "供应商缺货")
        _record(actor, order, "rejected", {"refunded": back})
        return
    chance = Chance(get_world(world_id).seed, "supplier-ship", order.number)
    hours = chance.between(MIN_SHIP_HOURS, max(MIN_SHIP_HOURS, order.supplier.sla_hours))
    at = now + timedelta(hours=hours)
    fire(ORDER_FLOW, order, "accept", actor, sim_at=now, values={"accepted_at": now, "ships_at": at, "note": ""})
    sync.publish_stock(world_id, demand_of(order))
    due.schedule(world_id, now + timedelta(minutes=30 * hours), PICK_DUE, order.id, OrderState.ACCEPTED)
    due.schedule(world_id, at, SHIP_DUE, order.id, OrderState.PICKED)
    _record(actor, order, "accepted", {"hours": hours})


def pick_order(world_id: int, order_id: int) -> None:
    """Let the supplier pick and pack an accepted order; no-op otherwise."""
    actor = system(world_id, scope_of_world(world_id))
    order = access.get_order(actor, order_id, lock=True)
    if order.state == OrderState.ACCEPTED:
        fire(ORDER_FLOW, order, "pick", actor, sim_at=sim_now(world_id))


def ship_order(world_id: int, order_id: int) -> PurchaseOrder | None:
    """Let the supplier ship what is still wanted and write the waybill back to the mall; return what was shipped.

    Units that the buyer has asked to be refunded hold the parcel back; the supplier looks again later.
    """
    actor = system(world_id, scope_of_world(world_id))
    order = access.get_order(actor, order_id, lock=True)
    if order.state != OrderState.PICKED:
        return None
    now = sim_now(world_id)
    mall_order = mall_client.get_order(world_id, order.fetched.mall_order_id)
    _follow_lines(order, mall_order)
    demand = demand_of(order)
    if not demand:
        _cancel(actor, order, "买家已退款，无需发货")
        return None
    shippable = {line.id: line.shippable for line in mall_order.lines}
    units = {line.fetched.mall_line_id: line.wanted // line.factor for line in order.lines if line.wanted}
    if mall_order.state not in mall_client.TO_SHIP or any(shippable.get(i, 0) < n for i, n in units.items()):
        order.note = "买家正在申请退款，供应商暂缓发货"
        order.ships_at = now + HOLD
        due.schedule(world_id, now + HOLD, SHIP_DUE, order.id, OrderState.PICKED)
        return None
    carrier, waybill = make_waybill(Chance(get_world(world_id).seed, "waybill", order.number), order.id)
    if not change_stock(demand, stock=-1, reserved=-1):
        raise RuntimeError(f"purchase order {order.id} ships stock that is not reserved")
    values = {"shipped_at": now, "carrier": carrier, "waybill": waybill, "stock_reserved": False, "note": ""}
    fire(ORDER_FLOW, order, "ship", actor, sim_at=now, values=values)
    counted = set()
    for line in order.lines:
        if line.fetched_line_id not in counted:
            counted.add(line.fetched_line_id)
            line.fetched.shipped += line.wanted // line.factor
            line.fetched.closed = True
    mall_client.ship(world_id, mall_order.id, units, carrier, waybill, f"supply-ship:{order.id}")
    _record(actor, order, "shipped", {"carrier": carrier, "waybill": waybill})
    return order


# -- following the mall's order -----------------------------------------------------------------------------


def _still_wanted(line: mall_client.OrderLineInfo) -> int:
    """Return the units of a mall line that nobody has shipped or refunded; open tickets still count."""
    open_units = line.applying if not line.shipped else 0
    return line.shippable + open_units


def _follow_lines(order: PurchaseOrder, mall_order: mall_client.OrderInfo) -> None:
    """Drop units that the mall's order no longer wants; what was paid for them comes back."""
    wanted = {line.id: _still_wanted(line) for line in mall_order.lines}
    if mall_order.state in mall_client.ENDED:
        wanted = {}
    dropped: dict[int, int] = {}
    back = 0
    for line in order.lines:
        surplus = line.wanted - min(line.wanted, wanted.get(line.fetched.mall_line_id, 0) * line.factor)
        if surplus:
            line.cancelled += surplus
            dropped[line.sku_id] = dropped.get(line.sku_id, 0) + surplus
            back += surplus * line.cost
    if not dropped:
        return
    db.session.flush()
    if order.stock_reserved and not change_stock(dropped, reserved=-1):
        raise RuntimeError(f"purchase order {order.id} holds stock that is not reserved")
    if order.state in UNSHIPPED and demand_of(order):
        pay_back(order, back, "买家退款")
    sync.publish_stock(order.world_id, dropped)


def follow_mall_order(world_id: int, fetched_id: int) -> None:
    """Bring a fetched order and its purchase orders in line with the mall: refunds, own shipping, the end."""
    actor = system(world_id, scope_of_world(world_id))
    fetched = access.lock_fetched(fetched_id)
    mall_order = mall_client.get_order(world_id, fetched.mall_order_id)
    copy_order(fetched, mall_order)
    orders = db.session.scalars(
        sa.select(PurchaseOrder.id).where(PurchaseOrder.fetched_order_id == fetched.id).order_by(PurchaseOrder.id)
    ).all()
    now = sim_now(world_id)
    for order_id in orders:
        order = access.get_order(actor, order_id, lock=True)
        if order.state in (*OPEN, *NEEDS_SELLER):
            _follow_lines(order, mall_order)
            if not demand_of(order):
                _cancel(actor, order, "买家已退款或订单已另行发货")
        elif order.state == OrderState.SHIPPED and mall_order.state in mall_client.ENDED:
            fire(ORDER_FLOW, order, "finish", actor, sim_at=now, values={"ended_at": now})
    _settle_own_lines(fetched, mall_order)


def _settle_own_lines(fetched: FetchedOrder, mall_order: mall_client.OrderInfo) -> None:
    """Count what the shop shipped itself; units taken from its own stock leave that stock."""
    known = {line.id: line for line in mall_order.lines}
    for line in fetched.lines:
        told = known.get(line.mall_line_id)
        if line.route is not Route.OWN or told is None:
            continue
        sent = told.shipped - line.shipped
        if sent > 0:
            line.shipped = told.shipped
            if line.from_own_stock:
                sync.take_own_stock(line, sent)
        line.closed = mall_order.state in mall_client.ENDED or not _still_wanted(told)
    db.session.flush()


def copy_order(fetched: FetchedOrder, order: mall_client.OrderInfo) -> bool:
    """Take over what the mall says of an order when it is newer than what is known; say whether it was."""
    if fetched.modified_at is not None and order.modified_at <= fetched.modified_at:
        return False
    fetched.mall_state = order.state
    fetched.payable = order.payable
    fetched.receiver_name = order.receiver.name
    fetched.receiver_phone = order.receiver.phone
    fetched.receiver_address = f"{order.receiver.region} {order.receiver.detail}"
    fetched.paid_at = order.paid_at
    fetched.ship_by = order.ship_by
    fetched.modified_at = order.modified_at
    return True


def owed_lines(order: PurchaseOrder) -> list[PurchaseLine]:
    """Return the lines that the supplier is still to send or has sent."""
    return [line for line in order.lines if line.wanted]


def late(order: PurchaseOrder, now: datetime) -> bool:
    """Say whether the mall's promise to ship has passed."""
    return order.state in (*OPEN, *NEEDS_SELLER) and bool(order.fetched.ship_by and order.fetched.ship_by < now)
