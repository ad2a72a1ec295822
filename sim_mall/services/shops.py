"""Shop registration (店铺注册): draft, application, review by rules or by the instructor, deposit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

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
from app.worlds import due
from app.worlds.api import scope_of_world
from app.worlds.clock import get_world, sim_now
from app.worlds.models import DueTask
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.data import ShopInfo
from sim_mall.domain.audit_rules import hostile, shop_name_finding
from sim_mall.domain.category_book import LICENCE_OF_BUSINESS, deposit_of
from sim_mall.domain.papers import LICENCES, Papers, review_findings
from sim_mall.domain.shop_flow import SHOP_FLOW, ShopState, Subject
from sim_mall.domain.words import name_key, tidy
from sim_mall.events import ShopOpened
from sim_mall.models.shops import Shop
from sim_mall.services import shop_papers
from sim_mall.services.notices import note, notify

REVIEW = "mall.shop_review"
REVIEW_FIELDS = {
    "name": "店铺名称",
    "subject": "主体类型",
    "business": "主营类目",
    "intro": "店铺介绍",
    "holder": "经营者姓名",
    "id_number": "身份证号",
    "id_until": "身份证有效期",
    "company": "执照名称",
    "licence_number": "统一社会信用代码",
    "licence_until": "执照有效期",
    "bank": "开户行",
    "account_name": "结算户名",
    "account_number": "结算账号",
    "phone": "联系电话",
    "licence": "类目资质",
}
FILLABLE = (ShopState.DRAFT, ShopState.REJECTED)
TAKEN = "这个店铺名称已被使用，请换一个。"


@dataclass(frozen=True, slots=True)
class Application:
    """What a trainee fills in to register a shop. papers: None to have them filled in for practice."""

    name: str
    subject: Subject
    business: str
    intro: str
    agreed: bool
    papers: Papers | None = None


def shop_info(shop: Shop) -> ShopInfo:
    """Return the shop as plain data."""
    deposit = book.balance(shop.world_id, book.deposit(shop.id))
    return ShopInfo(shop.id, shop.world_id, shop.owner_id, shop.name, str(shop.state), deposit)


def deposit_due(world_id: int, business: str = "") -> int:
    """Return the deposit in fen that a shop of this main category pays in this world."""
    return deposit_of(setting(get_world(world_id), "shop_deposit"), business)


def _check_words(world_id: int, name: str, intro: str, shop_id: int | None) -> None:
    finding = shop_name_finding(name)
    if finding:
        raise InvalidInput(finding.message, field=finding.field)
    if reason := hostile(intro):
        raise InvalidInput(f"店铺介绍{reason}", field="intro")
    taken = db.session.scalar(sa.select(Shop.id).where(Shop.world_id == world_id, Shop.name_key == name_key(name)))
    if taken is not None and taken != shop_id:
        raise Refused(TAKEN, code="name_taken", field="name")


def _agreed(agreed: bool) -> None:
    if not agreed:
        raise InvalidInput("请阅读并勾选开店协议。", field="agreed")


# -- draft and application --------------------------------------------------------------------------


def _draft(actor: Actor) -> Shop:
    """Return the actor's draft or rejected application, a new draft where there is none."""
    shop = access.own_shop(actor)
    if shop is None:
        world_id = actor.world()
        shop = Shop(
            state=ShopState.DRAFT,
            world_id=world_id,
            owner_id=actor.person(),
            name="",
            name_key=f":{actor.person()}",
            subject=Subject.PERSON,
            submitted_at=sim_now(world_id),
        )
        db.session.add(shop)
        db.session.flush()
        note(actor, world_id, "shop.drafted", f"shop:{shop.id}")
    elif shop.state not in FILLABLE:
        raise Refused("你已经注册过店铺了，每人只能开一家店。", code="has_shop")
    return shop


def save_subject(actor: Actor, subject: Subject) -> Shop:
    """Keep the first step: who runs the shop in the eyes of the law."""
    actor.require(Permission.MALL_SELL)
    shop = _draft(actor)
    shop.subject = subject
    shop_papers.papers_row(shop).step = max(shop_papers.papers_row(shop).step, 2)
    return shop


