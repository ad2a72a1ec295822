"""Freight templates (运费模板) in the seller centre."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for

from app.accounts import divisions
from app.core.errors import DomainError
from app.core.money import parse_yuan, plain_yuan
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text, form_key, new_key
from app.worlds.clock import get_world
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.freight import (
    UNIT_NAMES,
    UNIT_WORDS,
    Combining,
    FreightRow,
    FreightTemplate,
    FreightUnit,
    from_json,
    shop_freight,
)
from sim_mall.domain.freight import Load as FreightLoad
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.shops import Shop
from sim_mall.services import freight
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.desk import shop_or_register
from sim_mall.views.shown import digits, done

EMPTY = FreightRow(1, 0, 1, 0)
FAR = ("54", "65", "15", "63", "62", "64")  # 西藏 新疆 内蒙古 青海 甘肃 宁夏: where sending costs more


def _money(text: str) -> int:
    """Return fen, -1 for what is no amount."""
    try:
        return parse_yuan(text.strip() or "0")
    except ValueError:
        return -1


def _row(place: str, *, default: bool) -> FreightRow:
    """Return one row of the submitted form."""

    def text(name: str) -> str:
        return request.form.get(f"{name}-{place}", "").strip()

    free = text("free")
    return FreightRow(
        first=digits(text("first") or "1") or 0,
        first_fee=_money(text("first_fee")),
        step=digits(text("step") or "1") or 0,
        step_fee=_money(text("step_fee")),
        regions=() if default else tuple(request.form.getlist(f"regions-{place}")),
        free_count=(digits(text("free_count")) or 0) if free in {"count", "both", "either"} else None,
        free_amount=_money(text("free_amount")) if free in {"amount", "both", "either"} else None,
        free_both=free == "both",
    )


def _submitted() -> tuple[str, FreightTemplate]:
    places = [name[6:] for name in request.form if name.startswith("first-") and name != "first-0"]
    rules = FreightTemplate(
        unit=next((unit for unit in FreightUnit if unit == request.form.get("unit")), FreightUnit.PIECE),
        default=None if request.form.get("no_default") else _row("0", default=True),
        rows=tuple(_row(place, default=False) for place in places if place.isdigit()),
        no_ship=tuple(request.form.getlist("no_ship")),
    )
    return clean_text(request.form.get("name")), rules


def _shown_row(place: int, row: FreightRow) -> dict[str, Any]:
    free = ""
    if row.free_count is not None and row.free_amount is not None:
        free = "both" if row.free_both else "either"
    elif row.free_count is not None:
        free = "count"
    elif row.free_amount is not None:
        free = "amount"
    return {
        "place": place,
        "row": row,
        "first_fee": plain_yuan(max(row.first_fee, 0)),
        "step_fee": plain_yuan(max(row.step_fee, 0)),
        "free": free,
        "free_amount": plain_yuan(max(row.free_amount, 0)) if row.free_amount is not None else "",
    }


def _form(name: str, rules: FreightTemplate, template_id: int | None, error: DomainError | None = None) -> str:
    texts = [issue.message for issue in error.issues] if error and error.issues else [error.message] if error else []
    return render_template(
        "mall/seller/freight_form.html",
        name=name,
        unit=rules.unit,
        units=[(key, f"{name}（{UNIT_WORDS[key]}）") for key, name in UNIT_NAMES.items()],
        default=_shown_row(0, rules.default or EMPTY),
        has_default=rules.default is not None,
        rows=[_shown_row(place, row) for place, row in enumerate(rules.rows, 1)],
        spare=_shown_row(len(rules.rows) + 1, FreightRow(1, 1000, 1, 500)),
        provinces=[(place.code, place.name) for place in divisions.below(None)],
        no_ship=rules.no_ship,
        template_id=template_id,
        errors=texts,
        key=new_key(),
    )


def _words(rules: FreightTemplate) -> list[str]:
    """Return a template in sentences."""
    unit = UNIT_WORDS[rules.unit]

    def say(row: FreightRow) -> str:
        more = f"每续 {row.step} {unit} {plain_yuan(row.step_fee)} 元"
        text = f"首 {row.first} {unit} {plain_yuan(row.first_fee)} 元，{more}"
        if row.first_fee == row.step_fee == 0:
            text = "包邮"
        tests = []
        if row.free_count is not None:
            tests.append(f"满 {row.free_count} 件")
        if row.free_amount is not None:
            tests.append(f"满 {plain_yuan(row.free_amount)} 元")
        return f"{text}，{('且' if row.free_both else '或').join(tests)}包邮" if tests else text

    def names(codes: tuple[str, ...]) -> str:
        return "、".join(divisions.region_name(code) for code in codes)

    found = [f"默认：{say(rules.default)}"] if rules.default else ["未列出的地区不配送"]
    found += [f"{names(row.regions)}：{say(row)}" for row in rules.rows]
    return found + ([f"不配送：{names(rules.no_ship)}"] if rules.no_ship else [])


@dataclass(frozen=True, slots=True)
class Sample:
    """Goods for a trial, each of 100 yuan: how many, grams and cubic centimetres of one."""

    count: int
    weight_g: int
    volume_cm3: int


def template_words(rules: dict[str, Any]) -> list[str]:
    """Return the stored rules of a template in sentences."""
    return _words(from_json(rules))


def sample_fee(rules: dict[str, Any], parcel: Sample, region: str) -> str:
    """Return what one parcel would cost: '¥8.00', '包邮' or '不配送'."""
    template = from_json(rules)
    load = FreightLoad(0, 1, template, 0, parcel.count, parcel.weight_g, 10_000 * parcel.count, parcel.volume_cm3)
    cost = shop_freight([load], region)
    return "不配送" if cost.blocked else f"¥{plain_yuan(cost.fee)}" if cost.fee else "包邮"


@seller.post("/freight/insurance")
@requires(Permission.MALL_SELL)
def set_insurance() -> Answer:
    """送运费险, or no longer."""
    insures = request.form.get("insures") == "1"
    with unit_of_work():
        freight.set_insurance(actor(), access.shop_of(actor(), ShopPower.GOODS).id, insures=insures)
    done("已开通：之后的订单都送运费险。" if insures else "已关闭：之后的订单不再送运费险。")
    return redirect(url_for("seller.freight_templates"))


@seller.get("/freight/")
@requires(Permission.MALL_SELL)
def freight_templates() -> Answer:
    """运费模板: the shop's templates in words, with a trial."""
    shop = shop_or_register(ShopPower.GOODS)
    if not isinstance(shop, Shop):
        return shop
    uses = freight.uses(shop)
    rows = freight.templates(shop)
    count = min(max(digits(request.args.get("count", "1")) or 1, 1), 999)
    weight = min(max(digits(request.args.get("weight", "500")) or 500, 1), 100_000)
    volume = min(max(digits(request.args.get("volume", "3000")) or 3000, 1), 1_000_000)
    region = request.args.get("region", "11")
    region = region if divisions.exists(region) else "11"
    return render_template(
        "mall/seller/freight.html",
        shop_name=shop.name,
        insures=shop.insures,
        premium=setting(get_world(shop.world_id), "insurance_premium"),
        return_freight=setting(get_world(shop.world_id), "return_freight"),
        rows=[
            {
                "row": row,
                "words": template_words(row.rules),
                "uses": uses.get(row.id, 0),
                "trial": sample_fee(row.rules, Sample(count, weight, volume), region),
            }
            for row in rows
        ],
        count=count,
        weight=weight,
        volume=volume,
        max_first=freight.combining(shop.world_id) is Combining.MAX_FIRST,
        region=region,
        provinces=[(place.code, place.name) for place in divisions.below(None)],
    )


