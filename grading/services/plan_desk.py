"""Around the plan's editor: autosaved drafts, comments of instructors, comparison, import, similarity (P20)."""

from __future__ import annotations

import difflib
import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.models import Account, Scope
from app.accounts.scopes import account_names
from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.permissions import Permission
from grading import access
from grading.domain.canonical import canonical
from grading.domain.plan_content import SECTIONS, Finding, PlanContent, check, words
from grading.models.plan import Plan, PlanComment, PlanDraft, PlanVersion
from grading.services import plans

MOST_DRAFT = 200_000
MOST_COMMENT = 1000
SAME_STEPS = 3
LONG_ENOUGH = 60  # characters: shorter sections are alike by chance


def _draft(actor: Actor) -> PlanDraft | None:
    return db.session.scalars(
        sa.select(PlanDraft).where(
            PlanDraft.account_id == actor.person(), PlanDraft.scope_id == access.class_scope(actor)
        )
    ).one_or_none()


def open_draft(actor: Actor, version: int) -> PlanDraft | None:
    """Return what was autosaved on top of this version, or None."""
    row = _draft(actor)
    return row if row is not None and row.base_version == version else None


def autosave(actor: Actor, fields: Mapping[str, str], base_version: int, serial: int) -> int:
    """Keep the typed fields; return the new serial.

    Raises Conflict when another tab has autosaved or saved since: nothing is overwritten.
    """
    actor.require(Permission.GRADING_PLAN_WRITE)
    text = canonical(dict(fields))
    if len(text) > MOST_DRAFT:
        raise InvalidInput("内容太长，没有自动保存；请精简后点保存。")
    stored = plans.read_plan(actor)
    row = _draft(actor)
    if stored.version != base_version or (row.serial if row and row.base_version == base_version else 0) != serial:
        raise Conflict("你在另一个窗口也在改这份规划书，这里不再自动保存；内容还在页面上，保存时会请你核对。")
    now = clock.now()
    if row is None:
        row = PlanDraft(
            account_id=actor.person(),
            scope_id=access.class_scope(actor),
            base_version=base_version,
            serial=1,
            form=text,
            saved_at=now,
        )
        db.session.add(row)
        db.session.flush()
        return 1
    changed = db.session.execute(
        sa.update(PlanDraft)
        .where(PlanDraft.id == row.id, PlanDraft.serial == row.serial)
        .values(base_version=base_version, serial=serial + 1, form=text, saved_at=now)
        .execution_options(synchronize_session=False)
    )
    if matched(changed) != 1:
        raise Conflict("你在另一个窗口也在改这份规划书，这里不再自动保存；内容还在页面上。")
    return serial + 1


def drop_draft(actor: Actor) -> None:
    """Throw away what was autosaved."""
    actor.require(Permission.GRADING_PLAN_WRITE)
    row = _draft(actor)
    if row is not None:
        db.session.delete(row)


def findings(plan: Plan | None, content: PlanContent) -> list[Finding]:
    """Return everything to be looked at, with the similarity to plans of classmates (P20)."""
    found = check(content)
    same = 0 if plan is None else same_steps(plan, content)
    if same >= SAME_STEPS:
        message = f"有 {same} 章与同班另一份规划书完全相同，请用自己的话写，评审时会复核。"
        found.append(Finding(message, "plan-title", blocks=False, rule="P20"))
    return found


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text)


def same_steps(plan: Plan, content: PlanContent) -> int:
    """Return the most sections that are word for word those of one other plan of the class."""
    mine = {one.key: _plain(content.text(one.key)) for one in SECTIONS}
    mine = {key: text for key, text in mine.items() if len(text) >= LONG_ENOUGH}
    if len(mine) < SAME_STEPS:
        return 0
    rows = db.session.scalars(
        sa.select(PlanVersion.content)
        .join(Plan, sa.and_(Plan.id == PlanVersion.plan_id, Plan.version == PlanVersion.version))
        .where(Plan.scope_id == plan.scope_id, Plan.id != plan.id)
    )
    most = 0
    for text in rows:
        other = json.loads(text).get("sections", {})
        most = max(most, sum(_plain(other.get(key, "")) == value for key, value in mine.items()))
    return most


