"""Returns to suppliers (退供): for an after-sale ticket of the mall the seller chooses where the goods end.

Own warehouse: nothing is done here, the good units are taken in when the refund is paid. Supplier: own stock is not
touched (or given back what it had taken in); the supplier's stock grows by what it finds good. Source: 3.10.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from app.core import audit
from app.core.actor import Actor, system
from app.core.db import db
from app.core.errors import InvalidInput, Refused
from app.core.flow import fire
from app.core.idempotency import once
from app.core.permissions import Permission
from app.core.web.paging import Page, paginate
from app.ledger import book
from app.worlds import due
from app.worlds.api import scope_of_world
from app.worlds.clock import sim_now
from sim_supply import access, mall_client
from sim_supply.domain.return_flow import (
    RETURN_FLOW,
    SUPPLIERS_FAULT,
    ReturnState,
    Settlement,
    supplier_agrees,
)
from sim_supply.domain.stock_flow import MoveKind, StockKind
from sim_supply.models.catalogue import Product, Sku
from sim_supply.models.orders import FetchedLine, PurchaseLine, PurchaseOrder
from sim_supply.models.stock import StockLine, SupplierReturn
from sim_supply.services import own_stock, stocking, sync, troubles
from sim_supply.services.fetching import open_shop
from sim_supply.services.orders import change_stock
from sim_supply.services.own_stock import Why

ANSWER_DUE, RECEIVE_DUE, SETTLE_DUE = "supply.return_answer", "supply.return_receive", "supply.return_settle"
ANSWER_AFTER = timedelta(hours=2)
ON_THE_WAY = timedelta(hours=48)
INSPECTION = timedelta(hours=4)
WAITING = (ReturnState.REQUESTED, ReturnState.AGREED, ReturnState.SENT)
RETURNING = ("wait_buyer_ship", "buyer_shipped", "refunding", "success")


@dataclass(frozen=True, slots=True)
class Returnable:
    """One ticket of the mall whose goods a supplier had sent, with what was bought for it."""

    ticket: mall_client.AfterSaleInfo
    purchase: PurchaseOrder
    lines: tuple[PurchaseLine, ...]


def _bought_for(mall_line_ids: Sequence[int]) -> dict[int, list[PurchaseLine]]:
    rows = db.session.execute(
        sa.select(FetchedLine.mall_line_id, PurchaseLine)
        .join(FetchedLine, FetchedLine.id == PurchaseLine.fetched_line_id)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.order_id)
        .options(
            orm.joinedload(PurchaseLine.order).joinedload(PurchaseOrder.supplier),
            orm.joinedload(PurchaseLine.sku).joinedload(Sku.product),
        )
        .where(FetchedLine.mall_line_id.in_(list(mall_line_ids)), PurchaseOrder.shipped_at.is_not(None))
        .order_by(PurchaseLine.id)
    )
    found: dict[int, list[PurchaseLine]] = {}
    for mall_line_id, line in rows:
        found.setdefault(mall_line_id, []).append(line)
    return found


def returnable(actor: Actor) -> list[Returnable]:
    """Return the latest tickets whose goods may go back to a supplier and were not yet offered to it."""
    actor.require(Permission.SUPPLY_USE)
    shop = mall_client.my_shop(actor)
    if shop is None:
        return []
    tickets = [
        ticket
        for ticket in mall_client.tickets(actor, shop.id)
        if ticket.kind == "return" and ticket.state in RETURNING
    ]
    bought = _bought_for([ticket.line_id for ticket in tickets])
    asked = set(
        db.session.scalars(
            sa.select(SupplierReturn.ticket_id).where(SupplierReturn.ticket_id.in_([t.id for t in tickets]))
        )
    )
    return [
        Returnable(ticket, bought[ticket.line_id][0].order, tuple(bought[ticket.line_id]))
        for ticket in tickets
        if ticket.id not in asked and ticket.line_id in bought
    ]


def ask(actor: Actor, ticket_id: int, settlement: Settlement, key: str) -> list[int]:
    """Ask the supplier to take the goods of a ticket back, for the money or for new goods; returns the ids.

    Good units that already lie in the own warehouse wait there aside until they are sent on.
    """
    actor.require(Permission.SUPPLY_USE)
    shop = open_shop(actor)
    body = [ticket_id, str(settlement)]
    found: list[int] = once(actor, key, "supply.ask_return", body, lambda: _ask(actor, shop, ticket_id, settlement))
    return found


def _ask(actor: Actor, shop: mall_client.ShopInfo, ticket_id: int, settlement: Settlement) -> list[int]:
    ticket = mall_client.ticket(actor, shop.id, ticket_id)
    lines = _bought_for([ticket.line_id]).get(ticket.line_id, [])
    if not lines:
        raise Refused("这张售后单的商品不是供应商代发的，请退到自有仓库。", code="not_bought")
    if ticket.kind != "return" or ticket.state not in RETURNING:
        raise Refused("只有卖家已同意的退货可以退给供应商，请先在卖家中心处理售后单。", code="wrong_state")
    for purchase_id in sorted({line.order_id for line in lines}):
        troubles.refuse_lost(purchase_id)
    known = sa.select(SupplierReturn.id).where(SupplierReturn.ticket_id == ticket.id)
    if db.session.scalars(known).first() is not None:
        raise Refused("这张售后单已经申请过退供，请查看退供记录。", code="wrong_state")
    received = ticket.state in ("refunding", "success")
    now = sim_now(shop.world_id)
    made = []
    for line in lines:
        units = ticket.quantity * line.factor
        good = ticket.good * line.factor if received else 0
        row = SupplierReturn(
            state=ReturnState.REQUESTED,
            world_id=shop.world_id,
            shop_id=shop.id,
            owner_id=shop.owner_id,
            supplier_id=line.order.supplier_id,
            purchase_id=line.order_id,
            sku_id=line.sku_id,
            ticket_id=ticket.id,
            number=f"TG{ticket.order_number[-10:]}-{ticket.id}-{line.sku_id}",
            settlement=settlement,
            reason=ticket.reason,
            quantity=units,
            unit_cost=line.cost,
            from_own=received,
            requested_at=now,
        )
        db.session.add(row)
        db.session.flush()
        if good:
            why = Why(MoveKind.TO_SUPPLIER, f"return:{row.id}", row.number, actor.account_id)
            own_stock.take_out(shop.world_id, shop.id, line.sku_id, good, why)
            row.held = good
            sync.publish_stock(shop.world_id, [line.sku_id])
        due.schedule(shop.world_id, now + ANSWER_AFTER, ANSWER_DUE, row.id, ReturnState.REQUESTED)
        _record(actor, row, "asked", {"ticket": ticket.id, "units": units, "settlement": settlement})
        made.append(row.id)
    return made


def _record(actor: Actor, row: SupplierReturn, verb: str, facts: dict[str, object]) -> None:
    target = f"supply_return:{row.id}"
    audit.record(actor, f"supply_return.{verb}", target, facts, scope_id=scope_of_world(row.world_id))


def hold_back(ticket_id: int, units: int) -> bool:
    """Say whether the good units of a paid refund go to a supplier rather than into own stock; they wait aside."""
    rows = db.session.scalars(
        sa.select(SupplierReturn)
        .where(SupplierReturn.ticket_id == ticket_id, SupplierReturn.state.in_(WAITING))
        .order_by(SupplierReturn.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for row in rows:
        line = db.session.scalars(
            sa.select(PurchaseLine).where(PurchaseLine.order_id == row.purchase_id, PurchaseLine.sku_id == row.sku_id)
        ).first()
        row.held = units * (line.factor if line else 1)
    if rows:
        db.session.flush()
        sync.publish_stock(rows[0].world_id, [row.sku_id for row in rows])
    return bool(rows)


def _query() -> sa.Select[SupplierReturn]:
    return sa.select(SupplierReturn).options(
        orm.joinedload(SupplierReturn.supplier),
        orm.joinedload(SupplierReturn.purchase).joinedload(PurchaseOrder.fetched),
        orm.joinedload(SupplierReturn.sku).joinedload(Sku.product).joinedload(Product.category),
    )


def get_return(actor: Actor, return_id: int, *, lock: bool = False) -> SupplierReturn:
    """Return the actor's own return to a supplier; the system may have every one of its world."""
    return access.own_row(actor, SupplierReturn, return_id, _query(), lock=lock)


