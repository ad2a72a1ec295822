"""What a shop may not do for a while (处罚效果): asked by search, promotions, listings and buying."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core.clock import local
from app.core.db import db
from app.core.errors import Refused
from app.worlds.clock import sim_now
from sim_mall.domain.rules.penalties import EFFECT_NAMES, Effect
from sim_mall.domain.rules.rulebook import NOTICE
from sim_mall.models.rules import ShopSanction

HIDING = (Effect.HIDDEN, Effect.RESTRICTED, Effect.CLOSED)
STOPPING_SALE = (Effect.RESTRICTED, Effect.CLOSED)
STOPPING_LISTING = (Effect.NO_LISTING, Effect.RESTRICTED, Effect.CLOSED)
STOPPING_PROMOTION = (Effect.NO_PROMOTION, Effect.RESTRICTED, Effect.CLOSED)


@dataclass(frozen=True, slots=True)
class Active:
    """An effect in force. until: simulated time, None for good."""

    effect: Effect
    until: datetime | None
    violation_id: int

    @property
    def name(self) -> str:
        return EFFECT_NAMES[self.effect]


def _in_force(now: datetime) -> Any:
    return sa.and_(
        ShopSanction.lifted_at.is_(None), sa.or_(ShopSanction.until_at.is_(None), ShopSanction.until_at > now)
    )


def active(world_id: int, shop_id: int) -> list[Active]:
    """Return the effects in force on a shop, one of each kind: the longest."""
    rows = db.session.scalars(
        sa.select(ShopSanction).where(ShopSanction.shop_id == shop_id, _in_force(sim_now(world_id)))
    ).all()
    longest: dict[Effect, ShopSanction] = {}
    for row in rows:
        kept = longest.get(row.effect)
        if kept is None or (kept.until_at is not None and (row.until_at is None or row.until_at > kept.until_at)):
            longest[row.effect] = row
    return [Active(row.effect, row.until_at, row.violation_id) for row in longest.values()]


def shops_under(world_id: int, effects: tuple[Effect, ...]) -> sa.Select[int]:
    """Return the query of the shops of a world on which one of the effects lies now, for NOT IN."""
    return sa.select(ShopSanction.shop_id).where(
        ShopSanction.world_id == world_id, ShopSanction.effect.in_(effects), _in_force(sim_now(world_id))
    )


def hidden_shops(world_id: int) -> sa.Select[int]:
    """Return the query of the shops whose goods search and recommendations leave out."""
    return shops_under(world_id, HIDING)


def _refuse(world_id: int, shop_id: int, effects: tuple[Effect, ...], what: str, code: str) -> None:
    for found in active(world_id, shop_id):
        if found.effect in effects:
            until = "" if found.until is None else f"，到 {local(found.until):%m-%d %H:%M} 结束"
            raise Refused(f"店铺正在受处罚（{found.name}{until}），暂时不能{what}。{NOTICE}。", code=code)


def refuse_promotion(world_id: int, shop_id: int) -> None:
    """Raise Refused while the shop may not set up promotions."""
    _refuse(world_id, shop_id, STOPPING_PROMOTION, "创建促销活动", "no_promotion")


def refuse_listing(world_id: int, shop_id: int) -> None:
    """Raise Refused while a sanction keeps the shop from publishing new goods."""
    _refuse(world_id, shop_id, STOPPING_LISTING, "发布新商品", "no_listing")


def refuse_sale(world_id: int, shop_id: int) -> None:
    """Raise Refused while the goods of the shop are not for sale."""
    _refuse(world_id, shop_id, STOPPING_SALE, "购买它的商品", "shop_restricted")