@dataclass(frozen=True, slots=True)
class Change:
    """A part that differs between two versions: pieces of text, "-" gone, "+" new, " " the same."""

    title: str
    before: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...]


def _lines(content: PlanContent) -> list[tuple[str, str]]:
    parts = [("项目名称", content.title)]
    parts += [(f"{one.number}、{one.title}", content.text(one.key)) for one in SECTIONS]
    rows = [f"{p.name}：售价 {p.price} 分，成本 {p.unit_cost} 分，销量 {list(p.quantity)}" for p in content.products]
    parts.append(("销售预测", "\n".join(rows)))
    figures = "" if content.figures is None else json.dumps(content.figures.as_json(), ensure_ascii=False, indent=0)
    parts.append(("成本、资产与资金", figures))
    parts.append(("图片和表格", "\n".join(_extras(content))))
    return parts


def _extras(content: PlanContent) -> list[str]:
    lines = []
    for section in SECTIONS:
        part = content.beside(section.key)
        lines += [f"{section.title} 图片：{one.caption or '（没有标题）'}（{one.number} 号）" for one in part.pictures]
        lines += [f"{section.title} 表格：{one.caption}\n{one.text}" for one in part.tables]
    return lines


def compare(old: PlanContent, new: PlanContent) -> list[Change]:
    """Return the parts that differ, piece by piece."""
    changes = []
    for (title, before), (_, after) in zip(_lines(old), _lines(new), strict=True):
        if before == after:
            continue
        matcher = difflib.SequenceMatcher(None, before[:6000], after[:6000], autojunk=False)
        gone, come = [], []
        for kind, a, b, c, d in matcher.get_opcodes():
            gone.append((" " if kind == "equal" else "-", before[a:b]))
            come.append((" " if kind == "equal" else "+", after[c:d]))
        changes.append(Change(title, tuple(gone), tuple(come)))
    return changes


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as the page shows it."""

    id: int
    author: str
    text: str
    version: int
    at: object
    done: bool


def comments_of(plan: Plan | None) -> dict[str, list[Comment]]:
    """Return the comments on a plan by section, oldest first."""
    found: dict[str, list[Comment]] = defaultdict(list)
    if plan is None:
        return found
    rows = db.session.execute(
        sa.select(PlanComment, Account.name)
        .join(Account, Account.id == PlanComment.author_id)
        .where(PlanComment.plan_id == plan.id)
        .order_by(PlanComment.id)
    )
    for row, name in rows:
        found[row.section].append(Comment(row.id, name, row.text, row.version, row.created_at, row.done_at is not None))
    return found


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One trainee's plan in the instructor's list."""

    id: int
    name: str
    version: int
    complete: bool
    words: int
    open_comments: int
    saved_at: object


def class_plans(actor: Actor) -> list[PlanRow]:
    """Return the plans of the instructor's class by name."""
    actor.require(Permission.CLASS_TEACH)
    rows = db.session.execute(
        sa.select(Plan, PlanVersion.words, PlanVersion.saved_at)
        .join(PlanVersion, sa.and_(PlanVersion.plan_id == Plan.id, PlanVersion.version == Plan.version))
        .where(Plan.scope_id == access.class_scope(actor))
    ).all()
    names = account_names({row[0].account_id for row in rows})
    waiting = {
        row[0]: row[1]
        for row in db.session.execute(
            sa.select(PlanComment.plan_id, sa.func.count())
            .where(PlanComment.plan_id.in_([row[0].id for row in rows]), PlanComment.done_at.is_(None))
            .group_by(PlanComment.plan_id)
        )
    }
    found = [
        PlanRow(plan.id, names[plan.account_id], plan.version, plan.complete, count, waiting.get(plan.id, 0), saved_at)
        for plan, count, saved_at in rows
    ]
    return sorted(found, key=lambda one: one.name)


