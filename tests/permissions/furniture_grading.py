"""Furniture of grading: an appeal and a coaching of the class's first trainee."""

from __future__ import annotations

import sqlalchemy as sa

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from grading.domain.flows import AppealState
from grading.models.outcome import Appeal, Coaching, Outcome
from grading.models.plan import Plan, PlanComment


def furnish(owner: Actor, teacher: Actor) -> dict[str, dict[str, object]]:
    """Make the rows; return the ids by endpoint."""
    now = clock.now()
    with unit_of_work():
        outcome = db.session.scalars(sa.select(Outcome).where(Outcome.account_id == owner.person())).one()
        appeal = Appeal(
            outcome_id=outcome.id,
            account_id=owner.person(),
            scope_id=outcome.scope_id,
            state=AppealState.FILED,
            reasons="{}",
            filed_at=now,
        )
        talk = Coaching(
            outcome_id=outcome.id,
            account_id=owner.person(),
            instructor_id=teacher.person(),
            held_on=now.date(),
            form="face",
            minutes=30,
            content="一起看了店铺数据。",
            created_at=now,
        )
        plan = db.session.scalars(sa.select(Plan).where(Plan.account_id == owner.person())).one()
        comment = PlanComment(
            plan_id=plan.id,
            version=plan.version,
            section="market",
            author_id=teacher.person(),
            text="请写出依据。",
            created_at=now,
        )
        db.session.add_all([appeal, talk, comment])
        db.session.flush()
        return {
            "grading.answer_appeal": {"appeal_id": appeal.id},
            "grading.confirm_coaching": {"coaching_id": talk.id},
            "grading.finish_comment": {"comment_id": comment.id},
            "grading.class_plan": {"plan_id": plan.id},
            "grading.comment_plan": {"plan_id": plan.id},
            "grading.restore_plan": {"version": 1},
            "grading.verify_plan": {"sha256": "0" * 64},
            "grading.verify_protocol": {"sha256": "0" * 64},
        }
