"""What people type into the studio and the buying sheet, parsed at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wtforms import DateTimeLocalField, FileField, IntegerField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from app.core.clock import SHANGHAI, local
from app.core.errors import InvalidInput
from app.core.money import parse_yuan
from app.core.web.forms import Form, clean_text
from sim_livestream.models.rooms import LiveRoom, LiveSlide
from sim_mall.data import Receiver

MOST_PRICES = 200
DIVISION_LEVELS = ("province", "city", "district")


class RoomForm(Form):
    """A room: title, notice, announced time (wall time of the people who will come)."""

    title = StringField(
        "直播标题",
        [DataRequired("请填写直播标题。"), Length(2, 30, "标题 2 到 30 个字。")],
        description="观众在直播广场先看到它，例如“秋冬毛衣上新专场”。",
    )
    planned = DateTimeLocalField(
        "预告时间", [Optional()], description="不填就是随时开播；填了会出现在直播广场的预告里。"
    )
    minutes = IntegerField(
        "预计时长（分钟）",
        [Optional(), NumberRange(30, 1440, "预计时长应在 30 分钟到 24 小时之间。")],
        default=120,
        description="30 分钟到 24 小时，按平均讲解时间估算。",
    )
    notice = TextAreaField("直播间公告", [Length(0, 120, "公告最多 120 个字。")])
    cover = FileField("封面（选填）", description="JPG、PNG 或 WebP，8 MB 以内，竖图最好；不传就用系统画的封面。")

    def fill(self, room: LiveRoom) -> None:
        """Show what the room has."""
        self.title.data, self.notice.data, self.minutes.data = room.title, room.notice, room.planned_minutes
        if room.planned_wall_at is not None:
            self.planned.data = local(room.planned_wall_at).replace(tzinfo=None)

    def planned_moment(self) -> datetime | None:
        """Return the announced time, aware: people type Shanghai time."""
        typed: datetime | None = self.planned.data
        return None if typed is None else typed.replace(tzinfo=SHANGHAI)


class SlideForm(Form):
    """One slide of the stage with the host's prompt."""

    title = StringField("画面标题", [DataRequired("请填写画面标题。"), Length(1, 30, "标题最多 30 个字。")])
    text = StringField("画面文字", [Length(0, 80, "画面文字最多 80 个字。")])
    prompt = TextAreaField("提词", [Length(0, 500, "提词最多 500 个字。")], description="只有主播自己看得到。")
    seconds = IntegerField(
        "停留秒数",
        [InputRequired("请填写停留秒数。"), NumberRange(5, 3600, "停留 5 到 3600 秒。")],
        default=60,
        description="自动播放时，这一页停留多久。",
    )

    def fill(self, slide: LiveSlide) -> None:
        """Show what the slide has."""
        self.title.data, self.text.data = slide.title, slide.text
        self.prompt.data, self.seconds.data = slide.prompt, slide.seconds


def first_error(form: Form) -> InvalidInput:
    """Return the first error of a form as a refusal, for forms sent by the page's script."""
    for name, errors in form.errors.items():
        return InvalidInput(str(errors[0]), field=name or None)
    return InvalidInput("提交的内容有问题，请检查。")


def whole(values: Mapping[str, Any], name: str, sentence: str, *, default: int | None = None) -> int:
    """Return a whole number of a form. Raises InvalidInput with the sentence."""
    text = str(values.get(name, "")).strip()
    if not text and default is not None:
        return default
    if not text.isascii() or not text.lstrip("-").isdigit() or len(text) > 10:
        raise InvalidInput(sentence, field=name)
    return int(text)


def yuan(values: Mapping[str, Any], name: str, sentence: str) -> int:
    """Return an amount typed in yuan as fen. Raises InvalidInput with the sentence."""
    try:
        return parse_yuan(str(values.get(name, "")))
    except ValueError:
        raise InvalidInput(sentence, field=name) from None


def numbers(values: Mapping[str, Any], name: str) -> list[int]:
    """Return ids separated by commas, at most two hundred. Raises InvalidInput."""
    parts = [part for part in str(values.get(name, "")).split(",") if part][:MOST_PRICES]
    if not all(part.isascii() and part.isdigit() and len(part) < 12 for part in parts):
        raise InvalidInput("顺序没有保存，请刷新页面后重试。", field=name)
    return [int(part) for part in parts]


def live_prices(values: Mapping[str, Any]) -> dict[int, int]:
    """Return the live prices of a form: fields ``price_<sku>`` in yuan → fen. Raises InvalidInput."""
    prices: dict[int, int] = {}
    for name, text in values.items():
        number = name.removeprefix("price_")
        if number == name or not number.isascii() or not number.isdigit() or len(prices) >= MOST_PRICES:
            continue
        try:
            prices[int(number)] = parse_yuan(str(text))
        except ValueError:
            raise InvalidInput("请填写直播价，最多两位小数，例如 19.90。", field=name) from None
    return prices


def live_stock(values: Mapping[str, Any]) -> dict[int, int | None]:
    """Return the live stock of a form: fields ``stock_<sku>`` → units, None for an empty one. Raises InvalidInput."""
    units: dict[int, int | None] = {}
    for name, text in values.items():
        number = name.removeprefix("stock_")
        if number == name or not number.isascii() or not number.isdigit() or len(units) >= MOST_PRICES:
            continue
        sentence = "直播库存应为整数，不填表示不单独留货。"
        units[int(number)] = whole(values, name, sentence) if str(text).strip() else None
    return units


def receiver_of(values: Mapping[str, Any]) -> Receiver | None:
    """Return the address of the buying sheet, with its division's code; None when the default one is taken."""
    if values.get("address") == "default":
        return None
    name, phone, detail = (clean_text(str(values.get(part, ""))) for part in ("name", "phone", "detail"))
    return Receiver(name, phone, "", detail, division_of(values))


def division_of(values: Mapping[str, Any]) -> str:
    """Return the code of the deepest division chosen in the three selects. Raises InvalidInput for none."""
    codes = [str(values.get(level, "")).strip()[:12] for level in DIVISION_LEVELS]
    code = next((code for code in reversed(codes) if code), "")
    if not code:
        raise InvalidInput("请选择所在地区。", field="province")
    return code
