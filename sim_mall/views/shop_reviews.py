"""The instructor's pages for shops (店铺审核): applications that wait, restrictions of open shops."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from app.core.errors import DomainError, NotFound
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.formats import when
from app.worlds.clock import get_world, sim_now
from app.worlds.settings import setting
from sim_mall.domain.shop_flow import SHOP_NAMES, SUBJECT_NAMES, ShopState
from sim_mall.services import shop_life, shops
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.registration import licence_rows, paper_facts
from sim_mall.views.shown import done, number


@seller.get("/reviews/")
@requires(Permission.MALL_SHOP_REVIEW)
def shop_reviews() -> Answer:
    """店铺审核: the shops that wait for the instructor, and those that run."""
    return _page()


def _page(refused: dict[int, str] | None = None) -> str:
    who = actor()
    now = sim_now(who.world())
    waiting, running = shops.waiting_shops(who), shop_life.running_shops(who)
    names = shops.owner_names([*waiting, *running])
    world = get_world(who.world())
    return render_template(
        "mall/seller/reviews.html",
        rows=[
            {
                "shop": shop,
                "owner": names.get(shop.owner_id, ""),
                "subject": SUBJECT_NAMES[shop.subject],
                "at": when(shop.submitted_at, now),
                "papers": paper_facts(shop),
                "licences": licence_rows(shop),
                "hints": [f"{shops.REVIEW_FIELDS[field]}：{text}" for field, text in shops.rule_findings(shop)],
                "error": (refused or {}).get(shop.id, ""),
            }
            for shop in waiting
        ],
        running=[
            {
                "shop": shop,
                "owner": names.get(shop.owner_id, ""),
                "state": SHOP_NAMES[shop.state],
                "restricted": shop.state == ShopState.RESTRICTED,
                "may_restrict": shop.state == ShopState.OPEN,
                "until": when(shop.restricted_until, now) if shop.restricted_until else "",
                "error": (refused or {}).get(shop.id, ""),
            }
            for shop in running
        ],
        fields=list(shops.REVIEW_FIELDS.items()),
        by_instructor=bool(setting(world, "shop_review_by_instructor")),
        review_hours=setting(world, "shop_review_hours"),
    )


@seller.post("/reviews/<int:shop_id>")
@requires(Permission.MALL_SHOP_REVIEW)
def review_shop(shop_id: int) -> Answer:
    """通过 or 驳回 an application; 限制 or 解除限制 of an open shop."""
    decision = request.form.get("decision", "")
    said = {
        "approve": "已通过，等待学员缴纳保证金。",
        "reject": "已驳回，学员会看到原因。",
        "restrict": "店铺已限制经营，店主会收到通知。",
        "lift": "限制已解除。",
    }
    if decision not in said:
        raise NotFound
    reason = request.form.get("reason", "").strip()
    try:
        with unit_of_work():
            if decision == "approve":
                shops.approve_shop(actor(), shop_id)
            elif decision == "reject":
                shops.reject_shop(actor(), shop_id, request.form.get("field", ""), reason)
            elif decision == "restrict":
                shop_life.restrict_shop(actor(), shop_id, number("days", default=0), reason)
            else:
                shop_life.lift_restriction(actor(), shop_id)
    except DomainError as error:
        if error.status != 400:
            raise
        return _page({shop_id: error.message}), 400
    done(said[decision])
    return redirect(url_for("seller.shop_reviews"))
