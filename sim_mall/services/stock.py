"""Stock (库存): guarded updates only, SKUs ascending; every change writes a movement.

saleable = on_hand - allocated - aside - safety; allocated = Σ open reservations of order lines and of tickets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from app.core.db import db, matched
from app.core.errors import InvalidInput, Refused
from sim_mall.models.aftersale import TicketHold
from sim_mall.models.goods import Listing, MovementKind, Sku, Stock, StockMovement
from sim_mall.models.trade import OrderLine, Reservation

MAX_STOCK = 1_000_000
CHUNK = 500  # SKUs of one statement


def _move(
    sku_id: int,
    kind: MovementKind,
    at: datetime,
    reference: str,
    *,
    on_hand: int = 0,
    allocated: int = 0,
    aside: int = 0,
    damaged: int = 0,
) -> bool:
    """Change one SKU's stock if enough is there, and write the movement; say whether it was enough."""
    enough = [Stock.sku_id == sku_id]
    if allocated + aside > 0:
        enough.append(Stock.free >= allocated + aside)
    if aside < 0:
        enough.append(Stock.aside >= -aside)
    if allocated < 0:
        enough.append(Stock.allocated >= -allocated)
    if on_hand < 0:
        enough.append(Stock.on_hand + on_hand >= Stock.allocated + allocated + Stock.aside)
    changed = db.session.execute(
        sa.update(Stock)
        .where(*enough)
        .values(
            on_hand=Stock.on_hand + on_hand,
            allocated=Stock.allocated + allocated,
            aside=Stock.aside + aside,
            damaged=Stock.damaged + damaged,
        )
        .execution_options(synchronize_session=False)
    )
    if matched(changed) != 1:
        return False
    db.session.add(
        StockMovement(
            sku_id=sku_id,
            kind=kind,
            on_hand=on_hand,
            allocated=allocated,
            aside=aside,
            damaged=damaged,
            reference=reference,
            at=at,
        )
    )
    return True


def name_of(sku_id: int) -> str:
    """Return how messages call a SKU: its listing, with the specification."""
    row = db.session.execute(
        sa.select(Listing.title, Sku.spec).join(Sku, Sku.listing_id == Listing.id).where(Sku.id == sku_id)
    ).one()
    return f"{row.title}（{row.spec}）" if row.spec else str(row.title)


def reserve(demand: Mapping[int, int], at: datetime, reference: str) -> None:
    """Reserve units per SKU, all or nothing. Raises Refused (code out_of_stock) naming the goods."""
    for sku_id in sorted(demand):
        if not _move(sku_id, MovementKind.RESERVE, at, reference, allocated=demand[sku_id]):
            raise _out_of_stock(sku_id, saleable(sku_id))


def _out_of_stock(sku_id: int, left: int) -> Refused:
    more = f"只剩 {left} 件" if left else "已售完"
    return Refused(f"库存不足：“{name_of(sku_id)}”{more}，请调整数量后重新提交。", code="out_of_stock")


def refuse_missing(demand: Mapping[int, int]) -> None:
    """Raise Refused (code out_of_stock) when units per SKU are not there now; nothing is reserved."""
    for sku_id in sorted(demand):
        if (left := saleable(sku_id)) < demand[sku_id]:
            raise _out_of_stock(sku_id, left)


def try_reserve(demand: Mapping[int, int], at: datetime, reference: str) -> bool:
    """Reserve units per SKU, all or nothing; say whether all were there."""
    taken: list[int] = []
    for sku_id in sorted(demand):
        if not _move(sku_id, MovementKind.RESERVE, at, reference, allocated=demand[sku_id]):
            for before in taken:
                _move(before, MovementKind.RELEASE, at, reference, allocated=-demand[before])
            return False
        taken.append(sku_id)
    return True


def saleable(sku_id: int) -> int:
    """Return how many units of a SKU can be sold now."""
    return db.session.scalar(sa.select(Stock.saleable).where(Stock.sku_id == sku_id)) or 0


def set_aside(sku_id: int, units: int, at: datetime, reference: str) -> bool:
    """Move units from sale to a flash sale or a live room; say whether so many could still be sold."""
    return not units or _move(sku_id, MovementKind.ASIDE, at, reference, aside=units)


def put_back(sku_id: int, units: int, at: datetime, reference: str) -> None:
    """Move units that a flash sale or a live room has not sold back to sale."""
    if units and not _move(sku_id, MovementKind.ASIDE, at, reference, aside=-units):
        raise RuntimeError(f"more put back than set aside: sku {sku_id}")


