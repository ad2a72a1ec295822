"""规则与违规 for sellers: standing, violations, appeals, teaching cards, the rule book, the check of a form's texts."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from app.core.errors import DomainError
from app.core.money import parse_yuan
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.formats import datetime_zh, when
from app.core.web.paging import page_number, paginate
from app.worlds.clock import sim_now
from sim_mall import access, access_service
from sim_mall.domain.audit_rules import MAX_SKUS
from sim_mall.domain.rules.book import RULES
from sim_mall.domain.rules.checks import FIELD_NAMES, GoodsFacts
from sim_mall.domain.rules.penalties import EFFECT_NAMES, half_back
from sim_mall.domain.rules.rulebook import NOTICE, SEVERITY_NAMES, Severity, points_text
from sim_mall.domain.rules.violation_flow import VIOLATION_NAMES, ViolationState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.forms.rules import AppealForm, VerdictForm
from sim_mall.models.rules import Violation
from sim_mall.services import funds
from sim_mall.services.rules import checking, reading, violations
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.shown import deadline, digits, done

TONES = {
    ViolationState.EFFECTIVE: "bad",
    ViolationState.APPEALED: "warn",
    ViolationState.UPHELD: "quiet",
    ViolationState.REVOKED: "good",
}
SUBJECTS = {"listing": "商品", "order": "订单", "room": "直播间", "chat": "客服会话", "shop": "店铺"}
EVIDENCE_NAMES = {
    "title": "商品标题",
    "brief": "商品卖点",
    "detail": "商品详情",
    "category": "类目",
    "order": "订单号",
    "orders": "订单号",
    "paid_at": "付款时间",
    "ship_by": "承诺发货时间",
    "shipped_at": "填写运单时间",
    "unshipped": "未发件数",
    "carrier": "快递公司",
    "waybill": "运单号",
    "texts": "原话",
    "text": "原话",
    "days": "日期",
    "rates": "3 分钟人工回复率",
    "lost": "败诉",
    "decided": "已裁决纠纷",
}
MAX_CHECKED = 20_000


def violation_card(row: Violation, now: Any) -> dict[str, Any]:
    """Return a violation as lists show it."""
    rule = RULES[row.rule]
    return {
        "row": row,
        "rule": rule,
        "points": points_text(row.points),
        "returned": points_text(row.returned) if row.returned else "",
        "severity": SEVERITY_NAMES[row.severity],
        "state": VIOLATION_NAMES[row.state],
        "tone": TONES[row.state],
        "at": when(row.at, now),
        "can_appeal": row.state == ViolationState.EFFECTIVE and now < row.appeal_by,
        "can_learn": row.quiz_at is None and row.state != ViolationState.REVOKED,
    }


def _meters(stand: reading.Standing) -> list[dict[str, Any]]:
    return [
        {
            "name": SEVERITY_NAMES[severity],
            "points": points_text(points),
            "value": points / 100,
            "next": stand.next_step(points) // 100,
            "tone": "bad" if points * 2 >= stand.next_step(points) else "room",
        }
        for severity, points in ((Severity.GENERAL, stand.general), (Severity.SERIOUS, stand.serious))
    ]


@seller.get("/rules/")
@requires(Permission.MALL_SELL)
def rules_centre() -> Answer:
    """规则与违规: points, effects in force, violations."""
    shop = access.shop_of(actor(), ShopPower.VIOLATIONS)
    state = request.args.get("state", "")
    stand = reading.standing(shop)
    now = sim_now(shop.world_id)
    page = paginate(reading.of_shop(shop, state), page_number(), 10)
    tabs = [("", "全部"), *((str(key), VIOLATION_NAMES[key]) for key in ViolationState)]
    return render_template(
        "mall/seller/rules.html",
        shop_name=shop.name,
        meters=_meters(stand),
        effects=[(found.name, "长期" if found.until is None else datetime_zh(found.until)) for found in stand.effects],
        deposit=stand.deposit,
        deposit_short=max(0, funds.required_deposit(shop) - stand.deposit),
        page=page,
        rows=[violation_card(row, now) for row in page.items],
        tabs=[
            {"label": label, "url": url_for("seller.rules_centre", state=key or None), "active": key == state}
            for key, label in tabs
        ],
        notice_text=NOTICE,
    )


@seller.get("/rules/book")
@requires(Permission.MALL_SELL, Permission.MALL_SHOP_REVIEW)
def rule_book() -> Answer:
    """规则手册: every rule with its points and how to do it right."""
    return render_template(
        "mall/seller/rule_book.html",
        rules=[
            {
                "rule": rule,
                "points": points_text(rule.points),
                "again": points_text(rule.points_again) if rule.points_again else "",
                "severity": SEVERITY_NAMES[rule.severity],
            }
            for rule in RULES.values()
        ],
        effect_names=EFFECT_NAMES,
        notice_text=NOTICE,
    )


def _evidence(row: Violation) -> tuple[list[tuple[str, str]], list[dict[str, str]]]:
    facts = []
    for name, value in row.evidence.items():
        label = EVIDENCE_NAMES.get(name)
        if not label or value in ("", [], None):
            continue
        shown = "；".join(str(part) for part in value) if isinstance(value, list) else str(value)
        facts.append((label, shown))
    findings = [
        {
            "field": FIELD_NAMES.get(found.get("field", ""), "内容"),
            "shown": found.get("shown", ""),
            "word": found.get("word", ""),
            "message": found.get("message", ""),
            "advice": found.get("advice", ""),
        }
        for found in row.evidence.get("findings", [])
    ]
    return facts, findings


def _subject_url(row: Violation) -> str:
    if row.subject_kind == "listing":
        return url_for("seller.edit_listing", listing_id=row.subject_id)
    return url_for("seller.order", order_id=row.subject_id) if row.subject_kind == "order" else ""


def violation_page(
    row: Violation, *, appeal: AppealForm | None = None, verdict: VerdictForm | None = None, wrong: bool = False
) -> str:
    """Render one violation for the seller or for the instructor."""
    now = sim_now(row.world_id)
    card = violation_card(row, now)
    facts, findings = _evidence(row)
    teacher = actor().may(Permission.MALL_SHOP_REVIEW)
    effects = violations.effects_of(row)
    return render_template(
        "mall/seller/violation.html",
        shop_name=row.shop.name,
        card=card,
        row=row,
        rule=card["rule"],
        subject=SUBJECTS.get(row.subject_kind, "对象"),
        subject_url="" if teacher else _subject_url(row),
        facts=facts,
        findings=findings,
        effects=[
            (
                EFFECT_NAMES[found.effect],
                "已解除" if found.lifted_at else ("长期" if found.until_at is None else datetime_zh(found.until_at)),
            )
            for found in effects
        ],
        teacher=teacher,
        appeal=appeal or AppealForm(),
        verdict=verdict or VerdictForm(),
        can_decide=teacher and row.state in (ViolationState.APPEALED, ViolationState.EFFECTIVE),
        appealed=row.state == ViolationState.APPEALED,
        appeal_left=deadline(row.world_id, row.appeal_by) if card["can_appeal"] else None,
        half=points_text(half_back(row.points)),
        wrong=wrong,
        notice_text=NOTICE,
    )


def _row(violation_id: int) -> Violation:
    if actor().may(Permission.MALL_SHOP_REVIEW):
        return access_service.get_violation(actor(), violation_id)
    return access_service.get_own_violation(actor(), violation_id)


@seller.get("/rules/violations/<int:violation_id>")
@requires(Permission.MALL_SELL, Permission.MALL_SHOP_REVIEW)
def violation(violation_id: int) -> Answer:
    """One violation: evidence, effects, appeal, teaching card; the instructor's verdict."""
    return violation_page(_row(violation_id))


