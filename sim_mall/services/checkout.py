"""Checkout (结算): what somebody wants to buy, priced with all running activities and the chosen coupons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.core.actor import Actor
from app.core.errors import Conflict, InvalidInput, Issue, Refused
from app.core.permissions import Permission
from app.core.web.formats import yuan
from app.worlds.clock import get_world, sim_now
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.pricing.engine import quote, with_floor
from sim_mall.domain.pricing.terms import Cart, CartLine, Id, ItemPrice, OfferKind, Quote, StepKind
from sim_mall.domain.pricing.terms import Coupon as CouponTerms
from sim_mall.domain.promotion_flow import CouponScope
from sim_mall.models.goods import Listing, Sku
from sim_mall.models.promotions import Coupon, PromotionItem
from sim_mall.services import cart, coupons, freight, points
from sim_mall.services.offers import GroupChoice, OfferLine, Offers, collect, freight_terms

MAX_LINES = 50
LIVE_ID = "live"
STEP_NAMES: dict[str, str] = {
    StepKind.ITEM: "活动价",
    StepKind.BUNDLE: "套餐优惠",
    StepKind.MULTI: "多件折扣",
    StepKind.FULL: "满减",
    StepKind.SHOP_COUPON: "店铺券",
    StepKind.PLATFORM_COUPON: "平台券",
    StepKind.POINTS: "积分抵扣",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line to buy."""

    sku_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Choice:
    """What the buyer chose besides goods. coupons: ids of own coupons, None: the best are chosen for them.

    points: how many to spend; more than there are, or than half of the goods amount, count as that much.
    """

    coupons: tuple[int, ...] | None = None
    group: GroupChoice | None = None
    points: int = 0


@dataclass(frozen=True, slots=True)
class CheckoutLine:
    """One line of a checkout with the goods behind it. price: what a unit costs before any discount (fen)."""

    sku: Sku
    listing: Listing
    quantity: int
    price: int


