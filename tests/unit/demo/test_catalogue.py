"""The project's own catalogue: enough goods, sound prices, no row that the import would refuse."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import app.demo
from app.core.money import parse_yuan
from app.core.motifs import choose_motif
from app.demo.people import GRADUATES, STAFF, TRAINEES, shown_accounts
from app.demo.texts import EARLIER_SHOPS, LESSONS, OWN_GOODS, PLAN, SHOPS
from app.teaching.domain.steps import StepKind
from grading.domain.plan_content import MINIMUM_WORDS, SECTION_KEYS, words
from sim_mall.domain.audit_rules import shop_name_finding

FOLDER = Path(app.demo.__file__).parent
FOREIGN_NAMES = ("顺丰", "淘宝", "京东", "华为", "苹果手机", "乐高", "迪士尼")


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_size_and_spread() -> None:
    rows = _rows("catalogue.csv")
    assert len({row["spu_code"] for row in rows}) == 105
    assert len(rows) == 178
    assert len({row["category_l1"] for row in rows}) == 17
    assert {row["supplier_code"] for row in rows} == {row["supplier_code"] for row in _rows("suppliers.csv")}
    assert len(_rows("suppliers.csv")) == 13


def test_every_sku_once_and_sold_above_its_cost() -> None:
    rows = _rows("catalogue.csv")
    assert len({row["sku_code"] for row in rows}) == len(rows)
    for row in rows:
        assert 0 < parse_yuan(row["cost_price"]) < parse_yuan(row["retail_price"]), row["sku_code"]
        assert int(row["stock"]) > 0


def test_a_product_is_one_thing() -> None:
    seen: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for row in _rows("catalogue.csv"):
        seen[row["spu_code"]].add((row["name"], row["category_l2"], row["supplier_code"]))
    assert all(len(facts) == 1 for facts in seen.values())


def test_no_names_of_others_and_a_picture_for_all() -> None:
    for row in _rows("catalogue.csv"):
        assert not [name for name in FOREIGN_NAMES if name in row["name"] + row["brief"]]
        assert choose_motif(row["name"], row["category_l2"]).name != "其他", row["name"]


def test_people_and_shops() -> None:
    assert len(TRAINEES) == 30
    assert len({*TRAINEES, *GRADUATES, *(name for _, name, _ in STAFF)}) == 30 + len(GRADUATES) + len(STAFF)
    logins = [login for login, _ in shown_accounts()]
    assert logins[:2] == ["trainee01", "trainee02"]
    assert logins[29:] == [
        "trainee30", "instructor01", "instructor02", "assessor01", "assessor02", "assessor03", "orgadmin", "district",
        "centre", "supervisor", "sysadmin",
    ]  # fmt: skip
    assert [name for name, _, _ in (*SHOPS, *EARLIER_SHOPS) if shop_name_finding(name)] == []
    assert set(OWN_GOODS) <= set(range(1, len(SHOPS) + 1))


def test_words_of_tasks_and_plans_fit_their_rules() -> None:
    for lesson in LESSONS:
        assert [StepKind(kind) for kind, _ in lesson.steps] or lesson.must_read
        assert lesson.deadline_day > lesson.day
    assert tuple(PLAN) == SECTION_KEYS
    assert all(words(text) >= MINIMUM_WORDS for text in PLAN.values())
