"""Listings (商品): create, edit, audit by rules, shelves, stock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, Issue, NotFound, Refused
from app.core.events import publish
from app.core.flow import fire
from app.core.idempotency import once
from app.core.permissions import Permission
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.data import ListingDraft, ListingInfo, SkuDraft, SkuInfo
from sim_mall.domain.audit_rules import Finding, SkuFacts, listing_findings
from sim_mall.domain.listing_flow import LISTING_FLOW, ListingState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.domain.words import tidy
from sim_mall.events import ListingPutOnSale
from sim_mall.models.goods import Category, Listing, Sku
from sim_mall.models.shops import Shop
from sim_mall.services import search, stock
from sim_mall.services.funds import refuse_low_deposit
from sim_mall.services.notices import note, notify
from sim_mall.services.shops import system_of

MAX_FREIGHT = 100_000  # 1,000.00 yuan
MAX_PROMISE = 360  # 15 days
UNITS = ("件", "个", "套", "盒", "袋", "瓶", "包", "双", "箱", "斤", "条", "本")


@dataclass(frozen=True, slots=True)
class SkuChange:
    """A SKU as the edit form sends it. id: of the SKU it changes, None for a new one. price: fen."""

    id: int | None
    code: str
    spec: str
    price: int
    stock: int
    weight_g: int = 500


def sku_info(sku: Sku) -> SkuInfo:
    """Return a SKU as plain data."""
    return SkuInfo(sku.id, sku.listing_id, sku.code, sku.spec, sku.price, sku.stock.saleable)


def listing_info(listing: Listing) -> ListingInfo:
    """Return a listing as plain data; removed SKUs are left out."""
    return ListingInfo(
        id=listing.id,
        shop_id=listing.shop_id,
        shop_name=listing.shop.name,
        title=listing.title,
        category_l1=listing.category.l1,
        category_l2=listing.category.l2,
        brief=listing.brief,
        state=str(listing.state),
        price_from=listing.price_from,
        price_to=listing.price_to,
        sold=listing.sold,
        skus=tuple(sku_info(sku) for sku in listing.skus if not sku.removed),
    )


def with_skus(query: sa.Select[Listing]) -> sa.Select[Listing]:
    """Let a query of listings load shop, category, SKUs and stock in a fixed number of queries."""
    return query.options(
        orm.joinedload(Listing.shop),
        orm.joinedload(Listing.category),
        orm.selectinload(Listing.skus).joinedload(Sku.stock),
    ).execution_options(populate_existing=True)


def load_listing(listing_id: int) -> Listing:
    """Return a listing with everything that its pages show. The caller has checked who asks."""
    return db.session.scalars(with_skus(sa.select(Listing).where(Listing.id == listing_id))).one()


def ensure_category(world_id: int, l1: str, l2: str) -> Category:
    """Return the category of the two names, made when new. Raises InvalidInput for unusable names."""
    l1, l2 = tidy(l1), tidy(l2)
    if not 1 <= len(l1) <= 40 or len(l2) > 40:
        raise InvalidInput("请选择或填写类目，每级不超过 40 个字。", field="category_l1")
    query = sa.select(Category).where(Category.world_id == world_id, Category.l1 == l1, Category.l2 == l2)
    category = db.session.scalars(query).one_or_none()
    if category is None:
        category = Category(world_id=world_id, l1=l1, l2=l2)
        db.session.add(category)
        db.session.flush()
    return category


def categories(world_id: int) -> list[Category]:
    """Return all categories of the world, by name."""
    query = sa.select(Category).where(Category.world_id == world_id)
    return list(db.session.scalars(query.order_by(Category.l1, Category.l2)))


def _findings(draft: ListingDraft) -> list[Finding]:
    skus = [SkuFacts(sku.spec, sku.price, sku.stock) for sku in draft.skus]
    found = listing_findings(draft.title, draft.brief, skus)
    if not 0 <= draft.freight_fee <= MAX_FREIGHT:
        found.append(Finding("freight_fee", "运费应在 0 元到 1,000 元之间。"))
    if not 0 <= draft.promise_hours <= MAX_PROMISE:
        found.append(Finding("promise_hours", f"承诺发货时间应在 1 到 {MAX_PROMISE} 小时之间，0 表示按班级规则。"))
    return found


def _refuse(findings: Sequence[Finding]) -> None:
    if findings:
        first = findings[0]
        issues = [Issue(finding.message, finding.field) for finding in findings]
        raise InvalidInput(first.message, code="audit_refused", field=first.field, issues=issues)


def _tidy_draft(draft: ListingDraft) -> ListingDraft:
    skus = tuple(replace(sku, code=tidy(sku.code)[:60], spec=tidy(sku.spec)[:120]) for sku in draft.skus)
    return replace(
        draft, title=tidy(draft.title), brief=draft.brief.strip()[:300], unit=tidy(draft.unit)[:10], skus=skus
    )


def create_listing(
    actor: Actor, shop_id: int, draft: ListingDraft, state: ListingState = ListingState.ON_SALE
) -> Listing:
    """Create a listing and take it through the audit to sale or warehouse, or keep it as a draft.

    Raises InvalidInput (code audit_refused) with every rule it breaks; nothing is kept then.
    """
    actor.require(Permission.MALL_SELL)
    shop = access.get_sellers_shop(actor, shop_id, ShopPower.GOODS)
    if shop.state not in access.VISIBLE:
        raise Refused("店铺还没有开通，缴纳保证金后才能发布商品。", code="shop_not_open")
    refuse_low_deposit(shop)
    draft = _tidy_draft(draft)
    body = [shop_id, str(state), draft.title, draft.brief, draft.category_l1, draft.category_l2, draft.unit]
    body += [
        [[s.code, s.spec, s.price, s.stock, s.weight_g] for s in draft.skus],
        draft.freight_fee,
        draft.promise_hours,
    ]
    listing_id = once(actor, draft.key, "listing.create", body, lambda: _create(actor, shop, draft, state))
    return load_listing(listing_id)


def _create(actor: Actor, shop: Shop, draft: ListingDraft, state: ListingState) -> int:
    _refuse(_findings(draft))
    now = sim_now(shop.world_id)
    category = ensure_category(shop.world_id, draft.category_l1, draft.category_l2)
    prices = [sku.price for sku in draft.skus]
    listing = Listing(
        state=ListingState.DRAFT,
        world_id=shop.world_id,
        shop=shop,
        category=category,
        title=draft.title,
        brief=draft.brief,
        unit=draft.unit or UNITS[0],
        attributes=dict(draft.attributes),
        freight_fee=draft.freight_fee,
        promise_hours=draft.promise_hours,
        price_from=min(prices),
        price_to=max(prices),
        created_at=now,
        changed_at=now,
    )
    db.session.add(listing)
    db.session.flush()
    for ordinal, sku in enumerate(draft.skus):
        _add_sku(listing, ordinal, sku)
    note(actor, shop.world_id, "listing.created", f"listing:{listing.id}", {"title": listing.title, "prices": prices})
    if state is not ListingState.DRAFT:
        _pass_audit(actor, listing, state)
    return listing.id


def _add_sku(listing: Listing, ordinal: int, draft: SkuDraft | SkuChange) -> Sku:
    sku = Sku(
        world_id=listing.world_id,
        listing=listing,
        ordinal=ordinal,
        code=draft.code,
        spec=draft.spec,
        price=draft.price,
        weight_g=draft.weight_g,
    )
    db.session.add(sku)
    db.session.flush()
    stock.open_stock(sku.id, draft.stock, sim_now(listing.world_id))
    return sku


def _pass_audit(actor: Actor, listing: Listing, target: ListingState) -> None:
    """Take an audited listing to sale or warehouse; the findings were refused before."""
    now = sim_now(listing.world_id)
    fire(LISTING_FLOW, listing, "submit", _seller(actor, listing), sim_at=now)
    sale = target is ListingState.ON_SALE
    values = {"audit_notes": [], "changed_at": now, **({"listed_at": now} if sale else {})}
    event = "pass_to_sale" if sale else "pass_to_warehouse"
    fire(LISTING_FLOW, listing, event, system_of(listing.world_id), sim_at=now, values=values)
    search.index_listing(listing)
    if sale:
        _tell_on_sale(actor, listing)


def _seller(actor: Actor, listing: Listing) -> Actor:
    """Return the actor who may submit: the seller. The system lists for nobody but through a seller."""
    if actor.is_system:
        raise Refused(f"商品 {listing.id} 只能由店主提交审核。", code="seller_only")
    return actor


def _tell_on_sale(actor: Actor, listing: Listing) -> None:
    note(actor, listing.world_id, "listing.put_on_sale", f"listing:{listing.id}", {"title": listing.title})
    publish(ListingPutOnSale(listing.world_id, listing.shop_id, listing.id))


def draft_of(listing: Listing) -> ListingDraft:
    """Return the listing as a draft, to be audited again."""
    skus = tuple(
        SkuDraft(sku.code, sku.spec, sku.price, sku.stock.on_hand, sku.weight_g)
        for sku in listing.skus
        if not sku.removed
    )
    return ListingDraft(
        title=listing.title,
        brief=listing.brief,
        category_l1=listing.category.l1,
        category_l2=listing.category.l2,
        unit=listing.unit,
        skus=skus,
        attributes=dict(listing.attributes),
        freight_fee=listing.freight_fee,
        promise_hours=listing.promise_hours,
    )


def edit_listing(
    actor: Actor,
    listing_id: int,
    draft: ListingDraft,
    skus: Sequence[SkuChange],
    version: int,
    target: ListingState,
) -> Listing:
    """Change a listing and audit it again. SKUs that are not named any more are removed.

    Raises InvalidInput with every rule it breaks, Conflict when it was changed since the form was opened.
    """
    actor.require(Permission.MALL_SELL)
    listing = load_listing(access.get_own_listing(actor, listing_id).id)
    if listing.version != version:
        raise Conflict("这件商品刚刚被修改过，请刷新后再编辑。")
    draft = _tidy_draft(
        replace(draft, skus=tuple(SkuDraft(s.code, s.spec, s.price, s.stock, s.weight_g) for s in skus))
    )
    _refuse(_findings(draft))
    if listing.state == ListingState.RECYCLED:
        raise Refused("回收站里的商品请先恢复再编辑。")
    now = sim_now(listing.world_id)
    known = {sku.id: sku for sku in listing.skus if not sku.removed}
    if any(change.id is not None and change.id not in known for change in skus):
        raise NotFound
    kept = {change.id for change in skus}
    for sku_id in sorted(set(known) - kept):
        _remove_sku(known[sku_id])
    for ordinal, (change, tidied) in enumerate(zip(skus, draft.skus, strict=True)):
        if change.id is None:
            _add_sku(listing, ordinal, tidied)
            continue
        sku = known[change.id]
        sku.ordinal, sku.code, sku.spec, sku.price = ordinal, tidied.code, tidied.spec, tidied.price
        sku.weight_g = tidied.weight_g
        stock.count(sku.id, tidied.stock, now, f"listing:{listing.id}")
    before = {"title": listing.title, "price_from": listing.price_from, "price_to": listing.price_to}
    category = ensure_category(listing.world_id, draft.category_l1, draft.category_l2)
    listing.category = category
    listing.title, listing.brief, listing.unit = draft.title, draft.brief, draft.unit or UNITS[0]
    listing.freight_fee, listing.promise_hours = draft.freight_fee, draft.promise_hours
    listing.price_from = min(sku.price for sku in draft.skus)
    listing.price_to = max(sku.price for sku in draft.skus)
    listing.changed_at = now
    db.session.flush()
    after = {"title": listing.title, "price_from": listing.price_from, "price_to": listing.price_to}
    note(actor, listing.world_id, "listing.edited", f"listing:{listing.id}", {"before": before, "after": after})
    if target is not ListingState.DRAFT or listing.state != ListingState.DRAFT:
        _pass_audit(actor, listing, target if target is ListingState.ON_SALE else ListingState.WAREHOUSE)
    return load_listing(listing.id)


def _remove_sku(sku: Sku) -> None:
    if sku.stock.allocated:
        raise Refused(f"规格“{sku.spec or '默认'}”还有订单占用的库存，暂时不能删除。", code="reserved")
    stock.count(sku.id, 0, sim_now(sku.world_id), f"sku:{sku.id}")
    sku.removed = True


def submit_listing(actor: Actor, listing_id: int) -> Listing:
    """Send a draft or a rejected listing to the audit; it ends in sale, or in REJECTED with the reasons."""
    actor.require(Permission.MALL_SELL)
    listing = load_listing(access.get_own_listing(actor, listing_id).id)
    findings = _findings(draft_of(listing))
    if not findings:
        _pass_audit(actor, listing, ListingState.ON_SALE)
        return listing
    now = sim_now(listing.world_id)
    fire(LISTING_FLOW, listing, "submit", actor, sim_at=now)
    notes = [[finding.field, finding.message] for finding in findings]
    fire(LISTING_FLOW, listing, "reject", system_of(listing.world_id), sim_at=now, values={"audit_notes": notes})
    note(actor, listing.world_id, "listing.rejected", f"listing:{listing.id}", {"notes": notes})
    return listing


def move_listings(actor: Actor, listing_ids: Sequence[int], event: str) -> int:
    """Fire put_on, take_off, recycle or restore for several listings at once; return how many.

    All or nothing: one that does not fit refuses the whole, naming it.
    """
    actor.require(Permission.MALL_SELL)
    if event not in {"put_on", "take_off", "recycle", "restore"}:
        raise InvalidInput("请选择要进行的操作。", field="action")
    if not listing_ids:
        raise InvalidInput("请先勾选商品。", field="ids")
    for listing_id in sorted(set(listing_ids)):
        listing = access.get_own_listing(actor, listing_id)
        if LISTING_FLOW.find(listing.state, event) is None:
            state = LISTING_FLOW.names[listing.state]
            raise Refused(f"“{listing.title}”现在是“{state}”，不能进行这个操作。", code="wrong_state")
        now = sim_now(listing.world_id)
        values = {"changed_at": now}
        if event == "put_on" and listing.listed_at is None:
            values["listed_at"] = now
        fire(LISTING_FLOW, listing, event, actor, sim_at=now, values=values)
        if event == "put_on":
            search.index_listing(listing)
            _tell_on_sale(actor, listing)
        else:
            note(actor, listing.world_id, f"listing.{event}", f"listing:{listing.id}", {"title": listing.title})
    return len(set(listing_ids))


def force_off(actor: Actor, listing_id: int, reason: str) -> Listing:
    """Take a listing off sale for breaking a rule; the instructor does. The reason is shown to the seller."""
    actor.require(Permission.MALL_SHOP_REVIEW)
    if not 2 <= len(reason) <= 200:
        raise InvalidInput("请写明下架原因，2 到 200 个字。", field="reason")
    listing = access.get_listing(actor, listing_id)
    now = sim_now(listing.world_id)
    values = {"audit_notes": [["rule", reason]], "changed_at": now}
    fire(LISTING_FLOW, listing, "force_off", actor, sim_at=now, values=values, note={"reason": reason})
    note(actor, listing.world_id, "listing.forced_off", f"listing:{listing.id}", {"reason": reason})
    text = f"“{listing.title}”：{reason}（模拟处罚，不影响真实账号）。修改后可重新提交审核。"
    notify(
        listing.world_id, listing.shop.owner_id, "goods", "商品被违规下架", text, f"/seller/products/{listing.id}/edit"
    )
    return listing


def set_stock(actor: Actor, shop_id: int, on_hand: Mapping[int, int]) -> None:
    """Set what is on hand per SKU of one shop. Raises NotFound for a SKU of another shop."""
    actor.require(Permission.MALL_SELL)
    shop = access.get_sellers_shop(actor, shop_id, ShopPower.STOCK)
    rows = db.session.scalars(
        sa.select(Sku.id)
        .join(Listing, Listing.id == Sku.listing_id)
        .where(Sku.id.in_(sorted(on_hand)), Listing.shop_id == shop.id, Sku.removed.is_(False))
    ).all()
    if set(rows) != set(on_hand):
        raise NotFound
    now = sim_now(shop.world_id)
    for sku_id in sorted(on_hand):
        stock.count(sku_id, on_hand[sku_id], now, f"shop:{shop.id}")
    note(actor, shop.world_id, "stock.set", f"shop:{shop.id}", {"skus": {str(k): v for k, v in on_hand.items()}})


def own_listings(actor: Actor, shop_id: int, q: str = "", *, only_on_sale: bool = True) -> list[Listing]:
    """Return the listings of a shop that the actor runs, newest first; q is looked for in the title."""
    shop = access.get_sellers_shop(actor, shop_id)
    query = sa.select(Listing).where(Listing.shop_id == shop.id)
    if only_on_sale:
        query = query.where(Listing.state == ListingState.ON_SALE)
    else:
        query = query.where(Listing.state != ListingState.RECYCLED)
    if q.strip():
        query = query.where(Listing.title.contains(q.strip(), autoescape=True))
    return list(db.session.scalars(with_skus(query.order_by(Listing.id.desc()))))


def listings_by_id(world_id: int, listing_ids: Sequence[int]) -> list[Listing]:
    """Return the listings of these ids in one world, whatever their state."""
    query = sa.select(Listing).where(Listing.world_id == world_id, Listing.id.in_(list(listing_ids)))
    return list(db.session.scalars(with_skus(query)))
