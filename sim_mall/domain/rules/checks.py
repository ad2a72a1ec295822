"""What the machine finds in a text or in goods (机审): findings name the rule, the field, the words and the way out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sim_mall.domain.category_book import TREE, categories_stating
from sim_mall.domain.rules.book import RULES
from sim_mall.domain.rules.contacts import claim_patterns, contact_patterns
from sim_mall.domain.rules.matching import Level, Matcher, Place, excerpt, overlaps
from sim_mall.domain.words import index_grams, normalise

BAIT_BP = 3_000  # a SKU below 30 % of the median price
BAIT_WORDS = (
    *("补差", "差价", "邮费", "运费", "样品", "小样", "咨询", "客服"),
    *("单拍", "不发", "勿拍", "配件", "赠品", "定金", "链接"),
)
FREE_FREIGHT = ("包邮", "免运费", "免邮")
NOT_FREE = ("不包邮", "非包邮", "满额包邮", "满包邮")
SAME_LOOK = 6  # of 64: covers that differ in so few places show the same
FOREIGN_ATTRIBUTES = 2
NO_BRAND = frozenset(
    {"无", "无品牌", "没有品牌", "没有", "暂无", "其他", "自制", "手工", "手工自制", "农家自产", "散装"}
)
SIMILAR_BP = 9_000  # titles as alike as this are the same goods
CHANGED_BP = 5_000  # a title less alike than this is another article
# nouns that name an article beyond doubt → first-level categories where it belongs (by a part of their name)
NOUNS: dict[str, tuple[str, ...]] = {
    "四件套": ("居家", "家居", "家纺", "床"),
    "毛毯": ("居家", "家居", "家纺", "床"),
    "羽绒被": ("居家", "家居", "家纺", "床"),
    "毛巾": ("洗护", "居家", "家居", "日用", "个护", "百货"),
    "牙刷": ("洗护", "个护", "日用", "百货", "居家"),
    "炒锅": ("餐厨", "厨", "居家", "家居", "百货"),
    "行李箱": ("配件", "箱包", "出行", "服饰", "服装"),
    "拉杆箱": ("配件", "箱包", "出行", "服饰", "服装"),
    "运动鞋": ("鞋", "服装", "服饰", "运动", "配件"),
    "连衣裙": ("服装", "服饰", "女装"),
    "纸尿裤": ("婴童", "母婴", "童"),
    "猫粮": ("宠物", "居家"),
    "绿茶": ("饮食", "食品", "茶", "农产", "特产"),
    "饼干": ("饮食", "食品", "零食", "特产"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. field: of the form or the place it stands in; word: as typed; shown: with what is around it."""

    rule: str
    field: str
    word: str
    shown: str
    level: Level
    message: str
    advice: str

    def plain(self) -> dict[str, str]:
        """Return it as JSON values, for evidence and scripts."""
        return {
            "rule": self.rule,
            "field": self.field,
            "word": self.word,
            "shown": self.shown,
            "level": str(self.level),
            "message": self.message,
            "advice": self.advice,
        }


@dataclass(frozen=True, slots=True)
class Other:
    """Goods of the same shop. look: of the cover, 16 hex digits, '' for a drawn one."""

    id: int
    title: str
    brief: str = ""
    look: str = ""


@dataclass(frozen=True, slots=True)
class GoodsFacts:
    """What the checks look at of goods. skus: (specification, fen); freight_fee: fen; texts: field → what it says."""

    texts: Mapping[str, str]
    category: tuple[str, str]
    skus: Sequence[tuple[str, int]]
    freight_fee: int = 0
    others: Sequence[Other] = field(default_factory=tuple)  # goods of the same shop
    picture: str = ""  # how the cover looks (16 hex digits), '' for a drawn one
    attributes: Mapping[str, str] = field(default_factory=dict)
    authorised: bool = False  # papers for the brand lie with the goods
    was: tuple[str, str, str] | None = None  # title, category, brand when it last sold; None without sales

    @property
    def title(self) -> str:
        return self.texts.get("title", "")


FIELD_NAMES = {
    "title": "商品标题",
    "brief": "商品卖点",
    "detail": "商品详情",
    "attributes": "商品属性",
    "skus": "规格",
    "brand": "品牌",
}


def check_text(matcher: Matcher, text: str, place: Place, where: str = "text") -> list[Finding]:
    """Return what a text breaks: words of the list, contact details, claims of a fixed shape."""
    found: list[Finding] = []
    spans: list[tuple[int, int]] = []
    for item in [*contact_patterns(text), *claim_patterns(text, place)]:
        spans.append((item.start, item.end))
        message = f"含有{item.what}“{_short(text[item.start : item.end])}”"
        found.append(
            Finding(
                item.rule,
                where,
                text[item.start : item.end],
                excerpt(text, item.start, item.end),
                item.level,
                message,
                item.advice,
            )
        )
    for hit in matcher.find(text, place):
        if overlaps(spans, hit.start, hit.end):
            continue
        word = text[hit.start : hit.end]
        rule = RULES[hit.word.rule]
        message = f"“{_short(word)}”涉及“{rule.name}”"
        advice = hit.word.advice or rule.how_to
        shown = excerpt(text, hit.start, hit.end)
        found.append(Finding(hit.word.rule, where, word, shown, hit.word.level, message, advice))
    return found


def _short(word: str) -> str:
    return word if len(word) <= 20 else word[:20] + "…"


