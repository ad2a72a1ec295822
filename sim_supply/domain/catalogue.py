"""Rows of a supplier catalogue (货源目录): what a good row is, and why a bad one is refused.

A row is one specification (SKU). A product number stands for one product of one supplier; where two rows
contradict each other, both are refused, because nobody can know which one is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.core.money import parse_yuan, part
from sim_supply.domain.checked_file import CheckedFile, Refusal

MAX_ROWS = 50_000
MAX_PRICE = 100_000_000  # fen
MAX_STOCK = 1_000_000
DEFAULT_UNIT = "件"
DEFAULT_SPEC = "规格:标准"

COLUMNS: dict[str, tuple[str, int]] = {  # column → Chinese name, greatest length of the text
    "supplier_code": ("供应商编码", 40),
    "category_l1": ("一级分类", 20),
    "category_l2": ("二级分类", 20),
    "spu_code": ("商品编码", 60),
    "name": ("商品名称", 60),
    "brief": ("简介", 200),
    "unit": ("单位", 10),
    "sku_code": ("规格编码", 60),
    "spec": ("规格", 120),
    "cost_price": ("成本价", 20),
    "retail_price": ("零售价", 20),
    "stock": ("库存", 12),
    "keywords": ("关键词", 200),
    "image_url": ("图片地址", 500),
    "retail_floor": ("最低零售价", 20),
    "retail_ceiling": ("最高零售价", 20),
    "alarm_stock": ("预警库存", 12),
    "mode": ("供货方式", 10),
    "freight_by": ("运费承担", 20),
}
MODES = {"代销": "agent", "经销": "dealer", "代销/经销": "both", "agent": "agent", "dealer": "dealer", "both": "both"}
FREIGHT_BY = {"供应商": "supplier", "分销商": "distributor", "supplier": "supplier", "distributor": "distributor"}
REQUIRED = ("supplier_code", "category_l1", "category_l2", "spu_code", "name", "sku_code", "retail_price", "stock")
_WHOLE = re.compile(r"^\d{1,9}(?:\.0+)?$")


@dataclass(frozen=True, slots=True)
class Row:
    """One good row. Prices are fen; ``cost`` is None where the file has none."""

    number: int
    supplier_code: str
    category_l1: str
    category_l2: str
    spu_code: str
    name: str
    brief: str
    unit: str
    sku_code: str
    spec: str
    cost: int | None
    retail: int
    stock: int
    keywords: str
    image_url: str
    floor: int | None = None
    ceiling: int | None = None
    alarm: int | None = None
    mode: str = ""
    freight_by: str = ""

    def cost_at(self, cost_bp: int | None) -> int:
        """Return the cost in fen: the file's, else ``cost_bp`` basis points of the retail price, at least 1 fen."""
        if self.cost is not None:
            return self.cost
        if cost_bp is None:
            raise ValueError("a cost rule is needed")
        return max(1, part(self.retail, cost_bp))


@dataclass(frozen=True, slots=True)
class Known:
    """What the world's catalogue already holds, so that a file cannot contradict it."""

    product_supplier: Mapping[str, str] = field(default_factory=dict)  # product number → supplier code
    sku_product: Mapping[str, str] = field(default_factory=dict)  # SKU number → product number
    spec_sku: Mapping[tuple[str, str], str] = field(default_factory=dict)  # (product number, spec) → SKU number


class Checked(CheckedFile[Row]):
    """Result of checking a catalogue."""

    @property
    def without_cost(self) -> int:
        return sum(1 for row in self.good if row.cost is None)


class _Bad(Exception):
    """A cell that cannot be used; carries the sentence without its row."""


