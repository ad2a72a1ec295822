"""One-click listing (一键上架): supply goods become listings of the actor's shop, priced by a rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Map
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from app.core import audit
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import DomainError, InvalidInput, NotFound, Refused
from app.core.idempotency import once
from app.core.permissions import Permission
from app.worlds.api import scope_of_world
from app.worlds.clock import get_world, sim_now
from app.worlds.settings import setting
from sim_supply import mall_client
from sim_supply.domain.catalogue import spec_text
from sim_supply.domain.cooperation import cost_for
from sim_supply.domain.pricing import PriceRule, Quote, problem, quote
from sim_supply.models.catalogue import Product, Sku
from sim_supply.models.orders import Mapping
from sim_supply.services import category_maps, cooperations
from sim_supply.services.fetching import lock_shop, open_shop

MAX_PRODUCTS = 500
AT_ONCE = 20  # more products than this are listed by a job, with progress
LIST_JOB = "supply.list_goods"
MIN_TITLE = 4
MAX_STOCK = 1_000_000
PROMISE_SLACK = 24  # hours between the supplier's SLA and what the mall's buyer is promised


@dataclass(frozen=True, slots=True)
class SkuPreview:
    """One SKU as it would be listed: its quote, and the margin against the suggested retail price."""

    sku: Sku
    spec: str
    quote: Quote

    @property
    def loses(self) -> bool:
        return self.quote.profit < 0

    @property
    def dear(self) -> bool:
        """Say whether the price is more than twice the suggested retail price."""
        return self.quote.price > 2 * self.sku.retail


@dataclass(frozen=True, slots=True)
class ProductPreview:
    """One product with its SKUs; ``listing_id`` when the shop sells it already."""

    product: Product
    skus: tuple[SkuPreview, ...]
    listing_id: int | None


@dataclass(frozen=True, slots=True)
class ListingResult:
    """What one click did: products put on sale, products that already were, SKUs put on sale."""

    listed: int
    already: int
    skus: int


@dataclass(frozen=True, slots=True)
class Terms:
    """How goods are listed. buyer_freight: fen per order; promise_hours: 0 for the supplier's SLA and a day."""

    rule: PriceRule
    buyer_freight: int
    promise_hours: int = 0


def fee_bp(world_id: int) -> int:
    """Return the mall's fee of this world in basis points."""
    return setting(get_world(world_id), "platform_fee_bp")


def listed_products(world_id: int, shop_id: int | None, product_ids: Iterable[int]) -> dict[int, int]:
    """Return product id → mall listing id of what the shop sells already; thrown-away listings do not count."""
    if shop_id is None:
        return {}
    rows = db.session.execute(
        sa.select(Mapping.product_id, Mapping.mall_listing_id)
        .where(Mapping.shop_id == shop_id, Mapping.product_id.in_(sorted(set(product_ids))))
        .distinct()
    ).all()
    known = mall_client.listings(world_id, [row.mall_listing_id for row in rows])
    alive = {listing_id for listing_id, listing in known.items() if listing.state != mall_client.GONE}
    return {row.product_id: row.mall_listing_id for row in rows if row.mall_listing_id in alive}


def _products(world_id: int, product_ids: Sequence[int]) -> list[Product]:
    """Return products of the world in the order asked for. Raises NotFound for any other id."""
    wanted = list(dict.fromkeys(product_ids))
    if len(wanted) > MAX_PRODUCTS:
        raise InvalidInput(f"一次最多上架 {MAX_PRODUCTS} 个商品，请分几次上架。", field="product")
    found = {
        product.id: product
        for product in db.session.scalars(
            sa.select(Product)
            .options(orm.joinedload(Product.supplier), orm.joinedload(Product.category), orm.selectinload(Product.skus))
            .where(Product.world_id == world_id, Product.id.in_(wanted))
        )
    }
    if len(found) != len(wanted):
        raise NotFound("选中的货源里有已不存在的商品，请回到货源库重新选择。")
    return [found[product_id] for product_id in wanted]


def preview(actor: Actor, product_ids: Sequence[int], rule: PriceRule) -> list[ProductPreview]:
    """Return what the rule makes of every SKU of the chosen products. Raises InvalidInput naming the rule's field."""
    actor.require(Permission.SUPPLY_USE)
    _check_rule(rule)
    world_id = actor.world()
    products = _products(world_id, product_ids)
    shop = mall_client.my_shop(actor)
    listed = listed_products(world_id, shop.id if shop else None, [product.id for product in products])
    discounts = cooperations.discounts(shop.id) if shop else {}
    return [
        ProductPreview(
            product,
            tuple(
                SkuPreview(sku, spec_text(sku.spec), _quote(sku, discounts.get(product.supplier_id, 0), rule))
                for sku in product.skus
            ),
            listed.get(product.id),
        )
        for product in products
    ]


def _quote(sku: Sku, discount_bp: int, rule: PriceRule) -> Quote:
    return quote(cost_for(sku.cost, discount_bp), rule, sku.floor, sku.ceiling)


