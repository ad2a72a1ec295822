"""Shelves of a shop (上下架): on and off sale, recycle bin, copies, listings taken off for a rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, Refused
from app.core.flow import fire
from app.core.permissions import Permission
from app.worlds import due
from app.worlds.clock import get_world, sim_now
from app.worlds.models import DueTask
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.audit_rules import MAX_TITLE
from sim_mall.domain.listing_flow import LISTING_FLOW, ListingState
from sim_mall.models.goods import Listing
from sim_mall.services import listings, search
from sim_mall.services.notices import note, notify
from sim_mall.services.shops import system_of

PURGE = "mall.listing_purge"


def move_listings(actor: Actor, listing_ids: Sequence[int], event: str) -> int:
    """Fire put_on, take_off, recycle, restore or purge for several listings at once; return how many.

    All or nothing: one that does not fit refuses the whole, naming it.
    """
    actor.require(Permission.MALL_SELL)
    if event not in {"put_on", "take_off", "recycle", "restore", "purge"}:
        raise InvalidInput("请选择要进行的操作。", field="action")
    if not listing_ids:
        raise InvalidInput("请先勾选商品。", field="ids")
    for listing_id in sorted(set(listing_ids)):
        listing = access.get_own_listing(actor, listing_id)
        if LISTING_FLOW.find(listing.state, event) is None:
            state = LISTING_FLOW.names[listing.state]
            raise Refused(f"“{listing.title}”现在是“{state}”，不能进行这个操作。", code="wrong_state")
        now = sim_now(listing.world_id)
        values: dict[str, Any] = {"changed_at": now}
        if event == "put_on":
            listings.refuse_closed(listing.shop)
            if listing.listed_at is None:
                values["listed_at"] = now
        if event in {"recycle", "restore"}:
            values["recycled_at"] = now if event == "recycle" else None
        fire(LISTING_FLOW, listing, event, actor, sim_at=now, values=values)
        if event == "put_on":
            search.index_listing(listing)
            listings.tell_on_sale(actor, listing)
        else:
            _after(listing, event)
            note(actor, listing.world_id, f"listing.{event}", f"listing:{listing.id}", {"title": listing.title})
    return len(set(listing_ids))


def _after(listing: Listing, event: str) -> None:
    """Let the clock empty the recycle bin; take what is deleted for good out of search."""
    if event == "recycle":
        days = setting(get_world(listing.world_id), "recycle_days")
        due.schedule(
            listing.world_id, sim_now(listing.world_id) + timedelta(days=days), PURGE, listing.id, ListingState.RECYCLED
        )
    elif event == "restore":
        due.withdraw(PURGE, listing.id)
    elif event == "purge":
        due.withdraw(PURGE, listing.id)
        search.forget_listing(listing)


def on_purge(task: DueTask) -> None:
    """Delete for good what has lain in the recycle bin long enough."""
    listing = db.session.get(Listing, task.target_id)
    if listing is None or listing.state != ListingState.RECYCLED:
        return
    actor = system_of(task.world_id)
    fire(LISTING_FLOW, listing, "purge", actor, sim_at=sim_now(task.world_id))
    _after(listing, "purge")
    note(actor, task.world_id, "listing.purge", f"listing:{listing.id}", {"title": listing.title})


def copy_listing(actor: Actor, listing_id: int, key: str) -> Listing:
    """Make a draft that says the same as a listing, with stock 0 and a title that shows it."""
    actor.require(Permission.MALL_SELL)
    source = listings.load_listing(access.get_own_listing(actor, listing_id).id)
    draft = listings.draft_of(source)
    skus = tuple(replace(sku, stock=0) for sku in draft.skus)
    copy = replace(draft, title=f"{draft.title[: MAX_TITLE - 3]} 副本", skus=skus, key=key)
    return listings.create_listing(actor, source.shop_id, copy, ListingState.DRAFT)


def force_off(actor: Actor, listing_id: int, reason: str, days: int = 0) -> Listing:
    """Take a listing off sale for breaking a rule; the instructor or the rules do. The seller reads the reason.

    days: simulated days during which it cannot be submitted again.
    """
    if not actor.is_system:
        actor.require(Permission.MALL_SHOP_REVIEW)
    if not 2 <= len(reason) <= 200:
        raise InvalidInput("请写明下架原因，2 到 200 个字。", field="reason")
    listing = access.get_listing(actor, listing_id)
    now = sim_now(listing.world_id)
    until = now + timedelta(days=days) if days else None
    values = {"audit_notes": [["rule", reason]], "changed_at": now, "forced_until": until}
    fire(LISTING_FLOW, listing, "force_off", actor, sim_at=now, values=values, note={"reason": reason})
    note(actor, listing.world_id, "listing.forced_off", f"listing:{listing.id}", {"reason": reason})
    text = f"“{listing.title}”：{reason}（模拟处罚，不影响真实账号）。修改后可重新提交审核。"
    notify(
        listing.world_id, listing.shop.owner_id, "goods", "商品被违规下架", text, f"/seller/products/{listing.id}/edit"
    )
    return listing
