"""Reading the forms of the world panel: rate, jump, settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.core.errors import InvalidInput
from app.core.money import parse_yuan, plain_yuan
from app.worlds.models import World
from app.worlds.setting_words import GROUPS, HELP, OTHERS, choices_of
from app.worlds.settings import SETTINGS, setting

JUMPS: dict[str, tuple[str, timedelta]] = {
    "10m": ("+10 分钟", timedelta(minutes=10)),
    "1h": ("+1 小时", timedelta(hours=1)),
    "1d": ("+1 天", timedelta(days=1)),
    "3d": ("+3 天", timedelta(days=3)),
}
RATES: tuple[tuple[int, str], ...] = (
    (1, "1× 与现实同步"),
    (60, "60× 一分钟过一小时"),
    (300, "300× 一分钟过五小时"),
    (1440, "1440× 一分钟过一天"),
    (3600, "3600× 一秒过一小时"),
)
MOST_DIGITS = 12


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting as the page shows it."""

    name: str
    label: str
    value: str
    unit: str
    help: str
    bounds: str
    choices: tuple[tuple[str, str], ...]

    @property
    def shown(self) -> str:
        """The value in words."""
        return dict(self.choices).get(self.value, f"{self.value} {self.unit}".strip())


@dataclass(frozen=True, slots=True)
class SettingGroup:
    """Settings that belong together, with what they are about."""

    title: str
    words: str
    fields: tuple[SettingField, ...]


def whole(form: Mapping[str, str], name: str, label: str) -> int:
    """Return a whole number of a form, 0 when empty. Raises InvalidInput."""
    text = form.get(name, "").strip()
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or len(text) > MOST_DIGITS:
        raise InvalidInput(f"“{label}”应填写整数。", field=name)
    return int(text)


def read_jump(form: Mapping[str, str]) -> timedelta:
    """Return how far to jump: one of the buttons, or days, hours and minutes typed."""
    named = JUMPS.get(form.get("jump", ""))
    if named is not None:
        return named[1]
    days, hours, minutes = (whole(form, n, w) for n, w in (("days", "天"), ("hours", "小时"), ("minutes", "分钟")))
    if days > 1000 or hours > 10_000 or minutes > 1_000_000:
        raise InvalidInput("时间只能向前跳，一次最多 60 天。", field="days")
    return timedelta(days=days, hours=hours, minutes=minutes)


def setting_fields(world: World) -> list[SettingField]:
    """Return the world's settings ready to show: money in yuan, rates in percent."""
    fields = []
    for name, rule in SETTINGS.items():
        value, unit = setting(world, name), rule.unit
        choices = choices_of(name, rule.low, rule.high, rule.unit)
        shown, low, high = str(value), f"{rule.low:,}", f"{rule.high:,}"
        if rule.unit == "分":
            shown, low, high, unit = plain_yuan(value), f"{rule.low // 100:,}", f"{rule.high // 100:,}", "元"
        elif rule.unit == "万分之一":
            shown, low, high, unit = _percent(value), _percent(rule.low), _percent(rule.high), "%"
        label = rule.label.split("（")[0]
        bounds = "" if choices else f"{low} 到 {high} {unit}".strip()
        named = tuple((str(key), words) for key, words in choices.items())
        fields.append(SettingField(name, label, shown, unit, HELP.get(name, ""), bounds, named))
    return fields


def setting_groups(world: World) -> list[SettingGroup]:
    """Return the settings in their groups; those without a group come last."""
    fields = {one.name: one for one in setting_fields(world)}
    groups = []
    for title, words, names in (*GROUPS, (*OTHERS, tuple(fields))):
        members = tuple(fields.pop(name) for name in names if name in fields)
        if members:
            groups.append(SettingGroup(title, words, members))
    return groups


def _percent(bp: int) -> str:
    return f"{bp // 100}" if bp % 100 == 0 else f"{bp / 100:.2f}"


def read_settings(form: Mapping[str, str]) -> dict[str, int]:
    """Return the settings typed, in their own units. Raises InvalidInput that names the setting."""
    values: dict[str, int] = {}
    for name, rule in SETTINGS.items():
        if name not in form:
            continue
        text, label = form[name].strip(), rule.label.split("（")[0]
        try:
            if rule.unit in {"分", "万分之一"}:
                values[name] = parse_yuan(text)  # percent with two decimals counts in basis points alike
            else:
                values[name] = int(text) if text.isascii() and len(text) <= MOST_DIGITS else int("x")
        except ValueError as error:
            raise InvalidInput(f"“{label}”填写的“{text[:20]}”无法识别，请填写数字。", field=name) from error
        if not rule.low <= values[name] <= rule.high:
            low, high = (plain_yuan(b) if rule.unit in {"分", "万分之一"} else str(b) for b in (rule.low, rule.high))
            unit = {"分": "元", "万分之一": "%"}.get(rule.unit, rule.unit)
            raise InvalidInput(f"“{label}”应在 {low} 到 {high} {unit}之间。", field=name)
    return values
