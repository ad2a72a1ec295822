"""What is looked at once a simulated day (每日检查): reply rates (R18), lost disputes (R19), the order of search."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.core.clock import local
from app.core.db import db
from app.core.flow import StateEvent
from app.worlds import due
from app.worlds.clock import sim_now
from app.worlds.models import DueState, DueTask
from sim_mall.domain.aftersale_flow import AFTERSALE_FLOW
from sim_mall.domain.service_figures import (
    LEAST_DISPUTES,
    LOST_RATE_BP,
    LOW_RATE_BP,
    RoundFact,
    quick_rate,
    share_bp,
)
from sim_mall.events import ShopOpened
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.rules import Violation
from sim_mall.models.service import ServiceRound
from sim_mall.models.shops import Shop
from sim_mall.services import ranking
from sim_mall.services.rules.violations import Case, record_violation

DAILY = "mall.rules_daily"
DISPUTE_DAYS = 30


def _midnight(moment: datetime) -> datetime:
    return local(moment).replace(hour=0, minute=0, second=0, microsecond=0)


def on_shop_opened(_sender: Any, *, event: ShopOpened) -> None:
    """Start the daily look of a world with its first shop."""
    waiting = sa.select(DueTask.id).where(
        DueTask.world_id == event.world_id, DueTask.kind == DAILY, DueTask.status == DueState.WAITING
    )
    if db.session.scalars(waiting.limit(1)).first() is None:
        _schedule(event.world_id)


def _schedule(world_id: int) -> None:
    due.schedule(world_id, _midnight(sim_now(world_id)) + timedelta(days=1), DAILY, world_id)


def on_daily(task: DueTask) -> None:
    """Look at yesterday and the day before, rank all goods anew; a fixed number of queries for the whole world."""
    today = _midnight(sim_now(task.world_id))
    _reply_rates(task.world_id, today)
    _disputes(task.world_id, today)
    ranking.refresh(task.world_id)
    _schedule(task.world_id)


def _reply_rates(world_id: int, today: datetime) -> None:
    rows = db.session.scalars(
        sa.select(ServiceRound)
        .join(Shop, Shop.id == ServiceRound.shop_id)
        .where(
            Shop.world_id == world_id,
            ServiceRound.asked_at >= today - timedelta(days=2),
            ServiceRound.asked_at < today,
        )
    ).all()
    days = [today - timedelta(days=2), today - timedelta(days=1)]
    told = set(
        db.session.scalars(
            sa.select(Violation.shop_id).where(
                Violation.world_id == world_id, Violation.rule == "R18", Violation.at > today - timedelta(days=2)
            )
        )
    )  # each two bad days are one case
    for shop_id in sorted({row.shop_id for row in rows} - told):
        rates = []
        for day in days:
            facts = [
                RoundFact(row.session_id, local(row.asked_at).hour, row.seconds, row.first)
                for row in rows
                if row.shop_id == shop_id and day <= row.asked_at < day + timedelta(days=1)
            ]
            rates.append(quick_rate(facts))
        if any(rate is None or rate >= LOW_RATE_BP for rate in rates):
            continue
        shown = [f"{day:%m-%d} {(rate or 0) / 100:.0f}%" for day, rate in zip(days, rates, strict=True)]
        summary = f"3 分钟人工回复率连续两天低于 {LOW_RATE_BP // 100}%：{'、'.join(shown)}"
        evidence = {"rates": shown}
        case = Case("R18", ("shop", shop_id), summary, evidence, f"R18:{shop_id}:{today:%Y%m%d}")
        record_violation(world_id, shop_id, case)


def _disputes(world_id: int, today: datetime) -> None:
    rows = db.session.execute(
        sa.select(AfterSale.shop_id, StateEvent.event, sa.func.count(sa.distinct(StateEvent.entity_id)))
        .join(AfterSale, AfterSale.id == StateEvent.entity_id)
        .where(
            AfterSale.world_id == world_id,
            StateEvent.flow == AFTERSALE_FLOW.name,
            StateEvent.event.in_(("verdict_buyer", "verdict_seller")),
            StateEvent.sim_at >= today - timedelta(days=DISPUTE_DAYS),
        )
        .group_by(AfterSale.shop_id, StateEvent.event)
    ).all()
    decided: dict[int, dict[str, int]] = {}
    for shop_id, event, count in rows:
        decided.setdefault(shop_id, {})[event] = count
    for shop_id, counts in sorted(decided.items()):
        lost = counts.get("verdict_buyer", 0)
        total = lost + counts.get("verdict_seller", 0)
        rate = share_bp(lost, total)
        if total < LEAST_DISPUTES or rate is None or rate <= LOST_RATE_BP:
            continue
        summary = f"近 {DISPUTE_DAYS} 天平台裁决 {total} 起纠纷，败诉 {lost} 起，超过 {LOST_RATE_BP // 100}%"
        evidence = {"decided": total, "lost": lost}
        key = f"R19:{shop_id}:{today:%Y%m}:{lost}"
        record_violation(world_id, shop_id, Case("R19", ("shop", shop_id), summary, evidence, key))
