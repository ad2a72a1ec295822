"""Furniture of the permission stage for promotion: an activity, a coupon, a group."""

from __future__ import annotations

from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from sim_mall.data import ListingInfo
from sim_mall.domain.promotion_flow import PromotionKind
from sim_mall.domain.promotion_rules import Rule
from sim_mall.models.promotions import Group
from sim_mall.services import orders
from sim_mall.services.checkout import Choice, Wanted
from sim_mall.services.offers import GroupChoice
from sim_mall.services.promotions import ItemDraft
from tests.factories import mall
from tests.factories import promotions as made


def furnish(owner: Actor, mate: Actor, sold: ListingInfo, bought: ListingInfo) -> dict[str, dict[str, object]]:
    """Return ids by blueprint: of the owner's shop for the seller, of the mate's for the buyer."""
    sale = made.start(owner, PromotionKind.MULTI, Rule(min_qty=2, bp=9500), ItemDraft(sold.id))
    group = made.start(
        mate, PromotionKind.GROUP, Rule(size=3), ItemDraft(bought.id, bought.skus[0].id, bought.skus[0].price - 1)
    )
    choice = Choice(coupons=(), group=GroupChoice(group.id))
    with unit_of_work():
        ids = orders.submit_orders(owner, [Wanted(bought.skus[0].id, 1)], mall.RECEIVER, key=mall.key(), choice=choice)
    mall.pay(owner, ids)
    opened = db.session.query(Group.id).order_by(Group.id.desc()).first()
    return {
        "seller": {"promotion_id": sale.id, "template_id": made.issue(owner, off=1).id},
        "mall": {"template_id": made.issue(mate, off=1).id, "group_id": opened[0] if opened else 0},
    }
