"""Activities in the seller centre (促销活动): list, draft, check before publishing, effect."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import redirect, render_template, request, url_for

from app.core.errors import DomainError, InvalidInput, NotFound
from app.core.money import parse_yuan, plain_yuan
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import form_key
from app.core.web.paging import page_number, paginate
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.domain.pricing.terms import Tier
from sim_mall.domain.promotion_flow import KIND_NAMES, KIND_WORDS, PROMOTION_NAMES, PromotionKind, PromotionState
from sim_mall.domain.promotion_rules import PRICED_AT_WILL, PRICED_BY_SKU, WHOLE_SHOP, from_json, tag
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.forms.promotions import FIELDS, TIER_ROWS, PromotionForm, parse_discount
from sim_mall.models.promotions import Promotion
from sim_mall.models.shops import Shop
from sim_mall.services import effects, groups, promotion_check, promotion_goods, promotions
from sim_mall.services.promotions import ItemDraft, PromotionDraft
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.shown import digits, done, goods_picture

K = PromotionKind
TONES = {"draft": "quiet", "scheduled": "info", "running": "good", "ended": "quiet"}
BY_SKU = (*PRICED_AT_WILL, K.FLASH, K.GROUP, K.BUNDLE)


def _shop() -> Shop:
    return access.shop_of(actor(), ShopPower.PROMOTE)


def _row(promotion: Promotion, effect: effects.Effect) -> dict[str, Any]:
    return {
        "promotion": promotion,
        "kind": KIND_NAMES[promotion.kind],
        "state": PROMOTION_NAMES[promotion.state],
        "tone": TONES[promotion.state],
        "tag": tag(promotion.kind, from_json(promotion.rule)),
        "goods": "全店商品" if promotion.whole_shop else f"{len(promotion.items)} 个商品规格",
        "effect": effect,
    }


@seller.get("/promotions")
@requires(Permission.MALL_SELL)
def promotion_list() -> Answer:
    """The activities of the shop by state."""
    shop = _shop()
    tab = request.args.get("tab", "")
    state = PromotionState(tab) if tab in set(PromotionState) else None
    page = paginate(promotions.promotions_of(shop.id, state), page_number(), 20)
    counts = promotions.state_counts(shop.id)
    found = effects.promotion_effects([row.id for row in page.items])
    tabs = [{"label": "全部", "url": url_for("seller.promotion_list"), "active": state is None, "count": None}]
    tabs += [
        {
            "label": PROMOTION_NAMES[one],
            "url": url_for("seller.promotion_list", tab=one.value),
            "active": state is one,
            "count": counts.get(one.value, 0),
        }
        for one in PromotionState
    ]
    return render_template(
        "mall/seller/promotions.html",
        tabs=tabs,
        page=page,
        rows=[_row(row, found.get(row.id, effects.Effect())) for row in page.items],
        kinds=[(kind.value, KIND_NAMES[kind], KIND_WORDS[kind]) for kind in K],
    )


def _kind(text: str | None) -> PromotionKind:
    if text not in set(K):
        raise NotFound
    return PromotionKind(text)


def _number(name: str) -> int | None:
    text = request.form.get(name, "").strip()
    if not text:
        return None
    found = digits(text)
    if found is None:
        raise InvalidInput("件数和库存请填写整数。", field="items")
    return found


def _yuan(name: str, field: str) -> int | None:
    text = request.form.get(name, "").strip()
    if not text:
        return None
    try:
        return parse_yuan(text)
    except ValueError as error:
        raise InvalidInput("金额最多两位小数，例如 12.50。", field=field) from error


def _tiers() -> tuple[Tier, ...]:
    found = []
    for row in TIER_ROWS:
        threshold, off = _yuan(f"threshold-{row}", "tiers"), _yuan(f"off-{row}", "tiers")
        rate = request.form.get(f"rate-{row}", "").strip()
        if threshold is None and off is None and not rate:
            continue
        bp = parse_discount(rate) if rate else None
        if (off is None) == (bp is None):
            raise InvalidInput(f"第 {row + 1} 档：减多少元和打几折请填一个。", field="tiers")
        found.append(Tier(threshold or 0, off, bp))
    return tuple(found)


def _items(kind: PromotionKind) -> tuple[ItemDraft, ...]:
    found = []
    for name in request.form.getlist("item"):
        listing_text, _, sku_text = name.partition("-")
        listing, sku = digits(listing_text), digits(sku_text)
        if listing is None:
            raise InvalidInput("请重新选择商品。", field="items")
        units = _number(f"units-{name}")
        found.append(
            ItemDraft(
                listing,
                sku,
                _yuan(f"price-{name}", "items") if kind in (*PRICED_BY_SKU, *PRICED_AT_WILL) else None,
                units if units is not None and kind is K.BUNDLE else 1,
                (_number(f"stock-{name}") or 0) if kind is K.FLASH else 0,
            )
        )
    return tuple(found)


def _draft(form: PromotionForm, kind: PromotionKind) -> PromotionDraft:
    whole = kind is K.FREIGHT or (kind in WHOLE_SHOP and form.whole.data == "1")
    return PromotionDraft(
        kind,
        form.name.data or "",
        form.starts_at.data,
        form.ends_at.data,
        form.rule(_tiers()),
        whole,
        () if whole else _items(kind),
    )


def _goods_rows(shop: Shop, kind: PromotionKind, chosen: Sequence[ItemDraft]) -> list[dict[str, Any]]:
    by_key = {(item.listing_id, item.sku_id): item for item in chosen}
    sent = request.method == "POST"
    rows = []
    for goods in promotion_goods.choices(shop, by_sku=kind in BY_SKU):
        name = f"{goods.listing.id}-{goods.sku.id}" if goods.sku else str(goods.listing.id)
        item = by_key.get((goods.listing.id, goods.sku.id if goods.sku else None))
        rows.append(
            {
                "name": name,
                "listing": goods.listing,
                "picture": goods_picture(goods.listing),
                "spec": goods.sku.spec if goods.sku else "",
                "usual": goods.sku.price if goods.sku else goods.listing.price_from,
                "left": goods.saleable,
                "cost": goods.cost,
                "checked": name in request.form.getlist("item") if sent else item is not None,
                "price": request.form.get(f"price-{name}", "") if sent else item.price if item else None,
                "stock": request.form.get(f"stock-{name}", "") if sent else item.stock if item else "",
                "units": request.form.get(f"units-{name}", "1") if sent else item.units if item else 1,
                "typed": sent,
            }
        )
    return rows


def _form_page(
    form: PromotionForm, kind: PromotionKind, promotion: Promotion | None, issues: Sequence[str] = ()
) -> str:
    shop = _shop()
    draft = promotions.draft_of(promotion) if promotion else None
    tiers = draft.rule.tiers if draft else ()
    return render_template(
        "mall/seller/promotion_form.html",
        form=form,
        kind=kind,
        kind_name=KIND_NAMES[kind],
        kind_words=KIND_WORDS[kind],
        fields=[form[name] for name in FIELDS[kind] if name != "virtual" or groups.virtual_allowed(shop.world_id)],
        promotion=promotion,
        issues=issues,
        whole_allowed=kind in WHOLE_SHOP and kind is not K.FREIGHT,
        goods=[] if kind is K.FREIGHT else _goods_rows(shop, kind, draft.items if draft else ()),
        with_price=kind in (*PRICED_BY_SKU, *PRICED_AT_WILL),
        price_at_will=kind in PRICED_AT_WILL,
        with_stock=kind is K.FLASH,
        with_units=kind is K.BUNDLE,
        tiers=[(row, tiers[row] if row < len(tiers) else None) for row in TIER_ROWS] if kind is K.FULL else [],
    )


@seller.get("/promotions/new")
@requires(Permission.MALL_SELL)
def new_promotion() -> Answer:
    """An empty draft of one kind."""
    kind = _kind(request.args.get("kind", K.LIMITED.value))
    shop = _shop()
    form = PromotionForm(formdata=None)
    now = sim_now(shop.world_id).replace(second=0, microsecond=0)
    form.kind.data, form.starts_at.data, form.ends_at.data = kind.value, now, now + timedelta(days=7)
    form.hours.data, form.size.data = 24, 2
    form.whole.data = "1" if kind in (K.FULL, K.MULTI) else "0"
    return _form_page(form, kind, None)


def _save(form: PromotionForm, kind: PromotionKind, promotion: Promotion | None) -> Answer:
    if not form.accept():
        return _form_page(form, kind, promotion), 400
    try:
        with unit_of_work():
            draft = _draft(form, kind)
            if promotion is None:
                saved = promotions.create_promotion(actor(), draft, form_key(request.form))
            else:
                saved = promotions.change_promotion(actor(), promotion.id, draft)
    except DomainError as error:
        issues = [issue.message for issue in error.issues] or [error.message]
        return _form_page(form, kind, promotion, issues), error.status
    done("活动已保存为草稿，检查无误后发布。")
    return redirect(url_for("seller.promotion", promotion_id=saved.id))


@seller.post("/promotions")
@requires(Permission.MALL_SELL)
def create_promotion() -> Answer:
    """保存草稿."""
    _shop()
    return _save(PromotionForm(), _kind(request.form.get("kind")), None)


@seller.get("/promotions/<int:promotion_id>/edit")
@requires(Permission.MALL_SELL)
def edit_promotion(promotion_id: int) -> Answer:
    """Change a draft."""
    promotion = promotions.get_own(actor(), promotion_id)
    if promotion.state != PromotionState.DRAFT:
        return redirect(url_for("seller.promotion", promotion_id=promotion_id))
    form = PromotionForm(formdata=None)
    form.fill(promotion, from_json(promotion.rule))
    return _form_page(form, promotion.kind, promotion)


@seller.post("/promotions/<int:promotion_id>/edit")
@requires(Permission.MALL_SELL)
def change_promotion(promotion_id: int) -> Answer:
    """Keep the changes of a draft."""
    promotion = promotions.get_own(actor(), promotion_id)
    return _save(PromotionForm(), promotion.kind, promotion)


@seller.get("/promotions/<int:promotion_id>")
@requires(Permission.MALL_SELL)
def promotion(promotion_id: int) -> Answer:
    """One activity: its rule, the check before publishing, its effect."""
    found = promotions.get_own(actor(), promotion_id)
    waiting = found.state in (PromotionState.DRAFT, PromotionState.SCHEDULED)
    return render_template(
        "mall/seller/promotion.html",
        row=_row(found, effects.promotion_effects([found.id]).get(found.id, effects.Effect())),
        rule=from_json(found.rule),
        items=promotion_goods.items_of(found),
        review=promotion_check.review(found) if waiting else None,
        days=(days := effects.days(found.id)),
        amounts=[plain_yuan(fen) for _, _, fen in days],
        table_rows=[(day, count, plain_yuan(fen)) for day, count, fen in days],
        is_flash=found.kind is K.FLASH,
        is_group=found.kind is K.GROUP,
        groups=promotion_goods.group_counts(found.id) if found.kind is K.GROUP else {},
        may_publish=found.state == PromotionState.DRAFT,
        may_stop=found.state != PromotionState.ENDED,
    )


@seller.post("/promotions/<int:promotion_id>/publish")
@requires(Permission.MALL_SELL)
def publish_promotion(promotion_id: int) -> Answer:
    """发布."""
    with unit_of_work():
        found = promotions.publish(actor(), promotion_id, accept_risk=request.form.get("anyway") == "1")
    running = found.state == PromotionState.RUNNING
    done("活动已经开始。" if running else "活动已发布，到开始时间自动生效。")
    return redirect(url_for("seller.promotion", promotion_id=promotion_id))


@seller.post("/promotions/<int:promotion_id>/stop")
@requires(Permission.MALL_SELL)
def stop_promotion(promotion_id: int) -> Answer:
    """停止 or throw a draft away."""
    with unit_of_work():
        promotions.stop(actor(), promotion_id)
    done("活动已结束，已下的订单不受影响。")
    return redirect(url_for("seller.promotion_list"))


@seller.get("/promotions/costs")
@requires(Permission.MALL_SELL)
def sku_costs() -> Answer:
    """What the goods cost the shop, for the check before publishing."""
    rows = [(goods, goods_picture(goods.listing)) for goods in promotion_goods.choices(_shop(), by_sku=True)]
    return render_template("mall/seller/sku_costs.html", rows=rows)


@seller.post("/promotions/costs")
@requires(Permission.MALL_SELL)
def save_sku_costs() -> Answer:
    """Keep the costs that were typed; an empty field forgets one."""
    shop = _shop()
    typed = {}
    for name in request.form:
        sku = digits(name.removeprefix("cost-"))
        if name.startswith("cost-") and sku is not None:
            typed[sku] = _yuan(name, "cost")
    with unit_of_work():
        promotion_goods.set_costs(actor(), shop.id, typed)
    done("成本价已保存，只有店铺成员能看到。")
    return redirect(url_for("seller.sku_costs"))