def map_header(header: Sequence[str]) -> dict[str, int]:
    """Return column → position for English or Chinese headings. Raises ValueError with a Chinese sentence."""
    names = {name: column for column, (name, _) in COLUMNS.items()}
    places: dict[str, int] = {}
    for position, cell in enumerate(header):
        word = cell.strip().lower()
        column = word if word in COLUMNS else names.get(cell.strip())
        if column is None:
            continue
        if column in places:
            raise ValueError(f"表头里“{COLUMNS[column][0]}（{column}）”出现了两次，请只保留一列。")
        places[column] = position
    missing = [f"{COLUMNS[column][0]}（{column}）" for column in REQUIRED if column not in places]
    if missing:
        raise ValueError(f"表头缺少这些列：{'、'.join(missing)}。请对照模板补全第一行。")
    return places


def _text(column: str, value: str) -> str:
    name, limit = COLUMNS[column]
    if len(value) > limit:
        raise _Bad(f"{name}（{column}）有 {len(value)} 个字，最多 {limit} 个字")
    if "\ufffd" in value:
        raise _Bad(f"{name}（{column}）里有无法识别的字符，请按原文重新填写")
    if column in {"supplier_code", "spu_code", "sku_code"} and re.search(r"\s", value):
        raise _Bad(f"{name}（{column}）里不能有空格或换行")
    return " ".join(value.split())


def _price(column: str, value: str) -> int:
    name = COLUMNS[column][0]
    try:
        amount = parse_yuan(value)
    except ValueError:
        raise _Bad(f"{name}（{column}）“{value[:20]}”不是金额，应为最多两位小数的数字，例如 12.50") from None
    if amount <= 0:
        raise _Bad(f"{name}（{column}）是 {value}，应大于 0")
    if amount > MAX_PRICE:
        raise _Bad(f"{name}（{column}）超过 1000000.00 元")
    return amount


def _stock(column: str, value: str) -> int:
    name = COLUMNS[column][0]
    if not _WHOLE.match(value):
        raise _Bad(f"{name}（{column}）“{value[:20]}”应为不小于 0 的整数")
    count = int(value.partition(".")[0])
    if count > MAX_STOCK:
        raise _Bad(f"{name}（{column}）最多 {MAX_STOCK}")
    return count


def _word(column: str, value: str, words: Mapping[str, str]) -> str:
    if value not in words:
        wanted = "、".join(word for word in words if not word.isascii())
        raise _Bad(f"{COLUMNS[column][0]}（{column}）“{value[:20]}”应为{wanted}之一")
    return words[value]


def _read_amounts(
    number: int, values: Mapping[str, str], refusals: list[Refusal]
) -> tuple[dict[str, int], dict[str, str]]:
    """Return figures and chosen words of a row by column; what is wrong is written down."""
    amounts: dict[str, int] = {}
    for column, read in (
        ("cost_price", _price),
        ("retail_price", _price),
        ("retail_floor", _price),
        ("retail_ceiling", _price),
        ("alarm_stock", _stock),
        ("stock", _stock),
    ):
        if values.get(column):
            try:
                amounts[column] = read(column, values[column])
            except _Bad as bad:
                refusals.append(Refusal(number, column, f"第 {number} 行：{bad}。"))
    chosen: dict[str, str] = {}
    for column, words in (("mode", MODES), ("freight_by", FREIGHT_BY)):
        if values.get(column):
            try:
                chosen[column] = _word(column, values[column], words)
            except _Bad as bad:
                refusals.append(Refusal(number, column, f"第 {number} 行：{bad}。"))
    low, high = amounts.get("retail_floor"), amounts.get("retail_ceiling")
    if low is not None and high is not None and low > high:
        text = f"第 {number} 行：最低零售价（retail_floor）高于最高零售价（retail_ceiling），请对调或改正。"
        refusals.append(Refusal(number, "retail_floor", text))
    return amounts, chosen


