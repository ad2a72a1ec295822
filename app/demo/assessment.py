"""Plans, practice outcomes and their marking in the demo classes."""

from __future__ import annotations

from collections.abc import Sequence

import grading.api
from app.core.actor import Actor
from app.demo import texts
from app.demo.market import Market
from app.worlds.chance import Chance
from grading.data import ReportText
from grading.domain.forecast import Product
from grading.domain.plan_content import PlanContent
from grading.domain.rubric import Entry, Rubric
from grading.services import outcomes

QUALITIES = (76, 84, 59, 91, 70, 46, 80, 87)  # per cent of the points, paper by paper
SEASON = (6, 7, 8, 8, 10, 12, 9, 9, 10, 11, 16, 14)  # tenths of the busiest months


def _words(market: Market, number: int) -> dict[str, str]:
    shop, main, _ = market.sign(number)
    named = "、".join(item.title for item in market.goods_of(number)[:3]) if number in market.shops else main
    return {"shop": shop, "main": main, "goods": named}


def plan_of(market: Market, number: int, sections: int) -> PlanContent:
    """Return a plan with the first ``sections`` of its sections written."""
    words = _words(market, number)
    chance = market.chance("plan", number)
    products = tuple(
        Product(
            item.title[:30],
            item.price_from,
            item.price_from * 52 // 100,
            tuple(chance.between(8, 14) * tenths // 10 + 1 for tenths in SEASON),
        )
        for item in (market.goods_of(number)[:4] if number in market.shops else [])
    )
    written = {key: text.format(**words) for key, text in list(texts.PLAN.items())[:sections]}
    return PlanContent(f"{words['shop']}创业计划", written, products)


def write_plan(market: Market, number: int, *, sections: int = 13) -> None:
    """Let the trainee write a plan; with all sections it is marked as complete."""
    actor = market.traders[number]
    version = grading.api.save_plan(actor, plan_of(market, number, sections), 0)
    if sections == len(texts.PLAN):
        grading.api.complete_plan(actor, version)


def hand_in(market: Market, number: int) -> None:
    """Let the trainee submit the practice outcome, where the rules allow it."""
    actor = market.traders[number]
    words = _words(market, number)
    if outcomes.stand(actor).refusals:
        return
    report = ReportText({key: text.format(**words) for key, text in texts.REPORTS.items()})
    grading.api.submit_outcome(actor, report, 0, market.key())


def _entries(rubric: Rubric, quality: int, chance: Chance) -> dict[str, Entry]:
    entries = {}
    for criterion in rubric.criteria:
        percent = max(20, min(98, quality + chance.between(-9, 9)))
        points = criterion.maximum * percent // 100
        kind = "high" if percent > 90 else "low" if percent < 60 else "good"
        entries[criterion.key] = Entry(points, texts.MARK_COMMENTS[kind])
    return entries


def mark_one(assessor: Actor, code: str, market: Market) -> None:
    """Let the assessor open, mark and submit one paper; a paper has one quality for all who mark it."""
    grading.api.open_paper(assessor, code)
    desk = grading.api.desk(assessor, code)
    quality = market.qualities.setdefault(code, QUALITIES[len(market.qualities) % len(QUALITIES)])
    entries = _entries(desk.paper.rubric, quality, market.chance("marks", f"{quality}-{assessor.account_id}"))
    grading.api.submit_marks(assessor, code, desk.sheet.version, entries, market.key())


def mark_all(assessors: Sequence[Actor], market: Market) -> None:
    """Mark until nobody has open work, third assessors included."""
    for _ in range(3):
        for assessor in assessors:
            for item in grading.api.queue(assessor):
                if item.state in {"assigned", "opened", "draft"}:
                    mark_one(assessor, item.code, market)
