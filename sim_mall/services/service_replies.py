"""Automatic answers and quick phrases (自动回复、快捷短语): what the robot says and what a seat need not type."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts.scopes import account_names
from app.core.actor import Actor
from app.core.clock import local
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.domain.service_flow import Sender
from sim_mall.domain.service_replies import (
    OFF_HOURS,
    VARIABLES,
    WELCOME,
    KeywordRule,
    fill,
    in_hours,
    matching_rule,
    split_keywords,
    unknown_variables,
)
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.goods import Listing
from sim_mall.models.service import (
    ServiceDesk,
    ServiceKeyword,
    ServiceMessage,
    ServicePhrase,
    ServiceSession,
    ServiceThread,
)
from sim_mall.models.trade import Order
from sim_mall.services import service_desk
from sim_mall.services.notices import note
from sim_mall.services.service_journal import append

MAX_PHRASES, MAX_KEYWORDS = 200, 50
STARTING_PHRASES = (
    ("常用", "亲，您好，我在的，请问有什么可以帮您？"),
    ("常用", "请稍等一下，我马上帮您查。"),
    ("发货", "您的订单 {order_no} 我们会在承诺时间内发出，发出后可以在订单里查看物流。"),
    ("售后", "很抱歉给您带来不便。您可以在订单 {order_no} 里申请售后，我们会尽快处理。"),
    ("商品", "“{goods}”的材质和尺寸在商品详情里有说明，还有不清楚的地方随时问我。"),
)


def desk_of(shop_id: int) -> ServiceDesk:
    """Return how a shop receives; with the platform's defaults where it has said nothing."""
    row = db.session.get(ServiceDesk, shop_id)
    return row or ServiceDesk(shop_id=shop_id, welcome="", away="", opens=8, closes=23)


def _values(thread: ServiceThread, session: ServiceSession | None = None) -> dict[str, str]:
    names = account_names({thread.buyer_id})
    values = {"buyer": names.get(thread.buyer_id, "亲"), "shop": thread.shop.name}
    order = None
    if session is not None and session.order_id is not None:
        order = db.session.get(Order, session.order_id)
    if order is None:
        latest = sa.select(Order).where(Order.shop_id == thread.shop_id, Order.buyer_id == thread.buyer_id)
        order = db.session.scalars(latest.order_by(Order.id.desc()).limit(1)).one_or_none()
    if order is not None:
        values["order_no"] = order.number
    if session is not None and session.listing_id is not None:
        listing = db.session.get(Listing, session.listing_id)
        values["goods"] = listing.title if listing else ""
    return values


def fill_for(actor: Actor, thread: ServiceThread, text: str) -> str:
    """Put the values of this conversation into a phrase that a seat sends."""
    del actor
    if "{" not in text:
        return text
    query = sa.select(ServiceSession).where(ServiceSession.open_of == thread.id)
    return fill(text, _values(thread, db.session.scalars(query).one_or_none()))


def _say(thread: ServiceThread, session: ServiceSession, text: str) -> None:
    append(thread, session, Sender.ROBOT, text[:500])


def welcome(thread: ServiceThread, session: ServiceSession) -> None:
    """Greet a buyer who opens a session; outside the hours, or with nobody online, excuse the shop instead."""
    desk = desk_of(thread.shop_id)
    values = _values(thread, session)
    values["hours"] = f"{desk.opens}:00–{desk.closes}:00"
    hour = local(sim_now(thread.world_id)).hour
    present = in_hours(hour, desk.opens, desk.closes) and service_desk.anybody_online(thread.shop_id)
    text = (desk.welcome or WELCOME) if present else (desk.away or OFF_HOURS)
    _say(thread, session, fill(text, values))


def answer_by_robot(thread: ServiceThread, session: ServiceSession, text: str) -> None:
    """Answer a buyer's words when a keyword calls for it; the same answer at most once a session."""
    if not text:
        return
    rows = db.session.scalars(
        sa.select(ServiceKeyword)
        .where(ServiceKeyword.shop_id == thread.shop_id, ServiceKeyword.active.is_(True))
        .order_by(ServiceKeyword.id)
    ).all()
    rule = matching_rule(text, [KeywordRule(row.id, tuple(row.keywords), row.answer) for row in rows])
    if rule is None:
        return
    said = fill(rule.answer, _values(thread, session))[:500]
    before = sa.select(ServiceMessage.id).where(
        ServiceMessage.session_id == session.id, ServiceMessage.sender == Sender.ROBOT, ServiceMessage.text == said
    )
    if db.session.scalars(before.limit(1)).first() is not None:
        return
    db.session.execute(
        sa.update(ServiceKeyword).where(ServiceKeyword.id == rule.id).values(hits=ServiceKeyword.hits + 1)
    )
    _say(thread, session, said)