def list_returns(actor: Actor, shop_id: int, number: int) -> Page[SupplierReturn]:
    """Return the shop's returns to suppliers, newest first."""
    actor.require(Permission.SUPPLY_USE)
    return paginate(_query().where(SupplierReturn.shop_id == shop_id).order_by(SupplierReturn.id.desc()), number, 20)


def _locked(world_id: int, return_id: int, state: ReturnState) -> tuple[Actor, SupplierReturn | None]:
    actor = system(world_id, scope_of_world(world_id))
    row = get_return(actor, return_id, lock=True)
    return actor, row if row.state == state else None


def answer(world_id: int, return_id: int) -> None:
    """Let the supplier answer; a refusal sends the goods to the own warehouse."""
    actor, row = _locked(world_id, return_id, ReturnState.REQUESTED)
    if row is None:
        return
    now = sim_now(world_id)
    shipped = row.purchase.shipped_at or now
    agreed, words = supplier_agrees(row.reason, (now - shipped).days)
    if agreed:
        words = f"{words}，请寄到：{row.supplier.return_address or '供应商退货仓'}"
        fire(RETURN_FLOW, row, "agree", actor, sim_at=now, values={"answer": words})
        return
    fire(RETURN_FLOW, row, "refuse", actor, sim_at=now, values={"answer": words, "ended_at": now})
    _keep_held(row)


