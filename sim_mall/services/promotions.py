"""Activities (活动): draft, change, publish, start and finish by the simulated clock, stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, Issue, NotFound, Refused
from app.core.flow import fire
from app.core.idempotency import once
from app.worlds import due
from app.worlds.clock import get_world, sim_now
from app.worlds.models import DueTask
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.promotion_flow import KIND_NAMES, PROMOTION_FLOW, PromotionKind, PromotionState
from sim_mall.domain.promotion_rules import DraftItem, Rule, draft_findings, from_json
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.goods import Listing, Sku
from sim_mall.models.promotions import Promotion, PromotionItem
from sim_mall.models.shops import Shop
from sim_mall.services import flash, price_honesty
from sim_mall.services.notices import note, notify_shop
from sim_mall.services.rules import checking, sanctions
from sim_mall.services.shops import system_of

START = "mall.promotion_start"
FINISH = "mall.promotion_end"
INSPECT = "mall.rule_promotion"  # see services.rules.detecting
P = PromotionState


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """Goods of an activity to be. sku_id None: all of the listing. price: fen; stock: units of a flash sale."""

    listing_id: int
    sku_id: int | None = None
    price: int | None = None
    units: int = 1
    stock: int = 0


@dataclass(frozen=True, slots=True)
class PromotionDraft:
    """An activity to be. Times simulated."""

    kind: PromotionKind
    name: str
    starts_at: datetime
    ends_at: datetime
    rule: Rule
    whole_shop: bool = False
    items: tuple[ItemDraft, ...] = ()


def get_promotion(actor: Actor, promotion_id: int) -> Promotion:
    """Return an activity of the actor's world. Raises NotFound."""
    query = (
        sa.select(Promotion)
        .options(orm.selectinload(Promotion.items))
        .where(Promotion.id == promotion_id, Promotion.world_id == actor.world())
        .execution_options(populate_existing=True)
    )
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise NotFound
    return found


def get_own(actor: Actor, promotion_id: int) -> Promotion:
    """Return an activity of a shop that the actor runs with the power to promote."""
    found = get_promotion(actor, promotion_id)
    access.require_power(actor, found.shop_id, ShopPower.PROMOTE)
    return found


def _items(shop: Shop, drafts: Sequence[ItemDraft]) -> list[DraftItem]:
    """Return the goods of a draft with what the checks need. Raises InvalidInput for goods of another shop."""
    ids = {item.listing_id for item in drafts}
    query = (
        sa.select(Listing)
        .options(orm.selectinload(Listing.skus).joinedload(Sku.stock))
        .where(Listing.shop_id == shop.id, Listing.id.in_(sorted(ids)))
        .execution_options(populate_existing=True)
    )
    listings = {listing.id: listing for listing in db.session.scalars(query)}
    found = []
    for item in drafts:
        listing = listings.get(item.listing_id)
        skus = {sku.id: sku for sku in listing.skus if not sku.removed} if listing else {}
        sku = skus.get(item.sku_id) if item.sku_id is not None else None
        if listing is None or (item.sku_id is not None and sku is None):
            raise InvalidInput("选中的商品里有不属于本店或已删除的，请重新选择。", field="items")
        usual = sku.price if sku else listing.price_from
        name = f"{listing.title}（{sku.spec}）" if sku and sku.spec else listing.title
        left = sku.stock.saleable if sku else 0
        found.append(
            DraftItem(item.listing_id, item.sku_id, item.price, item.units, item.stock, usual, max(left, 0), name)
        )
    return found


def _check(shop: Shop, draft: PromotionDraft) -> None:
    items = [] if draft.whole_shop else _items(shop, draft.items)
    found = draft_findings(
        draft.kind,
        draft.name,
        draft.rule,
        items,
        whole_shop=draft.whole_shop,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        now=sim_now(shop.world_id),
    )
    if len({(item.listing_id, item.sku_id) for item in draft.items}) != len(draft.items):
        found.append(("items", "同一个规格选了两次，请去掉一个。"))
    if found:
        raise InvalidInput(found[0][1], field=found[0][0], issues=[Issue(text, name) for name, text in found])


