"""Running activities as rules of the price (进行中的活动): what a cart may use, and the tags beside prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import db
from app.core.money import part
from sim_mall.domain.pricing.terms import (
    Bundle,
    Freight,
    FullReduction,
    ItemPrice,
    MultiBuy,
    OfferKind,
    Scope,
)
from sim_mall.domain.promotion_flow import PromotionKind, PromotionState
from sim_mall.domain.promotion_rules import PRICED_AT_WILL, Rule, from_json, tag
from sim_mall.models.buyers import Favourite
from sim_mall.models.goods import Sku
from sim_mall.models.promotions import Promotion, PromotionItem, PromotionQuota

K = PromotionKind


@dataclass(frozen=True, slots=True)
class OfferLine:
    """One line of a checkout as activities see it. id: its place, from 0."""

    id: int
    shop_id: int
    listing_id: int
    sku_id: int
    quantity: int
    price: int


@dataclass(frozen=True, slots=True)
class GroupChoice:
    """Buying at a group's price: which activity, and which group to join (None opens one)."""

    promotion_id: int
    group_id: int | None = None


@dataclass
class Offers:
    """The rules that lines may use. flash, group: place of a line → the item that prices it. notes: per line."""

    item_prices: list[ItemPrice] = field(default_factory=list)
    bundles: list[Bundle] = field(default_factory=list)
    multi_buys: list[MultiBuy] = field(default_factory=list)
    full_reductions: list[FullReduction] = field(default_factory=list)
    freight: dict[int, Rule] = field(default_factory=dict)
    flash: dict[int, PromotionItem] = field(default_factory=dict)
    group: dict[int, PromotionItem] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


def key_of(promotion: Promotion) -> str:
    """Return the id under which the steps of a price name an activity."""
    return f"promotion:{promotion.id}"


def running(shop_ids: Sequence[int], now: datetime) -> list[Promotion]:
    """Return the running activities of shops with their goods, oldest first; two queries."""
    query = (
        sa.select(Promotion)
        .options(orm.selectinload(Promotion.items))
        .where(
            Promotion.shop_id.in_(sorted(set(shop_ids))),
            Promotion.state == PromotionState.RUNNING,
            Promotion.starts_at <= now,
            Promotion.ends_at > now,
        )
        .order_by(Promotion.id)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query))


def _covers(promotion: Promotion, line: OfferLine) -> PromotionItem | bool:
    """Return the item that covers the line, True when the whole shop is covered, else False."""
    if promotion.shop_id != line.shop_id:
        return False
    if promotion.whole_shop:
        return True
    for item in promotion.items:
        if item.sku_id == line.sku_id or (item.sku_id is None and item.listing_id == line.listing_id):
            return item
    return False


def _scope(promotion: Promotion, lines: Sequence[OfferLine]) -> frozenset[int | str]:
    return frozenset(line.id for line in lines if _covers(promotion, line))


def collect(
    lines: Sequence[OfferLine],
    now: datetime,
    *,
    buyer_id: int | None = None,
    group: GroupChoice | None = None,
) -> Offers:
    """Return the rules of running activities for these lines.

    A flash price is offered only while its stock and the buyer's limit allow the whole line; otherwise the
    line says why. A group price is offered only to who buys in that group.
    """
    promotions = running([line.shop_id for line in lines], now)
    member_of = _member_of(promotions, buyer_id)
    return rules_of(promotions, lines, used=_used(promotions, buyer_id), group=group, member_of=member_of)


