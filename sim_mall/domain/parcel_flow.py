"""Way of a parcel (包裹), moved by simulated time alone. Source: commerce model 3.1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from app.core.flow import SYSTEM, Flow, on


class ParcelState(StrEnum):
    """Where a parcel is."""

    SHIPPED = "shipped"  # 已发货: waybill filled in
    COLLECTED = "collected"  # 已揽收
    IN_TRANSIT = "in_transit"  # 运输中
    DELIVERING = "delivering"  # 派送中
    SIGNED = "signed"  # 已签收


PARCEL_NAMES: dict[str, str] = {
    ParcelState.SHIPPED: "已发货",
    ParcelState.COLLECTED: "已揽收",
    ParcelState.IN_TRANSIT: "运输中",
    ParcelState.DELIVERING: "派送中",
    ParcelState.SIGNED: "已签收",
}

PARCEL_FLOW = Flow(
    "mall.parcel",
    ParcelState,
    ParcelState.SHIPPED,
    [
        on("collect", ParcelState.SHIPPED, ParcelState.COLLECTED, SYSTEM),
        on("travel", ParcelState.COLLECTED, ParcelState.IN_TRANSIT, SYSTEM),
        on("deliver", ParcelState.IN_TRANSIT, ParcelState.DELIVERING, SYSTEM),
        on("sign", ParcelState.DELIVERING, ParcelState.SIGNED, SYSTEM),
    ],
    final=frozenset({ParcelState.SIGNED}),
    names=PARCEL_NAMES,
)


@dataclass(frozen=True, slots=True)
class Leg:
    """What happens next to a parcel, and how long after it came into the state."""

    event: str
    after: timedelta


NEXT_LEG: dict[ParcelState, Leg] = {
    ParcelState.SHIPPED: Leg("collect", timedelta(hours=4)),
    ParcelState.COLLECTED: Leg("travel", timedelta(hours=8)),
    ParcelState.IN_TRANSIT: Leg("deliver", timedelta(hours=28)),
    ParcelState.DELIVERING: Leg("sign", timedelta(hours=4)),
}
