"""The nightly audit of the books (账本夜间核对): ``flask ledger prove`` by itself, its answer kept in the audit."""

from __future__ import annotations

import sqlalchemy as sa
import structlog

from app.core import audit, clock
from app.core.actor import system
from app.core.db import db
from app.core.uow import unit_of_work
from app.ledger.book import prove
from app.worlds.models import World

LOOK_SECONDS = 3_600.0
HOUR = 3  # of the night, Shanghai time
PROVED, WRONG = "ledger.proved", "ledger.found_wrong"

log = structlog.get_logger(__name__)


def look() -> int:
    """Prove every world's books if it is the hour of the night; return how many worlds were looked at."""
    if clock.local(clock.now()).hour != HOUR:
        return 0
    worlds = db.session.scalars(sa.select(World.id).order_by(World.id)).all()
    wrong = [world_id for world_id in worlds if not prove(world_id).sound]
    if wrong:
        log.error("books_do_not_agree", worlds=wrong)
    with unit_of_work():
        facts = {"worlds": len(worlds), "wrong": wrong}
        audit.record(system(), WRONG if wrong else PROVED, "", facts, scope_id=audit.PLATFORM_SCOPE)
    return len(worlds)
