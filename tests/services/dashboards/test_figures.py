"""Figures equal what one counts by hand, and cost the same however many trainees a class has."""

from __future__ import annotations

import io
from datetime import timedelta

import openpyxl
import pytest
from flask import Flask

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.dashboards.services import classes, export, figures, home, news
from app.teaching.domain.steps import StepKind
from app.teaching.services import board
from app.training.api import class_by_code
from app.training.models import TrainingClass
from grading.api import release_batch
from tests.factories import grading as work
from tests.factories import mall
from tests.factories.queries import count_queries
from tests.factories.teaching import make_room, make_task
from tests.factories.training import hat, make_school, make_trainee
from tests.factories.world import make_account

pytestmark = pytest.mark.usefixtures("app_context")


def _supervisor(region_id: int) -> Actor:
    return hat(make_account("监管员"), Role.SUPERVISOR, region_id)


def test_figures_equal_what_one_counts_by_hand() -> None:
    room = make_room(3)
    seller, buyer, idle = room.trainees
    shop = mall.open_shop(seller, "甲的小店")
    listing = mall.make_listing(seller, shop, skus=(("默认", 12_50, 10),))
    paid = mall.buy(buyer, [(listing.skus[0].id, 2)])
    mall.place(buyer, [(listing.skus[0].id, 1)])  # never paid: no turnover
    mall.ship(seller, paid.id)
    mall.complete(buyer, paid.id)

    detail = figures.class_detail(class_by_code(room.teacher, room.code))
    one = detail.figures
    assert (one.trainees, one.activated, one.shops, one.goods, one.orders) == (3, 0, 1, 1, 1)
    assert one.gmv_paid == paid.payable == 25_00
    assert (one.submitted, one.scored, one.passed, one.pass_bp) == (0, 0, 0, None)
    first, second, third = detail.lines
    assert (first.name, first.shop_name, first.orders, first.completed, first.gmv_paid) == (
        "学员甲",
        "甲的小店",
        1,
        1,
        25_00,
    )
    assert (second.bought, second.shop_name, second.gmv_paid) == (1, "", 0)
    assert (third.account_id, third.bought, third.score, third.passed) == (idle.person(), 0, None, None)
    assert [chart.id for chart in detail.charts] == ["gmv-by-shop", "order-funnel"]
    assert detail.charts[0].rows == (("甲的小店", "¥25.00", 1),)
    assert detail.charts[1].rows == (("下单", 2), ("付款", 1), ("发货", 1), ("完成", 1))


def test_only_released_results_count() -> None:
    stage = work.make_stage(trainees=2)
    for trainee in stage.trainees:
        work.submit(trainee)
    batch = work.drawn_batch(stage)
    first, second = work.codes(batch)
    work.mark_paper(stage, batch, first, 80, 71)
    work.mark_paper(stage, batch, second, 50, 41)
    group = class_by_code(stage.centre, stage.row.code)
    assert (figures.class_figures(group).submitted, figures.class_figures(group).scored) == (2, 0)
    with unit_of_work():
        release_batch(stage.centre, batch, work.key())
    detail = figures.class_detail(group)
    assert (detail.figures.scored, detail.figures.passed, detail.figures.pass_bp) == (2, 1, 5_000)
    assert sorted(line.score or "" for line in detail.lines) == ["45.5", "75.5"]
    scores = next(chart for chart in detail.charts if chart.id == "scores")
    assert dict(scores.rows) == {"0–49": 1, "50–59": 0, "60–69": 0, "70–79": 1, "80–89": 0, "90–100": 0}
    told = [item.text for item in news.latest(stage.trainees[0])]
    scored = [text for text in told if "评审" in text or "成绩" in text]
    assert scored == ["成绩已公布，共 2 人", "2 份实践成果进入评审"]


def test_a_scope_sees_its_own_classes_and_no_test_class() -> None:
    school = make_school()
    own, tried = make_room(2, school), make_room(1, school, "试验班")
    with unit_of_work():
        db.session.get_one(TrainingClass, tried.row.id).is_test = True
    make_room(1, make_school(name="另一所学校"))
    found = classes.listing(_supervisor(school.region.id), "", "", 1)
    assert [one.group.code for one in found.page.items] == [own.code]
    assert (found.classes, found.trainees, found.page.total) == (1, 2, 1)
    assert classes.listing(own.teacher, "", "", 1).classes == 1
    assert classes.listing(_supervisor(school.region.id), "没有这个班", "", 1).page.total == 0
    with pytest.raises(NotFound):
        class_by_code(_supervisor(make_school().region.id), own.code)


