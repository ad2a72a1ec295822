"""Recording visits (访问记录) cheaply: views add up in the process and are written together every few seconds.

A page is opened without any write; a process that dies loses the views of its last seconds and nothing else.
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import date

import sqlalchemy as sa
from flask import current_app

from app.core.actor import Actor
from app.core.clock import local
from app.core.db import db, insert_into
from app.core.uow import unit_of_work
from app.worlds.clock import sim_now
from sim_mall.domain.traffic import Source
from sim_mall.models.visits import Visit
from sim_mall.services import favourites

FLUSH_SECONDS = 5.0
Key = tuple[int, date, int, int, str, int]  # shop, day, account, listing, source, world


class _Buffer:
    """Views that are not written yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[Key] = Counter()

    def add(self, key: Key) -> None:
        with self._lock:
            self._counts[key] += 1

    def put_back(self, counts: Counter[Key]) -> None:
        with self._lock:
            self._counts.update(counts)

    def take(self) -> Counter[Key]:
        with self._lock:
            taken, self._counts = self._counts, Counter()
        return taken


def _buffer() -> _Buffer:
    found: _Buffer = current_app.extensions.setdefault("mall_visits", _Buffer())
    return found


def note_view(actor: Actor, shop_id: int, listing_id: int, source: Source) -> None:
    """Count one view of a shop's page (listing 0) or of a product. Writes nothing now."""
    if actor.account_id is None or actor.world_id is None:
        return
    day = local(sim_now(actor.world_id)).date()
    _buffer().add((shop_id, day, actor.account_id, listing_id, str(source), actor.world_id))


def flush() -> int:
    """Write the views that came in since the last time, in one transaction; return how many."""
    counts = _buffer().take()
    if not counts:
        return 0
    try:
        with unit_of_work():
            write(counts)
    except Exception:
        _buffer().put_back(counts)
        raise
    return counts.total()


def write(counts: Counter[Key]) -> None:
    """Add views to the counters inside the open unit of work."""
    rows = [
        {
            "shop_id": shop_id,
            "day": day,
            "account_id": account_id,
            "listing_id": listing_id,
            "source": source,
            "world_id": world_id,
            "views": views,
        }
        for (shop_id, day, account_id, listing_id, source, world_id), views in sorted(counts.items())
    ]
    for start in range(0, len(rows), 500):
        command = insert_into(Visit).values(rows[start : start + 500])
        command = command.on_conflict_do_update(
            index_elements=["shop_id", "day", "account_id", "listing_id", "source"],
            set_={"views": sa.text("mall_visit.views + excluded.views")},
        )
        db.session.execute(command)
    favourites.remember(
        (world_id, account_id, listing_id) for _, _, account_id, listing_id, _, world_id in counts if listing_id
    )
