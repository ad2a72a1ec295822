"""Simulated invoices (模拟发票): asked for by the buyer, issued by the seller."""

from __future__ import annotations

import re
from enum import StrEnum

from app.core.flow import Flow, on
from app.core.permissions import Role


class InvoiceState(StrEnum):
    """Where an invoice stands."""

    REQUESTED = "requested"  # 待开票
    ISSUED = "issued"  # 已开票
    WITHDRAWN = "withdrawn"  # 已撤回: the buyer does not want it any more


class InvoiceKind(StrEnum):
    """To whom the invoice is made out."""

    PERSON = "person"  # 个人
    COMPANY = "company"  # 企业: with a tax number


INVOICE_NAMES: dict[str, str] = {
    InvoiceState.REQUESTED: "待开票",
    InvoiceState.ISSUED: "已开票",
    InvoiceState.WITHDRAWN: "已撤回",
}
INVOICE_KINDS = {InvoiceKind.PERSON: "个人", InvoiceKind.COMPANY: "企业"}

INVOICE_FLOW = Flow(
    "mall.invoice",
    InvoiceState,
    InvoiceState.REQUESTED,
    [
        on("issue", InvoiceState.REQUESTED, InvoiceState.ISSUED, Role.TRAINEE, "这张发票已经开出或已撤回。"),
        on("withdraw", InvoiceState.REQUESTED, InvoiceState.WITHDRAWN, Role.TRAINEE, "发票已开出，不能撤回。"),
        on("ask_again", InvoiceState.WITHDRAWN, InvoiceState.REQUESTED, Role.TRAINEE, "已经申请过发票。"),
    ],
    final=frozenset({InvoiceState.ISSUED}),
    names=INVOICE_NAMES,
)

_TAX_NUMBER = re.compile(r"[0-9A-Z]{15}|[0-9A-Z]{18}|[0-9A-Z]{20}", re.ASCII)


def invoice_problem(kind: InvoiceKind, title: str, tax_number: str) -> tuple[str, str] | None:
    """Return (field, Chinese sentence) for what is wrong with what was asked for; None when it holds."""
    if not 2 <= len(title) <= 60:
        return "title", "请填写发票抬头，2 到 60 个字。"
    if kind is InvoiceKind.COMPANY and not _TAX_NUMBER.fullmatch(tax_number):
        return "tax_number", "企业发票请填写 15、18 或 20 位税号，只含数字和大写字母。"
    if kind is InvoiceKind.PERSON and tax_number:
        return "tax_number", "个人发票不需要税号，请清空，或改为企业发票。"
    return None