def _write(promotion: Promotion, draft: PromotionDraft) -> None:
    promotion.name, promotion.rule, promotion.whole_shop = draft.name, draft.rule.to_json(), draft.whole_shop
    promotion.starts_at, promotion.ends_at = draft.starts_at, draft.ends_at
    promotion.items.clear()
    db.session.flush()
    for item in () if draft.whole_shop else draft.items:
        promotion.items.append(
            PromotionItem(
                listing_id=item.listing_id,
                sku_id=item.sku_id,
                price=item.price,
                units=item.units,
                offered=item.stock,
                stock=0,
                taken=0,
            )
        )
    db.session.flush()


def create_promotion(actor: Actor, draft: PromotionDraft, key: str) -> Promotion:
    """Write a draft of the own shop. Raises InvalidInput with ``issues`` by field. The same key returns the first."""
    shop = access.shop_of(actor, ShopPower.PROMOTE)
    _check(shop, draft)
    body = [draft.kind, draft.name, draft.starts_at, draft.ends_at, draft.rule.to_json(), draft.whole_shop]
    body += [[item.listing_id, item.sku_id, item.price, item.units, item.stock] for item in draft.items]

    def carry_out() -> int:
        promotion = Promotion(
            state=P.DRAFT,
            world_id=shop.world_id,
            shop_id=shop.id,
            kind=draft.kind,
            name=draft.name,
            starts_at=draft.starts_at,
            ends_at=draft.ends_at,
            created_at=sim_now(shop.world_id),
        )
        db.session.add(promotion)
        _write(promotion, draft)
        facts = {"kind": draft.kind, "name": draft.name}
        note(actor, shop.world_id, "promotion.drafted", f"promotion:{promotion.id}", facts)
        return promotion.id

    return db.session.get_one(Promotion, once(actor, key, "promotion.create", body, carry_out))


def change_promotion(actor: Actor, promotion_id: int, draft: PromotionDraft) -> Promotion:
    """Change a draft. Raises Refused once it is published: buyers count on it."""
    promotion = get_own(actor, promotion_id)
    if promotion.state != P.DRAFT:
        raise Refused("活动发布后不能再改，可以停止后新建一个。", code="published")
    if promotion.kind is not draft.kind:
        raise InvalidInput("活动类型不能更改，请新建一个活动。", field="kind")
    _check(access.get_shop(actor, promotion.shop_id), draft)
    _write(promotion, draft)
    return promotion


def draft_of(promotion: Promotion) -> PromotionDraft:
    """Return an activity as the draft that would make it."""
    return PromotionDraft(
        promotion.kind,
        promotion.name,
        promotion.starts_at,
        promotion.ends_at,
        from_json(promotion.rule),
        promotion.whole_shop,
        tuple(
            ItemDraft(item.listing_id, item.sku_id, item.price, item.units, item.offered) for item in promotion.items
        ),
    )


