"""Price rules: the worked example, exact margins, .90 endings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_supply.domain.pricing import PriceRule, Quote, RuleKind, problem, quote, up_to_nine

EXAMPLE = PriceRule(RuleKind.MARGIN, margin_bp=2500, freight=500, fee_bp=500)

costs = st.integers(min_value=0, max_value=10_000_000)
freights = st.integers(min_value=0, max_value=100_000)
margins = st.integers(min_value=0, max_value=8_000)
fees = st.integers(min_value=0, max_value=1_500)


def test_the_worked_example_without_rounding() -> None:
    assert quote(2350, EXAMPLE) == Quote(
        cost=2350, computed=4071, price=4071, fee=204, freight=500, profit=1017, margin_bp=2498
    )


def test_the_worked_example_ends_in_nine() -> None:
    rule = PriceRule(RuleKind.MARGIN, margin_bp=2500, freight=500, fee_bp=500, round_nine=True)
    assert quote(2350, rule) == Quote(
        cost=2350, computed=4071, price=4090, fee=205, freight=500, profit=1035, margin_bp=2531
    )


def test_cost_plus_an_amount() -> None:
    assert quote(2350, PriceRule(RuleKind.ADD, add=1000)).price == 3350


def test_cost_times_a_percentage_is_rounded_once() -> None:
    assert quote(2351, PriceRule(RuleKind.PERCENT, percent_bp=15_050)).price == 3538


@pytest.mark.parametrize(
    ("fen", "expected"), [(0, 90), (1, 90), (89, 90), (90, 90), (91, 190), (190, 190), (191, 290), (4071, 4090)]
)
def test_up_to_nine(fen: int, expected: int) -> None:
    assert up_to_nine(fen) == expected


@given(cost=costs, freight=freights, margin=margins, fee=fees)
def test_a_margin_price_ending_in_nine_never_misses_the_target(cost: int, freight: int, margin: int, fee: int) -> None:
    rule = PriceRule(RuleKind.MARGIN, margin_bp=margin, freight=freight, fee_bp=fee, round_nine=True)
    price = quote(cost, rule).price
    assert price % 100 == 90
    assert price * (10_000 - fee - margin) >= (cost + freight) * 10_000
    lower = price - 100
    assert lower < 0 or lower * (10_000 - fee - margin) < (cost + freight) * 10_000


@given(cost=costs, freight=freights, margin=margins, fee=fees)
def test_a_margin_price_misses_the_target_by_less_than_one_fen(cost: int, freight: int, margin: int, fee: int) -> None:
    rule = PriceRule(RuleKind.MARGIN, margin_bp=margin, freight=freight, fee_bp=fee)
    price = quote(cost, rule).price
    share = 10_000 - fee - margin
    assert (price + 1) * share > (cost + freight) * 10_000
    assert price == 1 or (price - 1) * share < (cost + freight) * 10_000


@given(cost=costs, add=st.integers(min_value=0, max_value=1_000_000), fee=fees, freight=freights)
def test_price_is_split_to_the_fen(cost: int, add: int, fee: int, freight: int) -> None:
    made = quote(cost, PriceRule(RuleKind.ADD, add=add, fee_bp=fee, freight=freight))
    assert made.fee + made.cost + made.freight + made.profit == made.price


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (PriceRule(RuleKind.ADD, add=-1), "add"),
        (PriceRule(RuleKind.PERCENT, percent_bp=0), "percent"),
        (PriceRule(RuleKind.MARGIN, margin_bp=-1), "margin"),
        (PriceRule(RuleKind.MARGIN, margin_bp=9_100, fee_bp=500), "margin"),
        (PriceRule(RuleKind.ADD, freight=-1), "freight"),
    ],
)
def test_impossible_rules_name_their_field(rule: PriceRule, field: str) -> None:
    found = problem(rule)
    assert found is not None
    assert found[0] == field
    with pytest.raises(ValueError, match="。"):
        quote(100, rule)
