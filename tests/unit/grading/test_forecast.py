"""Forecast, plan checks, chart."""

from __future__ import annotations

from grading.domain.chart import amount_zh, bar_chart
from grading.domain.forecast import Product, compute
from grading.domain.plan_content import PlanContent, blocking, check, parse_content, total_words, words
from tests.factories.grading import plan_content


def test_sales_cost_and_margin_in_fen() -> None:
    forecast = compute([Product("甲", 1_999, 1_001, (3,) + (0,) * 11), Product("乙", 500, 600, (1, 2) + (0,) * 10)])
    assert forecast.lines[0].sales[0] == 5_997
    assert forecast.lines[0].margin[0] == 2_994
    assert forecast.total.sales[:3] == (6_497, 1_000, 0)
    assert forecast.total.cost[:2] == (3_603, 1_200)
    assert forecast.total.margin[:2] == (2_894, -200)


def test_no_products_is_twelve_zeros() -> None:
    assert compute([]).total.sales == (0,) * 12


def test_a_full_plan_has_no_findings() -> None:
    assert [(finding.anchor, finding.blocks) for finding in check(plan_content())] == [("finance", False)]


def test_an_empty_plan_names_everything() -> None:
    anchors = [finding.anchor for finding in blocking(PlanContent())]
    assert anchors[0] == "plan-title"
    assert anchors[-1] == "products"
    assert len(anchors) == 15


def test_cost_above_price_is_a_warning_alone() -> None:
    content = PlanContent("名", dict(plan_content().sections), (Product("甲", 100, 100, (1,) * 12),))
    assert [finding.blocks for finding in check(content)] == [False, False]
    assert blocking(content) == []


def test_price_and_quantity_zero_block() -> None:
    content = PlanContent("名", dict(plan_content().sections), (Product("甲", 0, 0, (0,) * 12),))
    assert len(blocking(content)) == 2


def test_content_survives_json() -> None:
    content = plan_content()
    assert parse_content(content.as_json()) == content


def test_words_count_what_is_not_blank() -> None:
    assert words(" 我 有\n𠮷 店。") == 5
    assert total_words(PlanContent(sections={"overview": "一二", "market": "三"})) == 3


def test_chart_is_the_same_for_the_same_figures_and_escapes() -> None:
    labels = [f"{n}月" for n in range(1, 13)]
    chart = bar_chart("<销售>", labels, [n * 100_000 for n in range(12)])
    assert chart == bar_chart("<销售>", labels, [n * 100_000 for n in range(12)])
    assert "<销售>" not in chart
    assert chart.count("<rect") == 12
    assert [amount_zh(fen) for fen in (99, 80_000, 1_200_000, 1_000_000)] == ["0", "800", "1.2万", "1万"]
