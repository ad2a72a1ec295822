"""The home of each role: what to do now, and how far things are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from flask import current_app

import grading.api
import sim_mall.api
from app.accounts.models import Account
from app.core import audit
from app.core.actor import Actor
from app.core.clock import local
from app.core.db import db
from app.core.feature import HomeCard
from app.core.jobs import Job, JobState
from app.core.permissions import Role
from app.core.web.formats import percent_bp, yuan
from app.dashboards.data import Bar, Fact, Person, Progress
from app.dashboards.definitions import DEFINITIONS
from app.dashboards.services.figures import class_figures
from app.teaching.api import own_tasks, stuck_people, task_summary
from app.training.api import class_of_scope, classes_for

MOST_CARDS = 5
MOST_CLASSES = 6
MOST_PEOPLE = 6


def greeting(now: datetime) -> str:
    """Return the greeting for this time of day in Shanghai."""
    hour = local(now).hour
    for until, words in ((5, "夜深了"), (11, "早上好"), (13, "中午好"), (18, "下午好"), (24, "晚上好")):
        if hour < until:
            return words
    return "你好"


def cards(actor: Actor) -> list[HomeCard]:
    """Return at most five cards of what to do now, the most urgent first."""
    found: list[HomeCard] = []
    for ask in current_app.extensions["home_cards"]:
        found.extend(ask(actor))
    return sorted(found, key=lambda card: card.urgency)[:MOST_CARDS]


def progress(actor: Actor) -> Progress | None:
    """Return how far things are for this hat; None when there is nothing to say yet."""
    ask = _BY_ROLE.get(actor.role) if actor.role else None
    return ask(actor) if ask else None


def _trainee(actor: Actor) -> Progress | None:
    group = class_of_scope(actor.scope_id or 0)
    if group is None:
        return None
    me = actor.person()
    tasks = own_tasks(group, me, actor.name)
    done, steps = sum(task.done for task in tasks), sum(task.steps for task in tasks)
    shop = next((x for x in sim_mall.api.shop_metrics(group.world_id) if x.owner_id == me), None)
    mall = sim_mall.api.progress(group.world_id, [me])[me]
    work = grading.api.progress(group.scope_id, [me])[me]
    facts = [Fact("买入订单", str(mall.orders_bought), "你在商城付款的订单。", "单", "/mall/orders/")]
    if shop is not None:
        facts = [
            Fact("成交额", yuan(shop.gmv_paid), DEFINITIONS["成交额"], url="/seller/"),
            Fact("已付订单", str(shop.orders_paid), DEFINITIONS["已付订单"], "笔", "/seller/orders/"),
            Fact("在售商品", str(shop.listings_on_sale), DEFINITIONS["在售商品"], "件", "/seller/products/"),
            *facts,
        ]
    bars = [
        Bar(task.title, task.done, task.steps, f"{task.done}/{task.steps} 步", f"/classes/{group.code}/tasks/{task.id}")
        for task in tasks[:3]
    ]
    bars.append(
        Bar(
            "《网络创业规划书》",
            int(work.plan_complete),
            1,
            "已写完" if work.plan_complete else "未写完",
            "/grading/plan",
        )
    )
    bars.append(
        Bar(
            "实践成果",
            int(work.outcome_submitted),
            1,
            "已提交" if work.outcome_submitted else "未提交",
            "/grading/outcome",
        )
    )
    ring = (
        Bar("任务步骤", done, steps, f"已完成 {done} / {steps} 步", f"/classes/{group.code}/tasks/") if steps else None
    )
    return Progress("我的进度", ring, bars, facts)


def _instructor(actor: Actor) -> Progress | None:
    group = class_of_scope(actor.scope_id or 0)
    if group is None:
        return None
    figures = class_figures(group)
    tasks = task_summary(group.scope_id)
    bars = [
        Bar(
            task.title, task.ready, task.trainees, f"{task.ready}/{task.trainees} 人完成",
            f"/classes/{group.code}/tasks/{task.id}",
        )
        for task in tasks[:4]
    ]  # fmt: skip
    stuck = [
        Person(one.name, f"{one.task_title}：下一步“{one.next_words}”", f"/classes/{group.code}/tasks/{one.task_id}")
        for one in stuck_people(group, MOST_PEOPLE)
    ]
    return Progress(
        "班级进度",
        Bar("已激活", figures.activated, figures.trainees, f"{figures.activated} / {figures.trainees} 人登录过"),
        bars,
        [
            Fact("已开店", str(figures.shops), DEFINITIONS["店铺"], "家"),
            Fact("已付订单", str(figures.orders), DEFINITIONS["已付订单"], "笔"),
            Fact("成交额", yuan(figures.gmv_paid), DEFINITIONS["成交额"]),
            Fact("已提交成果", str(figures.submitted), DEFINITIONS["已提交成果"], "人"),
        ],
        stuck,
        "谁卡住了",
        more_url=f"/dashboards/classes/{group.code}",
        more_label="班级看板",
    )


def _overseer(actor: Actor) -> Progress | None:
    groups = [group for group in classes_for(actor) if not group.is_test]
    if not groups:
        return None
    shown = [class_figures(group) for group in groups[:MOST_CLASSES]]
    scored, passed = sum(one.scored for one in shown), sum(one.passed for one in shown)
    facts = [
        Fact("班级", str(len(groups)), DEFINITIONS["班级"], "个", "/dashboards/"),
        Fact("学员", str(sum(group.trainee_count for group in groups)), DEFINITIONS["学员"], "人"),
        Fact("成交额", yuan(sum(one.gmv_paid for one in shown)), f"{DEFINITIONS['成交额']}只计下方所列班级。"),
        Fact(
            "通过率",
            percent_bp(10_000 * passed // scored) if scored else "—",
            f"{DEFINITIONS['通过率']}只计下方所列班级。",
        ),
    ]
    return Progress("班级一览", facts=facts, classes=shown, more_url="/dashboards/", more_label="全部班级")


def _assessor(actor: Actor) -> Progress | None:
    items = grading.api.queue(actor)
    if not items:
        return None
    done = sum(str(item.state) == "completed" for item in items)
    return Progress(
        "评审进度",
        Bar("已评", done, len(items), f"{done} / {len(items)} 份"),
        facts=[
            Fact("待评", str(len(items) - done), "抽给你、还没有提交评分的作品。", "份", "/grading/assess/"),
            Fact("已评", str(done), "你已经提交评分的作品，含往期批次。", "份", "/grading/assess/"),
        ],
    )


def class_cards(actor: Actor) -> list[HomeCard]:
    """Return the card of those who look after many classes: go and look at the figures."""
    groups = classes_for(actor) if actor.role in _OVERSEERS else []
    if not groups:
        return []
    running = sum(group.status in {"teaching", "assessing"} for group in groups)
    return [
        HomeCard(
            title="查看班级看板",
            text=f"{len(groups)} 个班级，其中 {running} 个正在授课或考核。",
            url="/dashboards/",
            button="打开看板",
            urgency=60,
            icon="chart-bar",
        )
    ]


def _sysadmin(_actor: Actor) -> Progress:
    people = sa.select(sa.func.count(Account.id)).where(Account.is_simulated.is_(False))
    accounts = db.session.scalar(people) or 0
    used = db.session.scalar(people.where(Account.first_sign_in_at.is_not(None))) or 0
    failed = db.session.scalar(sa.select(sa.func.count(Job.id)).where(Job.status == JobState.FAILED)) or 0
    return Progress(
        "平台",
        Bar("账号激活", used, accounts, f"{used} / {accounts} 个账号登录过"),
        facts=[
            Fact("账号", str(accounts), "统一账号库里的全部账号。", "个"),
            Fact(
                "审计链", str(len(audit.chains())), "每个班级、机构、地区各一条，可用 flask audit verify 核验。", "条"
            ),
            Fact("失败的后台任务", str(failed), "导入、导出、打印等后台任务中最终失败的。", "个"),
        ],
    )


_OVERSEERS = {Role.INSTITUTION_ADMIN, Role.DISTRICT, Role.CENTRE, Role.SUPERVISOR}
_BY_ROLE: dict[Role, Callable[[Actor], Progress | None]] = {
    Role.TRAINEE: _trainee,
    Role.INSTRUCTOR: _instructor,
    Role.ASSESSOR: _assessor,
    Role.INSTITUTION_ADMIN: _overseer,
    Role.DISTRICT: _overseer,
    Role.CENTRE: _overseer,
    Role.SUPERVISOR: _overseer,
    Role.SYSADMIN: _sysadmin,
}
