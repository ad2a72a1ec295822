"""``flask mall quote``: the file, its refusals, and what the documentation says of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from app.core.errors import InvalidInput
from sim_mall.commands import commands
from sim_mall.domain.pricing.quote_file import quote_json
from tests.architecture.sources import ROOT

SCHEMA = jsonschema_rs.validator_for(json.loads((ROOT / "docs/quote.schema.json").read_text(encoding="utf-8")))
LINE: dict[str, Any] = {"id": "A", "shop": "S", "category": "食品", "unit_price": 1000, "qty": 2}
PLATFORM: dict[str, Any] = {"id": "p", "threshold": 0, "off": 100}
COUPON: dict[str, Any] = {"id": "c", "shop": "S", "lines": "all", "threshold": 0, "off": 100}
OFFER: dict[str, Any] = {"id": "o", "kind": "flash", "lines": ["A"], "price": 900}
FULL: dict[str, Any] = {"id": "f", "shop": "S", "lines": ["A"], "tiers": [{"threshold": 0, "off": 1}]}
MULTI: dict[str, Any] = {"id": "m", "lines": ["A"], "min_qty": 1, "bp": 9000}


def example() -> str:
    found = re.search(r"```json\n(.*?)```", (ROOT / "docs/quote.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


def price(**cart: Any) -> dict[str, Any]:
    return quote_json(json.dumps({"lines": [LINE], **cart}).encode())


def without(row: dict[str, Any], *keys: str, **more: Any) -> dict[str, Any]:
    return {**{key: value for key, value in row.items() if key not in keys}, **more}


def test_the_example_of_the_documentation() -> None:
    SCHEMA.validate(json.loads(example()))
    found = quote_json(example().encode())
    assert list(found) == ["lines", "goods_payable", "freight", "freight_total", "payable", "refund_units"]
    assert found["lines"][0] == {
        "id": "A",
        "base": 5990,
        "steps": [
            {"step": "item", "id": "限时8.8折", "share": 719},
            {"step": "full", "id": "满100减10", "share": 446},
            {"step": "shop_coupon", "id": "店铺券5元", "share": 284},
            {"step": "platform_coupon", "id": "平台券3元", "share": 132},
        ],
        "payable": 4409,
    }
    assert [line["payable"] for line in found["lines"]] == [4409, 3344, 2266]
    assert (found["goods_payable"], found["freight"], found["freight_total"], found["payable"]) == (
        10019,
        [{"shop": "S", "fee": 800}],
        800,
        10819,
    )
    assert found["refund_units"] == {"A": [4409], "B": [1672, 1672], "C": [755, 755, 756]}


@pytest.mark.parametrize(
    "cart",
    [
        {},
        {"lines": []},
        {"lines": [without(LINE, "category")]},
        {"lines": [LINE, {**LINE, "id": 7}], "item_prices": [{**OFFER, "lines": [7]}]},
        {"platform_coupon": None, "points": 0, "item_prices": [], "freight": []},
        {"shop_coupons": [{**COUPON, "cap": None}, {**COUPON, "id": "d", "shop": "elsewhere"}]},
        {"shop_coupons": [{**COUPON, "lines": ["A", "A"]}], "multi_buys": [{**MULTI, "lines": "all"}]},
        {"freight": [{"shop": "S", "fee": 0}, {"shop": "T", "fee": 5, "free_from": 0}]},
        {"full_reductions": [{**FULL, "tiers": [], "lines": []}], "points": 10**18},
    ],
)
def test_what_can_be_priced_agrees_with_the_schema(cart: dict[str, Any]) -> None:
    assert SCHEMA.is_valid({"lines": [LINE], **cart})
    found = price(**cart)
    assert found["payable"] == found["goods_payable"] + found["freight_total"]


def test_ids_come_back_as_they_were() -> None:
    found = price(
        lines=[{**LINE, "id": 7, "shop": 3}], freight=[{"shop": 3, "fee": 1}, {"shop": 4, "fee": 2}], points=9
    )
    assert (found["lines"][0]["id"], found["freight"]) == (7, [{"shop": 3, "fee": 1}])
    assert found["lines"][0]["steps"] == [{"step": "points", "id": "points", "share": 9}]
    assert found["refund_units"] == {"7": [995, 996]}


BAD_UNITS: list[Any] = [0, -1, True, 1.0, "1", None, [], 10**7, 10**40]
BAD_PRICES: list[Any] = [0, False, 1e3, "9", 10**19]
BAD_IDS: list[Any] = ["", True, None, 1.5, ["A"], 10**40]
BAD_RATES: list[Any] = [0, 10_000, True, 88.5, "8800"]
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"lines": None}, "lines"),
    ({"lines": {}}, "lines"),
    ({"lines": [5]}, "lines[0]"),
    ({"line": []}, "line"),
    ({"bundles": []}, "bundles"),
    *(({"lines": [without(LINE, key)]}, f"lines[0].{key}") for key in ("id", "shop", "unit_price", "qty")),
    *(({"lines": [{**LINE, "qty": bad}]}, "lines[0].qty") for bad in BAD_UNITS),
    *(({"lines": [{**LINE, "unit_price": bad}]}, "lines[0].unit_price") for bad in BAD_PRICES),
    *(({"lines": [{**LINE, "id": bad}]}, "lines[0].id") for bad in BAD_IDS),
    ({"lines": [LINE, LINE]}, "lines[1].id"),
    ({"lines": [{**LINE, "id": "1"}, {**LINE, "id": 1}]}, "lines[1].id"),
    ({"lines": [{**LINE, "name": "x"}]}, "lines[0].name"),
    ({"lines": [{**LINE, "shop": True}]}, "lines[0].shop"),
    ({"lines": [{**LINE, "category": []}]}, "lines[0].category"),
    ({"lines": [{**LINE, "qty": 600_000}, {**LINE, "id": "B", "qty": 600_000}]}, "lines"),
    ({"points": -1}, "points"),
    ({"points": None}, "points"),
    ({"points": float("nan")}, "points"),
    ({"points": float("inf")}, "points"),
    ({"item_prices": {}}, "item_prices"),
    ({"item_prices": [{**OFFER, "kind": "vip"}]}, "item_prices[0].kind"),
    ({"item_prices": [{**OFFER, "kind": ["flash"]}]}, "item_prices[0].kind"),
    ({"item_prices": [{**OFFER, "lines": "all"}]}, "item_prices[0].lines"),
    ({"item_prices": [{**OFFER, "lines": ["A", "X"]}]}, "item_prices[0].lines[1]"),
    ({"item_prices": [{**OFFER, "bp": 9000}]}, "item_prices[0].bp"),
    ({"item_prices": [without(OFFER, "price")]}, "item_prices[0].bp"),
    ({"item_prices": [{**OFFER, "price": -1}]}, "item_prices[0].price"),
    ({"item_prices": [OFFER, OFFER]}, "item_prices[1].id"),
    *(({"multi_buys": [{**MULTI, "bp": bad}]}, "multi_buys[0].bp") for bad in BAD_RATES),
    ({"multi_buys": [{**MULTI, "min_qty": 0}]}, "multi_buys[0].min_qty"),
    ({"multi_buys": [{**MULTI, "lines": "A"}]}, "multi_buys[0].lines"),
    ({"multi_buys": [{**MULTI, "lines": [True]}]}, "multi_buys[0].lines[0]"),
    ({"multi_buys": [{**MULTI, "off": 3}]}, "multi_buys[0].off"),
    ({"full_reductions": [without(FULL, "tiers")]}, "full_reductions[0].tiers"),
    ({"full_reductions": [{**FULL, "tiers": {}}]}, "full_reductions[0].tiers"),
    ({"full_reductions": [{**FULL, "tiers": [{"threshold": 1}]}]}, "full_reductions[0].tiers[0].bp"),
    ({"full_reductions": [{**FULL, "tiers": [{"threshold": -1, "off": 1}]}]}, "full_reductions[0].tiers[0].threshold"),
    ({"full_reductions": [{**FULL, "tiers": [{"threshold": 1, "cap": 1}]}]}, "full_reductions[0].tiers[0].cap"),
    ({"shop_coupons": [COUPON, {**COUPON, "id": "d"}]}, "shop_coupons[1].shop"),
    ({"shop_coupons": [without(COUPON, "threshold")]}, "shop_coupons[0].threshold"),
    ({"shop_coupons": [{**COUPON, "cap": -1}]}, "shop_coupons[0].cap"),
    ({"platform_coupon": []}, "platform_coupon"),
    ({"platform_coupon": {**PLATFORM, "lines": "all"}}, "platform_coupon.lines"),
    ({"platform_coupon": {**PLATFORM, "off": None}}, "platform_coupon.off"),
    ({"freight": [{"shop": "S"}]}, "freight[0].fee"),
    ({"freight": [{"shop": "S", "fee": 1}, {"shop": "S", "fee": 2}]}, "freight[1].shop"),
    ({"freight": [{"shop": "S", "fee": 1, "free_from": "x"}]}, "freight[0].free_from"),
]  # fmt: skip


@pytest.mark.parametrize(("cart", "field"), REFUSED, ids=[f"{n}-{row[1]}" for n, row in enumerate(REFUSED)])
def test_what_is_refused_names_its_field(cart: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        price(**cart)
    assert refusal.value.field == field
    assert refusal.value.message.endswith("。")
    assert "\n" not in refusal.value.message


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"", "FILE"),
        (b"{", "FILE"),
        (b"[]", "FILE"),
        (b"null", "FILE"),
        (b"\xff\xfe{}", "FILE"),
        (b"{}", "lines"),
        (b"[" * 200_000, "FILE"),
        (b'{"lines": [], "lines": []}', "lines"),
        (b'{"lines": [{"id": "A", "qty": 1, "shop": 1, "qty": 2, "unit_price": 1}]}', "lines[0].qty"),
        (b'{"lines": [{"id": "\\ud800", "shop": 1, "qty": 2, "unit_price": 1}]}', "FILE"),
        (b'{"lines": [], "a\\nb": 1}', "a\\nb"),
        (b'{"lines": [], "points": ' + b"9" * 5000 + b"}", "points"),
    ],
    ids=range(12),
)
def test_what_is_no_cart_is_refused(data: bytes, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        quote_json(data)
    assert refusal.value.field == field


@pytest.fixture
def runner() -> FlaskCliRunner:
    bare = Flask("quote")  # no database, no settings
    bare.cli.add_command(commands)
    return bare.test_cli_runner()


def test_the_command_prints_the_same_bytes_each_time(runner: FlaskCliRunner, tmp_path: Path) -> None:
    path = tmp_path / "cart.json"
    path.write_bytes(b"\xef\xbb\xbf" + example().encode())  # as Windows editors save it
    first, second = (runner.invoke(args=["mall", "quote", str(path)]) for _ in range(2))
    assert (first.exit_code, first.stderr) == (0, "")
    assert first.stdout_bytes == second.stdout_bytes
    assert json.loads(first.stdout)["payable"] == 10819
    assert "限时8.8折" in first.stdout


@pytest.mark.parametrize("name", ["absent.json", ".", "nul\0.json"])
def test_the_command_refuses_what_it_cannot_read(runner: FlaskCliRunner, tmp_path: Path, name: str) -> None:
    result = runner.invoke(args=["mall", "quote", f"{tmp_path}/{name}"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("FILE：")
    assert result.stderr.count("\n") == 1


def test_the_command_refuses_bad_input(runner: FlaskCliRunner, tmp_path: Path) -> None:
    path = tmp_path / "cart.json"
    path.write_text(json.dumps({"lines": [{**LINE, "qty": 0}]}), encoding="utf-8")
    result = runner.invoke(args=["mall", "quote", str(path)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "lines[0].qty：应为不小于 1 的整数。\n"
