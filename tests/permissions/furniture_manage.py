"""Furniture of the permission stage for shop management: members, decoration, announcements."""

from __future__ import annotations

from app.core.actor import Actor
from app.core.uow import unit_of_work
from app.worlds import notices
from app.worlds.models import World
from sim_mall.services import decor, market_rules, members, shop_categories
from tests.factories import mall

# their arguments are no ids of rows: they act on the shop of the caller and its page
MINE = {
    *("seller.data_export", "seller.reset_page"),
    *("seller.edit_block", "seller.save_block", "seller.move_block"),
}
BY_ENDPOINT: dict[str, dict[str, object]] = {
    "seller.move_block": {"action": "up"},
    "seller.move_shop_category": {"action": "up"},
    "seller.reset_page": {"action": "plain"},
}


def furnish(world: World, owner: Actor, third: Actor, teacher: Actor) -> dict[str, object]:
    """Return the ids that the seller's routes of this part need."""
    with unit_of_work():
        member_id = members.invite_member(owner, third.person(), "service", mall.key())
        page = decor.start_page(owner)
        block_id = decor.add_block(owner, "text", page.version)
        category_id = shop_categories.add_category(owner, "新品", mall.key())
    with unit_of_work():
        notices.announce(teacher, world.id, "上课提醒", "明天上午开始实训。", mall.key())
        block_id_ = market_rules.add_block(teacher, third.person(), 0, "演示限制", mall.key())
    told = notices.announcements(world.id)[0].id
    return {
        "announcement_id": told,
        "limit_id": block_id_,
        "member_id": member_id,
        "kind": "xlsx",
        "block_id": block_id,
        "category_id": category_id,
    }
