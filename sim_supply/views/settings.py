"""Stock sync, mapping table, cost alerts, incremental fetching and its lab."""

from __future__ import annotations

from dataclasses import asdict

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import DomainError, InvalidInput
from app.core.permissions import Permission
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.forms import form_key
from app.core.web.paging import page_number
from app.worlds.clock import sim_now
from sim_supply.domain.paging import Direction, run_lab
from sim_supply.domain.sync_rules import SyncRule
from sim_supply.forms import FetchForm, KeyForm, SyncForm
from sim_supply.services import cost_alerts, incremental, mappings, sync_settings
from sim_supply.services.mappings import Part
from sim_supply.views.blueprint import blueprint, id_list, search_text, working_shop

KINDS = {"auto": "即时", "delayed": "定时", "full": "手动全量", "lock": "锁定", "delta": "增量"}


def _sync_page(form: SyncForm | None = None) -> str:
    who = actor()
    shop = working_shop()
    row = sync_settings.settings_of(shop)
    if form is None:
        data = {**asdict(row.sync_rule), "ratio": row.ratio_bp, "auto_reprice": row.auto_reprice}
        form = SyncForm(formdata=None, data=data)
    return render_template(
        "supply/sync.html",
        form=form,
        key=KeyForm(formdata=None).key.data,
        row=row,
        page=sync_settings.log_of(shop.id, page_number()),
        kinds=KINDS,
        now=sim_now(who.world()),
    )


@blueprint.get("/sync")
@requires(Permission.SUPPLY_USE)
def sync_page() -> str:
    """库存同步: settings and log."""
    return _sync_page()


@blueprint.post("/sync")
@requires(Permission.SUPPLY_USE)
def save_sync() -> Response | tuple[str, int]:
    """Save the settings of the stock sync."""
    form = SyncForm()
    status = 400
    if form.accept():
        rule = SyncRule(
            form.ratio.data or 0, form.safety.data or 0, bool(form.few_is_none.data), form.minutes.data or 0
        )
        try:
            with unit_of_work():
                sync_settings.save(actor(), rule, auto_reprice=bool(form.auto_reprice.data))
        except DomainError as error:
            form.show(error)
            status = error.status
        else:
            flash("同步设置已保存，并按新规则同步了一次。", "success")
            return redirect(url_for("supply.sync_page"))
    return _sync_page(form), status


@blueprint.post("/sync/now")
@requires(Permission.SUPPLY_USE)
def sync_now() -> Response:
    """立即全量同步."""
    with unit_of_work():
        count = sync_settings.sync_all(actor())
    flash(f"已全量同步 {count} 个规格。", "success")
    return redirect(url_for("supply.sync_page"))


@blueprint.get("/mappings")
@requires(Permission.SUPPLY_USE)
def mapping_list() -> str:
    """规格映射表."""
    shop = working_shop()
    number = page_number()
    rows, more = mappings.mall_skus(actor(), shop.id, search_text(), number)
    return render_template("supply/mappings.html", rows=rows, more=more, number=number, q=search_text())


def _mapping_page(mall_sku_id: int, refusal: str = "") -> str:
    shop = working_shop()
    q = request.values.get("find", "").replace("\x00", "")[:60]
    return render_template(
        "supply/mapping.html",
        row=mappings.find_mall_sku(actor(), shop.id, mall_sku_id),
        found=mappings.search_skus(actor(), q),
        find=q,
        refusal=refusal,
        typed=request.form,
    )


@blueprint.get("/mappings/<int:mall_sku_id>")
@requires(Permission.SUPPLY_USE)
def mapping_page(mall_sku_id: int) -> str:
    """What stands behind one SKU of the shop."""
    return _mapping_page(mall_sku_id)


def _parts() -> list[Part]:
    parts = []
    for sku_id in id_list(request.form.getlist("part")):
        text = request.form.get(f"factor-{sku_id}", "1").strip() or "1"
        if not (text.isascii() and text.isdigit() and len(text) < 6):
            raise InvalidInput("倍数请填写整数。", field="factor")
        parts.append(Part(sku_id, int(text)))
    return parts