def rules_of(
    promotions: Sequence[Promotion],
    lines: Sequence[OfferLine],
    *,
    used: Mapping[int, int] | None = None,
    group: GroupChoice | None = None,
    member_of: frozenset[int] = frozenset(),
) -> Offers:
    """Return what these activities, as if they ran, mean for the lines.

    used: units that the buyer has had. member_of: shops that the buyer is a member of.
    """
    found, used = Offers(), used or {}
    for promotion in promotions:
        rule = from_json(promotion.rule)
        found.names[key_of(promotion)] = promotion.name
        if promotion.kind is K.FLASH:
            _flash(found, promotion, rule, lines, used.get(promotion.id, 0))
        elif promotion.kind is K.GROUP:
            if group is not None and group.promotion_id == promotion.id:
                _group(found, promotion, rule, lines, used.get(promotion.id, 0))
        elif promotion.kind is K.LIMITED:
            _reduced(found, promotion, rule, lines, OfferKind.LIMITED)
        elif promotion.kind is K.MEMBER:
            if promotion.shop_id in member_of:
                _reduced(found, promotion, rule, lines, OfferKind.MEMBER)
        elif promotion.kind is K.BUNDLE:
            _bundle(found, promotion, rule, lines)
        elif promotion.kind is K.MULTI and rule.bp:
            scope: Scope = _scope(promotion, lines)
            found.multi_buys.append(MultiBuy(key_of(promotion), scope, rule.min_qty, rule.bp, promotion.name))
        elif promotion.kind is K.FULL:
            found.full_reductions.append(
                FullReduction(
                    key_of(promotion), promotion.shop_id, _scope(promotion, lines), rule.tiers, promotion.name
                )
            )
        elif promotion.kind is K.FREIGHT:
            found.freight.setdefault(promotion.shop_id, rule)
    return found


def _used(promotions: Sequence[Promotion], buyer_id: int | None) -> dict[int, int]:
    ids = [x.id for x in promotions if x.kind in (K.FLASH, K.GROUP)]
    if not ids or buyer_id is None:
        return {}
    query = sa.select(PromotionQuota.promotion_id, PromotionQuota.units).where(
        PromotionQuota.promotion_id.in_(ids), PromotionQuota.account_id == buyer_id
    )
    return {row[0]: row[1] for row in db.session.execute(query)}


def _member_of(promotions: Sequence[Promotion], buyer_id: int | None) -> frozenset[int]:
    """Return the shops with a member's price that the buyer is a member of: those kept as favourites (收藏)."""
    ids = {promotion.shop_id for promotion in promotions if promotion.kind is K.MEMBER}
    if not ids or buyer_id is None:
        return frozenset()
    query = sa.select(Favourite.shop_id).where(Favourite.account_id == buyer_id, Favourite.shop_id.in_(ids))
    return frozenset(shop_id for shop_id in db.session.scalars(query) if shop_id is not None)


def _limit_note(rule: Rule, wanted: int, used: int) -> str:
    if rule.per_order and wanted > rule.per_order:
        return f"每单限购 {rule.per_order} 件"
    if rule.per_user and used + wanted > rule.per_user:
        return f"每人限购 {rule.per_user} 件" + (f"，你已买 {used} 件" if used else "")
    return ""


def _flash(found: Offers, promotion: Promotion, rule: Rule, lines: Sequence[OfferLine], used: int) -> None:
    wanted = sum(line.quantity for line in lines if _covers(promotion, line))
    for item in promotion.items:
        places = [line for line in lines if line.sku_id == item.sku_id and line.id not in found.flash]
        if not places or item.price is None or item.price >= places[0].price:
            continue
        units = sum(line.quantity for line in places)
        left = item.stock - item.taken
        why = _limit_note(rule, wanted, used)
        if not why and units > left:
            why = f"秒杀只剩 {left} 件" if left > 0 else "秒杀已抢光"
        if why:
            found.notes.update({line.id: f"{why}，按非秒杀价计算" for line in places})
            continue
        ids = frozenset(line.id for line in places)
        found.item_prices.append(
            ItemPrice(key_of(promotion), OfferKind.FLASH, ids, price=item.price, name=promotion.name)
        )
        found.flash.update(dict.fromkeys([line.id for line in places], item))


