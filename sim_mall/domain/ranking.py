"""The order of search results (综合排序): five factors and what penalty points cost, in basis points of the whole.

relevance 0.30, log of sales 0.25, conversion 0.20, shrunken rating 0.15, speed of shipping 0.10, less the penalty.
All but the relevance belongs to the listing, whatever is searched for. Source: commerce models 3.7 and 3.11.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.core.money import half_up
from sim_mall.domain.dsr import NONE, Dsr

RELEVANCE, SALES, CONVERSION, RATING, SPEED = 3_000, 2_500, 2_000, 1_500, 1_000
DAYS = 30  # simulated days of visits, buyers and shipments that count
SALES_TOP = 10_000  # units from which on more sales add nothing
PRIOR_VISITORS, PRIOR_BUYERS_HUNDREDTHS = 20, 60  # twenty visitors of whom 3 % bought
CONVERSION_TOP_BP = 2_000  # from 20 % on
PRIOR_ORDERS, PRIOR_HOURS = 20, 24  # twenty orders that took a day
SLOWEST_HOURS = 72  # speed says nothing good from here on
POINT_COSTS = 100  # of each penalty point that counts this simulated year
MOST_COSTS = 3_000
_BP = 10_000


@dataclass(frozen=True, slots=True)
class ShopStanding:
    """What all goods of a shop have in common. hours: from payment to shipment of ``orders``, summed; points: 1/100."""

    dsr: Dsr = NONE
    orders: int = 0
    hours: int = 0
    points: int = 0

    @property
    def rating(self) -> int:
        """The shrunken mean of all ratings, from one star (0) to five (10,000)."""
        return half_up((self.dsr.ranking - 100) * _BP, 400)

    @property
    def speed(self) -> int:
        """From at once (10,000) to three days (0), shrunken to a day."""
        orders, hours = PRIOR_ORDERS + self.orders, PRIOR_ORDERS * PRIOR_HOURS + self.hours
        return max(0, _BP - half_up(hours * _BP, orders * SLOWEST_HOURS))

    @property
    def penalty(self) -> int:
        """What the points of the shop cost."""
        return min(MOST_COSTS, self.points * POINT_COSTS // 100)

    @property
    def part(self) -> int:
        """What the shop adds to the rank of each of its goods; it may be below zero."""
        return (RATING * self.rating + SPEED * self.speed) // _BP - self.penalty


def sales(sold: int) -> int:
    """Return the factor of the units sold, 0 to 10,000: each tenfold adds the same."""
    return min(_BP, round(_BP * math.log1p(sold) / math.log1p(SALES_TOP)))


def conversion(buyers: int, visitors: int) -> int:
    """Return the factor of buyers in visitors, 0 to 10,000, shrunken to 3 %."""
    seen = PRIOR_VISITORS + max(visitors, buyers)
    return min(_BP, half_up((PRIOR_BUYERS_HUNDREDTHS + 100 * buyers) * _BP * _BP, 100 * seen * CONVERSION_TOP_BP))


def listing_rank(shop: ShopStanding, sold: int, buyers: int, visitors: int) -> int:
    """Return what a listing stands at before anything is searched for, at most 7,000."""
    return (SALES * sales(sold) + CONVERSION * conversion(buyers, visitors)) // _BP + shop.part


START = listing_rank(ShopStanding(), 0, 0, 0)  # of goods of which nothing is known
