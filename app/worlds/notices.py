"""Announcements (公告) and the freeze (冻结) of a world: what the instructor tells all and when nothing may change."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from app.core import audit, idempotency
from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.permissions import Role
from app.worlds import clock
from app.worlds.clock import lock_controlled
from app.worlds.models import Announcement, World

FROZEN_ROOMS = frozenset({"mall", "seller", "supply", "live"})  # blueprints in which trainees trade
_FROZEN = sa.select(World.id).where(World.id.in_(sa.bindparam("worlds", expanding=True)), World.frozen)
FROZEN = "讲师冻结了模拟市场，现在只能查看，恢复后再继续。"


def announcements(world_id: int, limit: int = 20) -> list[Announcement]:
    """Return the announcements that stand, newest first."""
    query = sa.select(Announcement).where(Announcement.world_id == world_id, Announcement.withdrawn_wall_at.is_(None))
    return list(db.session.scalars(query.order_by(Announcement.id.desc()).limit(limit)))


def announce(actor: Actor, world_id: int, title: str, text: str, key: str) -> int:
    """Tell everybody in the world something; return the announcement's id."""
    world = lock_controlled(actor, world_id)
    title, text = title.strip(), text.strip()
    if not 2 <= len(title) <= 40:
        raise InvalidInput("公告标题应为 2 到 40 个字。", field="title")
    if not 2 <= len(text) <= 500:
        raise InvalidInput("公告内容应为 2 到 500 个字。", field="text")

    def carry_out() -> int:
        row = Announcement(world_id=world.id, title=title, text=text, account_id=actor.person(), wall_at=wall.now())
        db.session.add(row)
        db.session.flush()
        facts = {"title": title, "text": text}
        audit.record(actor, "world.announced", f"world:{world.id}", facts, scope_id=world.scope_id)
        return row.id

    return int(idempotency.once(actor, key, "world.announce", [world_id, title, text], carry_out))


def withdraw_announcement(actor: Actor, world_id: int, announcement_id: int) -> None:
    """Take an announcement back. Raises NotFound for another world's or one taken back before."""
    world = lock_controlled(actor, world_id)
    row = db.session.scalars(
        sa.select(Announcement).where(
            Announcement.id == announcement_id,
            Announcement.world_id == world.id,
            Announcement.withdrawn_wall_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    row.withdrawn_wall_at = wall.now()
    audit.record(
        actor, "world.announcement_withdrawn", f"world:{world.id}", {"title": row.title}, scope_id=world.scope_id
    )


def freeze(actor: Actor, world_id: int, *, frozen: bool) -> World:
    """Stop all trade of the trainees and the clock, or let both go on."""
    world = lock_controlled(actor, world_id)
    if world.frozen == frozen:
        return world
    if frozen:
        clock.pause(actor, world_id)
    world.frozen = frozen
    if not frozen:
        clock.resume(actor, world_id)
    action = "world.frozen" if frozen else "world.unfrozen"
    audit.record(actor, action, f"world:{world.id}", {}, scope_id=world.scope_id)
    return world


def refuse_frozen(actor: Actor, method: str, blueprint: str | None) -> None:
    """Raise Refused when a trainee of a frozen world sends something in a room of trade."""
    if method in {"GET", "HEAD", "OPTIONS"} or blueprint not in FROZEN_ROOMS:
        return
    refuse_change(actor)


def refuse_change(actor: Actor) -> None:
    """Raise Refused (code frozen) when a trainee may change nothing now, whatever way the change comes in."""
    if actor.role is Role.TRAINEE and actor.world_id is not None:
        refuse_in_world(actor.world_id)


def frozen_for(actors: Collection[Actor]) -> set[Actor]:
    """Return those of these people who may change nothing now; one query for all."""
    traders = {actor: actor.world_id for actor in actors if actor.role is Role.TRAINEE and actor.world_id is not None}
    worlds = sorted(set(traders.values()))
    frozen = set(db.session.scalars(_FROZEN, {"worlds": worlds})) if worlds else set()
    return {actor for actor, world_id in traders.items() if world_id in frozen}


def refuse_in_world(world_id: int) -> None:
    """Raise Refused (code frozen) while the world is frozen."""
    if db.session.scalar(sa.select(World.frozen).where(World.id == world_id)):
        raise Refused(FROZEN, code="frozen")