def _read_row(number: int, cells: Mapping[str, str], refusals: list[Refusal]) -> Row | None:
    """Return the row, or None after writing down everything that is wrong with it."""
    values: dict[str, str] = {}
    before = len(refusals)
    missing = [column for column in REQUIRED if not cells.get(column)]
    if missing:
        names = "、".join(f"{COLUMNS[column][0]}（{column}）" for column in missing)
        refusals.append(Refusal(number, missing[0], f"第 {number} 行：缺少{names}，请补上。"))
    for column in COLUMNS:
        try:
            values[column] = _text(column, cells.get(column, ""))
        except _Bad as bad:
            refusals.append(Refusal(number, column, f"第 {number} 行：{bad}。"))
    amounts, chosen = _read_amounts(number, values, refusals)
    if len(refusals) > before:
        return None
    return Row(
        number=number,
        supplier_code=values["supplier_code"],
        category_l1=values["category_l1"],
        category_l2=values["category_l2"],
        spu_code=values["spu_code"],
        name=values["name"],
        brief=values["brief"],
        unit=values["unit"] or DEFAULT_UNIT,
        sku_code=values["sku_code"],
        spec=values["spec"] or DEFAULT_SPEC,
        cost=amounts.get("cost_price"),
        retail=amounts["retail_price"],
        stock=amounts["stock"],
        keywords=values["keywords"],
        image_url=values["image_url"],
        floor=amounts.get("retail_floor"),
        ceiling=amounts.get("retail_ceiling"),
        alarm=amounts.get("alarm_stock"),
        mode=chosen.get("mode", ""),
        freight_by=chosen.get("freight_by", ""),
    )


def check(header: Sequence[str], rows: Iterable[Sequence[str]], known: Known | None = None) -> Checked:
    """Check a catalogue. ``rows`` follow the header; the first one is row 2, as a spreadsheet counts.

    Raises ValueError with a Chinese sentence when the file as a whole cannot be used.
    """
    places = map_header(header)
    result = Checked()
    raw: list[tuple[int, dict[str, str]]] = []
    for number, cells in enumerate(rows, 2):
        if not any(cell.strip() for cell in cells):
            continue
        result.total += 1
        if result.total > MAX_ROWS:
            raise ValueError(f"文件超过 {MAX_ROWS} 行，请拆成几个文件分别导入。")
        if any(cell.strip() for cell in cells[len(header) :]):
            extra = len(cells) - len(header)
            message = f"第 {number} 行：比表头多出 {extra} 列，文字里有逗号时请用英文引号括起来。"
            result.refusals.append(Refusal(number, "", message))
            continue
        named = {column: cells[place].strip() if place < len(cells) else "" for column, place in places.items()}
        raw.append((number, named))
    if not result.total:
        raise ValueError("文件里只有表头，没有商品数据，请填写后再导入。")
    read = [(number, cells, _read_row(number, cells, result.refusals)) for number, cells in raw]
    clashing = _product_clashes([(number, cells) for number, cells, _ in read], result.refusals)
    good = [row for _, _, row in read if row is not None]
    good = _without_repeats(good, result.notes)
    clashing |= _sku_clashes(good, result.refusals)
    clashing |= _known_clashes(good, known or Known(), result.refusals)
    result.good = [row for row in good if row.number not in clashing]
    result.refusals.sort(key=lambda refusal: (refusal.row, refusal.other or 0))
    for row in result.good:
        if row.cost is not None and row.cost >= row.retail:
            message = f"第 {row.number} 行：成本价不低于零售价，照原样导入，请核对。"
            result.notes.append(Refusal(row.number, "cost_price", message))
    result.notes.sort(key=lambda note: note.row)
    return result


def _product_clashes(rows: Sequence[tuple[int, Mapping[str, str]]], refusals: list[Refusal]) -> set[int]:
    """Refuse every row of a product number that stands for different products; bad rows count as witnesses."""
    groups: dict[str, list[tuple[int, Mapping[str, str]]]] = {}
    for number, cells in rows:
        if cells.get("spu_code"):
            groups.setdefault(cells["spu_code"], []).append((number, cells))
    bad: set[int] = set()
    facts = (("name", "名称"), ("supplier_code", "供应商"), ("category_l1", "一级分类"), ("category_l2", "二级分类"))
    for code, group in groups.items():
        for column, word in facts:
            if len({cells.get(column, "") for _, cells in group if cells.get(column)}) < 2:
                continue
            for number, cells in group:
                mine = cells.get(column, "")
                other = next((n for n, c in group if c.get(column) and c.get(column) != mine), None)
                if not mine or other is None:
                    continue
                message = (
                    f"第 {number} 行与第 {other} 行：商品编码 {code} 相同，但{word}不同，"
                    f"请给不同的商品不同的编码，或改成一致。"
                )
                refusals.append(Refusal(number, "spu_code", message, other))
                bad.add(number)
            break
    return bad


