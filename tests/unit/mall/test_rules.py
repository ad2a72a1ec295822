"""Pure rules: pricing, search words, waybills, audit rules, and every machine's table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.flow import Flow
from sim_mall.domain.aftersale_flow import AFTERSALE_FLOW, OPEN_STATES, AfterSaleState
from sim_mall.domain.audit_rules import SkuFacts, hostile, listing_findings, shop_name_finding
from sim_mall.domain.listing_flow import LISTING_FLOW
from sim_mall.domain.order_flow import ORDER_FLOW, OrderState
from sim_mall.domain.parcel_flow import NEXT_LEG, PARCEL_FLOW, ParcelState
from sim_mall.domain.payment_flow import PAYMENT_FLOW
from sim_mall.domain.pricing.refunds import refund_of_units
from sim_mall.domain.shop_flow import SHOP_FLOW
from sim_mall.domain.waybill import CARRIERS, EXAMPLES, waybill_problem
from sim_mall.domain.words import index_grams, name_key, query_grams

FLOWS = [SHOP_FLOW, LISTING_FLOW, ORDER_FLOW, PAYMENT_FLOW, PARCEL_FLOW, AFTERSALE_FLOW]


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_every_state_is_reached_left_and_named(flow: Flow) -> None:
    assert flow.unreachable() == set()
    assert flow.dead_ends() == set()
    assert set(flow.names) == set(flow.states)


def test_parcel_leg_of_every_state_but_the_last() -> None:
    assert set(NEXT_LEG) == set(ParcelState) - {ParcelState.SIGNED, ParcelState.RETURNED, ParcelState.LOST}
    assert all(PARCEL_FLOW.find(state, leg.event) is not None for state, leg in NEXT_LEG.items())


def test_open_tickets_are_all_but_the_two_ends() -> None:
    assert set(AfterSaleState) - set(OPEN_STATES) == {AfterSaleState.SUCCESS, AfterSaleState.CLOSED}


def test_an_order_is_cancelled_before_payment_only() -> None:
    assert {state for state in OrderState if ORDER_FLOW.find(state, "cancel")} == {OrderState.PENDING_PAY}


def test_refund_of_three_units_of_ten_yuan() -> None:
    assert [refund_of_units(1000, 3, [unit]) for unit in (1, 2, 3)] == [333, 333, 334]


@given(st.integers(0, 10**9), st.integers(1, 200), st.data())
def test_refunds_of_any_grouping_add_up(payable: int, quantity: int, data: st.DataObject) -> None:
    units = data.draw(st.permutations(range(1, quantity + 1)))
    cut = data.draw(st.integers(0, quantity))
    parts = [refund_of_units(payable, quantity, units[:cut]), refund_of_units(payable, quantity, units[cut:])]
    assert sum(parts) == payable
    assert min(parts) >= 0


def test_grams_of_chinese_and_latin() -> None:
    assert index_grams("A5 笔记本") == {"a5", "笔", "记", "本", "笔记", "记本"}
    assert query_grams("笔") == ["笔"]
    assert query_grams("笔记本 A5") == ["笔记", "记本", "a5"]
    assert query_grams("ＵＳＢ－Ｃ线") == ["usb", "c", "线"]
    assert query_grams(" ！？ ") == []


@given(st.text(alphabet="床品四件套全棉a5.0 ", min_size=1, max_size=20))
def test_a_text_is_found_by_itself(text: str) -> None:
    assert set(query_grams(text)) <= index_grams(text)


def test_names_that_look_alike_are_one() -> None:
    assert name_key("小 满·生活馆") == name_key("小满生活馆") == name_key("小满　生活馆")
    assert name_key("ＡＢＣ店") == name_key("abc店")
    assert name_key("𠮷祥店") != name_key("吉祥店")


@pytest.mark.parametrize("carrier", sorted(CARRIERS))
def test_example_of_every_carrier_holds(carrier: str) -> None:
    assert waybill_problem(carrier, EXAMPLES[carrier]) is None
    assert waybill_problem(carrier, EXAMPLES[carrier] + "X") is not None


def test_waybill_problem_names_the_field() -> None:
    assert waybill_problem("no", "1") == ("carrier", "请选择快递公司。")
    assert waybill_problem("sf", "SF１２３") == ("waybill", "运单号不符合顺丰速运的格式，例如 SF0000000000001。")


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "加微信聊", "电话13800000000", "见 https://x.cn", "<b onclick=x>"]
)
def test_hostile_text(text: str) -> None:
    assert hostile(text) is not None


@pytest.mark.parametrize("text", ["尺寸 > 30 厘米，< 50", "订单编号 138000000001", "第一时间发货", "微波炉可用"])
def test_harmless_text(text: str) -> None:
    assert hostile(text) is None


def test_shop_names() -> None:
    assert shop_name_finding("暖居生活馆") is None
    assert shop_name_finding("淘宝优选").field == "name"  # type: ignore[union-attr]
    assert shop_name_finding("··") is not None
    assert shop_name_finding("字" * 31) is not None


def test_a_listing_names_all_its_faults() -> None:
    found = listing_findings("短", "加微信", [SkuFacts("红", 0, 1), SkuFacts("红", 100, -1)])
    assert [finding.field for finding in found] == ["title", "brief", "skus", "skus", "skus"]
    assert found[2].message == "规格“红”重复了，每个规格的名称要不同。"
    assert listing_findings("合格的标题", "", [SkuFacts("", 1, 0)]) == []
