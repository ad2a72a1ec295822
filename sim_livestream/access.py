"""The only look-ups of rows by id: a row of another world, or one that the actor may not know of, is not there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.accounts.models import Account
from app.accounts.scopes import ancestors
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import DomainError, Forbidden, NotFound
from app.core.permissions import Permission
from sim_livestream.domain.room_flow import RoomState
from sim_livestream.models.people import LiveComment, LiveViewer
from sim_livestream.models.rooms import FIRST_NUMBER, CrewRole, LiveCrew, LiveOpening, LiveRoom, LiveSlide
from sim_livestream.models.selling import LiveClip, LiveItem

BANNED = "你已被移出这个直播间，不能再进入。如有疑问，请联系讲师。"
GUESTS = frozenset({RoomState.SCHEDULED, RoomState.LIVE, RoomState.PAUSED, RoomState.ENDED})


@dataclass(frozen=True, slots=True)
class Standing:
    """How one person stands to one room, read in a single query.

    role: host | assistant | operator | teacher | viewer.
    """

    room_id: int
    number: int
    world_id: int
    state: RoomState
    last_seq: int
    role: str
    muted_until: datetime | None

    @property
    def moderates(self) -> bool:
        return self.role in {"host", "assistant", "teacher"}

    @property
    def exempt(self) -> bool:
        """Say whether limits, slow mode and the off-switch do not hold for this person."""
        return self.role != "viewer"


@dataclass(frozen=True, slots=True)
class Ground:
    """What of a room decides how people stand to it, and what its messages are measured by."""

    id: int
    world_id: int
    state: RoomState
    last_seq: int
    host_id: int
    slow_seconds: int
    quiet: bool
    words: str


@dataclass(frozen=True, slots=True)
class Marks:
    """What is noted of one person in one room."""

    crew: CrewRole | None = None
    muted_until: datetime | None = None
    banned: bool = False
    known: bool = False  # has a row among the room's viewers


_GROUND = sa.select(
    LiveRoom.id,
    LiveRoom.world_id,
    LiveRoom.state,
    LiveRoom.last_seq,
    LiveRoom.host_id,
    LiveRoom.slow_seconds,
    LiveRoom.quiet,
    LiveRoom.words,
).where(LiveRoom.id == sa.bindparam("room"))
_LAST_SEQ = sa.select(LiveRoom.last_seq).where(LiveRoom.id == sa.bindparam("room"))
_CREW_OF = sa.and_(LiveCrew.room_id == sa.bindparam("room"), LiveCrew.account_id == Account.id)
_VIEWER_OF = sa.and_(LiveViewer.room_id == sa.bindparam("room"), LiveViewer.account_id == Account.id)
_MARKS = (
    sa.select(Account.id, LiveCrew.role, LiveViewer.muted_until_wall_at, LiveViewer.banned_wall_at, LiveViewer.id)
    .outerjoin(LiveCrew, _CREW_OF)
    .outerjoin(LiveViewer, _VIEWER_OF)
    .where(Account.id.in_(sa.bindparam("accounts", expanding=True)))
)
_STANDING = (
    _GROUND.add_columns(LiveCrew.role, LiveViewer.muted_until_wall_at, LiveViewer.banned_wall_at)
    .outerjoin(LiveCrew, sa.and_(LiveCrew.room_id == LiveRoom.id, LiveCrew.account_id == sa.bindparam("account")))
    .outerjoin(LiveViewer, sa.and_(LiveViewer.room_id == LiveRoom.id, LiveViewer.account_id == sa.bindparam("account")))
)
_HOLD_GROUND = _GROUND.with_for_update(read=True, key_share=True)


def stand(actor: Actor, number: int) -> Standing:
    """Return how the actor stands to a room.

    Raises NotFound for a room of another world that was not opened to the actor, and for a draft of somebody
    else; Forbidden for whom the crew has banned.
    """
    actor.require(Permission.LIVE_ROOM_VIEW)
    row = db.session.execute(_STANDING, {"room": number - FIRST_NUMBER, "account": actor.account_id}).one_or_none()
    if row is None:
        raise NotFound
    *ground, crew, muted, banned = row
    return stand_on(Ground(*ground), Marks(crew, muted, banned is not None), actor)


def stand_on(ground: Ground, marks: Marks, actor: Actor) -> Standing:
    """Return how the actor stands to a room that was read before. Raises as ``stand``."""
    actor.require(Permission.LIVE_ROOM_VIEW)
    own = actor.world_id == ground.world_id
    if not own and not (ground.state in GUESTS and _opened(ground.id, actor)):
        raise NotFound
    role = _role(actor, own=own, hosts=ground.host_id == actor.account_id, crew=marks.crew)
    if ground.state is RoomState.DRAFT and role == "viewer":
        raise NotFound
    if marks.banned and role == "viewer":
        raise Forbidden(BANNED)
    return Standing(
        ground.id, FIRST_NUMBER + ground.id, ground.world_id, ground.state, ground.last_seq, role, marks.muted_until
    )


def last_seq(room_id: int) -> int:
    """Return the seq of the room's last event."""
    return db.session.execute(_LAST_SEQ, {"room": room_id}).scalar_one()


