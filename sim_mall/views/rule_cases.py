"""The instructor's side of the rules: cases with appeals first, verdicts, the world's word list, strictness."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for

from app.core.errors import DomainError
from app.core.files import read_upload
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.downloads import attachment
from app.core.web.paging import Page, page_number, paginate
from app.worlds.clock import sim_now
from app.worlds.settings import change_setting
from sim_mall import access_service
from sim_mall.domain.rules.book import RULES, WORD_RULES
from sim_mall.domain.rules.matching import LEVEL_NAMES
from sim_mall.domain.rules.rulebook import NOTICE
from sim_mall.domain.rules.violation_flow import VIOLATION_NAMES, ViolationState
from sim_mall.forms.rules import StrictnessForm, VerdictForm, WordForm
from sim_mall.services.rules import checking, reading, violations, words
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.rules import violation_card, violation_page
from sim_mall.views.shown import done

PAGE = 50
FILE_LIMIT = 2 * 1024 * 1024
ORIGINS = {"platform": "平台词表", "changed": "已调整", "own": "本班添加"}


@seller.get("/rules/cases")
@requires(Permission.MALL_SHOP_REVIEW)
def rule_cases() -> Answer:
    """违规处理: all violations of the class, appeals first."""
    who = actor()
    state, rule = request.args.get("state", ""), request.args.get("rule", "")
    now = sim_now(who.world())
    page = paginate(reading.cases(who, state, rule if rule in RULES else ""), page_number(), 20)
    counts = reading.case_counts(who)
    return render_template(
        "mall/seller/rule_cases.html",
        page=page,
        rows=[violation_card(row, now) for row in page.items],
        tabs=[
            {
                "label": label,
                "url": url_for("seller.rule_cases", state=key or None, rule=rule or None),
                "active": key == state,
                "count": counts.get(key) if key else sum(counts.values()),
            }
            for key, label in [("", "全部"), *((str(key), VIOLATION_NAMES[key]) for key in ViolationState)]
        ],
        rules=[("", "全部规则"), *((rule.id, f"{rule.id} {rule.name}") for rule in RULES.values())],
        rule=rule,
        state=state,
        form=StrictnessForm(data={"strictness": str(int(checking.strictness(who.world())))}),
        notice_text=NOTICE,
    )


@seller.post("/rules/strictness")
@requires(Permission.MALL_SHOP_REVIEW)
def set_strictness() -> Answer:
    """规则力度."""
    form = StrictnessForm()
    if form.accept():
        with unit_of_work():
            change_setting(actor(), actor().world(), "rule_strictness", int(form.strictness.data))
        done("规则力度已保存，对之后发现的违规生效。")
    else:
        flash("请选择规则力度。", "error")
    return redirect(url_for("seller.rule_cases"))


@seller.post("/rules/violations/<int:violation_id>/verdict")
@requires(Permission.MALL_SHOP_REVIEW)
def decide_appeal(violation_id: int) -> Answer:
    """申诉成立 or 维持违规."""
    row = access_service.get_violation(actor(), violation_id)
    form = VerdictForm()
    if not form.accept():
        return violation_page(row, verdict=form), 400
    try:
        with unit_of_work():
            violations.decide_appeal(actor(), violation_id, revoke=form.verdict.data == "revoke", text=form.text.data)
    except DomainError as error:
        form.show(error)
        return violation_page(access_service.get_violation(actor(), violation_id), verdict=form), error.status
    done("结论已保存，学员会收到通知。")
    return redirect(url_for("seller.rule_cases"))


def _words_page(form: WordForm | None = None, issues: tuple[str, ...] = ()) -> str:
    who = actor()
    q, rule = request.args.get("q", "").strip()[:40], request.args.get("rule", "")
    state = request.args.get("state", "")
    found = [
        entry
        for entry in words.entries(who.world())
        if (not q or q in entry.word.text)
        and (not rule or entry.word.rule == rule)
        and (not state or entry.active == (state == "on"))
    ]
    number = min(page_number(), max(1, -(-len(found) // PAGE)))
    page = Page(found[(number - 1) * PAGE : number * PAGE], number, PAGE, len(found))
    return render_template(
        "mall/seller/rule_words.html",
        page=page,
        rows=page.items,
        q=q,
        rule=rule,
        state=state,
        rules=[("", "全部规则"), *((key, f"{key} {RULES[key].name}") for key in WORD_RULES)],
        states=[("", "全部"), ("on", "启用"), ("off", "停用")],
        rule_names={key: RULES[key].name for key in WORD_RULES},
        level_names=LEVEL_NAMES,
        origins=ORIGINS,
        form=form or WordForm(),
        issues=issues,
        notice_text=NOTICE,
    )


@seller.get("/rules/words")
@requires(Permission.MALL_SHOP_REVIEW)
def rule_words() -> Answer:
    """词表: the platform's words and those of this class."""
    return _words_page()


@seller.post("/rules/words")
@requires(Permission.MALL_SHOP_REVIEW)
def save_word() -> Answer:
    """Add or change a word."""
    form = WordForm()
    if not form.accept():
        return _words_page(form), 400
    try:
        with unit_of_work():
            words.save_word(
                actor(),
                form.text.data,
                form.rule.data,
                form.level.data,
                form.exceptions.data or "",
                form.advice.data or "",
            )
    except DomainError as error:
        form.show(error)
        return _words_page(form), error.status
    done(f"“{form.text.data}”已保存，马上生效。")
    return redirect(url_for("seller.rule_words"))


@seller.post("/rules/words/switch")
@requires(Permission.MALL_SHOP_REVIEW)
def switch_word() -> Answer:
    """启用 or 停用 a word."""
    active = request.form.get("active") == "1"
    with unit_of_work():
        words.switch_word(actor(), request.form.get("text", ""), active=active)
    done("已启用。" if active else "已停用，不再检查这个词。")
    return redirect(url_for("seller.rule_words", q=request.form.get("q") or None))


@seller.post("/rules/words/import")
@requires(Permission.MALL_SHOP_REVIEW)
def import_words() -> Answer:
    """导入 a CSV; all or nothing, words that are too broad come in switched off."""
    try:
        data = read_upload(request.files.get("file"), kinds={"text/plain": "CSV 文本"}, limit=FILE_LIMIT)
        with unit_of_work():
            result = words.import_words(actor(), data)
    except DomainError as error:
        issues = tuple(f"第 {i.row} 行“{i.field}”：{i.message}" for i in error.issues) or (error.message,)
        return _words_page(issues=issues), error.status
    broad = [f"“{text}”（{reason}）" for text, reason in result.off if "停用" not in reason]
    text = f"导入 {result.taken} 个词。"
    if broad:
        text += f"其中 {len(broad)} 个会误伤正常用语，先停用：{'、'.join(broad[:5])}{'……' if len(broad) > 5 else ''}"
    if result.skipped:
        text += f"跳过 {len(result.skipped)} 行正则表达式。"
    done(text)
    return redirect(url_for("seller.rule_words"))


@seller.get("/rules/words/export")
@requires(Permission.MALL_SHOP_REVIEW)
def export_words() -> Answer:
    """导出 the list as a CSV."""
    return attachment(words.export_words(actor()), "违规词表.csv", "text/csv; charset=utf-8")


@seller.post("/rules/words/reset")
@requires(Permission.MALL_SHOP_REVIEW)
def reset_words() -> Answer:
    """恢复平台词表."""
    with unit_of_work():
        count = words.reset_words(actor())
    done(f"已恢复平台词表，去掉 {count} 处本班的调整。" if count else "现在就是平台词表。")
    return redirect(url_for("seller.rule_words"))
