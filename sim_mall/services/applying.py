"""Applying for an after-sale (申请售后): what a line still allows, opening a ticket, changing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, NotFound, Refused
from app.core.events import publish
from app.core.idempotency import once
from app.core.permissions import Permission
from app.core.web.formats import yuan
from app.worlds import due
from app.worlds.clock import get_world, sim_now
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.aftersale_flow import (
    KIND_NAMES,
    KIND_REASONS,
    QUALITY_REASONS,
    REASON_NAMES,
    WITHOUT_FAULT,
    AfterSaleKind,
    AfterSaleStage,
    AfterSaleState,
    Reason,
)
from sim_mall.domain.order_flow import OrderState
from sim_mall.domain.parcel_flow import UNSIGNED
from sim_mall.domain.pricing.refunds import refund_of_units
from sim_mall.events import TicketOpened
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.goods import Sku
from sim_mall.models.trade import Order, OrderLine, Parcel, ParcelLine
from sim_mall.services import shipping, tickets
from sim_mall.services.notices import note

MAX_TEXT = 300
MAX_PICTURES = 6


@dataclass(frozen=True, slots=True)
class Claim:
    """What a buyer asks for. amount: fen, None for all that the units bring back; exchange_sku_id: for 换货."""

    kind: AfterSaleKind
    quantity: int
    reason: Reason
    text: str = ""
    amount: int | None = None
    exchange_sku_id: int | None = None
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Swap:
    """A SKU that a unit may be exchanged for. more: what a unit costs more (fen); left: units in stock."""

    sku_id: int
    spec: str
    more: int
    left: int
    same: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """What a line still allows. Most that n units bring back: ``amounts[n - 1]`` (fen)."""

    unshipped: int
    shipped: int
    amounts: tuple[int, ...]
    closed_reason: str

    @property
    def most(self) -> int:
        return max(self.unshipped, self.shipped)

    def kinds(self) -> tuple[AfterSaleKind, ...]:
        """Return the kinds that can be asked for now."""
        if self.closed_reason or not self.most:
            return ()
        if not self.shipped:
            return (AfterSaleKind.REFUND_ONLY,)
        return tuple(AfterSaleKind)


def offer(order: Order, line: OrderLine) -> Offer:
    """Return what the buyer may still ask back of this line, and why nothing if so."""
    free = tickets.free_units(line)
    amounts = tuple(refund_of_units(line.payable, line.quantity, free[:n]) for n in range(1, len(free) + 1))
    now = sim_now(order.world_id)
    reason = closed_reason(order, now, Reason.QUALITY)
    return Offer(line.shippable, line.returnable, amounts, reason)


def swaps(line: OrderLine) -> list[Swap]:
    """Return what units of the line may be exchanged for: SKUs of the same listing that are not cheaper."""
    skus = list(
        db.session.scalars(
            sa.select(Sku)
            .options(sa.orm.joinedload(Sku.stock))
            .where(Sku.listing_id == line.listing_id)
            .order_by(Sku.id)
            .execution_options(populate_existing=True)
        )
    )
    here = next((sku.price for sku in skus if sku.id == line.sku_id), line.unit_price)
    return [
        Swap(sku.id, sku.spec, sku.price - here, sku.stock.saleable, sku.id == line.sku_id)
        for sku in skus
        if sku.id == line.sku_id or (not sku.removed and sku.price >= here)
    ]


def closed_reason(order: Order, now: datetime, reason: Reason) -> str:
    """Return why no after-sale of this reason is possible any more, '' while it is."""
    if order.state in (OrderState.PENDING_PAY, OrderState.CLOSED):
        return "订单未付款或已关闭，不能申请售后。"
    if order.forming:
        return "这笔订单还在拼团：凑够人数后可以申请售后，到时间没凑够会全额退款。"
    if order.state == OrderState.COMPLETED and order.completed_at is not None:
        world = get_world(order.world_id)
        plain, quality = setting(world, "after_sale_days"), setting(world, "quality_days")
        days = max(plain, quality) if reason in QUALITY_REASONS else plain
        if now > order.completed_at + timedelta(days=days):
            if days == plain and now <= order.completed_at + timedelta(days=quality):
                return f"已超过 {plain} 天无理由售后期，只能因商品质量问题申请售后。"
            return f"已超过 {days} 天售后期，不能再申请售后。"
    return ""


def apply_after_sale(actor: Actor, order_id: int, line_id: int, claim: Claim, key: str) -> AfterSale:
    """Open a ticket for units of a line. Raises Refused when the units or the money are not there."""
    actor.require(Permission.MALL_BUY)
    body = [order_id, line_id, claim.kind, claim.quantity, claim.reason, claim.text, claim.amount]
    body += [claim.exchange_sku_id] if claim.exchange_sku_id else []
    ticket_id = once(actor, key, "after_sale.apply", body, lambda: _apply(actor, order_id, line_id, claim))
    return access.get_bought_ticket(actor, ticket_id)


def _stage(line: OrderLine, claim: Claim) -> AfterSaleStage:
    if claim.kind is not AfterSaleKind.REFUND_ONLY:
        if line.returnable < claim.quantity:
            raise Refused(
                f"可以{KIND_NAMES[claim.kind]}的数量是 {line.returnable} 件，未发货的商品请选择“仅退款”。",
                code="too_many_units",
            )
        return AfterSaleStage.AFTER_SHIP
    if line.shippable >= claim.quantity:
        return AfterSaleStage.BEFORE_SHIP
    if line.returnable >= claim.quantity:
        return AfterSaleStage.AFTER_SHIP
    raise Refused(
        f"可以申请的数量是 {max(line.shippable, line.returnable)} 件，其余已在退款或已退款。", code="too_many_units"
    )


def _check_claim(claim: Claim, line: OrderLine, stage: AfterSaleStage, most: int) -> int:
    """Return the amount asked for. Raises InvalidInput naming the field, Refused for 无理由 without promise."""
    if claim.reason not in KIND_REASONS[claim.kind]:
        raise InvalidInput(f"{KIND_NAMES[claim.kind]}不能选这个原因，请重新选择。", field="reason")
    if stage is AfterSaleStage.AFTER_SHIP and not line.seven_day and claim.reason in WITHOUT_FAULT:
        raise Refused(
            f"“{line.title}”下单时注明不支持 7 天无理由退货，已经发出的不能因“{REASON_NAMES[claim.reason]}”退换；"
            "商品有质量问题、与描述不符、少件错发或破损的，请选择对应的原因。",
            code="no_seven_day",
        )
    if len(claim.text) > MAX_TEXT:
        raise InvalidInput(f"问题描述不超过 {MAX_TEXT} 个字。", field="text")
    if len(claim.pictures) > MAX_PICTURES:
        raise InvalidInput(f"凭证图片最多 {MAX_PICTURES} 张。", field="pictures")
    if claim.kind in (AfterSaleKind.EXCHANGE, AfterSaleKind.RESEND):
        return most
    amount = most if claim.amount is None else claim.amount
    if not 0 <= amount <= most or (amount == 0 and most > 0):
        raise InvalidInput(f"退款金额最多 {yuan(most)}，至少 0.01 元。", field="amount")
    return amount


def _swap(line: OrderLine, claim: Claim) -> Swap | None:
    """Return what the units are to be exchanged for. Raises InvalidInput for a SKU that is no choice."""
    if claim.kind is not AfterSaleKind.EXCHANGE:
        return None
    choices = {choice.sku_id: choice for choice in swaps(line)}
    chosen = choices.get(claim.exchange_sku_id or line.sku_id)
    if chosen is None:
        raise InvalidInput(
            "只能换成同款同价或更贵的规格；想换更便宜的，请退货退款后重新下单。", field="exchange_sku_id"
        )
    return chosen


def _apply(actor: Actor, order_id: int, line_id: int, claim: Claim) -> int:
    order = access.get_bought_order(actor, order_id, lock=True)
    lines = {line.id: line for line in access.lines_of(order)}
    line = lines.get(line_id)
    if line is None:
        raise InvalidInput("请选择要售后的商品。", field="line")
    if reason := closed_reason(order, sim_now(order.world_id), claim.reason):
        raise Refused(reason, code="no_after_sale")
    if not 1 <= claim.quantity <= line.quantity:
        raise InvalidInput("申请数量应在 1 到购买数量之间。", field="quantity")
    return open_ticket(actor, order, line, claim, _stage(line, claim)).id


def open_ticket(actor: Actor, order: Order, line: OrderLine, claim: Claim, stage: AfterSaleStage) -> AfterSale:
    """Write a ticket for free units of a line of a locked order, and start the seller's clock."""
    now = sim_now(order.world_id)
    free = tickets.free_units(line)[: claim.quantity]
    most = refund_of_units(line.payable, line.quantity, free)
    by_platform = actor.is_system
    amount = most if by_platform else _check_claim(claim, line, stage, most)
    swap = _swap(line, claim)
    tickets.hold_units(line, claim.quantity, stage)
    world = get_world(order.world_id)
    deadline = now + timedelta(hours=setting(world, "seller_answer_hours"))
    ticket = AfterSale(
        state=AfterSaleState.APPLIED,
        world_id=order.world_id,
        order_id=order.id,
        line_id=line.id,
        shop_id=order.shop_id,
        buyer_id=order.buyer_id,
        kind=claim.kind,
        stage=stage,
        quantity=claim.quantity,
        units=free,
        amount=amount,
        reason=claim.reason,
        text=claim.text.strip(),
        pictures=list(claim.pictures),
        exchange_sku_id=None if swap is None or swap.same else swap.sku_id,
        exchange_spec="" if swap is None else swap.spec,
        difference=0 if swap is None or swap.same else swap.more * claim.quantity,
        parcel_id=_parcel_to_stop(order, line, claim, stage),
        opened_at=now,
        deadline_by=deadline,
    )
    db.session.add(ticket)
    db.session.flush()
    order.modified_at = now
    shipping.pause_receipt(order)
    due.schedule(order.world_id, deadline, tickets.ANSWER, ticket.id, AfterSaleState.APPLIED)
    if stage is AfterSaleStage.BEFORE_SHIP and claim.quantity == line.quantity and setting(world, "fast_refund"):
        due.schedule(order.world_id, now, tickets.FAST, ticket.id, AfterSaleState.APPLIED)  # 极速退款
    facts = {"kind": claim.kind, "line": line.id, "quantity": claim.quantity, "amount": amount, "reason": claim.reason}
    note(actor, order.world_id, "after_sale.applied", f"after_sale:{ticket.id}", facts)
    text = f"订单 {order.number} 申请{KIND_NAMES[claim.kind]}，请及时处理。"
    tickets.tell_seller(ticket, order, "新的售后申请", text)
    publish(
        TicketOpened(
            order.world_id, order.id, ticket.id, order.shop_id, order.buyer_id, str(claim.kind), str(claim.reason)
        )
    )
    return ticket