def test_a_page_of_classes_costs_the_same_for_any_number_of_trainees(app: Flask) -> None:
    school = make_school()
    room, supervisor = make_room(1, school), _supervisor(school.region.id)

    def cost() -> int:
        db.session.expire_all()
        with count_queries(app) as seen:
            classes.listing(supervisor, "", "", 1)
            figures.class_detail(class_by_code(room.teacher, room.code))
        return len(seen)

    small = cost()
    for number in range(5):
        mall.open_shop(make_trainee(room.row, f"后来者{number}"))
    assert cost() == small
    assert small <= 45


def test_the_live_board_costs_the_same_for_any_number_of_trainees(app: Flask) -> None:
    room = make_room(1)
    task = make_task(room, (StepKind.SHOP_OPEN, 1), (StepKind.GOODS_ON_SALE, 2))

    def cost() -> int:
        db.session.expire_all()
        with count_queries(app) as seen:
            board.task_board(class_by_code(room.teacher, room.code), task)
        return len(seen)

    small = cost()
    for number in range(5):
        mall.open_shop(make_trainee(room.row, f"后来者{number}"))
    assert cost() == small
    assert small <= 30


def test_exports_hold_the_figures_and_no_formula() -> None:
    room = make_room(1, name="=1+1班")
    detail = figures.class_detail(class_by_code(room.teacher, room.code))
    book = openpyxl.load_workbook(io.BytesIO(export.class_sheet(detail)))
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]][:4] == ["学号", "姓名", "已激活", "店铺"]
    assert [cell.value for cell in sheet[2]][:4] == [1, "学员甲", "否", None]
    assert "身份证" not in {cell.value for row in sheet.iter_rows() for cell in row}
    listing = openpyxl.load_workbook(io.BytesIO(export.classes_sheet([detail.figures]))).worksheets[0]
    name = listing["B2"]
    assert (name.value, name.data_type) == ("=1+1班", "s")
    assert book.worksheets[1].title == "指标口径"


def test_home_asks_for_at_most_five_things_the_most_urgent_first(app: Flask) -> None:
    room = make_room(1)
    trainee = room.trainees[0]
    for number in range(7):
        make_task(room, (StepKind.GOODS_ON_SALE, number + 1), title=f"任务{number}")
    with app.test_request_context():
        found = home.cards(trainee)
        assert len(found) == 5
        assert [card.urgency for card in found] == sorted(card.urgency for card in found)
        with clock.frozen(clock.now() + timedelta(days=9)):
            assert home.cards(room.teacher)[0].url.startswith(f"/classes/{room.code}/")


def test_progress_speaks_to_each_role() -> None:
    room = make_room(2)
    make_task(room, (StepKind.SHOP_OPEN, 1))
    mall.open_shop(room.trainees[0])
    mine = home.progress(room.trainees[0])
    assert mine is not None
    assert mine.ring is not None
    assert (mine.ring.value, mine.ring.most) == (1, 1)
    theirs = home.progress(room.teacher)
    assert theirs is not None
    assert [(bar.value, bar.most) for bar in theirs.bars] == [(1, 2)]
    above = home.progress(_supervisor(room.region_id))
    assert above is not None
    assert [one.group.code for one in above.classes] == [room.code]
    assert home.progress(hat(make_account(), Role.ASSESSOR, room.region_id)) is None
    assert home.progress(hat(make_account(), Role.SYSADMIN, None)) is not None


def test_news_are_public_facts_of_the_own_class() -> None:
    room, other = make_room(1), make_room(1)
    mall.open_shop(room.trainees[0])
    assert news.latest(room.trainees[0])[0].text == "学员甲 的店铺开张了"
    assert [item.text for item in news.latest(other.teacher)] == ["班级建立了"]
    assert news.latest(hat(make_account(), Role.ASSESSOR, room.region_id)) == []
