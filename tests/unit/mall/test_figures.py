"""Scores, sources, periods: pure rules of the figures."""

from __future__ import annotations

from datetime import date

import pytest

from sim_mall.domain.board import Figures, Period, change_bp, period_of
from sim_mall.domain.definitions import DEFINITIONS, definition
from sim_mall.domain.dsr import Dsr
from sim_mall.domain.traffic import SOURCE_NAMES, Source, source_of


def test_scores_show_from_three_ratings_and_rank_shrunken() -> None:
    few = Dsr(2, 10, 10, 10)
    assert (few.description, few.overall) == (None, None)
    some = Dsr(3, 14, 13, 15)
    assert (some.description, some.service, some.logistics, some.overall) == (467, 433, 500, 467)
    # (20 x 4.7 + sum) / (20 + n): 94 + 14 over 23
    assert some.ranking == 470
    assert Dsr(0, 0, 0, 0).ranking == 470
    assert Dsr(20, 100, 100, 100).ranking == 485
    assert Dsr(20, 20, 20, 20).ranking == 285


@pytest.mark.parametrize(
    ("path", "named", "source"),
    [
        ("", "", Source.OTHER),
        ("/mall/", "", Source.HOME),
        ("/mall/search?q=床", "", Source.SEARCH),
        ("/mall/categories", "", Source.CATEGORY),
        ("/mall/products/7", "", Source.SHOP),
        ("/mall/shops/3?sort=new", "", Source.SHOP),
        ("/live/12", "", Source.LIVE),
        ("/mall/cart", "", Source.CART),
        ("/mall/orders/9", "", Source.ORDERS),
        ("/tasks", "", Source.OTHER),
        ("/mall/search", "live", Source.LIVE),
        ("/mall/search", "nonsense", Source.SEARCH),
    ],
)
def test_source_of_a_visit(path: str, named: str, source: Source) -> None:
    assert source_of(path, named) is source


def test_periods_and_their_comparison() -> None:
    today = date(2026, 11, 20)
    assert period_of("today", today) == Period(today, today)
    assert period_of("yesterday", today).before == Period(date(2026, 11, 18), date(2026, 11, 18))
    week = period_of("7d", today)
    assert (week.first, week.days, week.before) == (
        date(2026, 11, 14),
        7,
        Period(date(2026, 11, 7), date(2026, 11, 13)),
    )
    assert period_of("??", today) == week
    assert [change_bp(*pair) for pair in ((110, 100), (50, 100), (5, 0), (None, 3))] == [1000, -5000, None, None]
    one = Figures(visitors=3, buyers=1, gmv_paid=1000, refunded=333)
    assert (one.conversion, one.order_value, one.refund_rate, one.net_sales) == (3333, 1000, 3330, 667)
    none = Figures()
    assert (none.conversion, none.order_value, none.refund_rate) == (None, None, None)


def test_everything_shown_is_defined() -> None:
    assert set(SOURCE_NAMES) == set(Source)
    assert all(one.text.endswith("。") for one in DEFINITIONS.values())
    assert "180 天" in definition("dsr")
