"""Finding violations (违规发现): what goods and conduct show in simulated time. Subscribers and due tasks only."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core.db import db
from app.worlds import due
from app.worlds.clock import get_world, sim_now
from app.worlds.models import DueTask
from app.worlds.settings import setting
from sim_mall.domain.aftersale_flow import AfterSaleStage, Reason
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.order_flow import OrderState
from sim_mall.domain.promotion_flow import PromotionState
from sim_mall.domain.rules.book import RULES
from sim_mall.domain.rules.checks import FIELD_NAMES, Finding, plain_text
from sim_mall.domain.rules.rulebook import Severity
from sim_mall.domain.shop_roles import MemberState
from sim_mall.events import DisputeDecided, ListingPutOnSale, OrderPaid, ParcelNotCollected, RefundPaid, ShopOpened
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.goods import Listing
from sim_mall.models.members import ShopMember
from sim_mall.models.promotions import Promotion
from sim_mall.models.rules import ListingWatch
from sim_mall.models.shops import Shop
from sim_mall.models.trade import Order, OrderLine, Parcel
from sim_mall.services import price_honesty, promotions
from sim_mall.services.rules import checking, daily
from sim_mall.services.rules.violations import Case, record_violation

INSPECT = "mall.rule_inspect"
LATE = "mall.rule_late"

AGAIN_AFTER = timedelta(days=1)
INSPECTIONS = 3  # how often the same uncorrected goods are penalised
BRUSH_WINDOW = timedelta(hours=1)
BRUSH_ORDERS = 3  # more than these from one address within the window


def on_listing_on_sale(_sender: Any, *, event: ListingPutOnSale) -> None:
    """Let the platform inspect new goods after a while; whoever corrects them before is spared."""
    after = setting(get_world(event.world_id), "rule_inspect_hours")
    due.withdraw(INSPECT, event.listing_id)
    due.schedule(event.world_id, sim_now(event.world_id) + timedelta(hours=after), INSPECT, event.listing_id, "1")


def _digest(findings: list[Finding]) -> str:
    text = "\n".join(sorted(f"{finding.rule} {finding.field} {finding.word}" for finding in findings))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def on_inspect(task: DueTask) -> None:
    """Inspect goods on sale (巡检): one violation per rule broken; uncorrected goods are inspected again."""
    listing = db.session.scalars(
        sa.select(Listing)
        .options(orm.joinedload(Listing.category), orm.selectinload(Listing.skus))
        .where(Listing.id == task.target_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if listing is None or listing.state != ListingState.ON_SALE:
        return
    how = checking.strictness(task.world_id)
    findings = [finding for finding in checking.check_listing(listing) if checking.counts(finding, how)]
    if (finding := checking.licence_finding(listing)) is not None:
        findings.append(finding)
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    times = int(task.expected or "1")
    for rule, found in sorted(by_rule.items()):
        record_violation(task.world_id, listing.shop_id, _goods_case(listing, rule, found, times))
    _watch(listing)
    if by_rule and times < INSPECTIONS:
        due.schedule(task.world_id, sim_now(task.world_id) + AGAIN_AFTER, INSPECT, listing.id, str(times + 1))


def _goods_case(listing: Listing, rule: str, found: list[Finding], times: int) -> Case:
    first = found[0]
    again = "（仍未修改）" if times > 1 else ""
    where = FIELD_NAMES.get(first.field, "商品")
    evidence = {
        "title": listing.title,
        "brief": listing.brief,
        "detail": plain_text(listing.detail)[:1000],
        "category": [listing.category.l1, listing.category.l2],
        "skus": [[sku.spec, sku.price] for sku in listing.skus if not sku.removed][:20],
        "freight_fee": listing.freight_fee,
        "findings": [finding.plain() for finding in found[:20]],
    }
    summary = f"商品“{listing.title}”的{where}：{first.message}{again}"
    key = f"{rule}:listing:{listing.id}:{_digest(found)}:{times}"
    return Case(rule, ("listing", listing.id), summary, evidence, key)


def _watch(listing: Listing) -> None:
    facts = checking.facts_of(listing)
    row = db.session.get(ListingWatch, listing.id)
    if row is None:
        row = ListingWatch(listing_id=listing.id)
        db.session.add(row)
    row.title, row.category = listing.title, "/".join(part for part in facts.category if part)
    row.brand, row.seen_at = facts.texts.get("brand", "")[:60], sim_now(listing.world_id)


def on_order_paid(_sender: Any, *, event: OrderPaid) -> None:
    """Watch the promise to ship, and look for brushing."""
    order = db.session.get_one(Order, event.order_id)
    if order.ship_by is not None:
        due.schedule(event.world_id, order.ship_by, LATE, order.id)
    _look_for_brushing(order)


def on_late(task: DueTask) -> None:
    """延迟发货 (R6): the promise is over and units have not left."""
    order = db.session.get(Order, task.target_id, populate_existing=True)
    if order is None or order.state not in (OrderState.PAID, OrderState.PART_SHIPPED) or order.ship_by is None:
        return
    now = sim_now(task.world_id)
    if order.ship_by > now:  # the promise was moved meanwhile
        due.schedule(task.world_id, order.ship_by, LATE, order.id)
        return
    asked_back = sa.select(sa.func.sum(OrderLine.applying_unshipped)).where(OrderLine.order_id == order.id)
    left = sa.select(sa.func.sum(OrderLine.quantity - OrderLine.shipped - OrderLine.cancelled))
    waiting = db.session.scalar(left.where(OrderLine.order_id == order.id)) or 0
    if waiting <= (db.session.scalar(asked_back) or 0):
        return
    evidence = {
        "order": order.number,
        "paid_at": order.paid_at.isoformat() if order.paid_at else "",
        "ship_by": order.ship_by.isoformat(),
        "state": str(order.state),
        "unshipped": int(waiting),
    }
    summary = f"订单 {order.number} 超过承诺时间仍有 {waiting} 件未发货"
    pay = (order.buyer_id, RULES["R6"].compensation)
    record_violation(
        task.world_id, order.shop_id, Case("R6", ("order", order.id), summary, evidence, f"R6:order:{order.id}", pay)
    )


def on_not_collected(_sender: Any, *, event: ParcelNotCollected) -> None:
    """虚假发货 (R8): a number was filled in, but nobody collected the parcel within a day."""
    parcel = db.session.get_one(Parcel, event.parcel_id)
    order = db.session.get_one(Order, event.order_id)
    evidence = {
        "order": order.number,
        "carrier": parcel.carrier,
        "waybill": parcel.waybill,
        "shipped_at": parcel.shipped_at.isoformat(),
    }
    summary = f"订单 {order.number} 的运单 {parcel.waybill} 在 24 小时内没有揽收记录"
    pay = (order.buyer_id, RULES["R8"].compensation)
    record_violation(
        event.world_id, order.shop_id, Case("R8", ("order", order.id), summary, evidence, f"R8:parcel:{parcel.id}", pay)
    )


def on_refund_paid(_sender: Any, *, event: RefundPaid) -> None:
    """缺货 (R7): paid goods never left and were refunded because the shop had none."""
    ticket = db.session.get(AfterSale, event.after_sale_id)
    order = db.session.get_one(Order, event.order_id)
    if ticket is None or ticket.stage != AfterSaleStage.BEFORE_SHIP:
        return
    if ticket.reason not in (Reason.NOT_SHIPPED, Reason.OUT_OF_STOCK) or order.ship_by is None:
        return
    if ticket.reason == Reason.NOT_SHIPPED and sim_now(event.world_id) < order.ship_by:
        return
    evidence = {
        "order": order.number,
        "ticket": ticket.id,
        "refund": event.amount,
        "ship_by": order.ship_by.isoformat(),
    }
    summary = f"订单 {order.number} 付款后没有发货，买家退款"
    pay = (order.buyer_id, RULES["R7"].compensation)
    record_violation(
        event.world_id, order.shop_id, Case("R7", ("order", order.id), summary, evidence, f"R7:order:{order.id}", pay)
    )


def on_inspect_promotion(task: DueTask) -> None:
    """先涨价再打折 (R12): an activity has begun whose struck-out prices were raised just before it."""
    promotion = db.session.get(Promotion, task.target_id, populate_existing=True)
    if promotion is None or promotion.state not in (PromotionState.RUNNING, PromotionState.ENDED):
        return
    found = price_honesty.raised(promotion, promotion.starts_at)
    if not found:
        return
    evidence = {
        "promotion": promotion.name,
        "kind": str(promotion.kind),
        "starts_at": promotion.starts_at.isoformat(),
        "skus": [[one.name, one.before, one.now] for one in found],
    }
    summary = f"活动“{promotion.name}”：{found[0].text}"
    case = Case("R12", ("promotion", promotion.id), summary, evidence, f"R12:promotion:{promotion.id}")
    record_violation(promotion.world_id, promotion.shop_id, case)


def on_dispute_decided(_sender: Any, *, event: DisputeDecided) -> None:
    """假冒 (R14): the platform found for a buyer who had said that the brand is counterfeit."""
    ticket = db.session.get_one(AfterSale, event.after_sale_id)
    if not event.for_buyer or ticket.reason is not Reason.COUNTERFEIT:
        return
    line = db.session.get_one(OrderLine, ticket.line_id)
    evidence = {
        "order": db.session.get_one(Order, event.order_id).number,
        "ticket": ticket.id,
        "title": line.title,
        "buyer_says": ticket.text,
        "verdict": ticket.verdict,
        "by_instructor": event.by_instructor,
    }
    summary = f"售后裁决：商品“{line.title}”被证实为假冒品牌"
    case = Case("R14", ("listing", line.listing_id), summary, evidence, f"R14:ticket:{ticket.id}")
    record_violation(event.world_id, event.shop_id, case)


def _look_for_brushing(order: Order) -> None:
    """刷单 (R9): the shop's own people buy, or one address orders too often within an hour."""
    own = db.session.scalar(
        sa.select(sa.func.count())
        .select_from(Shop)
        .outerjoin(ShopMember, sa.and_(ShopMember.shop_id == Shop.id, ShopMember.state == MemberState.ACTIVE))
        .where(
            Shop.id == order.shop_id, sa.or_(Shop.owner_id == order.buyer_id, ShopMember.account_id == order.buyer_id)
        )
    )
    now = sim_now(order.world_id)
    evidence: dict[str, Any] = {"order": order.number, "payable": order.payable}
    if own:
        summary = f"订单 {order.number} 的买家是店铺自己的成员"
    else:
        same = db.session.scalars(
            sa.select(Order.number).where(
                Order.shop_id == order.shop_id,
                Order.paid_at > now - BRUSH_WINDOW,
                Order.receiver_region == order.receiver_region,
                Order.receiver_detail == order.receiver_detail,
                Order.receiver_phone == order.receiver_phone,
            )
        ).all()
        if len(same) <= BRUSH_ORDERS:
            return
        evidence["orders"] = sorted(same)
        summary = f"同一收货地址一小时内付款 {len(same)} 笔订单"
    hour = f"{now:%Y%m%d%H}"
    case = Case("R9", ("order", order.id), summary, evidence, f"R9:{order.shop_id}:{order.buyer_id}:{hour}")
    row = record_violation(order.world_id, order.shop_id, case)
    if row.severity is Severity.SERIOUS and row.subject_id == order.id and row.points:
        _remove_sales(order)


