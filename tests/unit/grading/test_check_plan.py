"""Money of a plan: every figure of the worked example is derived by hand; the identities find what is wrong."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import InvalidInput
from grading.domain.documents import read_document
from grading.domain.finance import MONTHLY, Accounts, compute_accounts, year_of
from grading.domain.finance_checks import check_finance
from grading.domain.finance_input import parse_finance

# 10 pieces a month at 100.00, cost 60.00; 150.00 of monthly items; a computer of 3,600.00 over 36 months;
# a loan of 1,200.00 at 6 % with 100.00 of principal; 3,000.00 of own money; 300.00 of stock at the start.
EXAMPLE: dict[str, Any] = {
    "products": [{"name": "绿茶", "price": 10_000, "unit_cost": 6_000, "quantity": [10] * 12}],
    "turnover_tax_bp": 100,
    "credit_share_bp": 3_000,
    "credit_delay_months": 1,
    "monthly": {**dict.fromkeys(MONTHLY, 0), "owner_wage": 10_000, "rent": 5_000},
    "assets": [{"name": "电脑", "cost": 360_000, "residual": 0, "life_months": 36}],
    "loan": {"amount": 120_000, "yearly_rate_bp": 600, "monthly_principal": 10_000},
    "owner_money": 300_000,
    "start_month_stock": 30_000,
}


def run(value: dict[str, Any]) -> tuple[Accounts, list[Any]]:
    plan, typed = parse_finance(value)
    accounts = compute_accounts(plan)
    return accounts, check_finance(plan, accounts, typed)


def changed(**parts: Any) -> dict[str, Any]:
    return {**deepcopy(EXAMPLE), **parts}


def ids(found: list[Any]) -> list[tuple[str, int | None, str]]:
    return [(one.id, one.month, one.path) for one in found]


def test_worked_example_reconciles_to_the_fen() -> None:
    accounts, found = run(EXAMPLE)
    assert found == []
    opening, first, second = (accounts.as_json()["months"][number] for number in range(3))
    assert {key: value for key, value in opening.items() if value} == {
        "cash_in": 420_000,
        "cash_out": 390_000,
        "closing_cash": 30_000,
        "loan": 120_000,
    }
    assert first == {
        "month": 1,
        "gross": 100_000,
        "turnover_tax": 990,  # 100,000 - 100,000 / 1.01 = 990.099
        "net": 99_010,
        "materials": 60_000,
        "depreciation": 10_000,
        "interest": 600,
        "cost": 85_600,  # 15,000 + 60,000 + 10,000 + 600
        "profit": 13_410,
        "cash_sales": 70_000,
        "collected": 0,
        "principal": 10_000,
        "cash_in": 100_000,  # 30,000 + 70,000
        "cash_out": 56_590,  # 15,000 + 60,000 - 30,000 of stock + 600 + 10,000 + 990
        "closing_cash": 43_410,
        "receivable": 30_000,
        "loan": 110_000,
    }
    assert (second["interest"], second["collected"], second["cash_in"], second["cash_out"]) == (
        550,
        30_000,
        143_410,
        86_540,
    )
    year = accounts.as_json()["year"]
    assert year == {
        "gross": 1_200_000,
        "net": 1_188_120,
        "cost": 1_023_900,  # 12 x 85,000 + interest 600, 550, ..., 50 = 3,900
        "profit": 164_220,
        "depreciation": 120_000,
        "principal": 120_000,
        "delta_receivable": 30_000,
        "delta_cash": 164_220,  # 164,220 + 120,000 - 30,000 - 120,000 + 30,000
        "reconciles": True,
    }
    assert accounts.months[12].loan == 0


def test_rounding_is_half_up_where_a_figure_arises() -> None:
    accounts, _ = run(
        changed(
            products=[{"name": "甲", "price": 101, "unit_cost": 1, "quantity": [1] * 12}],
            turnover_tax_bp=10_000,
            credit_share_bp=5_000,
            assets=[{"name": "机", "cost": 7, "residual": 2, "life_months": 2}],
            loan={"amount": 100, "yearly_rate_bp": 600, "monthly_principal": 60},
        )
    )
    first, second, third = accounts.months[1:4]
    assert (first.net, first.turnover_tax) == (51, 50)  # 50.5 up; the tax is the rest
    assert (first.cash_sales, first.receivable) == (50, 51)
    assert (first.depreciation, second.depreciation, third.depreciation) == (3, 3, 0)  # 2.5 up, two months
    assert (first.interest, second.interest) == (1, 0)  # 0.5 up; 40 x 6 % / 12 = 0.2
    assert (first.principal, second.principal, third.principal) == (60, 40, 0)


@pytest.mark.parametrize(("delay", "receivable"), [(0, 0), (3, 90_000), (12, 360_000)])
def test_credit_is_collected_later(delay: int, receivable: int) -> None:
    accounts, _ = run(changed(credit_delay_months=delay))
    assert accounts.year.delta_receivable == receivable
    assert accounts.year.reconciles


def test_one_cent_below_zero_in_month_seven_blocks() -> None:
    """Hard case 21: the closing cash of month 7 is -0.01."""
    wages = {**EXAMPLE["monthly"]}
    value = changed(credit_share_bp=0, turnover_tax_bp=0, monthly=wages, start_month_stock=0)
    value["loan"] = {"amount": 0, "yearly_rate_bp": 0, "monthly_principal": 0}
    value["assets"] = []
    value["products"][0]["quantity"] = [0] * 12  # 15,000 a month goes out
    value["owner_money"] = 7 * 15_000 - 1
    accounts, found = run(value)
    assert accounts.months[7].closing_cash == -1
    blocking = [one for one in found if one.blocks]
    assert ids(blocking)[0] == ("P14", 7, "/months/7/closing_cash")
    assert [one.month for one in blocking] == [7, 8, 9, 10, 11, 12]
    assert "-0.01" in blocking[0].message


def test_depreciation_in_the_cash_flow_is_named() -> None:
    """Hard case 21: typed totals that hold depreciation, lack interest, or count principal as cost."""
    typed = {"months": [{"month": 1, "cash_out": 66_590}, {"month": 2, "cost": 95_550}], "year": {"cost": 1_020_000}}
    _, found = run(changed(typed=typed))
    assert ids(found) == [
        ("P4", None, "/typed/year/cost"),
        ("P4", 2, "/typed/months/1/cost"),
        ("P12", 1, "/typed/months/0/cash_out"),
        ("P16", None, "/typed/year/cost"),
        ("P16", 1, "/typed/months/0/cash_out"),
        ("P16", 2, "/typed/months/1/cost"),
    ]
    assert "折旧" in found[4].message and "本金" in found[5].message and "利息" in found[3].message


def test_typed_totals_have_a_tolerance() -> None:
    typed = {"months": [{"month": 1, "gross": 100_100, "profit": 13_310}], "year": {"profit": 165_420}}
    assert run(changed(typed=typed))[1] == []
    typed = {"months": [{"month": 1, "gross": 100_101, "profit": 13_309}], "year": {"profit": 165_421, "delta_cash": 0}}
    assert ids(run(changed(typed=typed))[1]) == [
        ("P2", 1, "/typed/months/0/gross"),
        ("P5", None, "/typed/year/profit"),
        ("P5", 1, "/typed/months/0/profit"),
        ("P18", None, "/typed/year/delta_cash"),
    ]


def test_typed_opening_cash_is_carried_over() -> None:
    typed = {"months": [{"month": 1, "closing_cash": 43_410}, {"month": 2, "cash_in": 100_000}]}
    assert [one.id for one in run(changed(typed=typed))[1]] == ["P12", "P13"]
    exact = compute_accounts(parse_finance(EXAMPLE)[0]).as_json()
    typed = {"months": exact["months"], "year": exact["year"]}
    assert run(changed(typed=typed))[1] == []
    assert ids(run(changed(typed={"year": {"reconciles": False}}))[1]) == [("P18", None, "/typed/year/reconciles")]


def test_lives_and_prices_are_warnings() -> None:
    assets = [
        {"name": "笔记本电脑", "cost": 1, "residual": 0, "life_months": 35},
        {"name": "货架", "cost": 1, "residual": 0, "life_months": 59},
        {"name": "面包车", "cost": 1, "residual": 0, "life_months": 48},
    ]
    products = [{"name": "亏", "price": 100, "unit_cost": 100, "quantity": [1] * 12}]
    value = changed(assets=assets, products=products, owner_money=10**9)
    _, found = run(value)
    assert ids(found) == [
        ("P7", None, "/assets/0/life_months"),
        ("P7", None, "/assets/1/life_months"),
        ("P17", None, "/products/0/unit_cost"),
    ]
    assert {one.severity for one in found} == {"warning"}


def test_a_changed_table_breaks_its_identities() -> None:
    plan, _ = parse_finance(EXAMPLE)
    accounts = compute_accounts(plan)
    for key, rules in {
        "net": {"P3", "P5"},
        "cost": {"P4", "P5"},
        "profit": {"P5", "P18"},
        "depreciation": {"P4", "P6", "P18"},
        "closing_cash": {"P12", "P13"},
        "collected": {"P13", "P15"},
        "cash_out": {"P12", "P16"},
    }.items():
        months = list(accounts.months)
        months[3] = replace(months[3], **{key: getattr(months[3], key) + 50_000})
        tampered = Accounts(tuple(months), year_of(months, accounts.stock_used), accounts.stock_used)
        assert {one.id for one in check_finance(plan, tampered)} >= rules, key


BAD: list[tuple[Any, str]] = [
    ({"products": EXAMPLE["products"][0]}, "/products"),
    ({"products": [{**EXAMPLE["products"][0], "quantity": [1] * 11}]}, "/products/0/quantity"),
    ({"products": [{**EXAMPLE["products"][0], "price": -1}]}, "/products/0/price"),
    ({"products": [{**EXAMPLE["products"][0], "price": 10**12 + 1}]}, "/products/0/price"),
    ({"products": [{**EXAMPLE["products"][0], "price": 1.5}]}, "/products/0/price"),
    ({"products": [{**EXAMPLE["products"][0], "price": "1"}]}, "/products/0/price"),
    ({"products": [{**EXAMPLE["products"][0], "quantity": [True] * 12}]}, "/products/0/quantity/0"),
    ({"turnover_tax_bp": -1}, "/turnover_tax_bp"),
    ({"credit_share_bp": 10_001}, "/credit_share_bp"),
    ({"credit_delay_months": 13}, "/credit_delay_months"),
    ({"monthly": {"rent": 1}}, "/monthly/owner_wage"),
    ({"monthly": {**EXAMPLE["monthly"], "rnet": 1}}, "/monthly/rnet"),
    ({"assets": [{"name": "机", "cost": 1, "residual": 2, "life_months": 1}]}, "/assets/0/residual"),
    ({"assets": [{"name": "机", "cost": 1, "residual": 0, "life_months": 0}]}, "/assets/0/life_months"),
    ({"loan": None}, "/loan"),
    ({"owner_money": None}, "/owner_money"),
    ({"typed": {"months": [{"month": 13}]}}, "/typed/months/0/month"),
    ({"typed": {"months": [{"month": 1}, {"month": 1}]}}, "/typed/months/1/month"),
    ({"typed": {"months": [{"month": 1, "sales": 1}]}}, "/typed/months/0/sales"),
    ({"typed": {"year": {"reconciles": 1}}}, "/typed/year/reconciles"),
]


@pytest.mark.parametrize(("parts", "path"), BAD)
def test_bad_input_names_its_place(parts: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_finance(changed(**parts))
    assert refusal.value.field == path
    assert refusal.value.message.endswith("。")


@pytest.mark.parametrize("key", sorted(EXAMPLE))
def test_every_part_is_needed(key: str) -> None:
    value = changed()
    del value[key]
    with pytest.raises(InvalidInput):
        parse_finance(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        b'{"a":1,"a":2}',
        b'"\xff"',
        b"[" * 100_000,
        b'{"a":' + b"9" * 5_000 + b"}",
        b"null",
    ],
)
def test_files_that_are_no_object_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_document(data)


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "1e400", "300000.0"])
def test_what_is_no_whole_number_is_refused_at_its_place(written: str) -> None:
    data = json.dumps(EXAMPLE).replace('"owner_money": 300000', f'"owner_money": {written}').encode()
    with pytest.raises(InvalidInput) as refusal:
        parse_finance(read_document(data))
    assert refusal.value.field == "/owner_money"


def test_a_mark_of_byte_order_is_no_obstacle() -> None:
    assert parse_finance(read_document(b"\xef\xbb\xbf" + json.dumps(EXAMPLE).encode()))[0].owner_money == 300_000


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**7), st.integers(0, 10**7), st.lists(st.integers(0, 999), min_size=12, max_size=12)
        ),
        max_size=3,
    ),
    st.tuples(*[st.integers(0, 10_000)] * 3),
    st.integers(0, 12),
    st.tuples(*[st.integers(0, 10**9)] * 5),
    st.lists(st.tuples(st.integers(0, 10**8), st.integers(1, 60)), max_size=3),
)
def test_every_plan_reconciles(
    products: list[Any], rates: tuple[int, int, int], delay: int, money: tuple[int, ...], assets: list[Any]
) -> None:
    """P3 to P6, P12, P13, P15, P16 and P18 hold for all figures, to the fen."""
    value = changed(
        products=[{"name": "甲", "price": p, "unit_cost": c, "quantity": q} for p, c, q in products],
        turnover_tax_bp=rates[0],
        credit_share_bp=rates[1],
        credit_delay_months=delay,
        monthly=dict.fromkeys(MONTHLY, money[4] // 100),
        assets=[{"name": "物", "cost": cost, "residual": cost // 3, "life_months": life} for cost, life in assets],
        loan={"amount": money[0], "yearly_rate_bp": rates[2], "monthly_principal": money[1]},
        owner_money=money[2],
        start_month_stock=money[3],
    )
    accounts, found = run(value)
    assert {one.id for one in found} <= {"P7", "P14", "P17"}
    assert accounts.year.reconciles
    assert accounts.months[12].receivable >= 0
