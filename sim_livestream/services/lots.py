"""Lucky bags (福袋): take part while the time runs, then winners are drawn from the world's seed, and it is logged."""

from __future__ import annotations

import sqlalchemy as sa

from app.core import audit
from app.core import clock as wall
from app.core.actor import Actor, system
from app.core.db import add_missing, db, matched
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.idempotency import once
from app.ledger import book
from app.worlds.api import scope_of_world
from app.worlds.chance import Chance
from app.worlds.clock import get_world
from sim_livestream import access
from sim_livestream.domain.packet import MOST_VALUE, MOST_WINNERS
from sim_livestream.domain.room_flow import RoomState
from sim_livestream.domain.wording import plain
from sim_livestream.models.people import LiveComment, LiveFollow
from sim_livestream.models.play import GameState, LiveLot, LiveLotEntry, LotCondition
from sim_livestream.models.rooms import LiveRoom
from sim_livestream.services import journal
from sim_livestream.services.packets import check_length
from sim_livestream.services.payloads import lot_body


def open_lot(
    actor: Actor,
    number: int,
    *,
    prize: str,
    value: int,
    winners: int,
    condition: LotCondition,
    phrase: str,
    minutes: int,
    key: str,
) -> int:
    """Open a lucky bag: ``value`` fen of the host's wallet for each of ``winners``; return its id.

    Raises Refused off air or without money, InvalidInput out of bounds (a prize above ¥50,000 breaks R17).
    """
    room = access.get_host_room(actor, number)
    length = check_length(minutes)
    if not prize:
        raise InvalidInput("请填写奖品名称。", field="prize")
    if not 1 <= winners <= MOST_WINNERS:
        raise InvalidInput(f"中奖人数应在 1 到 {MOST_WINNERS} 之间。", field="winners")
    if not 1 <= value <= MOST_VALUE:
        raise InvalidInput("每份奖品应在 0.01 到 50,000 元之间，单份奖品超过 5 万元违反直播抽奖规定。", field="value")
    if condition is LotCondition.PHRASE and not plain(phrase):
        raise InvalidInput("请填写参与口令。", field="phrase")

    def carry_out() -> int:
        held = access.lock(room)
        if held.state is not RoomState.LIVE:
            raise Refused("开播后才能发福袋。")
        now = wall.now()
        lot = LiveLot(
            world_id=held.world_id,
            room_id=held.id,
            giver_id=actor.person(),
            prize=prize,
            value=value,
            winners=winners,
            condition=condition,
            phrase=phrase if condition is LotCondition.PHRASE else "",
            ends_wall_at=now + length,
            given_wall_at=now,
        )
        db.session.add(lot)
        db.session.flush()
        total = value * winners
        moves = {book.wallet(actor.person()): -total, book.ESCROW: total}
        book.post(held.world_id, f"live-lot:{lot.id}:give", "live_lot", moves, reference=f"live_lot:{lot.id}")
        journal.tell(held, "notice", {"kind": "lot", "lot": lot_body(lot)})
        audit.record(
            actor,
            "live_lot.opened",
            f"live_lot:{lot.id}",
            {"room": held.number, "prize": prize, "value": value, "winners": winners, "condition": str(condition)},
            scope_id=scope_of_world(held.world_id),
        )
        return lot.id

    body = [number, prize, value, winners, str(condition), phrase, minutes]
    lot_id: int = once(actor, key, "live.open_lot", body, carry_out)
    return lot_id