def reserve_aside(demand: Mapping[int, int], at: datetime, reference: str) -> None:
    """Reserve units that were set aside for a flash sale or a live room, which has counted them before."""
    for sku_id in sorted(demand):
        units = demand[sku_id]
        if not _move(sku_id, MovementKind.RESERVE, at, reference, allocated=units, aside=-units):
            raise RuntimeError(f"counted units are not set aside: sku {sku_id}")


def hold(line: OrderLine) -> None:
    """Write the reservation of a new line; its units were reserved before."""
    db.session.add(Reservation(line_id=line.id, sku_id=line.sku_id, quantity=line.quantity))


def _take_reservation(line_id: int, units: int) -> None:
    changed = db.session.execute(
        sa.update(Reservation)
        .where(Reservation.line_id == line_id, Reservation.quantity >= units)
        .values(quantity=Reservation.quantity - units)
        .execution_options(synchronize_session=False)
    )
    if matched(changed) != 1:
        raise Refused("这些商品已经发出或取消，请刷新页面查看最新状态。", code="not_reserved")


def release(
    units: Mapping[int, tuple[int, int]], at: datetime, reference: str, aside: Mapping[int, int] | None = None
) -> None:
    """Give reserved units back to sale. units: line id → (sku id, units).

    aside: sku id → how many of them go back to a flash sale or a live room that still runs, never to sale.
    """
    kept = dict(aside or {})
    for line_id, (sku_id, count) in sorted(units.items(), key=lambda item: (item[1][0], item[0])):
        if count:
            _take_reservation(line_id, count)
            again = min(count, kept.get(sku_id, 0))
            kept[sku_id] = kept.get(sku_id, 0) - again
            if not _move(sku_id, MovementKind.RELEASE, at, reference, allocated=-count, aside=again):
                raise RuntimeError(f"reservation without allocation: sku {sku_id}")


def send(units: Mapping[int, tuple[int, int]], at: datetime, reference: str) -> None:
    """Let reserved units leave the shop. units: line id → (sku id, units)."""
    for line_id, (sku_id, count) in sorted(units.items(), key=lambda item: (item[1][0], item[0])):
        _take_reservation(line_id, count)
        if not _move(sku_id, MovementKind.SALE, at, reference, on_hand=-count, allocated=-count):
            raise RuntimeError(f"reservation without allocation: sku {sku_id}")


def hold_for_ticket(ticket_id: int, sku_id: int, count: int, at: datetime) -> None:
    """Reserve units that an exchange or resending will send. Raises Refused (code out_of_stock)."""
    reserve({sku_id: count}, at, f"after_sale:{ticket_id}")
    hold = db.session.get(TicketHold, ticket_id, populate_existing=True)
    if hold is None:
        db.session.add(TicketHold(ticket_id=ticket_id, sku_id=sku_id, quantity=count))
    else:
        hold.sku_id, hold.quantity = sku_id, hold.quantity + count
    db.session.flush()


def _empty_hold(ticket_id: int) -> tuple[int, int]:
    """Take all units out of a ticket's hold; return (sku id, units), units 0 when there is nothing."""
    hold = db.session.get(TicketHold, ticket_id, populate_existing=True)
    if hold is None or not hold.quantity:
        return 0, 0
    sku_id, count = hold.sku_id, hold.quantity
    changed = db.session.execute(
        sa.update(TicketHold)
        .where(TicketHold.ticket_id == ticket_id, TicketHold.quantity == count)
        .values(quantity=0)
        .execution_options(synchronize_session=False)
    )
    if matched(changed) != 1:
        raise Refused("这些商品刚刚已经处理过，请刷新页面查看最新状态。", code="not_reserved")
    db.session.expire(hold)
    return sku_id, count


def send_for_ticket(ticket_id: int, at: datetime) -> None:
    """Let the units that a ticket holds leave the shop. Raises Refused when it holds none."""
    sku_id, count = _empty_hold(ticket_id)
    if not count:
        raise Refused("没有为这张售后单留出商品，请刷新页面查看。", code="not_reserved")
    if not _move(sku_id, MovementKind.SALE, at, f"after_sale:{ticket_id}", on_hand=-count, allocated=-count):
        raise RuntimeError(f"hold without allocation: sku {sku_id}")


