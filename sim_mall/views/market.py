"""Fee table and restrictions of the market (费率与买卖限制), for the instructor of the class."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.accounts.scopes import account_names
from app.core.errors import DomainError, InvalidInput
from app.core.money import parse_yuan
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text, form_key, new_key
from app.worlds.clock import get_world
from app.worlds.settings import setting
from sim_mall.services import market_rules
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.shown import done, number


def _page(error: DomainError | None = None) -> str:
    world = get_world(actor().world())
    shops, blocks = market_rules.shops_of(world.id), market_rules.blocks_of(world.id)
    names, people = dict(shops), account_names({one.buyer_id for one in blocks if one.buyer_id})
    return render_template(
        "mall/seller/market.html",
        error=error,
        default_bp=setting(world, "platform_fee_bp"),
        rates=[(one.category, one.commission_bp) for one in market_rules.rates_of(world.id)],
        categories=market_rules.first_categories(world.id),
        shops=shops,
        trainees=market_rules.trainees_of(world.id),
        blocks=[
            {
                "id": one.id,
                "buyer": people.get(one.buyer_id, "") if one.buyer_id else "所有学员",
                "shop": names.get(one.shop_id, "") if one.shop_id else "所有店铺",
                "reason": one.reason,
            }
            for one in blocks
        ],
        key=new_key(),
    )


def _back() -> Response:
    return redirect(url_for("seller.market"))


@seller.get("/market", endpoint="market")
@requires(Permission.WORLD_CONTROL)
def show_market() -> Answer:
    """费率与买卖限制."""
    return _page()


@seller.post("/market/rates")
@requires(Permission.WORLD_CONTROL)
def set_fee_rate() -> Answer:
    """Set or clear the commission of a category."""
    text = request.form.get("percent", "").strip()
    try:
        bp = None if request.form.get("clear") else _percent(text)
        with unit_of_work():
            market_rules.set_rate(actor(), clean_text(request.form.get("category")), bp)
    except InvalidInput as error:
        return _page(error), error.status
    done("类目费率已恢复默认。" if bp is None else "类目费率已保存，对之后的结算生效。")
    return _back()


def _percent(text: str) -> int:
    try:
        return parse_yuan(text)  # two decimals of a percent are basis points
    except ValueError as error:
        raise InvalidInput("费率请填写数字，例如 3.5。", field="percent") from error


@seller.post("/market/blocks")
@requires(Permission.WORLD_CONTROL)
def add_trade_block() -> Answer:
    """Forbid somebody to buy from a shop."""
    try:
        with unit_of_work():
            market_rules.add_block(
                actor(),
                number("buyer_id", default=0),
                number("shop_id", default=0),
                clean_text(request.form.get("reason")),
                form_key(request.form),
            )
    except InvalidInput as error:
        return _page(error), error.status
    done("限制已生效。")
    return _back()


@seller.post("/market/blocks/<int:limit_id>/lift")
@requires(Permission.WORLD_CONTROL)
def lift_trade_block(limit_id: int) -> Answer:
    """取消限制."""
    with unit_of_work():
        market_rules.remove_block(actor(), limit_id)
    done("限制已取消。")
    return _back()
