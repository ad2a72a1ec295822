"""Coupons in the seller centre (优惠券), and those of the platform for the instructor (平台券)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import redirect, render_template, request, url_for

from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import form_key
from app.core.web.paging import page_number, paginate
from app.worlds.clock import sim_now
from sim_mall import access
from sim_mall.domain.promotion_flow import CHANNEL_NAMES, TEMPLATE_FLOW, CouponChannel, CouponScope, TemplateState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.forms.promotions import CouponForm
from sim_mall.models.promotions import CouponTemplate
from sim_mall.services import coupon_lists, coupons, effects, promotion_check, promotion_goods
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.shown import digits, done

SCOPES = {CouponScope.ALL: "全部商品", CouponScope.CATEGORY: "指定类目", CouponScope.LISTING: "指定商品"}


def _rows(query: sa.Select[CouponTemplate]) -> tuple[Any, list[dict[str, Any]]]:
    page = paginate(query, page_number(), 20)
    ids = [template.id for template in page.items]
    found, used, now = effects.coupon_effects(ids), coupon_lists.used_counts(ids), sim_now(actor().world())
    rows = []
    for template in page.items:
        over = template.state == TemplateState.ENDED or template.ends_at <= now
        early = template.starts_at > now
        rows.append(
            {
                "template": template,
                "words": coupons.words(template),
                "scope": SCOPES[template.scope],
                "channel": CHANNEL_NAMES[template.channel],
                "used": used.get(template.id, 0),
                "effect": found.get(template.id, effects.Effect()),
                "state": "已结束" if over else "未开始" if early else TEMPLATE_FLOW.names[template.state],
                "tone": "quiet" if over else "info" if early else "good",
                "may_stop": template.state == TemplateState.ACTIVE and not over,
            }
        )
    return page, rows


def _page(form: CouponForm | None = None, review: promotion_check.Review | None = None, *, platform: bool) -> str:
    world_id = actor().world()
    if form is None:
        form = CouponForm(formdata=None)
        now = sim_now(world_id).replace(second=0, microsecond=0)
        form.starts_at.data, form.ends_at.data = now, now + timedelta(days=7)
    if platform:
        query, goods = coupon_lists.platform_templates(world_id), []
    else:
        shop = access.shop_of(actor(), ShopPower.PROMOTE)
        query, goods = coupon_lists.shop_templates(shop.id), promotion_goods.choices(shop, by_sku=False)
    page, rows = _rows(query)
    return render_template(
        "mall/seller/coupons.html", page=page, rows=rows, form=form, goods=goods, review=review, platform=platform
    )


@seller.get("/coupons")
@requires(Permission.MALL_SELL)
def coupon_list() -> Answer:
    """The coupons of the shop, with a form for a new one."""
    return _page(platform=False)


@seller.get("/platform-coupons")
@requires(Permission.MALL_SHOP_REVIEW)
def platform_coupons() -> Answer:
    """The coupons of the platform."""
    return _page(platform=True)


def _draft(form: CouponForm, *, platform: bool) -> coupons.CouponDraft:
    scope = CouponScope.ALL if platform else CouponScope(form.scope.data)
    ids = [found for text in request.form.getlist("listing") if (found := digits(text)) is not None]
    return coupons.CouponDraft(
        name=form.name.data or "",
        threshold=form.threshold.data or 0,
        total=form.total.data or 0,
        starts_at=form.starts_at.data,
        ends_at=form.ends_at.data,
        off=form.off.data,
        bp=form.bp.data,
        cap=form.cap.data,
        per_user=form.per_user.data or 0,
        days=form.days.data,
        scope=scope,
        scope_ids=tuple(ids) if scope is CouponScope.LISTING else (),
        channel=CouponChannel.CENTRE if platform else CouponChannel(form.channel.data),
    )


def _issue(*, platform: bool) -> Answer:
    form = CouponForm()
    if not form.accept():
        return _page(form, platform=platform), 400
    draft = _draft(form, platform=platform)
    try:
        if not platform and not form.confirm.data:
            shop = access.shop_of(actor(), ShopPower.PROMOTE)
            review = promotion_check.review_coupon(shop.world_id, shop.id, coupons.preview(shop, draft))
            if review.losses:
                return _page(form, review, platform=platform), 409
        with unit_of_work():
            coupons.create_template(actor(), draft, form_key(request.form), platform=platform)
    except DomainError as error:
        form.show(error)
        return _page(form, platform=platform), error.status
    done("优惠券已发放，买家可以领取了。")
    return redirect(url_for("seller.platform_coupons" if platform else "seller.coupon_list"))


@seller.post("/coupons")
@requires(Permission.MALL_SELL)
def issue_coupon() -> Answer:
    """发放优惠券 of the shop; a loss is told first."""
    return _issue(platform=False)


@seller.post("/platform-coupons")
@requires(Permission.MALL_SHOP_REVIEW)
def issue_platform_coupon() -> Answer:
    """发放 a coupon of the platform."""
    return _issue(platform=True)


@seller.post("/coupons/<int:template_id>/stop")
@requires(Permission.MALL_SELL, Permission.MALL_SHOP_REVIEW)
def stop_coupon(template_id: int) -> Answer:
    """停止发放."""
    with unit_of_work():
        template = coupons.stop_template(actor(), template_id)
    done("已停止发放，买家已领的仍可使用。")
    return redirect(url_for("seller.coupon_list" if template.shop_id else "seller.platform_coupons"))
