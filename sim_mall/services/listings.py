"""Listings (商品): create, edit, audit by rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound, Refused
from app.core.events import publish
from app.core.flow import fire
from app.core.idempotency import once
from app.core.permissions import Permission
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.data import ListingDraft, SkuDraft
from sim_mall.domain import quality
from sim_mall.domain.category_book import with_usual
from sim_mall.domain.listing_flow import LISTING_FLOW, ListingState
from sim_mall.domain.shop_flow import VISIBLE, ShopState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.domain.specs import matrix_of, shown_spec
from sim_mall.domain.words import tidy
from sim_mall.events import ListingPutOnSale, SafetyStockChanged
from sim_mall.models.goods import Category, Listing, Sku
from sim_mall.models.shops import Shop
from sim_mall.services import listing_rules, price_honesty, search, stock
from sim_mall.services.funds import refuse_low_deposit
from sim_mall.services.listing_reading import (
    categories,
    draft_of,
    facts_of,
    listing_info,
    listings_by_id,
    live_skus,
    load_listing,
    own_listings,
    sku_info,
    with_skus,
)
from sim_mall.services.listing_rules import MAX_FREIGHT, MAX_PROMISE
from sim_mall.services.notices import note
from sim_mall.services.rules import checking, sanctions
from sim_mall.services.shops import system_of

__all__ = [
    "MAX_FREIGHT",
    "MAX_PROMISE",
    "UNITS",
    "SkuChange",
    "categories",
    "create_listing",
    "draft_of",
    "edit_listing",
    "ensure_category",
    "listing_info",
    "listings_by_id",
    "live_skus",
    "load_listing",
    "own_listings",
    "set_stock",
    "sku_info",
    "submit_listing",
    "with_skus",
]

UNITS = ("件", "个", "套", "盒", "袋", "瓶", "包", "双", "箱", "斤", "条", "本")


@dataclass(frozen=True, slots=True)
class SkuChange:
    """A SKU as the edit form sends it. id: of the SKU it changes, None for a new one. price: fen."""

    id: int | None
    code: str
    spec: str
    price: int
    stock: int
    weight_g: int = 500
    barcode: str = ""
    picture: str = ""
    volume_cm3: int = 0
    safety: int = 0

    def draft(self) -> SkuDraft:
        """Return the SKU without its id."""
        return SkuDraft(
            self.code, self.spec, self.price, self.stock, self.weight_g, self.barcode, self.picture, self.volume_cm3,
            self.safety,
        )  # fmt: skip


def ensure_category(world_id: int, l1: str, l2: str) -> Category:
    """Return the category of the two names, made when new. Raises InvalidInput for unusable names."""
    l1, l2 = tidy(l1), tidy(l2)
    if not 1 <= len(l1) <= 40 or len(l2) > 40:
        raise InvalidInput("请选择或填写类目，每级不超过 40 个字。", field="category_l1")
    query = sa.select(Category).where(Category.world_id == world_id, Category.l1 == l1, Category.l2 == l2)
    category = db.session.scalars(query).one_or_none()
    if category is None:
        category = Category(world_id=world_id, l1=l1, l2=l2)
        db.session.add(category)
        db.session.flush()
    return category


def refuse_closed(shop: Shop) -> None:
    """Raise Refused where a shop may not bring out new goods: not open, restricted, or its deposit used up."""
    if shop.state not in VISIBLE:
        raise Refused("店铺还没有开通，缴纳保证金后才能发布商品。", code="shop_not_open")
    if shop.state == ShopState.RESTRICTED:
        raise Refused("店铺正被限制经营，解除前不能发布或上架商品。", code="shop_restricted")
    refuse_low_deposit(shop)
    sanctions.refuse_listing(shop.world_id, shop.id)


def create_listing(
    actor: Actor,
    shop_id: int,
    draft: ListingDraft,
    state: ListingState = ListingState.ON_SALE,
    *,
    strict: bool = False,
) -> Listing:
    """Create a listing and take it through the audit to sale or warehouse, or keep it as a draft.

    strict: with the rules for goods that people publish themselves (see ``listing_rules``); else required attributes
    that are not stated get the category's usual value.
    Raises InvalidInput (code audit_refused) with every rule it breaks; nothing is kept then.
    """
    actor.require(Permission.MALL_SELL)
    shop = access.get_sellers_shop(actor, shop_id, ShopPower.GOODS)
    refuse_closed(shop)
    draft = listing_rules.tidy_draft(draft)
    body = [shop_id, str(state), strict, replace(draft, key="")]
    listing_id = once(
        actor,
        draft.key,
        "listing.create",
        [repr(part) for part in body],
        lambda: _create(actor, shop, draft, state, strict),
    )
    return load_listing(listing_id)


def _create(actor: Actor, shop: Shop, draft: ListingDraft, state: ListingState, strict: bool) -> int:
    strict = strict and state is not ListingState.DRAFT
    listing_rules.refuse(listing_rules.findings(shop, draft, strict=strict))
    if state is not ListingState.DRAFT:
        checking.stop_risky_draft(shop, draft)
    if not strict and state is not ListingState.DRAFT:
        draft = replace(draft, attributes=with_usual(draft.category_l1, draft.category_l2, draft.attributes))
    now = sim_now(shop.world_id)
    prices = [sku.price for sku in draft.skus]
    listing = Listing(
        state=ListingState.DRAFT,
        world_id=shop.world_id,
        shop=shop,
        price_from=min(prices),
        price_to=max(prices),
        created_at=now,
        **_values(shop, draft),
    )
    listing.changed_at = now
    db.session.add(listing)
    db.session.flush()
    for ordinal, (sku, values) in enumerate(zip(draft.skus, matrix_of([s.spec for s in draft.skus]).rows, strict=True)):
        _add_sku(listing, ordinal, sku, values)
    note(actor, shop.world_id, "listing.created", f"listing:{listing.id}", {"title": listing.title, "prices": prices})
    if state is not ListingState.DRAFT:
        _pass_audit(actor, listing, state)
    return listing.id


def _values(shop: Shop, draft: ListingDraft) -> dict[str, Any]:
    """Return the columns of a listing that a tidied draft decides, prices aside."""
    matrix = matrix_of([sku.spec for sku in draft.skus])
    return {
        "category": ensure_category(shop.world_id, draft.category_l1, draft.category_l2),
        "title": draft.title,
        "brief": draft.brief,
        "unit": draft.unit or UNITS[0],
        "brand": draft.brand,
        "attributes": dict(draft.attributes),
        "axes": [[axis.name, list(axis.values)] for axis in matrix.axes],
        "pictures": list(draft.pictures),
        "detail": draft.detail,
        "freight_fee": draft.freight_fee,
        "freight_template_id": draft.freight_template_id,
        "free_shipping": listing_rules.is_free(shop, draft),
        "promise_hours": draft.promise_hours,
        "seven_day": draft.seven_day,
        "stock_at_payment": draft.stock_at_payment,
        "video": draft.video,
        "buy_limit": draft.buy_limit,
        "alarm": draft.alarm,
        "score": quality.score(facts_of(draft)),
    }


def _add_sku(listing: Listing, ordinal: int, draft: SkuDraft, values: Sequence[str]) -> Sku:
    sku = Sku(world_id=listing.world_id, listing=listing)
    _set_sku(sku, ordinal, draft, values)
    db.session.add(sku)
    db.session.flush()
    stock.open_stock(sku.id, draft.stock, sim_now(listing.world_id))
    stock.set_safety(sku.id, draft.safety)
    return sku


def _set_sku(sku: Sku, ordinal: int, draft: SkuDraft, values: Sequence[str]) -> None:
    sku.ordinal, sku.code, sku.spec, sku.values = ordinal, draft.code, shown_spec(values, draft.spec), list(values)
    price_honesty.set_price(sku, draft.price)
    sku.weight_g, sku.barcode, sku.picture = draft.weight_g, draft.barcode, draft.picture
    sku.volume_cm3 = draft.volume_cm3


def _pass_audit(actor: Actor, listing: Listing, target: ListingState) -> None:
    """Take an audited listing to sale or warehouse; the findings were refused before."""
    now = sim_now(listing.world_id)
    if listing.forced_until is not None and listing.forced_until > now:
        raise Refused("这件商品因违规被下架，处罚期未满，暂时不能重新提交。", code="forced_off")
    fire(LISTING_FLOW, listing, "submit", _seller(actor, listing), sim_at=now)
    sale = target is ListingState.ON_SALE
    values: dict[str, Any] = {"audit_notes": [], "changed_at": now, "forced_until": None}
    if sale:
        values["listed_at"] = now
    event = "pass_to_sale" if sale else "pass_to_warehouse"
    fire(LISTING_FLOW, listing, event, system_of(listing.world_id), sim_at=now, values=values)
    search.index_listing(listing)
    if sale:
        tell_on_sale(actor, listing)


def _seller(actor: Actor, listing: Listing) -> Actor:
    """Return the actor who may submit: the seller. The system lists for nobody but through a seller."""
    if actor.is_system:
        raise Refused(f"商品 {listing.id} 只能由店主提交审核。", code="seller_only")
    return actor


def tell_on_sale(actor: Actor, listing: Listing) -> None:
    """Record and publish that a listing can be bought from now on."""
    note(actor, listing.world_id, "listing.put_on_sale", f"listing:{listing.id}", {"title": listing.title})
    publish(ListingPutOnSale(listing.world_id, listing.shop_id, listing.id))


def edit_listing(
    actor: Actor,
    listing_id: int,
    draft: ListingDraft,
    skus: Sequence[SkuChange],
    version: int,
    target: ListingState,
    *,
    strict: bool = False,
) -> Listing:
    """Change a listing and audit it again. SKUs that are not named any more are removed.

    Raises InvalidInput with every rule it breaks, Conflict when it was changed since the form was opened.
    """
    actor.require(Permission.MALL_SELL)
    listing = load_listing(access.get_own_listing(actor, listing_id).id)
    shop = listing.shop
    if listing.version != version:
        raise Conflict("这件商品刚刚被修改过，请刷新后再编辑。")
    if listing.state == ListingState.RECYCLED:
        raise Refused("回收站里的商品请先恢复再编辑。")
    stays_draft = target is ListingState.DRAFT and listing.state == ListingState.DRAFT
    if not stays_draft:
        refuse_closed(shop)
    draft = listing_rules.tidy_draft(replace(draft, skus=tuple(change.draft() for change in skus)))
    found = listing_rules.findings(shop, draft, strict=strict and not stays_draft, listing=listing)
    listing_rules.refuse(found)
    if not stays_draft:
        checking.stop_risky_draft(shop, draft, listing.id)
    before = {"title": listing.title, "price_from": listing.price_from, "price_to": listing.price_to}
    _change_skus(listing, draft, skus)
    for name, value in _values(shop, draft).items():
        setattr(listing, name, value)
    listing.price_from = min(sku.price for sku in draft.skus)
    listing.price_to = max(sku.price for sku in draft.skus)
    listing.changed_at = sim_now(listing.world_id)
    db.session.flush()
    after = {"title": listing.title, "price_from": listing.price_from, "price_to": listing.price_to}
    note(actor, listing.world_id, "listing.edited", f"listing:{listing.id}", {"before": before, "after": after})
    if not stays_draft:
        _pass_audit(actor, listing, target if target is ListingState.ON_SALE else ListingState.WAREHOUSE)
    return load_listing(listing.id)


def _change_skus(listing: Listing, draft: ListingDraft, changes: Sequence[SkuChange]) -> None:
    """Add, change and remove SKUs as the form sends them; stock is counted."""
    now, kept = sim_now(listing.world_id), False
    known = {sku.id: sku for sku in live_skus(listing)}
    if any(change.id is not None and change.id not in known for change in changes):
        raise NotFound
    for sku_id in sorted(set(known) - {change.id for change in changes}):
        _remove_sku(known[sku_id])
    rows = matrix_of([sku.spec for sku in draft.skus]).rows
    for ordinal, (change, tidied, values) in enumerate(zip(changes, draft.skus, rows, strict=True)):
        if change.id is None:
            _add_sku(listing, ordinal, tidied, values)
            continue
        _set_sku(known[change.id], ordinal, tidied, values)
        stock.count(change.id, tidied.stock, now, f"listing:{listing.id}")
        kept |= stock.set_safety(change.id, tidied.safety)
    if kept:
        publish(SafetyStockChanged(listing.world_id, listing.shop_id))


def _remove_sku(sku: Sku) -> None:
    if sku.stock.allocated:
        raise Refused(f"规格“{sku.spec or '默认'}”还有订单占用的库存，暂时不能删除。", code="reserved")
    stock.count(sku.id, 0, sim_now(sku.world_id), f"sku:{sku.id}")
    sku.removed = True


def submit_listing(actor: Actor, listing_id: int) -> Listing:
    """Send a draft or a rejected listing to the audit; it ends in sale, or in REJECTED with the reasons."""
    actor.require(Permission.MALL_SELL)
    listing = load_listing(access.get_own_listing(actor, listing_id).id)
    refuse_closed(listing.shop)
    found = listing_rules.findings(listing.shop, draft_of(listing), strict=True, listing=listing)
    if not found:
        _pass_audit(actor, listing, ListingState.ON_SALE)
        return listing
    now = sim_now(listing.world_id)
    fire(LISTING_FLOW, listing, "submit", actor, sim_at=now)
    notes = [[finding.field, finding.message] for finding in found]
    fire(LISTING_FLOW, listing, "reject", system_of(listing.world_id), sim_at=now, values={"audit_notes": notes})
    note(actor, listing.world_id, "listing.rejected", f"listing:{listing.id}", {"notes": notes})
    return listing


def set_stock(actor: Actor, shop_id: int, on_hand: Mapping[int, int], *, at_least_kept: bool = False) -> dict[int, int]:
    """Set what is on hand per SKU of one shop; return what is on hand now. Raises NotFound for a SKU of another shop.

    at_least_kept: less than what orders keep becomes exactly that, instead of Refused (code reserved).
    """
    actor.require(Permission.MALL_SELL)
    shop = access.get_sellers_shop(actor, shop_id, ShopPower.STOCK)
    rows = db.session.scalars(
        sa.select(Sku.id)
        .join(Listing, Listing.id == Sku.listing_id)
        .where(Sku.id.in_(sorted(on_hand)), Listing.shop_id == shop.id, Sku.removed.is_(False))
    ).all()
    if set(rows) != set(on_hand):
        raise NotFound
    now = sim_now(shop.world_id)
    written = stock.count_all(on_hand, now, f"shop:{shop.id}", at_least_kept=at_least_kept)
    note(actor, shop.world_id, "stock.set", f"shop:{shop.id}", {"skus": {str(k): v for k, v in written.items()}})
    return written
