"""Points (积分): one point is one fen. Earned with completed orders, spent at the checkout, back with refunds.

The platform gives them out and takes them in (ledger: issue), and pays the shop for what points took off its
price, as it does for its own coupons; see ``settlement``.
"""

from __future__ import annotations

from app.core.actor import Actor
from app.core.db import db
from app.core.money import part
from app.ledger import book
from app.worlds.clock import get_world
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.pricing.terms import StepKind
from sim_mall.models.trade import Order, OrderLine


def balance(actor: Actor) -> int:
    """Return how many points the actor has in the world of the hat."""
    return book.balance(actor.world(), book.points(actor.person()))


def share_of(line: OrderLine) -> int:
    """Return how many points were spent on a line."""
    return sum(share for step, _, share, *_ in line.steps if step == StepKind.POINTS)


def _move(order: Order, key: str, kind: str, amount: int, memo: str) -> None:
    """Give points to the buyer, or take them (``amount`` below zero)."""
    book.post(
        order.world_id,
        key,
        kind,
        {book.ISSUE: -amount, book.points(order.buyer_id): amount},
        reference=f"order:{order.id}",
        memo=f"订单 {order.number} {memo}",
    )


def spend(order: Order) -> None:
    """Take the points that an order just placed was priced with. Raises Refused when they are no longer there."""
    order.points = sum(share_of(line) for line in access.lines_of(order))
    if order.points:
        _move(order, f"points:{order.id}", "points_spent", -order.points, "积分抵扣")


def give_back(order: Order, event: str) -> None:
    """Give back what was spent on units that were refunded, or on all of an order that came to nothing.

    event: what it is for, once: ``closed``, or the ticket's id.
    """
    if not order.points:
        return
    lines = access.lines_of(order)
    gone = {line.id: line.quantity if event == "closed" else line.refunded for line in lines}
    owed = sum(share_of(line) * gone[line.id] // line.quantity for line in lines) - order.points_back
    if owed > 0:
        _move(order, f"points-back:{order.id}:{event}", "points_back", owed, "积分退回")
        order.points_back += owed
        db.session.flush()


def earn(order: Order) -> None:
    """Give the buyer points for a completed order: a share of what was paid for goods and not refunded."""
    order.points_earned = _due(order)
    if order.points_earned:
        _move(order, f"points-earned:{order.id}", "points_earned", order.points_earned, "购物返积分")
    db.session.flush()


def take_earned_back(order: Order, ticket_id: int) -> None:
    """Take back what was earned with money refunded after completion, as far as the buyer still has points."""
    owed = order.points_earned - _due(order)
    taken = min(max(owed, 0), book.balance(order.world_id, book.points(order.buyer_id)))
    if taken:
        _move(order, f"points-taken:{ticket_id}", "points_taken", -taken, "退款，收回返的积分")
        order.points_earned -= taken
        db.session.flush()


def _due(order: Order) -> int:
    kept = max(order.goods_payable - order.refunded, 0)
    return part(kept, setting(get_world(order.world_id), "points_bp"))
