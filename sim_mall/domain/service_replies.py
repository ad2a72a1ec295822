"""What the robot says (自动回复) and what quick phrases become: keywords, hours, variables. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim_mall.domain.rules.matching import fold

VARIABLES = {"buyer": "买家称呼", "order_no": "订单号", "shop": "店铺名", "goods": "商品标题", "carrier": "快递公司"}
WELCOME = "您好，欢迎光临{shop}，请问有什么可以帮您？"
OFF_HOURS = "您好，现在没有客服在线（人工服务时间 {hours}），您的留言我们看到后会第一时间回复。"
_VARIABLE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class KeywordRule:
    """An answer and the words that call for it, any of them."""

    id: int
    keywords: tuple[str, ...]
    answer: str


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values into a phrase; a variable without a value becomes '', an unknown one stays as it is."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        return values.get(name, "" if name in VARIABLES else match.group())

    return _VARIABLE.sub(value, text)


def unknown_variables(text: str) -> list[str]:
    """Return the variables of a phrase that nobody fills."""
    return [name for name in _VARIABLE.findall(text) if name not in VARIABLES and name != "hours"]


def matching_rule(text: str, rules: Sequence[KeywordRule]) -> KeywordRule | None:
    """Return the first rule one of whose keywords stands in the text (width and case aside), or None."""
    folded, _ = fold(text)
    for rule in rules:
        if any(key in folded for keyword in rule.keywords if (key := fold(keyword)[0])):
            return rule
    return None


def split_keywords(text: str) -> tuple[str, ...]:
    """Return the keywords of a field: separated by commas, 、, | or spaces; each once."""
    return tuple(dict.fromkeys(word for word in re.split(r"[\s,，、|;；]+", text.strip()) if word))


def in_hours(hour: int, opens: int, closes: int) -> bool:
    """Say whether an hour (0 to 23) lies in [opens, closes); a span over midnight works too, equal ends mean always."""
    if opens == closes:
        return True
    return opens <= hour < closes if opens < closes else hour >= opens or hour < closes
