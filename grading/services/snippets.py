"""Usual comments (常用评语): what an assessor wrote before for the same criterion, to be used again."""

from __future__ import annotations

import json
from collections import Counter

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Permission
from grading.domain.flows import AssignmentState
from grading.models.batch import Assignment

LOOK_BACK = 40  # completed papers
MOST = 5  # for one criterion


def usual_comments(actor: Actor) -> dict[str, list[str]]:
    """Return the actor's own comments by criterion, the most used first; nobody else's words are in it."""
    actor.require(Permission.GRADING_PAPER_MARK)
    found: dict[str, Counter[str]] = {}
    rows = db.session.scalars(
        sa.select(Assignment.entries)
        .where(Assignment.account_id == actor.person(), Assignment.state == AssignmentState.COMPLETED)
        .order_by(Assignment.id.desc())
        .limit(LOOK_BACK)
    )
    for text in rows:
        for key, entry in json.loads(text).items():
            if entry["comment"]:
                found.setdefault(key, Counter())[entry["comment"]] += 1
    return {key: [text for text, _ in counts.most_common(MOST)] for key, counts in found.items()}
