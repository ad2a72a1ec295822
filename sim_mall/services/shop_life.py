"""Life of an open shop (店铺状态): rest, restriction, deposit to fill up, closing after its obligations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.clock import local
from app.core.db import db
from app.core.errors import InvalidInput, NotFound
from app.core.flow import fire
from app.core.permissions import Permission
from app.ledger import book
from app.worlds import due
from app.worlds.clock import get_world, sim_now
from app.worlds.models import DueTask
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.aftersale_flow import OPEN_STATES
from sim_mall.domain.order_flow import OrderState
from sim_mall.domain.shop_flow import SHOP_FLOW, VISIBLE, ShopState
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.shops import Shop
from sim_mall.models.trade import Order
from sim_mall.services.notices import note, notify
from sim_mall.services.shops import system_of

LIFT = "mall.shop_lift"
MAX_RESTRICTION = 60  # days


def _own(actor: Actor) -> Shop:
    actor.require(Permission.MALL_SELL)
    shop = access.own_shop(actor)
    if shop is None:
        raise NotFound
    return shop


def suspend_shop(actor: Actor) -> Shop:
    """Close the shop for a while; its goods are not for sale meanwhile, its orders go on."""
    shop = _own(actor)
    now = sim_now(shop.world_id)
    fire(SHOP_FLOW, shop, "suspend", actor, sim_at=now, values={"suspended_at": now})
    note(actor, shop.world_id, "shop.suspended", f"shop:{shop.id}")
    return shop


def resume_shop(actor: Actor) -> Shop:
    """Open the shop again."""
    shop = _own(actor)
    fire(SHOP_FLOW, shop, "resume", actor, sim_at=sim_now(shop.world_id), values={"suspended_at": None})
    note(actor, shop.world_id, "shop.resumed", f"shop:{shop.id}")
    return shop


@dataclass(frozen=True, slots=True)
class Obligation:
    """One thing that stands between a shop and its end. text: what it is and, when open, what to do."""

    text: str
    met: bool


def obligations(shop: Shop) -> list[Obligation]:
    """Return what a shop owes before it may close: orders, after-sales, the days of notice."""
    open_orders = sa.select(sa.func.count()).where(
        Order.shop_id == shop.id, Order.state.not_in((OrderState.COMPLETED, OrderState.CLOSED))
    )
    tickets = sa.select(sa.func.count()).where(AfterSale.shop_id == shop.id, AfterSale.state.in_(OPEN_STATES))
    orders, asked = db.session.scalar(open_orders) or 0, db.session.scalar(tickets) or 0
    days = setting(get_world(shop.world_id), "shop_close_days")
    since = shop.suspended_at
    rested = (sim_now(shop.world_id) - since).days if since else 0
    return [
        Obligation(
            f"还有未完成的订单 {orders} 笔，全部完成后才能注销店铺。" if orders else "没有未完成的订单", not orders
        ),
        Obligation(f"还有未完结的售后 {asked} 张，处理完后才能注销店铺。" if asked else "没有未完结的售后", not asked),
        Obligation(
            f"歇业公示已满 {days} 天"
            if since and rested >= days
            else f"歇业公示要满 {days} 天，现在是第 {rested} 天。",
            bool(since) and rested >= days,
        ),
    ]


def close_shop(actor: Actor) -> Shop:
    """Give the shop up for ever once its obligations are met; balance and deposit go to the owner's wallet."""
    shop = _own(actor)

    def guard() -> str | None:
        return next((item.text for item in obligations(shop) if not item.met), None)

    fire(SHOP_FLOW, shop, "close", actor, sim_at=sim_now(shop.world_id), guard=guard)
    balance = book.balance(shop.world_id, book.shop_balance(shop.id))
    deposit = book.balance(shop.world_id, book.deposit(shop.id))
    book.post(
        shop.world_id,
        f"shop-close:{shop.id}",
        "shop_closed",
        {
            book.shop_balance(shop.id): -balance,
            book.deposit(shop.id): -deposit,
            book.wallet(shop.owner_id): balance + deposit,
        },
        reference=f"shop:{shop.id}",
        memo=f"店铺“{shop.name}”注销，退回余额和保证金",
    )
    note(actor, shop.world_id, "shop.closed", f"shop:{shop.id}", {"balance": balance, "deposit": deposit})
    return shop


# -- restriction ------------------------------------------------------------------------------------


def restrict_shop(actor: Actor, shop_id: int, days: int, reason: str) -> Shop:
    """Take a shop out of search for some simulated days and let it publish nothing; the rules or the instructor do.

    Its goods can still be bought and its orders go on. Raises InvalidInput naming the field.
    """
    if not actor.is_system:
        actor.require(Permission.MALL_SHOP_REVIEW)
    if not 1 <= days <= MAX_RESTRICTION:
        raise InvalidInput(f"限制天数应在 1 到 {MAX_RESTRICTION} 天之间。", field="days")
    if not 2 <= len(reason) <= 200:
        raise InvalidInput("请写明限制原因，2 到 200 个字。", field="reason")
    shop = access.get_shop(actor, shop_id)
    now = sim_now(shop.world_id)
    until = now + timedelta(days=days)
    values = {"restricted_until": until, "restricted_reason": reason}
    fire(SHOP_FLOW, shop, "restrict", actor, sim_at=now, values=values, note={"reason": reason, "days": days})
    due.schedule(shop.world_id, until, LIFT, shop.id, ShopState.RESTRICTED)
    note(actor, shop.world_id, "shop.restricted", f"shop:{shop.id}", {"reason": reason, "days": days})
    text = f"{reason}（模拟处罚，不影响真实账号）。到 {local(until):%m月%d日 %H:%M} 自动解除。"
    notify(shop.world_id, shop.owner_id, "shop", "店铺被限制经营", text, "/seller/register")
    return shop


def lift_restriction(actor: Actor, shop_id: int) -> Shop:
    """End a restriction before its time; the instructor does."""
    actor.require(Permission.MALL_SHOP_REVIEW)
    shop = access.get_shop(actor, shop_id)
    _lift(actor, shop)
    return shop


def _lift(actor: Actor, shop: Shop) -> None:
    values = {"restricted_until": None, "restricted_reason": ""}
    fire(SHOP_FLOW, shop, "lift", actor, sim_at=sim_now(shop.world_id), values=values)
    due.withdraw(LIFT, shop.id)
    note(actor, shop.world_id, "shop.lifted", f"shop:{shop.id}")
    notify(
        shop.world_id, shop.owner_id, "shop", "店铺恢复经营", "限制已解除，可以正常发布和销售商品。", "/seller/register"
    )


def on_lift(task: DueTask) -> None:
    """End a restriction whose time is over."""
    shop = access.get_shop(system_of(task.world_id), task.target_id, lock=True)
    if shop.state == ShopState.RESTRICTED and shop.restricted_until and shop.restricted_until <= task.due_at:
        _lift(system_of(task.world_id), shop)


def running_shops(actor: Actor) -> list[Shop]:
    """Return the shops of the world that have opened and still stand, by name; the instructor looks."""
    actor.require(Permission.MALL_SHOP_REVIEW)
    query = sa.select(Shop).where(Shop.world_id == actor.world(), Shop.state.in_(VISIBLE))
    return list(db.session.scalars(query.order_by(Shop.name, Shop.id)))
