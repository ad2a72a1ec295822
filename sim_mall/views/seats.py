"""Where the person of this request works: asked once, for the page and for its menu."""

from __future__ import annotations

from flask import g

from app.core.actor import Actor
from sim_mall import access


def seat_here(actor: Actor) -> access.Seat | None:
    """Return the seat of the actor; None outside a class or without a shop."""
    if actor.world_id is None or actor.account_id is None:
        return None
    key = f"mall_seat_{actor.world_id}_{actor.account_id}"
    if key not in g:
        setattr(g, key, access.seat(actor))
    found: access.Seat | None = getattr(g, key)
    return found