@seller.post("/rules/violations/<int:violation_id>/appeal")
@requires(Permission.MALL_SELL)
def appeal_violation(violation_id: int) -> Answer:
    """申诉."""
    row = access_service.get_own_violation(actor(), violation_id)
    form = AppealForm()
    if not form.accept():
        return violation_page(row, appeal=form), 400
    try:
        with unit_of_work():
            violations.appeal_violation(actor(), violation_id, form.text.data)
    except DomainError as error:
        form.show(error)
        return violation_page(_row(violation_id), appeal=form), error.status
    done("申诉已提交，讲师处理后会通知你。")
    return redirect(url_for("seller.violation", violation_id=violation_id))


@seller.post("/rules/violations/<int:violation_id>/quiz")
@requires(Permission.MALL_SELL)
def answer_quiz(violation_id: int) -> Answer:
    """小测验: both right, half of the points come back."""
    row = access_service.get_own_violation(actor(), violation_id)
    answers = [digits(request.form.get(f"q{n}", "")) for n in range(2)]
    if None in answers:
        flash("请回答两道题再提交。", "error")
        return violation_page(row), 400
    with unit_of_work():
        passed = violations.answer_quiz(actor(), violation_id, [answer or 0 for answer in answers])
    if not passed:
        return violation_page(_row(violation_id), wrong=True), 400
    done(f"两题都答对了，返还 {points_text(half_back(row.points))} 分。" if row.points else "两题都答对了，继续保持。")
    return redirect(url_for("seller.violation", violation_id=violation_id))


def _priced_skus() -> list[tuple[str, int]]:
    """Return the SKUs that a form of goods names with their prices; what is no price yet is left out."""
    found = []
    for place in range(MAX_SKUS):
        try:
            price = parse_yuan(request.form.get(f"skus-{place}-price", "").strip())
        except ValueError:
            continue
        found.append((request.form.get(f"skus-{place}-spec", "")[:120], price))
    return found


@seller.post("/rules/check")
@requires(Permission.MALL_SELL)
def check_texts() -> Answer:
    """Check the texts of a form while they are typed; changes nothing. Answers findings per field."""
    world_id = actor().world()
    texts = {
        name: request.form[name][:MAX_CHECKED]
        for name in ("title", "brief", "detail", "attributes", "brand")
        if request.form.get(name)
    }
    how = checking.strictness(world_id)
    category = (request.form.get("category_l1", "")[:40], request.form.get("category_l2", "")[:40])
    named = [name for name in request.form if name.startswith("attribute:") and request.form[name]]
    stated = {name.removeprefix("attribute:"): request.form[name] for name in named[:100]}
    papers = request.form.get("papers") == "1"  # files lie with the goods; the server looks itself when it is sent
    cover, changed = request.form.get("pictures", "").split(",")[:1], digits(request.form.get("listing", ""))
    seat = access.seat(actor())
    others, look = checking.beside(seat.shop.id, cover, changed) if seat and seat.may(ShopPower.GOODS) else ([], "")
    facts = GoodsFacts(
        texts, category, _priced_skus(), others=others, picture=look, attributes=stated, authorised=papers
    )
    found = checking.check_draft(world_id, facts)
    return {
        "findings": [{**finding.plain(), "stops": checking.counts(finding, how)} for finding in found],
        "notice": NOTICE,
    }
