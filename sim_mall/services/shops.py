"""Shop registration and life (店铺): apply, review, deposit, suspend, close."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.scopes import account_names
from app.core.actor import Actor, system
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound, Refused
from app.core.events import publish
from app.core.flow import fire
from app.core.idempotency import once
from app.core.permissions import Permission
from app.ledger import book
from app.worlds.api import scope_of_world
from app.worlds.clock import get_world, sim_now
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.data import ShopInfo
from sim_mall.domain.aftersale_flow import OPEN_STATES
from sim_mall.domain.audit_rules import hostile, shop_name_finding
from sim_mall.domain.order_flow import OrderState
from sim_mall.domain.shop_flow import SHOP_FLOW, ShopState, Subject
from sim_mall.domain.words import name_key
from sim_mall.events import ShopOpened
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.shops import Shop
from sim_mall.models.trade import Order
from sim_mall.services.notices import note, notify

REVIEW_FIELDS = {"name": "店铺名称", "subject": "主体类型", "business": "主营类目", "intro": "店铺介绍"}
TAKEN = "这个店铺名称已被使用，请换一个。"


@dataclass(frozen=True, slots=True)
class Application:
    """What a trainee fills in to register a shop."""

    name: str
    subject: Subject
    business: str
    intro: str
    agreed: bool


def shop_info(shop: Shop) -> ShopInfo:
    """Return the shop as plain data."""
    deposit = book.balance(shop.world_id, book.deposit(shop.id))
    return ShopInfo(shop.id, shop.world_id, shop.owner_id, shop.name, str(shop.state), deposit)


def deposit_due(world_id: int) -> int:
    """Return the deposit in fen that a shop of this world pays."""
    return setting(get_world(world_id), "shop_deposit")


def _check(world_id: int, application: Application, shop_id: int | None) -> None:
    if not application.agreed:
        raise InvalidInput("请阅读并勾选开店协议。", field="agreed")
    finding = shop_name_finding(application.name)
    if finding:
        raise InvalidInput(finding.message, field=finding.field)
    if reason := hostile(application.intro):
        raise InvalidInput(f"店铺介绍{reason}", field="intro")
    taken = db.session.scalar(
        sa.select(Shop.id).where(Shop.world_id == world_id, Shop.name_key == name_key(application.name))
    )
    if taken is not None and taken != shop_id:
        raise Refused(TAKEN, code="name_taken", field="name")


def register_shop(actor: Actor, application: Application, key: str) -> Shop:
    """Apply for a shop; the rules answer at once, or the instructor does where the world says so.

    Raises InvalidInput naming the field, Refused when the name is taken or the actor has a shop.
    """
    actor.require(Permission.MALL_SELL)
    world_id = actor.world()
    body = [application.name, application.subject, application.business, application.intro, application.agreed]
    shop_id = once(actor, key, "shop.register", body, lambda: _apply(actor, world_id, application))
    return access.get_shop(actor, shop_id)


def _apply(actor: Actor, world_id: int, application: Application) -> int:
    if access.own_shop(actor) is not None:
        raise Refused("你已经注册过店铺了，每人只能开一家店。", code="has_shop")
    _check(world_id, application, None)
    now = sim_now(world_id)
    shop = Shop(
        state=ShopState.SUBMITTED,
        world_id=world_id,
        owner_id=actor.person(),
        name=application.name,
        name_key=name_key(application.name),
        subject=application.subject,
        business=application.business,
        intro=application.intro,
        submitted_at=now,
    )
    db.session.add(shop)
    try:
        db.session.flush()
    except sa.exc.IntegrityError as error:
        raise Conflict(TAKEN, code="name_taken", field="name") from error
    note(actor, world_id, "shop.submitted", f"shop:{shop.id}", {"name": shop.name, "subject": shop.subject})
    _review_by_rules(shop)
    return shop.id


def _review_by_rules(shop: Shop) -> None:
    """Let the rules pass the application at once unless the instructor reviews; the form's checks were its rules."""
    world = get_world(shop.world_id)
    if setting(world, "shop_review_by_instructor"):
        return
    actor = system(shop.world_id, world.scope_id)
    fire(
        SHOP_FLOW, shop, "approve", actor, sim_at=sim_now(shop.world_id), values={"reviewed_at": sim_now(shop.world_id)}
    )
    note(actor, shop.world_id, "shop.approved", f"shop:{shop.id}", {"by": "rules"})


def resubmit_shop(actor: Actor, application: Application) -> Shop:
    """Send a rejected application again, corrected."""
    actor.require(Permission.MALL_SELL)
    shop = _own(actor)
    _check(shop.world_id, application, shop.id)
    now = sim_now(shop.world_id)
    fire(
        SHOP_FLOW,
        shop,
        "resubmit",
        actor,
        sim_at=now,
        values={
            "name": application.name,
            "name_key": name_key(application.name),
            "subject": application.subject,
            "business": application.business,
            "intro": application.intro,
            "review_field": "",
            "review_reason": "",
            "submitted_at": now,
        },
    )
    note(actor, shop.world_id, "shop.submitted", f"shop:{shop.id}", {"name": shop.name, "again": True})
    _review_by_rules(shop)
    return shop


def _own(actor: Actor) -> Shop:
    shop = access.own_shop(actor)
    if shop is None:
        raise NotFound
    return shop


