"""Quality score of a listing (商品质量分): 0 to 100 from facts, with a hint for every point that is missing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim_mall.domain.category_book import Attribute, attributes_of
from sim_mall.domain.words import normalise

GOOD, FAIR = 80, 60
PICTURES = 5
DETAIL_WORDS = 120


@dataclass(frozen=True, slots=True)
class ListingFacts:
    """What the score looks at. pictures, detail_pictures: how many. detail: words alone, without markup."""

    title: str
    brief: str
    category_l1: str
    category_l2: str
    brand: str
    attributes: Mapping[str, object]
    pictures: int
    detail: str
    detail_pictures: int
    skus: int
    sku_pictures: int
    has_codes: bool
    promise_hours: int
    seven_day: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the score: points reached of points to reach, and what to do for the rest ('' when full)."""

    name: str
    points: int
    full: int
    hint: str


def score_parts(facts: ListingFacts) -> list[Part]:
    """Return the parts of the score, together 100 points at most."""
    return [_title(facts), _pictures(facts), _attributes(facts), _detail(facts), _rest(facts)]


def score(facts: ListingFacts) -> int:
    """Return the score."""
    return sum(part.points for part in score_parts(facts))


def level(points: int) -> str:
    """Return the score in a word."""
    return "优秀" if points >= GOOD else "合格" if points >= FAIR else "待完善"


def _title(facts: ListingFacts) -> Part:
    title, points, hints = facts.title, 0, []
    if 12 <= len(title) <= 40:
        points += 12
    else:
        points += 5 if len(title) >= 8 else 0
        hints.append(f"标题现在 {len(title)} 个字，写到 12–40 个字最利于被搜到")
    words = {word for word in (facts.category_l2, facts.category_l1, facts.brand) if word}
    if any(word in title for word in words) or any(
        str(v) in title for v in facts.attributes.values() if len(str(v)) > 1
    ):
        points += 5
    else:
        hints.append("标题里写上品类、品牌或材质")
    pieces = normalise(title).split()
    if len(pieces) == len(set(pieces)) and not any(mark in title for mark in "!！~～★☆"):
        points += 3
    else:
        hints.append("去掉重复的词和感叹号、星号")
    return Part("标题", points, 20, "；".join(hints))


def _pictures(facts: ListingFacts) -> Part:
    points = min(facts.pictures, PICTURES) * 5
    hint = (
        "" if facts.pictures >= PICTURES else f"再上传 {PICTURES - facts.pictures} 张主图：正面、细节、包装、场景、尺寸"
    )
    return Part("主图", points, 25, hint)


def _said(facts: ListingFacts, item: Attribute) -> bool:
    """Say whether an attribute says more than what the platform fills in by itself."""
    value = str(facts.attributes.get(item.name, "")).strip()
    return bool(value) and not (item.required and value == item.usual)


def _attributes(facts: ListingFacts) -> Part:
    wanted = attributes_of(facts.category_l1, facts.category_l2)
    if not wanted:
        points = min(len(facts.attributes), 4) * 5
        return Part("属性", points, 20, "" if points == 20 else "选用平台类目，并填写材质、产地等至少 4 项属性")
    filled = [item for item in wanted if _said(facts, item)]
    points = 20 * len(filled) // len(wanted)
    empty = [item.name for item in wanted if item not in filled]
    return Part("属性", points, 20, f"补充：{'、'.join(empty[:5])}" if empty else "")


def _detail(facts: ListingFacts) -> Part:
    words, hints = len(facts.detail), []
    points = min(words * 12 // DETAIL_WORDS, 12)
    if words < DETAIL_WORDS:
        hints.append(f"详情文字再写 {DETAIL_WORDS - words} 个字：用途、规格、使用和保养方法")
    points += min(facts.detail_pictures, 2) * 4
    if facts.detail_pictures < 2:
        hints.append("在详情里放至少 2 张图")
    return Part("详情", points, 20, "；".join(hints))


def _rest(facts: ListingFacts) -> Part:
    points, hints = 0, []
    for fine, worth, hint in (
        (len(facts.brief) >= 10, 5, "写一句 10 个字以上的卖点"),
        (facts.has_codes, 3, "给每个规格填商家编码，便于发货和盘点"),
        (facts.skus < 2 or facts.sku_pictures > 0, 2, "给规格配图，买家更容易选对"),
        (0 < facts.promise_hours <= 48, 2, "承诺 48 小时内发货"),
        (facts.seven_day, 3, "支持 7 天无理由退货"),
    ):
        if fine:
            points += worth
        else:
            hints.append(hint)
    return Part("服务与资料", points, 15, "；".join(hints))
