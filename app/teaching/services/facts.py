"""What trainees have done, asked from the simulations and from grading."""

from __future__ import annotations

from collections.abc import Sequence

import grading.api
import sim_livestream.api
import sim_mall.api
import sim_supply.api
from app.teaching.domain.steps import TraineeFacts

SHOP_OPEN_STATES = {"open", "restricted", "suspended"}  # a shop that rests was open


def facts_of(world_id: int, scope_id: int, account_ids: Sequence[int]) -> dict[int, TraineeFacts]:
    """Return the facts of each trainee; a fixed number of queries, however many trainees."""
    ids = list(account_ids)
    if not ids:
        return {}
    mall = sim_mall.api.progress(world_id, ids)
    supply = sim_supply.api.progress(world_id, ids)
    live = sim_livestream.api.progress(world_id, ids)
    work = grading.api.progress(scope_id, ids)
    return {
        key: TraineeFacts(
            shop_open=mall[key].shop_state in SHOP_OPEN_STATES,
            goods_on_sale=mall[key].listings_on_sale,
            listed_by_click=supply[key].listed_by_click,
            orders_paid=mall[key].orders_received,
            orders_fetched=supply[key].orders_fetched,
            orders_shipped=mall[key].orders_shipped,
            orders_completed=mall[key].orders_completed,
            orders_bought=mall[key].orders_bought,
            reviews_written=mall[key].reviews_written,
            rooms_held=live[key].rooms,
            plan_complete=work[key].plan_complete,
            outcome_submitted=work[key].outcome_submitted,
        )
        for key in ids
    }
