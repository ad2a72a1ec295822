"""Way of a parcel (包裹), moved by simulated time; buyers refuse it, sellers stop it. Source: commerce 3.1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from app.core.flow import SYSTEM, Flow, on
from app.core.permissions import Role


class ParcelState(StrEnum):
    """Where a parcel is."""

    SHIPPED = "shipped"  # 已发货: waybill filled in
    COLLECTED = "collected"  # 已揽收
    IN_TRANSIT = "in_transit"  # 运输中
    DELIVERING = "delivering"  # 派送中
    SIGNED = "signed"  # 已签收
    REFUSED = "refused"  # 已拒收: the buyer did not take it
    RETURNING = "returning"  # 退回中
    RETURNED = "returned"  # 已退回卖家
    LOST = "lost"  # 已丢失


PARCEL_NAMES: dict[str, str] = {
    ParcelState.SHIPPED: "已发货",
    ParcelState.COLLECTED: "已揽收",
    ParcelState.IN_TRANSIT: "运输中",
    ParcelState.DELIVERING: "派送中",
    ParcelState.SIGNED: "已签收",
    ParcelState.REFUSED: "已拒收",
    ParcelState.RETURNING: "退回中",
    ParcelState.RETURNED: "已退回卖家",
    ParcelState.LOST: "已丢失",
}

UNSIGNED = frozenset({ParcelState.SHIPPED, ParcelState.COLLECTED, ParcelState.IN_TRANSIT, ParcelState.DELIVERING})

PARCEL_FLOW = Flow(
    "mall.parcel",
    ParcelState,
    ParcelState.SHIPPED,
    [
        on("collect", ParcelState.SHIPPED, ParcelState.COLLECTED, SYSTEM),
        on("travel", ParcelState.COLLECTED, ParcelState.IN_TRANSIT, SYSTEM),
        on("deliver", ParcelState.IN_TRANSIT, ParcelState.DELIVERING, SYSTEM),
        on("sign", ParcelState.DELIVERING, ParcelState.SIGNED, SYSTEM),
        on("refuse", ParcelState.DELIVERING, ParcelState.REFUSED, Role.TRAINEE, "只有派送中的包裹可以拒收。"),
        on("turn_back", ParcelState.REFUSED, ParcelState.RETURNING, SYSTEM),
        on("intercept", UNSIGNED, ParcelState.RETURNING, SYSTEM),
        on("come_back", ParcelState.RETURNING, ParcelState.RETURNED, SYSTEM),
        on("lose", ParcelState.IN_TRANSIT, ParcelState.LOST, SYSTEM),
    ],
    final=frozenset({ParcelState.SIGNED, ParcelState.RETURNED, ParcelState.LOST}),
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
    ParcelState.REFUSED: Leg("turn_back", timedelta(hours=4)),
    ParcelState.RETURNING: Leg("come_back", timedelta(hours=36)),
}

COLLECT_WITHIN = timedelta(hours=24)  # later it counts as 虚假发货
INTERCEPT_BP = 7_000  # how often stopping a parcel on its way succeeds
WAY_BACK = timedelta(hours=44)  # how long goods that a buyer sends back are on the road
