"""Supplier profile (供应商资料): kept by who may import the catalogue, read by everybody in the world."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import sqlalchemy as sa

from app.core import audit
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput
from app.core.permissions import Permission
from app.worlds.api import scope_of_world
from app.worlds.clock import get_world
from app.worlds.settings import setting
from sim_supply.domain.order_flow import OrderState
from sim_supply.models.catalogue import Product, Supplier
from sim_supply.models.orders import PurchaseOrder
from sim_supply.services import cooperations

GRADES = ("A", "B", "C")


@dataclass(frozen=True, slots=True)
class Profile:
    """What may be changed of a supplier. freight: fen; rates in basis points, None: what the world says."""

    name: str
    description: str
    grade: str
    sla_hours: int
    freight: int
    freight_by: str
    return_address: str
    defect: int
    late: int | None
    lost: int | None
    papers: str
    closed_shop: bool


def profile_of(supplier: Supplier) -> Profile:
    """Return a supplier's profile as it stands."""
    return Profile(
        supplier.name,
        supplier.description,
        supplier.grade,
        supplier.sla_hours,
        supplier.freight,
        supplier.freight_by,
        supplier.return_address,
        supplier.defect_bp,
        supplier.late_bp,
        supplier.lost_bp,
        supplier.papers,
        supplier.closed_shop,
    )


def edit_profile(actor: Actor, supplier_id: int, profile: Profile) -> None:
    """Change a supplier's profile; another freight bearer holds for all its products. Raises InvalidInput by field."""
    actor.require(Permission.SUPPLY_CATALOGUE_IMPORT)
    supplier = cooperations.get_supplier(actor, supplier_id)
    before = profile_of(supplier)
    name = " ".join((profile.name or "").split())
    if not name:
        raise InvalidInput("请填写供应商名称。", field="name")
    if profile.grade not in GRADES or profile.freight_by not in ("supplier", "distributor"):
        raise InvalidInput("请从列表里选择等级和运费承担方。", field="grade")
    supplier.name, supplier.description = name, (profile.description or "").strip()
    supplier.grade, supplier.sla_hours = profile.grade, profile.sla_hours
    supplier.freight, supplier.freight_by = profile.freight, profile.freight_by
    supplier.return_address = " ".join((profile.return_address or "").split())
    supplier.defect_bp, supplier.late_bp, supplier.lost_bp = profile.defect, profile.late, profile.lost
    supplier.papers, supplier.closed_shop = (profile.papers or "").strip(), profile.closed_shop
    if profile.freight_by != before.freight_by:
        db.session.execute(
            sa.update(Product)
            .where(Product.supplier_id == supplier.id)
            .values(freight_by=profile.freight_by)
            .execution_options(synchronize_session=False)
        )
        db.session.expire_all()
    after = profile_of(supplier)
    old, new = asdict(before), asdict(after)
    changed = {field: [old[field], new[field]] for field in new if old[field] != new[field]}
    target = f"supply_supplier:{supplier.id}"
    audit.record(actor, "supplier.edited", target, changed, scope_id=scope_of_world(supplier.world_id))


def rates(supplier: Supplier) -> tuple[int, int]:
    """Return which share (basis points) of a supplier's parcels comes late, and which gets lost."""
    world = get_world(supplier.world_id)
    late, lost = supplier.late_bp, supplier.lost_bp
    return (
        setting(world, "supplier_late_bp") if late is None else late,
        setting(world, "supplier_lost_bp") if lost is None else lost,
    )


@dataclass(frozen=True, slots=True)
class Performance:
    """What a supplier has done for all shops of its world: purchase orders shipped, of them late, and rejected."""

    shipped: int
    overdue: int
    rejected: int


def performance(supplier: Supplier) -> Performance:
    """Return how a supplier has kept its word so far."""
    late = PurchaseOrder.shipped_at > PurchaseOrder.ships_at
    row = db.session.execute(
        sa.select(
            sa.func.count().filter(PurchaseOrder.shipped_at.is_not(None)),
            sa.func.count().filter(late),
            sa.func.count().filter(PurchaseOrder.state == OrderState.REJECTED),
        ).where(PurchaseOrder.supplier_id == supplier.id)
    ).one()
    return Performance(*row)
