"""The three scores of a shop (店铺评分, DSR). Source: commerce model 3.7."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.money import half_up

DAYS = 180  # simulated
ORDERS_A_MONTH = 3  # per buyer and simulated month
FEWEST = 3  # ratings below which nothing is shown
PRIOR_WEIGHT, PRIOR_TENTHS = 20, 47  # twenty ratings of 4.7


@dataclass(frozen=True, slots=True)
class Dsr:
    """Ratings that count and their sums of points (1 to 5 each)."""

    count: int
    description_sum: int
    service_sum: int
    logistics_sum: int

    def _mean(self, points: int) -> int | None:
        return half_up(points * 100, self.count) if self.count >= FEWEST else None

    @property
    def description(self) -> int | None:
        """Mean times 100, None below three ratings."""
        return self._mean(self.description_sum)

    @property
    def service(self) -> int | None:
        return self._mean(self.service_sum)

    @property
    def logistics(self) -> int | None:
        return self._mean(self.logistics_sum)

    @property
    def overall(self) -> int | None:
        """Mean of the three scores times 100, None below three ratings."""
        if self.count < FEWEST:
            return None
        return half_up((self.description_sum + self.service_sum + self.logistics_sum) * 100, 3 * self.count)

    @property
    def ranking(self) -> int:
        """The score for ranking times 100, shrunken to 4.7: a shop without ratings stands at 470."""
        points = self.description_sum + self.service_sum + self.logistics_sum  # three per rating
        return half_up(10 * (3 * PRIOR_WEIGHT * PRIOR_TENTHS + 10 * points), 3 * (PRIOR_WEIGHT + self.count))


NONE = Dsr(0, 0, 0, 0)
