"""Late and lost parcels of suppliers (丢件、延误): by the world's chance, told to the mall, answered by the seller.

Decided once, when the supplier ships: by the world's seed, the purchase order's number and the supplier's rates. The
first parcels of each shop are spared, so that a beginner's first round goes through.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from app.core import audit
from app.core.actor import Actor, system
from app.core.db import db
from app.core.errors import NotFound, Refused
from app.core.flow import fire
from app.core.permissions import Permission
from app.worlds import due
from app.worlds.api import scope_of_world
from app.worlds.chance import Chance
from app.worlds.clock import get_world, sim_now
from app.worlds.settings import setting
from sim_supply import access, mall_client
from sim_supply.domain.order_flow import OrderState
from sim_supply.domain.return_flow import ReturnState
from sim_supply.domain.stock_flow import StockKind
from sim_supply.domain.trouble_flow import (
    OPEN_TROUBLE,
    TROUBLE_FLOW,
    Claim,
    TroubleKind,
    TroubleState,
    compensation,
    foresee,
)
from sim_supply.models.orders import PurchaseOrder
from sim_supply.models.stock import StockLine, SupplierReturn
from sim_supply.models.troubles import ParcelTrouble
from sim_supply.services import stocking, supplier_profiles, sync
from sim_supply.services.orders import change_stock, demand_of, pay_back

HAPPEN_DUE, SETTLE_DUE = "supply.trouble", "supply.trouble_settle"
ON_THE_ROAD = timedelta(hours=20)  # by then the carrier has taken the parcel, and it is not yet delivered
ANSWER_AFTER = timedelta(hours=2)
SHOWN = 20


def decide(order: PurchaseOrder) -> None:
    """Decide what becomes of a parcel that a supplier has just sent."""
    world = get_world(order.world_id)
    safe = setting(world, "supplier_safe_parcels")
    sent = sa.select(PurchaseOrder.id).where(
        PurchaseOrder.world_id == order.world_id,
        PurchaseOrder.owner_id == order.owner_id,
        PurchaseOrder.shipped_at.is_not(None),
    )
    if len(db.session.scalars(sent.limit(safe + 1)).all()) <= safe:
        return
    late_bp, lost_bp = supplier_profiles.rates(order.supplier)
    found = foresee(Chance(world.seed, "supplier-parcel", order.number), late_bp, lost_bp)
    if found is not None:
        plan(order, *found)


def plan(order: PurchaseOrder, kind: TroubleKind, hours: int) -> ParcelTrouble:
    """Write down what is to become of a parcel (hours: how late it comes); it happens while it is on the road."""
    row = ParcelTrouble(
        state=TroubleState.FORESEEN,
        kind=kind,
        hours=hours,
        world_id=order.world_id,
        owner_id=order.owner_id,
        purchase_id=order.id,
    )
    db.session.add(row)
    db.session.flush()
    due.schedule(order.world_id, sim_now(order.world_id) + ON_THE_ROAD, HAPPEN_DUE, row.id, TroubleState.FORESEEN)
    return row


def _query() -> sa.Select[ParcelTrouble]:
    return sa.select(ParcelTrouble).options(
        orm.joinedload(ParcelTrouble.replacement),
        orm.joinedload(ParcelTrouble.purchase).options(
            orm.joinedload(PurchaseOrder.supplier),
            orm.joinedload(PurchaseOrder.fetched),
            orm.selectinload(PurchaseOrder.lines),
        ),
    )


def get_trouble(actor: Actor, trouble_id: int, *, lock: bool = False) -> ParcelTrouble:
    """Return a trouble of the actor's own parcels; the system may have each of its world. Raises NotFound."""
    query = _query().where(ParcelTrouble.id == trouble_id, ParcelTrouble.world_id == actor.world())
    if not actor.is_system:
        query = query.where(
            ParcelTrouble.owner_id == mall_client.keeper(actor), ParcelTrouble.state != TroubleState.FORESEEN
        )
    if lock:
        query = query.with_for_update(of=ParcelTrouble).execution_options(populate_existing=True)
    row = db.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound
    return row


def happen(world_id: int, trouble_id: int) -> None:
    """Let it happen: the mall is told; nothing when the parcel is no longer on its way."""
    actor = system(world_id, scope_of_world(world_id))
    row = get_trouble(actor, trouble_id, lock=True)
    if row.state != TroubleState.FORESEEN:
        return
    order, now = row.purchase, sim_now(world_id)
    lost = row.kind is TroubleKind.LOST
    told = mall_client.report_parcel(
        world_id, order.fetched.mall_order_id, order.carrier, order.waybill, lost=lost, hours=row.hours
    )
    if not told:
        fire(TROUBLE_FLOW, row, "avert", actor, sim_at=now, values={"ended_at": now})
        return
    fire(TROUBLE_FLOW, row, "happen", actor, sim_at=now, values={"happened_at": now})
    _record(actor, row, str(row.kind), {"hours": row.hours})


def _record(actor: Actor, row: ParcelTrouble, verb: str, facts: dict[str, object]) -> None:
    target = f"supply_order:{row.purchase_id}"
    audit.record(actor, f"supplier_parcel.{verb}", target, facts, scope_id=scope_of_world(row.world_id))


def list_open(actor: Actor) -> list[ParcelTrouble]:
    """Return what waits for the actor: lost parcels not yet settled, late ones whose order is not yet finished."""
    waits = sa.or_(ParcelTrouble.kind == TroubleKind.LOST, PurchaseOrder.state == OrderState.SHIPPED)
    return _mine(actor, OPEN_TROUBLE, waits)


