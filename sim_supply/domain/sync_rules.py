"""How much of a supplier's stock a shop may promise (库存同步). Source: commerce model 3.10."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.money import FULL_BP

FEW = 5  # fewer than this count as none where the switch is on


@dataclass(frozen=True, slots=True)
class SyncRule:
    """Settings of one shop. ratio_bp: share of the supplier's stock; safety: units held back; minutes: 0 at once."""

    ratio_bp: int = FULL_BP
    safety: int = 0
    few_is_none: bool = False
    minutes: int = 0


def share(free: int, rule: SyncRule, kept: int = 0) -> int:
    """Return how many of a supplier's free units the shop offers: share, less safety, few perhaps none.

    kept: units that the mall holds back from what it is given. Of the two safety stocks the larger counts, not both.
    """
    units = max(0, free * rule.ratio_bp // FULL_BP - max(rule.safety - kept, 0))
    return 0 if rule.few_is_none and units - kept < FEW else units


def sets(parts: Sequence[tuple[int, int]]) -> int:
    """Return how many sets can be made. parts: (units there, units needed for one set)."""
    return min((max(0, there) // needed for there, needed in parts), default=0)


def problem(rule: SyncRule) -> tuple[str, str] | None:
    """Return (field, Chinese sentence) for settings out of range, or None."""
    if not 1 <= rule.ratio_bp <= FULL_BP:
        return "ratio", "同步比例应在 0.01% 到 100% 之间。"
    if not 0 <= rule.safety <= 100_000:
        return "safety", "安全库存应在 0 到 100000 之间。"
    if not 0 <= rule.minutes <= 60:
        return "minutes", "同步间隔应在 0 到 60 个模拟分钟之间，0 表示即时。"
    return None
