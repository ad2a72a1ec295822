"""Gross profit (毛利报表): what listed goods brought in, what they cost, what is left; money in fen."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.money import FULL_BP, half_up, part
from app.core.permissions import Permission
from app.worlds.clock import get_world
from app.worlds.settings import setting
from sim_supply.domain.stock_flow import MoveKind
from sim_supply.models.orders import FetchedLine, FetchedOrder, PurchaseLine
from sim_supply.models.stock import OwnMove


@dataclass(frozen=True, slots=True)
class ProfitRow:
    """One product. income: paid by buyers less refunds; fee: the platform's share; cost: goods without freight."""

    title: str
    units: int
    income: int
    fee: int
    cost: int

    @property
    def profit(self) -> int:
        return self.income - self.fee - self.cost

    @property
    def margin_bp(self) -> int:
        return half_up(self.profit * FULL_BP, self.income) if self.income > 0 else 0


def report(actor: Actor, shop_id: int) -> list[ProfitRow]:
    """Return the shop's sold products, the most profitable first."""
    actor.require(Permission.SUPPLY_USE)
    sold = db.session.execute(
        sa.select(
            FetchedLine.title,
            sa.func.sum(FetchedLine.shipped),
            sa.func.sum(FetchedLine.payable - FetchedLine.refunded),
        )
        .join(FetchedOrder, FetchedOrder.id == FetchedLine.order_id)
        .where(FetchedOrder.shop_id == shop_id, FetchedLine.shipped > 0)
        .group_by(FetchedLine.title)
    ).all()
    costs = _costs(shop_id)
    fee_bp = setting(get_world(actor.world()), "platform_fee_bp")
    rows = [
        ProfitRow(title, int(units), int(income), part(max(0, int(income)), fee_bp), costs.get(title, 0))
        for title, units, income in sold
    ]
    return sorted(rows, key=lambda row: (-row.profit, row.title))


def _costs(shop_id: int) -> dict[str, int]:
    """Return title → fen that its sent units cost: bought for orders, or taken from own stock."""
    bought = db.session.execute(
        sa.select(FetchedLine.title, sa.func.sum(PurchaseLine.cost * (PurchaseLine.quantity - PurchaseLine.cancelled)))
        .join(PurchaseLine, PurchaseLine.fetched_line_id == FetchedLine.id)
        .join(FetchedOrder, FetchedOrder.id == FetchedLine.order_id)
        .where(FetchedOrder.shop_id == shop_id, FetchedLine.shipped > 0, FetchedLine.route == "supplier")
        .group_by(FetchedLine.title)
    )
    found = {title: int(cost) for title, cost in bought}
    taken = db.session.execute(
        sa.select(FetchedLine.title, sa.func.sum(-OwnMove.value))
        .join(OwnMove, OwnMove.reference == sa.literal("fetched_line:") + sa.cast(FetchedLine.id, sa.String))
        .join(FetchedOrder, FetchedOrder.id == FetchedLine.order_id)
        .where(FetchedOrder.shop_id == shop_id, OwnMove.kind == MoveKind.SALE)
        .group_by(FetchedLine.title)
    )
    for title, cost in taken:
        found[title] = found.get(title, 0) + int(cost)
    return found