@seller.route("/freight/new", methods=["GET", "POST"])
@requires(Permission.MALL_SELL)
def new_freight() -> Answer:
    """新建运费模板."""
    shop = shop_or_register(ShopPower.GOODS)
    if not isinstance(shop, Shop):
        return shop
    if request.method == "GET":
        far = FreightRow(1, 1500, 1, 800, regions=FAR[:2])
        return _form("全国标准快递", FreightTemplate(FreightUnit.PIECE, FreightRow(1, 600, 1, 200), (far,)), None)
    name, rules = _submitted()
    try:
        with unit_of_work():
            freight.create_template(actor(), name, rules, form_key(request.form))
    except DomainError as error:
        if error.code == "key_reused":
            raise
        return _form(name, rules, None, error), error.status
    done("运费模板已保存，发布商品时就可以选用。")
    return redirect(url_for("seller.freight_templates"))


@seller.route("/freight/<int:template_id>", methods=["GET", "POST"])
@requires(Permission.MALL_SELL)
def edit_freight(template_id: int) -> Answer:
    """编辑运费模板."""
    row = access.get_own_template(actor(), template_id)
    if request.method == "GET":
        return _form(row.name, from_json(row.rules), row.id)
    name, rules = _submitted()
    try:
        with unit_of_work():
            freight.change_template(actor(), template_id, name, rules)
    except DomainError as error:
        if error.status == 404:
            raise
        return _form(name, rules, template_id, error), error.status
    done("运费模板已修改，使用它的商品立即生效。")
    return redirect(url_for("seller.freight_templates"))


@seller.post("/freight/<int:template_id>/remove")
@requires(Permission.MALL_SELL)
def remove_freight(template_id: int) -> Answer:
    """删除运费模板."""
    with unit_of_work():
        freight.remove_template(actor(), template_id)
    done("运费模板已删除。")
    return redirect(url_for("seller.freight_templates"))
