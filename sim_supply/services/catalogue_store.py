"""Writing checked catalogue rows into a world's library: new rows are made, known ones brought up to date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from sim_supply.domain.catalogue import Known, Row
from sim_supply.domain.supplier_file import SupplierRow
from sim_supply.models.catalogue import Category, Product, Sku, Supplier

KEPT_APART = {"notes", "stock_changed", "cost_changed"}


@dataclass(slots=True)
class Stored:
    """What storing changed. notes: (row, Chinese sentence). stock_changed: ids of SKUs with another stock."""

    suppliers_created: int = 0
    suppliers_updated: int = 0
    categories_created: int = 0
    products_created: int = 0
    products_updated: int = 0
    skus_created: int = 0
    skus_updated: int = 0
    unchanged: int = 0
    notes: list[tuple[int, str]] = field(default_factory=list)
    stock_changed: set[int] = field(default_factory=set)
    cost_changed: dict[int, tuple[int, int]] = field(default_factory=dict)  # SKU id → fen before, after

    def figures(self) -> dict[str, int]:
        """Return the counts by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in KEPT_APART}

    def add(self, other: Stored) -> None:
        """Take the counts of another part of the same file in."""
        for name, count in other.figures().items():
            setattr(self, name, getattr(self, name) + count)
        self.notes += other.notes
        self.stock_changed |= other.stock_changed
        self.cost_changed |= other.cost_changed


def known(world_id: int) -> Known:
    """Return what the world's library holds, for checking a file against it."""
    products = db.session.execute(
        sa.select(Product.code, Supplier.code)
        .join(Supplier, Supplier.id == Product.supplier_id)
        .where(Product.world_id == world_id)
    ).all()
    skus = db.session.execute(
        sa.select(Sku.code, Product.code, Sku.spec).join(Product).where(Sku.world_id == world_id)
    ).all()
    return Known(
        product_supplier=dict(products),  # type: ignore[arg-type]
        sku_product={sku: product for sku, product, _ in skus},
        spec_sku={(product, spec): sku for sku, product, spec in skus},
    )


def store(world_id: int, rows: Sequence[Row], cost_bp: int | None, suppliers: Iterable[SupplierRow] = ()) -> Stored:
    """Store good rows inside the open unit of work. cost_bp: cost as a share of retail where the file has none."""
    done = Stored()
    by_supplier = _store_suppliers(world_id, {row.supplier_code for row in rows}, suppliers, done)
    by_path = _store_categories(world_id, rows, done)
    products = _store_products(world_id, rows, by_supplier, by_path, done)
    _store_skus(world_id, rows, products, cost_bp, done)
    db.session.flush()
    return done


def _set(row: Any, values: dict[str, Any]) -> bool:
    """Set what differs; say whether anything did."""
    changed = False
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
            changed = True
    return changed


def _by_code(model: Any, world_id: int, codes: Iterable[str], *, lock: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {}
    wanted = sorted(set(codes))
    for start in range(0, len(wanted), 500):
        query = sa.select(model).where(model.world_id == world_id, model.code.in_(wanted[start : start + 500]))
        query = query.order_by(model.id).execution_options(populate_existing=True)
        found.update((row.code, row) for row in db.session.scalars(query.with_for_update() if lock else query))
    return found


def _store_suppliers(
    world_id: int, codes: set[str], described: Iterable[SupplierRow], done: Stored
) -> dict[str, Supplier]:
    about = {row.code: row for row in described}
    found: dict[str, Supplier] = _by_code(Supplier, world_id, codes | set(about))
    for code in sorted(codes | set(about)):
        told = about.get(code)
        if code not in found:
            found[code] = Supplier(
                world_id=world_id,
                code=code,
                name=told.name if told and told.name else f"供应商 {code}",
                description=told.description if told else "",
                freight_by="distributor",
            )
            db.session.add(found[code])
            done.suppliers_created += 1
        elif told:
            values = {"name": told.name, "description": told.description}
            done.suppliers_updated += _set(found[code], {name: text for name, text in values.items() if text})
    db.session.flush()
    return found


def _store_categories(world_id: int, rows: Sequence[Row], done: Stored) -> dict[str, Category]:
    query = sa.select(Category).where(Category.world_id == world_id)
    found = {category.path: category for category in db.session.scalars(query)}
    for row in rows:
        parent: Category | None = None
        for name in (row.category_l1, row.category_l2):
            path = f"{parent.path}/{name}" if parent else name
            if path not in found:
                found[path] = Category(world_id=world_id, name=name, path=path, parent=parent)
                db.session.add(found[path])
                done.categories_created += 1
            parent = found[path]
    db.session.flush()
    return found


def _store_products(
    world_id: int, rows: Sequence[Row], suppliers: dict[str, Supplier], categories: dict[str, Category], done: Stored
) -> dict[str, Product]:
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row.spu_code, row)
    found: dict[str, Product] = _by_code(Product, world_id, first)
    for code, row in first.items():
        values = {
            "supplier_id": suppliers[row.supplier_code].id,
            "category_id": categories[f"{row.category_l1}/{row.category_l2}"].id,
            "name": row.name,
            "brief": row.brief,
            "unit": row.unit,
            "keywords": row.keywords,
            "image_url": row.image_url,
            **({"mode": row.mode} if row.mode else {}),
            **({"freight_by": row.freight_by} if row.freight_by else {}),
        }
        if code not in found:
            values = {"freight_by": suppliers[row.supplier_code].freight_by, **values}
            found[code] = Product(world_id=world_id, code=code, **values)
            db.session.add(found[code])
            done.products_created += 1
        else:
            done.products_updated += _set(found[code], values)
    db.session.flush()
    return found


def _store_skus(
    world_id: int, rows: Sequence[Row], products: dict[str, Product], cost_bp: int | None, done: Stored
) -> None:
    found: dict[str, Sku] = _by_code(Sku, world_id, (row.sku_code for row in rows), lock=True)
    for row in rows:
        sku = found.get(row.sku_code)
        values = {"spec": row.spec, "cost": row.cost_at(cost_bp), "retail": row.retail, "stock": row.stock}
        told = {"floor": row.floor, "ceiling": row.ceiling, "alarm": row.alarm}
        values |= {name: value for name, value in told.items() if value is not None}
        if sku is None:
            product_id = products[row.spu_code].id
            db.session.add(Sku(world_id=world_id, product_id=product_id, code=row.sku_code, **values))
            done.skus_created += 1
            continue
        if row.stock < sku.reserved:
            values["stock"] = sku.reserved
            held = sku.reserved
            text = f"第 {row.number} 行：库存 {row.stock} 少于采购单已占用的 {held} 件，按 {held} 件导入。"
            done.notes.append((row.number, text))
        if sku.stock != values["stock"]:
            done.stock_changed.add(sku.id)
        if sku.cost != values["cost"]:
            done.cost_changed[sku.id] = (sku.cost, row.cost_at(cost_bp))
        if _set(sku, values):
            done.skus_updated += 1
        else:
            done.unchanged += 1
