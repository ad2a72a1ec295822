"""Reviews (评价): three scores and a text per line, after the receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, Refused
from app.core.events import publish
from app.core.idempotency import once
from app.core.money import half_up
from app.core.permissions import Permission
from app.worlds.clock import get_world, sim_now
from app.worlds.models import DueTask
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.audit_rules import hostile
from sim_mall.domain.order_flow import OrderState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.events import ReviewWritten
from sim_mall.models.goods import Listing
from sim_mall.models.trade import Order, OrderLine, Review
from sim_mall.services.notices import note, notify, notify_shop
from sim_mall.services.receiving import refuse_incomplete
from sim_mall.services.shops import system_of

MAX_TEXT = 300
MAX_PICTURES = 6
DEFAULT_TEXT = "系统默认好评"
FOLLOW_WITHIN = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class LineReview:
    """What the buyer says of one line. description: 1 to 5."""

    line_id: int
    description: int
    text: str
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scores:
    """Means of the three scores times 100, None without a review."""

    count: int
    description: int | None
    service: int | None
    logistics: int | None

    @property
    def overall(self) -> int | None:
        if self.description is None or self.service is None or self.logistics is None:
            return None
        return half_up(self.description + self.service + self.logistics, 3)


def reviewable_lines(order: Order) -> list[OrderLine]:
    """Return the lines of a completed order that are kept and have no review yet, within the time for reviews."""
    if order.state != OrderState.COMPLETED or order.completed_at is None:
        return []
    days = setting(get_world(order.world_id), "review_days")
    if sim_now(order.world_id) > order.completed_at + timedelta(days=days):
        return []
    done = set(db.session.scalars(sa.select(Review.line_id).where(Review.order_id == order.id)))
    return [line for line in order.lines if line.id not in done and line.refunded < line.quantity]


def write_reviews(
    actor: Actor, order_id: int, service: int, logistics: int, lines: Sequence[LineReview], key: str
) -> int:
    """Review lines of an own completed order; returns how many. Each line once."""
    actor.require(Permission.MALL_BUY)
    body = [order_id, service, logistics, [[line.line_id, line.description, line.text] for line in lines]]
    count: int = once(actor, key, "review.write", body, lambda: _write(actor, order_id, service, logistics, lines))
    return count


def _write(actor: Actor, order_id: int, service: int, logistics: int, lines: Sequence[LineReview]) -> int:
    order = access.get_bought_order(actor, order_id, lock=True)
    refuse_incomplete(order)
    open_lines = {line.id: line for line in reviewable_lines(order)}
    if not lines or not {line.line_id for line in lines} <= set(open_lines):
        raise Refused("这些商品已经评价过，或超过了评价时限。", code="no_review")
    for score in (service, logistics, *(line.description for line in lines)):
        if not 1 <= score <= 5:
            raise InvalidInput("请为每一项打 1 到 5 星。", field="scores")
    now = sim_now(order.world_id)
    for said in sorted(lines, key=lambda line: line.line_id):
        text = said.text.strip()
        if len(text) > MAX_TEXT:
            raise InvalidInput(f"评价不超过 {MAX_TEXT} 个字。", field="text")
        if reason := hostile(text):
            raise InvalidInput(f"评价{reason}", field="text")
        if len(said.pictures) > MAX_PICTURES:
            raise InvalidInput(f"每件商品最多 {MAX_PICTURES} 张图片。", field="pictures")
        line = open_lines[said.line_id]
        db.session.add(
            Review(
                world_id=order.world_id,
                order_id=order.id,
                line_id=line.id,
                listing_id=line.listing_id,
                shop_id=order.shop_id,
                buyer_id=order.buyer_id,
                spec=line.spec,
                description=said.description,
                service=service,
                logistics=logistics,
                text=text,
                pictures=list(said.pictures),
                at=now,
            )
        )
        points = said.description + service + logistics
        db.session.execute(
            sa.update(Listing)
            .where(Listing.id == line.listing_id)
            .values(rating_sum=Listing.rating_sum + points, rating_count=Listing.rating_count + 1)
            .execution_options(synchronize_session=False)
        )
        note(actor, order.world_id, "review.written", f"order:{order.id}", {"line": line.id, "points": points})
        publish(ReviewWritten(order.world_id, order.id, order.shop_id, line.listing_id, half_up(points * 100, 3)))
    return len(lines)


def on_review_due(task: DueTask) -> None:
    """Write default reviews of five stars for what the buyer did not review; they never count."""
    actor = system_of(task.world_id)
    order = access.get_order_of_world(actor, task.target_id, lock=True)
    if order.state != OrderState.COMPLETED:
        return
    done = set(db.session.scalars(sa.select(Review.line_id).where(Review.order_id == order.id)))
    for line in access.lines_of(order):
        if line.id not in done and line.refunded < line.quantity:
            db.session.add(
                Review(
                    world_id=order.world_id,
                    order_id=order.id,
                    line_id=line.id,
                    listing_id=line.listing_id,
                    shop_id=order.shop_id,
                    buyer_id=order.buyer_id,
                    spec=line.spec,
                    description=5,
                    service=5,
                    logistics=5,
                    text=DEFAULT_TEXT,
                    by_default=True,
                    at=sim_now(order.world_id),
                )
            )
    note(actor, order.world_id, "review.by_default", f"order:{order.id}")


def follow_up(actor: Actor, review_id: int, text: str, pictures: tuple[str, ...] = ()) -> Review:
    """Add words and pictures to an own review later (追评), once, within the scores' window."""
    actor.require(Permission.MALL_BUY)
    review = access.get_own_review(actor, review_id)
    now = sim_now(review.world_id)
    if review.follow_at is not None:
        raise Refused("每条评价只能追评一次。", code="followed")
    if now > review.at + FOLLOW_WITHIN:
        raise Refused("评价超过 180 天，不能再追评。", code="too_late")
    review.follow_text = _words(text, MAX_TEXT, "追评")
    if len(pictures) > MAX_PICTURES:
        raise InvalidInput(f"最多 {MAX_PICTURES} 张图片。", field="pictures")
    review.follow_pictures, review.follow_at = list(pictures), now
    note(actor, review.world_id, "review.followed", f"review:{review.id}")
    words = ("order", "买家追加了评价", review.follow_text[:60], "/seller/comments/")
    notify_shop(review.world_id, review.shop_id, ShopPower.CHAT, *words)
    return review


