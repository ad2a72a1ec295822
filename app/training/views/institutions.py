"""Regions and institutions (地区与机构), kept by the system administrator."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from app.accounts import divisions
from app.core.errors import DomainError
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import Form
from app.training.services import institutions

blueprint = Blueprint("institutions", __name__, url_prefix="/institutions", template_folder="../templates")
NONE = "0"
Answer = str | Response | tuple[str, int]


class RegionForm(Form):
    """A region that institutions, reviewers and supervisors belong to."""

    name = StringField("地区名称", [InputRequired("请填写地区名称。"), Length(max=40, message="名称最多 40 个字。")])
    code = StringField("地区代码", [InputRequired("请填写地区代码。"), Length(max=40, message="代码最多 40 位。")])
    parent = SelectField("上级地区", [InputRequired("请选择上级地区。")])


class InstitutionForm(Form):
    """An institution that holds classes."""

    name = StringField("机构名称", [InputRequired("请填写机构名称。"), Length(max=100, message="名称最多 100 个字。")])
    code = StringField("机构代码", [InputRequired("请填写机构代码。"), Length(max=40, message="代码最多 40 位。")])
    parent = SelectField("所属地区", [InputRequired("请选择所属地区。")])
    region_code = SelectField("行政区划", [InputRequired("请选择行政区划。")])


def _regions() -> list[tuple[str, str]]:
    return [(str(scope.id), f"{scope.name}（{scope.code}）") for scope in institutions.regions()]


@blueprint.get("/")
@requires(Permission.SYSTEM_MANAGE)
def index() -> str:
    """Regions and institutions."""
    return render_template(
        "training/institutions/index.html", regions=institutions.regions(), rows=institutions.institutions()
    )


@blueprint.route("/regions/new", methods=["GET", "POST"])
@requires(Permission.SYSTEM_MANAGE)
def create_region() -> Answer:
    """Create a region."""
    form, status = RegionForm(), 200
    form.parent.choices = [(NONE, "没有上级"), *_regions()]
    if form.accept():
        parent_id = None if form.parent.data == NONE else int(form.parent.data)
        try:
            with unit_of_work():
                institutions.create_region(actor(), code=form.code.data, name=form.name.data, parent_id=parent_id)
        except DomainError as error:
            form.show(error)
            status = error.status
        else:
            flash(f"已新建地区“{form.name.data}”。", "success")
            return redirect(url_for("institutions.index"))
    elif request.method == "POST":
        status = 400
    return render_template("training/institutions/new_region.html", form=form), status


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Permission.SYSTEM_MANAGE)
def create() -> Answer:
    """Create an institution."""
    form, status = InstitutionForm(), 200
    form.parent.choices = _regions()
    form.region_code.choices = divisions.cities()
    if form.accept():
        try:
            with unit_of_work():
                parent = institutions.get_region(int(form.parent.data))
                institutions.create_institution(
                    actor(),
                    code=form.code.data,
                    name=form.name.data,
                    region_code=form.region_code.data,
                    parent=parent,
                )
        except DomainError as error:
            form.show(error)
            status = error.status
        else:
            flash(f"已新建机构“{form.name.data}”，接下来请为它登记机构管理员。", "success")
            return redirect(url_for("people.create"))
    elif request.method == "POST":
        status = 400
    return render_template("training/institutions/new.html", form=form), status
