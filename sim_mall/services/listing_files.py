"""Qualification files of listings (资质文件): test reports, certificates; buyers may read them."""

from __future__ import annotations

import sqlalchemy as sa

from app.core import files
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.idempotency import once
from app.core.permissions import Permission
from sim_mall import access
from sim_mall.domain.audit_rules import hostile
from sim_mall.domain.words import tidy
from sim_mall.models.goods import Listing
from sim_mall.models.shops import Qualification
from sim_mall.services.notices import note

MAX_FILES = 10
KIND = "file"


def files_of(listing: Listing) -> list[Qualification]:
    """Return the files of a listing, oldest first."""
    query = sa.select(Qualification).where(Qualification.listing_id == listing.id, Qualification.removed.is_(False))
    return list(db.session.scalars(query.order_by(Qualification.id)))


def add_file(actor: Actor, listing_id: int, title: str, data: bytes, file_name: str, key: str) -> int:
    """Keep a file for a listing of the own shop; return its id. The bytes were checked by content."""
    actor.require(Permission.MALL_SELL)
    listing = access.get_own_listing(actor, listing_id)
    title = tidy(title)
    if not 2 <= len(title) <= 40:
        raise InvalidInput("请填写文件名称，2 到 40 个字。", field="title")
    if reason := hostile(title):
        raise InvalidInput(f"文件名称{reason}", field="title")
    if len(files_of(listing)) >= MAX_FILES:
        raise Refused(f"每件商品最多 {MAX_FILES} 份资质文件，请先删除旧的。")

    def carry_out() -> int:
        stored = files.keep(data, file_name, actor=actor, world_id=listing.world_id)
        row = Qualification(
            world_id=listing.world_id,
            shop_id=listing.shop_id,
            listing_id=listing.id,
            kind=KIND,
            title=title,
            file=stored.public_name,
        )
        db.session.add(row)
        db.session.flush()
        note(actor, listing.world_id, "listing.file_added", f"listing:{listing.id}", {"title": title})
        return row.id

    answer: int = once(actor, key, "listing.file", [listing_id, title, len(data)], carry_out)
    return answer


def remove_file(actor: Actor, file_id: int) -> int:
    """Take a file off its listing; return the listing's id."""
    actor.require(Permission.MALL_SELL)
    row = access.get_own_licence(actor, file_id)
    if row.listing_id is None:
        raise NotFound
    row.removed = True
    note(actor, row.world_id, "listing.file_removed", f"listing:{row.listing_id}", {"title": row.title})
    return row.listing_id
