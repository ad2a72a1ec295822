"""Polls (投票): one question, one answer per person, counted when the time is up."""

from __future__ import annotations

import json
from collections.abc import Sequence

import sqlalchemy as sa

from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import add_missing, db, matched
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.idempotency import once
from sim_livestream import access
from sim_livestream.domain.packet import tally
from sim_livestream.domain.room_flow import ON_AIR
from sim_livestream.models.play import GameState, LivePoll, LivePollVote
from sim_livestream.models.rooms import LiveRoom
from sim_livestream.services import journal
from sim_livestream.services.packets import check_length
from sim_livestream.services.payloads import poll_body

FEWEST, MOST = 2, 6
OPTION_LENGTH = 20


def open_poll(actor: Actor, number: int, question: str, options: Sequence[str], minutes: int, key: str) -> int:
    """Ask the room; return the poll's id. Raises InvalidInput, Refused off air."""
    room = access.get_own_room(actor, number)
    length = check_length(minutes)
    if not question:
        raise InvalidInput("请填写投票问题。", field="question")
    if len(set(options)) != len(options) or not FEWEST <= len(options) <= MOST:
        raise InvalidInput(f"请填写 {FEWEST} 到 {MOST} 个不同的选项，每行一个。", field="options")
    if any(len(option) > OPTION_LENGTH for option in options):
        raise InvalidInput(f"每个选项最多 {OPTION_LENGTH} 个字。", field="options")

    def carry_out() -> int:
        held = access.lock(room)
        if held.state not in ON_AIR:
            raise Refused("开播后才能发起投票。")
        now = wall.now()
        poll = LivePoll(
            world_id=held.world_id,
            room_id=held.id,
            question=question,
            options=json.dumps(list(options), ensure_ascii=False),
            ends_wall_at=now + length,
            given_wall_at=now,
        )
        db.session.add(poll)
        db.session.flush()
        journal.tell(held, "notice", {"kind": "poll", "poll": poll_body(poll, None)})
        return poll.id

    poll_id: int = once(actor, key, "live.open_poll", [number, question, list(options), minutes], carry_out)
    return poll_id


def vote(actor: Actor, number: int, poll_id: int, choice: int, key: str) -> bool:
    """Answer once. Raises Refused when it is over or this person has answered otherwise."""
    standing = access.stand(actor, number)

    def carry_out() -> bool:
        poll = db.session.scalars(
            sa.select(LivePoll)
            .where(LivePoll.id == poll_id, LivePoll.room_id == standing.room_id)
            .with_for_update(read=True)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if poll is None:
            raise NotFound("没有找到这个投票，请刷新。")
        if poll.status is not GameState.OPEN or poll.ends_wall_at <= wall.now():
            raise Refused("投票已经结束了。", code="over")
        if not 0 <= choice < len(json.loads(poll.options)):
            raise InvalidInput("请选择一个选项。", field="choice")
        row = {"world_id": poll.world_id, "poll_id": poll.id, "account_id": actor.person()}
        if not add_missing(LivePollVote, **row, choice=choice, wall_at=wall.now()):
            raise Refused("你已经投过票了。", code="voted")
        return True

    done: bool = once(actor, key, "live.vote", [number, poll_id, choice], carry_out)
    return done


def count(poll_id: int) -> None:
    """Close a poll inside the open unit of work and tell the room what came out."""
    room = access.lock(db.session.get_one(LiveRoom, db.session.get_one(LivePoll, poll_id).room_id))
    ended = db.session.execute(
        sa.update(LivePoll)
        .where(LivePoll.id == poll_id, LivePoll.status == GameState.OPEN)
        .values(status=GameState.OVER)
        .execution_options(synchronize_session=False)
    )
    if matched(ended) != 1:
        return
    poll = db.session.get_one(LivePoll, poll_id, populate_existing=True)
    journal.tell(room, "notice", {"kind": "poll", "poll": poll_body(poll, votes_of(poll))})


def votes_of(poll: LivePoll) -> list[int]:
    """Return how often each answer was given."""
    choices = list(db.session.scalars(sa.select(LivePollVote.choice).where(LivePollVote.poll_id == poll.id)))
    return tally(choices, len(json.loads(poll.options)))