def save_papers(actor: Actor, values: Mapping[str, Any], step: int) -> Shop:
    """Keep the fields of one step of the papers. Raises InvalidInput naming each wrong one of them."""
    actor.require(Permission.MALL_SELL)
    shop = _draft(actor)
    papers = Papers(**{**asdict(shop_papers.papers_of(shop)), **values})
    shop_papers.refuse_papers(shop.subject, papers, set(values))
    shop_papers.store_papers(shop, values, step=step + 1)
    return shop


def save_sign(actor: Actor, name: str, business: str, intro: str) -> Shop:
    """Keep the step with the shop's own data. Raises InvalidInput or Refused naming the field."""
    actor.require(Permission.MALL_SELL)
    shop = _draft(actor)
    name = tidy(name)
    _check_words(shop.world_id, name, intro, shop.id)
    shop.name, shop.name_key, shop.business, shop.intro = name, name_key(name), business, intro
    shop_papers.store_papers(shop, {}, step=5)
    _flush_name()
    return shop


def _flush_name() -> None:
    try:
        db.session.flush()
    except sa.exc.IntegrityError as error:
        raise Conflict(TAKEN, code="name_taken", field="name") from error


def submit_draft(actor: Actor, *, agreed: bool) -> Shop:
    """Submit what the steps kept. Raises InvalidInput naming the first field that is missing or wrong."""
    actor.require(Permission.MALL_SELL)
    shop = access.own_shop(actor)
    if shop is None:
        raise InvalidInput("请先填写开店资料。", field="name")
    if shop.state not in FILLABLE:
        raise Refused("这份申请已经提交过了，请刷新页面查看进度。", code="wrong_state")
    _check_words(shop.world_id, shop.name, shop.intro, shop.id)
    shop_papers.refuse_papers(shop.subject, shop_papers.papers_of(shop))
    _agreed(agreed)
    _submit(actor, shop)
    return shop


def register_shop(actor: Actor, application: Application, key: str) -> Shop:
    """Apply for a shop on one page; the rules answer at once, or later, or the instructor does.

    Raises InvalidInput naming the field, Refused when the name is taken or the actor has a shop.
    """
    actor.require(Permission.MALL_SELL)
    body = asdict(application)
    shop_id = once(actor, key, "shop.register", body, lambda: _apply(actor, application))
    return access.get_shop(actor, shop_id)


def _apply(actor: Actor, application: Application) -> int:
    shop = access.own_shop(actor)
    if shop is not None and shop.state != ShopState.DRAFT:
        raise Refused("你已经注册过店铺了，每人只能开一家店。", code="has_shop")
    _check(actor, application, shop)
    shop = _draft(actor)
    _write(actor, shop, application)
    _submit(actor, shop)
    return shop.id


def resubmit_shop(actor: Actor, application: Application) -> Shop:
    """Send a rejected application again, corrected."""
    actor.require(Permission.MALL_SELL)
    shop = access.own_shop(actor)
    if shop is None:
        raise NotFound
    _check(actor, application, shop)
    if shop.state == ShopState.REJECTED:
        _write(actor, shop, application)
    _submit(actor, shop)
    return shop


def _check(actor: Actor, application: Application, shop: Shop | None) -> None:
    _agreed(application.agreed)
    _check_words(actor.world(), tidy(application.name), application.intro, shop.id if shop else None)
    if application.papers is not None:
        shop_papers.refuse_papers(application.subject, application.papers)


def _write(actor: Actor, shop: Shop, application: Application) -> None:
    name = tidy(application.name)
    shop.name, shop.name_key, shop.subject = name, name_key(name), application.subject
    shop.business, shop.intro = application.business, application.intro
    _flush_name()
    if application.papers is None:
        shop_papers.fill_in(actor, shop)
    else:
        shop_papers.store_papers(shop, asdict(application.papers))


def _submit(actor: Actor, shop: Shop) -> None:
    now = sim_now(shop.world_id)
    again = shop.state != ShopState.DRAFT
    values = {"review_field": "", "review_reason": "", "submitted_at": now}
    fire(SHOP_FLOW, shop, "resubmit" if again else "submit", actor, sim_at=now, values=values)
    facts = {"name": shop.name, "subject": shop.subject, "again": again}
    note(actor, shop.world_id, "shop.submitted", f"shop:{shop.id}", facts)
    world = get_world(shop.world_id)
    if setting(world, "shop_review_by_instructor"):
        return
    hours = setting(world, "shop_review_hours")
    if hours:
        due.schedule(world.id, now + timedelta(hours=hours), REVIEW, shop.id, ShopState.SUBMITTED)
    else:
        _review_by_rules(shop)


