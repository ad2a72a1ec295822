"""Buying groups (拼团): a seat is taken by compare-and-set when an order is paid; each group has its own deadline.

Who pays into a group that is full or over becomes the head of a new one, or is refunded where the activity says so.
A group that is not full at its
deadline fails: every order in it is refunded as a whole, freight included, and its stock released.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.actor import Actor
from app.core.db import db, matched
from app.core.errors import NotFound, Refused
from app.core.events import publish
from app.core.flow import fire
from app.ledger import book
from app.worlds import due
from app.worlds.clock import get_world, sim_now
from app.worlds.models import DueTask
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.order_flow import ORDER_FLOW, CloseReason, OrderState
from sim_mall.domain.promotion_flow import GROUP_FLOW, GroupState, PromotionKind
from sim_mall.domain.promotion_rules import from_json
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.events import OrderClosed
from sim_mall.models.promotions import Group, GroupOrder, Promotion
from sim_mall.models.trade import Order
from sim_mall.services import coupons, flash, points, stock
from sim_mall.services.notices import note, notify, notify_shop
from sim_mall.services.order_facts import facts_of
from sim_mall.services.promises import start_promise
from sim_mall.services.shops import system_of

DEADLINE = "mall.group_deadline"


def get_group(actor: Actor, group_id: int) -> Group:
    """Return a group of the actor's world with its activity. Raises NotFound."""
    query = (
        sa.select(Group)
        .options(orm.joinedload(Group.promotion).selectinload(Promotion.items))
        .where(Group.id == group_id, Group.world_id == actor.world())
        .execution_options(populate_existing=True)
    )
    found = db.session.scalars(query).unique().one_or_none()
    if found is None:
        raise NotFound
    return found


