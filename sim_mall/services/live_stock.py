"""Live stock (直播库存): moved from sale to a room's item, sold from there, and the rest moved back exactly once.

The room's row is locked by who sets, ends or buys; all verbs lock in the order live stock, stock; SKUs ascending.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.data import LiveStockInfo
from sim_mall.models.goods import Listing, Sku
from sim_mall.models.live_stock import LiveStock, LiveUnits
from sim_mall.models.trade import Order, OrderLine
from sim_mall.services import stock


def offer_live_stock(actor: Actor, shop_id: int, room_id: int, item_id: int, units: Mapping[int, int | None]) -> None:
    """Set aside units per SKU of the shop for an item of its live room; None lifts the bound, the rest goes to sale.

    What was taken stays taken. Raises InvalidInput (field ``stock_<sku>``) below that or above what can be sold,
    naming the most that can be set aside; NotFound for a SKU of another shop.
    """
    shop = access.get_shop(actor, shop_id)
    own = set(
        db.session.scalars(
            sa.select(Sku.id)
            .join(Listing, Listing.id == Sku.listing_id)
            .where(Listing.shop_id == shop.id, Sku.id.in_(units))
        )
    )
    if own != set(units):
        raise NotFound
    rows = {row.sku_id: row for row in _rows(shop.world_id, LiveStock.item_id == item_id, LiveStock.room_id == room_id)}
    now, reference = sim_now(shop.world_id), _reference(room_id)
    for sku_id in sorted(units):
        row, wanted = rows.get(sku_id), units[sku_id]
        if wanted is None:
            if row is not None:
                _lift(row, reference)
            continue
        before, taken = (row.units, row.taken) if row is not None else (0, 0)
        if wanted < max(1, taken):
            told = f"，已经有 {taken} 件被下单" if taken else "；不填表示不单独留货"
            raise InvalidInput(f"直播库存应至少为 {max(1, taken)} 件{told}。", field=f"stock_{sku_id}")
        if wanted < before:
            stock.put_back(sku_id, before - wanted, now, reference)
        elif not stock.set_aside(sku_id, wanted - before, now, reference):
            _refuse_more(sku_id, before)
        if row is None:
            row = LiveStock(world_id=shop.world_id, room_id=room_id, item_id=item_id, sku_id=sku_id)
            db.session.add(row)
        row.units = wanted
    db.session.flush()


def _refuse_more(sku_id: int, before: int) -> None:
    left = max(0, stock.saleable(sku_id))
    kept = f"（含已划出的 {before} 件）" if before else ""
    most = f"最多可划出 {left + before} 件{kept}" if left + before else "没有可以划出的库存，请先补货"
    raise InvalidInput(
        f"“{stock.name_of(sku_id)}”在店铺里还可售 {left} 件，{most}，划出的只在直播间卖。", field=f"stock_{sku_id}"
    )


def _reference(room_id: int) -> str:
    return f"live_room:{room_id}"


def _rows(world_id: int, *conditions: sa.ColumnElement[bool]) -> list[LiveStock]:
    """Lock and return live stock that is set aside, SKUs ascending."""
    query = sa.select(LiveStock).where(LiveStock.world_id == world_id, LiveStock.open.is_(True), *conditions)
    query = query.order_by(LiveStock.sku_id, LiveStock.id).with_for_update()
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def _lift(row: LiveStock, reference: str) -> None:
    """Move the rest back to sale and forget the row: its orders are like any others then."""
    stock.put_back(row.sku_id, row.units - row.taken, sim_now(row.world_id), reference)
    db.session.execute(sa.delete(LiveUnits).where(LiveUnits.stock_id == row.id))
    db.session.delete(row)
    db.session.flush()


def drop_live_stock(world_id: int, room_id: int, item_id: int) -> None:
    """The item leaves the bag: move its live stock back to sale."""
    for row in _rows(world_id, LiveStock.room_id == room_id, LiveStock.item_id == item_id):
        _lift(row, _reference(room_id))


def end_live_stock(world_id: int, room_id: int) -> int:
    """The show is over: move what was not taken back to sale, once; return how many units."""
    back = 0
    for row in _rows(world_id, LiveStock.room_id == room_id):
        row.open = False
        back += row.units - row.taken
        stock.put_back(row.sku_id, row.units - row.taken, sim_now(world_id), _reference(room_id))
    db.session.flush()
    return back


def live_stock(world_id: int, room_id: int) -> dict[tuple[int, int], LiveStockInfo]:
    """Return the live stock of a room by (item, SKU); what has none is sold as far as the shop has it."""
    query = sa.select(LiveStock.item_id, LiveStock.sku_id, LiveStock.units, LiveStock.taken, LiveStock.open)
    rows = db.session.execute(query.where(LiveStock.world_id == world_id, LiveStock.room_id == room_id))
    return {(item, sku): LiveStockInfo(units, units - taken, aside) for item, sku, units, taken, aside in rows}


def take(world_id: int, item_id: int, demand: Mapping[int, int]) -> dict[int, LiveStock]:
    """Count units (SKU → how many) for an order in the room; return the live stock of the SKUs that have some.

    Where the row returned is ``open``, the units are to be reserved from what was set aside. Raises Refused (code
    out_of_stock) beyond what is left.
    """
    held: dict[int, LiveStock] = {}
    for sku_id in sorted(demand):
        same = (LiveStock.world_id == world_id, LiveStock.item_id == item_id, LiveStock.sku_id == sku_id)
        row = db.session.scalars(
            sa.update(LiveStock)
            .where(*same, LiveStock.taken + demand[sku_id] <= LiveStock.units)
            .values(taken=LiveStock.taken + demand[sku_id])
            .returning(LiveStock)
            .execution_options(synchronize_session=False, populate_existing=True)
        ).one_or_none()
        if row is not None:
            held[sku_id] = row
            continue
        left = db.session.scalar(sa.select(LiveStock.units - LiveStock.taken).where(*same))
        if left is not None:
            more = f"直播间只剩 {left} 件了，请减少数量。" if left else "直播间的名额已经抢完了。"
            raise Refused(more, code="out_of_stock")
    return held


def hold(order: Order, held: Mapping[int, LiveStock]) -> None:
    """Note which live stock the lines of a new order hold."""
    for line in order.lines:
        row = held.get(line.sku_id)
        if row is not None:
            db.session.add(LiveUnits(line_id=line.id, stock_id=row.id, units=line.quantity))
    db.session.flush()


def order_dropped(order: Order) -> dict[int, int]:
    """Give the live units of an unpaid order back; call before its stock is released.

    Returns SKU → units that stay set aside, because the show still runs; the others go back to sale.
    """
    rows = db.session.execute(
        sa.select(LiveUnits.stock_id, LiveUnits.units)
        .join(OrderLine, OrderLine.id == LiveUnits.line_id)
        .where(OrderLine.order_id == order.id)
        .order_by(LiveUnits.stock_id)
    ).all()
    again: dict[int, int] = {}
    for stock_id, units in rows:
        given = db.session.execute(
            sa.update(LiveStock)
            .where(LiveStock.id == stock_id, LiveStock.taken >= units)
            .values(taken=LiveStock.taken - units)
            .returning(LiveStock.sku_id, LiveStock.open)
            .execution_options(synchronize_session=False)
        ).one_or_none()
        if given is not None and given.open:
            again[given.sku_id] = again.get(given.sku_id, 0) + units
    return again
