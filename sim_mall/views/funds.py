"""Funds of the shop (资金): what there is, withdraw, deposit, statement per day, export."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from flask import redirect, render_template, request, url_for

from app.core.clock import local
from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.downloads import attachment
from app.core.web.formats import yuan
from app.core.workbooks import XLSX
from app.worlds.clock import sim_now
from sim_mall.domain.fees import FeeTable
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.domain.statement import DayStatement, kind_name
from sim_mall.forms.funds import DepositForm, ReleaseForm, WithdrawForm
from sim_mall.models.shops import Shop
from sim_mall.services import funds, settlement, statements
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.desk import shop_or_register
from sim_mall.views.seats import seat_here
from sim_mall.views.shown import done

FIRST_YEAR, LAST_YEAR = 2000, 2200


def _account() -> str:
    account = request.args.get("account", "balance")
    return account if account in statements.ACCOUNTS else "balance"


def _asked_day(name: str) -> date | None:
    try:
        found = date.fromisoformat(request.args.get(name, "")[:10])
    except ValueError:
        return None
    return found if FIRST_YEAR < found.year < LAST_YEAR else None


def _month(shop: Shop) -> tuple[date, date]:
    """Return the month asked for, else the one of the simulated day."""
    text = request.args.get("month", "")
    try:
        asked = date.fromisoformat(f"{text[:7]}-01")
    except ValueError:
        asked = None  # type: ignore[assignment]
    today = local(sim_now(shop.world_id)).date()
    shown = asked if asked and FIRST_YEAR < asked.year < LAST_YEAR else today
    return statements.month_range(shown.year, shown.month)


def _day_zh(day: date) -> str:
    return f"{day.month}月{day.day}日"


def _fee_rows(table: FeeTable) -> list[tuple[str, int, str]]:
    rows = [("平台服务费（默认）", table.commission_bp, "交易成功时按货款和运费收取；退款时按比例退回。")]
    rows += [(f"平台服务费（{name}）", bp, "这个类目的商品按此费率收取。") for name, bp in table.by_category.items()]
    rows += [
        ("直播服务费", table.live_bp, "直播间成交的订单另外收取；退款时按比例退回。"),
        ("支付技术服务费", table.tech_bp, "按结算金额收取，退款不退回。"),
    ]
    return rows


def _page(shop: Shop, forms: dict[str, Any] | None = None) -> str:
    found = seat_here(actor())
    forms = forms or {}
    account = _account()
    first, last = _month(shop)
    month = statements.month(shop, account, first, last)
    today = local(sim_now(shop.world_id)).date()
    days = [one for one in reversed(month.days) if one.count]
    before, after = first - timedelta(days=1), last + timedelta(days=1)
    return render_template(
        "mall/seller/funds.html",
        shop_name=shop.name,
        funds=funds.funds_of(shop),
        fees=_fee_rows(settlement.fee_table(shop.world_id)),
        handles_money=bool(found and found.may(ShopPower.MONEY)),
        withdraw=forms.get("withdraw") or WithdrawForm(formdata=None, prefix="w-"),
        more=forms.get("more") or DepositForm(formdata=None, prefix="d-"),
        less=forms.get("less") or ReleaseForm(formdata=None, prefix="r-"),
        open_sheet=next(iter(forms), ""),
        tabs=[
            {
                "label": label,
                "url": url_for("seller.funds", account=key, month=f"{first:%Y-%m}"),
                "active": key == account,
            }
            for key, label in statements.ACCOUNTS.items()
        ],
        account=account,
        account_name=statements.ACCOUNTS[account],
        month=f"{first:%Y-%m}",
        month_zh=f"{first.year}年{first.month}月",
        before=url_for("seller.funds", account=account, month=f"{before:%Y-%m}"),
        after=url_for("seller.funds", account=account, month=f"{after:%Y-%m}") if after <= today else "",
        statement=month,
        kinds=[(kind, kind_name(kind)) for kind in month.kinds],
        heads=[(kind_name(kind), "num") for kind in month.kinds],
        days=[(one, _day_zh(one.day)) for one in days],
        total=DayStatement(first, month.opening, {k: sum(d.kinds.get(k, 0) for d in month.days) for k in month.kinds}),
    )


@seller.get("/funds", endpoint="funds")
@requires(Permission.MALL_SELL)
def show_funds() -> Answer:
    """资金: balance, escrow, deposit, fee table and the statement of a month."""
    shop = shop_or_register(ShopPower.FUNDS)
    return _page(shop) if isinstance(shop, Shop) else shop


@seller.get("/funds/day")
@requires(Permission.MALL_SELL)
def funds_day() -> Answer:
    """One day of the statement, line by line."""
    shop = shop_or_register(ShopPower.FUNDS)
    if not isinstance(shop, Shop):
        return shop
    day = _asked_day("day") or local(sim_now(shop.world_id)).date()
    account = _account()
    rows = statements.day_lines(shop, account, day)
    opening = statements.opening_balance(shop, account, day)
    running, lines = opening, []
    for row in rows:
        running += row.amount
        lines.append(
            {
                "at": f"{local(row.sim_at):%H:%M}",
                "kind": kind_name(row.kind),
                "memo": row.memo,
                "amount": row.amount,
                "balance": running,
                "order": row.reference.removeprefix("order:") if row.reference.startswith("order:") else "",
            }
        )
    return render_template(
        "mall/seller/funds_day.html",
        shop_name=shop.name,
        account=account,
        account_name=statements.ACCOUNTS[account],
        day=f"{day.year}年{_day_zh(day)}",
        month=f"{day:%Y-%m}",
        opening=opening,
        closing=running,
        lines=lines,
        before=url_for("seller.funds_day", account=account, day=(day - timedelta(days=1)).isoformat()),
        after=url_for("seller.funds_day", account=account, day=(day + timedelta(days=1)).isoformat()),
    )


@seller.get("/funds/statement.xlsx")
@requires(Permission.MALL_SELL)
def funds_export() -> Answer:
    """The statement of a month as Excel: days and lines of balance and deposit."""
    shop = shop_or_register(ShopPower.FUNDS)
    if not isinstance(shop, Shop):
        return shop
    first, last = _month(shop)
    data = statements.month_sheet(shop, first, last)
    return attachment(data, f"{shop.name}-账单-{first:%Y-%m}.xlsx", XLSX)


def _move(name: str, form: Any, verb: Callable[[], int], text: str) -> Answer:
    """Carry a movement of money out, or show the form again with what was wrong."""
    shop = shop_or_register(ShopPower.MONEY)
    if not isinstance(shop, Shop):
        return shop
    status = 400
    if form.accept():
        try:
            with unit_of_work():
                amount = verb()
        except DomainError as error:
            if error.code == "key_reused":
                raise
            form.show(error)
            status = error.status
        else:
            done(text.format(yuan(amount)))
            return redirect(url_for("seller.funds"))
    return _page(shop, {name: form}), status


@seller.post("/funds/withdraw")
@requires(Permission.MALL_SELL)
def withdraw() -> Answer:
    """提现 to the owner's wallet."""
    form = WithdrawForm(prefix="w-")

    def verb() -> int:
        return funds.withdraw(actor(), form.amount.data, form.key.data)

    return _move("withdraw", form, verb, "已提现 {}，实时到账（模拟）。")


@seller.post("/funds/deposit")
@requires(Permission.MALL_SELL)
def top_up_deposit() -> Answer:
    """补缴保证金."""
    form = DepositForm(prefix="d-")

    def verb() -> int:
        return funds.top_up_deposit(actor(), form.amount.data, form.source.data, form.key.data)

    return _move("more", form, verb, "已补缴保证金 {}。")


@seller.post("/funds/deposit/release")
@requires(Permission.MALL_SELL)
def release_deposit() -> Answer:
    """转出多余的保证金."""
    form = ReleaseForm(prefix="r-")

    def verb() -> int:
        return funds.release_deposit(actor(), form.amount.data, form.key.data)

    return _move("less", form, verb, "已把 {} 保证金转入店铺余额。")
