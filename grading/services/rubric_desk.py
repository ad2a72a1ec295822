"""Rubric templates (评分标准) edited by the pool's owner: each save is a new version; batches freeze what they took."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.accounts.scopes import ancestors
from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, Issue, Refused
from app.core.permissions import Permission
from grading.domain import rubric as rubrics
from grading.domain.canonical import canonical
from grading.models.batch import RubricTemplate, RubricVersion

MOST_TITLE, MOST_JUDGED, MOST_SOURCE = 40, 300, 100


def current_text(programme: str, scope_id: int | None) -> str:
    """Return the template in force for a pool, as canonical JSON: its own or a wider one, else the reference.

    Raises LookupError for an unknown programme.
    """
    above = ancestors(scope_id) if scope_id is not None else []
    row = _latest(programme, above)
    return rubrics.template_text(programme) if row is None else row.content


def text_and_hash(programme: str, scope_id: int | None) -> tuple[str, str]:
    """Return the template in force with its content hash. Raises Refused for an unknown programme."""
    try:
        text = current_text(programme, scope_id)
    except LookupError as error:
        raise Refused(f"没有适用于“{programme}”的评分标准，请联系管理员。") from error
    return text, rubrics.rubric_hash(text)


def frozen(programme: str, scope_id: int | None) -> RubricVersion:
    """Return the template in force as a version that a batch can freeze; the same content is stored once."""
    text, hash_ = text_and_hash(programme, scope_id)
    row = db.session.scalars(sa.select(RubricVersion).where(RubricVersion.hash == hash_)).one_or_none()
    if row is None:
        version = json.loads(text)["version"]
        row = RubricVersion(hash=hash_, programme=programme, version=version, content=text, created_at=clock.now())
        db.session.add(row)
        db.session.flush()
    return row


def _latest(programme: str, scopes: list[int]) -> RubricTemplate | None:
    for scope_id in scopes:
        row = db.session.scalars(
            sa.select(RubricTemplate)
            .where(RubricTemplate.scope_id == scope_id, RubricTemplate.programme == programme)
            .order_by(RubricTemplate.id.desc())
            .limit(1)
        ).one_or_none()
        if row is not None:
            return row
    return None


@dataclass(frozen=True, slots=True)
class RubricPage:
    """A programme's template in force and its earlier versions."""

    programme: str
    rubric: rubrics.Rubric
    hash: str
    versions: list[RubricTemplate]


def read(actor: Actor, programme: str) -> RubricPage:
    """Return the template in force for the actor's pool. Raises Refused for an unknown programme."""
    actor.require(Permission.GRADING_BATCH_MANAGE)
    text, hash_ = text_and_hash(programme, actor.scope_id)
    rows = db.session.scalars(
        sa.select(RubricTemplate)
        .where(RubricTemplate.scope_id == (actor.scope_id or 0), RubricTemplate.programme == programme)
        .order_by(RubricTemplate.id.desc())
    )
    return RubricPage(programme, rubrics.parse_rubric(json.loads(text)), hash_, list(rows))


def save(actor: Actor, programme: str, version: str, source: str, parts: Mapping[str, Mapping[str, str]]) -> str:
    """Store the next version of a template and return its content hash.

    parts: per criterion key the typed title, maximum and judged. Points sum to 100, and no criterion has less
    than its automatic points. Raises InvalidInput naming every field.
    """
    actor.require(Permission.GRADING_BATCH_MANAGE)
    page = read(actor, programme)
    value: dict[str, Any] = json.loads(current_text(programme, actor.scope_id))
    issues: list[Issue] = []
    if not 1 <= len(version) <= 20:
        issues.append(Issue("版本号应有 1 到 20 个字，例如 2027.1。", "version"))
    if version in {row.version for row in page.versions} | {page.rubric.version}:
        issues.append(Issue(f"版本号“{version}”已经用过，请换一个。", "version"))
    if not 4 <= len(source) <= MOST_SOURCE:
        issues.append(Issue(f"请写明依据的文件（4 到 {MOST_SOURCE} 字）。", "source"))
    for row, criterion in zip(value["criteria"], page.rubric.criteria, strict=True):
        _change(row, criterion, parts.get(criterion.key, {}), issues)
    total = sum(row["maximum"] for row in value["criteria"])
    if total != rubrics.FULL and not issues:
        issues.append(Issue(f"各项满分之和应是 100，现在是 {total}。", "total"))
    if issues:
        raise InvalidInput("评分标准没有保存，请修改下面的内容。", issues=issues)
    value |= {"version": version, "source": source, "label": "本地"}
    rubrics.parse_rubric(value)
    text = canonical(value)
    row = RubricTemplate(
        scope_id=actor.scope_id or 0,
        programme=programme,
        version=version,
        content=text,
        hash=rubrics.rubric_hash(text),
        edited_by=actor.account_id,
        created_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    data = {"programme": programme, "version": version, "hash": row.hash}
    audit.record(actor, "rubric.saved", f"rubric:{row.id}", data, scope_id=actor.scope_id)
    return row.hash


def _change(row: dict[str, Any], criterion: rubrics.Criterion, typed: Mapping[str, str], issues: list[Issue]) -> None:
    title, judged, text = typed.get("title", ""), typed.get("judged", ""), typed.get("maximum", "")
    key = criterion.key
    if not 2 <= len(title) <= MOST_TITLE:
        issues.append(Issue(f"第 {criterion.number} 项的名称应有 2 到 {MOST_TITLE} 字。", f"title-{key}"))
    if not 4 <= len(judged) <= MOST_JUDGED:
        issues.append(Issue(f"第 {criterion.number} 项的评判要点应有 4 到 {MOST_JUDGED} 字。", f"judged-{key}"))
    least = max(1, criterion.auto_maximum)
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and least <= int(text) <= rubrics.FULL):
        bounds = f"{least} 到 100 之间的整数（自动得分最多 {criterion.auto_maximum} 分）"
        message = f"第 {criterion.number} 项的满分应是 {bounds}。"
        issues.append(Issue(message, f"maximum-{key}"))
    else:
        row["maximum"] = int(text)
    row["title"], row["judged"] = title, judged
