"""Freight (运费): templates of a shop, and what a checkout pays for the way to its receiver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts import divisions
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, Issue, Refused
from app.core.idempotency import once
from app.core.permissions import Permission
from app.worlds.clock import get_world
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.freight import (
    Combining,
    FreightUnit,
    Load,
    always_free,
    findings,
    from_json,
    shop_freight,
    to_json,
)
from sim_mall.domain.freight import FreightTemplate as Rules
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.domain.words import tidy
from sim_mall.models.goods import FreightTemplate, Listing, Sku
from sim_mall.models.shops import Shop
from sim_mall.services.notices import note

MAX_TEMPLATES = 20


@dataclass(frozen=True, slots=True)
class Item:
    """One line to be sent. amount: fen of goods after the discounts that count for free-if."""

    listing: Listing
    quantity: int
    weight_g: int
    amount: int
    volume_cm3: int = 0


@dataclass(frozen=True, slots=True)
class WayCost:
    """Freight in fen per shop, and the places (from 0) of the lines that cannot be sent to the region."""

    fees: dict[int, int]
    blocked: tuple[int, ...]


def way_cost(items: Sequence[Item], region: str) -> WayCost:
    """Return what the shops ask to send these lines to a division code ('' takes each template's default row)."""
    loads: dict[int, list[Load]] = {}
    for place, item in enumerate(items):
        row = item.listing.freight_template
        load = Load(
            line=place,
            template_id=row.id if row else None,
            template=from_json(row.rules) if row else None,
            flat_fee=item.listing.freight_fee,
            count=item.quantity,
            weight_g=item.weight_g,
            amount=item.amount,
            volume_cm3=item.volume_cm3,
        )
        loads.setdefault(item.listing.shop_id, []).append(load)
    how = combining(items[0].listing.world_id) if any(len(lines) > 1 for lines in loads.values()) else Combining.SUM
    costs = {shop_id: shop_freight(lines, region, how) for shop_id, lines in loads.items()}
    blocked = sorted(line for cost in costs.values() for line in cost.blocked)
    return WayCost({shop_id: cost.fee for shop_id, cost in costs.items()}, tuple(blocked))


def combining(world_id: int) -> Combining:
    """Return what the world's rule for orders with several templates is."""
    return Combining.MAX_FIRST if setting(get_world(world_id), "freight_max_first") else Combining.SUM


def set_insurance(actor: Actor, shop_id: int, *, insures: bool) -> None:
    """Give the return insurance (运费险) with every order placed from now on, or give it no longer."""
    shop = access.get_sellers_shop(actor, shop_id, ShopPower.GOODS)
    if shop.insures != insures:
        shop.insures = insures
        note(actor, shop.world_id, "shop.insurance", f"shop:{shop.id}", {"insures": insures})
        db.session.flush()


def refuse_blocked(goods: Sequence[Listing], blocked: Sequence[int], region: str) -> None:
    """Raise Refused (code no_ship) naming the goods, by their places, that cannot be sent to the region."""
    if blocked:
        where = divisions.region_name(region) or "这个地区"
        issues = [Issue(f"“{goods[place].title}”不配送到{where}。", "address") for place in blocked]
        raise Refused(
            f"有 {len(issues)} 种商品不配送到{where}，请更换地址或去掉这些商品。", code="no_ship", issues=issues
        )


def templates(shop: Shop) -> list[FreightTemplate]:
    """Return the templates of a shop, oldest first."""
    query = sa.select(FreightTemplate).where(FreightTemplate.shop_id == shop.id, FreightTemplate.removed.is_(False))
    return list(db.session.scalars(query.order_by(FreightTemplate.id)))


def uses(shop: Shop) -> dict[int, int]:
    """Return how many listings use each template of the shop."""
    rows = db.session.execute(
        sa.select(Listing.freight_template_id, sa.func.count())
        .where(
            Listing.shop_id == shop.id,
            Listing.freight_template_id.is_not(None),
            Listing.state.not_in((ListingState.RECYCLED, ListingState.PURGED)),
        )
        .group_by(Listing.freight_template_id)
    ).all()
    return {row[0]: row[1] for row in rows if row[0] is not None}


def _checked(name: str, rules: Rules) -> str:
    name = tidy(name)
    if not 1 <= len(name) <= 40:
        raise InvalidInput("请填写模板名称，不超过 40 个字。", field="name")
    found = findings(rules)
    codes = {code for row in rules.rows for code in row.regions} | set(rules.no_ship)
    if any(not divisions.exists(code) or len(code) > 4 for code in codes):
        found.append(("rows", "有地区代码不存在，请重新选择地区。"))
    if found:
        issues = [Issue(text, field) for field, text in found]
        raise InvalidInput(found[0][1], field=found[0][0], issues=issues)
    return name


def create_template(actor: Actor, name: str, rules: Rules, key: str) -> int:
    """Write a template of the own shop; return its id. Raises InvalidInput naming what is wrong."""
    shop = access.shop_of(actor, ShopPower.GOODS)
    name = _checked(name, rules)
    if len(templates(shop)) >= MAX_TEMPLATES:
        raise Refused(f"运费模板最多 {MAX_TEMPLATES} 个，请先删除不用的。")

    def carry_out() -> int:
        row = FreightTemplate(world_id=shop.world_id, shop_id=shop.id, name=name, rules=to_json(rules))
        db.session.add(row)
        db.session.flush()
        note(actor, shop.world_id, "freight.created", f"freight:{row.id}", {"name": name})
        return row.id

    answer: int = once(actor, key, "freight.create", [name, to_json(rules)], carry_out)
    return answer


def change_template(actor: Actor, template_id: int, name: str, rules: Rules) -> FreightTemplate:
    """Change a template; the listings that use it follow at once."""
    actor.require(Permission.MALL_SELL)
    row = access.get_own_template(actor, template_id)
    name = _checked(name, rules)
    if rules.unit is FreightUnit.CM3:
        _refuse_without_volume(row)
    row.name, row.rules = name, to_json(rules)
    db.session.execute(
        sa.update(Listing)
        .where(Listing.freight_template_id == row.id)
        .values(free_shipping=always_free(rules))
        .execution_options(synchronize_session=False)
    )
    note(actor, row.world_id, "freight.changed", f"freight:{row.id}", {"name": row.name})
    return row


def _refuse_without_volume(row: FreightTemplate) -> None:
    """Raise Refused while goods that use the template do not state their volume."""
    query = (
        sa.select(Listing.title)
        .join(Sku, Sku.listing_id == Listing.id)
        .where(
            Listing.freight_template_id == row.id,
            Listing.state.not_in((ListingState.RECYCLED, ListingState.PURGED)),
            Sku.removed.is_(False),
            Sku.volume_cm3 == 0,
        )
        .order_by(Listing.id)
        .limit(1)
    )
    if (title := db.session.scalar(query)) is not None:
        raise Refused(f"在用这个模板的“{title}”还没有填写体积，请先给商品的每个规格填体积，再改成按体积计费。")


def remove_template(actor: Actor, template_id: int) -> None:
    """Throw a template away. Raises Refused while listings use it."""
    actor.require(Permission.MALL_SELL)
    row = access.get_own_template(actor, template_id)
    shop = access.get_shop(actor, row.shop_id)
    if count := uses(shop).get(row.id, 0):
        raise Refused(f"还有 {count} 件商品在用“{row.name}”，请先给它们换一个运费模板。", code="in_use")
    row.removed = True
    note(actor, row.world_id, "freight.removed", f"freight:{row.id}", {"name": row.name})