def places_by_room(numbers: Iterable[int]) -> dict[int, list[int]]:
    """Return at which places each room number stands, for work that is done room by room."""
    found: dict[int, list[int]] = {}
    for place, number in enumerate(numbers):
        found.setdefault(number, []).append(place)
    return found


def stand_all(people: Sequence[tuple[Actor, int]]) -> list[Standing | DomainError]:
    """Return for each actor and room number how they stand, or why they may not come in; two queries a room."""
    answers: dict[int, Standing | DomainError] = {}
    for number, places in places_by_room(number for _actor, number in people).items():
        row = db.session.execute(_GROUND, {"room": number - FIRST_NUMBER}).one_or_none()
        ground = None if row is None else Ground(*row)
        marks = {} if ground is None else marks_of(ground, {people[place][0].person() for place in places})
        for place in places:
            try:
                answers[place] = _stand_found(ground, marks, people[place][0])
            except DomainError as refusal:
                answers[place] = refusal
    return [answers[place] for place in range(len(people))]


def _stand_found(ground: Ground | None, marks: dict[int, Marks], actor: Actor) -> Standing:
    if ground is None:
        raise NotFound
    return stand_on(ground, marks.get(actor.person(), Marks()), actor)


def hold_ground(number: int) -> Ground | None:
    """Return the room inside the open unit of work; who moderates it waits, or was waited for. None: no such room."""
    row = db.session.execute(_HOLD_GROUND, {"room": number - FIRST_NUMBER}).one_or_none()
    return None if row is None else Ground(*row)


def marks_of(ground: Ground, account_ids: Collection[int]) -> dict[int, Marks]:
    """Return what is noted of these people in the room; one query."""
    rows = db.session.execute(_MARKS, {"room": ground.id, "accounts": sorted(account_ids)})
    return {
        account: Marks(crew, muted, banned is not None, row is not None) for account, crew, muted, banned, row in rows
    }


def _role(actor: Actor, *, own: bool, hosts: bool, crew: CrewRole | None) -> str:
    if own and actor.may(Permission.LIVE_ROOM_HOST):
        if hosts:
            return "host"
        if crew is not None:
            return str(crew)
    return "teacher" if own and actor.may(Permission.LIVE_ROOM_MODERATE) else "viewer"


def _opened(room_id: int, actor: Actor) -> bool:
    """Say whether an instructor has opened the room to a class or an institution of the actor."""
    if actor.scope_id is None:
        return False
    scopes = db.session.scalars(sa.select(LiveOpening.scope_id).where(LiveOpening.room_id == room_id)).all()
    return bool(scopes) and not set(scopes).isdisjoint(ancestors(actor.scope_id))


def hosts(actor: Actor, room: LiveRoom) -> bool:
    """Say whether the actor runs this room."""
    return actor.may(Permission.LIVE_ROOM_HOST) and actor.account_id == room.host_id and actor.world_id == room.world_id


def get_room(actor: Actor, number: int) -> LiveRoom:
    """Return a room that the actor may watch, by its number. Raises as ``stand``."""
    return _row(stand(actor, number).room_id)


def _row(room_id: int) -> LiveRoom:
    return db.session.get_one(LiveRoom, room_id, populate_existing=True)


def _for(actor: Actor, number: int, roles: frozenset[str], permission: Permission | None = None) -> LiveRoom:
    if permission is not None:
        actor.require(permission)
    standing = stand(actor, number)
    if standing.role not in roles:
        raise NotFound
    return _row(standing.room_id)


