"""Writing in a room (弹幕): messages of one moment are taken in together, each by its own right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import db, table_of
from app.core.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound, Refused, TooMany
from app.core.web.forms import clean_text
from app.worlds.clock import sim_now
from sim_livestream import access
from sim_livestream.access import Ground, Marks, Standing
from sim_livestream.domain import wording
from sim_livestream.domain.pace import COMMENT_LENGTH, COMMENT_WINDOW, COMMENTS, HISTORY, Turns
from sim_livestream.domain.room_flow import ON_AIR
from sim_livestream.domain.wording import Hit
from sim_livestream.models.people import AlarmPlace, LiveComment, LiveViewer
from sim_livestream.services import speech
from sim_livestream.services.presence import register_viewers

KEY_LENGTH = 80

_comments = table_of(LiveComment)
_viewers = table_of(LiveViewer)
_SEEN = sa.select(
    LiveComment.account_id, LiveComment.key, LiveComment.id, LiveComment.text, LiveComment.held_for
).where(
    LiveComment.room_id == sa.bindparam("room"),
    LiveComment.account_id.in_(sa.bindparam("accounts", expanding=True)),
    LiveComment.key.in_(sa.bindparam("keys", expanding=True)),
)
_TURNS = (
    sa.select(LiveViewer.account_id, LiveViewer.said_wall_at_1, LiveViewer.said_wall_at_2, LiveViewer.said_wall_at_3)
    .where(
        LiveViewer.room_id == sa.bindparam("room"),
        LiveViewer.account_id.in_(sa.bindparam("accounts", expanding=True)),
    )
    .order_by(LiveViewer.account_id)
    .with_for_update()
)
_WRITE = sa.insert(_comments).returning(_comments.c.id, sort_by_parameter_order=True)
_TAKE_TURNS = (
    sa.update(_viewers)
    .where(_viewers.c.room_id == sa.bindparam("of_room"), _viewers.c.account_id == sa.bindparam("of_account"))
    .values(
        said_wall_at_1=sa.bindparam("first"),
        said_wall_at_2=sa.bindparam("second"),
        said_wall_at_3=sa.bindparam("third"),
    )
)


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody wants to say in a room. item_id: a card of the bag, from the crew alone. at: when it came in."""

    actor: Actor
    number: int
    text: str
    key: str
    item_id: int | None = None
    at: datetime = field(default_factory=wall.now)


@dataclass(frozen=True, slots=True)
class Said:
    """A message that was taken in. held: it waits for review."""

    id: int
    held: bool


@dataclass(frozen=True, slots=True)
class _Line:
    """A message that may be written. place: among those that were handed in."""

    place: int
    message: Message
    standing: Standing
    text: str
    hit: Hit | None

    @property
    def author(self) -> int:
        return self.message.actor.person()


def check_text(text: str) -> str:
    """Return the message as it is stored: one line, cleaned. Raises InvalidInput when empty or too long."""
    if len(text) > 10 * COMMENT_LENGTH:
        raise InvalidInput(f"消息最多 {COMMENT_LENGTH} 个字。", field="text")
    line = " ".join(clean_text(text).split())
    if not line:
        raise InvalidInput("请先写点什么。", field="text")
    if len(line) > COMMENT_LENGTH:
        raise InvalidInput(f"消息最多 {COMMENT_LENGTH} 个字，现在有 {len(line)} 个。", field="text")
    return line


def say(actor: Actor, number: int, text: str, key: str, *, item_id: int | None = None) -> Said:
    """Write one message inside the open unit of work; see ``say_all``. Raises what was refused."""
    [answer] = say_all([Message(actor, number, text, key, item_id)])
    if isinstance(answer, DomainError):
        raise answer
    return answer


def say_all(messages: Sequence[Message]) -> list[Said | DomainError]:
    """Write messages inside the open unit of work; return for each what it became, or why it was refused.

    A message leaves with the next tick, or waits for review when it holds a blocked word. The same key again is
    the same message. Refused: off air or while the room is quiet. Forbidden: muted. TooMany: beyond three messages
    in two seconds, or faster than slow mode allows.
    """
    answers: dict[int, Said | DomainError] = {}
    for number, places in sorted(access.places_by_room(message.number for message in messages).items()):
        ground = access.hold_ground(number)
        if ground is None:
            answers.update((place, NotFound()) for place in places)
        else:
            answers.update(_say_in(ground, [(place, messages[place]) for place in places]))
    return [answers[place] for place in range(len(messages))]


def _say_in(ground: Ground, messages: Sequence[tuple[int, Message]]) -> dict[int, Said | DomainError]:
    answers: dict[int, Said | DomainError] = {}
    marks = access.marks_of(ground, {message.actor.person() for _place, message in messages})
    lines = []
    for place, message in messages:
        try:
            lines.append(_line(ground, marks.get(message.actor.person(), Marks()), place, message))
        except DomainError as refusal:
            answers[place] = refusal
    if not lines:
        return answers
    turns = _turns(ground, lines, marks)
    seen = _seen(ground, lines)
    new: dict[tuple[int, str], _Line] = {}
    repeats = []
    for line in lines:
        mark = (line.author, line.message.key)
        if mark in seen or mark in new:
            repeats.append(line)
        elif line.standing.exempt or turns[line.author].take(line.message.at, ground.slow_seconds):
            new[mark] = line
        else:
            answers[line.place] = TooMany(_too_fast(ground.slow_seconds))
    answers.update(_write(ground, list(new.values())))
    _keep_turns(ground, turns)
    for line in repeats:
        mark = (line.author, line.message.key)
        answers[line.place] = _again(line, seen.get(mark), new.get(mark), answers)
    return answers


