"""How rows look in the messages to a room: plain values, no names of other tables, money in fen."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from app.core import clock
from sim_livestream.models.people import LiveComment
from sim_livestream.models.play import LiveLot, LivePacket, LivePoll
from sim_livestream.models.rooms import LiveRoom, LiveSlide
from sim_livestream.models.selling import LiveItem


def moment(value: datetime | None) -> str | None:
    """Return a wall time as ISO text in UTC."""
    return None if value is None else value.isoformat()


def item_body(item: LiveItem, left: int | None) -> dict[str, Any]:
    """Return an item as viewers see it: the cheapest SKU gives price and shop price. left: see ``offered``."""
    cheapest = min(item.prices, key=lambda price: (price.price, price.id))
    return {
        "id": item.id,
        "no": item.position,
        "listing": item.listing_id,
        "title": item.title,
        "category": item.category,
        "price": cheapest.price,
        "was": cheapest.shop_price,
        "several": len({price.price for price in item.prices}) > 1,
        "status": str(item.status),
        "sold": item.sold,
        "limit": item.limit,
        "left": left,
        "opens": moment(item.opens_wall_at),
    }


def comment_body(id_: int, account: int, name: str, role: str, text: str, item: int | None) -> dict[str, Any]:
    """Return a message as viewers see it. It goes to everybody: a card stands there only when there is one."""
    body: dict[str, Any] = {"id": id_, "account": account, "who": name, "role": role, "text": text}
    return body if item is None else {**body, "item": item}


def comment_row(comment: LiveComment) -> dict[str, Any]:
    """Return a stored message as viewers see it."""
    return comment_body(comment.id, comment.account_id, comment.name, comment.role, comment.text, comment.item_id)


def slide_body(slide: LiveSlide | None) -> dict[str, Any] | None:
    """Return a slide as viewers see it, without the host's prompt."""
    if slide is None:
        return None
    return {
        "id": slide.id,
        "title": slide.title,
        "text": slide.text,
        "kind": slide.picture_kind,
        "picture": slide.picture_title,
        "category": slide.picture_category,
    }


def packet_body(packet: LivePacket) -> dict[str, Any]:
    """Return a red packet as viewers see it: never the pieces to come."""
    return {
        "id": packet.id,
        "words": packet.words,
        "total": packet.total,
        "pieces": packet.pieces,
        "taken": packet.taken,
        "state": str(packet.status),
        "ends": moment(packet.ends_wall_at),
    }


def lot_body(lot: LiveLot) -> dict[str, Any]:
    """Return a lucky bag as viewers see it."""
    return {
        "id": lot.id,
        "prize": lot.prize,
        "value": lot.value,
        "winners": lot.winners,
        "condition": str(lot.condition),
        "phrase": lot.phrase,
        "state": str(lot.status),
        "ends": moment(lot.ends_wall_at),
    }


def poll_body(poll: LivePoll, votes: list[int] | None) -> dict[str, Any]:
    """Return a poll as viewers see it; votes only when it is over."""
    return {
        "id": poll.id,
        "question": poll.question,
        "options": json.loads(poll.options),
        "votes": votes,
        "state": str(poll.status),
        "ends": moment(poll.ends_wall_at),
    }


def room_body(room: LiveRoom) -> dict[str, Any]:
    """Return the room's head."""
    return {
        "number": room.number,
        "title": room.title,
        "notice": room.notice,
        "state": str(room.state),
        "shop": room.shop_name,
        "host": room.host_name,
        "planned": moment(room.planned_wall_at),
        "started": moment(room.started_wall_at),
        "ended": moment(room.ended_wall_at),
        "now": moment(clock.now()),
    }
