"""The seller's desk, registration of the shop, funds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError, NotFound
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.formats import when
from app.ledger import book
from app.worlds.clock import get_world, sim_now
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.shop_flow import SHOP_NAMES, SUBJECT_NAMES, ShopState, Subject
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.forms.shop import RegisterForm
from sim_mall.models.shops import Shop
from sim_mall.services import aftersales, desk, goods_lists, order_lists, reviews, shops
from sim_mall.services.order_lists import SellerTab
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.seats import seat_here
from sim_mall.views.shown import done, hundredths

DELTAS = {True: "good", False: "bad"}


def shop_or_register(power: ShopPower = ShopPower.DESK) -> Shop | Response:
    """Return the running shop that the actor works in, or the way to register one.

    Raises Forbidden when the actor's role in the shop does not hold the power.
    """
    found = seat_here(actor())
    if found is None or found.shop.state not in access.VISIBLE:
        return redirect(url_for("seller.register"))
    return access.shop_at(found, power)


def _delta(now: int, before: int) -> tuple[str, str]:
    if not before:
        return ("昨日 0", "")
    change = (now - before) * 100 // before
    return (f"较昨日 {'+' if change >= 0 else ''}{change}%", DELTAS[change >= 0])


@seller.get("/")
@requires(Permission.MALL_SELL)
def home() -> Answer:
    """What is to be done, today against yesterday, money, goods that run out."""
    shop = shop_or_register()
    if not isinstance(shop, Shop):
        return shop
    now = sim_now(shop.world_id)
    today, before = desk.day(shop, desk.day_start(now)), desk.day(shop, desk.day_start(now) - timedelta(days=1))
    trend = desk.paid_by_day(shop)
    counts, states = order_lists.seller_counts(shop), goods_lists.state_counts(shop)
    low = desk.low_stock(shop)
    return render_template(
        "mall/seller/home.html",
        shop=shop,
        shop_name=shop.name,
        state=SHOP_NAMES[shop.state],
        counts=counts,
        tabs=SellerTab,
        tickets=aftersales.open_count(shop.id),
        low=low,
        on_sale=states.get(ListingState.ON_SALE, 0),
        today=today,
        deltas={
            "paid_fen": _delta(today.paid_fen, before.paid_fen),
            "paid": _delta(today.paid, before.paid),
            "buyers": _delta(today.buyers, before.buyers),
            "refunded_fen": (f"昨日 {before.refunded_fen // 100} 元" if before.refunded_fen else "昨日 0", ""),
        },
        money=desk.money(shop),
        scores=reviews.scores(shop_id=shop.id),
        hundredths=hundredths,
        trend=_chart(trend),
        rows=[(f"{start.month}月{start.day}日", count, f"{fen // 100}.{fen % 100:02d}") for start, count, fen in trend],
        suspended=shop.state == ShopState.SUSPENDED,
    )


def _chart(trend: list[tuple[Any, int, int]]) -> dict[str, Any]:
    return {
        "grid": {"left": 8, "right": 8, "top": 28, "bottom": 4, "containLabel": True},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": [f"{start.month}/{start.day}" for start, _, _ in trend]},
        "yAxis": {"type": "value", "name": "元", "minInterval": 1},
        "series": [
            {
                "name": "支付金额",
                "type": "line",
                "smooth": True,
                "areaStyle": {"opacity": 0.12},
                "data": [fen / 100 for _, _, fen in trend],
            }
        ],
    }


def _steps(state: ShopState | None) -> list[dict[str, str]]:
    reached = {None: 0, ShopState.REJECTED: 0, ShopState.SUBMITTED: 1, ShopState.DEPOSIT_DUE: 2}.get(state, 4)
    labels = ("填写资料", "审核", "缴纳保证金", "开店")
    return [
        {"label": label, "state": "done" if index < reached else "current" if index == reached else "todo"}
        for index, label in enumerate(labels)
    ]


def _register_page(form: RegisterForm | None, shop: Shop | None) -> str:
    who = actor()
    world = get_world(who.world())
    now = sim_now(world.id)
    return render_template(
        "mall/seller/register.html",
        form=form,
        shop=shop,
        shop_name=shop.name if shop else "",
        state=SHOP_NAMES[shop.state] if shop else "",
        subject=SUBJECT_NAMES[shop.subject] if shop else "",
        deposit=shops.deposit_due(world.id),
        fee_bp=setting(world, "platform_fee_bp"),
        by_instructor=bool(setting(world, "shop_review_by_instructor")),
        wallet=book.balance(world.id, book.wallet(who.person())),
        steps=_steps(shop.state if shop else None),
        submitted=when(shop.submitted_at, now) if shop else "",
        opened=when(shop.opened_at, now) if shop and shop.opened_at else "",
        rejected=bool(shop and shop.state == ShopState.REJECTED),
        reviewing=bool(shop and shop.state == ShopState.SUBMITTED),
        deposit_due=bool(shop and shop.state == ShopState.DEPOSIT_DUE),
        running=bool(shop and shop.state in access.VISIBLE),
        suspended=bool(shop and shop.state == ShopState.SUSPENDED),
        closed=bool(shop and shop.state == ShopState.CLOSED),
        review_field=shops.REVIEW_FIELDS.get(shop.review_field, "") if shop else "",
    )


def _application(form: RegisterForm) -> shops.Application:
    return shops.Application(
        form.name.data,
        Subject(form.subject.data),
        form.business.data,
        form.intro.data or "",
        agreed=bool(form.agreed.data),
    )


@seller.route("/register", methods=["GET", "POST"])
@requires(Permission.MALL_SELL)
def register() -> Answer:
    """注册店铺: the application, or where it stands."""
    shop = access.own_shop(actor())
    fillable = shop is None or shop.state == ShopState.REJECTED
    if not fillable and request.method == "GET":
        return _register_page(None, shop)
    form = RegisterForm(obj=shop) if shop is not None else RegisterForm()
    status = 200
    if form.accept():
        try:
            with unit_of_work():
                if shop is not None and shop.state == ShopState.REJECTED:
                    shops.resubmit_shop(actor(), _application(form))
                else:
                    shops.register_shop(actor(), _application(form), form.key.data)
        except DomainError as error:
            if error.code in {"has_shop", "key_reused"}:
                raise
            form.show(error)
            status = error.status
        else:
            done("申请已提交。")
            return redirect(url_for("seller.register"))
    elif request.method == "POST":
        status = 400
    return _register_page(form, access.own_shop(actor())), status


@seller.post("/register/deposit")
@requires(Permission.MALL_SELL)
def pay_deposit() -> Answer:
    """缴纳保证金 and open the shop."""
    with unit_of_work():
        shops.pay_deposit(actor())
    done("保证金已缴纳，店铺开始营业！")
    return redirect(url_for("seller.home"))


@seller.post("/register/<any(suspend, resume, close):action>")
@requires(Permission.MALL_SELL)
def change_shop(action: str) -> Answer:
    """歇业, 恢复营业, 注销店铺."""
    verbs = {
        "suspend": (shops.suspend_shop, "店铺已歇业，商品暂时不能购买，未完成的订单仍需处理。"),
        "resume": (shops.resume_shop, "店铺已恢复营业。"),
        "close": (shops.close_shop, "店铺已注销，余额和保证金已退回钱包。"),
    }
    verb, text = verbs[action]
    with unit_of_work():
        verb(actor())
    done(text)
    return redirect(url_for("seller.register"))


@seller.get("/reviews/")
@requires(Permission.MALL_SHOP_REVIEW)
def shop_reviews() -> Answer:
    """店铺审核: the shops that wait for the instructor."""
    return _reviews_page()


def _reviews_page(refused: dict[int, str] | None = None) -> str:
    who = actor()
    now = sim_now(who.world())
    waiting = shops.waiting_shops(who)
    names = shops.owner_names(waiting)
    return render_template(
        "mall/seller/reviews.html",
        rows=[
            {
                "shop": shop,
                "owner": names.get(shop.owner_id, ""),
                "subject": SUBJECT_NAMES[shop.subject],
                "at": when(shop.submitted_at, now),
                "error": (refused or {}).get(shop.id, ""),
            }
            for shop in waiting
        ],
        fields=list(shops.REVIEW_FIELDS.items()),
        by_instructor=bool(setting(get_world(who.world()), "shop_review_by_instructor")),
    )


@seller.post("/reviews/<int:shop_id>")
@requires(Permission.MALL_SHOP_REVIEW)
def review_shop(shop_id: int) -> Answer:
    """通过 or 驳回 an application."""
    decision = request.form.get("decision")
    if decision not in {"approve", "reject"}:
        raise NotFound
    try:
        with unit_of_work():
            if decision == "approve":
                shops.approve_shop(actor(), shop_id)
            else:
                reason = request.form.get("reason", "").strip()
                shops.reject_shop(actor(), shop_id, request.form.get("field", ""), reason)
    except DomainError as error:
        if error.status != 400:
            raise
        return _reviews_page({shop_id: error.message}), 400
    done("已通过，等待学员缴纳保证金。" if decision == "approve" else "已驳回，学员会看到原因。")
    return redirect(url_for("seller.shop_reviews"))