def publish(actor: Actor, promotion_id: int, *, accept_risk: bool = True) -> Promotion:
    """Publish a draft: it starts by the simulated clock, at once when its time has come.

    accept_risk: False asks for the soft block first: InvalidInput (code rule_risk) for prices raised just before.
    """
    promotion = get_own(actor, promotion_id)
    shop = access.get_shop(actor, promotion.shop_id)
    sanctions.refuse_promotion(promotion.world_id, promotion.shop_id)
    if promotion.state == P.DRAFT:
        _check(shop, draft_of(promotion))
    now = sim_now(promotion.world_id)
    if not accept_risk and (found := price_honesty.raised(promotion, max(now, promotion.starts_at))):
        issues = [Issue(one.text, "items") for one in found]
        text = "请把原价改回真实的价格；也可以选择“仍要发布（模拟）”，巡检发现后会有模拟处罚。"
        raise InvalidInput(f"{found[0].text}。{text}", code=checking.RISKY, field="items", issues=issues)
    fire(PROMOTION_FLOW, promotion, "publish", actor, sim_at=now)
    note(actor, promotion.world_id, "promotion.published", f"promotion:{promotion.id}", {"name": promotion.name})
    if promotion.starts_at <= now:
        _start(promotion)
    else:
        due.schedule(promotion.world_id, promotion.starts_at, START, promotion.id, P.SCHEDULED)
    due.schedule(promotion.world_id, promotion.ends_at, FINISH, promotion.id, P.RUNNING)
    if promotion.kind in price_honesty.STRUCK_OUT:
        after = timedelta(hours=setting(get_world(promotion.world_id), "rule_inspect_hours"))
        due.schedule(promotion.world_id, max(now, promotion.starts_at) + after, INSPECT, promotion.id)
    return promotion


def _start(promotion: Promotion) -> None:
    actor = system_of(promotion.world_id)
    fire(PROMOTION_FLOW, promotion, "start", actor, sim_at=sim_now(promotion.world_id))
    if promotion.kind is not PromotionKind.FLASH:
        return
    for item in promotion.items:
        item.stock = item.offered
    shrunk = flash.open_stock(promotion)
    if shrunk:
        text = f"“{promotion.name}”有 {len(shrunk)} 个规格的可售库存不够，秒杀库存已按现有库存减少。"
        path = f"/seller/promotions/{promotion.id}"
        notify_shop(promotion.world_id, promotion.shop_id, ShopPower.PROMOTE, "shop", "秒杀库存不足", text, path)


def _close(promotion: Promotion, actor: Actor, event: str, was_running: bool) -> None:
    fire(PROMOTION_FLOW, promotion, event, actor, sim_at=sim_now(promotion.world_id))
    if promotion.kind is PromotionKind.FLASH and was_running:
        flash.close_stock(promotion)
    due.withdraw(START, promotion.id)
    due.withdraw(FINISH, promotion.id)


def stop(actor: Actor, promotion_id: int) -> Promotion:
    """End an activity now, or throw a draft away. Orders that were placed keep their price."""
    promotion = get_own(actor, promotion_id)
    _close(promotion, actor, "stop", promotion.state == P.RUNNING)
    note(actor, promotion.world_id, "promotion.stopped", f"promotion:{promotion.id}", {"name": promotion.name})
    return promotion


def on_start(task: DueTask) -> None:
    """Start an activity whose time has come."""
    promotion = db.session.get(Promotion, task.target_id, populate_existing=True)
    if promotion is not None and promotion.state == P.SCHEDULED:
        _start(promotion)


def on_finish(task: DueTask) -> None:
    """Finish an activity whose time is over."""
    promotion = db.session.get(Promotion, task.target_id, populate_existing=True)
    if promotion is not None and promotion.state == P.RUNNING:
        _close(promotion, system_of(task.world_id), "finish", True)


def promotions_of(
    shop_id: int, state: PromotionState | None = None, kind: PromotionKind | None = None
) -> sa.Select[Promotion]:
    """Return the query of a shop's activities, newest first."""
    query = sa.select(Promotion).options(orm.selectinload(Promotion.items)).where(Promotion.shop_id == shop_id)
    if state is not None:
        query = query.where(Promotion.state == state)
    if kind is not None:
        query = query.where(Promotion.kind == kind)
    return query.order_by(Promotion.id.desc())


def state_counts(shop_id: int) -> dict[str, int]:
    """Return how many activities of a shop stand in each state."""
    query = sa.select(Promotion.state, sa.func.count()).where(Promotion.shop_id == shop_id).group_by(Promotion.state)
    return {str(row[0]): row[1] for row in db.session.execute(query)}


def kind_name(promotion: Promotion) -> str:
    """Return what kind of activity it is, in words."""
    return KIND_NAMES[promotion.kind]