def _parcel_to_stop(order: Order, line: OrderLine, claim: Claim, stage: AfterSaleStage) -> int | None:
    """Return the parcel on its way that holds just these units: agreeing will try to stop it (拦截)."""
    if claim.kind is not AfterSaleKind.REFUND_ONLY or stage is AfterSaleStage.BEFORE_SHIP:
        return None
    if order.state == OrderState.COMPLETED:  # the buyer has said that it came
        return None
    found = db.session.execute(
        sa.select(ParcelLine.parcel_id, sa.func.sum(ParcelLine.quantity), sa.func.min(ParcelLine.line_id))
        .join(Parcel, Parcel.id == ParcelLine.parcel_id)
        .where(Parcel.order_id == order.id, Parcel.state.in_(UNSIGNED))
        .group_by(ParcelLine.parcel_id)
        .having(sa.func.count() == 1)
        .order_by(ParcelLine.parcel_id)
    ).all()
    stopped = set(
        db.session.scalars(
            sa.select(AfterSale.parcel_id).where(
                AfterSale.order_id == order.id,
                AfterSale.parcel_id.is_not(None),
                AfterSale.state != AfterSaleState.CLOSED,
            )
        )
    )
    for parcel_id, units, line_id in found:
        if line_id == line.id and int(units) == claim.quantity and parcel_id not in stopped:
            return int(parcel_id)
    return None


