"""Goods by table (表格): batch edit of prices, stock and categories; import with a dry run; export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, DomainError, InvalidInput, NotFound, Refused
from app.core.events import publish
from app.core.idempotency import once
from app.core.permissions import Permission
from app.core.sheets import read_table
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.data import SkuDraft
from sim_mall.domain import quality
from sim_mall.domain.audit_rules import MAX_PRICE
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.events import SafetyStockChanged
from sim_mall.models.goods import FreightTemplate, Listing
from sim_mall.models.shops import Shop
from sim_mall.services import freight, goods_lists, listing_rules, listings, price_honesty, search, stock
from sim_mall.services.goods_sheet import COLUMNS, Goods, RowError, Table, attributes_text, read_goods
from sim_mall.services.listing_reading import draft_of, facts_of, live_skus, sku_text
from sim_mall.services.notices import note

MAX_BATCH = 50
MAX_EXPORT = 5_000


@dataclass(frozen=True, slots=True)
class SkuEdit:
    """A new price (fen), stock and safety stock of one SKU, with what the page showed."""

    sku_id: int
    price: int
    stock: int
    was_price: int
    was_stock: int
    safety: int = 0
    was_safety: int = 0


def chosen(actor: Actor, ids: Sequence[int]) -> list[Listing]:
    """Return listings of the shop that the actor works in, for a table. Raises NotFound for any other id."""
    shop = access.shop_of(actor, ShopPower.GOODS)
    wanted = sorted(set(ids))
    if not wanted:
        raise InvalidInput("请先勾选商品。", field="ids")
    if len(wanted) > MAX_BATCH:
        raise InvalidInput(f"一次最多编辑 {MAX_BATCH} 件商品。", field="ids")
    query = sa.select(Listing).where(
        Listing.shop_id == shop.id,
        Listing.id.in_(wanted),
        Listing.state.not_in((ListingState.RECYCLED, ListingState.PURGED)),
    )
    rows = list(db.session.scalars(listings.with_skus(query.order_by(Listing.id))))
    if len(rows) != len(wanted):
        raise NotFound
    return rows


def batch_edit(actor: Actor, ids: Sequence[int], edits: Sequence[SkuEdit], categories: Mapping[int, str]) -> int:
    """Set prices, stock and categories ("一级/二级") of several listings, all or nothing; return the listings changed.

    Raises Conflict when a price or a stock is no longer what the page showed, InvalidInput naming the goods.
    """
    rows = chosen(actor, ids)
    by_id = {edit.sku_id: edit for edit in edits}
    by_sku = dict(by_id)
    changed = 0
    for listing in rows:
        touched = _move(listing, categories.get(listing.id, ""))
        for sku in live_skus(listing):
            edit = by_sku.pop(sku.id, None)
            if edit is not None:
                touched |= _set(listing, sku, edit)
        if touched:
            changed += 1
            _refuse_far_price(listing, by_id)
            _settle(actor, listing)
    if by_sku:
        raise NotFound
    if any(edit.safety != edit.was_safety for edit in edits):
        publish(SafetyStockChanged(rows[0].world_id, rows[0].shop_id))
    return changed


def _move(listing: Listing, category: str) -> bool:
    l1, _, l2 = (part.strip() for part in category.partition("/"))
    if not l1 or (l1, l2) == (listing.category.l1, listing.category.l2):
        return False
    moved = replace(draft_of(listing), category_l1=l1, category_l2=l2)
    found = listing_rules.findings(listing.shop, moved, strict=True, listing=listing)
    found = [item for item in found if item.field.startswith(("attribute", "category"))]
    if found:
        raise InvalidInput(f"“{listing.title}”不能换到 {l1}/{l2}：{found[0].message}", field="category")
    listing.category = listings.ensure_category(listing.world_id, l1, l2)
    return True


def _set(listing: Listing, sku: Any, edit: SkuEdit) -> bool:
    name = f"“{listing.title}”{f'（{sku.spec}）' if sku.spec else ''}"
    if not 1 <= edit.price <= MAX_PRICE:
        raise InvalidInput(f"{name}的价格应在 0.01 元到 1,000,000 元之间。", field="price")
    touched = False
    if edit.price != edit.was_price:
        if sku.price != edit.was_price:
            raise Conflict(f"{name}的价格刚刚被改过，请刷新后重新编辑。")
        price_honesty.set_price(sku, edit.price)
        touched = True
    if edit.stock != edit.was_stock:
        if sku.stock.on_hand != edit.was_stock:
            raise Conflict(f"{name}的库存刚刚变动过，请刷新后重新编辑。")
        stock.count(sku.id, edit.stock, sim_now(listing.world_id), f"listing:{listing.id}")
        touched = True
    if edit.safety != edit.was_safety:
        if sku.stock.safety != edit.was_safety:
            raise Conflict(f"{name}的安全库存刚刚被改过，请刷新后重新编辑。")
        stock.set_safety(sku.id, edit.safety)
        touched = True
    return touched


def _refuse_far_price(listing: Listing, edits: Mapping[int, SkuEdit]) -> None:
    """Raise InvalidInput where a new price is far from the category's, as the form of goods does."""
    mine = [edits[sku.id] for sku in live_skus(listing) if sku.id in edits]
    wanted = [edit.price for edit in mine if edit.price != edit.was_price]
    text = listing_rules.far_price(listing.world_id, listing.category.l1, listing.category.l2, wanted)
    if text:
        raise InvalidInput(f"“{listing.title}”的{text}", field="price")


