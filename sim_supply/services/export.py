"""The library and reconciliation sheets as files (导出)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.clock import local
from app.core.db import db
from app.core.money import plain_yuan
from app.core.permissions import Permission
from app.core.sheets import csv_cell, write_table
from sim_supply.domain.catalogue import COLUMNS
from sim_supply.models.catalogue import Product, Sku
from sim_supply.services.reconcile import Sheet


def _rows(actor: Actor) -> Iterable[list[str]]:
    query = (
        sa.select(Sku)
        .options(
            orm.joinedload(Sku.product).options(orm.joinedload(Product.supplier), orm.joinedload(Product.category))
        )
        .where(Sku.world_id == actor.world())
        .order_by(Sku.product_id, Sku.id)
        .execution_options(yield_per=1000)
    )
    for sku in db.session.scalars(query):
        product = sku.product
        l1, _, l2 = product.category.path.partition("/")
        cells = {
            "supplier_code": product.supplier.code,
            "category_l1": l1,
            "category_l2": l2,
            "spu_code": product.code,
            "name": product.name,
            "brief": product.brief,
            "unit": product.unit,
            "sku_code": sku.code,
            "spec": sku.spec,
            "cost_price": plain_yuan(sku.cost),
            "retail_price": plain_yuan(sku.retail),
            "stock": str(sku.stock),
            "keywords": product.keywords,
            "image_url": product.image_url,
            "retail_floor": "" if sku.floor is None else plain_yuan(sku.floor),
            "retail_ceiling": "" if sku.ceiling is None else plain_yuan(sku.ceiling),
            "alarm_stock": str(sku.alarm),
            "mode": product.mode,
            "freight_by": product.freight_by,
        }
        yield [cells[column] for column in COLUMNS]


def catalogue(actor: Actor, kind: str) -> bytes:
    """Return the library of the actor's world as a file (csv or xlsx) that the import takes again."""
    actor.require(Permission.SUPPLY_VIEW)
    return table(tuple(COLUMNS), _rows(actor), kind, "货源目录")


def sheet_rows(sheet: Sheet) -> list[list[str]]:
    """Return a reconciliation sheet as rows of text, the sums last."""
    rows = [
        [
            line.kind,
            line.number,
            f"{local(line.at):%Y-%m-%d %H:%M}",
            line.order,
            str(line.ticket or ""),
            plain_yuan(line.goods),
            plain_yuan(line.freight),
            plain_yuan(line.credits),
            plain_yuan(line.net),
            plain_yuan(line.booked),
        ]
        for line in sheet.lines
    ]
    sums = [plain_yuan(x) for x in (sheet.goods, sheet.freight, sheet.credits, sheet.payable, sheet.booked)]
    return [*rows, ["合计", "", "", "", "", *sums]]


SHEET_HEADER = ("类型", "单号", "模拟时间", "商城订单", "售后单", "货款", "运费", "退款", "应付", "账本")


def table(header: Sequence[str], rows: Iterable[Sequence[str]], kind: str, title: str) -> bytes:
    """Return a table as CSV (UTF-8 with BOM, for spreadsheet programs) or xlsx; texts stay texts."""
    if kind == "csv":
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(header)
        writer.writerows([csv_cell(cell) for cell in row] for row in rows)
        return ("\ufeff" + text.getvalue()).encode()
    return write_table(title, header, rows)
