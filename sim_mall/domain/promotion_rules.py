"""What an activity says, typed and checked: its numbers by kind, its tag, and what is wrong with a draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from app.core.money import plain_yuan
from sim_mall.domain.pricing.terms import Tier
from sim_mall.domain.promotion_flow import PromotionKind

MAX_AMOUNT = 10**10
MAX_TIERS = 5
MAX_ITEMS = 100
LONGEST = timedelta(days=180)
K = PromotionKind
PRICED_BY_SKU = (K.FLASH, K.GROUP)  # each SKU has a price of its own
PRICED_AT_WILL = (K.LIMITED, K.MEMBER)  # a price of its own, or the discount of the activity
WHOLE_SHOP = (K.LIMITED, K.MEMBER, K.FULL, K.MULTI, K.FREIGHT)  # may cover all goods of the shop


@dataclass(frozen=True, slots=True)
class Rule:
    """The numbers of an activity; those of other kinds stay at their defaults. Fen, basis points, units, hours."""

    bp: int | None = None  # limited, member, multi
    tiers: tuple[Tier, ...] = ()  # full
    min_qty: int = 0  # multi
    price: int | None = None  # bundle: of one set
    per_user: int = 0  # flash, group: units of one buyer in the whole activity, 0: no limit
    per_order: int = 0  # flash, group: units of one order, 0: no limit
    size: int = 0  # group
    hours: int = 24  # group: until a group must be full
    refund_full: bool = False  # group: who pays into a full one is refunded, else opens a new one
    virtual: bool = False  # group: one that is not full at its deadline counts as full, where the world allows it
    free_from: int | None = None  # freight
    cut_from: int | None = None  # freight
    cut: int = 0  # freight

    def to_json(self) -> dict[str, Any]:
        """Return what is stored: the numbers that differ from their defaults."""
        default = asdict(Rule())
        return {key: value for key, value in asdict(self).items() if value != default[key]}


def from_json(stored: Mapping[str, Any]) -> Rule:
    """Return the rule that was stored."""
    tiers = tuple(Tier(**tier) for tier in stored.get("tiers", ()))
    return Rule(**{**stored, "tiers": tiers})


@dataclass(frozen=True, slots=True)
class DraftItem:
    """Goods of a draft. usual: fen, the price without any activity; saleable: units; name: for messages."""

    listing_id: int
    sku_id: int | None
    price: int | None
    units: int
    stock: int
    usual: int
    saleable: int
    name: str


def discount_text(bp: int) -> str:
    """Return basis points as people say them: 8800 → '8.8折', 8550 → '8.55折'."""
    text = f"{bp // 1000}.{bp % 1000:03d}".rstrip("0").rstrip(".")
    return f"{text}折"


def short_yuan(fen: int) -> str:
    """Return fen without needless zeros: 10000 → '100', 550 → '5.5'."""
    text = plain_yuan(fen)
    return text.rstrip("0").rstrip(".") if "." in text else text


def tier_text(tier: Tier) -> str:
    """Return '满100减10' or '满100打9折'."""
    off = f"减{short_yuan(tier.off)}" if tier.off is not None else f"打{discount_text(tier.bp or 0)}"
    return f"满{short_yuan(tier.threshold)}{off}"


def tag(kind: PromotionKind, rule: Rule) -> str:
    """Return the few words that stand beside a price."""
    if kind is K.FULL:
        return "，".join(tier_text(tier) for tier in rule.tiers)
    if kind is K.MULTI:
        return f"{rule.min_qty}件{discount_text(rule.bp or 0)}"
    if kind is K.LIMITED:
        return f"限时{discount_text(rule.bp)}" if rule.bp else "限时特价"
    if kind is K.MEMBER:
        return f"会员{discount_text(rule.bp)}" if rule.bp else "会员价"
    if kind is K.GROUP:
        return f"{rule.size}人团"
    if kind is K.FLASH:
        return "秒杀"
    if kind is K.BUNDLE:
        return f"套餐价¥{short_yuan(rule.price or 0)}"
    if rule.free_from is not None:
        return f"满{short_yuan(rule.free_from)}包邮" if rule.free_from else "全店包邮"
    return f"满{short_yuan(rule.cut_from or 0)}运费减{short_yuan(rule.cut)}"


def coupon_text(threshold: int, off: int | None, bp: int | None, cap: int | None) -> str:
    """Return what a coupon does: '满100减10', '无门槛减5', '满200打9折，最多减30'."""
    start = f"满{short_yuan(threshold)}" if threshold else "无门槛"
    what = f"减{short_yuan(off)}" if off is not None else f"打{discount_text(bp or 0)}"
    most = f"，最多减{short_yuan(cap)}" if cap else ""
    return f"{start}{what}{most}"


Finding = tuple[str, str]  # field, sentence


def draft_findings(
    kind: PromotionKind,
    name: str,
    rule: Rule,
    items: Sequence[DraftItem],
    *,
    whole_shop: bool,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> list[Finding]:
    """Return what must be mended before the draft can be kept, by field, in the order of the form."""
    found: list[Finding] = []
    if not 2 <= len(name) <= 20:
        found.append(("name", "活动名称应为 2 到 20 个字。"))
    if ends_at <= starts_at:
        found.append(("ends_at", "结束时间要晚于开始时间。"))
    elif ends_at <= now:
        found.append(("ends_at", "结束时间已经过去，请往后调整。"))
    elif ends_at - starts_at > LONGEST:
        found.append(("ends_at", "活动最长 180 天，请缩短时间。"))
    found += _rule_findings(kind, rule)
    found += _item_findings(kind, rule, items, whole_shop=whole_shop)
    return found


def _bp_finding(bp: int | None) -> list[Finding]:
    return [] if bp is not None and 100 <= bp <= 9990 else [("bp", "请填写 0.1 到 9.99 之间的折扣，例如 8.8。")]


def _rule_findings(kind: PromotionKind, rule: Rule) -> list[Finding]:
    if kind is K.FULL:
        return _tier_findings(rule.tiers)
    if kind is K.MULTI:
        wrong = [] if 2 <= rule.min_qty <= 99 else [("min_qty", "件数应在 2 到 99 之间。")]
        return [*wrong, *_bp_finding(rule.bp)]
    if kind in PRICED_AT_WILL:
        return _bp_finding(rule.bp) if rule.bp is not None else []
    if kind is K.BUNDLE:
        fits = rule.price is not None and 1 <= rule.price <= MAX_AMOUNT
        return [] if fits else [("price", "请填写套餐价，至少 0.01 元。")]
    if kind is K.GROUP:
        found = [] if 2 <= rule.size <= 10 else [("size", "成团人数应在 2 到 10 之间。")]
        return found if 1 <= rule.hours <= 72 else [*found, ("hours", "成团时限应在 1 到 72 小时之间。")]
    if kind is K.FREIGHT:
        if (rule.free_from is None) == (rule.cut_from is None):
            return [("free_from", "请填写满多少元包邮，或满多少元减运费，两者选一个。")]
        if rule.cut_from is not None and not 1 <= rule.cut <= 100_00:
            return [("cut", "减免的运费应在 0.01 到 100 元之间。")]
    return []


def _tier_findings(tiers: Sequence[Tier]) -> list[Finding]:
    if not 1 <= len(tiers) <= MAX_TIERS:
        return [("tiers", f"请填写 1 到 {MAX_TIERS} 档优惠。")]
    for number, tier in enumerate(tiers, 1):
        if not 1 <= tier.threshold <= MAX_AMOUNT:
            return [("tiers", f"第 {number} 档：请填写满多少元，至少 0.01 元。")]
        if tier.off is not None and not 1 <= tier.off < tier.threshold:
            return [("tiers", f"第 {number} 档：减的金额要大于 0、小于 {short_yuan(tier.threshold)} 元。")]
        if tier.off is None and _bp_finding(tier.bp):
            return [("tiers", f"第 {number} 档：请填写减多少元，或 0.1 到 9.99 之间的折扣。")]
    thresholds = [tier.threshold for tier in tiers]
    if thresholds != sorted(set(thresholds)):
        return [("tiers", "门槛要一档比一档高。")]
    return []


def _item_findings(kind: PromotionKind, rule: Rule, items: Sequence[DraftItem], *, whole_shop: bool) -> list[Finding]:
    if whole_shop:
        return [] if kind in WHOLE_SHOP else [("items", "这种活动要选定商品。")]
    if not items:
        return [("items", "请至少选择一种商品。")]
    if len(items) > MAX_ITEMS:
        return [("items", f"一个活动最多选 {MAX_ITEMS} 个规格，请分成几个活动。")]
    if kind is K.BUNDLE and len(items) < 2 and sum(item.units for item in items) < 2:
        return [("items", "套餐至少要有两件商品。")]
    found: list[Finding] = []
    for item in items:
        needs_price = kind in PRICED_BY_SKU or (kind in PRICED_AT_WILL and rule.bp is None)
        if needs_price and item.price is None:
            found.append(("items", f"“{item.name}”还没有填写活动价。"))
        elif item.price is not None and not 1 <= item.price < item.usual:
            found.append(("items", f"“{item.name}”的活动价要低于原价 {plain_yuan(item.usual)} 元、至少 0.01 元。"))
        if kind is K.FLASH and not 1 <= item.stock <= item.saleable:
            found.append(("items", f"“{item.name}”的秒杀库存应在 1 到 {item.saleable}（现有可售库存）之间。"))
        if kind is K.BUNDLE and not 1 <= item.units <= 99:
            found.append(("items", f"“{item.name}”的套餐件数应在 1 到 99 之间。"))
    return found[:5]
