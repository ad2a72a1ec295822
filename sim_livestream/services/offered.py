"""What is kept for a room of each item (直播库存), as the mall has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim_livestream import mall_client
from sim_livestream.models.rooms import LiveRoom
from sim_livestream.models.selling import LiveItem
from sim_mall.data import LiveStockInfo


@dataclass(frozen=True, slots=True)
class Offered:
    """The live stock of one room. shares: (item, SKU) → units and what is left of them; none: all the shop has."""

    shares: Mapping[tuple[int, int], LiveStockInfo]

    def of(self, item_id: int, sku_id: int) -> LiveStockInfo | None:
        """Return the live stock of one specification, None when it has none of its own."""
        return self.shares.get((item_id, sku_id))

    def units(self, item: LiveItem) -> int:
        """Return how many units of the item are offered in the room, of all specifications that have some."""
        return sum(share.units for (item_id, _), share in self.shares.items() if item_id == item.id)

    def shares_left(self, item: LiveItem) -> int:
        """Return how many of the offered units are left."""
        return sum(share.left for (item_id, _), share in self.shares.items() if item_id == item.id)

    def left(self, item: LiveItem) -> int | None:
        """Return how many units of the item are left in the room; None when a specification is not bounded."""
        shares = [self.of(item.id, price.sku_id) for price in item.prices]
        known = [share.left for share in shares if share is not None]
        return sum(known) if known and len(known) == len(shares) else None

    def can_sell(self, item_id: int, sku_id: int, saleable: int) -> int:
        """Return how many units of a specification can be sold in the room now; saleable: by the shop."""
        share = self.of(item_id, sku_id)
        if share is None:
            return max(0, saleable)
        return share.left if share.aside else max(0, min(share.left, saleable))


def offered(room: LiveRoom) -> Offered:
    """Return the live stock of a room, one query."""
    return Offered(mall_client.live_stock(room.world_id, room.id))
