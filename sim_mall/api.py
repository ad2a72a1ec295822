"""What the mall tells ``app.*``: metrics, progress and evidence as plain data. Definitions: ``definitions()``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sim_mall.data import MallProgress, ShopAudience, ShopMetrics
from sim_mall.domain.definitions import DEFINITIONS, Definition
from sim_mall.services import figures

__all__ = [
    "Definition",
    "MallProgress",
    "ShopAudience",
    "ShopMetrics",
    "audiences",
    "definitions",
    "evidence",
    "progress",
    "shop_metrics",
    "world_totals",
]


def shop_metrics(world_id: int) -> list[ShopMetrics]:
    """Return the figures of every shop of the world, highest paid turnover first."""
    return figures.shop_metrics(world_id)


def definitions() -> dict[str, Definition]:
    """Return name, unit and meaning (指标口径) of every figure of the mall by its key."""
    return dict(DEFINITIONS)


def audiences(world_id: int) -> dict[int, ShopAudience]:
    """Return visitors and scores of every shop of the world that has any, by shop."""
    return figures.audiences(world_id)


def progress(world_id: int, account_ids: Sequence[int]) -> dict[int, MallProgress]:
    """Return what each of these people has done in the mall; every id has an answer."""
    return figures.progress(world_id, account_ids)


def evidence(world_id: int, account_id: int) -> dict[str, Any]:
    """Return the facts of one person's mall work for the practice outcome (JSON values, money in fen)."""
    return figures.evidence(world_id, account_id)


def world_totals(world_id: int) -> dict[str, int]:
    """Return the sums over all shops of the world."""
    return figures.world_totals(world_id)
