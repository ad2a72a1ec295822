"""Rows of an attributes file (商品属性文件): what is said of the products of a catalogue, one attribute per row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sim_supply.domain.checked_file import CheckedFile, Refusal

ATTRIBUTE_COLUMNS = {"spu_code": "商品编码", "attribute": "属性名", "value": "属性值"}
_WORDS = {name: column for column, name in ATTRIBUTE_COLUMNS.items()} | {"属性": "attribute", "值": "value"}
MAX_ROWS = 20_000
MAX_NAME, MAX_VALUE = 20, 300
MOST_PER_PRODUCT = 30


@dataclass(frozen=True, slots=True)
class AttributeRow:
    """One attribute of one product."""

    number: int
    spu_code: str
    name: str
    value: str


class CheckedAttributes(CheckedFile[AttributeRow]):
    """Result of checking a file of attributes."""

    def by_product(self) -> dict[str, dict[str, str]]:
        """Return product number → attribute → value of the good rows."""
        found: dict[str, dict[str, str]] = {}
        for row in self.good:
            found.setdefault(row.spu_code, {})[row.name] = row.value
        return found


def _places(header: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for position, cell in enumerate(header):
        word = cell.strip()
        column = word.lower() if word.lower() in ATTRIBUTE_COLUMNS else _WORDS.get(word)
        if column is not None and column not in places:
            places[column] = position
    missing = [f"{name}（{column}）" for column, name in ATTRIBUTE_COLUMNS.items() if column not in places]
    if missing:
        raise ValueError(f"表头缺少这些列：{'、'.join(missing)}。请对照说明补全第一行。")
    return places


def _problem(code: str, name: str, value: str, known: Collection[str]) -> tuple[str, str] | None:
    for column, text in (("spu_code", code), ("attribute", name), ("value", value)):
        if not text:
            return column, f"缺少{ATTRIBUTE_COLUMNS[column]}（{column}），请补上"
        if "\ufffd" in text:
            return column, f"{ATTRIBUTE_COLUMNS[column]}（{column}）里有无法识别的字符，请按原文重新填写"
    if code not in known:
        return "spu_code", f"货源库里没有商品编码 {code[:40]}，请先导入货源，或改正编码"
    if len(name) > MAX_NAME:
        return "attribute", f"属性名（attribute）有 {len(name)} 个字，最多 {MAX_NAME} 个字"
    if len(value) > MAX_VALUE:
        return "value", f"属性值（value）有 {len(value)} 个字，最多 {MAX_VALUE} 个字"
    return None


def check_attributes(
    header: Sequence[str], rows: Iterable[Sequence[str]], known: Mapping[str, Collection[str]]
) -> CheckedAttributes:
    """Check an attributes file. known: product number → names of the attributes that the library has of it.

    Raises ValueError with a Chinese sentence when the file as a whole cannot be used.
    """
    places = _places(header)
    result = CheckedAttributes()
    good: list[AttributeRow] = []
    for number, cells in enumerate(rows, 2):
        if not any(cell.strip() for cell in cells):
            continue
        result.total += 1
        if result.total > MAX_ROWS:
            raise ValueError(f"文件超过 {MAX_ROWS} 行，请拆成几个文件分别导入。")
        named = {column: cells[place] if place < len(cells) else "" for column, place in places.items()}
        code, name, value = (" ".join(named[column].split()) for column in ATTRIBUTE_COLUMNS)
        if found := _problem(code, name, value, known):
            result.refusals.append(Refusal(number, found[0], f"第 {number} 行：{found[1]}。"))
        else:
            good.append(AttributeRow(number, code, name, value))
    if not result.total:
        raise ValueError("文件里只有表头，没有属性数据，请填写后再导入。")
    bad = _clashes(good, result) | _too_many(good, known, result)
    result.good = [row for row in result.good if row.number not in bad]
    result.refusals.sort(key=lambda refusal: refusal.row)
    return result


def _clashes(rows: Sequence[AttributeRow], result: CheckedAttributes) -> set[int]:
    """Refuse rows that say different things of one attribute; the same thing said again is only noted."""
    groups: dict[tuple[str, str], list[AttributeRow]] = {}
    for row in rows:
        groups.setdefault((row.spu_code, row.name), []).append(row)
    bad: set[int] = set()
    for (code, name), group in groups.items():
        result.good.append(group[0])
        for row in group[1:]:
            if row.value == group[0].value:
                text = f"第 {row.number} 行与第 {group[0].number} 行相同，只导入一次。"
                result.notes.append(Refusal(row.number, "attribute", text, group[0].number))
        if len({row.value for row in group}) > 1:
            for row in group:
                other = next(one for one in group if one.value != row.value)
                text = (
                    f"第 {row.number} 行与第 {other.number} 行：商品 {code} 的“{name}”写了不同的值，"
                    f"请合并成一行，或改用不同的属性名。"
                )
                result.refusals.append(Refusal(row.number, "attribute", text, other.number))
                bad.add(row.number)
    return bad


def _too_many(
    rows: Sequence[AttributeRow], known: Mapping[str, Collection[str]], result: CheckedAttributes
) -> set[int]:
    names: dict[str, set[str]] = {}
    bad: set[int] = set()
    for row in rows:
        there = names.setdefault(row.spu_code, set(known[row.spu_code]))
        if row.name not in there and len(there) >= MOST_PER_PRODUCT:
            text = f"第 {row.number} 行：商品 {row.spu_code} 的属性超过 {MOST_PER_PRODUCT} 项，请删去不重要的。"
            result.refusals.append(Refusal(row.number, "attribute", text))
            bad.add(row.number)
        else:
            there.add(row.name)
    return bad
