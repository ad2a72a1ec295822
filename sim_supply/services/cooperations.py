"""Cooperation with suppliers (合作申请与审核): applied for by the seller, answered by the simulated supplier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from app.core import audit
from app.core.actor import Actor, system
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.flow import fire
from app.core.idempotency import once
from app.core.permissions import Permission
from app.worlds import due
from app.worlds.api import scope_of_world
from app.worlds.clock import sim_now
from sim_supply import mall_client
from sim_supply.domain.cooperation import COOPERATION_FLOW, DISCOUNTS, GRADE_NAMES, CooperationState, grade_for
from sim_supply.domain.order_flow import OrderState
from sim_supply.models.catalogue import Cooperation, Product, Supplier
from sim_supply.models.orders import PurchaseOrder

ANSWER_DUE = "supply.cooperation"
ANSWER_AFTER = timedelta(hours=1)
NO_SHOP = "请先注册店铺并缴纳保证金，开店后再申请合作。"


@dataclass(frozen=True, slots=True)
class SupplierRow:
    """One supplier as its list shows it. orders: finished purchase orders of the shop with it."""

    supplier: Supplier
    products: int
    cooperation: Cooperation | None
    orders: int


def discounts(shop_id: int) -> dict[int, int]:
    """Return supplier id → discount (basis points) of the shop's cooperations that are in force."""
    rows = db.session.execute(
        sa.select(Cooperation.supplier_id, Cooperation.discount_bp).where(
            Cooperation.shop_id == shop_id, Cooperation.state == CooperationState.APPROVED
        )
    )
    return {row[0]: row[1] for row in rows}


def get_supplier(actor: Actor, supplier_id: int) -> Supplier:
    """Return a supplier of the actor's world. Raises NotFound."""
    query = sa.select(Supplier).where(Supplier.id == supplier_id, Supplier.world_id == actor.world())
    supplier = db.session.scalars(query).one_or_none()
    if supplier is None:
        raise NotFound
    return supplier


def suppliers(actor: Actor) -> list[SupplierRow]:
    """Return the world's suppliers with products, by name, and how the actor's shop stands with each."""
    actor.require(Permission.SUPPLY_VIEW)
    shop = mall_client.my_shop(actor) if actor.may(Permission.SUPPLY_USE) else None
    counts = (
        sa.select(Product.supplier_id, sa.func.count().label("products"))
        .where(Product.world_id == actor.world())
        .group_by(Product.supplier_id)
        .subquery()
    )
    rows = db.session.execute(
        sa.select(Supplier, counts.c.products)
        .join(counts, counts.c.supplier_id == Supplier.id)
        .where(Supplier.world_id == actor.world())
        .order_by(counts.c.products.desc(), Supplier.id)
        .limit(200)
    ).all()
    mine = {row.supplier_id: row for row in _mine(shop.id if shop else 0)}
    done = _finished(shop.id if shop else 0)
    return [SupplierRow(row[0], row[1], mine.get(row[0].id), done.get(row[0].id, 0)) for row in rows]


def _mine(shop_id: int) -> list[Cooperation]:
    return list(db.session.scalars(sa.select(Cooperation).where(Cooperation.shop_id == shop_id)))


def _finished(shop_id: int) -> dict[int, int]:
    rows = db.session.execute(
        sa.select(PurchaseOrder.supplier_id, sa.func.count())
        .where(PurchaseOrder.shop_id == shop_id, PurchaseOrder.state == OrderState.DONE)
        .group_by(PurchaseOrder.supplier_id)
    )
    return {row[0]: row[1] for row in rows}


def find(shop_id: int, supplier_id: int) -> Cooperation | None:
    """Return how a shop stands with a supplier, or None when it never asked."""
    query = sa.select(Cooperation).where(Cooperation.shop_id == shop_id, Cooperation.supplier_id == supplier_id)
    return db.session.scalars(query).one_or_none()


def _shop(actor: Actor) -> mall_client.ShopInfo:
    actor.require(Permission.SUPPLY_USE)
    shop = mall_client.my_shop(actor)
    if shop is None:
        mall_client.refuse_role(actor)
    if shop is None or shop.state != mall_client.OPEN:
        raise Refused(NO_SHOP, code="no_shop")
    return shop


def apply(actor: Actor, supplier_id: int, words: str, key: str) -> int:
    """Ask a supplier for cooperation; it answers within a simulated hour. Also renews one that was refused or ended."""
    shop = _shop(actor)
    supplier = get_supplier(actor, supplier_id)
    words = words.strip()
    if not 5 <= len(words) <= 200:
        raise InvalidInput("请写几句申请说明（店铺定位、打算怎么卖），5 到 200 个字。", field="words")

    def carry_out() -> int:
        now = sim_now(shop.world_id)
        row = find(shop.id, supplier.id)
        if row is None:
            row = Cooperation(
                state=CooperationState.APPLIED,
                world_id=shop.world_id,
                shop_id=shop.id,
                supplier_id=supplier.id,
                words=words,
                applied_at=now,
            )
            db.session.add(row)
            db.session.flush()
        else:
            values = {"words": words, "applied_at": now, "answer": "", "discount_bp": 0}
            fire(COOPERATION_FLOW, row, "apply_again", actor, sim_at=now, values=values)
        due.schedule(shop.world_id, now + ANSWER_AFTER, ANSWER_DUE, row.id, CooperationState.APPLIED)
        target = f"supply_cooperation:{row.id}"
        facts = {"supplier": supplier.id, "shop": shop.id}
        audit.record(actor, "cooperation.applied", target, facts, scope_id=scope_of_world(shop.world_id))
        return row.id

    found: int = once(actor, key, "supply.cooperate", [supplier.id, words], carry_out)
    return found


def answer(world_id: int, cooperation_id: int) -> None:
    """Let the supplier answer: graded by what the shop has bought; no-op when it was answered before."""
    actor = system(world_id, scope_of_world(world_id))
    row = db.session.scalars(sa.select(Cooperation).where(Cooperation.id == cooperation_id)).one()
    if row.state != CooperationState.APPLIED:
        return
    now = sim_now(world_id)
    grade = grade_for(_finished(row.shop_id).get(row.supplier_id, 0))
    text = f"欢迎合作，你现在是{GRADE_NAMES[grade]}分销商，进货价优惠 {DISCOUNTS[grade] // 100}%。"
    values = {"grade": grade, "discount_bp": DISCOUNTS[grade], "answer": text, "answered_at": now}
    fire(COOPERATION_FLOW, row, "approve", actor, sim_at=now, values=values)


def end(actor: Actor, supplier_id: int) -> None:
    """End a cooperation: list cost again from now on."""
    shop = _shop(actor)
    row = find(shop.id, get_supplier(actor, supplier_id).id)
    if row is None:
        raise NotFound
    fire(COOPERATION_FLOW, row, "end", actor, sim_at=sim_now(shop.world_id), values={"discount_bp": 0})


def refuse_closed(shop_id: int, products: list[Product]) -> None:
    """Raise Refused (code no_cooperation) when a product's supplier sells through approved distributors only."""
    allowed = {row.supplier_id for row in _mine(shop_id) if row.state == CooperationState.APPROVED}
    for product in products:
        if product.supplier.closed_shop and product.supplier_id not in allowed:
            raise Refused(
                f"“{product.name}”的供应商“{product.supplier.name}”只供应合作分销商，请先到“供应商”页申请合作。",
                code="no_cooperation",
            )
