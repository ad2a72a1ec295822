"""Lifted conflicts (解除回避): what the pool's owner overrode with a written reason, told in every report (case 2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.accounts.models import Account
from app.core.db import db
from grading import access
from grading.models.batch import Assignment, Batch, Paper
from grading.models.pool import Relation


@dataclass(frozen=True, slots=True)
class Lifted:
    """An assessor who marks although a rule would keep them away, and why."""

    name: str
    reason: str
    at: datetime


def lifted_in(batch: Batch) -> list[Lifted]:
    """Return the lifted conflicts of everybody who holds or held a paper of the batch, oldest first."""
    held = sa.select(Assignment.account_id).join(Paper, Paper.id == Assignment.paper_id)
    rows = db.session.execute(
        sa.select(Account.name, Relation.reason, Relation.declared_at)
        .join(Relation, Relation.account_id == Account.id)
        .where(
            Relation.scope_id.in_(access.batch_classes(batch.id)),
            Relation.pin == "none",
            Relation.ended_at.is_(None),
            Relation.account_id.in_(held.where(Paper.batch_id == batch.id)),
        )
        .order_by(Relation.id)
    )
    return [Lifted(*row) for row in rows]