def reply(actor: Actor, review_id: int, text: str) -> Review:
    """Answer a review of the own shop, once; everybody can read it."""
    actor.require(Permission.MALL_SELL)
    review = access.get_shop_review(actor, review_id)
    if review.reply:
        raise Refused("每条评价只能回复一次。", code="replied")
    review.reply, review.reply_at = _words(text, MAX_TEXT, "回复"), sim_now(review.world_id)
    note(actor, review.world_id, "review.replied", f"review:{review.id}")
    text = f"卖家回复：{review.reply}"
    notify(review.world_id, review.buyer_id, "order", "卖家回复了你的评价", text, f"/mall/products/{review.listing_id}")
    return review


def _words(text: str, most: int, what: str) -> str:
    text = text.strip()
    if not 2 <= len(text) <= most:
        raise InvalidInput(f"请填写{what}，2 到 {most} 个字。", field="text")
    if reason := hostile(text):
        raise InvalidInput(f"{what}{reason}", field="text")
    return text


def reviews_of(listing_id: int) -> sa.Select[Review]:
    """Return the query of a listing's reviews, newest first, default ones last."""
    query = sa.select(Review).where(Review.listing_id == listing_id)
    return query.order_by(Review.by_default, Review.id.desc())


def reviews_of_shop(shop_id: int, kind: str = "") -> sa.Select[Review]:
    """Return the query of a shop's reviews, newest first. kind: bad | pictures | follow | unanswered."""
    query = sa.select(Review).where(Review.shop_id == shop_id)
    conditions = {
        "bad": Review.description <= 3,
        "pictures": sa.cast(Review.pictures, sa.String) != "[]",
        "follow": Review.follow_at.is_not(None),
        "unanswered": sa.and_(Review.reply == "", Review.by_default.is_(False)),
    }
    if kind in conditions:
        query = query.where(conditions[kind])
    return query.order_by(Review.id.desc())


def own_reviews(actor: Actor) -> sa.Select[Review]:
    """Return the query of what the actor wrote, newest first."""
    return (
        sa.select(Review)
        .where(Review.world_id == actor.world(), Review.buyer_id == actor.person(), Review.by_default.is_(False))
        .order_by(Review.id.desc())
    )


def scores(listing_id: int) -> Scores:
    """Return the plain means of a listing's three scores; default reviews never count."""
    row = db.session.execute(
        sa.select(
            sa.func.count(),
            sa.func.sum(Review.description),
            sa.func.sum(Review.service),
            sa.func.sum(Review.logistics),
        ).where(Review.listing_id == listing_id, Review.by_default.is_(False))
    ).one()
    if not row[0]:
        return Scores(0, None, None, None)
    means = [half_up(int(total) * 100, row[0]) for total in row[1:]]
    return Scores(row[0], *means)
