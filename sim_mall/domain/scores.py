"""Three scores of a shop (店铺评分, DSR): 描述相符, 服务态度, 物流速度. Source: commerce model 3.7.

Mean over 180 simulated days; at most three rated orders per buyer and simulated month; default reviews do not
count; below three ratings nothing is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.money import half_up

WINDOW = timedelta(days=180)
ORDERS_PER_BUYER_AND_MONTH = 3
FEWEST = 3


@dataclass(frozen=True, slots=True)
class Rated:
    """One review as the scores see it. month: year * 12 + month of its simulated day."""

    order_id: int
    buyer_id: int
    month: int
    description: int
    service: int
    logistics: int


@dataclass(frozen=True, slots=True)
class Scores:
    """Means of the three scores times 100, None below the fewest ratings. count: ratings that counted."""

    count: int
    description: int | None
    service: int | None
    logistics: int | None

    @property
    def overall(self) -> int | None:
        if self.description is None or self.service is None or self.logistics is None:
            return None
        return half_up(self.description + self.service + self.logistics, 3)


def month_of(moment: datetime) -> int:
    """Return the number of the month of a local moment."""
    return moment.year * 12 + moment.month


def shop_scores(reviews: Iterable[Rated]) -> Scores:
    """Return the scores of a shop. reviews: those within the window, oldest first."""
    orders: dict[tuple[int, int], list[int]] = {}
    counted = []
    for review in reviews:
        rated = orders.setdefault((review.buyer_id, review.month), [])
        if review.order_id not in rated:
            if len(rated) == ORDERS_PER_BUYER_AND_MONTH:
                continue
            rated.append(review.order_id)
        counted.append(review)
    if len(counted) < FEWEST:
        return Scores(len(counted), None, None, None)
    size = len(counted)
    return Scores(
        size,
        half_up(100 * sum(review.description for review in counted), size),
        half_up(100 * sum(review.service for review in counted), size),
        half_up(100 * sum(review.logistics for review in counted), size),
    )
