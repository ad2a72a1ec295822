"""接待练习: simulated customers come to the desk and give marks."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import new_key
from app.core.web.paging import page_number, paginate
from sim_mall import access
from sim_mall.domain.practice import ENDING_NAMES, LEAVING_COSTS, PATIENCE_SECONDS, Ending
from sim_mall.domain.practice_bank import COMMON, INTENT_NAMES, SCRIPTS
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.services import practice, service_desk
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.shown import digits, done, hundredths

PAGE = 20
TONES = {Ending.BOUGHT: "good", Ending.UNCONVINCED: "warn", Ending.LEFT: "bad"}


@seller.get("/service/practice")
@requires(Permission.MALL_SELL)
def service_practice() -> Answer:
    """What simulated customers said of the shop, and a way to have more of them."""
    who = actor()
    shop = access.shop_of(who, ShopPower.CHAT)
    page = paginate(practice.visits_of(who), page_number(), PAGE)
    summary = practice.summary(shop.id)
    return render_template(
        "mall/seller/practice.html",
        shop_name=shop.name,
        page=page,
        rows=[
            {
                "visit": visit,
                "thread_id": visit.session.thread_id if visit.session else None,
                "intent": INTENT_NAMES[visit.intent] if visit.ending else "待揭晓",
                "ending": ENDING_NAMES[visit.ending] if visit.ending else "正在接待" if visit.session else "在路上",
                "tone": TONES[visit.ending] if visit.ending else "info",
                "star": hundredths(visit.star),
                "missed": "、".join(line["label"] for line in visit.mark if not line["got"]),
            }
            for visit in page.items
        ],
        summary=summary,
        mean_star=hundredths(summary.star),
        online=service_desk.anybody_online(shop.id),
        counts=(1, 3, practice.AT_ONCE),
        key=new_key(),
        patience=PATIENCE_SECONDS // 60,
        costs=LEAVING_COSTS / 100,
        common=COMMON,
        intents=[(INTENT_NAMES[intent], script) for intent, script in SCRIPTS.items()],
    )


@seller.post("/service/practice")
@requires(Permission.MALL_SELL)
def invite_customers() -> Answer:
    """请模拟顾客."""
    with unit_of_work():
        count = practice.invite(actor(), digits(request.form.get("count", "")) or 0, request.form.get("key", ""))
    done(f"{count} 位模拟顾客马上就到，请留意新会话。")
    return redirect(url_for("seller.service_desk_page"))
