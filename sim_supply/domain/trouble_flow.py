"""Trouble with a supplier's parcel (包裹异常): late or lost by the world's chance, claimed, settled."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from app.core.flow import SYSTEM, Flow, on
from app.core.permissions import Role


class TroubleKind(StrEnum):
    """What happens to a parcel on its way."""

    LATE = "late"  # 延误
    LOST = "lost"  # 丢失


class TroubleState(StrEnum):
    """Where a trouble stands."""

    FORESEEN = "foreseen"  # 尚未发生: decided when the parcel was sent, nobody sees it yet
    AVERTED = "averted"  # 没有发生: the parcel was stopped or signed before
    HAPPENED = "happened"  # 待处理: the mall and the shop have been told
    CLAIMED = "claimed"  # 索赔中
    SETTLED = "settled"  # 已赔付


class Claim(StrEnum):
    """What the seller asks of the supplier."""

    NONE = ""  # nothing yet
    MONEY = "money"  # 赔货款: cost and freight of a lost parcel, the freight of a late one
    GOODS = "goods"  # 补货: the same goods again, to the own warehouse


TROUBLE_NAMES: dict[str, str] = {
    TroubleState.FORESEEN: "尚未发生",
    TroubleState.AVERTED: "没有发生",
    TroubleState.HAPPENED: "待处理",
    TroubleState.CLAIMED: "索赔中",
    TroubleState.SETTLED: "已赔付",
}
KIND_NAMES = {TroubleKind.LATE: "包裹延误", TroubleKind.LOST: "包裹丢失"}
OPEN_TROUBLE = (TroubleState.HAPPENED, TroubleState.CLAIMED)

TROUBLE_FLOW = Flow(
    "supply.trouble",
    TroubleState,
    TroubleState.FORESEEN,
    [
        on("happen", TroubleState.FORESEEN, TroubleState.HAPPENED, SYSTEM),
        on("avert", TroubleState.FORESEEN, TroubleState.AVERTED, SYSTEM),
        on("claim", TroubleState.HAPPENED, TroubleState.CLAIMED, Role.TRAINEE, "这个包裹已经索赔过了，不必重复申请。"),
        on("settle", TroubleState.CLAIMED, TroubleState.SETTLED, SYSTEM),
    ],
    final=frozenset({TroubleState.AVERTED, TroubleState.SETTLED}),
    names=TROUBLE_NAMES,
)

LATE_HOURS = (24, 72)  # a late parcel comes so many hours later


class Luck(Protocol):
    """The world's chance, keyed by the purchase order."""

    def happens(self, bp: int) -> bool: ...
    def between(self, low: int, high: int) -> int: ...


def foresee(luck: Luck, late_bp: int, lost_bp: int) -> tuple[TroubleKind, int] | None:
    """Return what becomes of a parcel and how many hours late it comes (0: lost), or None when all goes well."""
    if luck.happens(lost_bp):
        return TroubleKind.LOST, 0
    if luck.happens(late_bp):
        return TroubleKind.LATE, luck.between(*LATE_HOURS)
    return None


def compensation(kind: TroubleKind, goods: int, freight: int, left: int) -> int:
    """Return what the supplier pays (fen): cost and freight of a lost parcel, the freight of a late one.

    left: what was paid for the purchase order and has not come back; never more than that.
    """
    return min(left, goods + freight if kind is TroubleKind.LOST else freight)
