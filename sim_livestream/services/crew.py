"""Who helps the host (场控、运营), who follows the shop, and to whom a room is opened."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.models import Scope
from app.accounts.scopes import ancestors
from app.core import audit
from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import add_missing, db
from app.core.errors import InvalidInput, NotFound, Refused
from app.worlds.api import scope_of_world
from app.worlds.clock import get_world
from sim_livestream import access, mall_client
from sim_livestream.models.people import ActionKind, LiveAction, LiveFollow
from sim_livestream.models.rooms import CrewRole, LiveCrew, LiveOpening, LiveRoom

MOST_CREW = 10
CREW_NAMES = {CrewRole.ASSISTANT: "场控", CrewRole.OPERATOR: "运营"}


@dataclass(frozen=True, slots=True)
class Place:
    """A class or an institution that a room can be opened to."""

    scope_id: int
    name: str


def colleagues(actor: Actor, number: int) -> list[tuple[int, str]]:
    """Return who may be taken into the crew: who works in the shop, without the host and the crew."""
    room = access.get_host_room(actor, number)
    taken = {member.account_id for member in crew_of(room.id)} | {room.host_id}
    people = mall_client.colleagues(room.world_id, room.shop_id)
    return [(one.account_id, one.name) for one in people if one.account_id not in taken]


def crew_of(room_id: int) -> list[LiveCrew]:
    """Return the crew of a room."""
    return list(db.session.scalars(sa.select(LiveCrew).where(LiveCrew.room_id == room_id).order_by(LiveCrew.id)))


def add_member(actor: Actor, number: int, account_id: int, role: CrewRole) -> None:
    """Take a member of the shop into the crew, or give another role. Raises InvalidInput for others."""
    room = access.lock(access.get_host_room(actor, number))
    crew = crew_of(room.id)
    member = next((one for one in crew if one.account_id == account_id), None)
    if member is not None:
        member.role = role
    else:
        name = dict(colleagues(actor, number)).get(account_id)
        if name is None:
            raise InvalidInput("请从店铺成员里选择；先在“店铺成员”里邀请同学。", field="account")
        if len(crew) >= MOST_CREW:
            raise Refused(f"一个直播间最多 {MOST_CREW} 名助手。")
        db.session.add(LiveCrew(world_id=room.world_id, room_id=room.id, account_id=account_id, name=name, role=role))
    db.session.flush()
    _record(actor, room, "live_crew.added", {"account": account_id, "role": str(role)})


def drop_member(actor: Actor, number: int, account_id: int) -> None:
    """Take somebody out of the crew. Raises NotFound."""
    room = access.lock(access.get_host_room(actor, number))
    member = next((one for one in crew_of(room.id) if one.account_id == account_id), None)
    if member is None:
        raise NotFound("这个人不在助手名单里。")
    db.session.delete(member)
    db.session.flush()
    _record(actor, room, "live_crew.dropped", {"account": account_id})


def follow(actor: Actor, number: int) -> None:
    """Follow the shop of the room (关注); again changes nothing."""
    standing = access.stand(actor, number)
    room = access.get_room(actor, number)
    if access.hosts(actor, room):
        raise Refused("这是你自己的店铺，不用关注。")
    row = {"world_id": room.world_id, "shop_id": room.shop_id, "account_id": actor.person(), "wall_at": wall.now()}
    if add_missing(LiveFollow, **row) and standing.state in access.GUESTS:
        db.session.add(
            LiveAction(
                world_id=room.world_id,
                room_id=room.id,
                account_id=actor.person(),
                kind=ActionKind.FOLLOW,
                at=room.started_at or room.created_at,
                wall_at=wall.now(),
            )
        )
        db.session.flush()


def follows(actor: Actor, room: LiveRoom) -> bool:
    """Say whether the actor follows the shop of the room."""
    found = db.session.scalar(
        sa.select(LiveFollow.id).where(LiveFollow.shop_id == room.shop_id, LiveFollow.account_id == actor.account_id)
    )
    return found is not None


def places(actor: Actor, number: int) -> list[Place]:
    """Return where an instructor may open a room to: the institution, and its other classes."""
    room = access.get_taught_room(actor, number)
    own = get_world(room.world_id).scope_id
    above = ancestors(own)[1:2]
    if not above:
        return []
    scopes = db.session.scalars(
        sa.select(Scope)
        .where(sa.or_(Scope.id == above[0], Scope.parent_id == above[0]), Scope.id != own)
        .order_by(Scope.id)
        .limit(200)
    )
    taken = {opening.scope_id for opening in openings(room.id)}
    return [Place(scope.id, scope.name) for scope in scopes if scope.id not in taken]


def openings(room_id: int) -> list[LiveOpening]:
    """Return to whom a room is opened."""
    return list(
        db.session.scalars(sa.select(LiveOpening).where(LiveOpening.room_id == room_id).order_by(LiveOpening.id))
    )


def open_to(actor: Actor, number: int, scope_id: int) -> None:
    """Open a room to another class or to the institution; its people may watch and write, and buy nothing."""
    room = access.lock(access.get_taught_room(actor, number))
    place = next((one for one in places(actor, number) if one.scope_id == scope_id), None)
    if place is None:
        raise InvalidInput("只能开放给本机构或本机构的其他班级。", field="scope")
    db.session.add(LiveOpening(world_id=room.world_id, room_id=room.id, scope_id=scope_id, scope_name=place.name))
    db.session.flush()
    _record(actor, room, "live_room.opened_to", {"scope": scope_id})


def close_to(actor: Actor, number: int, scope_id: int) -> None:
    """Close a room again to a class or institution. Raises NotFound."""
    room = access.lock(access.get_taught_room(actor, number))
    opening = next((one for one in openings(room.id) if one.scope_id == scope_id), None)
    if opening is None:
        raise NotFound("直播间没有开放给这个班级或机构。")
    db.session.delete(opening)
    db.session.flush()
    _record(actor, room, "live_room.closed_to", {"scope": scope_id})


def _record(actor: Actor, room: LiveRoom, action: str, data: dict[str, object]) -> None:
    audit.record(actor, action, f"live_room:{room.number}", data, scope_id=scope_of_world(room.world_id))
