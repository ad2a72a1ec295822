"""Roster import, first half: upload, columns, dry run, decisions. Nothing reaches the class yet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from app.accounts.domain.id_number import mask_id_number, mask_phone
from app.accounts.field_keys import decrypt, decrypt_bytes, encrypt, id_digests, rotate
from app.accounts.models import Account
from app.core import audit, clock, jobs
from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.jobs import Job
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.training import access
from app.training.domain import roster, tables
from app.training.domain.class_flow import RUNNING
from app.training.models import (
    Enrolment,
    ImportStatus,
    Institution,
    RosterImport,
    RosterRow,
    TrainingClass,
    Verdict,
)

CHUNK = 500
OPEN = (ImportStatus.UPLOADED, ImportStatus.CHECKED)


def start_import(actor: Actor, code: str, data: bytes, file_name: str) -> tuple[RosterImport, Job | None]:
    """Keep an uploaded roster and check it at once, or, when it is long, by a job.

    Raises InvalidInput with one sentence when the file cannot be read; nothing is kept then.
    """
    actor.require(Permission.CLASS_ROSTER_IMPORT)
    owner = access.class_row(actor, code)
    if owner.state not in RUNNING:
        raise Refused("班级已经结束，不能再导入学员。")
    table = _quick_table(data)
    with unit_of_work():
        row = RosterImport(
            class_id=owner.id,
            created_by=actor.person(),
            file_name=roster.visible_text(file_name)[:200] or "名单",
            content=encrypt(data),
            status=ImportStatus.UPLOADED,
            created_at=clock.now(),
        )
        db.session.add(row)
        db.session.flush()
        audit.record(actor, "roster.uploaded", f"import:{row.id}", {"bytes": len(data)}, scope_id=owner.scope_id)
        if table is not None:
            row.columns, row.mapping = list(table.columns), roster.guess_mapping(table.columns)
        return row, _check_now_or_later(actor, owner, row, table)


def _quick_table(data: bytes) -> tables.Table | None:
    """Return the table when it is short enough to read within a request, else None."""
    try:
        if tables.row_estimate(data) > tables.QUICK_ROWS:
            return None
        return tables.read_table(data, roster.is_header)
    except tables.BadTable as error:
        raise InvalidInput(str(error), field="file") from error


def _read(row: RosterImport) -> tables.Table:
    if row.content is None:
        raise Refused("名单已经处理完，原文件不再保留；需要修改请重新上传。")
    try:
        return tables.read_table(decrypt_bytes(row.content), roster.is_header)
    except tables.BadTable as error:
        raise InvalidInput(str(error), field="file") from error


def _check_now_or_later(
    actor: Actor, owner: TrainingClass, row: RosterImport, table: tables.Table | None
) -> Job | None:
    if table is not None and roster.mapping_problem(row.mapping, row.columns):
        return None  # the person names the columns first
    if table is not None and len(table.rows) <= tables.SMALL_ROWS:
        _store_rows(actor, owner, row, table)
        return None
    url = f"/classes/{owner.code}/roster/import/{row.id}"
    payload = {"import_id": row.id, "code": owner.code, **hat_of(actor)}
    return jobs.enqueue(actor, "training.roster_check", "检查学员名单", payload, url)


def hat_of(actor: Actor) -> dict[str, object]:
    """Return what a job needs to act as this actor."""
    return {"account_id": actor.person(), "role": str(actor.role), "scope_id": actor.scope_id}


def set_mapping(actor: Actor, code: str, import_id: int, mapping: Mapping[str, int]) -> Job | None:
    """Say which column is what and check again. Raises InvalidInput when the columns cannot be used."""
    owner, row = access.import_row(actor, code, import_id)
    _refuse_unless_open(row)
    if problem := roster.mapping_problem(mapping, row.columns):
        raise InvalidInput(problem, field="mapping")
    table = _read(row)
    with unit_of_work():
        row.mapping = dict(mapping)
        return _check_now_or_later(actor, owner, row, table)


def _refuse_unless_open(row: RosterImport) -> None:
    if row.status not in OPEN:
        raise Refused("这份名单已经导入或撤销，不能再修改；需要时请重新上传。")


def run_check(actor: Actor, code: str, import_id: int, progress: jobs.Progress) -> None:
    """Check a long roster as a job: read, judge, store, with progress."""
    owner, row = access.import_row(actor, code, import_id)
    _refuse_unless_open(row)
    progress.report(0, 3, "正在读取文件…")
    table = _read(row)
    if not row.columns:
        with unit_of_work():
            row.columns, row.mapping = list(table.columns), roster.guess_mapping(table.columns)
    if roster.mapping_problem(row.mapping, row.columns):
        return
    progress.report(1, 3, f"正在检查 {len(table.rows)} 行…")
    with unit_of_work():
        _store_rows(actor, owner, row, table)
    progress.report(3, 3)


def _store_rows(actor: Actor, owner: TrainingClass, row: RosterImport, table: tables.Table) -> None:
    """Write the report of the dry run, replacing an earlier one."""
    today = clock.local(clock.now()).date()
    candidates = roster.check_table(table, row.mapping, today)
    known = _known_people(candidates)
    holders = _phone_holders(candidates)
    places = _running_places(actor, [account.id for account in known.values()])
    db.session.execute(sa.delete(RosterRow).where(RosterRow.import_id == row.id))
    rows = [_row_values(row.id, owner, candidate, known, holders, places) for candidate in candidates]
    for start in range(0, len(rows), CHUNK):
        db.session.execute(sa.insert(RosterRow), rows[start : start + CHUNK])
    row.status = ImportStatus.CHECKED
    db.session.flush()


def _known_people(candidates: Sequence[roster.Candidate]) -> dict[str, Account]:
    """Return ID number → account for people who have one."""
    by_digest = {
        digest: c.id_number.number for c in candidates if c.id_number for digest in id_digests(c.id_number.number)
    }
    found: dict[str, Account] = {}
    digests = sorted(by_digest)
    for start in range(0, len(digests), CHUNK):
        part = digests[start : start + CHUNK]
        for account in db.session.scalars(sa.select(Account).where(Account.id_number_digest.in_(part))):
            found[by_digest[account.id_number_digest or ""]] = account
    return found


def _phone_holders(candidates: Sequence[roster.Candidate]) -> dict[str, int]:
    phones = sorted({c.phone for c in candidates if c.phone})
    found: dict[str, int] = {}
    for start in range(0, len(phones), CHUNK):
        part = phones[start : start + CHUNK]
        rows = db.session.execute(sa.select(Account.phone, Account.id).where(Account.phone.in_(part)))
        found.update({phone: account_id for phone, account_id in rows if phone})
    return found


def _running_places(actor: Actor, account_ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """Return account → (class id, name to show) of the running classes that the person is in."""
    places: dict[int, list[tuple[int, str]]] = {}
    for start in range(0, len(account_ids), CHUNK):
        query = (
            sa.select(Enrolment.account_id, TrainingClass.id, TrainingClass.name, Institution.scope_id)
            .join(TrainingClass, TrainingClass.id == Enrolment.class_id)
            .join(Institution, Institution.id == TrainingClass.institution_id)
            .where(
                Enrolment.account_id.in_(account_ids[start : start + CHUNK]),
                Enrolment.left_at.is_(None),
                TrainingClass.state.in_(RUNNING),
            )
        )
        for account_id, class_id, name, institution_scope in db.session.execute(query):
            shown = f"“{name}”" if institution_scope == actor.scope_id else "其他机构的班级"
            places.setdefault(account_id, []).append((class_id, shown))
    return places


def _row_values(
    import_id: int,
    owner: TrainingClass,
    candidate: roster.Candidate,
    known: Mapping[str, Account],
    holders: Mapping[str, int],
    places: Mapping[int, list[tuple[int, str]]],
) -> dict[str, object]:
    problems, hints = list(candidate.problems), list(candidate.hints)
    number = candidate.id_number.number if candidate.id_number else ""
    account = known.get(number)
    verdict = Verdict.SKIPPED if candidate.repeats else Verdict.GOOD
    if account is not None and not candidate.repeats:
        if account.name != candidate.name:
            problems.append("身份证号已登记在另一个姓名下，请核对姓名和身份证号。")
        elif owner.id in {class_id for class_id, _ in places.get(account.id, [])}:
            hints.append("已经是本班学员，这一行跳过。")
            verdict = Verdict.SKIPPED
        elif elsewhere := [name for _, name in places.get(account.id, [])]:
            hints.append(f"这个人正在{'、'.join(elsewhere)}学习，请决定是否仍然加入本班。")
            verdict = Verdict.ASK
        else:
            hints.append(f"已有账号 {account.login}，导入后沿用。")
    holder = holders.get(candidate.phone or "")
    if holder is not None and (account is None or holder != account.id) and not candidate.repeats:
        problems.append("手机号已经用于另一个人的账号，请改正或留空。")
    if problems and not candidate.repeats:
        verdict = Verdict.BAD
    payload = {"id_number": number, "phone": candidate.phone, "gender": candidate.gender, "note": candidate.note}
    return {
        "import_id": import_id,
        "row_number": candidate.row_number,
        "name": candidate.name,
        "id_masked": mask_id_number(number) if number else _short(candidate.id_text),
        "phone_masked": mask_phone(candidate.phone) if candidate.phone else _short(candidate.phone_text),
        "payload": encrypt(json.dumps(payload, ensure_ascii=False)),
        "verdict": verdict,
        "problems": problems + hints,
        "take": verdict is Verdict.GOOD,
        "created_account": False,
    }


def _short(text: str) -> str:
    """Return an unusable number so that its writer recognises it: long ones without their middle."""
    return text if len(text) <= 10 else f"{text[:4]}…{text[-4:]}"


def payload_of(row: RosterRow) -> dict[str, str | None]:
    """Return the protected part of a row: id_number, phone, gender, note."""
    result: dict[str, str | None] = json.loads(decrypt(row.payload))
    return result


def decide(actor: Actor, code: str, import_id: int, *, take: bool, row_ids: set[int] | None = None) -> int:
    """Take or leave rows that wait for a decision (all of them when ``row_ids`` is None); return how many."""
    _, row = access.import_row(actor, code, import_id)
    _refuse_unless_open(row)
    query = sa.update(RosterRow).where(RosterRow.import_id == row.id, RosterRow.verdict == Verdict.ASK)
    if row_ids is not None:
        query = query.where(RosterRow.id.in_(row_ids))
    changed = matched(db.session.execute(query.values(take=take).execution_options(synchronize_session=False)))
    if row_ids is not None and changed != len(row_ids):
        raise NotFound
    return changed


def counts(import_id: int) -> dict[str, int]:
    """Return rows by verdict, plus ``taken``: how many would be taken in."""
    rows = db.session.execute(
        sa.select(RosterRow.verdict, sa.func.count())
        .where(RosterRow.import_id == import_id)
        .group_by(RosterRow.verdict)
    )
    result = {str(verdict): 0 for verdict in Verdict} | {str(verdict): count for verdict, count in rows}
    taken = sa.select(sa.func.count()).where(RosterRow.import_id == import_id, RosterRow.take.is_(True))
    result["taken"] = db.session.scalar(taken) or 0
    result["total"] = sum(result[str(verdict)] for verdict in Verdict)
    return result


def rows_query(import_id: int, verdict: str = "") -> sa.Select[RosterRow]:
    """Return the rows of the report in the order of the file."""
    query = sa.select(RosterRow).where(RosterRow.import_id == import_id).order_by(RosterRow.row_number)
    return query.where(RosterRow.verdict == verdict) if verdict in set(Verdict) else query


def rotate_rosters() -> int:
    """Encrypt what rosters keep with the newest key; return how many values. Inside a unit of work."""
    total = 0
    for upload in db.session.scalars(sa.select(RosterImport).where(RosterImport.content.is_not(None))):
        assert upload.content is not None
        upload.content = rotate(upload.content)
        total += 1
    for row in db.session.scalars(sa.select(RosterRow).where(RosterRow.payload != b"")):
        row.payload = rotate(row.payload)
        total += 1
    return total