def _group(found: Offers, promotion: Promotion, rule: Rule, lines: Sequence[OfferLine], used: int) -> None:
    for item in promotion.items:
        places = [line for line in lines if line.sku_id == item.sku_id]
        if not places or item.price is None or item.price >= places[0].price:
            continue
        why = _limit_note(rule, sum(line.quantity for line in places), used)
        if why:
            found.notes.update({line.id: why for line in places})
            continue
        ids = frozenset(line.id for line in places)
        found.item_prices.append(
            ItemPrice(key_of(promotion), OfferKind.GROUP, ids, price=item.price, name=promotion.name)
        )
        found.group.update(dict.fromkeys([line.id for line in places], item))


def _reduced(found: Offers, promotion: Promotion, rule: Rule, lines: Sequence[OfferLine], kind: OfferKind) -> None:
    for line in lines:
        covered = _covers(promotion, line)
        if not covered:
            continue
        price = covered.price if isinstance(covered, PromotionItem) else None
        bp = None if price is not None else rule.bp
        if price is not None or bp is not None:
            found.item_prices.append(
                ItemPrice(key_of(promotion), kind, frozenset([line.id]), bp, price, promotion.name)
            )


def _bundle(found: Offers, promotion: Promotion, rule: Rule, lines: Sequence[OfferLine]) -> None:
    parts = tuple(
        (
            frozenset(
                line.id
                for line in lines
                if line.sku_id == item.sku_id or (item.sku_id is None and line.listing_id == item.listing_id)
            ),
            item.units,
        )
        for item in promotion.items
    )
    if parts and all(ids for ids, _ in parts):
        found.bundles.append(Bundle(key_of(promotion), parts, rule.price or 0, promotion.name))


def freight_terms(offers: Offers, fees: Mapping[int, int]) -> tuple[Freight, ...]:
    """Return freight per shop with what activities make of it."""
    found = []
    for shop_id, fee in fees.items():
        rule = offers.freight.get(shop_id)
        if rule is None:
            found.append(Freight(shop_id, fee))
        else:
            found.append(Freight(shop_id, fee, rule.free_from, rule.cut_from, rule.cut))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Badge:
    """An activity beside a price. price: fen, the lowest for a unit of the listing, None when it changes no price."""

    promotion: Promotion
    kind: PromotionKind
    text: str
    price: int | None


def badges(shop_listings: Mapping[int, tuple[int, int]], now: datetime) -> dict[int, list[Badge]]:
    """Return the activities of listings (listing id → (shop id, lowest price)); two queries whatever their number."""
    if not shop_listings:
        return {}
    shops = {shop_id for shop_id, _ in shop_listings.values()}
    by_shop: dict[int, list[Promotion]] = {}
    for promotion in running(sorted(shops), now):
        by_shop.setdefault(promotion.shop_id, []).append(promotion)
    found: dict[int, list[Badge]] = {}
    for listing_id, (shop_id, usual) in shop_listings.items():
        for promotion in by_shop.get(shop_id, []):
            items = [item for item in promotion.items if item.listing_id == listing_id]
            if not items and not promotion.whole_shop:
                continue
            if promotion.kind is K.FLASH and all(item.taken >= item.stock for item in items):
                continue
            rule = from_json(promotion.rule)
            price = _lowest(promotion, rule, items, usual)
            found.setdefault(listing_id, []).append(Badge(promotion, promotion.kind, tag(promotion.kind, rule), price))
    return found


def _lowest(promotion: Promotion, rule: Rule, items: Sequence[PromotionItem], usual: int) -> int | None:
    if promotion.kind not in (K.FLASH, K.GROUP, *PRICED_AT_WILL):
        return None
    prices = [item.price for item in items if item.price is not None]
    if not prices and promotion.kind in PRICED_AT_WILL and rule.bp:
        return part(usual, rule.bp)
    return min(prices, default=None)


def skus_of(promotion: Promotion) -> dict[int, Sku]:
    """Return the SKUs that an activity names."""
    ids = [item.sku_id for item in promotion.items if item.sku_id is not None]
    return {sku.id: sku for sku in db.session.scalars(sa.select(Sku).where(Sku.id.in_(ids)))}