def _keep_held(row: SupplierReturn) -> None:
    """Take what waited aside into the own warehouse."""
    if row.held:
        why = Why(MoveKind.RETURN, f"return:{row.id}", "供应商拒收，退回自有仓库")
        own_stock.take_in(row.world_id, row.shop_id, row.sku_id, row.held, row.held * row.unit_cost, why)
        row.held = 0
        db.session.flush()
        sync.publish_stock(row.world_id, [row.sku_id])


def send(actor: Actor, return_id: int, carrier: str, waybill: str) -> SupplierReturn:
    """Send the goods to the supplier with a waybill."""
    actor.require(Permission.SUPPLY_USE)
    row = get_return(actor, return_id, lock=True)
    waybill = waybill.strip().upper()
    if found := mall_client.waybill_problem(carrier, waybill):
        raise InvalidInput(found[1], field=found[0])
    shop = open_shop(actor)
    ticket = mall_client.ticket(actor, shop.id, row.ticket_id)
    if ticket.state == "wait_buyer_ship":
        raise Refused("买家还没有寄回商品，收到后再寄给供应商。", code="not_here")
    now = sim_now(row.world_id)
    fire(RETURN_FLOW, row, "send", actor, sim_at=now, values={"carrier": carrier, "waybill": waybill, "held": 0})
    due.schedule(row.world_id, now + ON_THE_WAY, RECEIVE_DUE, row.id, ReturnState.SENT)
    _record(actor, row, "sent", {"carrier": carrier, "waybill": waybill})
    return row


def supplier_receives(world_id: int, return_id: int) -> None:
    """Let the supplier take the goods in and look at them: with a fault of its own all are bad."""
    actor, row = _locked(world_id, return_id, ReturnState.SENT)
    if row is None:
        return
    now = sim_now(world_id)
    bad = row.quantity if row.reason in SUPPLIERS_FAULT else 0
    good = row.quantity - bad
    fire(RETURN_FLOW, row, "receive", actor, sim_at=now, values={"good": good, "bad": bad})
    if good and not change_stock({row.sku_id: good}, stock=1):
        raise RuntimeError(f"return {row.id} cannot be put into the supplier's stock")
    sync.publish_stock(world_id, [row.sku_id])
    due.schedule(world_id, now + INSPECTION, SETTLE_DUE, row.id, ReturnState.RECEIVED)


def settle(world_id: int, return_id: int) -> None:
    """Pay the credit, or send new goods instead; where the supplier has none left, the money after all."""
    actor, row = _locked(world_id, return_id, ReturnState.RECEIVED)
    if row is None:
        return
    now = sim_now(world_id)
    if row.settlement == Settlement.EXCHANGE and change_stock({row.sku_id: row.quantity}, reserved=1):
        order = stocking.new_order(world_id, row.shop_id, row.owner_id, row.supplier_id, StockKind.EXCHANGE, 0)
        order.lines = [StockLine(sku_id=row.sku_id, quantity=row.quantity, cost=0)]
        db.session.flush()
        stocking.schedule_sending(order, row.supplier.sla_hours)
        words = f"已换货，补发单 {order.number}"
        values = {"ended_at": now, "replacement_id": order.id, "answer": words}
        fire(RETURN_FLOW, row, "credit", actor, sim_at=now, values=values)
        sync.publish_stock(world_id, [row.sku_id])
        return
    amount = row.quantity * row.unit_cost
    moves = {book.supplier(row.supplier_id): -amount, book.wallet(row.owner_id): amount}
    book.post(
        world_id,
        f"supply-return:{row.id}",
        "supply_credit",
        moves,
        reference=f"supply_return:{row.id}",
        memo=f"退供单 {row.number} 退货款",
    )
    words = "供应商暂无货可换，已改为退货款" if row.settlement == Settlement.EXCHANGE else "验货通过，货款已退回钱包"
    values = {"ended_at": now, "credited": amount, "answer": words}
    fire(RETURN_FLOW, row, "credit", actor, sim_at=now, values=values)
    _record(actor, row, "credited", {"amount": amount})
