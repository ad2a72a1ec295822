"""Classes in figures, asked from the api of the simulations, of grading and of training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import grading.api
import sim_mall.api
from app.core.money import half_up
from app.core.web.formats import yuan
from app.dashboards.data import Chart, ClassDetail, ClassFigures, TraineeLine
from app.training.api import roster
from app.training.data import ClassInfo, RosterEntry

OPEN_STATES = {"open", "suspended"}
PASS_LINE = 60
SHOPS_IN_CHART = 15


def class_figures(group: ClassInfo) -> ClassFigures:
    """Return one class in figures; a fixed number of queries."""
    members = roster(group.scope_id)
    return _figures(group, members, sim_mall.api.shop_metrics(group.world_id), _Work(group, members))


class _Work:
    """What grading says of a class: progress per trainee, and released results."""

    def __init__(self, group: ClassInfo, members: Sequence[RosterEntry]) -> None:
        ids = [member.account_id for member in members]
        self.progress = grading.api.progress(group.scope_id, ids)
        here = set(ids)
        self.results = {x.account_id: x for x in grading.api.results(group.scope_id) if x.account_id in here}


def _figures(group: ClassInfo, members: Sequence[RosterEntry], shops: Sequence[Any], work: _Work) -> ClassFigures:
    return ClassFigures(
        group=group,
        trainees=len(members),
        activated=sum(member.signed_in for member in members),
        shops=sum(shop.state in OPEN_STATES for shop in shops),
        goods=sum(shop.listings_on_sale for shop in shops),
        orders=sum(shop.orders_paid for shop in shops),
        gmv_paid=sum(shop.gmv_paid for shop in shops),
        submitted=sum(one.outcome_submitted for one in work.progress.values()),
        scored=len(work.results),
        passed=sum(bool(result.passed) for result in work.results.values()),
    )


def class_detail(group: ClassInfo) -> ClassDetail:
    """Return the page of one class: figures, one line per trainee, charts."""
    members = roster(group.scope_id)
    shops = sim_mall.api.shop_metrics(group.world_id)
    mall = sim_mall.api.progress(group.world_id, [member.account_id for member in members])
    work = _Work(group, members)
    by_owner = {shop.owner_id: shop for shop in shops}
    lines = tuple(_line(member, by_owner.get(member.account_id), mall[member.account_id], work) for member in members)
    charts = [_gmv_chart(shops), _funnel_chart(shops, mall.values(), "low" if work.results else "high")]
    if work.results:
        charts.append(_score_chart([_score(result) for result in work.results.values()]))
    return ClassDetail(_figures(group, members, shops, work), lines, tuple(charts))


def _line(member: RosterEntry, shop: Any, mall: Any, work: _Work) -> TraineeLine:
    result = work.results.get(member.account_id)
    score = _score(result) if result else None
    progress = work.progress[member.account_id]
    return TraineeLine(
        account_id=member.account_id,
        number=member.number,
        name=member.name,
        activated=member.signed_in,
        shop_name=shop.shop_name if shop else "",
        shop_open=bool(shop and shop.state in OPEN_STATES),
        goods=shop.listings_on_sale if shop else 0,
        orders=shop.orders_paid if shop else 0,
        completed=shop.completed if shop else 0,
        gmv_paid=shop.gmv_paid if shop else 0,
        live_orders=shop.live_orders if shop else 0,
        bought=mall.orders_bought,
        plan_complete=progress.plan_complete,
        submitted=progress.outcome_submitted,
        score=None if score is None else score_text(score),
        score_order=-1.0 if score is None else float(score),
        passed=result.passed if result else None,
    )


def _score(result: Any) -> Fraction:
    return Fraction(result.final_numerator, result.final_denominator)


def score_text(score: Fraction) -> str:
    """Return a score with at most two decimals, cut so that 59.995 never reads as 60."""
    hundredths = score.numerator * 100 // score.denominator
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") if rest else str(whole)


def _gmv_chart(shops: Sequence[Any]) -> Chart:
    best = sorted(shops, key=lambda shop: (-shop.gmv_paid, shop.shop_id))
    shown = [shop for shop in best if shop.gmv_paid][:SHOPS_IN_CHART]
    turned = shown[::-1]
    option = {
        "xAxis": {"type": "value", "axisLabel": {"formatter": "¥{value}", "hideOverlap": True}},
        "yAxis": {
            "type": "category",
            "data": [shop.shop_name for shop in turned],
            "axisLabel": {"width": 110, "overflow": "truncate"},
        },
        "series": [{"type": "bar", "name": "成交额（元）", "data": [half_up(shop.gmv_paid, 100) for shop in turned]}],
    }
    rows = tuple((shop.shop_name, yuan(shop.gmv_paid), shop.orders_paid) for shop in best)
    return Chart("gmv-by-shop", "哪些店铺卖得好（成交额，元）", option, ("店铺", "成交额", "已付订单"), rows, "high")


def _funnel_chart(shops: Sequence[Any], mall: Iterable[Any], height: str) -> Chart:
    pairs = [
        ("下单", sum(shop.orders for shop in shops)),
        ("付款", sum(shop.orders_paid for shop in shops)),
        ("发货", sum(one.orders_shipped for one in mall)),
        ("完成", sum(shop.completed for shop in shops)),
    ]
    option = {
        "xAxis": {"type": "category", "data": [name for name, _ in pairs], "axisLabel": {"interval": 0}},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [
            {"type": "bar", "name": "订单", "data": [n for _, n in pairs], "label": {"show": True, "position": "top"}}
        ],
    }
    return Chart("order-funnel", "订单走到哪一步", option, ("走到这一步", "订单数"), tuple(pairs), height)


def _score_chart(scores: Sequence[Fraction]) -> Chart:
    bands = ["0–49", "50–59", "60–69", "70–79", "80–89", "90–100"]
    counts = Counter(0 if score < 50 else min(int(score) // 10 - 4, 5) for score in scores)
    values = [counts.get(index, 0) for index in range(len(bands))]
    option = {
        "xAxis": {"type": "category", "data": bands},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [{"type": "bar", "name": "人数", "data": values, "label": {"show": True, "position": "top"}}],
    }
    rows = tuple(zip(bands, values, strict=True))
    return Chart("scores", f"得分分布（{PASS_LINE} 分及格）", option, ("得分", "人数"), rows, "low")
