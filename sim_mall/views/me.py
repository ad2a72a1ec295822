"""我的: wallet, orders at a glance, messages, addresses."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for

from app.accounts import divisions
from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, local_path, requires
from app.core.web.formats import when
from app.core.web.paging import page_number, paginate
from app.ledger import book
from app.worlds.clock import get_world, sim_now
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.shop_flow import SHOP_NAMES
from sim_mall.forms.trade import AddressForm
from sim_mall.models.aftersale import AfterSale
from sim_mall.services import addresses, favourites, notices, order_lists
from sim_mall.services.order_lists import BUYER_TABS, BuyerTab
from sim_mall.services.service_lists import unread_of_buyer
from sim_mall.views.blueprints import Answer, mall
from sim_mall.views.shown import done

NOTICE_ICONS = {"order": "truck-delivery", "after_sale": "receipt-refund", "shop": "building-store", "goods": "tag"}
NOTICE_KINDS = {"order": "交易物流", "after_sale": "退款售后", "shop": "店铺", "goods": "商品"}
ICONS = {
    BuyerTab.TO_PAY: "wallet",
    BuyerTab.TO_SHIP: "package",
    BuyerTab.TO_RECEIVE: "truck-delivery",
    BuyerTab.TO_REVIEW: "message-dots",
}


@mall.get("/me")
@requires(Permission.MALL_BUY)
def me() -> Answer:
    """我的."""
    who = actor()
    counts = order_lists.buyer_counts(who)
    where = (AfterSale.world_id == who.world()) & (AfterSale.buyer_id == who.person())
    open_tickets = paginate(order_lists.ticket_list(where, only_open=True), 1, 1).total
    statement = paginate(book.statement(who.world(), book.wallet(who.person())), 1, 5)
    shop = access.own_shop(who)
    now = sim_now(who.world())
    return render_template(
        "mall/me.html",
        name=who.name,
        wallet=book.balance(who.world(), book.wallet(who.person())),
        points=book.balance(who.world(), book.points(who.person())),
        tiles=[
            {"label": BUYER_TABS[tab], "count": counts[tab], "icon": ICONS[tab], "url": url_for("mall.orders", tab=tab)}
            for tab in ICONS
        ],
        open_tickets=open_tickets,
        kept=favourites.counts(who),
        statement=[(entry, when(entry.transaction.sim_at, now)) for entry in statement.items],
        shop=shop,
        shop_state=SHOP_NAMES[shop.state] if shop else "",
    )


@mall.get("/wallet")
@requires(Permission.MALL_BUY)
def wallet() -> Answer:
    """钱包明细, and with ``?kind=points`` the points."""
    who = actor()
    in_points = request.args.get("kind") == "points"
    purse = book.points(who.person()) if in_points else book.wallet(who.person())
    page = paginate(book.statement(who.world(), purse), page_number(), 20)
    now = sim_now(who.world())
    return render_template(
        "mall/wallet.html",
        balance=book.balance(who.world(), book.wallet(who.person())),
        points=book.balance(who.world(), book.points(who.person())),
        in_points=in_points,
        points_bp=setting(get_world(who.world()), "points_bp"),
        page=page,
        rows=[(entry, when(entry.transaction.sim_at, now)) for entry in page.items],
    )


@mall.get("/messages")
@requires(Permission.MALL_BUY)
def messages() -> Answer:
    """消息."""
    kind = request.args.get("kind", "")
    kind = kind if kind in NOTICE_ICONS else ""
    page = paginate(notices.own_notices(actor(), kind), page_number(), 20)
    now = sim_now(actor().world())
    kinds = {"": "全部", **NOTICE_KINDS}
    unread = notices.unread_by_kind(actor())
    newest = {} if kind else notices.newest_by_kind(actor())
    return render_template(
        "mall/messages.html",
        page=page,
        rows=[(notice, when(notice.at, now), NOTICE_ICONS.get(notice.kind, "bell")) for notice in page.items],
        tabs=[
            {
                "label": label,
                "url": url_for("mall.messages", kind=key or None),
                "active": key == kind,
                "count": unread.get(key, 0) if key else sum(unread.values()),
            }
            for key, label in kinds.items()
        ],
        groups=[
            {
                "kind": key,
                "label": label,
                "icon": NOTICE_ICONS.get(key, "bell"),
                "unread": unread.get(key, 0),
                "newest": newest[key].title,
                "at": when(newest[key].at, now),
            }
            for key, label in NOTICE_KINDS.items()
            if key in newest
        ],
        kind=kind,
        unread=unread.get(kind, 0) if kind else sum(unread.values()),
        chat_unread=unread_of_buyer(actor()),
    )


@mall.post("/messages/<int:notice_id>/read")
@requires(Permission.MALL_BUY)
def read_message(notice_id: int) -> Answer:
    """Open a message: mark it as read and go where it leads."""
    with unit_of_work():
        path = notices.read_notice(actor(), notice_id)
    return redirect(local_path(path) or url_for("mall.messages"))


@mall.post("/messages/read")
@requires(Permission.MALL_BUY)
def read_messages() -> Answer:
    """全部已读."""
    with unit_of_work():
        kind = request.form.get("kind", "")
        kind = kind if kind in NOTICE_KINDS else ""
        notices.read_all(actor(), kind)
    return redirect(url_for("mall.messages", kind=kind or None))


@mall.get("/addresses/")
@requires(Permission.MALL_BUY)
def address_list() -> Answer:
    """收货地址."""
    return render_template(
        "mall/addresses.html",
        addresses=addresses.addresses(actor()),
        back=local_path(request.args.get("back")),
    )


def _address_page(form: AddressForm, title: str) -> str:
    code = form.division_code.data or ""
    path = [place.code for place in divisions.lineage(code)]
    # without scripts the three selects are chosen one after the other by GET
    path = [request.args.get(name) or (path[index] if index < len(path) else "") for index, name in enumerate(LEVELS)]
    steps: list[dict[str, Any]] = []
    above: str | None = None
    for name, label, asked in zip(LEVELS, ("省", "市", "区县"), path, strict=True):
        options = divisions.below(above) if above or name == "province" else []
        chosen = asked if asked in {place.code for place in options} else ""
        steps.append({"name": name, "label": label, "options": options, "chosen": chosen})
        above = chosen or None
        if not above:
            above = "-"
    return render_template(
        "mall/address_form.html",
        form=form,
        title=title,
        steps=steps,
        back=local_path(request.values.get("back")),
    )


LEVELS = ("province", "city", "district")


@mall.get("/divisions")
@requires(Permission.MALL_BUY)
def division_options() -> Answer:
    """The divisions right below one, for the three selects of an address."""
    parent = request.args.get("parent", "")
    return {"places": [[place.code, place.name] for place in divisions.below(parent or None)]}


def _fill_region(form: AddressForm) -> None:
    """Take the deepest of the three selects as the region."""
    chosen = [request.form.get(name, "") for name in LEVELS]
    form.division_code.data = next((code for code in reversed(chosen) if code), form.division_code.data or "")


def _save(form: AddressForm, title: str, address_id: int | None) -> Answer:
    if request.method == "POST":
        _fill_region(form)
    if form.accept():
        draft = addresses.AddressDraft(
            form.name.data, form.phone.data, form.division_code.data, form.detail.data, form.is_default.data
        )
        try:
            with unit_of_work():
                addresses.save_address(actor(), draft, form.key.data, address_id)
        except DomainError as error:
            if error.code == "key_reused":
                raise
            form.show(error)
            return _address_page(form, title), error.status
        done("地址已保存。")
        return redirect(local_path(request.form.get("back")) or url_for("mall.address_list"))
    return _address_page(form, title), 400 if request.method == "POST" else 200


@mall.route("/addresses/new", methods=["GET", "POST"])
@requires(Permission.MALL_BUY)
def new_address() -> Answer:
    """新增地址."""
    return _save(AddressForm(), "新增收货地址", None)


@mall.route("/addresses/<int:address_id>/edit", methods=["GET", "POST"])
@requires(Permission.MALL_BUY)
def edit_address(address_id: int) -> Answer:
    """修改地址."""
    address = access.get_address(actor(), address_id)
    return _save(AddressForm(obj=address), "修改收货地址", address_id)


@mall.post("/addresses/<int:address_id>/default")
@requires(Permission.MALL_BUY)
def default_address(address_id: int) -> Answer:
    """设为默认."""
    with unit_of_work():
        addresses.make_default(actor(), address_id)
    done("已设为默认地址。")
    return redirect(url_for("mall.address_list"))


@mall.post("/addresses/<int:address_id>/remove")
@requires(Permission.MALL_BUY)
def remove_address(address_id: int) -> Answer:
    """删除地址."""
    with unit_of_work():
        addresses.remove_address(actor(), address_id)
    done("地址已删除。")
    return redirect(url_for("mall.address_list"))
