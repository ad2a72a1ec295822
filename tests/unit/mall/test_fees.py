"""Fees and the daily statement: to the fen, whatever comes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_mall.domain.fees import Fee, FeeKind, FeeTable, fee_back, fees_of
from sim_mall.domain.statement import Line, by_day, kinds_of

TABLE = FeeTable(500, {"食品": 300, "服饰": 800}, 200, 60)


def test_fees_by_category_and_source() -> None:
    goods = [("食品", 100_00), ("服饰", 50_00), ("居家", 20_00)]
    # 3.00 + 4.00 + 5 % of (20.00 + 8.00) = 1.40; 0.6 % of 178.00 = 1.068
    assert fees_of(goods, 8_00, live=False, table=TABLE) == [Fee(FeeKind.COMMISSION, 8_40), Fee(FeeKind.TECH, 107)]
    assert fees_of(goods, 8_00, live=True, table=TABLE) == [
        Fee(FeeKind.COMMISSION, 8_40),
        Fee(FeeKind.LIVE, 3_56),
        Fee(FeeKind.TECH, 107),
    ]
    # one rate: rounded once on the sum, as 47.98 at 5 %
    plain = FeeTable(500, {}, 0, 0)
    assert fees_of([("居家", 39_98)], 8_00, live=False, table=plain) == [Fee(FeeKind.COMMISSION, 240)]
    assert fees_of([("居家", 0)], 0, live=True, table=TABLE) == []


RATES = st.integers(0, 5000)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    goods=st.lists(st.tuples(st.sampled_from(["甲", "乙", "丙"]), st.integers(0, 10**7)), max_size=5),
    freight=st.integers(0, 10_000),
    rates=st.tuples(RATES, RATES, RATES, st.integers(0, 2000), st.integers(0, 500)),
    live=st.booleans(),
)
def test_fees_never_exceed_what_is_settled(
    goods: list[tuple[str, int]], freight: int, rates: tuple[int, int, int, int, int], live: bool
) -> None:
    table = FeeTable(rates[0], {"甲": rates[1], "乙": rates[2]}, rates[3], rates[4])
    fees = fees_of(goods, freight, live=live, table=table)
    assert all(fee.amount > 0 for fee in fees)
    assert sum(fee.amount for fee in fees) <= sum(amount for _, amount in goods) + freight


@settings(max_examples=60, derandomize=True, deadline=None)
@given(fee=st.integers(0, 5000), settled=st.integers(1, 10_000), parts=st.lists(st.integers(1, 4000), max_size=6))
def test_partial_refunds_bring_the_fee_back_once(fee: int, settled: int, parts: list[int]) -> None:
    back = refunded = 0
    for amount in parts:
        refunded = min(refunded + amount, settled)
        owed = fee_back(fee, settled, refunded) - back
        assert owed >= 0
        back += owed
        assert back <= fee
    assert fee_back(fee, settled, settled) == fee


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    opening=st.integers(0, 10**9),
    moves=st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from(["settlement", "refund", "fine", "x"]), st.integers(-9999, 9999)),
        max_size=30,
    ),
)
def test_a_statement_adds_up_day_by_day(opening: int, moves: list[tuple[int, str, int]]) -> None:
    first = date(2026, 11, 2)
    lines = [Line(first + timedelta(days=day), kind, amount) for day, kind, amount in moves]
    days = by_day(opening, first, first + timedelta(days=9), lines)
    assert len(days) == 10
    balance = opening
    for one in days:
        assert one.opening == balance
        balance += sum(line.amount for line in lines if line.day == one.day)
        assert one.closing == balance
        assert one.money_in + one.money_out == one.closing - one.opening
        assert one.count == sum(1 for line in lines if line.day == one.day)
    assert set(kinds_of(days)) == {line.kind for line in lines}
    with pytest.raises(ValueError, match="outside"):
        by_day(0, first, first, [Line(first - timedelta(days=1), "x", 1)])