def waiting_shops(actor: Actor) -> list[Shop]:
    """Return the shops of the world that wait for review, oldest first."""
    actor.require(Permission.MALL_SHOP_REVIEW)
    return list(
        db.session.scalars(
            sa.select(Shop)
            .where(Shop.world_id == actor.world(), Shop.state == ShopState.SUBMITTED)
            .order_by(Shop.submitted_at, Shop.id)
        )
    )


def waiting_count(actor: Actor) -> int:
    """Return how many shops wait for review."""
    if actor.world_id is None:
        return 0
    query = sa.select(sa.func.count()).select_from(Shop)
    return db.session.scalar(query.where(Shop.world_id == actor.world_id, Shop.state == ShopState.SUBMITTED)) or 0


def owner_names(found: list[Shop]) -> dict[int, str]:
    """Return the names of the owners by account id."""
    return account_names({shop.owner_id for shop in found})


def approve_shop(actor: Actor, shop_id: int) -> Shop:
    """Pass an application; the owner pays the deposit next."""
    actor.require(Permission.MALL_SHOP_REVIEW)
    shop = access.get_shop(actor, shop_id)
    now = sim_now(shop.world_id)
    fire(SHOP_FLOW, shop, "approve", actor, sim_at=now, values={"reviewed_at": now})
    note(actor, shop.world_id, "shop.approved", f"shop:{shop.id}", {"by": "instructor"})
    notify(
        shop.world_id,
        shop.owner_id,
        "shop",
        "店铺审核通过",
        f"“{shop.name}”已通过审核，缴纳保证金后即可开店。",
        "/seller/register",
    )
    return shop


def reject_shop(actor: Actor, shop_id: int, field: str, reason: str) -> Shop:
    """Refuse an application, naming the field and the reason."""
    actor.require(Permission.MALL_SHOP_REVIEW)
    if field not in REVIEW_FIELDS:
        raise InvalidInput("请选择哪一项需要修改。", field="field")
    if not 2 <= len(reason) <= 200:
        raise InvalidInput("请写明原因，2 到 200 个字。", field="reason")
    shop = access.get_shop(actor, shop_id)
    now = sim_now(shop.world_id)
    values = {"reviewed_at": now, "review_field": field, "review_reason": reason}
    fire(SHOP_FLOW, shop, "reject", actor, sim_at=now, values=values, note={"field": field, "reason": reason})
    note(actor, shop.world_id, "shop.rejected", f"shop:{shop.id}", {"field": field, "reason": reason})
    notify(
        shop.world_id, shop.owner_id, "shop", "店铺审核未通过", f"{REVIEW_FIELDS[field]}：{reason}", "/seller/register"
    )
    return shop


def pay_deposit(actor: Actor) -> Shop:
    """Pay the deposit from the wallet and open the shop. Raises Refused when the wallet has not enough."""
    actor.require(Permission.MALL_SELL)
    shop = _own(actor)
    now = sim_now(shop.world_id)
    amount = deposit_due(shop.world_id)
    fire(SHOP_FLOW, shop, "pay_deposit", actor, sim_at=now, values={"opened_at": now}, note={"amount": amount})
    if amount:
        book.post(
            shop.world_id,
            f"shop-deposit:{shop.id}",
            "deposit",
            {book.wallet(actor.person()): -amount, book.deposit(shop.id): amount},
            reference=f"shop:{shop.id}",
            memo=f"店铺“{shop.name}”保证金",
        )
    note(actor, shop.world_id, "shop.opened", f"shop:{shop.id}", {"deposit": amount})
    notify(
        shop.world_id,
        shop.owner_id,
        "shop",
        "店铺已开通",
        f"“{shop.name}”开始营业，去发布第一件商品吧。",
        "/seller/products/",
    )
    publish(ShopOpened(shop.world_id, shop.id, shop.owner_id))
    return shop


def suspend_shop(actor: Actor) -> Shop:
    """Close the shop for a while; its goods are not for sale meanwhile, its orders go on."""
    actor.require(Permission.MALL_SELL)
    shop = _own(actor)
    fire(SHOP_FLOW, shop, "suspend", actor, sim_at=sim_now(shop.world_id))
    note(actor, shop.world_id, "shop.suspended", f"shop:{shop.id}")
    return shop


def resume_shop(actor: Actor) -> Shop:
    """Open the shop again."""
    actor.require(Permission.MALL_SELL)
    shop = _own(actor)
    fire(SHOP_FLOW, shop, "resume", actor, sim_at=sim_now(shop.world_id))
    note(actor, shop.world_id, "shop.resumed", f"shop:{shop.id}")
    return shop


def close_shop(actor: Actor) -> Shop:
    """Give the shop up for ever: no open order or after-sale; balance and deposit go to the owner's wallet."""
    actor.require(Permission.MALL_SELL)
    shop = _own(actor)

    def guard() -> str | None:
        orders = sa.select(Order.id).where(
            Order.shop_id == shop.id, Order.state.not_in((OrderState.COMPLETED, OrderState.CLOSED))
        )
        tickets = sa.select(AfterSale.id).where(AfterSale.shop_id == shop.id, AfterSale.state.in_(OPEN_STATES))
        if db.session.scalars(orders.limit(1)).first() is not None:
            return "还有未完成的订单，全部完成后才能注销店铺。"
        if db.session.scalars(tickets.limit(1)).first() is not None:
            return "还有未完结的售后，处理完后才能注销店铺。"
        return None

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


def system_of(world_id: int) -> Actor:
    """Return the system as actor in a world."""
    return system(world_id, scope_of_world(world_id))
