"""The file of ``flask mall quote`` and of the page 价格试算: JSON in, the breakdown as plain data out.

Whatever cannot be used raises InvalidInput, whose ``field`` names the place (``lines[0].qty``). The schema
stands in ``docs/quote.md``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Never, TypeVar

from app.core.errors import InvalidInput
from sim_mall.domain.pricing.engine import quote
from sim_mall.domain.pricing.refunds import refund_units
from sim_mall.domain.pricing.terms import (
    Cart,
    CartLine,
    Coupon,
    Freight,
    FullReduction,
    Id,
    ItemPrice,
    MultiBuy,
    OfferKind,
    Quote,
    Scope,
    Tier,
)

WHOLE = "FILE"  # the field of what is wrong with the file as a whole
MAX_BYTES = 16 * 1024 * 1024
MAX_AMOUNT = 10**18  # fen; keeps sums printable everywhere
MAX_UNITS = 1_000_000  # of one cart: the answer lists every unit's refund
MAX_DIGITS = 30
T = TypeVar("T")
_HUGE = object()  # stands for a number that is too long to be read


class _Object(dict[str, Any]):
    """A JSON object that remembers the key that it held twice."""

    twice: str | None = None


def quote_json(data: bytes) -> dict[str, Any]:
    """Price the cart that a file describes. Returns the breakdown as it is printed. Raises InvalidInput."""
    cart = parse(data)
    return plain(quote(cart))


def plain(priced: Quote) -> dict[str, Any]:
    """Return a quote as plain data in the order in which it is printed."""
    return {
        "lines": [
            {
                "id": line.id,
                "base": line.base,
                "steps": [{"step": str(step.step), "id": step.id, "share": step.share} for step in line.steps],
                "payable": line.payable,
            }
            for line in priced.lines
        ],
        "goods_payable": priced.goods_payable,
        "freight": [{"shop": entry.shop, "fee": entry.fee} for entry in priced.freight],
        "freight_total": priced.freight_total,
        "payable": priced.payable,
        "refund_units": {str(line.id): refund_units(line.payable, line.qty) for line in priced.lines},
    }


def parse(data: bytes) -> Cart:
    """Return the cart of a file. Raises InvalidInput naming the field."""
    top = _fields(_load(data), "", {"lines"}, _RULES | {"platform_coupon", "points"})
    lines = _each(top, "lines", _line)
    if sum(line.qty for line in lines) > MAX_UNITS:
        _bad("lines", f"整车的数量合计不能超过 {MAX_UNITS} 件")
    seen: dict[str, int] = {}
    for index, line in enumerate(lines):
        if str(line.id) in seen:
            _bad(f"lines[{index}].id", f"与 lines[{seen[str(line.id)]}].id 重复")
        seen[str(line.id)] = index
    known = frozenset(line.id for line in lines)
    reader = _Rules(known)
    coupons = _each(top, "shop_coupons", reader.shop_coupon)
    _refuse_second(coupons, "shop_coupons", "shop", "每家店铺只能用一张店铺券")
    freight = _each(top, "freight", _freight)
    _refuse_second(freight, "freight", "shop", "每家店铺只能有一条运费")
    found = Cart(
        lines=tuple(lines),
        item_prices=tuple(_each(top, "item_prices", reader.item_price)),
        multi_buys=tuple(_each(top, "multi_buys", reader.multi_buy)),
        full_reductions=tuple(_each(top, "full_reductions", reader.full_reduction)),
        shop_coupons=tuple(coupons),
        platform_coupon=_platform_coupon(top.get("platform_coupon")),
        points=_number(top, "points", "", low=0) if "points" in top else 0,
        freight=tuple(freight),
    )
    for name in ("item_prices", "multi_buys", "full_reductions", "shop_coupons"):
        _refuse_second(getattr(found, name), name, "id", "不能重复")
    return found


_RULES = {"item_prices", "multi_buys", "full_reductions", "shop_coupons", "freight"}


def _bad(field: str, message: str) -> Never:
    raise InvalidInput(f"{message}。", field=field or WHOLE)


def _load(data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        _bad(WHOLE, f"文件不能超过 {MAX_BYTES // 1024 // 1024} MB")

    def pairs(found: list[tuple[str, Any]]) -> _Object:
        made = _Object(found)
        if len(made) != len(found):
            keys = [key for key, _ in found]
            made.twice = next(key for index, key in enumerate(keys) if key in keys[:index])
        return made

    def integer(text: str) -> Any:
        return int(text) if len(text) <= MAX_DIGITS else _HUGE

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        _bad(WHOLE, "文件不是 UTF-8 编码，请另存为 UTF-8 后重试")
    try:
        found = json.loads(text, object_pairs_hook=pairs, parse_int=integer)
        if "\\u" in text:  # lone surrogates come in as escapes, and no output could hold them
            json.dumps(found, ensure_ascii=False, default=str).encode()
    except json.JSONDecodeError as error:
        _bad(WHOLE, f"第 {error.lineno} 行第 {error.colno} 列起不是有效的 JSON")
    except RecursionError:
        _bad(WHOLE, "嵌套层数太多，不是购物车文件")
    except UnicodeEncodeError:
        _bad(WHOLE, "含有不完整的 Unicode 转义（单独的代理项），无法输出")
    return found


def _shown(text: str) -> str:
    """Return a name from the file so that it fits into one sentence."""
    return json.dumps(text[:40], ensure_ascii=False)[1:-1]


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _fields(value: Any, where: str, required: set[str], optional: set[str]) -> _Object:
    """Return the object with known keys only and every required one."""
    if not isinstance(value, _Object):
        _bad(where, "应为 JSON 对象")
    if value.twice is not None:
        _bad(_at(where, _shown(value.twice)), "同一个键写了两次")
    for key in value:
        if key not in required and key not in optional:
            _bad(_at(where, _shown(key)), "没有这个键，请检查拼写")
    for key in sorted(required):
        if key not in value:
            _bad(_at(where, key), "缺少这个键")
    return value


def _each(source: _Object, name: str, read: Callable[[Any, str], T]) -> list[T]:
    if name not in source:
        return []
    found = source[name]
    if not isinstance(found, list):
        _bad(name, "应为数组")
    return [read(item, f"{name}[{index}]") for index, item in enumerate(found)]


def _number(source: _Object, name: str, where: str, *, low: int, high: int = MAX_AMOUNT) -> int:
    found = source[name]
    if found is _HUGE:
        _bad(_at(where, name), f"数字太大，不能超过 {high}")
    if not isinstance(found, int) or isinstance(found, bool):
        _bad(_at(where, name), "应为整数")
    if found < low:
        _bad(_at(where, name), f"应为不小于 {low} 的整数")
    if found > high:
        _bad(_at(where, name), f"不能超过 {high}")
    return found


def _perhaps(source: _Object, name: str, where: str, *, low: int = 0) -> int | None:
    """Return an amount that may be left out or null."""
    return None if source.get(name) is None else _number(source, name, where, low=low)


def _bp(source: _Object, where: str) -> int:
    return _number(source, "bp", where, low=1, high=9999)


def _id(value: Any, where: str) -> Id:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    _bad(where, "应为非空文字或整数")


def _either(source: _Object, where: str, first: str) -> tuple[int | None, int | None]:
    """Return (``first``, bp): exactly one of them must be there."""
    if (first in source) == ("bp" in source):
        what = "只能写一个" if first in source else "必须写一个"
        _bad(_at(where, "bp"), f"{first} 和 bp {what}")
    if first in source:
        return _number(source, first, where, low=0), None
    return None, _bp(source, where)


def _refuse_second(rows: Sequence[Any], name: str, key: str, why: str) -> None:
    seen = set()
    for index, row in enumerate(rows):
        found = getattr(row, key)
        if found in seen:
            _bad(f"{name}[{index}].{key}", why)
        seen.add(found)


def _line(value: Any, where: str) -> CartLine:
    found = _fields(value, where, {"id", "shop", "unit_price", "qty"}, {"category"})
    category = found.get("category")
    return CartLine(
        id=_id(found["id"], _at(where, "id")),
        shop=_id(found["shop"], _at(where, "shop")),
        category=None if category is None else _id(category, _at(where, "category")),
        unit_price=_number(found, "unit_price", where, low=1),
        qty=_number(found, "qty", where, low=1, high=MAX_UNITS),
    )


def _freight(value: Any, where: str) -> Freight:
    found = _fields(value, where, {"shop", "fee"}, {"free_from"})
    return Freight(
        shop=_id(found["shop"], _at(where, "shop")),
        fee=_number(found, "fee", where, low=0),
        free_from=_perhaps(found, "free_from", where),
    )


def _platform_coupon(value: Any) -> Coupon | None:
    if value is None:
        return None
    where = "platform_coupon"
    found = _fields(value, where, {"id", "threshold"}, {"off", "bp", "cap"})
    return _coupon(found, where, None, None)


def _coupon(found: _Object, where: str, shop: Id | None, lines: Scope) -> Coupon:
    off, bp = _either(found, where, "off")
    return Coupon(
        id=_id(found["id"], _at(where, "id")),
        shop=shop,
        lines=lines,
        threshold=_number(found, "threshold", where, low=0),
        off=off,
        bp=bp,
        cap=_perhaps(found, "cap", where),
    )


class _Rules:
    """Reads the rules that name lines."""

    def __init__(self, known: frozenset[Id]) -> None:
        self.known = known

    def _lines(self, value: Any, where: str) -> frozenset[Id]:
        where = _at(where, "lines")
        if not isinstance(value, list):
            _bad(where, "应为商品行 id 的数组")
        found = set()
        for index, item in enumerate(value):
            line_id = _id(item, f"{where}[{index}]")
            if line_id not in self.known:
                _bad(f"{where}[{index}]", f"没有 id 为 {_shown(str(line_id))} 的商品行")
            found.add(line_id)
        return frozenset(found)

    def _scope(self, value: Any, where: str) -> Scope:
        if value == "all":
            return None
        if isinstance(value, str):
            _bad(_at(where, "lines"), "应为 all 或商品行 id 的数组")
        return self._lines(value, where)

    def item_price(self, value: Any, where: str) -> ItemPrice:
        found = _fields(value, where, {"id", "kind", "lines"}, {"bp", "price"})
        if not isinstance(found["kind"], str) or found["kind"] not in set(OfferKind):
            _bad(_at(where, "kind"), "应为 flash、group、live、limited、member 之一")
        price, bp = _either(found, where, "price")
        return ItemPrice(
            id=_id(found["id"], _at(where, "id")),
            kind=OfferKind(found["kind"]),
            lines=self._lines(found["lines"], where),
            bp=bp,
            price=price,
        )

    def multi_buy(self, value: Any, where: str) -> MultiBuy:
        found = _fields(value, where, {"id", "lines", "min_qty", "bp"}, set())
        return MultiBuy(
            id=_id(found["id"], _at(where, "id")),
            lines=self._scope(found["lines"], where),
            min_qty=_number(found, "min_qty", where, low=1),
            bp=_bp(found, where),
        )

    def full_reduction(self, value: Any, where: str) -> FullReduction:
        found = _fields(value, where, {"id", "shop", "lines", "tiers"}, set())
        tiers = found["tiers"]
        if not isinstance(tiers, list):
            _bad(_at(where, "tiers"), "应为数组")
        return FullReduction(
            id=_id(found["id"], _at(where, "id")),
            shop=_id(found["shop"], _at(where, "shop")),
            lines=self._scope(found["lines"], where),
            tiers=tuple(_tier(tier, f"{where}.tiers[{index}]") for index, tier in enumerate(tiers)),
        )

    def shop_coupon(self, value: Any, where: str) -> Coupon:
        found = _fields(value, where, {"id", "shop", "lines", "threshold"}, {"off", "bp", "cap"})
        shop = _id(found["shop"], _at(where, "shop"))
        return _coupon(found, where, shop, self._scope(found["lines"], where))


def _tier(value: Any, where: str) -> Tier:
    found = _fields(value, where, {"threshold"}, {"off", "bp"})
    off, bp = _either(found, where, "off")
    return Tier(threshold=_number(found, "threshold", where, low=0), off=off, bp=bp)