def _without_repeats(rows: Sequence[Row], notes: list[Refusal]) -> list[Row]:
    """Drop rows that say word for word what an earlier one said."""
    seen: dict[tuple[object, ...], int] = {}
    kept = []
    for row in rows:
        key = tuple(getattr(row, name) for name in Row.__slots__ if name != "number")
        first = seen.setdefault(key, row.number)
        if first == row.number:
            kept.append(row)
        else:
            message = f"第 {row.number} 行与第 {first} 行完全相同，只导入一次。"
            notes.append(Refusal(row.number, "sku_code", message, first))
    return kept


def _sku_clashes(rows: Sequence[Row], refusals: list[Refusal]) -> set[int]:
    """Refuse rows that share a SKU number, or a specification of one product."""
    bad: set[int] = set()
    codes: dict[str, list[Row]] = {}
    specs: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        codes.setdefault(row.sku_code, []).append(row)
        specs.setdefault((row.spu_code, row.spec), []).append(row)
    for code, group in codes.items():
        if len(group) > 1:
            for row in group:
                other = _partner(row, group)
                message = f"第 {row.number} 行与第 {other} 行：规格编码 {code} 重复，每个规格要有自己的编码。"
                refusals.append(Refusal(row.number, "sku_code", message, other))
                bad.add(row.number)
    for (spu_code, spec), group in specs.items():
        same = [row for row in group if row.number not in bad]
        if len(same) > 1:
            for row in same:
                other = _partner(row, same)
                message = (
                    f"第 {row.number} 行与第 {other} 行：商品 {spu_code} 的规格“{spec}”重复，"
                    f"无法判断以哪一行为准，请写清差别或只留一行。"
                )
                refusals.append(Refusal(row.number, "spec", message, other))
                bad.add(row.number)
    return bad


def _partner(row: Row, group: Sequence[Row]) -> int:
    return group[1].number if row is group[0] else group[0].number


def _known_clashes(rows: Sequence[Row], known: Known, refusals: list[Refusal]) -> set[int]:
    """Refuse rows that contradict what the catalogue already holds."""
    bad: set[int] = set()
    for row in rows:
        supplier = known.product_supplier.get(row.spu_code)
        product = known.sku_product.get(row.sku_code)
        holder = known.spec_sku.get((row.spu_code, row.spec))
        if supplier is not None and supplier != row.supplier_code:
            text = f"商品编码 {row.spu_code} 在货源库里属于供应商 {supplier}，不能改给 {row.supplier_code}。"
            refusals.append(Refusal(row.number, "spu_code", f"第 {row.number} 行：{text}"))
        elif product is not None and product != row.spu_code:
            text = f"规格编码 {row.sku_code} 在货源库里属于商品 {product}，请换一个编码。"
            refusals.append(Refusal(row.number, "sku_code", f"第 {row.number} 行：{text}"))
        elif holder is not None and holder != row.sku_code:
            text = f"规格“{row.spec}”在货源库里已用编码 {holder}，请沿用原编码。"
            refusals.append(Refusal(row.number, "spec", f"第 {row.number} 行：{text}"))
        else:
            continue
        bad.add(row.number)
    return bad


def spec_text(spec: str) -> str:
    """Return a specification as people read it: '尺码:S;颜色:渐变蓝' → 'S / 渐变蓝'."""
    parts = [part for part in re.split(r"[;；]", spec) if part.strip()]
    values = [re.split(r"[:：]", part, maxsplit=1)[-1].strip() for part in parts]
    return " / ".join(value for value in values if value) or spec
