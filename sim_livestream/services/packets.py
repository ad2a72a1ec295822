"""Red packets (红包): the host's own virtual money, split exactly, one piece per person, leftovers back."""

from __future__ import annotations

import json
from datetime import timedelta

import sqlalchemy as sa

from app.core import audit
from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.idempotency import once
from app.ledger import book
from app.worlds.api import scope_of_world
from app.worlds.chance import Chance
from app.worlds.clock import get_world
from sim_livestream import access
from sim_livestream.domain.packet import LENGTHS, MOST_PIECES, MOST_TOTAL, split
from sim_livestream.domain.room_flow import RoomState
from sim_livestream.models.play import GameState, LivePacket, LivePacketClaim
from sim_livestream.models.rooms import LiveRoom
from sim_livestream.services import journal
from sim_livestream.services.payloads import packet_body


def check_length(minutes: int) -> timedelta:
    """Return how long a game runs. Raises InvalidInput for another length."""
    if minutes not in LENGTHS:
        raise InvalidInput("请选择活动时长。", field="minutes")
    return timedelta(minutes=minutes)


def give(actor: Actor, number: int, *, total: int, pieces: int, words: str, minutes: int, key: str) -> int:
    """Give a red packet of ``total`` fen in ``pieces`` out of the host's wallet; return its id.

    Raises Refused off air or without money, InvalidInput out of bounds.
    """
    room = access.get_host_room(actor, number)
    length = check_length(minutes)
    if not 1 <= pieces <= MOST_PIECES:
        raise InvalidInput(f"红包个数应在 1 到 {MOST_PIECES} 之间。", field="pieces")
    if not pieces <= total <= MOST_TOTAL:
        raise InvalidInput(f"红包总额每个至少 1 分钱，最多 {MOST_TOTAL // 100} 元。", field="total")

    def carry_out() -> int:
        held = access.lock(room)
        if held.state is not RoomState.LIVE:
            raise Refused("开播后才能发红包。")
        now = wall.now()
        packet = LivePacket(
            world_id=held.world_id,
            room_id=held.id,
            giver_id=actor.person(),
            words=words or "恭喜发财，大吉大利",
            total=total,
            pieces=pieces,
            shares="[]",
            ends_wall_at=now + length,
            given_wall_at=now,
        )
        db.session.add(packet)
        db.session.flush()
        chance = Chance(get_world(held.world_id).seed, f"live-packet:{packet.id}")
        packet.shares = json.dumps(split(total, pieces, chance.between))
        db.session.flush()
        moves = {book.wallet(actor.person()): -total, book.ESCROW: total}
        book.post(held.world_id, f"live-packet:{packet.id}:give", "live_packet", moves, reference=_name(packet))
        _record(actor, held, packet, "live_packet.given", {"total": total, "pieces": pieces})
        journal.tell(held, "notice", {"kind": "packet", "packet": packet_body(packet)})
        return packet.id

    packet_id: int = once(actor, key, "live.give_packet", [number, total, pieces, words, minutes], carry_out)
    return packet_id


def grab(actor: Actor, number: int, packet_id: int, key: str) -> int:
    """Take a piece (抢红包); return its fen. Raises Refused when all are gone, time is up, or one was taken."""
    standing = access.stand(actor, number)

    def carry_out() -> int:
        if actor.world_id != standing.world_id or standing.role in {"host", "teacher"}:
            raise Refused("红包是给本班观众的，当前身份不能领取。")
        now = wall.now()
        piece = db.session.scalar(
            sa.update(LivePacket)
            .where(
                LivePacket.id == packet_id,
                LivePacket.room_id == standing.room_id,
                LivePacket.status == GameState.OPEN,
                LivePacket.ends_wall_at > now,
                LivePacket.taken < LivePacket.pieces,
            )
            .values(taken=LivePacket.taken + 1)
            .returning(LivePacket.taken)
            .execution_options(synchronize_session=False)
        )
        packet = _get(standing.room_id, packet_id)
        if _claim_of(packet_id, actor.person()) is not None:
            raise Refused("你已经领过这个红包了。", code="taken")
        if piece is None:
            raise Refused("红包已经被领完，或者时间到了。", code="gone")
        amount: int = json.loads(packet.shares)[piece - 1]
        db.session.add(
            LivePacketClaim(
                world_id=packet.world_id,
                packet_id=packet.id,
                account_id=actor.person(),
                name=actor.name,
                piece=piece,
                amount=amount,
                wall_at=now,
            )
        )
        db.session.flush()
        moves = {book.ESCROW: -amount, book.wallet(actor.person()): amount}
        book.post(packet.world_id, f"live-packet:{packet.id}:{piece}", "live_packet", moves, reference=_name(packet))
        return amount

    won: int = once(actor, key, "live.grab_packet", [number, packet_id], carry_out)
    return won


def settle(packet_id: int) -> None:
    """End a red packet inside the open unit of work: what nobody took goes back. Settled already: nothing."""
    room = access.lock(db.session.get_one(LiveRoom, db.session.get_one(LivePacket, packet_id).room_id))
    ended = db.session.execute(
        sa.update(LivePacket)
        .where(LivePacket.id == packet_id, LivePacket.status == GameState.OPEN)
        .values(status=GameState.OVER)
        .execution_options(synchronize_session=False)
    )
    if matched(ended) != 1:
        return
    packet = db.session.get_one(LivePacket, packet_id, populate_existing=True)
    left = sum(json.loads(packet.shares)[packet.taken :])
    packet.returned = left
    db.session.flush()
    if left:
        moves = {book.ESCROW: -left, book.wallet(packet.giver_id): left}
        book.post(packet.world_id, f"live-packet:{packet.id}:back", "live_packet", moves, reference=_name(packet))
    journal.tell(room, "notice", {"kind": "packet", "packet": packet_body(packet), "best": _best(packet.id)})


def _best(packet_id: int) -> str:
    name = db.session.scalar(
        sa.select(LivePacketClaim.name)
        .where(LivePacketClaim.packet_id == packet_id)
        .order_by(LivePacketClaim.amount.desc(), LivePacketClaim.piece)
        .limit(1)
    )
    return name or ""


def claims(room_id: int, packet_id: int) -> list[LivePacketClaim]:
    """Return who took which piece, in order. Raises NotFound."""
    _get(room_id, packet_id)
    query = sa.select(LivePacketClaim).where(LivePacketClaim.packet_id == packet_id).order_by(LivePacketClaim.piece)
    return list(db.session.scalars(query))


def _get(room_id: int, packet_id: int) -> LivePacket:
    packet = db.session.get(LivePacket, packet_id, populate_existing=True)
    if packet is None or packet.room_id != room_id:
        raise NotFound("没有找到这个红包，请刷新。")
    return packet


def _claim_of(packet_id: int, account_id: int) -> LivePacketClaim | None:
    return db.session.scalars(
        sa.select(LivePacketClaim).where(
            LivePacketClaim.packet_id == packet_id, LivePacketClaim.account_id == account_id
        )
    ).one_or_none()


def _name(packet: LivePacket) -> str:
    return f"live_packet:{packet.id}"


def _record(actor: Actor, room: LiveRoom, packet: LivePacket, action: str, data: dict[str, object]) -> None:
    audit.record(actor, action, _name(packet), {"room": room.number, **data}, scope_id=scope_of_world(room.world_id))