def drop_ticket(ticket_id: int, at: datetime, reference: str) -> None:
    """Give the units that a ticket still holds back to sale."""
    sku_id, count = _empty_hold(ticket_id)
    if count and not _move(sku_id, MovementKind.RELEASE, at, reference, allocated=-count):
        raise RuntimeError(f"hold without allocation: sku {sku_id}")


def take_back(sku_id: int, good: int, bad: int, at: datetime, reference: str) -> None:
    """Put returned units into stock: good ones can be sold again, bad ones are damaged."""
    if good or bad:
        _move(sku_id, MovementKind.RETURN, at, reference, on_hand=good, damaged=bad)


def count(sku_id: int, on_hand: int, at: datetime, reference: str) -> None:
    """Set what is on hand. Raises InvalidInput out of range, Refused below what orders have reserved."""
    count_all({sku_id: on_hand}, at, reference)


def count_all(
    on_hand: Mapping[int, int], at: datetime, reference: str, *, at_least_kept: bool = False
) -> dict[int, int]:
    """Set what is on hand of many SKUs, all or nothing; return what is on hand now. Only changes are written.

    Raises InvalidInput out of range, Refused (code reserved) below what orders, flash sales and live rooms keep; with
    ``at_least_kept`` exactly that is written instead, so that nothing is saleable.
    """
    if any(not 0 <= units <= MAX_STOCK for units in on_hand.values()):
        raise InvalidInput(f"库存应在 0 到 {MAX_STOCK} 之间。", field="stock")
    written: dict[int, int] = {}
    wanted = sorted(on_hand)
    for start in range(0, len(wanted), CHUNK):
        query = sa.select(Stock).where(Stock.sku_id.in_(wanted[start : start + CHUNK])).order_by(Stock.sku_id)
        rows = db.session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()
        for stock in rows:
            least = stock.allocated + stock.aside
            if on_hand[stock.sku_id] < least and not at_least_kept:
                kept = f"，{stock.aside} 件留给秒杀或直播" if stock.aside else ""
                told = f"{stock.allocated} 件已被订单占用{kept}，库存不能少于 {least} 件"
                raise Refused(f"“{name_of(stock.sku_id)}”有 {told}。", code="reserved")
            written[stock.sku_id] = max(on_hand[stock.sku_id], least)
        _write_counts([(stock, written[stock.sku_id]) for stock in rows], at, reference)
    return written


def _write_counts(counts: Sequence[tuple[Stock, int]], at: datetime, reference: str) -> None:
    """Write new figures of rows that this transaction has locked, with their movements."""
    changes = [(stock.sku_id, units, units - stock.on_hand) for stock, units in counts if units != stock.on_hand]
    if not changes:
        return
    db.session.execute(sa.update(Stock), [{"sku_id": sku_id, "on_hand": units} for sku_id, units, _ in changes])
    base = {"kind": MovementKind.COUNT, "allocated": 0, "aside": 0, "damaged": 0, "reference": reference, "at": at}
    db.session.execute(
        sa.insert(StockMovement), [{**base, "sku_id": sku_id, "on_hand": delta} for sku_id, _, delta in changes]
    )


def set_safety(sku_id: int, units: int) -> bool:
    """Keep so many units of a SKU back from sale (安全库存); say whether that is new. Raises InvalidInput out of
    range."""
    if not 0 <= units <= MAX_STOCK:
        raise InvalidInput(f"安全库存应在 0 到 {MAX_STOCK} 之间。", field="safety")
    changed = db.session.execute(
        sa.update(Stock)
        .where(Stock.sku_id == sku_id, Stock.safety != units)
        .values(safety=units)
        .execution_options(synchronize_session="fetch")
    )
    return matched(changed) == 1


def open_stock(sku_id: int, on_hand: int, at: datetime) -> None:
    """Write the stock row of a new SKU."""
    if not 0 <= on_hand <= MAX_STOCK:
        raise InvalidInput(f"库存应在 0 到 {MAX_STOCK} 之间。", field="stock")
    db.session.add(Stock(sku_id=sku_id, on_hand=0, allocated=0, damaged=0))
    db.session.flush()
    if on_hand:
        _move(sku_id, MovementKind.COUNT, at, "opening", on_hand=on_hand)


def shift(sku_id: int, delta: int, at: datetime, reference: str) -> bool:
    """Move what is on hand by ``delta``; say whether it stays at or above what orders have reserved."""
    return _move(sku_id, MovementKind.COUNT, at, reference, on_hand=delta)
