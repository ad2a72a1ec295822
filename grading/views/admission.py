"""Before marking: requests to hand in late, real shops with their screenshots and their check."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core import photos
from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import clean_text
from grading.domain.admission_flows import LATE_NAMES, REAL_SHOP_NAMES
from grading.forms.real_shop_form import RealShopForm
from grading.services import lateness, real_shops
from grading.views.batches import whole
from grading.views.blueprint import blueprint
from grading.views.pool import read_day

Answer = str | Response | tuple[str, int]
USUAL_DAYS = 7


def _late(error: DomainError | None = None) -> Answer:
    page = render_template(
        "grading/late_requests.html",
        rows=lateness.list_requests(actor()),
        names=LATE_NAMES,
        today=lateness.today().isoformat(),
        suggested=(lateness.today() + timedelta(days=USUAL_DAYS)).isoformat(),
        error=error,
        typed=request.form,
    )
    return page, error.status if error else 200


@blueprint.get("/grading/late")
@requires(*lateness.DECIDING)
def late_requests() -> Answer:
    """Requests to hand in late, open ones first."""
    return _late()


@blueprint.post("/grading/late/<int:request_id>")
@requires(*lateness.DECIDING)
def decide_late(request_id: int) -> Answer:
    """Approve up to a day, or refuse; the trainee reads the reason."""
    form, approve = request.form, request.form.get("action") == "approve"
    try:
        with unit_of_work():
            until = read_day(form.get("until", ""), f"until-{request_id}", "允许提交到的日期") if approve else None
            lateness.decide_late(actor(), request_id, approve, until, clean_text(form.get("answer", "")))
    except DomainError as error:
        if error.status == 404:
            raise
        return _late(error)
    flash("已批准，学员现在可以提交。" if approve else "已答复不批准，学员会看到理由。", "success")
    return redirect(url_for("grading.late_requests"))


def _shop(form: RealShopForm | None = None, status: int = 200, picture_error: DomainError | None = None) -> Answer:
    shop = real_shops.own_shop(actor())
    page = render_template(
        "grading/real_shop.html",
        shop=shop,
        form=form or RealShopForm(formdata=None, obj=shop),
        pictures=real_shops.pictures_of([shop.id]).get(shop.id, ()) if shop else (),
        names=REAL_SHOP_NAMES,
        editable=real_shops.may_edit(actor()),
        most=real_shops.MOST_FILES,
        picture_error=picture_error,
    )
    return page, status


@blueprint.get("/grading/real-shop")
@requires(Permission.GRADING_OUTCOME_SUBMIT)
def real_shop() -> Answer:
    """The own real shop: statement, screenshots, result of the check."""
    return _shop()


@blueprint.post("/grading/real-shop")
@requires(Permission.GRADING_OUTCOME_SUBMIT)
def state_real_shop() -> Answer:
    """Record or change the statement."""
    form = RealShopForm()
    if not form.accept():
        return _shop(form, 400)
    try:
        with unit_of_work():
            real_shops.state_shop(actor(), form.statement())
    except DomainError as error:
        form.show(error)
        return _shop(form, error.status)
    flash("店铺信息已保存，等待核验。", "success")
    return redirect(url_for("grading.real_shop"))


@blueprint.post("/grading/real-shop/pictures")
@requires(Permission.GRADING_OUTCOME_SUBMIT)
def add_real_shop_picture() -> Answer:
    """Add a screenshot."""
    try:
        photo = photos.read_photo(request.files.get("picture"), max_side=1600, field="picture")
        with unit_of_work():
            real_shops.add_picture(actor(), photo)
    except DomainError as error:
        return _shop(status=error.status, picture_error=error)
    flash("截图已上传。", "success")
    return redirect(url_for("grading.real_shop"))


@blueprint.post("/grading/real-shop/pictures/<int:picture_id>/drop")
@requires(Permission.GRADING_OUTCOME_SUBMIT)
def drop_real_shop_picture(picture_id: int) -> Answer:
    """Take a screenshot away."""
    with unit_of_work():
        real_shops.drop_picture(actor(), picture_id)
    flash("截图已删除。", "success")
    return redirect(url_for("grading.real_shop"))


@blueprint.get("/grading/real-shop/pictures/<int:picture_id>")
@requires(Permission.GRADING_OUTCOME_SUBMIT, Permission.GRADING_BATCH_MANAGE)
def real_shop_picture(picture_id: int) -> Response:
    """One screenshot, for its owner and the screener."""
    answer = Response(real_shops.picture(actor(), picture_id), mimetype=photos.JPEG)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _shops(error: DomainError | None = None) -> Answer:
    page = render_template(
        "grading/real_shops.html",
        rows=real_shops.list_shops(actor()),
        names=REAL_SHOP_NAMES,
        error=error,
        typed=request.form,
    )
    return page, error.status if error else 200


@blueprint.get("/grading/real-shops")
@requires(Permission.GRADING_BATCH_MANAGE)
def check_real_shops() -> Answer:
    """Real shops to check, open ones first."""
    return _shops()


@blueprint.post("/grading/real-shops/<int:shop_id>")
@requires(Permission.GRADING_BATCH_MANAGE)
def check_real_shop(shop_id: int) -> Answer:
    """Record what the screener found."""
    form, real = request.form, request.form.get("action") == "verify"
    goods, orders = (whole(form.get(name, "")) if form.get(name, "").strip() else -1 for name in ("goods", "orders"))
    try:
        with unit_of_work():
            answer = clean_text(form.get("answer", ""))
            real_shops.check_shop(actor(), shop_id, whole(form.get("version", "")), real, goods, orders, answer)
    except DomainError as error:
        if error.status == 404:
            raise
        return _shops(error)
    flash("已核验，评审讲师会看到核实的数字。" if real else "已答复无法核实，学员会看到原因。", "success")
    return redirect(url_for("grading.check_real_shops"))