def get_host_room(actor: Actor, number: int) -> LiveRoom:
    """Return a room that the actor hosts. Raises NotFound for anybody else's."""
    return _for(actor, number, frozenset({"host"}), Permission.LIVE_ROOM_HOST)


def get_own_room(actor: Actor, number: int) -> LiveRoom:
    """Return a room of whose crew the actor is: host, assistant or operator. Raises NotFound otherwise."""
    return _for(actor, number, frozenset({"host", "assistant", "operator"}), Permission.LIVE_ROOM_HOST)


def get_run_room(actor: Actor, number: int) -> LiveRoom:
    """Return a room whose goods and games the actor runs: host or operator. Raises NotFound otherwise."""
    return _for(actor, number, frozenset({"host", "operator"}), Permission.LIVE_ROOM_HOST)


def get_kept_room(actor: Actor, number: int) -> LiveRoom:
    """Return a room in which the actor keeps order: host, assistant, or an instructor. Raises NotFound otherwise."""
    return _for(actor, number, frozenset({"host", "assistant", "teacher"}))


def get_led_room(actor: Actor, number: int) -> LiveRoom:
    """Return a room that the actor may end: its host, or an instructor. Raises NotFound otherwise."""
    return _for(actor, number, frozenset({"host", "teacher"}))


def get_seen_room(actor: Actor, number: int) -> LiveRoom:
    """Return a room whose figures the actor may see: the crew and instructors. Raises NotFound otherwise."""
    return _for(actor, number, frozenset({"host", "assistant", "operator", "teacher"}))


def get_taught_room(actor: Actor, number: int) -> LiveRoom:
    """Return a room of the class that the actor teaches. Raises NotFound otherwise."""
    return _for(actor, number, frozenset({"teacher"}), Permission.LIVE_ROOM_MODERATE)


def lock(room: LiveRoom, *, shared: bool = False) -> LiveRoom:
    """Hold the room's row for the rest of the unit of work, as it is now; shared: beside other readers."""
    query = sa.select(LiveRoom).where(LiveRoom.id == room.id).with_for_update(read=shared)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def get_item(room: LiveRoom, item_id: int) -> LiveItem:
    """Return an item of the room's bag with its prices. Raises NotFound."""
    item = db.session.scalars(
        sa.select(LiveItem)
        .options(orm.selectinload(LiveItem.prices))
        .where(LiveItem.id == item_id, LiveItem.room_id == room.id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if item is None:
        raise NotFound("这件商品已不在小黄车里，请刷新。")
    return item


def has_item(room_id: int, item_id: int) -> bool:
    """Say whether the item is in the room's bag."""
    found = db.session.scalar(sa.select(LiveItem.id).where(LiveItem.id == item_id, LiveItem.room_id == room_id))
    return found is not None


def get_slide(room: LiveRoom, slide_id: int) -> LiveSlide:
    """Return a slide of the room. Raises NotFound."""
    slide = db.session.get(LiveSlide, slide_id)
    if slide is None or slide.room_id != room.id:
        raise NotFound("这一页画面已删除，请刷新。")
    return slide


def get_comment(room: LiveRoom, comment_id: int) -> LiveComment:
    """Return a message of the room. Raises NotFound."""
    comment = db.session.get(LiveComment, comment_id)
    if comment is None or comment.room_id != room.id:
        raise NotFound("没有找到这条消息。")
    return comment


def open_clip(room_id: int) -> LiveClip | None:
    """Return the running explanation of the room, or None."""
    return db.session.scalars(
        sa.select(LiveClip).where(LiveClip.room_id == room_id, LiveClip.ended_wall_at.is_(None))
    ).one_or_none()


def bag(room_id: int) -> list[LiveItem]:
    """Return the items of the bag in their order, with prices."""
    return list(
        db.session.scalars(
            sa.select(LiveItem)
            .options(orm.selectinload(LiveItem.prices))
            .where(LiveItem.room_id == room_id)
            .order_by(LiveItem.position, LiveItem.id)
        )
    )


def slides(room_id: int) -> list[LiveSlide]:
    """Return the slides in their order."""
    return list(
        db.session.scalars(
            sa.select(LiveSlide).where(LiveSlide.room_id == room_id).order_by(LiveSlide.position, LiveSlide.id)
        )
    )


def clips_of(item_id: int) -> list[LiveClip]:
    """Return the explanations of an item, oldest first."""
    return list(db.session.scalars(sa.select(LiveClip).where(LiveClip.item_id == item_id).order_by(LiveClip.id)))