def open_groups(promotion_id: int, world_id: int, limit: int = 5) -> list[Group]:
    """Return groups that still have a seat, the fullest first."""
    query = (
        sa.select(Group)
        .where(
            Group.promotion_id == promotion_id,
            Group.state == GroupState.FORMING,
            Group.deadline_at > sim_now(world_id),
        )
        .order_by(Group.taken.desc(), Group.id)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def refuse_joining(actor: Actor, promotion_id: int, group_id: int) -> Group:
    """Return the group that the actor wants to join. Raises Refused when it has no seat for them."""
    group = get_group(actor, group_id)
    if group.promotion_id != promotion_id:
        raise NotFound
    if group.state != GroupState.FORMING or group.taken >= group.size or group.deadline_at <= sim_now(group.world_id):
        raise Refused("这个团已经满员或结束了，可以自己开一个新团。", code="group_over")
    mine = sa.select(GroupOrder.order_id).where(
        GroupOrder.group_id == group.id, GroupOrder.account_id == actor.person()
    )
    if db.session.scalar(mine.limit(1)):
        raise Refused("你已经在这个团里了，邀请同学一起拼吧。", code="group_in")
    return group


def note_order(order: Order, promotion_id: int, wanted_id: int | None) -> None:
    """Remember that an order was placed at a group's price."""
    db.session.add(
        GroupOrder(order_id=order.id, promotion_id=promotion_id, account_id=order.buyer_id, wanted_id=wanted_id)
    )


def group_order(order_id: int) -> GroupOrder | None:
    """Return what an order has to do with a group, None for a usual order."""
    return db.session.get(GroupOrder, order_id, populate_existing=True)


def take_seat(order: Order) -> list[int] | None:
    """Seat a paid order. Returns None for a usual order, [] while its group forms, else all its orders.

    An order that finds no seat may be closed and refunded instead; it is CLOSED then.
    """
    row = group_order(order.id)
    if row is None:
        return None
    now = sim_now(order.world_id)
    group = _join(row, order)
    if group is None:
        promotion = db.session.get_one(Promotion, row.promotion_id)
        if row.wanted_id is not None and from_json(promotion.rule).refund_full:
            order.forming = True
            db.session.flush()
            text = f"你想加入的团已经满员或结束，订单 {order.number} 已全额退款；可以自己开一个新团。"
            _refund(order, system_of(order.world_id), text)
            return []
        group = _open(row, promotion, order)
    row.group_id, row.seated_at = group.id, now
    db.session.flush()
    db.session.refresh(group)
    facts = {"group": group.id, "taken": group.taken, "size": group.size}
    note(system_of(order.world_id), order.world_id, "group.joined", f"order:{order.id}", facts)
    if group.taken < group.size:
        order.forming = True
        db.session.flush()
        return []
    return _fill(group)


def _join(row: GroupOrder, order: Order) -> Group | None:
    """Take a seat in the wanted group, unless it is full, over, or the buyer sits there already."""
    if row.wanted_id is None:
        return None
    sitting = (
        sa.select(GroupOrder.order_id)
        .where(GroupOrder.group_id == row.wanted_id, GroupOrder.account_id == order.buyer_id)
        .exists()
    )
    changed = db.session.execute(
        sa.update(Group)
        .where(
            Group.id == row.wanted_id,
            Group.state == GroupState.FORMING,
            Group.taken < Group.size,
            Group.deadline_at > sim_now(order.world_id),
            ~sitting,
        )
        .values(taken=Group.taken + 1)
        .execution_options(synchronize_session=False)
    )
    if matched(changed) == 1:
        return db.session.get_one(Group, row.wanted_id, populate_existing=True)
    return None


def _open(row: GroupOrder, promotion: Promotion, order: Order) -> Group:
    if row.wanted_id is not None:
        text = f"你想加入的团已经满员或结束，已为订单 {order.number} 开了新团，邀请同学来拼吧。"
        notify(order.world_id, order.buyer_id, "order", "已为你开新团", text, f"/mall/orders/{order.id}")
    rule, now = from_json(promotion.rule), sim_now(order.world_id)
    group = Group(
        state=GroupState.FORMING,
        world_id=order.world_id,
        promotion_id=promotion.id,
        head_id=order.buyer_id,
        size=rule.size,
        taken=1,
        opened_at=now,
        deadline_at=now + timedelta(hours=rule.hours),
    )
    db.session.add(group)
    db.session.flush()
    due.schedule(order.world_id, group.deadline_at, DEADLINE, group.id, GroupState.FORMING)
    return group


def seated(group: Group) -> list[Order]:
    """Return the orders of a group, in the order of their seats."""
    query = (
        sa.select(Order)
        .join(GroupOrder, GroupOrder.order_id == Order.id)
        .where(GroupOrder.group_id == group.id)
        .order_by(GroupOrder.seated_at, Order.id)
    )
    return list(db.session.scalars(query))


def _fill(group: Group) -> list[int]:
    now = sim_now(group.world_id)
    fire(GROUP_FLOW, group, "fill", system_of(group.world_id), sim_at=now, values={"ended_at": now})
    due.withdraw(DEADLINE, group.id)
    orders = seated(group)
    for order in orders:
        order.forming = False
        text = "卖家会尽快发货。" if group.virtual else f"{group.size} 人已经凑齐，卖家会尽快发货。"
        notify(group.world_id, order.buyer_id, "order", "拼团成功", text, f"/mall/orders/{order.id}")
    db.session.flush()
    return sorted(order.id for order in orders)


def virtual_allowed(world_id: int) -> bool:
    """Say whether groups of the world may count as full without being so (虚拟成团)."""
    return bool(setting(get_world(world_id), "group_virtual"))


def _fill_virtually(group: Group) -> None:
    """Count a group as full at its deadline, and teach the shop what that would be outside."""
    group.virtual = True
    actor = system_of(group.world_id)
    for order_id in _fill(group):
        start_promise(access.get_order_of_world(actor, order_id, lock=True))
    facts = {"taken": group.taken, "size": group.size}
    note(actor, group.world_id, "group.filled_virtually", f"group:{group.id}", facts)
    text = (
        f"{group.size} 人团只有 {group.taken} 人付款，按虚拟成团发货（模拟）。真实经营中虚构成团人数属于虚假宣传，"
        "违反《反不正当竞争法》和平台规则，请不要照搬。"
    )
    shop_id = db.session.get_one(Promotion, group.promotion_id).shop_id
    path = f"/seller/promotions/{group.promotion_id}"
    notify_shop(group.world_id, shop_id, ShopPower.PROMOTE, "shop", "虚拟成团提醒", text, path)


def on_deadline(task: DueTask) -> None:
    """Let a group that is not full at its deadline fail, and refund every order in it."""
    group = db.session.get(Group, task.target_id, populate_existing=True)
    if group is None or group.state != GroupState.FORMING:
        return
    if virtual_allowed(group.world_id) and from_json(db.session.get_one(Promotion, group.promotion_id).rule).virtual:
        _fill_virtually(group)
        return
    actor, now = system_of(group.world_id), sim_now(group.world_id)
    fire(GROUP_FLOW, group, "fail", actor, sim_at=now, values={"ended_at": now})
    for order_id in sorted(order.id for order in seated(group)):
        order = access.get_order_of_world(actor, order_id, lock=True)
        _refund(order, actor, f"到时间没有凑够人数，订单 {order.number} 已全额退款。")


def _refund(order: Order, actor: Actor, text: str) -> None:
    """Close a paid order that came to no group, telling the buyer why.

    All money goes back, freight included; stock and coupons are free again.
    """
    if order.state != OrderState.PAID or not order.forming:
        return
    now, amount = sim_now(order.world_id), order.payable - order.refunded
    values = {
        "closed_at": now,
        "close_reason": CloseReason.GROUP,
        "modified_at": now,
        "forming": False,
        "refunded": order.payable,
    }
    fire(ORDER_FLOW, order, "group_failed", actor, sim_at=now, values=values)
    lines = access.lines_of(order)
    stock.release({line.id: (line.sku_id, line.quantity) for line in lines}, now, f"order:{order.id}")
    for line in lines:
        line.refunded, line.cancelled = line.quantity, line.quantity
    row = group_order(order.id)
    if row is not None:
        flash.give_quota_back(row.promotion_id, order.buyer_id, sum(line.quantity for line in lines))
    if amount:
        book.post(
            order.world_id,
            f"group-refund:{order.id}",
            "refund",
            {book.ESCROW: -amount, book.wallet(order.buyer_id): amount},
            reference=f"order:{order.id}",
            memo=f"订单 {order.number} 拼团未成团，全额退款",
        )
    coupons.order_dropped(order)
    points.give_back(order, "closed")
    note(actor, order.world_id, "order.closed", f"order:{order.id}", {"reason": CloseReason.GROUP, "amount": amount})
    notify(order.world_id, order.buyer_id, "order", "拼团未成团", text, f"/mall/orders/{order.id}")
    publish(OrderClosed(*facts_of(order)))


def forming_groups(shop_id: int) -> int:
    """Return how many groups of a shop are forming."""
    query = (
        sa.select(sa.func.count())
        .select_from(Group)
        .join(Promotion, Promotion.id == Group.promotion_id)
        .where(Promotion.shop_id == shop_id, Promotion.kind == PromotionKind.GROUP, Group.state == GroupState.FORMING)
    )
    return db.session.scalar(query) or 0
