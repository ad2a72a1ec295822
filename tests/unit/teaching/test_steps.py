"""When a step is reached: counted facts against the number that the instructor set."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from app.teaching.domain.steps import RULES, StepKind, TraineeFacts, reached
from app.teaching.domain.task_flow import TASK_FLOW

NOTHING = TraineeFacts()


def _facts(values: dict[str, Any]) -> TraineeFacts:
    return TraineeFacts(**values)


FACT_OF = {
    StepKind.SHOP_OPEN: "shop_open",
    StepKind.LISTED_BY_CLICK: "listed_by_click",
    StepKind.GOODS_ON_SALE: "goods_on_sale",
    StepKind.BOUGHT: "orders_bought",
    StepKind.ORDER_PAID: "orders_paid",
    StepKind.ORDER_FETCHED: "orders_fetched",
    StepKind.ORDER_SHIPPED: "orders_shipped",
    StepKind.ORDER_COMPLETED: "orders_completed",
    StepKind.REVIEW_WRITTEN: "reviews_written",
    StepKind.LIVE_HELD: "rooms_held",
    StepKind.PLAN_COMPLETE: "plan_complete",
    StepKind.OUTCOME_SUBMITTED: "outcome_submitted",
}


def test_every_kind_but_reading_has_a_rule_and_a_fact() -> None:
    assert set(RULES) == set(StepKind) - {StepKind.RESOURCE_READ}
    assert set(FACT_OF) == set(RULES)
    assert {field.name for field in fields(TraineeFacts)} == set(FACT_OF.values())


@pytest.mark.parametrize("kind", list(RULES))
def test_a_step_listens_to_its_own_fact_alone(kind: StepKind) -> None:
    rule, fact = RULES[kind], FACT_OF[kind]
    need = 3 if rule.counted else 1
    others = _facts({name: 99 for name in FACT_OF.values() if name != fact})
    assert reached(kind, need, others) == (0, False)
    assert reached(kind, need, _facts({fact: need})) == (need, True)


def test_less_than_asked_is_progress_more_is_not_shown() -> None:
    assert reached(StepKind.GOODS_ON_SALE, 5, TraineeFacts(goods_on_sale=4)) == (4, False)
    assert reached(StepKind.GOODS_ON_SALE, 5, TraineeFacts(goods_on_sale=9)) == (5, True)


def test_reading_is_an_act_and_no_fact_does_it() -> None:
    everything = _facts(dict.fromkeys(FACT_OF.values(), 99))
    assert reached(StepKind.RESOURCE_READ, 1, everything) == (0, False)
    assert reached(StepKind.RESOURCE_READ, 1, NOTHING, read=True) == (1, True)


def test_sentences_name_the_number_and_places_are_pages_of_this_site() -> None:
    assert RULES[StepKind.GOODS_ON_SALE].sentence(5) == "店铺有 5 件商品在售"
    assert all(rule.place.startswith("/") for rule in RULES.values())
    assert all(("{n}" in rule.words) == rule.counted for rule in RULES.values())


def test_the_life_of_a_task_has_no_trap() -> None:
    assert TASK_FLOW.unreachable() == set()
    assert TASK_FLOW.dead_ends() == set()