def class_plan(actor: Actor, plan_id: int) -> tuple[Plan, PlanContent, str]:
    """Return a plan of the instructor's class, its content and the author's name. Raises NotFound."""
    actor.require(Permission.CLASS_TEACH)
    plan = db.session.get(Plan, plan_id) if 0 < plan_id < 2**31 else None
    if plan is None or plan.scope_id != actor.scope_id or plan.version == 0:
        raise NotFound
    content = plans.content_of(access.plan_version(plan.id, plan.version))
    return plan, content, account_names({plan.account_id})[plan.account_id]


def add_comment(actor: Actor, plan_id: int, section: str, text: str) -> int:
    """Comment on a section of a plan of the own class; return the comment's id."""
    plan, _, _ = class_plan(actor, plan_id)
    if section not in {one.key for one in SECTIONS}:
        raise InvalidInput("请选择要批注的章节。", field="section")
    if not 2 <= words(text) <= MOST_COMMENT:
        raise InvalidInput(f"批注应有 2 到 {MOST_COMMENT} 字。", field="text")
    row = PlanComment(
        plan_id=plan.id,
        version=plan.version,
        section=section,
        author_id=actor.person(),
        text=text,
        created_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    audit.record(actor, "plan.commented", f"plan:{plan.id}", {"section": section}, scope_id=plan.scope_id)
    return row.id


def finish_comment(actor: Actor, comment_id: int) -> None:
    """Mark a comment on the own plan as dealt with. Raises NotFound for anybody else's."""
    actor.require(Permission.GRADING_PLAN_WRITE)
    plan = access.own_plan(actor)
    changed = db.session.execute(
        sa.update(PlanComment)
        .where(
            PlanComment.id == min(comment_id, 2**31 - 1),
            PlanComment.plan_id == (plan.id if plan else 0),
            PlanComment.done_at.is_(None),
        )
        .values(done_at=clock.now())
    )
    if matched(changed) != 1:
        raise NotFound


@dataclass(frozen=True, slots=True)
class Previous:
    """A plan that the trainee wrote in another class."""

    plan_id: int
    version: int
    title: str
    class_name: str


def previous_plan(actor: Actor) -> Previous | None:
    """Return the latest plan of the same person in another class, or None."""
    actor.require(Permission.GRADING_PLAN_WRITE)
    row = db.session.execute(
        sa.select(Plan, Scope.name)
        .join(Scope, Scope.id == Plan.scope_id)
        .where(Plan.account_id == actor.person(), Plan.scope_id != access.class_scope(actor), Plan.version > 0)
        .order_by(Plan.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    content = plans.content_of(access.plan_version(row[0].id, row[0].version))
    return Previous(row[0].id, row[0].version, content.title, row[1])


def import_previous(actor: Actor) -> int:
    """Take the previous plan over as the first version here; return the version. Raises NotFound, Conflict."""
    found = previous_plan(actor)
    if found is None:
        raise NotFound
    content = plans.content_of(access.plan_version(found.plan_id, found.version))
    return plans.save_plan(actor, content, 0)


def restore(actor: Actor, version: int, base: int) -> int:
    """Make an older version the newest one again; return its new number. Raises NotFound, Conflict."""
    _, content = plans.read_version(actor, version)
    return plans.save_plan(actor, content, base)


def verify(sha256: str) -> tuple[PlanVersion, bool] | None:
    """Return the version with this content hash and whether it was marked complete; None when there is none."""
    row = db.session.execute(
        sa.select(PlanVersion, Plan)
        .join(Plan, Plan.id == PlanVersion.plan_id)
        .where(PlanVersion.content_hash == sha256)
        .order_by(PlanVersion.id)
        .limit(1)
    ).first()
    return None if row is None else (row[0], row[1].complete_version == row[0].version)
