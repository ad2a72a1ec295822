"""Goods by table in the seller centre: batch edit, import with a dry run, export."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for

from app.core import files
from app.core.errors import DomainError, InvalidInput
from app.core.money import parse_yuan, plain_yuan
from app.core.permissions import Permission
from app.core.sheets import CONTENT_TYPE, KINDS, write_table
from app.core.uow import unit_of_work
from app.core.web.access import actor, requires
from app.core.web.downloads import attachment
from app.core.web.forms import form_key, new_key
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.goods import Listing
from sim_mall.models.shops import Shop
from sim_mall.services import goods_tables
from sim_mall.services.goods_sheet import ADVICE, COLUMNS
from sim_mall.views.blueprints import Answer, seller
from sim_mall.views.desk import shop_or_register
from sim_mall.views.goods import TABS
from sim_mall.views.shown import digits, done, goods_picture

WIDTHS = (8, 30, 10, 10, 24, 10, 6, 30, 24, 14, 14, 10, 8, 8, 8, 12, 10, 8, 14, 10, 10, 8)
MAX_FILE = 3 * 1024 * 1024
SAMPLE = (
    ("", "纯棉磨毛四件套 柔软亲肤", "居家", "床品", "A 类面料，婴儿可用", "", "套", "件数:四件套;材质:纯棉",
     "颜色:米白;尺寸:1.5米床", "CT-01", "", "199.00", 20, 2, 2600, 18000, 48, "0.00", "", "是", "否", ""),
    ("", "纯棉磨毛四件套 柔软亲肤", "居家", "床品", "", "", "", "",
     "颜色:雾蓝;尺寸:1.5米床", "CT-02", "", "199.00", 15, "", 2600, 18000, "", "", "", "", "", ""),
)  # fmt: skip


def _page(rows: list[Listing], error: DomainError | None = None) -> str:
    return render_template(
        "mall/seller/batch.html",
        rows=[(listing, goods_picture(listing)) for listing in rows],
        plain=plain_yuan,
        error=error,
        typed=request.form if request.method == "POST" else {},
    )


@seller.route("/products/batch", methods=["GET", "POST"])
@requires(Permission.MALL_SELL)
def batch_edit() -> Answer:
    """改价改库存: prices, stock and categories of several goods in one table."""
    shop = shop_or_register(ShopPower.GOODS)
    if not isinstance(shop, Shop):
        return shop
    source = request.form if request.method == "POST" else request.args
    ids = [number for text in source.getlist("ids") if (number := digits(text)) is not None]
    if not ids:
        flash("请先在商品列表里勾选要修改的商品。", "error")
        return redirect(url_for("seller.products"))
    if request.method == "GET":
        return _page(goods_tables.chosen(actor(), ids))
    try:
        with unit_of_work():
            count = goods_tables.batch_edit(actor(), ids, _edits(), _categories())
    except DomainError as error:
        if error.status == 404:
            raise
        return _page(goods_tables.chosen(actor(), ids), error), error.status
    done(f"已修改 {count} 件商品。" if count else "没有改动。")
    return redirect(url_for("seller.products"))


def _edits() -> list[goods_tables.SkuEdit]:
    found = []
    for name, text in request.form.items():
        sku_id = digits(name.removeprefix("price-"))
        if not name.startswith("price-") or sku_id is None:
            continue
        try:
            price = parse_yuan(text.strip())
        except ValueError as error:
            raise InvalidInput(f"价格“{text[:20]}”不是金额，请填写最多两位小数的数字。", field="price") from error
        stock = digits(request.form.get(f"stock-{sku_id}", "").strip())
        if stock is None:
            raise InvalidInput("库存请填写整数。", field="stock")
        was_safety = digits(request.form.get(f"was-safety-{sku_id}", "")) or 0
        safety = digits(request.form.get(f"safety-{sku_id}", str(was_safety)).strip() or "0")
        if safety is None:
            raise InvalidInput("安全库存请填写整数，没有就填 0。", field="safety")
        was_price = digits(request.form.get(f"was-price-{sku_id}", "")) or 0
        was_stock = digits(request.form.get(f"was-stock-{sku_id}", "")) or 0
        found.append(goods_tables.SkuEdit(sku_id, price, stock, was_price, was_stock, safety, was_safety))
    return found


def _categories() -> dict[int, str]:
    named = {name: text for name, text in request.form.items() if name.startswith("category-")}
    return {number: text for name, text in named.items() if (number := digits(name.removeprefix("category-")))}


@seller.get("/products/export.xlsx")
@requires(Permission.MALL_SELL)
def export_goods() -> Answer:
    """导出 the goods of a tab as a table that the import reads."""
    shop = shop_or_register(ShopPower.GOODS)
    if not isinstance(shop, Shop):
        return shop
    tab = request.args.get("tab", "")
    rows = goods_tables.export_rows(shop, tab if tab in dict(TABS) else "", request.args.get("q", "")[:60])
    data = write_table("商品", list(COLUMNS.values()), rows, WIDTHS, ADVICE)
    return attachment(data, f"{shop.name}-商品.xlsx", CONTENT_TYPE)


@seller.get("/products/import/template.xlsx")
@requires(Permission.MALL_SELL)
def goods_template() -> Response:
    """The empty table with two rows as an example."""
    data = write_table("商品", list(COLUMNS.values()), SAMPLE, WIDTHS, ADVICE)
    return attachment(data, "商品导入模板.xlsx", CONTENT_TYPE)


@seller.route("/products/import", methods=["GET", "POST"])
@requires(Permission.MALL_SELL)
def import_goods() -> Answer:
    """表格导入: the file is kept and checked; nothing is stored yet."""
    shop = shop_or_register(ShopPower.GOODS)
    if not isinstance(shop, Shop):
        return shop
    if request.method == "GET":
        return render_template("mall/seller/goods_import.html", error=None, advice=ADVICE)
    try:
        upload = request.files.get("file")
        data = files.read_upload(upload, kinds=KINDS, limit=MAX_FILE)
        goods_tables.check_table(actor(), data)
        with unit_of_work():
            kept = files.keep(data, getattr(upload, "filename", "") or "goods", actor=actor()).public_name
    except DomainError as error:
        return render_template("mall/seller/goods_import.html", error=error, advice=ADVICE), error.status
    return redirect(url_for("seller.check_goods", public_name=kept))


def _report(public_name: str, data: bytes, error: DomainError | None = None) -> str:
    report = goods_tables.check_table(actor(), data)
    return render_template(
        "mall/seller/goods_check.html",
        public_name=public_name,
        report=report,
        columns=COLUMNS,
        errors=report.errors[:200],
        sample=report.good[:10],
        error=error,
        key=new_key(),
    )


@seller.route("/products/import/<public_name>", methods=["GET", "POST"])
@requires(Permission.MALL_SELL)
def check_goods(public_name: str) -> Answer:
    """The report of a dry run; taking the goods of the file."""
    shop = shop_or_register(ShopPower.GOODS)
    if not isinstance(shop, Shop):
        return shop
    data = files.read(files.find(actor(), public_name))
    if request.method == "GET":
        try:
            return _report(public_name, data)
        except InvalidInput as error:
            flash(error.message, "error")
            return redirect(url_for("seller.import_goods"))
    target = {"sale": ListingState.ON_SALE, "draft": ListingState.DRAFT}.get(
        request.form.get("target", ""), ListingState.WAREHOUSE
    )
    try:
        with unit_of_work():
            done_now = goods_tables.take_table(
                actor(), data, target, good_only=bool(request.form.get("good_only")), key=form_key(request.form)
            )
    except DomainError as error:
        if error.code == "key_reused":
            raise
        return _report(public_name, data, error), error.status
    done(f"导入完成：新增 {done_now['made']} 件，修改 {done_now['changed']} 件。")
    return redirect(url_for("seller.products"))
