"""Catalogue import (货源导入): check first and store nothing, then take all rows or the good ones.

The file is kept as it came. Up to ``INLINE_ROWS`` rows are checked and stored at once, more by the worker.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from app.core import audit, clock, files, idempotency, jobs
from app.core.actor import Actor, system
from app.core.db import db, matched
from app.core.errors import InvalidInput, Refused
from app.core.permissions import Permission
from app.core.sheets import read_table
from app.core.uow import unit_of_work
from app.worlds.api import scope_of_world
from sim_supply import access
from sim_supply.domain.catalogue import COLUMNS, Checked, check
from sim_supply.domain.checked_file import Refusal
from sim_supply.domain.supplier_file import SupplierRow, check_suppliers
from sim_supply.models.catalogue import CatalogueImport, ImportStatus
from sim_supply.services import catalogue_store
from sim_supply.services.catalogue_store import Stored
from sim_supply.services.import_rules import may_take, reason_against

INLINE_ROWS = 500
CHUNK = 500
SHOWN = 500  # refusals kept in a report
MIN_COST_BP, MAX_COST_BP = 100, 10_000
CHECK_JOB, STORE_JOB = "supply.check_catalogue", "supply.store_catalogue"


def need_cost_rule(without_cost: int, cost_bp: int | None) -> None:
    """Raise InvalidInput when rows lack a cost and no rule (basis points of retail) says what it is."""
    if cost_bp is not None and not MIN_COST_BP <= cost_bp <= MAX_COST_BP:
        raise InvalidInput("成本占零售价的百分比应在 1 到 100 之间，例如 50。", field="cost_percent")
    if without_cost and cost_bp is None:
        raise InvalidInput(
            f"有 {without_cost} 行没有成本价，请填写“成本占零售价的百分比”，例如 50。", field="cost_percent"
        )


def check_file(
    world_id: int, data: bytes, suppliers_data: bytes | None = None
) -> tuple[Checked, list[SupplierRow], list[Refusal]]:
    """Check a catalogue file and its suppliers file. Raises InvalidInput when one cannot be read as a whole."""
    header, rows = read_table(data)
    try:
        checked = check(header, rows, catalogue_store.known(world_id))
    except ValueError as error:
        raise InvalidInput(str(error), field="file") from error
    if not suppliers_data:
        return checked, [], []
    header, rows = read_table(suppliers_data, "suppliers_file")
    try:
        suppliers, notes = check_suppliers(header, rows)
    except ValueError as error:
        raise InvalidInput(str(error), field="suppliers_file") from error
    return checked, suppliers, notes


def _refusal(refusal: Refusal) -> dict[str, Any]:
    return {
        "row": refusal.row,
        "other_row": refusal.other,
        "field": refusal.column,
        "field_name": COLUMNS[refusal.column][0] if refusal.column in COLUMNS else "",
        "message": refusal.message,
    }


def make_report(checked: Checked, suppliers: Sequence[SupplierRow], notes: Sequence[Refusal]) -> dict[str, Any]:
    """Return the report of a check in plain values: counts, refusals with row and field, notes, a sample."""
    return {
        "rows": checked.total,
        "good": len(checked.good),
        "refused": checked.refused_rows,
        "without_cost": checked.without_cost,
        "suppliers": len({row.supplier_code for row in checked.good} | {row.code for row in suppliers}),
        "products": len({row.spu_code for row in checked.good}),
        "refusals": [_refusal(refusal) for refusal in checked.refusals[:SHOWN]],
        "notes": [_refusal(note) for note in [*checked.notes, *notes][:SHOWN]],
        "sample": [
            {
                "row": row.number,
                "name": row.name,
                "spec": row.spec,
                "category": f"{row.category_l1} / {row.category_l2}",
                "supplier": row.supplier_code,
                "cost": row.cost,
                "retail": row.retail,
                "stock": row.stock,
            }
            for row in checked.good[:8]
        ],
    }


def open_import(
    actor: Actor,
    key: str,
    data: bytes,
    file_name: str,
    *,
    suppliers_data: bytes | None = None,
    suppliers_name: str = "",
    cost_bp: int | None = None,
) -> dict[str, Any]:
    """Keep a catalogue file and check it; nothing is stored in the library yet.

    Returns ``{"id": import id, "job": public id of the checking job or None}``. Raises InvalidInput for a
    file that cannot be read, naming the form's field.
    """
    actor.require(Permission.SUPPLY_CATALOGUE_IMPORT)
    world_id = actor.world()
    body = [hashlib.sha256(data).hexdigest(), hashlib.sha256(suppliers_data or b"").hexdigest(), cost_bp]

    def carry_out() -> dict[str, Any]:
        _, rows = read_table(data)
        large = sum(1 for _ in rows) > INLINE_ROWS
        row = CatalogueImport(
            world_id=world_id,
            account_id=actor.account_id,
            file_id=files.keep(data, file_name, actor=actor).id,
            suppliers_file_id=files.keep(suppliers_data, suppliers_name, actor=actor).id if suppliers_data else None,
            file_name=file_name[:200],
            status=ImportStatus.CHECKING,
            cost_bp=cost_bp,
            created_wall_at=clock.now(),
        )
        db.session.add(row)
        db.session.flush()
        if not large:
            _write_check(row, *check_file(world_id, data, suppliers_data))
            return {"id": row.id, "job": None}
        job = jobs.enqueue(actor, CHECK_JOB, "检查货源文件", {"import": row.id}, f"/supply/catalogue/import/{row.id}")
        return {"id": row.id, "job": job.public_id}

    answer: dict[str, Any] = idempotency.once(actor, key, "supply.open_import", body, carry_out)
    return answer


def _write_check(
    row: CatalogueImport, checked: Checked, suppliers: Sequence[SupplierRow], notes: Sequence[Refusal]
) -> None:
    row.rows, row.good, row.refused = checked.total, len(checked.good), checked.refused_rows
    row.without_cost = checked.without_cost
    row.report = json.dumps(make_report(checked, suppliers, notes), ensure_ascii=False)
    row.status = ImportStatus.CHECKED


def _files_of(row: CatalogueImport) -> tuple[bytes, bytes | None]:
    data = files.read(db.session.get_one(files.StoredFile, row.file_id))
    if row.suppliers_file_id is None:
        return data, None
    return data, files.read(db.session.get_one(files.StoredFile, row.suppliers_file_id))


def run_check(payload: Mapping[str, Any], progress: jobs.Progress) -> dict[str, Any]:
    """Job: check a large file."""
    row = db.session.get_one(CatalogueImport, int(payload["import"]))
    progress.report(0, 2, "正在读取文件…")
    data, suppliers_data = _files_of(row)
    found = check_file(row.world_id, data, suppliers_data)
    progress.report(1, 2, "正在整理报告…")
    with unit_of_work():
        row = db.session.get_one(CatalogueImport, int(payload["import"]))
        _write_check(row, *found)
        answer = {"rows": row.rows, "good": row.good, "refused": row.refused}
    progress.report(2, 2, "检查完成。")
    return answer


def commit_import(actor: Actor, import_id: int, *, good_only: bool, cost_bp: int | None) -> str | None:
    """Take a checked file into the library; return the public id of the job for a large one, else None.

    good_only: take the good rows and leave the refused ones; otherwise a file with refused rows is refused.
    """
    actor.require(Permission.SUPPLY_CATALOGUE_IMPORT)
    row = access.get_import(actor, import_id)
    if row.status != ImportStatus.CHECKED:
        raise Refused("这个文件已经导入过或正在处理，请刷新页面查看结果。")
    if cost_bp is None:
        cost_bp = row.cost_bp
    need_cost_rule(row.without_cost, cost_bp)
    may_take(row.good, row.refused, good_only)
    taken = db.session.execute(
        sa.update(CatalogueImport)
        .where(CatalogueImport.id == row.id, CatalogueImport.status == ImportStatus.CHECKED)
        .values(status=ImportStatus.RUNNING, cost_bp=cost_bp)
        .execution_options(synchronize_session=False)
    )
    if matched(taken) != 1:
        raise Refused("这个文件刚刚由别人确认导入，请刷新页面查看结果。")
    db.session.refresh(row)
    if row.rows > INLINE_ROWS:
        back = f"/supply/catalogue/import/{row.id}"
        payload = {"import": row.id, "account": actor.account_id, "name": actor.name}
        return jobs.enqueue(actor, STORE_JOB, "导入货源", payload, back).public_id
    checked, suppliers, _ = check_file(row.world_id, *_files_of(row))  # the library may have changed since
    may_take(len(checked.good), checked.refused_rows, good_only)
    _finish(actor, row, catalogue_store.store(row.world_id, checked.good, cost_bp, suppliers))
    return None


def _finish(actor: Actor, row: CatalogueImport, done: Stored) -> None:
    from sim_supply.services import cost_alerts, sync  # bring the mall: a file can be checked without it

    sync.publish_stock(row.world_id, done.stock_changed)
    cost_alerts.note_changes(row.world_id, done.cost_changed)
    report = json.loads(row.report)
    report["result"] = done.figures()
    report["notes"] += [{"row": number, "field": "stock", "message": text} for number, text in done.notes]
    row.report = json.dumps(report, ensure_ascii=False)
    row.status = ImportStatus.DONE
    row.done_wall_at = clock.now()
    audit.record(
        actor,
        "catalogue.imported",
        f"supply_import:{row.id}",
        {"file": row.file_name, "rows": row.rows, "refused": row.refused, **done.figures()},
        scope_id=scope_of_world(row.world_id),
    )


def run_store(payload: Mapping[str, Any], progress: jobs.Progress) -> dict[str, Any]:
    """Job: store a large file in parts. Running it again does no harm: rows are found by their codes."""
    row = db.session.get_one(CatalogueImport, int(payload["import"]))
    if row.status == ImportStatus.DONE:
        return {}
    import_id, world_id, cost_bp = row.id, row.world_id, row.cost_bp
    checked, suppliers, _ = check_file(world_id, *_files_of(row))
    need_cost_rule(checked.without_cost, cost_bp)
    done = Stored()
    total = len(checked.good)
    for start in range(0, total, CHUNK):
        progress.report(start, total, f"已导入 {start} 行，共 {total} 行。")
        with unit_of_work():
            done.add(catalogue_store.store(world_id, checked.good[start : start + CHUNK], cost_bp, suppliers))
        suppliers = []
    with unit_of_work():
        row = db.session.get_one(CatalogueImport, import_id)
        who = Actor(payload.get("account"), str(payload.get("name", "")), None, scope_of_world(world_id), world_id)
        _finish(who, row, done)
    progress.report(total, total, f"已导入 {total} 行。")
    return done.figures()


def import_catalogue(
    actor: Actor,
    data: bytes,
    file_name: str,
    *,
    suppliers_data: bytes | None = None,
    cost_bp: int | None = None,
    good_only: bool = False,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Check a catalogue and take it at once, for commands and demo data; return the report.

    ``report["committed"]`` says whether rows were stored (with dry_run never); ``report["reason"]`` why not: then
    nothing was.
    Raises InvalidInput for a file that cannot be read or a missing cost rule.
    """
    actor.require(Permission.SUPPLY_CATALOGUE_IMPORT)
    world_id = actor.world()
    checked, suppliers, notes = check_file(world_id, data, suppliers_data)
    report = {"file": file_name, "committed": False, "reason": None, **make_report(checked, suppliers, notes)}
    del report["sample"]
    need_cost_rule(checked.without_cost, cost_bp)
    report["reason"] = reason_against(len(checked.good), checked.refused_rows, good_only, dry_run)
    if report["reason"]:
        return report
    with unit_of_work():
        row = CatalogueImport(
            world_id=world_id,
            account_id=actor.account_id,
            file_id=files.keep(data, file_name, actor=actor).id,
            suppliers_file_id=files.keep(suppliers_data, "suppliers", actor=actor).id if suppliers_data else None,
            file_name=file_name[:200],
            status=ImportStatus.RUNNING,
            cost_bp=cost_bp,
            created_wall_at=clock.now(),
        )
        db.session.add(row)
        db.session.flush()
        _write_check(row, checked, suppliers, notes)
        row.status = ImportStatus.RUNNING
        done = catalogue_store.store(world_id, checked.good, cost_bp, suppliers)
        _finish(actor, row, done)
        report |= {"committed": True, "import": row.id, "result": done.figures()}
        report["notes"] = json.loads(row.report)["notes"]
    return report


def system_of_world(world_id: int) -> Actor:
    """Return the system as actor of a world, for commands."""
    return system(world_id, scope_of_world(world_id))