def list_settled(actor: Actor) -> list[ParcelTrouble]:
    """Return what was settled, newest first."""
    return _mine(actor, (TroubleState.SETTLED,), sa.true())


def _mine(actor: Actor, states: Sequence[TroubleState], where: sa.ColumnElement[bool]) -> list[ParcelTrouble]:
    actor.require(Permission.SUPPLY_USE)
    query = (
        _query()
        .join(PurchaseOrder, PurchaseOrder.id == ParcelTrouble.purchase_id)
        .where(
            ParcelTrouble.world_id == actor.world(),
            ParcelTrouble.owner_id == mall_client.keeper(actor),
            ParcelTrouble.state.in_(states),
            where,
        )
    )
    return list(db.session.scalars(query.order_by(ParcelTrouble.id.desc()).limit(SHOWN * 5)))


def inform(actor: Actor, trouble_id: int) -> bool:
    """Tell the buyer what happened, through the mall; False when that was done before."""
    actor.require(Permission.SUPPLY_USE)
    row = get_trouble(actor, trouble_id, lock=True)
    if row.informed_at is not None:
        return False
    name = mall_client.carrier_name(row.purchase.carrier)
    if row.kind is TroubleKind.LOST:
        words = f"很抱歉，{name} {row.purchase.waybill} 在运输中丢失。可以退款，也可以联系我们补寄。"
    else:
        words = f"很抱歉，{name} {row.purchase.waybill} 在路上延误，预计晚到 {row.hours} 小时，我们已在催促快递。"
    title = "包裹丢失说明" if row.kind is TroubleKind.LOST else "包裹延误说明"
    mall_client.tell_buyer(actor, row.purchase.fetched.mall_order_id, title, words)
    row.informed_at = sim_now(row.world_id)
    _record(actor, row, "buyer_told", {})
    return True


def amount_of(row: ParcelTrouble) -> int:
    """Return what the supplier would pay for it (fen)."""
    order = row.purchase
    goods = sum(line.cost * line.wanted for line in order.lines)
    return compensation(row.kind, goods, order.freight, order.paid - order.refunded)


def claim(actor: Actor, trouble_id: int, wanted: Claim) -> ParcelTrouble:
    """Ask the supplier to make it good, with money or, for a lost parcel, with the same goods again."""
    actor.require(Permission.SUPPLY_USE)
    row = get_trouble(actor, trouble_id, lock=True)
    if wanted is Claim.GOODS and row.kind is not TroubleKind.LOST:
        raise Refused("延误的包裹还会送到，只能索赔运费。", code="not_lost")
    if wanted is Claim.MONEY and not amount_of(row):
        raise Refused("运费由供应商承担，延误没有可以索赔的运费。", code="nothing_to_claim")
    given = sa.select(SupplierReturn.id).where(
        SupplierReturn.purchase_id == row.purchase_id, SupplierReturn.state != ReturnState.REFUSED
    )
    if db.session.scalars(given).first() is not None:
        raise Refused("这张采购单已经申请退供，不能再索赔。", code="return_open")
    now = sim_now(row.world_id)
    fire(TROUBLE_FLOW, row, "claim", actor, sim_at=now, values={"claim": wanted})
    due.schedule(row.world_id, now + ANSWER_AFTER, SETTLE_DUE, row.id, TroubleState.CLAIMED)
    _record(actor, row, "claimed", {"wanted": wanted})
    return row


def settle(world_id: int, trouble_id: int) -> None:
    """Let the supplier make it good; where it has no goods left, with the money after all."""
    actor = system(world_id, scope_of_world(world_id))
    row = get_trouble(actor, trouble_id, lock=True)
    if row.state != TroubleState.CLAIMED:
        return
    order, now = access.get_order(actor, row.purchase_id, lock=True), sim_now(world_id)
    demand = demand_of(order)
    if row.claim is Claim.GOODS and demand and change_stock(demand, reserved=1):
        again = stocking.new_order(world_id, order.shop_id, order.owner_id, order.supplier_id, StockKind.EXCHANGE, 0)
        again.lines = [StockLine(sku_id=sku_id, quantity=units, cost=0) for sku_id, units in demand.items()]
        db.session.flush()
        stocking.schedule_sending(again, order.supplier.sla_hours)
        values = {"ended_at": now, "replacement_id": again.id}
        fire(TROUBLE_FLOW, row, "settle", actor, sim_at=now, values=values)
        sync.publish_stock(world_id, demand)
        _record(actor, row, "goods_sent", {"stock_order": again.id})
        return
    amount = amount_of(row)
    pay_back(order, amount, "包裹丢失赔付" if row.kind is TroubleKind.LOST else "包裹延误赔付")
    fire(TROUBLE_FLOW, row, "settle", actor, sim_at=now, values={"ended_at": now, "credited": amount})
    _record(actor, row, "paid", {"amount": amount})


def refuse_lost(purchase_id: int) -> None:
    """Raise Refused when the goods of a purchase order got lost: there is nothing to send back."""
    query = sa.select(ParcelTrouble.id).where(
        ParcelTrouble.purchase_id == purchase_id,
        ParcelTrouble.kind == TroubleKind.LOST,
        ParcelTrouble.state.in_((*OPEN_TROUBLE, TroubleState.SETTLED)),
    )
    if db.session.scalars(query).first() is not None:
        raise Refused("这个包裹已经丢失，没有货可以退给供应商，请到“发货风险”里索赔。", code="parcel_lost")