@blueprint.post("/mappings/<int:mall_sku_id>/<any(save, remove, lock, unlock):step>")
@requires(Permission.SUPPLY_USE)
def change_mapping(mall_sku_id: int, step: str) -> Response | tuple[str, int]:
    """Map, unmap, lock or unlock a SKU."""
    shop = working_shop()
    mappings.find_mall_sku(actor(), shop.id, mall_sku_id)
    try:
        with unit_of_work():
            if step == "save":
                mappings.map_sku(actor(), shop.id, mall_sku_id, _parts())
            elif step == "remove":
                mappings.unmap_sku(actor(), shop.id, mall_sku_id)
            else:
                mappings.lock_stock(actor(), shop.id, mall_sku_id, _locked_units() if step == "lock" else None)
    except DomainError as error:
        if error.status == 404:
            raise
        return _mapping_page(mall_sku_id, error.message), error.status
    words = {"save": "映射已保存", "remove": "映射已解除", "lock": "库存已锁定", "unlock": "库存重新跟随供应商"}
    flash(f"{words[step]}。", "success")
    return redirect(url_for("supply.mapping_page", mall_sku_id=mall_sku_id))


def _locked_units() -> int:
    text = request.form.get("units", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise InvalidInput("锁定数量请填写整数。", field="units")
    return int(text)


@blueprint.get("/costs")
@requires(Permission.SUPPLY_USE)
def costs() -> str:
    """供货价变动."""
    shop = working_shop()
    done = request.args.get("done") == "1"
    page = cost_alerts.list_alerts(shop.id, page_number(), done=done)
    world_id = actor().world()
    offers = cost_alerts.offers(world_id, page.items)
    return render_template("supply/costs.html", page=page, done=done, offers=offers, now=sim_now(world_id))


@blueprint.post("/costs")
@requires(Permission.SUPPLY_USE)
def answer_costs() -> Response:
    """按规则改价 or 保持原价."""
    shop = working_shop()
    chosen = id_list(request.form.getlist("alert"))
    if not chosen:
        raise InvalidInput("请先勾选要处理的提醒。", field="alert")
    with unit_of_work():
        if request.form.get("take") == "reprice":
            flash(f"已按定价规则改价 {cost_alerts.reprice(actor(), shop.id, chosen)} 个规格。", "success")
        else:
            flash(f"已保持 {cost_alerts.dismiss(actor(), shop.id, chosen)} 个规格的原价。", "success")
    return redirect(url_for("supply.costs"))


def _fetching_page(form: FetchForm | None = None) -> str:
    shop = working_shop()
    row = sync_settings.settings_of(shop)
    if form is None:
        form = FetchForm(formdata=None, data={"auto_minutes": row.auto_minutes, "forward": row.forward})
    orders, size, changes = _number("orders", 20, 200), _number("size", 5, 50), _number("changes", 1, 20)
    runs = [run_lab(orders, size, changes, direction) for direction in (Direction.FORWARD, Direction.BACKWARD)]
    return render_template(
        "supply/fetching.html",
        form=form,
        key=KeyForm(formdata=None).key.data,
        row=row,
        runs=runs,
        lab={"orders": orders, "size": size, "changes": changes},
        now=sim_now(actor().world()),
    )


def _number(name: str, default: int, most: int) -> int:
    text = request.args.get(name, "")
    return min(max(int(text), 1), most) if text.isascii() and text.isdigit() and len(text) < 5 else default


@blueprint.get("/fetching")
@requires(Permission.SUPPLY_USE)
def fetching_page() -> str:
    """增量抓取 and its lab."""
    return _fetching_page()


@blueprint.post("/fetching")
@requires(Permission.SUPPLY_USE)
def save_fetching() -> Response | tuple[str, int]:
    """Save automatic fetching and the lab switch."""
    form = FetchForm()
    status = 400
    if form.accept():
        try:
            with unit_of_work():
                incremental.set_automatic(actor(), form.auto_minutes.data, forward=bool(form.forward.data))
        except DomainError as error:
            form.show(error)
            status = error.status
        else:
            flash("抓取设置已保存。", "success")
            return redirect(url_for("supply.fetching_page"))
    return _fetching_page(form), status


@blueprint.post("/fetching/now")
@requires(Permission.SUPPLY_USE)
def fetch_increment() -> Response:
    """增量抓取 now."""
    with unit_of_work():
        report = incremental.fetch_increment(actor(), form_key(request.form))
    more = "还有更晚的时间段没有读，请再抓取一次。" if report.more else ""
    flash(f"增量抓取完成：新订单 {report.new} 笔，更新 {report.updated} 笔。{more}", "warning" if more else "success")
    return redirect(url_for("supply.fetching_page"))