def check_goods(matcher: Matcher, goods: GoodsFacts) -> list[Finding]:
    """Return everything that goods break, the texts first."""
    found: list[Finding] = []
    for where, text in goods.texts.items():
        found += check_text(matcher, text, Place.GOODS, where)
    for check in (_wrong_category, _foreign_attributes, _duplicate, _bait, _swapped, _freight_promise, _unproven_brand):
        finding = check(goods)
        if finding is not None:
            found.append(finding)
    return found


def _wrong_category(goods: GoodsFacts) -> Finding | None:
    title = normalise(goods.title)
    category = "/".join(part for part in goods.category if part)
    for noun, homes in NOUNS.items():
        if title.endswith(noun) and not any(home in category for home in homes):
            return _finding("R2", "title", noun, f"标题里的“{noun}”与类目“{category}”不一致", Level.CAUTION)
    return None


def similarity_bp(one: str, other: str) -> int:
    """Return how alike two titles are: shared grams of all grams, basis points (10000: the same)."""
    first, second = index_grams(one), index_grams(other)
    return 10_000 * len(first & second) // max(1, len(first | second))


def _duplicate(goods: GoodsFacts) -> Finding | None:
    for other in goods.others:
        if similarity_bp(goods.title, other.title) <= SIMILAR_BP or not _same_cover(goods, other):
            continue
        what = "标题和主图" if goods.picture else "标题和卖点"
        return _finding("R3", "title", goods.title, f"与本店商品“{_short(other.title)}”的{what}几乎相同", Level.BAN)
    return None


def _same_cover(goods: GoodsFacts, other: Other) -> bool:
    """Say whether two covers show the same; where neither has a photo, what the goods say of themselves decides."""
    if not goods.picture and not other.look:
        return other.brief == goods.texts.get("brief", "")
    return bool(goods.picture and other.look) and looks_apart(goods.picture, other.look) <= SAME_LOOK


def looks_apart(one: str, other: str) -> int:
    """Return in how many of 64 places two looks (16 hex digits) differ: 0 for the same picture."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def _foreign_attributes(goods: GoodsFacts) -> Finding | None:
    """放错类目: most of what is stated is asked of goods of other categories only."""
    if goods.category[0] not in TREE:
        return None
    homes = {name: categories_stating(name) for name in goods.attributes}
    foreign = [name for name, found in homes.items() if found and goods.category[0] not in found]
    own = [name for name, found in homes.items() if goods.category[0] in found]
    if len(foreign) < FOREIGN_ATTRIBUTES or len(foreign) <= len(own):
        return None
    category = "/".join(part for part in goods.category if part)
    names = "、".join(foreign[:3])
    return _finding("R2", "attributes", names, f"属性“{names}”是其他类目的，与类目“{category}”不一致", Level.BAN)


def _unproven_brand(goods: GoodsFacts) -> Finding | None:
    """无品牌授权: a brand is named, and no paper says that the shop may sell it."""
    brand = goods.texts.get("brand", "").strip()
    if not brand or goods.authorised or normalise(brand) in NO_BRAND:
        return None
    return _finding("R14", "brand", brand, f"填写了品牌“{_short(brand)}”，没有上传品牌授权或商标文件", Level.BAN)


def median(prices: Iterable[int]) -> int:
    """Return the median in fen, rounded down."""
    ordered = sorted(prices)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) // 2


def _bait(goods: GoodsFacts) -> Finding | None:
    if len(goods.skus) < 2:
        return None
    middle = median(price for _, price in goods.skus)
    for spec, price in goods.skus:
        if price * 10_000 < middle * BAIT_BP:
            other = any(word in spec for word in BAIT_WORDS)
            message = f"规格“{spec}”的价格不到其他规格中间价的三成"
            return _finding("R4", "skus", spec, message, Level.BAN if other else Level.CAUTION)
    return None


def _swapped(goods: GoodsFacts) -> Finding | None:
    if goods.was is None:
        return None
    title, category, brand = goods.was
    now = "/".join(part for part in goods.category if part)
    if category != now:
        return _finding("R5", "title", now, f"有销量的商品改了类目：{category} → {now}", Level.BAN)
    if brand != _brand(goods):
        return _finding("R5", "title", _brand(goods), "有销量的商品改了品牌", Level.BAN)
    if similarity_bp(title, goods.title) < CHANGED_BP:
        return _finding("R5", "title", goods.title, f"有销量的商品标题改动超过一半，原标题：{_short(title)}", Level.BAN)
    return None


def _brand(goods: GoodsFacts) -> str:
    return goods.texts.get("brand", "")


def _freight_promise(goods: GoodsFacts) -> Finding | None:
    if goods.freight_fee <= 0:
        return None
    for where in ("title", "brief", "detail"):
        text = goods.texts.get(where, "")
        for word in FREE_FREIGHT:
            if word in text and not any(phrase in text for phrase in NOT_FREE):
                return _finding("R13", where, word, f"写了“{word}”，运费却不是 0 元", Level.BAN)
    return None


def _finding(rule: str, where: str, word: str, message: str, level: Level) -> Finding:
    return Finding(rule, where, word, word, level, message, RULES[rule].how_to)


_CONTENT = re.compile(r"<[^>]+>")


def plain_text(value: Any) -> str:
    """Return what a detail, an attribute table or a list of blocks says, without markup."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _CONTENT.sub(" ", value)
    if isinstance(value, Mapping):
        return " ".join(plain_text(part) for part in value.values())
    if isinstance(value, Sequence):
        return " ".join(plain_text(part) for part in value)
    return ""
