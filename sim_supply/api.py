"""What the supply system tells the training part: progress and facts for the practice outcome."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from sim_supply.data import SupplyProgress
from sim_supply.domain.order_flow import OrderState
from sim_supply.models.catalogue import Supplier
from sim_supply.models.orders import FetchedLine, FetchedOrder, Mapping, PurchaseOrder, Route, SupplyShop

SENT = (OrderState.SHIPPED, OrderState.DONE)


def progress(world_id: int, account_ids: Iterable[int]) -> dict[int, SupplyProgress]:
    """Return what each of these people has done in the world; people without a trace get zeros."""
    wanted = sorted(set(account_ids))
    listed = dict(
        db.session.execute(
            sa.select(SupplyShop.owner_id, sa.func.count(sa.distinct(Mapping.product_id)))
            .join(Mapping, Mapping.shop_id == SupplyShop.shop_id)
            .where(SupplyShop.world_id == world_id, SupplyShop.owner_id.in_(wanted))
            .group_by(SupplyShop.owner_id)
        ).all()
    )
    fetched = dict(
        db.session.execute(
            sa.select(FetchedOrder.owner_id, sa.func.count())
            .where(FetchedOrder.world_id == world_id, FetchedOrder.owner_id.in_(wanted))
            .group_by(FetchedOrder.owner_id)
        ).all()
    )
    shipped = dict(
        db.session.execute(
            sa.select(PurchaseOrder.owner_id, sa.func.count())
            .where(
                PurchaseOrder.world_id == world_id, PurchaseOrder.owner_id.in_(wanted), PurchaseOrder.state.in_(SENT)
            )
            .group_by(PurchaseOrder.owner_id)
        ).all()
    )
    return {
        account_id: SupplyProgress(listed.get(account_id, 0), fetched.get(account_id, 0), shipped.get(account_id, 0))
        for account_id in wanted
    }


def evidence(world_id: int, account_id: int) -> dict[str, Any]:
    """Return the facts of one person's sourcing and fulfilment, plain values; money in fen."""
    mine = (PurchaseOrder.world_id == world_id, PurchaseOrder.owner_id == account_id)
    states = db.session.execute(
        sa.select(PurchaseOrder.state, sa.func.count()).where(*mine).group_by(PurchaseOrder.state)
    ).all()
    money = db.session.execute(
        sa.select(
            sa.func.coalesce(sa.func.sum(PurchaseOrder.paid), 0),
            sa.func.coalesce(sa.func.sum(PurchaseOrder.refunded), 0),
        ).where(*mine)
    ).one()
    suppliers = db.session.execute(
        sa.select(Supplier.name, sa.func.count())
        .join(PurchaseOrder, PurchaseOrder.supplier_id == Supplier.id)
        .where(*mine)
        .group_by(Supplier.id, Supplier.name)
        .order_by(sa.func.count().desc(), Supplier.id)
    ).all()
    own = db.session.scalar(
        sa.select(sa.func.count())
        .select_from(FetchedLine)
        .join(FetchedOrder, FetchedOrder.id == FetchedLine.order_id)
        .where(FetchedOrder.world_id == world_id, FetchedOrder.owner_id == account_id, FetchedLine.route == Route.OWN)
    )
    done = progress(world_id, [account_id])[account_id]
    return {
        "listed_by_click": done.listed_by_click,
        "orders_fetched": done.orders_fetched,
        "own_lines": own or 0,
        "purchase_orders": {str(state): count for state, count in sorted(states)},
        "purchases_paid": int(money[0]),
        "purchases_refunded": int(money[1]),
        "suppliers": [{"name": name, "orders": count} for name, count in suppliers],
    }
