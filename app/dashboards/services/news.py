"""What is new: public facts of the class or classes of a hat, told from the audit chain."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from app.accounts.models import ScopeKind
from app.accounts.scopes import get_scope
from app.core.actor import Actor
from app.core.audit import AuditEvent, AuditHead
from app.core.db import db
from app.core.permissions import Permission
from app.dashboards.data import News
from app.training.api import classes_for

SHOWN = 6
LOOK_BACK = 5_000  # rows of one chain; older facts are no news
MOST_CHAINS = 5

TELLERS: dict[str, Callable[[str, dict[str, Any]], str]] = {
    "batch.papers": lambda _who, data: f"{len(data['codes'])} 份实践成果进入评审",
    "batch.released": lambda _who, data: f"成绩已公布，共 {len(data)} 人",
    "batch.rubric_corrected": lambda _who, _data: "评分标准有更正，成绩会重新评定",
    "batch.unreleased": lambda _who, _data: "成绩被收回，更正后再次公布",
    "catalogue.imported": lambda who, _data: f"{who} 更新了货源库",
    "class.created": lambda _who, _data: "班级建立了",
    "class.start_assessing": lambda _who, _data: "班级进入考核",
    "class.start_teaching": lambda _who, _data: "班级开课了",
    "goods.listed": lambda who, data: f"{who} 一键上架了 {data.get('products', 0)} 件商品",
    "live_room.created": lambda who, data: f"{who} 准备了直播《{data.get('title', '')}》",
    "live_room.ended": lambda who, data: f"{who} 结束直播，播了 {int(data.get('seconds', 0)) // 60} 分钟",
    "live_room.started": lambda who, _data: f"{who} 开播了",
    "roster.imported": lambda _who, data: f"{data.get('trainees', 0)} 名学员加入班级",
    "shop.opened": lambda who, _data: f"{who} 的店铺开张了",
    "world.announced": lambda _who, data: f"公告：{data.get('title', '')}",
    "world.frozen": lambda _who, _data: "模拟市场已冻结",
    "world.unfrozen": lambda _who, _data: "模拟市场已恢复",
    "task.assigned": lambda who, data: f"{who} 布置了任务《{data.get('title', '')}》",
}


def latest(actor: Actor) -> list[News]:
    """Return the newest public facts, newest first; none for hats that look at no class."""
    if actor.scope_id is None or not actor.may(Permission.CLASS_READ):
        return []
    if get_scope(actor.scope_id).kind is ScopeKind.CLASS:
        return _of_chain(actor.scope_id)
    found = [
        News(f"{group.name}：{item.text}", item.at)
        for group in classes_for(actor)[:MOST_CHAINS]
        for item in _of_chain(group.scope_id)
    ]
    return sorted(found, key=lambda item: item.at, reverse=True)[:SHOWN]


def _of_chain(scope_id: int) -> list[News]:
    end = sa.select(AuditHead.seq).where(AuditHead.scope_id == scope_id).scalar_subquery()
    rows = db.session.scalars(
        sa.select(AuditEvent)
        .where(AuditEvent.scope_id == scope_id, AuditEvent.seq > end - LOOK_BACK, AuditEvent.action.in_(TELLERS))
        .order_by(AuditEvent.seq.desc())
        .limit(SHOWN)
    )
    return [News(TELLERS[row.action](row.actor, json.loads(row.data)), row.at) for row in rows]
