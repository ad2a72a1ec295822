"""Violations (违规): recorded with evidence, points, money from the deposit and effects; appealed, learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.clock import local
from app.core.db import db, matched
from app.core.errors import InvalidInput, Refused
from app.core.flow import fire
from app.core.permissions import Permission
from app.ledger import book
from app.worlds.clock import get_world, sim_now
from app.worlds.settings import setting
from sim_mall import access, access_service
from sim_mall.domain.rules.book import RULES
from sim_mall.domain.rules.penalties import EFFECT_NAMES, Effect, appeal_until, half_back, sanctions, year_start
from sim_mall.domain.rules.rulebook import NOTICE, Severity, points_text
from sim_mall.domain.rules.violation_flow import COUNTING, VIOLATION_FLOW, ViolationState
from sim_mall.domain.shop_flow import ShopState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.rules import ShopSanction, Violation
from sim_mall.models.shops import Shop
from sim_mall.services import funds, shop_life
from sim_mall.services.notices import note, notify_shop
from sim_mall.services.rules import sanctions as sanctions_of
from sim_mall.services.rules.checking import Strictness, strictness
from sim_mall.services.shops import system_of

MIN_APPEAL, MAX_APPEAL = 5, 500


@dataclass(frozen=True, slots=True)
class Case:
    """What happened. subject: (kind, id) such as ("listing", 7). key: the same case is recorded once.

    compensate: (buyer, fen) to be paid from the deposit as far as it reaches.
    """

    rule: str
    subject: tuple[str, int]
    summary: str
    evidence: Mapping[str, Any]
    key: str
    compensate: tuple[int, int] | None = None


def points_of(shop_id: int, severity: Severity, now: datetime) -> int:
    """Return the points of a shop that count now, hundredths: of this simulated year, less what was given back."""
    since = year_start(local(now))
    total = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(Violation.points - Violation.returned), 0)).where(
            Violation.shop_id == shop_id,
            Violation.severity == severity,
            Violation.state.in_(COUNTING),
            Violation.at >= since,
        )
    )
    return int(total or 0)


def _times_before(shop_id: int, rule: str, now: datetime) -> int:
    query = sa.select(sa.func.count()).select_from(Violation)
    return (
        db.session.scalar(
            query.where(
                Violation.shop_id == shop_id,
                Violation.rule == rule,
                Violation.state.in_(COUNTING),
                Violation.at >= year_start(local(now)),
            )
        )
        or 0
    )


def record_violation(world_id: int, shop_id: int, case: Case) -> Violation:
    """Record a violation inside the open unit of work, with all that it brings about; the same key is recorded once.

    In a world that only reminds it carries no points, no money and no effect.
    """
    actor = system_of(world_id)
    shop = access.get_shop(actor, shop_id, lock=True)
    seen = db.session.scalars(
        sa.select(Violation).where(Violation.world_id == world_id, Violation.key == case.key)
    ).one_or_none()
    if seen is not None:
        return seen
    rule, now = RULES[case.rule], sim_now(world_id)
    remind = strictness(world_id) is Strictness.REMIND
    before = points_of(shop_id, rule.severity, now)
    points = 0 if remind else rule.points_for(_times_before(shop_id, rule.id, now))
    hours = setting(get_world(world_id), "appeal_hours")
    row = Violation(
        state=ViolationState.EFFECTIVE,
        world_id=world_id,
        shop_id=shop_id,
        key=case.key,
        rule=rule.id,
        severity=rule.severity,
        points=points,
        subject_kind=case.subject[0],
        subject_id=case.subject[1],
        summary=case.summary[:200],
        evidence=dict(case.evidence),
        at=now,
        appeal_by=appeal_until(now, hours),
    )
    db.session.add(row)
    db.session.flush()
    if case.compensate is not None and not remind:
        row.fined = _compensate(row, *case.compensate)
    effects = [] if remind else _impose(row, before)
    facts = {"shop": shop_id, "rule": rule.id, "points": points, "fined": row.fined, "effects": effects}
    note(actor, world_id, "violation.recorded", f"violation:{row.id}", facts)
    _tell(shop, row, effects)
    return row


def _compensate(row: Violation, buyer_id: int, amount: int) -> int:
    """Pay the buyer from the deposit, as far as it reaches; return the fen paid."""
    memo = f"{RULES[row.rule].name}赔付买家"
    return funds.fine(row.world_id, row.shop_id, f"violation:{row.id}", amount, memo, book.wallet(buyer_id))


def _impose(row: Violation, before: int) -> list[str]:
    imposed: list[str] = []
    days = 0
    for sanction in sanctions(row.severity, before, before + row.points):
        until = None if sanction.days is None else row.at + timedelta(days=sanction.days)
        db.session.add(
            ShopSanction(
                world_id=row.world_id,
                shop_id=row.shop_id,
                violation_id=row.id,
                effect=sanction.effect,
                threshold=sanction.threshold,
                from_at=row.at,
                until_at=until,
            )
        )
        imposed.append(EFFECT_NAMES[sanction.effect])
        if sanction.effect in (Effect.RESTRICTED, Effect.CLOSED):
            days = max(days, sanction.days or shop_life.MAX_RESTRICTION)
    db.session.flush()
    if days:
        _restrict(row, days)
    return imposed


def _restrict(row: Violation, days: int) -> None:
    """Take the shop out of business; one that is restricted already, or rests, keeps to its sanction alone."""
    if row.shop.state == ShopState.OPEN:
        reason = f"{RULES[row.rule].name}，严重违规满 12 分"
        shop_life.restrict_shop(system_of(row.world_id), row.shop_id, days, reason)


def _tell(shop: Shop, row: Violation, effects: Sequence[str]) -> None:
    rule = RULES[row.rule]
    cost = f"扣 {points_text(row.points)} 分" if row.points else "提醒一次，不扣分"
    more = f"，{'、'.join(effects)}" if effects else ""
    money = f"，赔付 {row.fined / 100:.2f} 元" if row.fined else ""
    text = f"{row.summary}。{cost}{money}{more}。可申诉或做小测验。{NOTICE}。"
    path = f"/seller/rules/violations/{row.id}"
    title = f"违规：{rule.name}"
    notify_shop(shop.world_id, shop.id, ShopPower.VIOLATIONS, "shop", title, text[:200], path)


def appeal_violation(actor: Actor, violation_id: int, text: str) -> Violation:
    """Appeal to the instructor within the time for it, once. Raises InvalidInput naming the field."""
    actor.require(Permission.MALL_SELL)
    row = access_service.get_own_violation(actor, violation_id)
    text = text.strip()
    if not MIN_APPEAL <= len(text) <= MAX_APPEAL:
        raise InvalidInput(f"请写明申诉理由，{MIN_APPEAL} 到 {MAX_APPEAL} 个字。", field="text")
    now = sim_now(row.world_id)

    def guard() -> str | None:
        return None if now < row.appeal_by else "已经超过申诉时限，不能再申诉。"

    values = {"appealed_at": now, "appeal_text": text}
    fire(VIOLATION_FLOW, row, "appeal", actor, sim_at=now, guard=guard, values=values)
    note(actor, row.world_id, "violation.appealed", f"violation:{row.id}", {"text": text})
    return row


def decide_appeal(actor: Actor, violation_id: int, *, revoke: bool, text: str) -> Violation:
    """Uphold a violation or take it back; the instructor does, with a reason that the seller reads.

    One that is taken back gives back points, money and effects. An instructor may also take back one in force.
    """
    actor.require(Permission.MALL_SHOP_REVIEW)
    row = access_service.get_violation(actor, violation_id)
    text = text.strip()
    if not 2 <= len(text) <= 300:
        raise InvalidInput("请写明理由，2 到 300 个字，学员会看到。", field="text")
    now = sim_now(row.world_id)
    values = {"verdict_at": now, "verdict_text": text}
    fire(VIOLATION_FLOW, row, "revoke" if revoke else "uphold", actor, sim_at=now, values=values)
    if revoke:
        _give_back(row, now)
    note(actor, row.world_id, "violation.decided", f"violation:{row.id}", {"revoked": revoke, "text": text})
    title = "申诉成立，违规已撤销" if revoke else "申诉未通过"
    path, words = f"/seller/rules/violations/{row.id}", f"{RULES[row.rule].name}：{text}。{NOTICE}。"
    notify_shop(row.world_id, row.shop_id, ShopPower.VIOLATIONS, "shop", title, words, path)
    return row


def _give_back(row: Violation, now: datetime) -> None:
    if row.fined:
        book.post(
            row.world_id,
            f"violation-back:{row.id}",
            "violation_returned",
            {book.ISSUE: -row.fined, book.deposit(row.shop_id): row.fined},
            reference=f"violation:{row.id}",
            memo="申诉成立，平台退回保证金",
        )
    _lift_unearned(row, now)
    held = {found.effect for found in sanctions_of.active(row.world_id, row.shop_id)}
    if row.shop.state == ShopState.RESTRICTED and not held & {Effect.RESTRICTED, Effect.CLOSED}:
        shop_life.lift_restriction(system_of(row.world_id), row.shop_id)


def _lift_unearned(row: Violation, now: datetime) -> None:
    """End the effects of this account whose threshold the remaining points no longer reach."""
    left = points_of(row.shop_id, row.severity, now)
    accounts = sa.select(Violation.id).where(Violation.shop_id == row.shop_id, Violation.severity == row.severity)
    db.session.execute(
        sa.update(ShopSanction)
        .where(
            ShopSanction.shop_id == row.shop_id,
            ShopSanction.violation_id.in_(accounts),
            ShopSanction.threshold > left,
            ShopSanction.lifted_at.is_(None),
            ShopSanction.from_at >= year_start(local(now)),
        )
        .values(lifted_at=now)
        .execution_options(synchronize_session=False)
    )


def answer_quiz(actor: Actor, violation_id: int, answers: Sequence[int]) -> bool:
    """Answer the two questions of the teaching card; both right give half of the points back, once.

    Return whether both were right; wrong answers may be tried again. Raises Refused when it was passed before.
    """
    actor.require(Permission.MALL_SELL)
    row = access_service.get_own_violation(actor, violation_id)
    if row.quiz_at is not None:
        raise Refused("这条违规的小测验已经通过，分数已经返还过了。", code="quiz_done")
    if row.state == ViolationState.REVOKED:
        raise Refused("这条违规已经撤销，不需要再做测验。", code="revoked")
    questions = RULES[row.rule].quiz
    if len(answers) != len(questions):
        raise InvalidInput("请回答两道题。", field="answers")
    if any(answer != question.right for answer, question in zip(answers, questions, strict=True)):
        return False
    now, back = sim_now(row.world_id), half_back(row.points)
    changed = db.session.execute(
        sa.update(Violation)
        .where(Violation.id == row.id, Violation.quiz_at.is_(None))
        .values(quiz_at=now, returned=back)
        .execution_options(synchronize_session=False)
    )
    if matched(changed) != 1:
        raise Refused("这条违规的小测验已经通过，分数已经返还过了。", code="quiz_done")
    db.session.refresh(row)
    note(actor, row.world_id, "violation.learned", f"violation:{row.id}", {"returned": back})
    return True


def effects_of(row: Violation) -> list[ShopSanction]:
    """Return the effects that a violation brought about."""
    query = sa.select(ShopSanction).where(ShopSanction.violation_id == row.id).order_by(ShopSanction.id)
    return list(db.session.scalars(query))