def modify(actor: Actor, ticket_id: int, version: int | None, claim: Claim) -> AfterSale:
    """Change kind, amount, reason or words of an own ticket and send it again; the units stay."""
    actor.require(Permission.MALL_BUY)
    ticket = access.get_bought_ticket(actor, ticket_id)
    order = tickets.lock(ticket, version)
    line = next(line for line in access.lines_of(order) if line.id == ticket.line_id)
    if claim.kind is not AfterSaleKind.REFUND_ONLY and ticket.stage == AfterSaleStage.BEFORE_SHIP:
        raise InvalidInput("未发货的商品只能申请仅退款。", field="kind")
    most = refund_of_units(line.payable, line.quantity, ticket.units)
    amount = _check_claim(claim, line, ticket.stage, most)
    swap = _swap(line, claim)
    tickets.drop_promises(ticket)
    until = tickets.Until(tickets.ANSWER, tickets.hours(ticket, "seller_answer_hours"))
    tickets.move(
        ticket,
        "modify",
        actor,
        until,
        kind=claim.kind,
        amount=amount,
        reason=claim.reason,
        text=claim.text.strip(),
        pictures=list(claim.pictures) or ticket.pictures,
        exchange_sku_id=None if swap is None or swap.same else swap.sku_id,
        exchange_spec="" if swap is None else swap.spec,
        difference=0 if swap is None or swap.same else swap.more * ticket.quantity,
        parcel_id=ticket.parcel_id if claim.kind is AfterSaleKind.REFUND_ONLY else None,
        reject_code="",
        reject_reason="",
    )
    text = f"订单 {order.number} 的买家修改了申请，请重新处理。"
    tickets.tell_seller(ticket, order, "售后申请有修改", text)
    return ticket


def line_of(order: Order, line_id: int) -> OrderLine:
    """Return a line of an order. Raises NotFound for any other."""
    found = next((line for line in order.lines if line.id == line_id), None)
    if found is None:
        raise NotFound
    return found


def picture_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the public names of uploaded pictures as a claim keeps them."""
    return tuple(name for name in names if name)[: MAX_PICTURES + 1]