def take_part(actor: Actor, number: int, lot_id: int, key: str) -> bool:
    """Take part (参与福袋). Raises Refused when it is over or the condition is not met; again changes nothing."""
    standing = access.stand(actor, number)

    def carry_out() -> bool:
        if actor.world_id != standing.world_id or standing.role != "viewer":
            raise Refused("福袋是给本班观众的，当前身份不能参与。")
        lot = db.session.scalars(
            sa.select(LiveLot)
            .where(LiveLot.id == lot_id, LiveLot.room_id == standing.room_id)
            .with_for_update(read=True)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if lot is None:
            raise NotFound("没有找到这个福袋，请刷新。")
        if lot.status is not GameState.OPEN or lot.ends_wall_at <= wall.now():
            raise Refused("福袋已经开奖了。", code="over")
        if reason := _unmet(lot, actor.person()):
            raise Refused(reason, code="condition")
        add_missing(
            LiveLotEntry,
            world_id=lot.world_id,
            lot_id=lot.id,
            account_id=actor.person(),
            name=actor.name,
            won=False,
            wall_at=wall.now(),
        )
        return True

    done: bool = once(actor, key, "live.enter_lot", [number, lot_id], carry_out)
    return done


def _unmet(lot: LiveLot, account_id: int) -> str:
    if lot.condition is LotCondition.FOLLOW:
        shop_id = db.session.scalar(sa.select(LiveRoom.shop_id).where(LiveRoom.id == lot.room_id))
        follows = db.session.scalar(
            sa.select(LiveFollow.id).where(LiveFollow.shop_id == shop_id, LiveFollow.account_id == account_id)
        )
        return "" if follows is not None else "先关注店铺，再来参与福袋。"
    if lot.condition is LotCondition.PHRASE:
        texts = db.session.scalars(
            sa.select(LiveComment.text).where(
                LiveComment.room_id == lot.room_id,
                LiveComment.account_id == account_id,
                LiveComment.said_wall_at >= lot.given_wall_at,
                LiveComment.hidden_by.is_(None),
            )
        )
        wanted = plain(lot.phrase)
        return "" if any(wanted in plain(text) for text in texts) else f"先发送口令“{lot.phrase}”，再来参与福袋。"
    return ""


def draw(lot_id: int) -> list[str]:
    """Draw the winners inside the open unit of work and pay them; what is left goes back. Return their names.

    The draw shuffles the entries, ordered by account, with the world's seed: the same entries give the same
    winners, and the log holds all that is needed to repeat it.
    """
    room = access.lock(db.session.get_one(LiveRoom, db.session.get_one(LiveLot, lot_id).room_id))
    ended = db.session.execute(
        sa.update(LiveLot)
        .where(LiveLot.id == lot_id, LiveLot.status == GameState.OPEN)
        .values(status=GameState.OVER, seed_stream=f"live-lot:{lot_id}")
        .execution_options(synchronize_session=False)
    )
    if matched(ended) != 1:
        return []
    lot = db.session.get_one(LiveLot, lot_id, populate_existing=True)
    entries = list(
        db.session.scalars(
            sa.select(LiveLotEntry).where(LiveLotEntry.lot_id == lot.id).order_by(LiveLotEntry.account_id)
        )
    )
    people = [entry.account_id for entry in entries]
    Chance(get_world(lot.world_id).seed, lot.seed_stream).shuffle(entries)
    winners = sorted(entries[: lot.winners], key=lambda entry: entry.account_id)
    for entry in winners:
        entry.won = True
    db.session.flush()
    moves = {book.wallet(entry.account_id): lot.value for entry in winners}
    left = lot.value * (lot.winners - len(winners))
    if left:
        moves[book.wallet(lot.giver_id)] = left
    moves[book.ESCROW] = -lot.value * lot.winners
    book.post(lot.world_id, f"live-lot:{lot.id}:draw", "live_lot", moves, reference=f"live_lot:{lot.id}")
    scope_id = scope_of_world(lot.world_id)
    audit.record(
        system(lot.world_id, scope_id),
        "live_lot.drawn",
        f"live_lot:{lot.id}",
        {"stream": lot.seed_stream, "entries": people, "winners": [entry.account_id for entry in winners]},
        scope_id=scope_id,
    )
    names = [entry.name for entry in winners]
    told = {"accounts": [entry.account_id for entry in winners], "names": names, "entries": len(people)}
    journal.tell(room, "notice", {"kind": "lot", "lot": lot_body(lot), "won": told})
    return names
