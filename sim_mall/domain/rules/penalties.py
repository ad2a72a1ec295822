"""What points bring about (处罚): thresholds, effects and their length. Points are hundredths of a point."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sim_mall.domain.rules.rulebook import Severity

TWELVE, TWENTY_FOUR, FORTY_EIGHT = 1200, 2400, 4800
APPEAL_HOURS = 48


class Effect(StrEnum):
    """What a shop may not do for a while."""

    HIDDEN = "hidden"  # 搜索屏蔽
    NO_PROMOTION = "no_promotion"  # 不能参加促销活动
    NO_LISTING = "no_listing"  # 不能发布新商品
    RESTRICTED = "restricted"  # 限制经营: goods are not for sale, not in search
    CLOSED = "closed"  # 关店: for good


EFFECT_NAMES = {
    Effect.HIDDEN: "商品不在搜索中展示",
    Effect.NO_PROMOTION: "不能创建促销活动",
    Effect.NO_LISTING: "不能发布新商品",
    Effect.RESTRICTED: "限制经营（商品暂停销售）",
    Effect.CLOSED: "关闭店铺",
}


@dataclass(frozen=True, slots=True)
class Sanction:
    """One effect and how long it lasts; None: for good. threshold: the points that brought it, hundredths."""

    effect: Effect
    days: int | None
    severity: Severity
    threshold: int


SERIOUS: tuple[tuple[int, tuple[tuple[Effect, int | None], ...]], ...] = (
    (TWELVE, ((Effect.RESTRICTED, 7),)),
    (TWENTY_FOUR, ((Effect.RESTRICTED, 14), (Effect.NO_LISTING, 14))),
    (FORTY_EIGHT, ((Effect.CLOSED, None),)),
)


def sanctions(severity: Severity, before: int, after: int) -> list[Sanction]:
    """Return what the step from ``before`` to ``after`` points of one account brings about.

    General points act at every multiple of 12, serious ones at 12, 24 and 48.
    """
    found: list[Sanction] = []
    if severity is Severity.GENERAL:
        for step in range(before // TWELVE + 1, after // TWELVE + 1):
            found.append(Sanction(Effect.HIDDEN, 7, severity, step * TWELVE))
            found.append(Sanction(Effect.NO_PROMOTION, 7, severity, step * TWELVE))
        return found
    for threshold, effects in SERIOUS:
        if before < threshold <= after:
            found += [Sanction(effect, days, severity, threshold) for effect, days in effects]
    return found


def year_start(local: datetime) -> datetime:
    """Return the moment at which points were last cleared: the first of January, 0:00. local: in Shanghai time."""
    return local.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)


def appeal_until(at: datetime, hours: int = APPEAL_HOURS) -> datetime:
    """Return until when an appeal against a violation of ``at`` is heard (exclusive)."""
    return at + timedelta(hours=hours)


def half_back(points: int) -> int:
    """Return what a passed quiz gives back: half of the points, rounded down to a hundredth."""
    return points // 2
