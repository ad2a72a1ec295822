"""Plain data that leaves the supply system: frozen, without ORM objects. Money in fen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SupplyProgress:
    """What one person has done in the supply system so far; all counts.

    listed_by_click: products put on sale by one click. orders_fetched: orders of the mall that were fetched.
    orders_shipped: purchase orders that suppliers have shipped.
    """

    listed_by_click: int = 0
    orders_fetched: int = 0
    orders_shipped: int = 0


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What one fetch brought. new: orders never fetched before; updated: known ones that changed.

    pushed: purchase orders sent to suppliers. waiting: made but not sent, because money is short.
    own_lines: lines that the shop ships itself. more: there is more to fetch, by another fetch.
    """

    new: int = 0
    updated: int = 0
    pushed: int = 0
    waiting: int = 0
    own_lines: int = 0
    more: bool = False

    def plus(self, other: FetchReport) -> FetchReport:
        """Return both together."""
        return FetchReport(
            self.new + other.new,
            self.updated + other.updated,
            self.pushed + other.pushed,
            self.waiting + other.waiting,
            self.own_lines + other.own_lines,
            self.more or other.more,
        )

    def words(self) -> str:
        """Return what the seller is told."""
        if not self.new:
            return "没有新的待发货订单。" if not self.updated else f"没有新订单，更新了 {self.updated} 笔已抓取的订单。"
        words = [f"抓取到 {self.new} 笔新订单"]
        if self.pushed:
            words.append(f"已向供应商推送 {self.pushed} 张采购单")
        if self.waiting:
            words.append(f"{self.waiting} 张采购单因钱包余额不足未推送")
        if self.own_lines:
            words.append(f"{self.own_lines} 行商品由店铺自行发货")
        return "，".join(words) + "。"
