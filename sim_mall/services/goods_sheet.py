"""Goods as a table (商品表格): one row a SKU, rows of one listing share its id or title. Pure: cells in, drafts out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.core.money import parse_yuan
from sim_mall.data import ListingDraft, SkuDraft

COLUMNS: dict[str, str] = {
    "id": "商品ID",
    "title": "标题",
    "category_l1": "一级类目",
    "category_l2": "二级类目",
    "brief": "卖点",
    "brand": "品牌",
    "unit": "单位",
    "attributes": "属性",
    "spec": "规格",
    "code": "商家编码",
    "barcode": "条码",
    "price": "价格",
    "stock": "库存",
    "safety": "安全库存",
    "weight_g": "重量克",
    "volume_cm3": "体积立方厘米",
    "promise_hours": "承诺发货小时",
    "freight": "运费",
    "template": "运费模板",
    "seven_day": "7天无理由",
    "at_payment": "付款减库存",
    "buy_limit": "每人限购",
}
NEEDED = ("title", "category_l1", "price", "stock")
MAX_ROWS = 1_000
ADVICE = (
    "一行一个规格；同一件商品的各行写相同的“标题”（或“商品ID”），标题、类目等以第一行为准。",
    "“商品ID”留空是新商品；填写导出文件里的 ID 是修改那件商品，文件里没有列出的规格会被删除。",
    "“规格”写成“颜色:米白;尺寸:M”，最多三项；只有一个规格可以留空。",
    "“属性”写成“材质:纯棉;产地:浙江”，平台类目的必填属性必须填写。",
    "“价格”“运费”单位是元；“运费模板”填模板名称，填了模板就不看“运费”。",
    "“7天无理由”填 是 或 否，留空为 是；“付款减库存”填 是 或 否，留空为 否。",
    "可售 = 库存 − 安全库存 − 占用；“体积”供按体积计费的运费模板使用，可以留空。",
)


@dataclass(frozen=True, slots=True)
class RowError:
    """One cell that cannot be used. row: as in the file, the header is 1."""

    row: int
    column: str
    message: str


@dataclass(slots=True)
class Goods:
    """One listing of the table. template: name of a freight template, '' for none; at_payment: its cell as written.

    Volume and safety stock of a SKU are -1 where their cells are empty.
    """

    row: int
    listing_id: int | None
    draft: ListingDraft
    template: str = ""
    at_payment: str = ""
    rows: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """What a file says. total: rows that are not empty."""

    goods: list[Goods]
    errors: list[RowError]
    total: int


def read_goods(header: Sequence[str], lines: Iterable[Sequence[str]]) -> Table:
    """Return the goods of a table. Raises ValueError with a Chinese sentence when the table as a whole is unusable."""
    names = {label: key for key, label in COLUMNS.items()}
    keys = [names.get(cell.strip()) for cell in header]
    if missing := [COLUMNS[key] for key in NEEDED if key not in keys]:
        raise ValueError(f"表头缺少这些列：{'、'.join(missing)}。请用导出的文件或下载的模板填写。")
    found, errors, total = dict[str, Goods](), list[RowError](), 0
    for number, cells in enumerate(lines, 2):
        row = {key: cell.strip() for key, cell in zip(keys, cells, strict=False) if key}
        if not any(row.values()):
            continue
        total += 1
        if total > MAX_ROWS:
            raise ValueError(f"一次最多导入 {MAX_ROWS:,} 行，请拆成几个文件。")
        _take(row, number, found, errors)
    return Table(list(found.values()), errors, total)


def _take(row: dict[str, str], number: int, found: dict[str, Goods], errors: list[RowError]) -> None:
    """Add one row to its goods, or its errors to the list."""
    number_text, title = row.get("id", ""), row.get("title", "")
    wrong = _gaps(row, number)
    draft, sku = _cells(row, number, wrong)
    key = f"#{number_text}" if number_text else title
    if wrong:
        errors += wrong
        found.setdefault(key, Goods(number, None, draft)).rows.append(-number)
        return
    goods = found.get(key)
    if goods is None:
        listing_id = int(number_text) if number_text else None
        goods = Goods(number, listing_id, draft, row.get("template", ""), row.get("at_payment", ""))
        found[key] = goods
    goods.rows.append(number)
    goods.draft = replace(goods.draft, skus=(*goods.draft.skus, sku))


def _gaps(row: dict[str, str], number: int) -> list[RowError]:
    """Return what must be stated and is not."""
    number_text = row.get("id", "")
    wrong = []
    if number_text and not (number_text.isascii() and number_text.isdigit() and len(number_text) < 10):
        wrong.append(RowError(number, "id", "“商品ID”应是导出文件里的数字，新商品请留空。"))
    if not number_text and not row.get("title"):
        wrong.append(RowError(number, "title", "请填写标题。"))
    wrong += [RowError(number, key, f"请填写{COLUMNS[key]}。") for key in ("price", "stock") if not row.get(key)]
    return wrong


def _cells(row: dict[str, str], number: int, wrong: list[RowError]) -> tuple[ListingDraft, SkuDraft]:
    """Return what a row says of its goods and of its SKU; cells that cannot be read are added to ``wrong``."""

    def whole(key: str, default: int) -> int:
        text = row.get(key, "")
        if not text:
            return default
        if text.isascii() and text.isdigit() and len(text) < 10:
            return int(text)
        wrong.append(RowError(number, key, f"“{COLUMNS[key]}”应是整数，现在是“{text[:20]}”。"))
        return default

    def fen(key: str) -> int:
        text = row.get(key, "").removeprefix("¥").replace(",", "")
        try:
            return parse_yuan(text) if text else 0
        except ValueError:
            wrong.append(RowError(number, key, f"“{COLUMNS[key]}”应是金额，最多两位小数，现在是“{text[:20]}”。"))
            return 0

    draft = ListingDraft(
        title=row.get("title", ""),
        brief=row.get("brief", ""),
        category_l1=row.get("category_l1", ""),
        category_l2=row.get("category_l2", ""),
        unit=row.get("unit", ""),
        skus=(),
        attributes=_attributes(row.get("attributes", "")),
        freight_fee=fen("freight"),
        promise_hours=whole("promise_hours", 0),
        brand=row.get("brand", ""),
        seven_day=row.get("seven_day", "") not in {"否", "不支持", "0"},
        buy_limit=whole("buy_limit", 0),
        stock_at_payment=row.get("at_payment", "") in {"是", "付款", "1"},
    )
    sku = SkuDraft(
        code=row.get("code", "")[:60],
        spec=row.get("spec", "")[:120],
        price=fen("price"),
        stock=whole("stock", 0),
        weight_g=whole("weight_g", 500),
        barcode=row.get("barcode", "")[:20],
        volume_cm3=whole("volume_cm3", -1),
        safety=whole("safety", -1),
    )
    return draft, sku


def _attributes(text: str) -> dict[str, Any]:
    parts = [part.partition(":") for part in text.replace("：", ":").replace("；", ";").split(";")]
    return {name.strip(): value.strip() for name, _, value in parts if name.strip() and value.strip()}


def attributes_text(attributes: dict[str, Any]) -> str:
    """Return attributes as one cell."""
    return ";".join(f"{name}:{value}" for name, value in attributes.items())
