"""How an after-sale ticket is shown on both sides: card, timeline, evidence."""

from __future__ import annotations

from typing import Any

from flask import url_for

from app.core.flow import history
from app.core.web.formats import when, yuan
from app.worlds.clock import sim_now
from sim_mall.domain.aftersale_flow import (
    AFTERSALE_FLOW,
    GOODS_COME_BACK,
    KIND_NAMES,
    POSTAGE_NAMES,
    REASON_NAMES,
    AfterSaleState,
    Outcome,
    reject_text,
    state_name,
)
from sim_mall.domain.waybill import carrier_name
from sim_mall.models.aftersale import AfterSale
from sim_mall.services import disputes, postage
from sim_mall.views.shown import deadline, line_picture

TICKET_TONES = {
    AfterSaleState.APPLIED: "warn",
    AfterSaleState.REJECTED: "bad",
    AfterSaleState.WAIT_BUYER_SHIP: "warn",
    AfterSaleState.BUYER_SHIPPED: "info",
    AfterSaleState.WAIT_RESHIP: "warn",
    AfterSaleState.RESHIPPED: "info",
    AfterSaleState.DISPUTE: "bad",
    AfterSaleState.REFUNDING: "info",
    AfterSaleState.SUCCESS: "good",
    AfterSaleState.CLOSED: "quiet",
}
_EVENTS = {
    "fast_refund": "未发货，极速退款",
    "agree_refund": "卖家同意退款",
    "agree_return": "卖家同意，等待买家寄回",
    "agree_reship": "卖家同意补寄",
    "intercepted": "包裹退回卖家途中",
    "intercept_failed": "包裹拦截失败",
    "reject": "卖家拒绝了申请",
    "modify": "买家修改了申请",
    "fill_waybill": "买家已寄回商品",
    "receive_ok": "卖家已收到退货",
    "receive_exchange": "卖家已收到退货，准备换货",
    "receive_refuse": "卖家拒绝收货",
    "reship": "卖家已重新发货",
    "reship_late": "卖家没有按时重新发货，改为退款",
    "confirm": "买家确认收到",
    "confirm_late": "超过时限，自动确认收到",
    "escalate": "申请平台介入",
    "verdict_buyer": "平台裁决：支持买家",
    "verdict_seller": "平台裁决：支持卖家",
    "refund_ok": "退款已到账",
    "cancel": "买家撤销了申请",
    "give_up": "超过时限，自动关闭",
}
_BY_CLOCK = {"agree_refund", "agree_return", "agree_reship", "receive_ok", "receive_exchange"}
# what happens when the time is over, by the state that waits
_IN_SILENCE = {
    AfterSaleState.APPLIED: "超时自动同意",
    AfterSaleState.REJECTED: "超时自动关闭",
    AfterSaleState.WAIT_BUYER_SHIP: "超时自动关闭",
    AfterSaleState.BUYER_SHIPPED: "超时自动收货",
    AfterSaleState.WAIT_RESHIP: "超时改为退款",
    AfterSaleState.RESHIPPED: "超时自动确认",
    AfterSaleState.DISPUTE: "到时由平台裁决",
}


def ticket_card(ticket: AfterSale) -> dict[str, Any]:
    """Return a ticket as lists and pages of both sides show it."""
    refunded = ticket.outcome == Outcome.REFUNDED
    return {
        "ticket": ticket,
        "state": state_name(ticket.state, ticket.outcome),
        "tone": TICKET_TONES[ticket.state],
        "kind": KIND_NAMES[ticket.kind],
        "reason": REASON_NAMES[ticket.reason],
        "refusal": reject_text(ticket.reject_code, ticket.reject_reason),
        "picture": line_picture(ticket.line),
        "deadline": deadline(ticket.world_id, ticket.deadline_by),
        "in_silence": _IN_SILENCE.get(ticket.state, ""),
        "carrier": carrier_name(ticket.carrier) if ticket.carrier else "",
        "reship_carrier": carrier_name(ticket.reship_carrier) if ticket.reship_carrier else "",
        "amount": ticket.paid if refunded else ticket.amount,
        "on_the_road": ticket.state == AfterSaleState.BUYER_SHIPPED and ticket.back_signed_at is None,
        "stops_parcel": ticket.parcel_id is not None and ticket.state == AfterSaleState.APPLIED,
        "postage": _postage(ticket),
        "photos": photo_links(ticket.pictures),
    }


def _postage(ticket: AfterSale) -> str:
    """Return who bears the way back, how much it was and whether it came back."""
    if ticket.kind not in GOODS_COME_BACK:
        return ""
    words = POSTAGE_NAMES[postage.bearer(ticket, ticket.order)]
    if not ticket.postage:
        return words
    if ticket.postage_back:
        return f"{yuan(ticket.postage)}，{words}，已退回买家 {yuan(ticket.postage_back)}"
    return f"{yuan(ticket.postage)}，买家已付，{words}"


def photo_links(names: list[Any]) -> list[str]:
    """Return the addresses of stored photos."""
    return [url_for("jobs.fetch", public_name=name) for name in names]


def ticket_timeline(ticket: AfterSale) -> list[dict[str, Any]]:
    """Return what happened to a ticket, newest first."""
    now = sim_now(ticket.world_id)
    items = [
        {
            "title": f"买家申请{KIND_NAMES[ticket.kind]} {ticket.quantity} 件",
            "at": when(ticket.opened_at, now),
            "icon": "receipt-refund",
            "tone": "quiet",
        }
    ]
    for event in history(AFTERSALE_FLOW, ticket.id):
        auto = "（超时自动处理）" if event.account_id is None and event.event in _BY_CLOCK else ""
        good = event.event in {"refund_ok", "confirm", "confirm_late"}
        at = when(event.sim_at, now) if event.sim_at else ""
        items.append(
            {
                "title": _EVENTS[event.event] + auto,
                "at": at,
                "icon": "circle-check" if good else "gavel" if "verdict" in event.event else "point-filled",
                "tone": "good" if good else "quiet",
                "text": ticket.verdict if "verdict" in event.event else "",
            }
        )
    return items[::-1]


def evidence_rows(ticket: AfterSale) -> list[dict[str, Any]]:
    """Return what both sides have said, oldest first."""
    now = sim_now(ticket.world_id)
    return [
        {
            "side": "买家" if row.side == "buyer" else "卖家",
            "text": row.text,
            "photos": photo_links(row.pictures),
            "at": when(row.at, now),
        }
        for row in disputes.evidence_of(ticket.id)
    ]


def can_escalate(ticket: AfterSale) -> bool:
    """Say whether either side may call the platform in now."""
    return AFTERSALE_FLOW.find(ticket.state, "escalate") is not None
