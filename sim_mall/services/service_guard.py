"""What may not be sent in a chat (发送前拦截): contact details, abuse, other buyers' data (R10, R11)."""

from __future__ import annotations

import re

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, Issue
from sim_mall.domain.rules.book import RULES
from sim_mall.domain.rules.checks import Finding
from sim_mall.domain.rules.contacts import DIGITS
from sim_mall.domain.rules.matching import Level, Place, fold
from sim_mall.domain.rules.rulebook import NOTICE
from sim_mall.models.service import ServiceThread
from sim_mall.models.trade import Order
from sim_mall.services.rules import checking
from sim_mall.services.rules.violations import Case, record_violation

INTERCEPTED = frozenset({"R10", "R11"})
_PHONE = re.compile(r"1[3-9]\d{9}")


def _phones(text: str) -> set[str]:
    return set(_PHONE.findall(fold(text)[0].translate(DIGITS).replace("-", "")))


def findings_for(thread: ServiceThread, text: str, *, from_shop: bool) -> list[Finding]:
    """Return why a message must not be sent; [] when it may.

    A shop may repeat the phone that this buyer gave with an order; another buyer's phone is a leak (R11).
    """
    found = [
        finding
        for finding in checking.check_words(thread.world_id, text, Place.CHAT)
        if finding.rule in INTERCEPTED and finding.level is Level.BAN
    ]
    phones = _phones(text)
    if not (from_shop and phones and found):
        return found
    owners = db.session.execute(
        sa.select(Order.receiver_phone, Order.buyer_id)
        .where(Order.shop_id == thread.shop_id, Order.receiver_phone.in_(phones))
        .distinct()
    ).all()
    own = {phone for phone, buyer in owners if buyer == thread.buyer_id}
    leaked = {phone for phone, buyer in owners if buyer != thread.buyer_id} - own
    checked = []
    for finding in found:
        spoken = _phones(finding.word)
        if finding.rule == "R10" and spoken and spoken <= own:
            continue
        if finding.rule == "R10" and spoken & leaked:
            rule = RULES["R11"]
            finding = Finding(  # noqa: PLW2901 - the same words, a graver rule
                "R11", finding.field, finding.word, finding.shown, Level.BAN, "含有其他买家的手机号", rule.how_to
            )
        checked.append(finding)
    return checked


def refuse(found: list[Finding], *, from_shop: bool) -> None:
    """Raise InvalidInput (code rule_risk) that says what is wrong and how to write it right."""
    first = found[0]
    issues = [Issue(f"{finding.message}。{finding.advice}", "text") for finding in found]
    end = "也可以选择“仍要发送（模拟）”，消息会被平台拦截并记一次违规。" if from_shop else "改好后再发。"
    raise InvalidInput(
        f"{first.message}，不能发送。{first.advice}{end}", code=checking.RISKY, field="text", issues=issues
    )


def record_intercepted(actor: Actor, thread: ServiceThread, text: str, found: list[Finding], key: str) -> int:
    """Record the violation of a message that was sent all the same; the message itself goes nowhere."""
    rule = "R11" if any(finding.rule == "R11" for finding in found) else "R10"
    evidence = {"text": text, "seat": actor.account_id, "findings": [finding.plain() for finding in found[:10]]}
    summary = f"客服消息被拦截：{found[0].message}"
    case = Case(rule, ("chat", thread.id), summary, evidence, f"chat:{thread.id}:{actor.account_id}:{key}"[:80])
    return record_violation(thread.world_id, thread.shop_id, case).id


def intercepted_text(found: list[Finding]) -> str:
    """Return what the seat reads in place of the message."""
    return f"消息已被平台拦截（{found[0].message}），买家没有收到。{NOTICE}。"
