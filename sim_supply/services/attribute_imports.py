"""Import of product attributes (商品属性导入): checked first, stored after confirmation, beside the catalogue."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import sqlalchemy as sa

from app.core import audit, clock, files, idempotency
from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import InvalidInput, Refused
from app.core.permissions import Permission
from app.core.sheets import read_table
from app.worlds.api import scope_of_world
from sim_supply import access
from sim_supply.domain.attribute_file import ATTRIBUTE_COLUMNS, CheckedAttributes, check_attributes
from sim_supply.domain.checked_file import Refusal
from sim_supply.models.catalogue import CatalogueImport, ImportKind, ImportStatus, Product
from sim_supply.services.import_rules import may_take, reason_against

CHUNK = 500
SHOWN = 500  # refusals kept in a report


def _known(world_id: int) -> dict[str, dict[str, Any]]:
    rows = db.session.execute(sa.select(Product.code, Product.attributes).where(Product.world_id == world_id))
    return {code: dict(attributes or {}) for code, attributes in rows}


def check_file(world_id: int, data: bytes) -> CheckedAttributes:
    """Check an attributes file against the world's library. Raises InvalidInput when it cannot be read as a whole."""
    header, rows = read_table(data)
    try:
        return check_attributes(header, rows, _known(world_id))
    except ValueError as error:
        raise InvalidInput(str(error), field="file") from error


def _refusal(refusal: Refusal) -> dict[str, Any]:
    return {
        "row": refusal.row,
        "other_row": refusal.other,
        "field": refusal.column,
        "field_name": ATTRIBUTE_COLUMNS.get(refusal.column, ""),
        "message": refusal.message,
    }


def make_report(checked: CheckedAttributes) -> dict[str, Any]:
    """Return the report of a check in plain values: counts, refusals with row and field, notes, a sample."""
    return {
        "rows": checked.total,
        "good": len(checked.good),
        "refused": checked.refused_rows,
        "products": len({row.spu_code for row in checked.good}),
        "refusals": [_refusal(refusal) for refusal in checked.refusals[:SHOWN]],
        "notes": [_refusal(note) for note in checked.notes[:SHOWN]],
        "sample": [
            {"row": row.number, "product": row.spu_code, "name": row.name, "value": row.value}
            for row in checked.good[:8]
        ],
    }


def _new_row(actor: Actor, data: bytes, file_name: str, checked: CheckedAttributes) -> CatalogueImport:
    row = CatalogueImport(
        world_id=actor.world(),
        account_id=actor.account_id,
        kind=ImportKind.ATTRIBUTES,
        file_id=files.keep(data, file_name, actor=actor).id,
        file_name=file_name[:200],
        status=ImportStatus.CHECKED,
        rows=checked.total,
        good=len(checked.good),
        refused=checked.refused_rows,
        report=json.dumps(make_report(checked), ensure_ascii=False),
        created_wall_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    return row


def open_import(actor: Actor, key: str, data: bytes, file_name: str) -> int:
    """Keep an attributes file and check it; nothing is stored in the library yet. Returns the import's id."""
    actor.require(Permission.SUPPLY_CATALOGUE_IMPORT)
    world_id = actor.world()

    def carry_out() -> int:
        return _new_row(actor, data, file_name, check_file(world_id, data)).id

    body = hashlib.sha256(data).hexdigest()
    found: int = idempotency.once(actor, key, "supply.open_attributes", body, carry_out)
    return found


def commit_import(actor: Actor, import_id: int, *, good_only: bool) -> None:
    """Take a checked file into the library, checked anew: the library may have changed since."""
    actor.require(Permission.SUPPLY_CATALOGUE_IMPORT)
    row = access.get_import(actor, import_id)
    taken = db.session.execute(
        sa.update(CatalogueImport)
        .where(CatalogueImport.id == row.id, CatalogueImport.status == ImportStatus.CHECKED)
        .values(status=ImportStatus.RUNNING)
        .execution_options(synchronize_session=False)
    )
    if matched(taken) != 1:
        raise Refused("这个文件已经导入过或正在处理，请刷新页面查看结果。")
    db.session.refresh(row)
    checked = check_file(row.world_id, files.read(db.session.get_one(files.StoredFile, row.file_id)))
    may_take(len(checked.good), checked.refused_rows, good_only)
    _finish(actor, row, checked)


def _finish(actor: Actor, row: CatalogueImport, checked: CheckedAttributes) -> None:
    figures = _store(row.world_id, checked.by_product())
    row.report = json.dumps({**make_report(checked), "result": figures}, ensure_ascii=False)
    row.status, row.done_wall_at = ImportStatus.DONE, clock.now()
    audit.record(
        actor,
        "attributes.imported",
        f"supply_import:{row.id}",
        {"file": row.file_name, "rows": row.rows, "refused": row.refused, **figures},
        scope_id=scope_of_world(row.world_id),
    )


def _store(world_id: int, said: dict[str, dict[str, str]]) -> dict[str, int]:
    """Write attributes of products; return how many are new, changed, as before, and how many products changed."""
    figures = {"products_updated": 0, "added": 0, "changed": 0, "unchanged": 0}
    codes = sorted(said)
    for start in range(0, len(codes), CHUNK):
        query = sa.select(Product).where(Product.world_id == world_id, Product.code.in_(codes[start : start + CHUNK]))
        for product in db.session.scalars(query.order_by(Product.id).with_for_update()):
            before = dict(product.attributes or {})
            after = {**before, **said[product.code]}
            for name, value in said[product.code].items():
                kind = "added" if name not in before else "unchanged" if before[name] == value else "changed"
                figures[kind] += 1
            if after != before:
                product.attributes = after
                figures["products_updated"] += 1
    db.session.flush()
    return figures


def import_attributes(
    actor: Actor, data: bytes, file_name: str, *, good_only: bool = False, dry_run: bool = False
) -> dict[str, Any]:
    """Check an attributes file and take it at once, for commands and demo data; return the report.

    ``report["committed"]`` says whether rows were stored; ``report["reason"]`` why not: then nothing was.
    """
    actor.require(Permission.SUPPLY_CATALOGUE_IMPORT)
    checked = check_file(actor.world(), data)
    report = {"file": file_name, "committed": False, "reason": None, **make_report(checked)}
    del report["sample"]
    report["reason"] = reason_against(len(checked.good), checked.refused_rows, good_only, dry_run)
    if report["reason"]:
        return report
    row = _new_row(actor, data, file_name, checked)
    _finish(actor, row, checked)
    return {**report, "committed": True, "import": row.id, "result": json.loads(row.report)["result"]}