@dataclass(frozen=True, slots=True)
class CouponOption:
    """One own coupon at a checkout. saves: fen it takes off there, 0 when it is not reached. why_not: or why not."""

    coupon: Coupon
    shop_id: int | None
    text: str
    saves: int
    chosen: bool
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Checkout:
    """What is to be bought, priced. Quote lines are numbered like ``lines``, from 0.

    blocked: places of the lines that cannot be sent to the receiver's region. purse: points that the buyer has.
    flash, group: place of a line → the item of the activity that prices it. notes: what a line missed, and why.
    """

    lines: tuple[CheckoutLine, ...]
    quote: Quote
    coupons: tuple[Coupon, ...] = ()
    options: tuple[CouponOption, ...] = ()
    flash: Mapping[int, PromotionItem] = field(default_factory=dict)
    group: Mapping[int, PromotionItem] = field(default_factory=dict)
    group_choice: GroupChoice | None = None
    notes: Mapping[int, str] = field(default_factory=dict)
    blocked: tuple[int, ...] = ()
    purse: int = 0

    def shown(self) -> dict[str, Any]:
        """Return what the buyer was shown, to be compared when the order is submitted."""
        prices = {str(line.sku.id): line.price for line in self.lines}
        return {
            "prices": prices,
            "lines": [line.payable for line in self.quote.lines],
            "coupons": sorted(coupon.id for coupon in self.coupons),
            "flash": sorted({self.lines[place].sku.id for place in self.flash}),
            "points": self.points,
            "freight": self.quote.freight_total,
            "payable": self.quote.payable,
        }

    @property
    def points(self) -> int:
        """How many points are spent."""
        return sum(step.share for line in self.quote.lines for step in line.steps if step.step is StepKind.POINTS)

    @property
    def points_most(self) -> int:
        """How many points could be spent: those there are, and half of the goods amount."""
        return min(self.purse, (self.quote.goods_payable + self.points) // 2)

    def discounts(self, shop_id: Id | None = None) -> list[tuple[str, int]]:
        """Return (words, fen) of every activity and coupon that took something off, in the order of the pipeline."""
        found: dict[tuple[int, str], tuple[str, int]] = {}
        order = list(StepKind)
        for line in self.quote.lines:
            if shop_id is not None and line.shop != shop_id:
                continue
            for step in line.steps:
                key = (order.index(step.step), str(step.id))
                words = f"{STEP_NAMES[step.step]}（{step.name}）" if step.name else STEP_NAMES[step.step]
                found[key] = (words, found.get(key, ("", 0))[1] + step.share)
        return [found[key] for key in sorted(found, key=lambda key: key[0])]

    @property
    def base(self) -> int:
        """What the goods cost before any discount (fen)."""
        return sum(line.base for line in self.quote.lines)


def check_out(
    actor: Actor,
    wanted: Sequence[Wanted],
    live_price: Mapping[int, int] | None = None,
    region: str = "",
    choice: Choice | None = None,
) -> Checkout:
    """Price what the actor wants to buy; changes nothing.

    live_price: fen per SKU that a live room offers. region: division code of the receiver, for the freight; ''
    takes each template's default row. Raises InvalidInput without lines, Refused for goods that
    are not for sale and for coupons that cannot be used.
    """
    actor.require(Permission.MALL_BUY)
    choice = choice or Choice()
    lines = _lines(actor, wanted)
    offers = collect(
        [
            OfferLine(place, line.listing.shop_id, line.listing.id, line.sku.id, line.quantity, line.price)
            for place, line in enumerate(lines)
        ],
        sim_now(actor.world()),
        buyer_id=actor.person(),
        group=choice.group,
    )
    if choice.group is not None and not offers.group:
        why = next(iter(offers.notes.values()), "这个拼团活动已经结束")
        raise Refused(f"{why}，请返回商品页查看。", code="group_over")
    offers.item_prices += _live_prices(lines, live_price or {})
    terms = _terms(lines, offers, stacking=bool(setting(get_world(actor.world()), "flash_stacks")))
    mine = coupons.usable(actor) if choice.coupons is None else coupons.chosen(actor, choice.coupons)
    picked = _best(terms, lines, mine) if choice.coupons is None else mine
    full_cart = _with_coupons(terms, lines, picked)
    way = _way_cost(quote(full_cart), lines, region)
    purse = points.balance(actor)
    wanted_points = max(0, min(choice.points, purse))
    priced = with_floor(quote(replace(full_cart, freight=freight_terms(offers, way.fees), points=wanted_points)))
    if choice.coupons is not None:
        _refuse_idle(priced, picked)
    options = _options(terms, lines, coupons.usable(actor), picked)
    return Checkout(
        lines=tuple(lines),
        quote=priced,
        coupons=tuple(picked),
        options=options,
        flash=offers.flash,
        group=offers.group,
        group_choice=choice.group,
        notes=offers.notes,
        blocked=way.blocked,
        purse=purse,
    )


def _way_cost(priced: Quote, lines: Sequence[CheckoutLine], region: str) -> freight.WayCost:
    """Return what the way costs; the templates' free-if conditions look at the goods after all discounts."""
    items = [
        freight.Item(line.listing, line.quantity, line.sku.weight_g, paid.payable, line.sku.volume_cm3)
        for line, paid in zip(lines, priced.lines, strict=True)
    ]
    return freight.way_cost(items, region)


def _lines(actor: Actor, wanted: Sequence[Wanted]) -> list[CheckoutLine]:
    if not wanted:
        raise InvalidInput("还没有选择要购买的商品。", field="lines")
    if len(wanted) > MAX_LINES:
        raise InvalidInput(f"一次最多购买 {MAX_LINES} 种商品。", field="lines")
    found = access.get_skus_for_sale(actor.world(), [line.sku_id for line in wanted])
    lines = []
    for line in wanted:
        sku = found[line.sku_id]
        cart.refuse_own(actor, sku.listing)
        lines.append(CheckoutLine(sku, sku.listing, cart.check_quantity(line.quantity), sku.price))
    return lines


def _live_prices(lines: Sequence[CheckoutLine], live_price: Mapping[int, int]) -> list[ItemPrice]:
    return [
        ItemPrice(LIVE_ID, OfferKind.LIVE, frozenset([place]), price=live_price[line.sku.id], name="直播价")
        for place, line in enumerate(lines)
        if line.sku.id in live_price
    ]


def _terms(lines: Sequence[CheckoutLine], offers: Offers, *, stacking: bool) -> Cart:
    """Return the cart without coupons and freight."""
    cart_lines = [CartLine(place, line.listing.shop_id, line.price, line.quantity) for place, line in enumerate(lines)]
    return Cart(
        lines=tuple(cart_lines),
        item_prices=tuple(offers.item_prices),
        bundles=tuple(offers.bundles),
        multi_buys=tuple(offers.multi_buys),
        full_reductions=tuple(offers.full_reductions),
        stacking=stacking,
    )


def key_of(coupon: Coupon) -> str:
    """Return the id under which the steps of a price name a coupon."""
    return f"coupon:{coupon.id}"


def _coupon_terms(coupon: Coupon, lines: Sequence[CheckoutLine]) -> CouponTerms:
    template = coupon.template
    scope: frozenset[str | int] | None = None
    if template.scope is CouponScope.LISTING:
        wanted = {int(x) for x in template.scope_ids}
        scope = frozenset(place for place, line in enumerate(lines) if line.listing.id in wanted)
    elif template.scope is CouponScope.CATEGORY:
        pairs = {tuple(pair) for pair in template.scope_ids}
        scope = frozenset(
            place
            for place, line in enumerate(lines)
            if {(line.listing.category.l1, line.listing.category.l2), (line.listing.category.l1, "")} & pairs
        )
    return CouponTerms(
        key_of(coupon), template.shop_id, scope, template.threshold, template.off, template.bp, template.cap,
        f"{template.name} {coupons.words(template)}",
    )  # fmt: skip


def _with_coupons(terms: Cart, lines: Sequence[CheckoutLine], picked: Sequence[Coupon]) -> Cart:
    shop = [coupon for coupon in picked if coupon.template.shop_id is not None]
    platform = [coupon for coupon in picked if coupon.template.shop_id is None]
    if len({coupon.template.shop_id for coupon in shop}) != len(shop) or len(platform) > 1:
        raise Refused("每家店铺只能用一张店铺券，全单只能用一张平台券。", code="coupon_unusable")
    return replace(
        terms,
        shop_coupons=tuple(_coupon_terms(coupon, lines) for coupon in shop),
        platform_coupon=_coupon_terms(platform[0], lines) if platform else None,
    )


def _fits(coupon: Coupon, lines: Sequence[CheckoutLine]) -> bool:
    """Say whether the cart holds goods that the coupon is for."""
    shop_id = coupon.template.shop_id
    if shop_id is not None and all(line.listing.shop_id != shop_id for line in lines):
        return False
    scope = _coupon_terms(coupon, lines).lines
    return scope is None or any(
        place in scope and (shop_id is None or line.listing.shop_id == shop_id) for place, line in enumerate(lines)
    )


def _saves(terms: Cart, lines: Sequence[CheckoutLine], others: Sequence[Coupon], coupon: Coupon) -> int:
    """Return what a coupon takes off beside the others."""
    found = quote(_with_coupons(terms, lines, [*others, coupon]))
    return sum(step.share for line in found.lines for step in line.steps if step.id == key_of(coupon))


def _best(terms: Cart, lines: Sequence[CheckoutLine], mine: Sequence[Coupon]) -> list[Coupon]:
    """Return the coupons that take most: one of each shop, then one of the platform; of equals the first to expire."""
    picked: list[Coupon] = []
    shops: list[int | None] = [*dict.fromkeys(line.listing.shop_id for line in lines), None]
    for shop_id in shops:
        best, most = None, 0
        for coupon in mine:
            if coupon.template.shop_id == shop_id and _fits(coupon, lines):
                saves = _saves(terms, lines, picked, coupon)
                if saves > most:
                    best, most = coupon, saves
        if best is not None:
            picked.append(best)
    return picked


def _options(
    terms: Cart, lines: Sequence[CheckoutLine], mine: Sequence[Coupon], picked: Sequence[Coupon]
) -> tuple[CouponOption, ...]:
    """Return the own coupons that fit the cart, with what each would take off."""
    found = []
    ids = {coupon.id for coupon in picked}
    for coupon in mine:
        if not _fits(coupon, lines):
            continue
        shop_id = coupon.template.shop_id
        others = [x for x in picked if x.template.shop_id != shop_id]
        saves = _saves(terms, lines, others, coupon)
        why = "" if saves else "还没有达到使用门槛"
        text = f"{coupon.template.name} {coupons.words(coupon.template)}"
        found.append(CouponOption(coupon, shop_id, text, saves, coupon.id in ids, why))
    return tuple(found)


def _refuse_idle(priced: Quote, picked: Sequence[Coupon]) -> None:
    """Raise Refused for a chosen coupon that takes nothing off: it would be used up for nothing."""
    working = {step.id for line in priced.lines for step in line.steps}
    for coupon in picked:
        if key_of(coupon) not in working:
            words = f"{coupon.template.name}（{coupons.words(coupon.template)}）"
            raise Refused(f"“{words}”还没有达到使用门槛，请换一张或凑单后再用。", code="coupon_unusable")


def refuse_changed(shown: Mapping[str, Any], checkout: Checkout) -> None:
    """Raise Conflict (409, code price_changed) naming each price that is not what the buyer saw."""
    now = checkout.shown()
    if shown == now:
        return
    issues = []
    before = shown.get("prices") or {}
    for line in checkout.lines:
        old = before.get(str(line.sku.id))
        if isinstance(old, int) and old != line.price:
            issues.append(Issue(f"“{line.listing.title}”的价格由 {yuan(old)} 变为 {yuan(line.price)}。", "price"))
    was = shown.get("lines")
    if not issues and isinstance(was, list) and len(was) == len(now["lines"]):
        for line, old, new in zip(checkout.lines, was, now["lines"], strict=True):
            if isinstance(old, int) and old != new:
                issues.append(Issue(f"“{line.listing.title}”的优惠后金额由 {yuan(old)} 变为 {yuan(new)}。", "price"))
    if shown.get("freight") != now["freight"]:
        issues.append(Issue(f"运费由 {yuan(_fen(shown, 'freight'))} 变为 {yuan(now['freight'])}。", "freight"))
    raise Conflict(
        f"价格有变化：应付由 {yuan(_fen(shown, 'payable'))} 变为 {yuan(now['payable'])}，请确认后重新提交。",
        code="price_changed",
        issues=issues,
    )


def _fen(shown: Mapping[str, Any], name: str) -> int:
    found = shown.get(name)
    return found if isinstance(found, int) else 0
