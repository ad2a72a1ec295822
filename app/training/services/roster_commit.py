"""Roster import, second half: taking people in, and taking it back before anybody has signed in."""

from __future__ import annotations

import time

import sqlalchemy as sa

from app.accounts import access as accounts
from app.accounts.domain.id_number import parse_id_number
from app.accounts.models import Account, Grant, OneTimeCode, SignedInDevice
from app.accounts.services.people import LoginNames, create_account
from app.core import audit, clock, events, jobs
from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import Conflict, Refused
from app.core.jobs import Job
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.ledger import book
from app.training import access
from app.training.domain.tables import SMALL_ROWS
from app.training.events import TraineeWithdrawn
from app.training.models import Enrolment, ImportStatus, RosterImport, RosterRow, TrainingClass, Verdict
from app.training.services.enrolment import enrol
from app.training.services.roster_check import counts, hat_of, payload_of
from app.worlds.clock import get_world

CHUNK = 50
BREATH = 0.02  # seconds between the parts of a long import: pages write in between


def commit_import(actor: Actor, code: str, import_id: int, *, only_good: bool) -> Job | None:
    """Take the chosen rows into the class, at once or by a job; inside the open unit of work.

    only_good: leave rows with errors out; otherwise any such row refuses the whole. Raises Refused.
    """
    owner, row = access.import_row(actor, code, import_id)
    if row.status is not ImportStatus.CHECKED:
        raise Refused("这份名单还没有检查完，或已经导入过了，请刷新页面查看。")
    report = counts(row.id)
    if report["bad"] and not only_good:
        raise Refused(f"还有 {report['bad']} 行有错误；请改正后重新上传，或者选择只导入正确的行。")
    if not report["taken"]:
        raise Refused("没有可以导入的行，请先改正名单。")
    started = db.session.execute(
        sa.update(RosterImport)
        .where(RosterImport.id == row.id, RosterImport.status == ImportStatus.CHECKED)
        .values(status=ImportStatus.COMMITTING, only_good=only_good)
    )
    if matched(started) != 1:
        raise Conflict("这份名单正在导入，请刷新页面查看。")
    db.session.refresh(row)
    if report["taken"] <= SMALL_ROWS:
        names, _world = LoginNames(), get_world(owner.world_id)  # held, so that it is read once
        for line in _waiting(row.id, SMALL_ROWS):
            _take_in(actor, owner, line, names)
        _finish(actor, owner, row)
        return None
    payload = {"import_id": row.id, "code": owner.code, **hat_of(actor)}
    return jobs.enqueue(actor, "training.roster_commit", "导入学员", payload, f"/classes/{code}/roster/import/{row.id}")


def run_commit(actor: Actor, code: str, import_id: int, progress: jobs.Progress) -> None:
    """Take a long roster in, part by part; begun again after a crash it goes on where it stood."""
    owner, row = access.import_row(actor, code, import_id)
    if row.status is not ImportStatus.COMMITTING:
        return
    total, names = counts(row.id)["taken"], LoginNames()
    while True:
        with unit_of_work():
            lines, _world = _waiting(row.id, CHUNK), get_world(owner.world_id)
            for line in lines:
                _take_in(actor, owner, line, names)
        left = _waiting_count(row.id)
        progress.report(total - left, total, f"已导入 {total - left} 人")
        if not left:
            break
        time.sleep(BREATH)
    with unit_of_work():
        _finish(actor, owner, row)


def _waiting_count(import_id: int) -> int:
    waits = sa.and_(RosterRow.import_id == import_id, RosterRow.take.is_(True), RosterRow.account_id.is_(None))
    return db.session.scalar(sa.select(sa.func.count(RosterRow.id)).where(waits)) or 0


def _waiting(import_id: int, limit: int) -> list[RosterRow]:
    return list(
        db.session.scalars(
            sa.select(RosterRow)
            .where(RosterRow.import_id == import_id, RosterRow.take.is_(True), RosterRow.account_id.is_(None))
            .order_by(RosterRow.row_number)
            .limit(limit)
        )
    )


def _take_in(actor: Actor, owner: TrainingClass, line: RosterRow, names: LoginNames) -> None:
    """Take one row in: the person's account (found or made), then the class. The dry run may be stale."""
    data, created = payload_of(line), False
    number = parse_id_number(data["id_number"] or "", clock.local(clock.now()).date())
    account = accounts.find_by_id_number(number.number)
    if account is not None and account.name != line.name:
        _leave(line, Verdict.BAD, "身份证号刚刚登记在另一个姓名下，没有导入。")
        return
    if account is not None and account.id in access.active_numbers(owner.id):
        _leave(line, Verdict.SKIPPED, "这个人刚刚已经加入本班。")
        return
    if account is None:
        phone = data["phone"]
        if phone and db.session.scalar(sa.select(Account.id).where(Account.phone == phone)) is not None:
            line.problems = [*line.problems, "手机号刚刚被另一个账号登记，导入时没有写入手机号。"]
            phone = None
        account = create_account(
            actor,
            name=line.name,
            phone=phone,
            id_number=number,
            region_code=owner.region_code,
            names=names,
            checked=True,
        )
        created = True
    elif account.phone is None and data["phone"] and accounts.find_by_login_or_phone(data["phone"]) is None:
        account.phone = data["phone"]
    enrol(actor, owner, account, gender=data["gender"] or "", note=data["note"] or "")
    line.account_id, line.created_account = account.id, created


def _leave(line: RosterRow, verdict: Verdict, why: str) -> None:
    line.verdict, line.take, line.problems = verdict, False, [*line.problems, why]


