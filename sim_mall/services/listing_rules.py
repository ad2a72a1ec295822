"""Audit of a listing by rules (机审): what the platform refuses, each answer with its field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from statistics import median_low

import sqlalchemy as sa

from app.core.db import db
from app.core.errors import InvalidInput, Issue
from sim_mall.data import ListingDraft, SkuDraft
from sim_mall.domain.audit_rules import Finding, SkuFacts, hostile, listing_findings
from sim_mall.domain.category_book import MAX_ATTRIBUTE, licence_of, missing_attributes
from sim_mall.domain.freight import FreightUnit, always_free, from_json
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.papers import LICENCES
from sim_mall.domain.specs import matrix_of
from sim_mall.domain.words import tidy
from sim_mall.models.goods import Category, FreightTemplate, GoodsPicture, Listing
from sim_mall.models.shops import Shop
from sim_mall.services import shop_papers, videos
from sim_mall.services.details import plain_text, sanitise
from sim_mall.services.listing_reading import AWAY
from sim_mall.services.stock import MAX_STOCK

MAX_FREIGHT = 100_000  # 1,000.00 yuan
MAX_PROMISE = 360  # 15 days
MAX_PICTURES = 5
MAX_WEIGHT = 1_000_000  # grams
MAX_VOLUME = 10_000_000  # cubic centimetres
MAX_ATTRIBUTES = 30
MAX_BUY_LIMIT = 999
ENOUGH_FOR_A_MEDIAN = 20


def tidy_draft(draft: ListingDraft) -> ListingDraft:
    """Return the draft as it is stored: trimmed texts, sanitised detail, specification texts kept."""
    skus = tuple(
        replace(sku, code=tidy(sku.code)[:60], spec=tidy(sku.spec)[:120], barcode=tidy(sku.barcode)[:20])
        for sku in draft.skus
    )
    attributes = {
        tidy(str(k))[:20]: tidy(str(v))[:MAX_ATTRIBUTE] for k, v in draft.attributes.items() if str(v).strip()
    }
    return replace(
        draft,
        title=tidy(draft.title),
        brief=draft.brief.strip()[:300],
        unit=tidy(draft.unit)[:10],
        brand=tidy(draft.brand)[:40],
        category_l1=tidy(draft.category_l1),
        category_l2=tidy(draft.category_l2),
        skus=skus,
        attributes=attributes,
        detail=sanitise(draft.detail),
    )


def findings(shop: Shop, draft: ListingDraft, *, strict: bool, listing: Listing | None = None) -> list[Finding]:
    """Return every rule that a tidied draft breaks.

    strict: with the rules for what people publish themselves (required attributes, licences, duplicates, prices far
    from the category's). Goods of the supply library come with their supplier's papers and are spared those.
    """
    found = listing_findings(draft.title, draft.brief, [SkuFacts(s.spec, s.price, s.stock) for s in draft.skus])
    found += _plain(shop, draft)
    if strict:
        found += _nothing_left(draft) if listing is None else []
        found += _category(shop, draft)
        found += _alike(shop, draft, listing)
        found += _far_price(shop, draft)
        found += _other_goods(draft, listing)
    return found


def refuse(found: Sequence[Finding]) -> None:
    """Raise InvalidInput (code audit_refused) naming every finding; nothing without one."""
    if found:
        issues = [Issue(finding.message, finding.field) for finding in found]
        raise InvalidInput(found[0].message, code="audit_refused", field=found[0].field, issues=issues)


def _plain(shop: Shop, draft: ListingDraft) -> list[Finding]:
    found = []
    if not 0 <= draft.freight_fee <= MAX_FREIGHT:
        found.append(Finding("freight_fee", "运费应在 0 元到 1,000 元之间。"))
    if not 0 <= draft.promise_hours <= MAX_PROMISE:
        found.append(Finding("promise_hours", f"承诺发货时间应在 1 到 {MAX_PROMISE} 小时之间，0 表示按班级规则。"))
    if not 0 <= draft.alarm <= MAX_STOCK:
        found.append(Finding("alarm", f"库存预警值应在 0 到 {MAX_STOCK} 之间。"))
    if not 0 <= draft.buy_limit <= MAX_BUY_LIMIT:
        found.append(Finding("buy_limit", f"每人限购应在 0 到 {MAX_BUY_LIMIT} 件之间，0 表示不限。"))
    found += _skus(draft)
    if len(draft.attributes) > MAX_ATTRIBUTES:
        found.append(Finding("attributes", f"属性最多 {MAX_ATTRIBUTES} 项。"))
    if reason := hostile(draft.brand):
        found.append(Finding("brand", f"品牌{reason}"))
    if reason := hostile(plain_text(draft.detail)):
        found.append(Finding("detail", f"商品详情{reason}"))
    found += [
        Finding("attributes", f"属性“{name}”{reason}")
        for name, value in draft.attributes.items()
        if (reason := hostile(f"{name} {value}"))
    ]
    if draft.video and not videos.is_kept(shop.world_id, draft.video):
        found.append(Finding("video_file", "商品视频已不在存储中，请重新上传。"))
    return found + _pictures(shop, draft) + _template(shop, draft)


def _skus(draft: ListingDraft) -> list[Finding]:
    found = []
    if any(not 0 <= sku.weight_g <= MAX_WEIGHT for sku in draft.skus):
        found.append(Finding("skus", "重量应在 0 到 1,000,000 克之间。"))
    if any(not 0 <= sku.volume_cm3 <= MAX_VOLUME for sku in draft.skus):
        found.append(Finding("skus", "体积应在 0 到 10,000,000 立方厘米之间。"))
    found += [
        Finding("skus", f"{_label(sku)}的安全库存应在 0 到 {MAX_STOCK} 之间。")
        for sku in draft.skus
        if not 0 <= sku.safety <= MAX_STOCK
    ]
    if draft.skus:
        try:
            matrix_of([sku.spec for sku in draft.skus])
        except ValueError as error:
            found.append(Finding("skus", str(error)))
    return found


def _nothing_left(draft: ListingDraft) -> list[Finding]:
    """New goods that could not be sold at all: the safety stock takes up everything. Later it may, while goods are
    on their way."""
    return [
        Finding(
            "skus",
            f"{_label(sku)}的安全库存 {sku.safety} 件不少于库存 {sku.stock} 件，一件也卖不出去；请减少安全库存。",
        )
        for sku in draft.skus
        if 0 < sku.stock <= sku.safety
    ]


def _label(sku: SkuDraft) -> str:
    return f"规格“{sku.spec}”" if sku.spec else "商品"


def _pictures(shop: Shop, draft: ListingDraft) -> list[Finding]:
    if len(draft.pictures) > MAX_PICTURES:
        return [Finding("pictures", f"主图最多 {MAX_PICTURES} 张。")]
    wanted = {*draft.pictures, *(sku.picture for sku in draft.skus if sku.picture)}
    if not wanted:
        return []
    query = sa.select(sa.func.count()).where(GoodsPicture.shop_id == shop.id, GoodsPicture.name.in_(wanted))
    if db.session.scalar(query) != len(wanted):
        return [Finding("pictures", "有图片不是本店上传的，请删去后重新上传。")]
    return []


def _template(shop: Shop, draft: ListingDraft) -> list[Finding]:
    if draft.freight_template_id is None:
        return []
    row = template_of(shop, draft.freight_template_id)
    if row is None:
        return [Finding("freight_template", "所选运费模板不存在或已删除，请重新选择。")]
    if from_json(row.rules).unit is FreightUnit.CM3 and any(not sku.volume_cm3 for sku in draft.skus):
        text = f"运费模板“{row.name}”按体积计费，请给每个规格填写体积（立方厘米）。"
        return [Finding("freight_template", text)]
    return []


def template_of(shop: Shop, template_id: int) -> FreightTemplate | None:
    """Return a freight template of the shop that was not thrown away, or None."""
    row = db.session.get(FreightTemplate, template_id)
    return row if row is not None and row.shop_id == shop.id and not row.removed else None


def is_free(shop: Shop, draft: ListingDraft) -> bool:
    """Say whether the goods are sent free whatever is bought (包邮)."""
    if draft.freight_template_id is None:
        return draft.freight_fee == 0
    row = template_of(shop, draft.freight_template_id)
    return row is not None and always_free(from_json(row.rules))


def _category(shop: Shop, draft: ListingDraft) -> list[Finding]:
    found = [
        Finding(f"attribute:{item.name}", f"“{draft.category_l2 or draft.category_l1}”类目必须填写“{item.name}”。")
        for item in missing_attributes(draft.category_l1, draft.category_l2, draft.attributes)
    ]
    kind = licence_of(draft.category_l1, draft.category_l2)
    if kind and kind not in shop_papers.valid_licences(shop):
        text = (
            f"经营“{draft.category_l1}”需要有效的《{LICENCES[kind]}》，请先到“店铺资料”里添加（可一键填入练习资质）。"
        )
        found.append(Finding("category_l1", text))
    return found


def _alike(shop: Shop, draft: ListingDraft, listing: Listing | None) -> list[Finding]:
    """重复铺货: the same title again in the shop, with the same cover or none."""
    query = sa.select(Listing).where(
        Listing.shop_id == shop.id, Listing.title == draft.title, Listing.state.not_in((*AWAY, ListingState.DRAFT))
    )
    for other in db.session.scalars(query.limit(5)):
        if (listing is None or other.id != listing.id) and list(other.pictures[:1]) == list(draft.pictures[:1]):
            return [
                Finding("title", "店里已有标题和主图都相同的商品，重复铺货会被处罚；请编辑原商品，或改写标题并换主图。")
            ]
    return []


def _far_price(shop: Shop, draft: ListingDraft) -> list[Finding]:
    """价格异常: below a fifth or above five times the category's median."""
    text = far_price(shop.world_id, draft.category_l1, draft.category_l2, [sku.price for sku in draft.skus])
    return [Finding("skus", text)] if text else []


def far_price(world_id: int, l1: str, l2: str, wanted: Sequence[int]) -> str:
    """Return what is wrong with prices (fen) that are far from those of the category, '' when nothing is."""
    query = (
        sa.select(Listing.price_from)
        .join(Category, Category.id == Listing.category_id)
        .where(
            Listing.world_id == world_id,
            Listing.state == ListingState.ON_SALE,
            Category.l1 == l1,
            Category.l2 == l2,
        )
        .order_by(Listing.id.desc())
        .limit(200)
    )
    prices = list(db.session.scalars(query))
    if len(prices) < ENOUGH_FOR_A_MEDIAN or not wanted:
        return ""
    middle = median_low(prices)
    if min(wanted) * 5 >= middle and max(wanted) <= middle * 5:
        return ""
    yuan = f"{middle // 100}.{middle % 100:02d}"
    return f"价格应在同类目中位价 {yuan} 元的 0.2 到 5 倍之间；确实不同的商品请放到更准确的类目。"


def _other_goods(draft: ListingDraft, listing: Listing | None) -> list[Finding]:
    """换宝贝: a listing with sales turned into other goods."""
    if listing is None or not listing.sold:
        return []
    same = SequenceMatcher(None, listing.title, draft.title).ratio()
    moved = (listing.category.l1, listing.category.l2) != (draft.category_l1, draft.category_l2)
    rebranded = bool(listing.brand) and listing.brand != draft.brand
    if same < 0.5 and (moved or rebranded):
        return [Finding("title", "这件商品已有销量，改成另一件商品属于“换宝贝”，请把新商品另外发布。")]
    return []