def _check_rule(rule: PriceRule) -> None:
    found = problem(rule)
    if found:
        raise InvalidInput(found[1], field=found[0])


def list_goods(
    actor: Actor,
    product_ids: Sequence[int],
    sku_ids: Sequence[int],
    rule: PriceRule,
    buyer_freight: int,
    key: str,
    promise_hours: int = 0,
) -> ListingResult:
    """Put the chosen SKUs of the chosen products on sale in the actor's shop, with the supplier's stock.

    sku_ids: which SKUs; empty: all; a product without a chosen one is left out. buyer_freight: fen that the
    buyer pays per order. promise_hours: hours to ship that the buyer is promised, 0: the supplier's SLA and a day.
    Products that the shop sells already are left alone. All or nothing: a refusal of the
    mall names the goods.
    """
    actor.require(Permission.SUPPLY_USE)
    _check_rule(rule)
    if not product_ids:
        raise InvalidInput("请先选择要上架的商品。", field="product")
    shop = open_shop(actor)
    if promise_hours and not 1 <= promise_hours <= 360:
        raise InvalidInput("承诺发货应在 1 到 360 小时之间，留空按供应商时效。", field="promise_hours")
    terms = Terms(rule, buyer_freight, promise_hours)
    body = [sorted(set(product_ids)), sorted(set(sku_ids)), asdict(rule), buyer_freight, promise_hours]
    answer = once(
        actor,
        key,
        "supply.list_goods",
        body,
        lambda: asdict(_list(actor, shop, product_ids, set(sku_ids), terms, key)),
    )
    return ListingResult(**answer)


def _list(
    actor: Actor,
    shop: mall_client.ShopInfo,
    product_ids: Sequence[int],
    sku_ids: set[int],
    terms: Terms,
    key: str,
) -> ListingResult:
    lock_shop(shop)
    products = _products(shop.world_id, product_ids)
    cooperations.refuse_closed(shop.id, products)
    discounts = cooperations.discounts(shop.id)
    listed = listed_products(shop.world_id, shop.id, [product.id for product in products])
    made = skus = 0
    for product in products:
        if product.id in listed:
            continue
        chosen = [sku for sku in product.skus if not sku_ids or sku.id in sku_ids]
        if not chosen:
            continue
        discount = discounts.get(product.supplier_id, 0)
        prices = {sku.code: _quote(sku, discount, terms.rule).price for sku in chosen}
        listing = _create(actor, shop, product, chosen, prices, terms, key)
        _map(shop, product, chosen, listing, prices, asdict(terms.rule))
        made += 1
        skus += len(chosen)
    if made:
        db.session.flush()
        audit.record(
            actor,
            "goods.listed",
            f"shop:{shop.id}",
            {"products": made, "skus": skus, "rule": asdict(terms.rule)},
            scope_id=scope_of_world(shop.world_id),
        )
    return ListingResult(listed=made, already=len(listed), skus=skus)


def _create(
    actor: Actor,
    shop: mall_client.ShopInfo,
    product: Product,
    skus: Sequence[Sku],
    prices: Map[str, int],
    terms: Terms,
    key: str,
) -> mall_client.ListingInfo:
    l1, l2 = category_maps.mall_category(shop.id, product.category)
    specs = [spec_text(sku.spec) for sku in skus]
    if len(set(specs)) < len(specs):
        specs = [sku.spec for sku in skus]
    drafts = tuple(
        mall_client.SkuDraft(code=sku.code, spec=spec, price=prices[sku.code], stock=min(sku.available, MAX_STOCK))
        for sku, spec in zip(skus, specs, strict=True)
    )
    draft = mall_client.ListingDraft(
        title=product.name if len(product.name) >= MIN_TITLE else f"{l2} {product.name}",
        brief=product.brief,
        category_l1=l1,
        category_l2=l2,
        unit=product.unit,
        skus=drafts,
        attributes=dict(product.attributes),
        freight_fee=terms.buyer_freight,
        promise_hours=terms.promise_hours or product.supplier.sla_hours + PROMISE_SLACK,
        key=f"list-{product.id}-{key}"[:80],
    )
    try:
        return mall_client.create_listing(actor, shop.id, draft)
    except DomainError as error:
        raise Refused(f"“{product.name}”不能上架：{error.message}", code=error.code) from error


def _map(
    shop: mall_client.ShopInfo,
    product: Product,
    skus: Sequence[Sku],
    listing: mall_client.ListingInfo,
    prices: Map[str, int],
    rule: Map[str, object],
) -> None:
    by_code = {sku.code: sku for sku in skus}
    now = sim_now(shop.world_id)
    for made in listing.skus:
        sku = by_code[made.code]
        db.session.add(
            Mapping(
                world_id=shop.world_id,
                shop_id=shop.id,
                product_id=product.id,
                sku_id=sku.id,
                mall_listing_id=listing.id,
                mall_sku_id=made.id,
                price=prices[sku.code],
                rule=dict(rule),
                published=made.saleable,
                listed_at=now,
            )
        )
