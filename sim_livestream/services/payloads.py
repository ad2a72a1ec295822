"""How rows look in the messages to a room: plain values, no names of other tables, money in fen."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.core import clock
from sim_livestream.models import LiveComment, LiveItem, LiveRoom, LiveSlide


def moment(value: datetime | None) -> str | None:
    """Return a wall time as ISO text in UTC."""
    return None if value is None else value.isoformat()


def item_body(item: LiveItem) -> dict[str, Any]:
    """Return an item as viewers see it: the cheapest SKU gives price and shop price."""
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
    }


def comment_body(comment: LiveComment) -> dict[str, Any]:
    """Return a message as viewers see it."""
    return {
        "id": comment.id,
        "account": comment.account_id,
        "who": comment.name,
        "role": comment.role,
        "text": comment.text,
        "at": moment(comment.said_wall_at),
    }


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
