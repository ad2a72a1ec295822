"""Coupons that a room gives (直播间优惠券): issued by the crew, taken and used by viewers; the mall keeps them."""

from __future__ import annotations

from typing import Any

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden, NotFound, Refused
from app.core.idempotency import once
from sim_livestream import access, mall_client
from sim_livestream.domain.room_flow import CLOSED, RoomState
from sim_livestream.models.rooms import LiveRoom
from sim_livestream.services import journal
from sim_mall.data import LiveCoupon

MOST_AT_ONCE = 10


def coupon_body(coupon: LiveCoupon) -> dict[str, Any]:
    """Return a coupon as viewers see it."""
    return {
        "id": coupon.id,
        "words": coupon.words,
        "left": coupon.total - coupon.claimed,
        "each": coupon.per_user,
        "state": "open" if coupon.given else "over",
    }


def running(room: LiveRoom) -> list[dict[str, Any]]:
    """Return the coupons that the room gives now."""
    if room.state in CLOSED:
        return []
    return [coupon_body(one) for one in mall_client.coupons(room.world_id, room.id) if one.given]


def issued(room: LiveRoom) -> list[LiveCoupon]:
    """Return all coupons of the room, oldest first."""
    return mall_client.coupons(room.world_id, room.id)


def issue(actor: Actor, number: int, *, threshold: int, off: int, total: int, each: int, days: int, key: str) -> int:
    """Give ``total`` coupons in the room: ``off`` fen from ``threshold`` fen on, good for simulated days.

    Raises Refused when the show is over or too many are given at once, InvalidInput naming the field.
    """
    room = access.get_run_room(actor, number)

    def carry_out() -> int:
        held = access.lock(room)
        if held.state in CLOSED:
            raise Refused("直播已结束，不能再发优惠券。")
        if len(running(held)) >= MOST_AT_ONCE:
            raise Refused(f"同时最多发 {MOST_AT_ONCE} 种优惠券，请先停发用不到的。")
        coupon = mall_client.issue_coupon(
            actor, held, threshold=threshold, off=off, total=total, each=each, days=days, key=f"{key[:70]}:issue"
        )
        _tell(held, coupon)
        return coupon.id

    found: int = once(actor, key, "live.issue_coupon", [number, threshold, off, total, each, days], carry_out)
    return found


def stop(actor: Actor, number: int, coupon_id: int) -> None:
    """Stop giving a coupon of the room; those that viewers have stay good. Stopped already: nothing."""
    room = access.lock(access.get_run_room(actor, number))
    coupon = _get(room, coupon_id)
    if coupon.given:
        _tell(room, mall_client.stop_coupon(actor, coupon.id))


def claim(actor: Actor, number: int, coupon_id: int, key: str) -> LiveCoupon:
    """Take one (领取). Raises Refused off air, when all are gone or the person has had enough; NotFound."""
    room = access.get_room(actor, number)
    if actor.world_id != room.world_id:
        raise Forbidden("你是来观摩的，只能在自己班级的市场里领券。")
    if room.state is not RoomState.LIVE:
        raise Refused(
            "开播以后才能领取，直播结束就不再发放。" if room.state not in CLOSED else "直播已结束，不再发券。"
        )
    coupon = mall_client.claim_coupon(actor, room.id, coupon_id, key)
    if not coupon.given:
        _tell(access.lock(room), coupon)
        db.session.flush()
    return coupon


def _get(room: LiveRoom, coupon_id: int) -> LiveCoupon:
    for coupon in issued(room):
        if coupon.id == coupon_id:
            return coupon
    raise NotFound("没有找到这张优惠券，请刷新。")


def _tell(room: LiveRoom, coupon: LiveCoupon) -> None:
    journal.tell(room, "notice", {"kind": "coupon", "coupon": coupon_body(coupon)})
