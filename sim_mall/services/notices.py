"""Messages of the mall to people (消息), and the audit rows of a world."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.worlds.api import scope_of_world
from app.worlds.clock import sim_now
from sim_mall.domain.shop_roles import POWERS, MemberState, ShopPower
from sim_mall.models.members import ShopMember
from sim_mall.models.shops import Shop
from sim_mall.models.trade import Notice


def note(actor: Actor, world_id: int, action: str, target: str, data: Mapping[str, Any] | None = None) -> None:
    """Record a fact in the audit chain of the world's class."""
    audit.record(actor, action, target, data, scope_id=scope_of_world(world_id))


def notify(world_id: int, account_id: int, kind: str, title: str, text: str, path: str) -> None:
    """Write a message to one person inside the open unit of work. kind: order | after_sale | shop | goods."""
    db.session.add(
        Notice(
            world_id=world_id,
            account_id=account_id,
            kind=kind,
            title=title,
            text=text[:200],
            path=path,
            at=sim_now(world_id),
        )
    )


def notify_shop(world_id: int, shop_id: int, power: ShopPower, kind: str, title: str, text: str, path: str) -> None:
    """Write a message to everybody who runs the shop with this power: the owner and the members whose work it is."""
    owner = db.session.scalars(sa.select(Shop.owner_id).where(Shop.id == shop_id)).one()
    members = db.session.execute(
        sa.select(ShopMember.account_id, ShopMember.role)
        .where(ShopMember.shop_id == shop_id, ShopMember.state == MemberState.ACTIVE)
        .order_by(ShopMember.id)
    ).all()
    for account_id in [owner, *(row.account_id for row in members if power in POWERS[row.role])]:
        notify(world_id, account_id, kind, title, text, path)


def own_notices(actor: Actor, kind: str = "") -> sa.Select[Notice]:
    """Return the query of the actor's messages, newest first."""
    query = sa.select(Notice).where(Notice.world_id == actor.world(), Notice.account_id == actor.person())
    if kind:
        query = query.where(Notice.kind == kind)
    return query.order_by(Notice.id.desc())


def unread(actor: Actor) -> int:
    """Return how many messages the actor has not read."""
    if actor.world_id is None or actor.account_id is None:
        return 0
    return (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(Notice)
            .where(
                Notice.world_id == actor.world_id,
                Notice.account_id == actor.account_id,
                Notice.read_wall_at.is_(None),
            )
        )
        or 0
    )


def unread_by_kind(actor: Actor) -> dict[str, int]:
    """Return how many unread messages the actor has of each kind; one query."""
    query = sa.select(Notice.kind, sa.func.count()).where(
        Notice.world_id == actor.world(), Notice.account_id == actor.person(), Notice.read_wall_at.is_(None)
    )
    return {row[0]: int(row[1]) for row in db.session.execute(query.group_by(Notice.kind))}


def newest_by_kind(actor: Actor) -> dict[str, Notice]:
    """Return the newest message of each kind; one query."""
    own = sa.and_(Notice.world_id == actor.world(), Notice.account_id == actor.person())
    newest = sa.select(sa.func.max(Notice.id)).where(own).group_by(Notice.kind)
    return {notice.kind: notice for notice in db.session.scalars(sa.select(Notice).where(Notice.id.in_(newest)))}


def read_notice(actor: Actor, notice_id: int) -> str:
    """Mark one message as read and return the path it leads to."""
    actor.require(Permission.MALL_VIEW)
    notice = db.session.scalars(own_notices(actor).where(Notice.id == notice_id)).one_or_none()
    if notice is None:
        raise NotFound
    if notice.read_wall_at is None:
        notice.read_wall_at = clock.now()
    return notice.path


def read_all(actor: Actor, kind: str = "") -> None:
    """Mark all messages of the actor as read, or those of one kind."""
    actor.require(Permission.MALL_VIEW)
    own = [Notice.world_id == actor.world(), Notice.account_id == actor.person(), Notice.read_wall_at.is_(None)]
    if kind:
        own.append(Notice.kind == kind)
    db.session.execute(sa.update(Notice).where(*own).values(read_wall_at=clock.now()))
