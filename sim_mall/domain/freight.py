"""Freight templates (运费模板): by piece, weight or volume, rows by region, free-if, no-ship regions. Integer fen.

Source: commerce model 3.6. Regions are division codes of 2 (province) or 4 (city) digits; the longest that the
receiver's code begins with counts. No row and no default row: not deliverable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

MAX_FEE = 1_000_000  # 10,000.00 yuan
MAX_ROWS = 40


class FreightUnit(StrEnum):
    """What a template counts."""

    PIECE = "piece"  # 按件
    GRAM = "gram"  # 按重量
    CM3 = "cm3"  # 按体积


UNIT_NAMES = {FreightUnit.PIECE: "按件数", FreightUnit.GRAM: "按重量", FreightUnit.CM3: "按体积"}
UNIT_WORDS = {FreightUnit.PIECE: "件", FreightUnit.GRAM: "克", FreightUnit.CM3: "立方厘米"}


class Combining(StrEnum):
    """What a shop asks for an order whose goods use several templates (多模板运费)."""

    SUM = "sum"  # 相加
    MAX_FIRST = "max_first"  # 首费取最高的一个，其余按续费


@dataclass(frozen=True, slots=True)
class FreightRow:
    """One row: the first units for a fee, each further step for another; free from a count or an amount (fen).

    regions: codes, empty for the default row. free_both: both conditions must hold, else either.
    """

    first: int = 1
    first_fee: int = 0
    step: int = 1
    step_fee: int = 0
    regions: tuple[str, ...] = ()
    free_count: int | None = None
    free_amount: int | None = None
    free_both: bool = False

    def is_free(self, count: int, amount: int) -> bool:
        """Say whether the free-if condition of the row holds."""
        tests = []
        if self.free_count is not None:
            tests.append(count >= self.free_count)
        if self.free_amount is not None:
            tests.append(amount >= self.free_amount)
        if not tests:
            return False
        return all(tests) if self.free_both else any(tests)

    def fee(self, units: int) -> int:
        """Return the fee of so many units: first + ⌈(units - first) / step⌉ × step fee."""
        return self.first_fee + self._steps(max(units - self.first, 0))

    def further_fee(self, units: int) -> int:
        """Return the fee of so many units that travel with another template's first: steps alone, never dearer."""
        return min(self._steps(units), self.fee(units))

    def _steps(self, units: int) -> int:
        return -(-units // self.step) * self.step_fee


@dataclass(frozen=True, slots=True)
class FreightTemplate:
    """A whole template. default: the row for regions without their own, None when those get nothing."""

    unit: FreightUnit
    default: FreightRow | None
    rows: tuple[FreightRow, ...] = ()
    no_ship: tuple[str, ...] = ()

    def row_for(self, region: str) -> FreightRow | None:
        """Return the row of a division code, None where nothing is sent. '' (unknown) takes the default row."""
        if _longest(self.no_ship, region) > max((_longest(row.regions, region) for row in self.rows), default=0):
            return None
        best = max(self.rows, key=lambda row: _longest(row.regions, region), default=None)
        if best is not None and _longest(best.regions, region):
            return best
        return self.default


def _longest(codes: Iterable[str], region: str) -> int:
    return max((len(code) for code in codes if code and region.startswith(code)), default=0)


@dataclass(frozen=True, slots=True)
class Load:
    """One line of an order as freight sees it. amount: fen of goods, after the discounts that count.

    template: None for goods with one flat fee per order.
    """

    line: int
    template_id: int | None
    template: FreightTemplate | None
    flat_fee: int
    count: int
    weight_g: int
    amount: int
    volume_cm3: int = 0

    def units(self, unit: FreightUnit) -> int:
        """Return what the line counts in a unit."""
        each = {FreightUnit.PIECE: 1, FreightUnit.GRAM: self.weight_g, FreightUnit.CM3: self.volume_cm3}
        return each[unit] * self.count


@dataclass(frozen=True, slots=True)
class Freight:
    """What one shop asks for one parcel of goods. blocked: lines that cannot be sent to this region."""

    fee: int
    blocked: tuple[int, ...] = ()


def shop_freight(loads: Sequence[Load], region: str, combining: Combining = Combining.SUM) -> Freight:
    """Return the freight of one shop's lines: the sum over templates plus the highest flat fee.

    Lines of one template are counted together. A template without a row for the region blocks its lines. With
    ``MAX_FIRST`` only the highest first fee counts, the flat fee being one too; every other template asks its steps.
    """
    groups: dict[int, list[Load]] = {}
    flat = 0
    for load in loads:
        if load.template is None:
            flat = max(flat, load.flat_fee)
        else:
            groups.setdefault(load.template_id or 0, []).append(load)
    fees, blocked = [(flat, flat, 0)], []  # (first fee, as the first, beside another's first)
    for lines in groups.values():
        template = lines[0].template
        assert template is not None
        row = template.row_for(region)
        if row is None:
            blocked += [load.line for load in lines]
            continue
        count = sum(load.count for load in lines)
        if row.is_free(count, sum(load.amount for load in lines)):
            continue
        units = sum(load.units(template.unit) for load in lines)
        fees.append((row.first_fee, row.fee(units), row.further_fee(units)))
    if combining is Combining.SUM:
        return Freight(sum(whole for _, whole, _ in fees), tuple(sorted(blocked)))
    best = max(range(len(fees)), key=lambda place: fees[place][0])
    total = sum(whole if place == best else further for place, (_, whole, further) in enumerate(fees))
    return Freight(total, tuple(sorted(blocked)))


def to_json(template: FreightTemplate) -> dict[str, Any]:
    """Return the template as plain JSON values."""
    return {
        "unit": str(template.unit),
        "default": asdict(template.default) if template.default else None,
        "rows": [asdict(row) for row in template.rows],
        "no_ship": list(template.no_ship),
    }


def from_json(data: Mapping[str, Any]) -> FreightTemplate:
    """Return the template of ``to_json``."""

    def row(values: Mapping[str, Any]) -> FreightRow:
        return FreightRow(**{**values, "regions": tuple(values["regions"])})

    return FreightTemplate(
        unit=FreightUnit(data["unit"]),
        default=row(data["default"]) if data["default"] else None,
        rows=tuple(row(values) for values in data["rows"]),
        no_ship=tuple(data["no_ship"]),
    )


def findings(template: FreightTemplate) -> list[tuple[str, str]]:
    """Return (field, Chinese sentence) for everything that cannot be right."""
    found: list[tuple[str, str]] = []
    rows = [*([template.default] if template.default else []), *template.rows]
    if not rows:
        found.append(("default", "请填写默认运费，或至少填写一个地区的运费。"))
    if len(template.rows) > MAX_ROWS:
        found.append(("rows", f"地区运费最多 {MAX_ROWS} 行。"))
    for row in rows:
        where = "默认运费" if row is template.default else "地区运费"
        if row.first < 1 or row.step < 1 or max(row.first, row.step) > 1_000_000:
            found.append(("rows", f"{where}的首件（首重、首体积）和每续应在 1 到 1,000,000 之间。"))
        if not (0 <= row.first_fee <= MAX_FEE and 0 <= row.step_fee <= MAX_FEE):
            found.append(("rows", f"{where}应在 0 元到 10,000 元之间。"))
        if (row.free_count is not None and row.free_count < 1) or (row.free_amount is not None and row.free_amount < 1):
            found.append(("rows", f"{where}的包邮条件应大于 0。"))
    if any(not row.regions for row in template.rows):
        found.append(("rows", "请为每一行地区运费选择地区，或删去这一行。"))
    named = [code for row in template.rows for code in row.regions]
    if twice := sorted({code for code in named if named.count(code) > 1}):
        found.append(("rows", f"同一个地区只能出现在一行里（重复 {len(twice)} 个）。"))
    if set(named) & set(template.no_ship):
        found.append(("no_ship", "不配送地区里有已设置运费的地区，请从其中一处去掉。"))
    return found


def always_free(template: FreightTemplate) -> bool:
    """Say whether every row of the template costs nothing whatever is bought (包邮)."""
    rows = [*([template.default] if template.default else []), *template.rows]
    return bool(rows) and all(row.first_fee == 0 and row.step_fee == 0 for row in rows)
