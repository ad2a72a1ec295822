"""The pipeline of prices, to the fen. Figures were worked by hand from commerce model 3.5."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_mall.domain.pricing.engine import quote
from sim_mall.domain.pricing.refunds import refund_units, spread_total
from sim_mall.domain.pricing.terms import (
    Bundle,
    Cart,
    CartLine,
    Coupon,
    Freight,
    FullReduction,
    ItemPrice,
    MultiBuy,
    OfferKind,
    Quote,
    Tier,
)

FLASH, GROUP, LIVE, LIMITED, MEMBER = OfferKind
A, B, C = CartLine("A", "S", 5990, 1), CartLine("B", "S", 1999, 2), CartLine("C", "S", 850, 3)
WORKED: dict[str, Any] = {
    "lines": (A, B, C),
    "item_prices": (ItemPrice("limited", LIMITED, frozenset("A"), bp=8800),),
    "full_reductions": (FullReduction("full", "S", None, (Tier(10000, off=1000),)),),
    "shop_coupons": (Coupon("five", "S", frozenset("AB"), 0, off=500),),
    "platform_coupon": Coupon("three", None, None, 0, off=300),
    "freight": (Freight("S", 800),),
}


def tens(count: int) -> tuple[CartLine, ...]:
    """Return lines of 10.00 of one shop."""
    return tuple(CartLine(index, "S", 1000, 1) for index in range(count))


def payables(found: Quote) -> list[int]:
    return [line.payable for line in found.lines]


def shares(found: Quote, step: str) -> list[int]:
    return [sum(item.share for item in line.steps if item.step == step) for line in found.lines]


def full(threshold: int, off: int, **more: Any) -> FullReduction:
    return FullReduction("F", "S", more.get("lines"), (Tier(threshold, off=off),))


def test_the_worked_order() -> None:
    found = quote(Cart(**WORKED))
    assert shares(found, "item") == [719, 0, 0]
    assert shares(found, "full") == [446, 338, 216]
    assert shares(found, "shop_coupon") == [284, 216, 0]
    assert shares(found, "platform_coupon") == [132, 100, 68]
    assert payables(found) == [4409, 3344, 2266]
    assert (found.goods_payable, found.freight_total, found.payable) == (10019, 800, 10819)
    units = [refund_units(line.payable, line.qty) for line in found.lines]
    assert units == [[4409], [1672, 1672], [755, 755, 756]]


def test_the_worked_order_shuffled_costs_the_same() -> None:
    found = quote(Cart(**{**WORKED, "lines": (C, A, B)}))
    assert payables(found) == [2266, 4409, 3344]
    assert found.payable == 10819


@pytest.mark.parametrize(("amount", "share"), [(9950, 0), (9999, 0), (10000, 1000), (10001, 1000)])
def test_a_threshold_is_reached_or_not(amount: int, share: int) -> None:
    found = quote(Cart((CartLine(1, "S", amount, 1),), full_reductions=(full(10000, 1000),)))
    assert shares(found, "full") == [share]


def test_six_times_ten_with_five_off_sixty() -> None:
    found = quote(Cart(tens(6), full_reductions=(full(6000, 500),)))
    assert shares(found, "full") == [84, 84, 83, 83, 83, 83]


def test_a_coupon_larger_than_the_order_takes_the_order() -> None:
    found = quote(Cart((CartLine(1, "S", 17600, 1),), shop_coupons=(Coupon("c", "S", None, 0, off=100_000),)))
    assert (shares(found, "shop_coupon"), found.payable) == ([17600], 0)


@pytest.mark.parametrize(
    ("offers", "payable", "by"),
    [
        ([(FLASH, None, 900), (GROUP, None, 100)], 2700, 0),  # flash before group, even where group is cheaper
        ([(MEMBER, None, 100), (GROUP, None, 800)], 2400, 1),
        ([(LIVE, None, 900), (LIMITED, 8000, None), (MEMBER, None, 850)], 2400, 1),  # the lowest of the three
        ([(LIMITED, 9000, None), (LIVE, None, 900)], 2700, 0),  # of equals the earlier
        ([(FLASH, None, 900), (FLASH, 8500, None)], 2550, 1),
        ([(LIMITED, None, 1500)], 3000, None),  # never dearer
        ([(FLASH, None, 1500), (LIMITED, None, 500)], 3000, None),  # a flash line stays one
        ([(LIMITED, None, 1000)], 3000, None),
    ],
)
def test_one_item_price_a_line(offers: list[tuple[OfferKind, int | None, int | None]], payable: int, by: int) -> None:
    rules = [ItemPrice(n, kind, frozenset([1]), bp=bp, price=price) for n, (kind, bp, price) in enumerate(offers)]
    found = quote(Cart((CartLine(1, "S", 1000, 3),), item_prices=tuple(rules)))
    assert payables(found) == [payable]
    assert [step.id for step in found.lines[0].steps] == ([] if by is None else [by])


def test_an_item_price_rounds_on_the_line_total() -> None:
    found = quote(Cart((CartLine(1, "S", 333, 3),), item_prices=(ItemPrice(1, LIMITED, frozenset([1]), bp=8850),)))
    assert payables(found) == [884]  # 999 × 0.885 = 884.115; a unit rounded alone would make 885


@pytest.mark.parametrize("kind", [FLASH, GROUP])
def test_flash_and_group_lines_stand_aside(kind: OfferKind) -> None:
    found = quote(
        Cart(
            tens(2),
            item_prices=(ItemPrice("o", kind, frozenset([0]), price=1000),),  # equal price: it counts as such
            multi_buys=(MultiBuy("m", None, 2, 5000), MultiBuy("n", None, 1, 9000)),
            full_reductions=(full(1000, 100), full(0, 100)),
            shop_coupons=(Coupon("c", "S", None, 900, off=50),),
            platform_coupon=Coupon("p", None, None, 0, off=100),
        )
    )
    assert shares(found, "multi") == [0, 100]  # of both lines one is eligible: only n is reached
    assert shares(found, "full") == [0, 0]  # 900 does not reach 1000, and the line keeps to the first activity
    assert shares(found, "shop_coupon") == [0, 50]
    assert shares(found, "platform_coupon") == [54, 46]  # 1000 and 850: 54.05 and 45.95


def test_multi_buys_count_units_of_any_shop_and_follow_each_other() -> None:
    lines = (CartLine(1, "S", 999, 1), CartLine(2, "T", 501, 2))
    rules = (MultiBuy("a", None, 3, 9000), MultiBuy("b", frozenset([1, 2]), 3, 8000), MultiBuy("c", None, 4, 1))
    found = quote(Cart(lines, multi_buys=rules))
    assert payables(found) == [719, 722]  # 999 → 899.1 → 719.2; 1002 → 901.8 = 902 → 721.6
    assert [(step.id, step.share) for step in found.lines[0].steps] == [("a", 100), ("b", 180)]


def test_the_highest_reached_tier_counts_even_when_it_gives_less() -> None:
    tiers = (Tier(2000, off=900), Tier(3000, bp=9500), Tier(3001, off=2000))
    found = quote(Cart(tens(3), full_reductions=(FullReduction("F", "S", None, tiers),)))
    assert shares(found, "full") == [50, 50, 50]


def test_a_line_keeps_to_the_first_activity_that_covers_it() -> None:
    first = FullReduction("1", "S", frozenset([0, 1]), (Tier(5000, off=500),))
    found = quote(Cart(tens(3), full_reductions=(first, full(1000, 100))))
    assert shares(found, "full") == [0, 0, 100]


def test_rules_ignore_lines_of_other_shops() -> None:
    lines = (CartLine(1, "S", 1000, 1), CartLine(2, "T", 1000, 1))
    both = frozenset([1, 2])
    found = quote(
        Cart(
            lines,
            full_reductions=(FullReduction("F", "S", both, (Tier(1000, off=100), Tier(2000, off=900))),),
            shop_coupons=(Coupon("c", "T", both, 1001, off=1), Coupon("d", "U", both, 0, off=100)),
        )
    )
    assert payables(found) == [900, 1000]


@pytest.mark.parametrize(
    ("coupon", "share"),
    [
        (Coupon("c", "S", None, 0, bp=8800), 120),
        (Coupon("c", "S", None, 0, bp=8885), 111),  # 1000 - half-up(888.5) = 111
        (Coupon("c", "S", None, 0, bp=5000, cap=300), 300),
        (Coupon("c", "S", None, 1001, off=300), 0),
        (Coupon("c", "S", None, 1000, off=300), 300),
        (Coupon("c", "S", None, 0, off=300, cap=200), 200),
        (Coupon("c", "S", None, 0, off=0), 0),
    ],
)
def test_what_a_coupon_takes(coupon: Coupon, share: int) -> None:
    assert shares(quote(Cart(tens(1), shop_coupons=(coupon,))), "shop_coupon") == [share]


@pytest.mark.parametrize(("points", "used"), [(0, 0), (1, 1), (499, 499), (500, 500), (501, 500), (10**9, 500)])
def test_points_pay_at_most_half_rounded_down(points: int, used: int) -> None:
    assert shares(quote(Cart((CartLine(1, "S", 1001, 1),), points=points)), "points") == [used]


@pytest.mark.parametrize(
    ("freight", "fee"),
    [
        (Freight("S", 800), 800),
        (Freight("S", 800, free_from=900), 0),
        (Freight("S", 800, free_from=901), 800),
        (Freight("S", 800, cut_from=900, cut=500), 300),
        (Freight("S", 800, free_from=901, cut_from=900, cut=900), 0),
    ],
)
def test_free_freight_looks_at_goods_after_the_platform_coupon_and_before_points(freight: Freight, fee: int) -> None:
    cart = Cart(
        tens(1), platform_coupon=Coupon("p", None, None, 0, off=100), points=400, freight=(freight, Freight("T", 1))
    )
    found = quote(cart)
    assert [(entry.shop, entry.fee) for entry in found.freight] == [("S", fee)]
    assert found.payable == 500 + fee


def test_bundles_use_each_unit_once() -> None:
    lines = (CartLine(1, "S", 1000, 3), CartLine(2, "S", 500, 2), CartLine(3, "S", 300, 1))
    two = Bundle("b", ((frozenset([1]), 1), (frozenset([2]), 1)), 1200)
    three = Bundle("c", ((frozenset([1]), 1), (frozenset([3]), 1)), 1000)
    again = Bundle("d", ((frozenset([1]), 1), (frozenset([3]), 1)), 1)
    found = quote(Cart(lines, bundles=(two, three, again), multi_buys=(MultiBuy("m", None, 1, 5000),)))
    assert payables(found) == [2600 - 231, 800, 231]  # 600 off 2000+1000 → 400/200; 300 off 1000+300 → 231/69
    assert sum(payables(found)) == 2 * 1200 + 1000


def test_a_dear_bundle_and_one_that_wants_the_same_units_twice_do_nothing() -> None:
    dear = Bundle("b", ((frozenset([0]), 1), (frozenset([1]), 1)), 2000)
    twice = Bundle("c", ((frozenset([0]), 1), (frozenset([0]), 1)), 1)
    assert payables(quote(Cart(tens(2), bundles=(dear, twice, Bundle("e", (), 1))))) == [1000, 1000]


@pytest.mark.parametrize("lines", [(CartLine(0, 1, 0, 1),), (CartLine(0, 1, 100, 0),), (A, A)])
def test_impossible_lines_are_refused(lines: tuple[CartLine, ...]) -> None:
    with pytest.raises(ValueError, match="must be"):
        quote(Cart(lines))


@pytest.mark.parametrize(
    ("old", "total", "new"),
    [([4409, 3344, 2266], 9000, [3961, 3004, 2035]), ([0, 0], 3, [2, 1]), ([5], 9, [9]), ([3, 3], 0, [0, 0])],
)
def test_a_new_total_is_laid_on_the_lines(old: list[int], total: int, new: list[int]) -> None:
    assert spread_total(old, total) == new
    with pytest.raises(ValueError, match="negative"):
        spread_total(old, -1)


AMOUNTS = st.integers(0, 30_000)
SHOPS = st.sampled_from("ST")
REDUCTION = st.one_of(
    st.builds(lambda off: {"off": off}, AMOUNTS), st.builds(lambda bp: {"bp": bp}, st.integers(1, 9999))
)


@st.composite
def carts(draw: st.DrawFn) -> Cart:
    """Draw a cart of up to six lines with rules of every kind."""
    count = draw(st.integers(1, 6))
    lines = tuple(CartLine(n, draw(SHOPS), draw(st.integers(1, 9999)), draw(st.integers(1, 5))) for n in range(count))
    some = st.frozensets(st.integers(0, count - 1), max_size=count)
    scope = st.one_of(st.none(), some)
    few = st.integers(0, 3)
    tier = st.builds(lambda threshold, cut: Tier(threshold, **cut), AMOUNTS, REDUCTION)
    coupon = st.builds(
        lambda shop, covers, threshold, cut, cap: Coupon("c", shop, covers, threshold, cap=cap, **cut),
        SHOPS, scope, AMOUNTS, REDUCTION, st.one_of(st.none(), AMOUNTS),
    )  # fmt: skip
    offers = st.builds(
        lambda kind, covers, bp, price: ItemPrice("i", kind, covers, bp=bp, price=price if bp is None else None),
        st.sampled_from(OfferKind), some, st.one_of(st.none(), st.integers(1, 9999)), st.integers(0, 9999),
    )  # fmt: skip
    part = st.tuples(some, st.integers(1, 2))
    return Cart(
        lines=lines,
        item_prices=tuple(draw(offers) for _ in range(draw(few))),
        bundles=tuple(Bundle("b", tuple(draw(st.lists(part, max_size=2))), draw(AMOUNTS)) for _ in range(draw(few))),
        multi_buys=tuple(
            MultiBuy("m", draw(scope), draw(st.integers(1, 6)), draw(st.integers(1, 9999))) for _ in range(draw(few))
        ),
        full_reductions=tuple(
            FullReduction("f", draw(SHOPS), draw(scope), tuple(draw(st.lists(tier, max_size=3))))
            for _ in range(draw(few))
        ),
        shop_coupons=tuple(draw(coupon) for _ in range(draw(few))),
        platform_coupon=draw(st.one_of(st.none(), coupon)),
        points=draw(AMOUNTS),
        freight=(Freight("S", draw(AMOUNTS), draw(st.one_of(st.none(), AMOUNTS))),),
    )


@settings(max_examples=150, derandomize=True, deadline=None)
@given(carts())
def test_sums_are_exact_and_nothing_is_negative_or_dearer(cart: Cart) -> None:
    found = quote(cart)
    for line in found.lines:
        assert line.base == line.unit_price * line.qty
        assert line.base - sum(step.share for step in line.steps) == line.payable
        assert all(step.share > 0 for step in line.steps)
        assert 0 <= line.payable <= line.base
        units = refund_units(line.payable, line.qty)
        assert (len(units), sum(units)) == (line.qty, line.payable)
        assert min(units) >= 0
    assert found.payable == found.goods_payable + found.freight_total
    assert quote(cart) == found


@settings(max_examples=80, derandomize=True, deadline=None)
@given(st.lists(st.integers(1, 9999), min_size=1, max_size=8), st.integers(0, 40_000))
def test_a_discount_is_split_as_the_method_says(prices: list[int], off: int) -> None:
    cart = Cart(tuple(CartLine(n, "S", price, 1) for n, price in enumerate(prices)), full_reductions=(full(0, off),))
    total, discount = sum(prices), min(off, sum(prices))
    found = shares(quote(cart), "full")
    assert sum(found) == discount
    exact = [discount * price / total for price in prices]
    assert all(abs(share - wanted) < 1 for share, wanted in zip(found, exact, strict=True))
    by_price: dict[int, list[int]] = {}
    for price, share in zip(prices, found, strict=True):
        by_price.setdefault(price, []).append(share)
    assert all(equal == sorted(equal, reverse=True) for equal in by_price.values())  # ties to the earlier line