def _remove_sales(order: Order) -> None:
    """Take the units of a brushed order out of the sales figures of their goods."""
    sold: dict[int, int] = {}
    lines = db.session.execute(
        sa.select(OrderLine.listing_id, OrderLine.quantity).where(OrderLine.order_id == order.id)
    ).all()
    for listing_id, quantity in lines:
        sold[listing_id] = sold.get(listing_id, 0) + quantity
    for listing_id in sorted(sold):
        db.session.execute(
            sa.update(Listing)
            .where(Listing.id == listing_id)
            .values(sold=sa.case((Listing.sold >= sold[listing_id], Listing.sold - sold[listing_id]), else_=0))
            .execution_options(synchronize_session=False)
        )


SUBSCRIBERS: tuple[tuple[type[Any], Callable[..., None]], ...] = (
    (ListingPutOnSale, on_listing_on_sale),
    (OrderPaid, on_order_paid),
    (ParcelNotCollected, on_not_collected),
    (ShopOpened, daily.on_shop_opened),
    (RefundPaid, on_refund_paid),
    (DisputeDecided, on_dispute_decided),
)
DUE_HANDLERS: dict[str, Callable[..., None]] = {
    INSPECT: on_inspect,
    LATE: on_late,
    promotions.INSPECT: on_inspect_promotion,
    daily.DAILY: daily.on_daily,
}