# -- review -----------------------------------------------------------------------------------------


def rule_findings(shop: Shop) -> list[tuple[str, str]]:
    """Return (field, sentence) for everything for which the rules refuse the application."""
    found = review_findings(shop.subject, shop_papers.papers_of(shop), shop_papers.sim_today(shop.world_id))
    kind = LICENCE_OF_BUSINESS.get(shop.business)
    if kind and kind not in shop_papers.valid_licences(shop):
        found.append(("licence", f"主营“{shop.business}”需要有效的《{LICENCES[kind]}》，请补充资质后重新提交。"))
    return found


def _review_by_rules(shop: Shop) -> None:
    """Pass the application, or reject it naming the first field that the rules refuse."""
    actor = system_of(shop.world_id)
    found = rule_findings(shop)
    if found:
        _reject(actor, shop, *found[0])
    else:
        _approve(actor, shop, "rules")


def on_review(task: DueTask) -> None:
    """Let the rules answer an application that still waits."""
    shop = access.get_shop(system_of(task.world_id), task.target_id, lock=True)
    if shop.state == ShopState.SUBMITTED:
        _review_by_rules(shop)


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
    _approve(actor, shop, "instructor")
    return shop


def _approve(actor: Actor, shop: Shop, by: str) -> None:
    now = sim_now(shop.world_id)
    fire(SHOP_FLOW, shop, "approve", actor, sim_at=now, values={"reviewed_at": now})
    due.withdraw(REVIEW, shop.id)
    note(actor, shop.world_id, "shop.approved", f"shop:{shop.id}", {"by": by})
    text = f"“{shop.name}”已通过审核，缴纳保证金后即可开店。"
    notify(shop.world_id, shop.owner_id, "shop", "店铺审核通过", text, "/seller/register")


def reject_shop(actor: Actor, shop_id: int, field: str, reason: str) -> Shop:
    """Refuse an application, naming the field and the reason."""
    actor.require(Permission.MALL_SHOP_REVIEW)
    if field not in REVIEW_FIELDS:
        raise InvalidInput("请选择哪一项需要修改。", field="field")
    if not 2 <= len(reason) <= 200:
        raise InvalidInput("请写明原因，2 到 200 个字。", field="reason")
    shop = access.get_shop(actor, shop_id)
    _reject(actor, shop, field, reason)
    return shop


def _reject(actor: Actor, shop: Shop, field: str, reason: str) -> None:
    now = sim_now(shop.world_id)
    values = {"reviewed_at": now, "review_field": field, "review_reason": reason}
    fire(SHOP_FLOW, shop, "reject", actor, sim_at=now, values=values, note={"field": field, "reason": reason})
    due.withdraw(REVIEW, shop.id)
    note(actor, shop.world_id, "shop.rejected", f"shop:{shop.id}", {"field": field, "reason": reason})
    text = f"{REVIEW_FIELDS[field]}：{reason}"
    notify(shop.world_id, shop.owner_id, "shop", "店铺审核未通过", text, "/seller/register")


# -- deposit ----------------------------------------------------------------------------------------


def pay_deposit(actor: Actor) -> Shop:
    """Pay the deposit from the wallet and open the shop. Raises Refused when the wallet has not enough."""
    actor.require(Permission.MALL_SELL)
    shop = access.own_shop(actor)
    if shop is None:
        raise NotFound
    now = sim_now(shop.world_id)
    amount = deposit_due(shop.world_id, shop.business)
    values = {"opened_at": now}
    fire(SHOP_FLOW, shop, "pay_deposit", actor, sim_at=now, values=values, note={"amount": amount})
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
    text = f"“{shop.name}”开始营业，去发布第一件商品吧。"
    notify(shop.world_id, shop.owner_id, "shop", "店铺已开通", text, "/seller/products/")
    publish(ShopOpened(shop.world_id, shop.id, shop.owner_id))
    return shop


def system_of(world_id: int) -> Actor:
    """Return the system as actor in a world."""
    return system(world_id, scope_of_world(world_id))
