"""Reading violations (违规查询): a shop's standing, the lists of seller and instructor."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.clock import local
from app.core.db import db
from app.core.permissions import Permission
from app.ledger import book
from app.worlds.clock import sim_now
from sim_mall.domain.rules.penalties import TWELVE, year_start
from sim_mall.domain.rules.rulebook import Severity
from sim_mall.domain.rules.violation_flow import COUNTING, ViolationState
from sim_mall.models.rules import Violation
from sim_mall.models.shops import Shop
from sim_mall.services.rules import sanctions


@dataclass(frozen=True, slots=True)
class Standing:
    """How a shop stands: points (hundredths) that count this year, effects in force, deposit in fen."""

    general: int
    serious: int
    effects: tuple[sanctions.Active, ...]
    deposit: int

    @staticmethod
    def next_step(points: int) -> int:
        """Return the points, hundredths, at which the next effect comes."""
        return (points // TWELVE + 1) * TWELVE


def standing(shop: Shop) -> Standing:
    """Return how a shop stands now; four queries."""
    since = year_start(local(sim_now(shop.world_id)))
    rows = db.session.execute(
        sa.select(Violation.severity, sa.func.sum(Violation.points - Violation.returned))
        .where(Violation.shop_id == shop.id, Violation.state.in_(COUNTING), Violation.at >= since)
        .group_by(Violation.severity)
    ).all()
    points = {Severity(row[0]): int(row[1]) for row in rows}
    return Standing(
        points.get(Severity.GENERAL, 0),
        points.get(Severity.SERIOUS, 0),
        tuple(sanctions.active(shop.world_id, shop.id)),
        book.balance(shop.world_id, book.deposit(shop.id)),
    )


def of_shop(shop: Shop, state: str = "") -> sa.Select[Violation]:
    """Return the query of a shop's violations, newest first."""
    query = sa.select(Violation).where(Violation.shop_id == shop.id)
    if state in set(ViolationState):
        query = query.where(Violation.state == ViolationState(state))
    return query.order_by(Violation.id.desc())


def cases(actor: Actor, state: str = "", rule: str = "", shop_id: int | None = None) -> sa.Select[Violation]:
    """Return the query of the violations of the instructor's world, those with an appeal first."""
    actor.require(Permission.MALL_SHOP_REVIEW)
    query = sa.select(Violation).options(orm.joinedload(Violation.shop)).where(Violation.world_id == actor.world())
    if state in set(ViolationState):
        query = query.where(Violation.state == ViolationState(state))
    if rule:
        query = query.where(Violation.rule == rule)
    if shop_id is not None:
        query = query.where(Violation.shop_id == shop_id)
    return query.order_by((Violation.state != ViolationState.APPEALED), Violation.id.desc())


def case_counts(actor: Actor) -> dict[str, int]:
    """Return how many violations of the world stand where."""
    rows = db.session.execute(
        sa.select(Violation.state, sa.func.count()).where(Violation.world_id == actor.world()).group_by(Violation.state)
    ).all()
    return {str(state): count for state, count in rows}


def appeals_waiting(actor: Actor) -> int:
    """Return how many appeals wait for the instructor."""
    if actor.world_id is None:
        return 0
    query = sa.select(sa.func.count()).select_from(Violation)
    return (
        db.session.scalar(query.where(Violation.world_id == actor.world_id, Violation.state == ViolationState.APPEALED))
        or 0
    )


def unanswered(shop_id: int, world_id: int) -> int:
    """Return how many violations of a shop may still be appealed and were neither appealed nor learned from."""
    query = sa.select(sa.func.count()).select_from(Violation)
    return (
        db.session.scalar(
            query.where(
                Violation.shop_id == shop_id,
                Violation.state == ViolationState.EFFECTIVE,
                Violation.quiz_at.is_(None),
                Violation.appeal_by > sim_now(world_id),
            )
        )
        or 0
    )