def _check(text: str, most: int, field: str, *, may_be_empty: bool = False) -> str:
    text = text.strip()
    if not text and may_be_empty:
        return ""
    if not 1 <= len(text) <= most:
        raise InvalidInput(f"请填写 1 到 {most} 个字。", field=field)
    if unknown := unknown_variables(text):
        known = "、".join(f"{{{name}}}" for name in VARIABLES)
        raise InvalidInput(f"没有“{{{unknown[0]}}}”这个变量，可用的有 {known}。", field=field)
    return text


def save_desk(actor: Actor, welcome_text: str, away: str, opens: int, closes: int) -> None:
    """Change welcome, excuse and hours of the shop."""
    shop = access.shop_of(actor, ShopPower.CHAT)
    welcome_text = _check(welcome_text, 200, "welcome", may_be_empty=True)
    away = _check(away, 200, "away", may_be_empty=True)
    if not (0 <= opens <= 23 and 1 <= closes <= 24):
        raise InvalidInput("请选择接待时间：开始 0 到 23 点，结束 1 到 24 点。", field="opens")
    row = db.session.get(ServiceDesk, shop.id)
    if row is None:
        row = ServiceDesk(shop_id=shop.id)
        db.session.add(row)
    row.welcome, row.away, row.opens, row.closes = welcome_text, away, opens, closes
    note(actor, shop.world_id, "service.desk_changed", f"shop:{shop.id}", {"opens": opens, "closes": closes})


def phrases(actor: Actor, shop_id: int) -> list[ServicePhrase]:
    """Return the phrases that a seat may use: the shop's and the person's own, by category."""
    query = sa.select(ServicePhrase).where(
        ServicePhrase.shop_id == shop_id,
        sa.or_(ServicePhrase.account_id.is_(None), ServicePhrase.account_id == actor.person()),
    )
    return list(db.session.scalars(query.order_by(ServicePhrase.category, ServicePhrase.id)))


def add_phrase(actor: Actor, text: str, category: str, *, own: bool) -> int:
    """Add a quick phrase for the shop, or for the person alone. Return its id."""
    shop = access.shop_of(actor, ShopPower.CHAT)
    text = _check(text, 300, "text")
    category = category.strip()[:20] or "常用"
    if len(phrases(actor, shop.id)) >= MAX_PHRASES:
        raise Refused(f"快捷短语最多 {MAX_PHRASES} 条，请先删去不用的。")
    row = ServicePhrase(shop_id=shop.id, account_id=actor.person() if own else None, category=category, text=text)
    db.session.add(row)
    db.session.flush()
    return row.id


def add_starting_phrases(actor: Actor) -> int:
    """Add the platform's phrases that the shop does not have yet; return how many."""
    shop = access.shop_of(actor, ShopPower.CHAT)
    have = {row.text for row in phrases(actor, shop.id)}
    new = [(category, text) for category, text in STARTING_PHRASES if text not in have]
    for category, text in new:
        db.session.add(ServicePhrase(shop_id=shop.id, account_id=None, category=category, text=text))
    return len(new)


def drop_phrase(actor: Actor, phrase_id: int) -> None:
    """Delete a phrase of the shop or of one's own. Raises NotFound for another person's."""
    shop = access.shop_of(actor, ShopPower.CHAT)
    row = next((found for found in phrases(actor, shop.id) if found.id == phrase_id), None)
    if row is None:
        raise NotFound
    db.session.delete(row)


def keyword_rules(shop_id: int) -> list[ServiceKeyword]:
    """Return the automatic answers of a shop."""
    return list(
        db.session.scalars(
            sa.select(ServiceKeyword).where(ServiceKeyword.shop_id == shop_id).order_by(ServiceKeyword.id)
        )
    )


def add_keyword(actor: Actor, keywords: str, answer: str) -> int:
    """Add an automatic answer. Return its id."""
    shop = access.shop_of(actor, ShopPower.CHAT)
    found = split_keywords(keywords)
    if not found or len(found) > 10 or any(len(word) > 20 for word in found):
        raise InvalidInput("请填写 1 到 10 个关键词，每个不超过 20 个字，用逗号隔开。", field="keywords")
    answer = _check(answer, 300, "answer")
    if len(keyword_rules(shop.id)) >= MAX_KEYWORDS:
        raise Refused(f"自动回复最多 {MAX_KEYWORDS} 条，请先删去不用的。")
    row = ServiceKeyword(shop_id=shop.id, keywords=list(found), answer=answer)
    db.session.add(row)
    db.session.flush()
    return row.id


def change_keyword(actor: Actor, keyword_id: int, action: str) -> None:
    """Switch an automatic answer on or off, or delete it. Raises NotFound for another shop's."""
    shop = access.shop_of(actor, ShopPower.CHAT)
    row = next((found for found in keyword_rules(shop.id) if found.id == keyword_id), None)
    if row is None or action not in {"on", "off", "delete"}:
        raise NotFound
    if action == "delete":
        db.session.delete(row)
    else:
        row.active = action == "on"
