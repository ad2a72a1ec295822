"""The ports as training answers them: figures, classes, tokens, rules."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from app.accounts import field_keys
from app.accounts.models import Account
from app.core.db import db
from app.core.errors import NotFound
from app.core.uow import unit_of_work
from app.training.grading_facts import FIGURES, PORTS
from grading.domain.rubric import TEMPLATES, parse_rubric, template_text
from sim_mall.open_platform import create_listing
from tests.factories.grading import make_stage
from tests.factories.mall import draft, open_shop

ID_NUMBER = "11010519491231002X"


def test_every_figure_a_rubric_asks_for_is_collected() -> None:
    for programme in TEMPLATES:
        rubric = parse_rubric(json.loads(template_text(programme)))
        asked = {name for criterion in rubric.criteria for name in criterion.figures}
        asked |= {rule.figure for criterion in rubric.criteria for rule in criterion.auto}
        assert asked - set(FIGURES) == {"real_shop_verified", "real_shop_goods", "real_shop_orders"}


def test_figures_are_of_this_person_in_this_class(app_context: Flask) -> None:
    stage = make_stage(trainees=2)
    one, two = stage.trainees
    shop = open_shop(one, "阿满山货铺")
    with unit_of_work():
        create_listing(one, shop.id, draft("野生香菇"))
    first = PORTS.facts.facts(one.person(), stage.row.scope_id)
    values = first.values()
    assert (values["shop_open"], values["listings_on_sale"], values["gmv_paid"]) == (1, 1, 0)
    assert first.exhibits[0].rows == (("野生香菇", "10.00", 0, "在售"),)
    second = PORTS.facts.facts(two.person(), stage.row.scope_id)
    assert set(second.values().values()) == {0}
    assert second.exhibits == ()
    assert "阿满山货铺" not in str(first)


def test_tokens_name_the_person_the_class_and_the_classmates(app_context: Flask) -> None:
    stage = make_stage(trainees=2)
    one, two = stage.trainees
    open_shop(two, "同学的小铺")
    account = db.session.get_one(Account, one.person())
    with unit_of_work():
        account.phone = "13800138000"
        account.id_number_encrypted = field_keys.encrypt(ID_NUMBER)
    tokens = PORTS.tokens.tokens(one.person(), stage.row.scope_id)
    expected = {
        one.name,
        two.name,
        account.login,
        "13800138000",
        ID_NUMBER,
        stage.instructor.name,
        "同学的小铺",
        stage.row.name,
        stage.row.code,
        "示范培训学校",
    }
    assert expected - tokens == set()


def test_class_teachers_and_rules(app_context: Flask) -> None:
    stage = make_stage(trainees=1)
    fact = PORTS.classes.class_of(None, stage.row.scope_id)
    assert (fact.class_name, fact.version, fact.institution_name) == ("网创测试班", "电商版", "示范培训学校")
    assert PORTS.classes.teachers(stage.row.scope_id) == {stage.instructor.account_id}
    rules = PORTS.eligibility.check(stage.trainees[0].person(), stage.row.scope_id)
    assert [(rule.met, rule.blocks) for rule in rules] == [(True, True), (False, False)]
    stranger = PORTS.eligibility.check(stage.centre.person(), stage.row.scope_id)
    assert [(rule.met, rule.blocks) for rule in stranger] == [(False, True), (False, False)]
    with pytest.raises(NotFound):
        PORTS.classes.class_of(None, stage.region.id)
