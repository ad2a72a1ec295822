"""Pictures of goods (商品图片): uploaded, re-encoded, kept twice; only the shop that uploaded one may show it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable

import sqlalchemy as sa

from app.core import files
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound, Refused
from app.core.idempotency import once
from app.core.photos import JPEG, Photo
from sim_mall import access
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.goods import GoodsPicture

MIN_SIDE = 600
MAX_OF_A_SHOP = 2_000


def add_picture(actor: Actor, photo: Photo, key: str) -> str:
    """Keep an uploaded picture for the own shop; return its name."""
    shop = access.shop_of(actor, ShopPower.GOODS)
    count = db.session.scalar(sa.select(sa.func.count()).where(GoodsPicture.shop_id == shop.id)) or 0
    if count >= MAX_OF_A_SHOP:
        raise Refused(f"店铺最多保存 {MAX_OF_A_SHOP} 张图片。")

    def carry_out() -> str:
        large, small = (
            files.keep(data, "picture.jpg", actor=actor, content_type=JPEG, world_id=shop.world_id).public_name
            for data in (photo.large, photo.small)
        )
        row = GoodsPicture(
            world_id=shop.world_id,
            shop_id=shop.id,
            name=secrets.token_urlsafe(12),
            large=large,
            small=small,
            width=photo.width,
            height=photo.height,
            look=photo.look,
        )
        db.session.add(row)
        db.session.flush()
        return row.name

    answer: str = once(actor, key, "picture.add", hashlib.sha256(photo.large).hexdigest(), carry_out)
    return answer


def own_names(shop_id: int, names: Iterable[str]) -> list[str]:
    """Return those of the names that are pictures of the shop, in the order given."""
    wanted = list(dict.fromkeys(names))
    if not wanted:
        return []
    query = sa.select(GoodsPicture.name).where(GoodsPicture.shop_id == shop_id, GoodsPicture.name.in_(wanted))
    known = set(db.session.scalars(query))
    return [name for name in wanted if name in known]


def read_picture(actor: Actor, name: str, *, small: bool) -> bytes:
    """Return the JPEG of a picture of the actor's world. Raises NotFound."""
    row = access.get_picture(actor, name)
    query = sa.select(files.StoredFile).where(files.StoredFile.public_name == (row.small if small else row.large))
    stored = db.session.scalars(query).one_or_none()
    if stored is None:
        raise NotFound
    return files.read(stored)
