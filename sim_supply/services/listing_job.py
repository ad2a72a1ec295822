"""One-click listing of many products as a job (批量上架): one unit of work per product, progress, a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from app.accounts.sessions import actor_in
from app.core import idempotency, jobs
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import DomainError, InvalidInput
from app.core.permissions import Permission, Role
from app.core.uow import unit_of_work
from app.worlds.api import scope_of_world
from sim_supply.domain.pricing import rule_from
from sim_supply.models.catalogue import Product
from sim_supply.services import listing
from sim_supply.services.fetching import open_shop

REPORT_EVERY = 5


def start(
    actor: Actor,
    product_ids: Sequence[int],
    sku_ids: Sequence[int],
    terms: listing.Terms,
    key: str,
) -> str:
    """Hand the listing of many products to a job; return its public id."""
    actor.require(Permission.SUPPLY_USE)
    open_shop(actor)
    if len(set(product_ids)) > listing.MAX_PRODUCTS:
        raise InvalidInput(f"一次最多上架 {listing.MAX_PRODUCTS} 个商品，请分几次上架。", field="product")
    payload = {
        "account": actor.person(),
        "world": actor.world(),
        "products": sorted(set(product_ids)),
        "skus": sorted(set(sku_ids)),
        "rule": asdict(terms.rule),
        "freight": terms.buyer_freight,
        "promise": terms.promise_hours,
        "key": key,
    }

    def carry_out() -> str:
        return jobs.enqueue(actor, listing.LIST_JOB, "批量上架", payload, "/supply/listings").public_id

    found: str = idempotency.once(actor, key, "supply.list_many", payload, carry_out)
    return found


def run(payload: Mapping[str, Any], progress: jobs.Progress) -> dict[str, Any]:
    """Job: list product by product. A repeat does no harm: what is listed already is left alone."""
    world_id = int(payload["world"])
    who = actor_in(int(payload["account"]), Role.TRAINEE, scope_of_world(world_id))
    rule = rule_from(payload["rule"], listing.fee_bp(world_id))
    if rule is None:
        raise InvalidInput("价格规则已失效，请重新设置后上架。", field="rule")
    wanted: list[int] = list(payload["products"])
    listed = skus = already = 0
    refused: list[str] = []
    words = ""
    for number, product_id in enumerate(wanted, 1):
        try:
            with unit_of_work():
                done = listing.list_goods(
                    who,
                    [product_id],
                    payload["skus"],
                    rule,
                    int(payload["freight"]),
                    f"{payload['key'][:60]}-{product_id}",
                    int(payload["promise"]),
                )
        except DomainError as error:
            db.session.rollback()
            name = db.session.scalar(sa.select(Product.name).where(Product.id == product_id)) or str(product_id)
            refused.append(error.message if name in error.message else f"“{name}”：{error.message}")
        else:
            listed, skus, already = listed + done.listed, skus + done.skus, already + done.already
        if number % REPORT_EVERY == 0 or number == len(wanted):
            words = f"已上架 {listed} 个商品（{skus} 个规格），{len(refused)} 个没有通过。"
            words = " ".join([words, *refused[-3:]])
            progress.report(number, len(wanted), words)
    return {"listed": listed, "skus": skus, "already": already, "refused": refused[:100], "message": words}
