"""Order fetching of many orders as a job (批量抓取): one unit of work per few orders, progress, a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from app.accounts.sessions import actor_in
from app.core import idempotency, jobs
from app.core.actor import Actor
from app.core.permissions import Permission, Role
from app.core.uow import unit_of_work
from app.worlds.api import scope_of_world
from sim_supply import mall_client
from sim_supply.data import FetchReport
from sim_supply.services import fetching

AT_ONCE = 60  # more changed orders than this are fetched by a job, with progress
STEP = 25  # orders of one unit of work
FETCH_JOB = "supply.fetch_orders"


def fetch_or_start(actor: Actor, key: str) -> FetchReport | str:
    """Fetch the shop's orders, or hand them to a job where there are many; return the report, or the job's public id.

    The same key gives the same answer. Raises Refused without an open shop.
    """
    actor.require(Permission.SUPPLY_USE)
    shop = fetching.open_shop(actor)

    def carry_out() -> dict[str, Any]:
        if len(fetching.changed_ids(actor, shop)) <= AT_ONCE:
            return asdict(fetching.fetch_now(actor, shop))
        payload = {"account": actor.person(), "world": actor.world()}
        job = jobs.unfinished(actor, FETCH_JOB, payload)
        job = job or jobs.enqueue(actor, FETCH_JOB, "抓取订单", payload, "/supply/orders/")
        return {"job": job.public_id}

    answer: dict[str, Any] = idempotency.once(actor, key, "supply.fetch_orders", shop.id, carry_out)
    return str(answer["job"]) if "job" in answer else FetchReport(**answer)


def run(payload: Mapping[str, Any], progress: jobs.Progress) -> dict[str, Any]:
    """Job: fetch a few orders at a time. A repeat does no harm: what was fetched already is not bought again."""
    world_id = int(payload["world"])
    actor = actor_in(int(payload["account"]), Role.TRAINEE, scope_of_world(world_id))
    shop = fetching.open_shop(actor)
    horizon = fetching.horizon_of(world_id)
    ids = fetching.changed_ids(actor, shop)
    report = FetchReport()
    for start in range(0, len(ids), STEP):
        progress.report(start, len(ids), f"已抓取 {start} 笔订单，共 {len(ids)} 笔。")
        with unit_of_work():
            fetching.lock_shop(shop)
            orders = mall_client.sold_orders(actor, shop.id, ids[start : start + STEP])
            report = report.plus(fetching.take_orders(actor, shop, orders))
    with unit_of_work():
        fetching.note_fetched(actor, fetching.lock_shop(shop), report, horizon)
    progress.report(len(ids), len(ids), report.words())
    return {**asdict(report), "message": report.words()}
