"""What the changes of the world panel were, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.money import plain_yuan
from app.worlds.setting_words import choices_of
from app.worlds.settings import SETTINGS

ACTIONS = (
    "world.setting_changed",
    "world.announced",
    "world.announcement_withdrawn",
    "world.frozen",
    "world.unfrozen",
    "market.fee_changed",
    "market.trade_blocked",
    "market.trade_unblocked",
)


def _value(name: str, value: Any) -> str:
    rule = SETTINGS.get(name)
    if rule is None or not isinstance(value, int):
        return str(value)
    chosen = choices_of(name, rule.low, rule.high, rule.unit).get(value)
    if chosen is not None:
        return chosen
    return {"分": f"{plain_yuan(value)} 元", "万分之一": f"{plain_yuan(value)}%"}.get(rule.unit, f"{value} {rule.unit}")


def _rate(value: Any) -> str:
    return "默认" if value is None else f"{plain_yuan(int(value))}%"


def change_words(action: str, data: Mapping[str, Any]) -> str:
    """Return one sentence for a row of the audit chain."""
    if action == "world.setting_changed":
        name = str(data.get("name", ""))
        label = SETTINGS[name].label.split("（")[0] if name in SETTINGS else name
        return f"{label}：{_value(name, data.get('before'))} → {_value(name, data.get('after'))}"
    if action == "market.fee_changed":
        return f"类目“{data.get('category')}”费率：{_rate(data.get('before'))} → {_rate(data.get('after'))}"
    return {
        "world.announced": f"发布公告“{data.get('title', '')}”",
        "world.announcement_withdrawn": f"撤回公告“{data.get('title', '')}”",
        "world.frozen": "冻结市场",
        "world.unfrozen": "恢复市场",
        "market.trade_blocked": f"添加买卖限制：{data.get('reason', '')}",
        "market.trade_unblocked": "取消买卖限制",
    }.get(action, action)