def _finish(actor: Actor, owner: TrainingClass, upload: RosterImport) -> None:
    """Close the import: from here on neither the file nor the rows' numbers are kept."""
    db.session.flush()
    db.session.execute(
        sa.update(RosterRow)
        .where(RosterRow.import_id == upload.id)
        .values(payload=b"")
        .execution_options(synchronize_session=False)
    )
    upload.status, upload.content, upload.committed_at = ImportStatus.COMMITTED, None, clock.now()
    taken = counts(upload.id)["taken"]
    audit.record(actor, "roster.imported", f"import:{upload.id}", {"trainees": taken}, scope_id=owner.scope_id)


def imported_ids(import_id: int, *, created_only: bool = False) -> set[int]:
    """Return the accounts that an import brought into the class."""
    query = sa.select(RosterRow.account_id).where(RosterRow.import_id == import_id, RosterRow.account_id.is_not(None))
    if created_only:
        query = query.where(RosterRow.created_account.is_(True))
    return {account_id for account_id in db.session.scalars(query) if account_id is not None}


def undo_obstacle(row: RosterImport) -> str | None:
    """Return why an import cannot be taken back, None when it can."""
    if row.status is not ImportStatus.COMMITTED:
        return "只有已经导入的名单可以撤销。"
    created = sa.select(RosterRow.account_id).where(RosterRow.import_id == row.id, RosterRow.created_account.is_(True))
    linked = sa.select(RosterRow.account_id).where(RosterRow.import_id == row.id, RosterRow.account_id.is_not(None))
    signed_in = db.session.scalar(
        sa.select(sa.func.count(Account.id)).where(Account.id.in_(created), Account.first_sign_in_at.is_not(None))
    )
    seen_since = db.session.scalar(
        sa.select(sa.func.count(sa.distinct(SignedInDevice.account_id))).where(
            SignedInDevice.account_id.in_(linked), SignedInDevice.seen_at > row.committed_at
        )
    )
    if signed_in or seen_since:
        return (
            f"已有 {max(signed_in or 0, seen_since or 0)} 名学员登录过，这次导入不能再整体撤销；可以在名单里逐个移出。"
        )
    return None


def undo_import(actor: Actor, code: str, import_id: int) -> Job | None:
    """Take an import back, at once or by a job: accounts made by it vanish, others leave the class.

    Raises Refused once somebody has signed in. Inside the open unit of work.
    """
    owner, row = access.import_row(actor, code, import_id)
    if obstacle := undo_obstacle(row):
        raise Refused(obstacle)
    total = len(imported_ids(row.id))
    if total <= SMALL_ROWS:
        _take_back(owner, row, total)
        _close_undo(actor, owner, row, total)
        return None
    payload = {"import_id": row.id, "code": owner.code, **hat_of(actor)}
    return jobs.enqueue(
        actor, "training.roster_undo", "撤销学员导入", payload, f"/classes/{code}/roster/import/{row.id}"
    )


def run_undo(actor: Actor, code: str, import_id: int, progress: jobs.Progress) -> None:
    """Take a long import back, part by part."""
    owner, row = access.import_row(actor, code, import_id)
    if obstacle := undo_obstacle(row):
        raise Refused(obstacle)
    total = len(imported_ids(row.id))
    while left := len(imported_ids(row.id)):
        progress.report(total - left, total, f"已撤销 {total - left} 人")
        with unit_of_work():
            _take_back(owner, row, CHUNK)
        time.sleep(BREATH)
    with unit_of_work():
        _close_undo(actor, owner, row, total)


def _take_back(owner: TrainingClass, upload: RosterImport, limit: int) -> None:
    lines = db.session.scalars(
        sa.select(RosterRow)
        .where(RosterRow.import_id == upload.id, RosterRow.account_id.is_not(None))
        .order_by(RosterRow.id)
        .limit(limit)
    ).all()
    made = [line.account_id for line in lines if line.created_account and line.account_id is not None]
    ids = [line.account_id for line in lines if line.account_id is not None]
    for account_id in ids:
        events.publish(TraineeWithdrawn(world_id=owner.world_id, scope_id=owner.scope_id, account_id=account_id))
    for account_id in made:
        purse = book.wallet(account_id)
        amount = book.balance(owner.world_id, purse)
        if amount:
            moves = {purse: -amount, book.ISSUE: amount}
            book.post(owner.world_id, f"start-capital-back:{account_id}", "start_capital_back", moves, memo="导入撤销")
    for line in lines:
        line.account_id, line.take, line.created_account = None, False, False
    db.session.flush()
    place = sa.and_(Enrolment.class_id == owner.id, Enrolment.account_id.in_(ids))
    db.session.execute(sa.delete(Enrolment).where(place))
    own_hat = sa.and_(Grant.account_id.in_(ids), Grant.scope_id == owner.scope_id, Grant.role == Role.TRAINEE)
    db.session.execute(sa.delete(Grant).where(own_hat, Grant.account_id.in_(made)))
    db.session.execute(sa.update(Grant).where(own_hat).values(ended_at=clock.now()))
    db.session.execute(sa.delete(OneTimeCode).where(OneTimeCode.account_id.in_(made)))
    db.session.execute(sa.delete(Account).where(Account.id.in_(made), Account.first_sign_in_at.is_(None)))
    db.session.expire_all()


def _close_undo(actor: Actor, owner: TrainingClass, upload: RosterImport, total: int) -> None:
    upload.status = ImportStatus.UNDONE
    audit.record(actor, "roster.undone", f"import:{upload.id}", {"trainees": total}, scope_id=owner.scope_id)
