"""What the platform's rules say of a shop's name and of a listing (机审规则): each answer names the field."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sim_mall.domain.words import name_key

MAX_TITLE = 60
MIN_TITLE = 4
MAX_SKUS = 100
MAX_PRICE = 100_000_000  # 1,000,000.00 yuan
FAMOUS = ("淘宝", "天猫", "京东", "拼多多", "抖音", "旗舰店官方", "国家", "政府", "人民银行")
_MARKUP = re.compile(r"<\s*/?\s*[a-zA-Z!]|javascript\s*:|on[a-z]+\s*=", re.IGNORECASE)
_CONTACT = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)|微信|wechat|加\s*v(?![a-z])|https?://|www\.", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that is not met: the field and a Chinese sentence with what to do."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class SkuFacts:
    """What the rules look at of one SKU. price: fen."""

    spec: str
    price: int
    stock: int


def hostile(text: str) -> str | None:
    """Return what is wrong with a text that strangers will read, or None."""
    if _MARKUP.search(text):
        return "不能包含网页代码，请只写文字。"
    if _CONTACT.search(text):
        return "不能包含手机号、微信或网址等站外联系方式，请删去。"
    return None


def shop_name_finding(name: str) -> Finding | None:
    """Return what is wrong with a shop's name, or None."""
    if not 2 <= len(name) <= 30:
        return Finding("name", "店铺名称应为 2 到 30 个字。")
    if len(name_key(name)) < 2:
        return Finding("name", "店铺名称至少要有两个文字或数字。")
    if reason := hostile(name):
        return Finding("name", f"店铺名称{reason}")
    for word in FAMOUS:
        if word in name:
            return Finding("name", f"店铺名称不能使用“{word}”这样的名称，以免被误认为官方或知名平台。")
    return None


def listing_findings(title: str, brief: str, skus: Sequence[SkuFacts]) -> list[Finding]:
    """Return every rule that a listing breaks."""
    found = []
    if not MIN_TITLE <= len(title) <= MAX_TITLE:
        found.append(Finding("title", f"商品标题应为 {MIN_TITLE} 到 {MAX_TITLE} 个字，现在是 {len(title)} 个字。"))
    if reason := hostile(title):
        found.append(Finding("title", f"商品标题{reason}"))
    if reason := hostile(brief):
        found.append(Finding("brief", f"商品卖点{reason}"))
    if not skus:
        found.append(Finding("skus", "至少要有一个规格。"))
    if len(skus) > MAX_SKUS:
        found.append(Finding("skus", f"规格最多 {MAX_SKUS} 个。"))
    specs = [sku.spec for sku in skus]
    twice = sorted({spec for spec in specs if specs.count(spec) > 1})
    found += [Finding("skus", f"规格“{spec or '默认'}”重复了，每个规格的名称要不同。") for spec in twice]
    for sku in skus:
        label = f"规格“{sku.spec}”" if sku.spec else "商品"
        if not 1 <= sku.price <= MAX_PRICE:
            found.append(Finding("skus", f"{label}的价格应在 0.01 元到 1,000,000 元之间。"))
        if sku.stock < 0:
            found.append(Finding("skus", f"{label}的库存不能小于 0。"))
        if reason := hostile(sku.spec):
            found.append(Finding("skus", f"{label}{reason}"))
    return found