def _settle(actor: Actor, listing: Listing) -> None:
    """Let prices, score, version and search follow what was changed."""
    prices = [sku.price for sku in live_skus(listing)]
    before = [listing.price_from, listing.price_to]
    listing.price_from, listing.price_to = min(prices), max(prices)
    listing.score = quality.score(facts_of(draft_of(listing)))
    listing.changed_at = sim_now(listing.world_id)
    listing.version += 1
    search.index_listing(listing)
    data = {"before": before, "after": [listing.price_from, listing.price_to], "category": listing.category.l1}
    note(actor, listing.world_id, "listing.batch_edited", f"listing:{listing.id}", data)


# -- import -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Report:
    """What a dry run finds. good: goods that can be taken; fresh, known: of them new ones and changes."""

    good: list[Goods]
    errors: list[RowError]
    total: int
    fresh: int
    known: int

    @property
    def refused(self) -> int:
        """How many rows are named in the errors."""
        return len({error.row for error in self.errors})


def check_table(actor: Actor, data: bytes) -> Report:
    """Check a table of goods against the own shop; nothing is stored. Raises InvalidInput when it is unreadable."""
    shop = access.shop_of(actor, ShopPower.GOODS)
    header, lines = read_table(data)
    try:
        table = read_goods(header, lines)
    except ValueError as error:
        raise InvalidInput(str(error), field="file") from error
    return _check(actor, shop, table)


def _check(actor: Actor, shop: Shop, table: Table) -> Report:
    good, errors = [], list(table.errors)
    templates = {row.name: row for row in freight.templates(shop)}
    for goods in table.goods:
        if any(row < 0 for row in goods.rows):  # one of its rows cannot be read: the goods wait for it
            errors += [
                RowError(row, "title", "同一件商品的其他行有错，这一行也没有导入。") for row in goods.rows if row > 0
            ]
            continue
        found = _findings(actor, shop, goods, templates)
        if found:
            errors += found
        else:
            good.append(goods)
    errors.sort(key=lambda error: error.row)
    known = sum(1 for goods in good if goods.listing_id is not None)
    return Report(good, errors, table.total, len(good) - known, known)


def _findings(actor: Actor, shop: Shop, goods: Goods, templates: Mapping[str, FreightTemplate]) -> list[RowError]:
    listing = None
    if goods.listing_id is not None:
        try:
            listing = listings.load_listing(access.get_own_listing(actor, goods.listing_id).id)
        except DomainError:
            return [RowError(goods.row, "id", f"没有找到 ID 为 {goods.listing_id} 的本店商品。")]
        if listing.shop_id != shop.id or listing.state == ListingState.RECYCLED:
            return [RowError(goods.row, "id", f"商品 {goods.listing_id} 在回收站里或不属于本店。")]
        goods.draft = _over(listing, goods)
    goods.draft = replace(goods.draft, skus=_with_known(goods.draft.skus, listing))
    if goods.template:
        if goods.template not in templates:
            return [RowError(goods.row, "template", f"没有名为“{goods.template}”的运费模板。")]
        goods.draft = replace(goods.draft, freight_template_id=templates[goods.template].id)
    draft = listing_rules.tidy_draft(goods.draft)
    found = listing_rules.findings(shop, draft, strict=True, listing=listing)
    known = {"title", "brief", "category_l1", "category_l2", "brand"}
    return [
        RowError(goods.row, item.field if item.field in known else "attributes" if "attr" in item.field else "spec",
                 item.message)
        for item in found
    ]  # fmt: skip


def _over(listing: Listing, goods: Goods) -> Any:
    """Return the listing as a draft with what the table says laid over it; empty cells keep what is there."""
    now, said = draft_of(listing), goods.draft
    return replace(
        now,
        title=said.title or now.title,
        category_l1=said.category_l1 or now.category_l1,
        category_l2=said.category_l2 or now.category_l2,
        brief=said.brief or now.brief,
        brand=said.brand or now.brand,
        unit=said.unit or now.unit,
        attributes={**now.attributes, **said.attributes},
        promise_hours=said.promise_hours or now.promise_hours,
        freight_fee=said.freight_fee or now.freight_fee,
        seven_day=said.seven_day,
        buy_limit=said.buy_limit or now.buy_limit,
        stock_at_payment=said.stock_at_payment if goods.at_payment else now.stock_at_payment,
        skus=said.skus,
    )


