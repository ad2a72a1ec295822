"""The pipeline of a price: each step works on the amounts that the step before left.

1 item price → 2 bundles and N件N折 → 3 满减/满折 → 4 shop coupons → 5 platform coupon → 6 points → 7 freight.
Percentages round half up on the line once (steps 1 and 2) or on the total in scope (steps 3 to 5); a discount
on several lines is split by largest remainder, ties to the earlier line. Lines priced by flash sale or group
take no part in steps 2, 3 and 4. Source: commerce model 3.5 and the format of ``flask mall quote``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.core.money import part, split
from sim_mall.domain.pricing.terms import (
    Bundle,
    Cart,
    CartLine,
    Coupon,
    FullReduction,
    Id,
    ItemPrice,
    MultiBuy,
    OfferKind,
    PricedLine,
    Quote,
    Scope,
    ShopFreight,
    Step,
    StepKind,
    Tier,
)

POINTS_ID = "points"
_ALONE = (OfferKind.FLASH, OfferKind.GROUP)  # the first of them that covers a line has it


def quote(cart: Cart) -> Quote:
    """Price a cart. Raises ValueError for quantities or prices below 1 and for repeated line ids."""
    return _Till(cart).ring_up()


def with_floor(priced: Quote, least: int = 1) -> Quote:
    """Return the quote with at least ``least`` fen to pay for each shop: the last discount gives so much back.

    Orders cost at least 1 fen (commerce model 3.5); the file of ``flask mall quote`` knows no such floor.
    """
    short = {}
    for shop in {line.shop for line in priced.lines}:
        missing = least - sum(line.payable for line in priced.of_shop(shop)) - priced.freight_of(shop)
        if missing > 0:
            short[shop] = missing
    lines = []
    for line in priced.lines:
        back = short.get(line.shop, 0)
        if back and line.steps and line.steps[-1].share >= back:
            del short[line.shop]
            last = replace(line.steps[-1], share=line.steps[-1].share - back)
            steps = (*line.steps[:-1], last) if last.share else line.steps[:-1]
            lines.append(replace(line, steps=steps, payable=line.payable + back))
        else:
            lines.append(line)
    return replace(priced, lines=tuple(lines))


def offer_total(line: CartLine, offer: ItemPrice) -> int:
    """Return what the whole line costs by this offer; it may be more than the base."""
    if offer.price is not None:
        return offer.price * line.qty
    return part(line.unit_price * line.qty, offer.bp or 0)


def choose_offer(line: CartLine, offers: Sequence[ItemPrice]) -> ItemPrice | None:
    """Return the one offer that prices the line: flash, else group, else the lowest; of equals the earlier."""
    if not offers:
        return None
    for kind in _ALONE:
        found = [offer for offer in offers if offer.kind is kind]
        if found:
            return min(found, key=lambda offer: offer_total(line, offer))
    return min(offers, key=lambda offer: offer_total(line, offer))


def discount_of(total: int, off: int | None, bp: int | None, cap: int | None = None) -> int:
    """Return what ``off`` fen or ``bp`` basis points take off a total: capped, and never more than the total."""
    found = off if off is not None else total - part(total, bp or 0)
    if cap is not None:
        found = min(found, cap)
    return max(0, min(found, total))


def best_tier(tiers: Iterable[Tier], total: int) -> Tier | None:
    """Return the tier with the highest threshold that the total reaches; of equal ones that which takes more."""
    reached = [tier for tier in tiers if total >= tier.threshold]
    return max(reached, key=lambda tier: (tier.threshold, discount_of(total, tier.off, tier.bp)), default=None)


class _Till:
    """The state of one price: what each line still costs, and which steps took what."""

    __slots__ = ("alone", "amounts", "bundled", "cart", "steps")

    def __init__(self, cart: Cart) -> None:
        self.cart = cart
        if len({line.id for line in cart.lines}) != len(cart.lines):
            raise ValueError("line ids must be unique")
        for line in cart.lines:
            if line.qty < 1 or line.unit_price < 1:
                raise ValueError("quantity and price must be at least 1")
        self.amounts = [line.unit_price * line.qty for line in cart.lines]
        self.steps: list[list[Step]] = [[] for _ in cart.lines]
        self.alone = [False] * len(cart.lines)  # priced by flash sale or group
        self.bundled = [0] * len(cart.lines)  # units that a bundle has used

    def ring_up(self) -> Quote:
        cart = self.cart
        self._item_prices()
        for bundle in cart.bundles:
            self._bundle(bundle)
        for multi_buy in cart.multi_buys:
            self._multi_buy(multi_buy)
        self._full_reductions()
        for coupon in cart.shop_coupons:
            scope = self._scope(coupon.lines, coupon.shop, stacking=cart.stacking)
            self._coupon(StepKind.SHOP_COUPON, coupon, scope)
        everything = range(len(cart.lines))
        if cart.platform_coupon:
            wanted = cart.platform_coupon.lines  # all lines, those of flash sales and groups too
            scope = [i for i in everything if wanted is None or cart.lines[i].id in wanted]
            self._coupon(StepKind.PLATFORM_COUPON, cart.platform_coupon, scope)
        freight = self._freight()
        if cart.points:
            self._spread(everything, min(cart.points, sum(self.amounts) // 2), StepKind.POINTS, POINTS_ID, "")
        lines = (
            PricedLine(line.id, line.shop, line.unit_price, line.qty, line.unit_price * line.qty, tuple(steps), amount)
            for line, steps, amount in zip(cart.lines, self.steps, self.amounts, strict=True)
        )
        return Quote(tuple(lines), freight)

    def _take(self, index: int, share: int, step: StepKind, id_: Id, name: str) -> None:
        if share > 0:
            self.amounts[index] -= share
            self.steps[index].append(Step(step, id_, share, name))

    def _spread(self, scope: Sequence[int], discount: int, step: StepKind, id_: Id, name: str) -> None:
        if discount > 0:
            shares = split(discount, [self.amounts[index] for index in scope])
            for index, share in zip(scope, shares, strict=True):
                self._take(index, share, step, id_, name)

    def _scope(self, lines: Scope, shop: Id | None = None, *, stacking: bool = False) -> list[int]:
        """Return the places of the lines that a rule of steps 2 to 4 covers."""
        return [
            index
            for index, line in enumerate(self.cart.lines)
            if (stacking or not self.alone[index])
            and (shop is None or line.shop == shop)
            and (lines is None or line.id in lines)
        ]

    def _total(self, scope: Sequence[int]) -> int:
        return sum(self.amounts[index] for index in scope)

    def _item_prices(self) -> None:
        covering: dict[Id, list[ItemPrice]] = {}
        for offer in self.cart.item_prices:
            for line_id in offer.lines:
                covering.setdefault(line_id, []).append(offer)
        for index, line in enumerate(self.cart.lines):
            chosen = choose_offer(line, covering.get(line.id, ()))
            if chosen is not None:
                self.alone[index] = chosen.kind in _ALONE
                saved = self.amounts[index] - offer_total(line, chosen)
                self._take(index, saved, StepKind.ITEM, chosen.id, chosen.name)

    def _bundle(self, bundle: Bundle) -> None:
        """Fill as many sets as the units that no other bundle has used allow; skip sets that save nothing."""
        rooms = []
        for lines, units in bundle.parts:
            places = self._scope(lines)
            free = {index: self.cart.lines[index].qty - self.bundled[index] for index in places}
            rooms.append((free, units))
        sets = min((sum(free.values()) // units for free, units in rooms), default=0)
        if sets == 0:
            return
        taken: dict[int, int] = {}
        for free, units in rooms:
            wanted = sets * units
            for index, room in free.items():
                now = min(wanted, room - taken.get(index, 0))
                taken[index] = taken.get(index, 0) + now
                wanted -= now
            if wanted:
                return  # two parts wanted the same units
        scope = sorted(index for index, units in taken.items() if units)
        worth = [self._worth(index, taken[index]) for index in scope]
        saved = sum(worth) - sets * bundle.price
        if saved <= 0:
            return
        for index, share in zip(scope, split(saved, worth), strict=True):
            self.bundled[index] += taken[index]
            self._take(index, share, StepKind.BUNDLE, bundle.id, bundle.name)

    def _worth(self, index: int, units: int) -> int:
        """Return what the next ``units`` of a line that no bundle has used cost before the bundle."""
        line, used = self.cart.lines[index], self.bundled[index]
        before = self.amounts[index] + sum(s.share for s in self.steps[index] if s.step is StepKind.BUNDLE)
        return before * (used + units) // line.qty - before * used // line.qty

    def _multi_buy(self, rule: MultiBuy) -> None:
        scope = [index for index in self._scope(rule.lines) if not self.bundled[index]]
        if scope and sum(self.cart.lines[index].qty for index in scope) >= rule.min_qty:
            for index in scope:
                amount = self.amounts[index]
                self._take(index, amount - part(amount, rule.bp), StepKind.MULTI, rule.id, rule.name)

    def _full_reductions(self) -> None:
        belongs: dict[int, FullReduction] = {}
        for rule in self.cart.full_reductions:
            covered = self._scope(rule.lines, rule.shop, stacking=self.cart.stacking)
            scope = [index for index in covered if index not in belongs]
            belongs.update(dict.fromkeys(scope, rule))
            total = self._total(scope)
            tier = best_tier(rule.tiers, total)
            if tier:
                self._spread(scope, discount_of(total, tier.off, tier.bp), StepKind.FULL, rule.id, rule.name)

    def _coupon(self, step: StepKind, coupon: Coupon, scope: Sequence[int]) -> None:
        total = self._total(scope)
        if total >= coupon.threshold:
            discount = discount_of(total, coupon.off, coupon.bp, coupon.cap)
            self._spread(scope, discount, step, coupon.id, coupon.name)

    def _freight(self) -> tuple[ShopFreight, ...]:
        """Return the freight of the shops that have a line; called when the platform coupon has been taken off."""
        goods: dict[Id, int] = {}
        for line, amount in zip(self.cart.lines, self.amounts, strict=True):
            goods[line.shop] = goods.get(line.shop, 0) + amount
        found = []
        for entry in self.cart.freight:
            amount_of_shop = goods.get(entry.shop)
            if amount_of_shop is None:
                continue
            fee = entry.fee
            if entry.free_from is not None and amount_of_shop >= entry.free_from:
                fee = 0
            elif entry.cut_from is not None and amount_of_shop >= entry.cut_from:
                fee = max(0, fee - entry.cut)
            found.append(ShopFreight(entry.shop, fee, entry.fee))
        return tuple(found)