def _line(ground: Ground, marks: Marks, place: int, message: Message) -> _Line:
    """Return the message as it may be written. Raises when it may not."""
    standing = access.stand_on(ground, marks, message.actor)
    text = check_text(message.text)
    if not message.key or len(message.key) > KEY_LENGTH:
        raise InvalidInput("消息缺少编号，请刷新页面。", field="key")
    if standing.state not in ON_AIR:
        raise Refused("直播没有在进行，暂时不能发言。")
    if standing.muted_until is not None and standing.muted_until > message.at:
        raise Forbidden(mute_sentence(standing.muted_until, message.at))
    if ground.quiet and not standing.exempt:
        raise Refused("主播暂时关闭了发言，先看看讲解吧。")
    hit = None if standing.exempt else wording.in_message(text, ground.words.splitlines())
    return _Line(place, message, standing, text, hit)


def _turns(ground: Ground, lines: Sequence[_Line], marks: dict[int, Marks]) -> dict[int, Turns]:
    """Return when each author spoke last, their rows held; who has none yet, before the stay is written, gets one."""
    authors = {line.author: line.message.actor.name for line in lines if not line.standing.exempt}
    if not authors:
        return {}
    new = {account: name for account, name in authors.items() if account not in marks or not marks[account].known}
    register_viewers(ground.world_id, ground.id, new)
    rows = db.session.execute(_TURNS, {"room": ground.id, "accounts": sorted(authors)})
    return {account: Turns(first, second, third) for account, first, second, third in rows}


def _keep_turns(ground: Ground, turns: dict[int, Turns]) -> None:
    rows = [
        {"of_room": ground.id, "of_account": account, "first": turn.first, "second": turn.second, "third": turn.third}
        for account, turn in sorted(turns.items())
        if turn.taken
    ]
    if rows:
        db.session.execute(_TAKE_TURNS, rows)


def _seen(ground: Ground, lines: Sequence[_Line]) -> dict[tuple[int, str], sa.Row[int, str, int, str, str]]:
    """Return the messages that were written before under the same keys."""
    wanted = {
        "room": ground.id,
        "accounts": sorted({line.author for line in lines}),
        "keys": sorted({line.message.key for line in lines}),
    }
    return {(row.account_id, row.key): row for row in db.session.execute(_SEEN, wanted)}


def _write(ground: Ground, lines: Sequence[_Line]) -> dict[int, Said | DomainError]:
    if not lines:
        return {}
    sim = sim_now(ground.world_id)
    ids = db.session.scalars(
        _WRITE,
        [
            {
                "world_id": ground.world_id,
                "room_id": ground.id,
                "account_id": line.author,
                "name": line.message.actor.name,
                "role": line.standing.role,
                "text": line.text,
                "key": line.message.key,
                "item_id": line.message.item_id if line.standing.exempt else None,
                "held_for": line.hit.word[:60] if line.hit else "",
                "said_at": sim,
                "said_wall_at": line.message.at,
            }
            for line in lines
        ],
    )
    said: dict[int, Said | DomainError] = {}
    for line, comment_id in zip(lines, ids, strict=True):
        said[line.place] = Said(comment_id, line.hit is not None)
        _listen(line, comment_id)
    return said


def _listen(line: _Line, comment_id: int) -> None:
    """Note a blocked word of a viewer; what the crew says is checked by the mall."""
    actor, standing = line.message.actor, line.standing
    if line.hit is not None:
        speech.raise_alarm(
            standing.room_id, standing.world_id, actor, AlarmPlace.COMMENT, line.hit, line.text, comment_id
        )
    elif standing.exempt and standing.role != "teacher":
        room = access.get_room(actor, standing.number)
        speech.listen(actor, room, AlarmPlace.COMMENT, line.text, comment_id)


def _again(
    line: _Line,
    before: sa.Row[int, str, int, str, str] | None,
    beside: _Line | None,
    answers: dict[int, Said | DomainError],
) -> Said | DomainError:
    """Answer a key that was used before, or by another message of the same moment."""
    if before is not None and before.text == line.text:
        return Said(before.id, bool(before.held_for))
    if beside is not None and beside.text == line.text:
        return answers[beside.place]
    return Conflict("这个消息编号已经用过。", code="key_reused")


def _too_fast(slow: int) -> str:
    if slow:
        return f"慢速模式：每 {slow} 秒可以发一条，稍等一下。"
    return f"说得太快了，{COMMENT_WINDOW.seconds} 秒内最多 {COMMENTS} 条，稍等一下。"


def mute_sentence(until: datetime, now: datetime) -> str:
    """Say how long the person stays muted."""
    minutes = int((until - now).total_seconds()) // 60 + 1
    return "你已被禁言，本场不能发言。" if minutes > 24 * 60 else f"你已被禁言，约 {minutes} 分钟后可以发言。"


def recent(room_id: int, seq: int) -> list[LiveComment]:
    """Return the last messages that were told up to ``seq``, oldest first."""
    rows = db.session.scalars(
        sa.select(LiveComment)
        .where(LiveComment.room_id == room_id, LiveComment.seq <= seq, LiveComment.hidden_by.is_(None))
        .order_by(LiveComment.id.desc())
        .limit(HISTORY)
    ).all()
    return list(reversed(rows))