def _with_known(skus: Sequence[SkuDraft], listing: Listing | None) -> tuple[SkuDraft, ...]:
    """Return the SKUs of a table with empty cells of volume and safety stock as they are now, 0 for new ones."""
    known = {sku_text(listing, sku): sku for sku in live_skus(listing)} if listing else {}
    found = []
    for sku in skus:
        before = known.get(sku.spec)
        volume = sku.volume_cm3 if sku.volume_cm3 >= 0 else before.volume_cm3 if before else 0
        safety = sku.safety if sku.safety >= 0 else before.stock.safety if before else 0
        found.append(replace(sku, volume_cm3=volume, safety=safety))
    return tuple(found)


def take_table(actor: Actor, data: bytes, target: ListingState, *, good_only: bool, key: str) -> dict[str, int]:
    """Take a checked table: new goods are made, known ones changed. Raises Refused when rows are wrong and all count.

    Returns how many goods were made and changed. The same key takes it once.
    """
    actor.require(Permission.MALL_SELL)
    report = check_table(actor, data)
    if not report.good:
        raise Refused("文件里没有可以导入的商品，请按报告修改后重新上传。", code="nothing_good")
    if report.errors and not good_only:
        raise Refused(
            f"有 {report.refused} 行不合格，没有导入任何商品；请修改后重新上传，或选择只导入合格的。",
            code="rows_refused",
        )

    def carry_out() -> dict[str, int]:
        shop = access.shop_of(actor, ShopPower.GOODS)
        for place, goods in enumerate(report.good):
            if goods.listing_id is None:
                draft = replace(goods.draft, key=f"{key}-{place}"[:80])
                listings.create_listing(actor, shop.id, draft, target, strict=True)
            else:
                _change(actor, goods)
        return {"made": report.fresh, "changed": report.known}

    answer: dict[str, int] = once(actor, key, "goods.import", [len(data), str(target), good_only], carry_out)
    return answer


def _change(actor: Actor, goods: Goods) -> None:
    """Edit a known listing as the table says; it stays on its shelf."""
    assert goods.listing_id is not None
    listing = listings.load_listing(goods.listing_id)
    by_spec = {sku_text(listing, sku): sku for sku in live_skus(listing)}
    changes = []
    for sku in goods.draft.skus:
        known = by_spec.get(sku.spec)
        changes.append(
            listings.SkuChange(
                known.id if known else None, sku.code or (known.code if known else ""), sku.spec, sku.price, sku.stock,
                sku.weight_g, sku.barcode or (known.barcode if known else ""), known.picture if known else "",
                sku.volume_cm3, sku.safety,
            )
        )  # fmt: skip
    target = listing.state if listing.state in (ListingState.ON_SALE, ListingState.DRAFT) else ListingState.WAREHOUSE
    listings.edit_listing(actor, listing.id, goods.draft, changes, listing.version, target, strict=True)


# -- export -----------------------------------------------------------------------------------------


def export_rows(shop: Shop, tab: str, words: str) -> list[list[Any]]:
    """Return the rows of a tab's listings for a table, one per SKU, in the columns that the import reads."""
    found = db.session.scalars(goods_lists.manage_query(shop, tab, words).limit(MAX_EXPORT)).all()
    rows = []
    for listing in found:
        template = listing.freight_template
        for sku in live_skus(listing):
            row: dict[str, Any] = {
                "id": listing.id,
                "title": listing.title,
                "category_l1": listing.category.l1,
                "category_l2": listing.category.l2,
                "brief": listing.brief,
                "brand": listing.brand,
                "unit": listing.unit,
                "attributes": attributes_text(listing.attributes),
                "spec": sku_text(listing, sku),
                "code": sku.code,
                "barcode": sku.barcode,
                "price": f"{sku.price // 100}.{sku.price % 100:02d}",
                "stock": sku.stock.on_hand,
                "safety": sku.stock.safety,
                "weight_g": sku.weight_g,
                "volume_cm3": sku.volume_cm3 or "",
                "promise_hours": listing.promise_hours or "",
                "freight": "" if template else f"{listing.freight_fee // 100}.{listing.freight_fee % 100:02d}",
                "template": template.name if template else "",
                "seven_day": "是" if listing.seven_day else "否",
                "at_payment": "是" if listing.stock_at_payment else "否",
                "buy_limit": listing.buy_limit or "",
            }
            rows.append([row[key] for key in COLUMNS])
    return rows
