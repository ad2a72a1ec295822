"""Questions that other packages ask about worlds."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.db import db
from app.worlds.models import World


def world_of_scope(scope_id: int) -> int | None:
    """Return the id of the world that belongs to exactly this scope, or None."""
    return db.session.scalar(sa.select(World.id).where(World.scope_id == scope_id))


def scope_of_world(world_id: int) -> int:
    """Return the scope of the world, for audit records."""
    return db.session.get_one(World, world_id).scope_id
