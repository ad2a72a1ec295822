"""Registration of a shop (店铺注册): one page or step by step, deposit, state, licences."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import redirect, render_template, request, url_for

from app.core import files
from app.core.errors import DomainError
from app.core.files import read_upload
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.formats import when
from app.core.web.forms import Form
from app.ledger import book
from app.worlds.clock import get_world, sim_now
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.category_book import LICENCE_OF_BUSINESS
from sim_mall.domain.papers import LICENCES, Papers, form_findings, needs_licence
from sim_mall.domain.shop_flow import SHOP_NAMES, SUBJECT_NAMES, ShopState, Subject
from sim_mall.forms.shop import AccountForm, LicenceForm, PapersForm, RegisterForm, SignFields, SubjectForm, SubmitForm
from sim_mall.models.shops import Shop
from sim_mall.services import shop_life, shop_papers, shops
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.shown import done

STEPS = {"subject": "主体", "papers": "证件", "account": "结算", "sign": "店铺", "submit": "确认"}
FORMS: dict[str, type[Form]] = {
    "subject": SubjectForm,
    "papers": PapersForm,
    "account": AccountForm,
    "sign": SignFields,
    "submit": SubmitForm,
}
STEP_OF_FIELD = {
    "subject": "subject",
    **dict.fromkeys(("holder", "id_number", "id_until", "company", "licence_number", "licence_until"), "papers"),
    **dict.fromkeys(("bank", "account_name", "account_number", "phone"), "account"),
    **dict.fromkeys(("name", "business", "intro"), "sign"),
}
KINDS = {"application/pdf": "PDF", "image/jpeg": "JPG", "image/png": "PNG"}
MAX_FILE = 5 * 1024 * 1024


def _progress(state: ShopState | None) -> list[dict[str, str]]:
    order = {ShopState.SUBMITTED: 1, ShopState.DEPOSIT_DUE: 2}
    reached = 0 if state in (None, ShopState.DRAFT, ShopState.REJECTED) else order.get(state or ShopState.OPEN, 4)
    labels = ("填写资料", "审核", "缴纳保证金", "开店")
    return [
        {"label": label, "state": "done" if index < reached else "current" if index == reached else "todo"}
        for index, label in enumerate(labels)
    ]


def paper_facts(shop: Shop) -> list[tuple[str, str]]:
    """Return the papers of a shop as (label, value) pairs for a list of facts."""
    papers = shop_papers.papers_of(shop)
    until = f"{papers.id_until:%Y-%m-%d}" if papers.id_until else "长期"
    rows = [("经营者", papers.holder), ("身份证号", papers.id_number), ("身份证有效期", until)]
    if needs_licence(shop.subject):
        until = f"{papers.licence_until:%Y-%m-%d}" if papers.licence_until else "长期"
        rows += [("执照名称", papers.company), ("信用代码", papers.licence_number), ("执照有效期", until)]
    rows += [("结算账户", f"{papers.bank} {papers.account_name} {papers.account_number}"), ("联系电话", papers.phone)]
    return [(label, value) for label, value in rows if value.strip()]


def licence_rows(shop: Shop) -> list[dict[str, Any]]:
    """Return the licences of a shop as its pages show them."""
    today = shop_papers.sim_today(shop.world_id)
    return [
        {
            "row": row,
            "until": f"{row.valid_until:%Y年%m月%d日}" if row.valid_until else "长期",
            "expired": row.valid_until is not None and row.valid_until < today,
        }
        for row in shop_papers.licences(shop)
    ]


def _page(form: RegisterForm | None, shop: Shop | None, licence_form: LicenceForm | None = None) -> str:
    who = actor()
    world = get_world(who.world())
    now = sim_now(world.id)
    state = shop.state if shop else None
    running = bool(shop and state in access.VISIBLE)
    return render_template(
        "mall/seller/register.html",
        form=form,
        shop=shop,
        shop_name=shop.name if shop else "",
        state=SHOP_NAMES[shop.state] if shop else "",
        states=ShopState,
        subject=SUBJECT_NAMES[shop.subject] if shop else "",
        deposit=shops.deposit_due(world.id, shop.business if shop else ""),
        deposits=[(name, shops.deposit_due(world.id, name)) for name in ("服装鞋包", "食品生鲜", "数码家电")],
        fee_bp=setting(world, "platform_fee_bp"),
        by_instructor=bool(setting(world, "shop_review_by_instructor")),
        review_hours=setting(world, "shop_review_hours"),
        wallet=book.balance(world.id, book.wallet(who.person())),
        steps=_progress(state),
        submitted=when(shop.submitted_at, now) if shop else "",
        opened=when(shop.opened_at, now) if shop and shop.opened_at else "",
        running=running,
        review_field=shops.REVIEW_FIELDS.get(shop.review_field, "") if shop else "",
        review_step=STEP_OF_FIELD.get(shop.review_field, "") if shop else "",
        papers=paper_facts(shop) if shop and state != ShopState.DRAFT else [],
        licences=licence_rows(shop) if shop else [],
        licence_form=licence_form if licence_form is not None else LicenceForm(prefix="licence-"),
        licence_names=LICENCES,
        duties=shop_life.obligations(shop) if shop and state == ShopState.SUSPENDED else [],
        restricted_until=when(shop.restricted_until, now) if shop and shop.restricted_until else "",
    )


def _application(form: RegisterForm, shop: Shop | None) -> shops.Application:
    subject = Subject(form.subject.data)
    kept = shop_papers.papers_of(shop) if shop is not None else Papers()
    papers = None if form_findings(subject, kept) else kept  # what the steps kept stays; else practice papers
    return shops.Application(
        form.name.data, subject, form.business.data, form.intro.data or "", bool(form.agreed.data), papers
    )


def _offer_business(form: Any, shop: Shop | None) -> None:
    """Let a select of main categories hold what the application says already."""
    known = {name for name, _ in form.business.choices}
    if shop is not None and shop.business and shop.business not in known:
        form.business.choices = [(shop.business, shop.business), *form.business.choices]


@seller.route("/register", methods=["GET", "POST"])
@requires(Permission.MALL_SELL)
def register() -> Answer:
    """注册店铺 on one page, or where the application and the shop stand."""
    shop = access.own_shop(actor())
    fillable = shop is None or shop.state in shops.FILLABLE
    if not fillable and request.method == "GET":
        return _page(None, shop)
    form = RegisterForm(obj=shop) if shop is not None and shop.name else RegisterForm()
    _offer_business(form, shop)
    status = 200
    if form.accept():
        try:
            with unit_of_work():
                if shop is not None and shop.state == ShopState.REJECTED:
                    shops.resubmit_shop(actor(), _application(form, shop))
                else:
                    shops.register_shop(actor(), _application(form, shop), form.key.data)
        except DomainError as error:
            if error.code in {"has_shop", "key_reused"}:
                raise
            form.show(error)
            status = error.status
        else:
            done("申请已提交。")
            return redirect(url_for("seller.register"))
    elif request.method == "POST":
        status = 400
    return _page(form, access.own_shop(actor())), status


# -- step by step -----------------------------------------------------------------------------------


def _filled(step: str, shop: Shop | None) -> Form:
    """Return the form of a step with what was kept; with practice values where the address asks for them."""
    papers = shop_papers.papers_of(shop) if shop is not None else Papers()
    if request.args.get("practice"):
        subject = shop.subject if shop is not None else Subject.PERSON
        papers = shop_papers.practice(actor(), subject, shop.name if shop else "")
    values = asdict(papers)
    if shop is not None:
        values |= {"subject": shop.subject, "name": shop.name, "business": shop.business, "intro": shop.intro}
    form = FORMS[step](data={name: value for name, value in values.items() if value})
    if step == "sign":
        _offer_business(form, shop)
    return form


def _keep(step: str, form: Any) -> None:
    """Write what one step says."""
    if step == "subject":
        shops.save_subject(actor(), Subject(form.subject.data))
    elif step == "sign":
        shops.save_sign(actor(), form.name.data, form.business.data, form.intro.data or "")
    elif step == "submit":
        shops.submit_draft(actor(), agreed=bool(form.agreed.data))
    else:
        names = {name: getattr(form, name).data for name in asdict(Papers()) if hasattr(form, name)}
        for name, value in names.items():
            if isinstance(value, str) or (value is None and not name.endswith("_until")):
                names[name] = (value or "").strip()
        for name in ("id_number", "licence_number"):
            if name in names:
                names[name] = names[name].upper()
        shops.save_papers(actor(), names, list(STEPS).index(step) + 1)


def _step_page(step: str, form: Form, shop: Shop | None) -> str:
    keys = list(STEPS)
    place = keys.index(step)
    return render_template(
        "mall/seller/register_step.html",
        form=form,
        step=step,
        shop=shop,
        steps=[
            {
                "label": label,
                "url": url_for("seller.register_step", step=key) if shop is not None else "",
                "state": "current" if key == step else "done" if index < place else "todo",
            }
            for index, (key, label) in enumerate(STEPS.items())
        ],
        before=keys[place - 1] if place else "",
        with_licence=shop is not None and needs_licence(shop.subject),
        practice=step in {"papers", "account"},
        summary=_summary(shop) if shop is not None and step == "submit" else [],
        licence=LICENCES.get(LICENCE_OF_BUSINESS.get(shop.business, ""), "") if shop is not None else "",
        licences=licence_rows(shop) if shop is not None else [],
        deposit=shops.deposit_due(actor().world(), shop.business if shop else ""),
        fee_bp=setting(get_world(actor().world()), "platform_fee_bp"),
    )


def _summary(shop: Shop) -> list[tuple[str, str]]:
    sign = [("店铺名称", shop.name or "未填写"), ("主体类型", SUBJECT_NAMES[shop.subject]), ("主营类目", shop.business)]
    return [*sign, *paper_facts(shop)]


@seller.route("/register/steps/<any(subject, papers, account, sign, submit):step>", methods=["GET", "POST"])
@requires(Permission.MALL_SELL)
def register_step(step: str) -> Answer:
    """注册店铺 step by step; every step is kept."""
    shop = access.own_shop(actor())
    if (shop is not None and shop.state not in shops.FILLABLE) or (shop is None and step != "subject"):
        return redirect(url_for("seller.register"))
    if request.method == "GET":
        return _step_page(step, _filled(step, shop), shop)
    form, status = FORMS[step](), 400
    if step == "sign":
        _offer_business(form, shop)
    if form.accept():
        try:
            with unit_of_work():
                _keep(step, form)
        except DomainError as error:
            for issue in error.issues or (error,):
                form.show(DomainError(issue.message, field=issue.field))
            status = error.status
        else:
            keys = list(STEPS)
            if step == "submit":
                done("申请已提交。")
                return redirect(url_for("seller.register"))
            return redirect(url_for("seller.register_step", step=keys[keys.index(step) + 1]))
    return _step_page(step, form, access.own_shop(actor())), status


# -- deposit, state, licences -----------------------------------------------------------------------


@seller.post("/register/deposit")
@requires(Permission.MALL_SELL)
def pay_deposit() -> Answer:
    """缴纳保证金 and open the shop."""
    with unit_of_work():
        shops.pay_deposit(actor())
    done("保证金已缴纳，店铺开始营业！")
    return redirect(url_for("seller.home"))


@seller.post("/register/<any(suspend, resume, close):action>")
@requires(Permission.MALL_SELL)
def change_shop(action: str) -> Answer:
    """歇业, 恢复营业, 注销店铺."""
    verbs = {
        "suspend": (shop_life.suspend_shop, "店铺已歇业，商品暂时不能购买，未完成的订单仍需处理。"),
        "resume": (shop_life.resume_shop, "店铺已恢复营业。"),
        "close": (shop_life.close_shop, "店铺已注销，余额和保证金已退回钱包。"),
    }
    verb, text = verbs[action]
    with unit_of_work():
        verb(actor())
    done(text)
    return redirect(url_for("seller.register"))


def _back() -> Answer:
    shop = access.own_shop(actor())
    drafting = shop is not None and shop.state in shops.FILLABLE and request.form.get("back") == "submit"
    return redirect(url_for("seller.register_step", step="submit") if drafting else url_for("seller.register"))


@seller.post("/register/licences")
@requires(Permission.MALL_SELL)
def add_licence() -> Answer:
    """添加类目资质."""
    form = LicenceForm(prefix="licence-")
    if form.accept():
        try:
            with unit_of_work():
                name = ""
                if form.file.data:
                    data = read_upload(form.file.data, kinds=KINDS, limit=MAX_FILE)
                    name = files.keep(data, "licence", actor=actor()).public_name
                draft = shop_papers.LicenceDraft(form.kind.data, form.number.data, form.until.data, name)
                shop_papers.add_licence(actor(), draft, form.key.data)
        except DomainError as error:
            if error.status == 404:
                raise
            form.show(error)
        else:
            done("资质已添加。")
            return _back()
    return _page(None, access.own_shop(actor()), form), 400


@seller.post("/register/licences/practice")
@requires(Permission.MALL_SELL)
def practice_licence() -> Answer:
    """Add a practice licence of the kind asked for."""
    with unit_of_work():
        shop_papers.add_practice_licence(actor(), request.form.get("kind", ""))
    done("已添加练习资质。")
    return _back()


@seller.post("/register/licences/<int:licence_id>/remove")
@requires(Permission.MALL_SELL)
def remove_licence(licence_id: int) -> Answer:
    """删除类目资质."""
    with unit_of_work():
        shop_papers.remove_licence(actor(), licence_id)
    done("资质已删除。")
    return _back()
