"""Pure rules of sourcing: sync shares, moving average, paging, cooperation, returns, clamped prices."""

from __future__ import annotations

import pytest

from sim_supply.domain.cooperation import Grade, cost_for, grade_for
from sim_supply.domain.paging import Direction, run_lab
from sim_supply.domain.pricing import PriceRule, RuleKind, quote, rule_from
from sim_supply.domain.return_flow import supplier_agrees
from sim_supply.domain.stock_flow import average_cost, leaving_value
from sim_supply.domain.sync_rules import SyncRule, problem, sets, share


@pytest.mark.parametrize(
    ("free", "rule", "units"),
    [
        (100, SyncRule(), 100),
        (99, SyncRule(ratio_bp=5000), 49),
        (99, SyncRule(ratio_bp=5000, safety=10), 39),
        (8, SyncRule(safety=10), 0),
        (4, SyncRule(), 4),
        (4, SyncRule(few_is_none=True), 0),
        (5, SyncRule(few_is_none=True), 5),
        (9, SyncRule(safety=5, few_is_none=True), 0),
        (0, SyncRule(), 0),
    ],
)
def test_a_shop_offers_its_share(free: int, rule: SyncRule, units: int) -> None:
    assert share(free, rule) == units


def test_sets_need_every_part() -> None:
    assert sets([(10, 3)]) == 3
    assert sets([(10, 3), (4, 1), (5, 2)]) == 2
    assert sets([(-2, 1)]) == 0
    assert sets([]) == 0
    assert [problem(SyncRule(minutes=n)) is None for n in (0, 60, 61, -1)] == [True, True, False, False]


def test_units_leave_at_the_moving_average_and_the_last_takes_the_rest() -> None:
    assert average_cost(3, 1000) == 333
    assert [leaving_value(3, 1000, 1), leaving_value(2, 667, 1), leaving_value(1, 333, 1)] == [333, 334, 333]
    with pytest.raises(ValueError, match="more is taken"):
        leaving_value(1, 100, 2)


@pytest.mark.parametrize("orders", [1, 7, 20, 43])
@pytest.mark.parametrize("changes", [1, 2, 5])
def test_paging_backward_loses_nothing(orders: int, changes: int) -> None:
    assert run_lab(orders, 5, changes, Direction.BACKWARD).lost == ()


def test_paging_forward_loses_orders() -> None:
    run = run_lab(20, 5, 1, Direction.FORWARD)
    assert run.lost == (6, 12, 18)
    assert [page.read for page in run.pages][:2] == [(1, 2, 3, 4, 5), (7, 8, 9, 10, 11)]


def test_grades_and_discounts() -> None:
    assert [grade_for(n) for n in (0, 4, 5, 19, 20)] == [
        Grade.NORMAL,
        Grade.NORMAL,
        Grade.SILVER,
        Grade.SILVER,
        Grade.GOLD,
    ]
    assert [cost_for(2350, 0), cost_for(2350, 200), cost_for(1, 800)] == [2350, 2303, 1]


def test_goods_without_fault_go_back_in_time_only() -> None:
    assert supplier_agrees("quality", 40)[0]
    assert supplier_agrees("dislike", 15)[0]
    assert not supplier_agrees("dislike", 16)[0]


def test_the_oracle_of_the_margin_rule_and_the_retail_span() -> None:
    rule = PriceRule(RuleKind.MARGIN, margin_bp=2500, freight=500, fee_bp=500, round_nine=True)
    made = quote(2350, rule)
    assert (made.computed, made.price) == (4071, 4090)
    assert quote(2350, rule, floor=4500).price == 4500
    assert quote(2350, rule, ceiling=3990).price == 3990
    kept = {"kind": "margin", "margin_bp": 2500, "freight": 500, "fee_bp": 0, "round_nine": True}
    assert rule_from(kept, 500) == rule
    assert rule_from({}, 500) is None
    assert rule_from({"kind": "odd"}, 500) is None
