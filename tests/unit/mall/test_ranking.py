"""The order of search results: each factor of the formula by hand."""

from __future__ import annotations

import pytest

from sim_mall.domain.dsr import Dsr
from sim_mall.domain.ranking import (
    CONVERSION,
    RATING,
    RELEVANCE,
    SALES,
    SPEED,
    START,
    ShopStanding,
    conversion,
    listing_rank,
    sales,
)

NEW = ShopStanding()


def test_weights_are_those_of_the_model() -> None:
    assert (RELEVANCE, SALES, CONVERSION, RATING, SPEED) == (3_000, 2_500, 2_000, 1_500, 1_000)
    best = ShopStanding(Dsr(10**6, 5 * 10**6, 5 * 10**6, 5 * 10**6), 10**6, 0)
    assert listing_rank(best, 10_000, 10**6, 10**6) == 7_000  # and 3,000 of a search that fits in every word


def test_sales_count_by_their_logarithm() -> None:
    assert [sales(sold) for sold in (0, 9, 99, 999, 9_999, 10_000, 10**7)] == [0, 2500, 5000, 7500, 10000, 10000, 10000]


@pytest.mark.parametrize(
    ("buyers", "visitors", "factor"),
    [
        (0, 0, 1500),  # 0.6 of 20: 3 %, of 20 % that are full
        (0, 80, 300),  # 0.6 of 100
        (10, 80, 5300),  # 10.6 of 100
        (1, 0, 3810),  # bought from a room, never looked at: 1.6 of 21
        (500, 500, 10000),
    ],
)
def test_conversion_is_shrunken_to_three_in_a_hundred(buyers: int, visitors: int, factor: int) -> None:
    assert conversion(buyers, visitors) == factor


def test_a_shop_counts_by_rating_speed_and_points() -> None:
    assert (NEW.rating, NEW.speed, NEW.penalty) == (9250, 6667, 0)  # 4.7 of 1 to 5; a day of three
    assert listing_rank(NEW, 0, 0, 0) == START == 300 + (1500 * 9250 + 1000 * 6667) // 10_000
    praised, blamed = ShopStanding(Dsr(20, 100, 100, 100)), ShopStanding(Dsr(20, 20, 20, 20))
    assert (praised.rating, blamed.rating) == (9625, 4625)  # (20·4.7 + 100) / 40 = 4.85, (20·4.7 + 20) / 40 = 2.85
    one_bad, many_good = ShopStanding(Dsr(1, 1, 1, 1)), ShopStanding(Dsr(300, 1470, 1470, 1470))
    assert 9000 > one_bad.rating > 8600  # one rating moves little: (20·4.7 + 1) / 21 = 4.52
    assert many_good.rating > praised.rating - 100
    assert ShopStanding(orders=20, hours=0).speed == 8333
    assert ShopStanding(orders=20, hours=20 * 240).speed == 0
    assert ShopStanding(points=250).penalty == 250  # 2.5 points
    assert ShopStanding(points=4_800).penalty == 3_000
    assert listing_rank(ShopStanding(points=1_200), 0, 0, 0) == START - 1_200
