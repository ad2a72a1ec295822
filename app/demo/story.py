"""What happened in the two demo classes, day by day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import grading.api
from app.accounts.models import Account, Scope
from app.core import clock
from app.core.actor import Actor, system
from app.core.permissions import Role
from app.demo import (
    admission,
    assessment,
    goods,
    manage,
    moments,
    promotions,
    protocol,
    service,
    shows,
    sourcing,
    texts,
    trade,
)
from app.demo.market import Market, play_days
from app.demo.people import GRADUATES, TRAINEES, People, sign_in_once
from app.demo.timeline import DAY, Timeline
from app.teaching.data import ResourceDraft, StepDraft, TaskDraft
from app.teaching.domain.steps import StepKind
from app.teaching.services import assigning
from app.training.domain.class_flow import Programme
from app.training.models import Institution, TrainingClass
from app.training.services.classes import ClassDraft, appoint_instructor, create_class_for, move_class
from app.training.services.enrolment import enrol
from app.worlds.clock import pause
from app.worlds.settings import change_setting
from sim_mall.domain.aftersale_flow import Reason

CLASS_CODE, EARLIER_CODE = "DEMO01", "DEMO00"
CLASS_DAYS, EARLIER_DAYS, EARLIER_AGO = 13, 7, 48
REGION = "430104"


class Stage:
    """Who and where: made once, used by both classes."""

    def __init__(self, people: People, institution: Institution, city: Scope, staff: dict[str, Account]) -> None:
        self.people = people
        self.institution = institution
        self.city = city
        self.staff = staff
        self.actors: dict[str, Actor] = {}

    def open_class(
        self, line: Timeline, code: str, name: str, seed: str, trainees: list[tuple[str, str]], teachers: list[str]
    ) -> tuple[Market, Actor]:
        """Open a class on the first day at 09:00 and take its people in; return its market and first teacher."""
        last = line.first_day + timedelta(days=EARLIER_DAYS + 1 if code == EARLIER_CODE else 24)
        draft = ClassDraft(name, Programme.ECOMMERCE, REGION, line.first_day, last)
        with line.at(line.moment(0, 9)):
            row = create_class_for(system(), self.institution, draft, key=f"demo-class-{code}", code=code, seed=seed)
            for login in teachers:
                appoint_instructor(system(), code, login)
            traders = self._enrol(row, trainees)
            teacher = self.people.give_hat(self.staff[teachers[0]], Role.INSTRUCTOR, row.scope_id)
            move_class(teacher, code, "start_teaching")
            line.world_id = row.world_id
        earlier = code == EARLIER_CODE
        signs = texts.EARLIER_SHOPS if earlier else texts.SHOPS
        return Market(seed, traders, row.world_id, signs, even=earlier), teacher

    def _enrol(self, row: TrainingClass, trainees: list[tuple[str, str]]) -> dict[int, Actor]:
        traders = {}
        for number, (login, name) in enumerate(trainees, 1):
            account = self.people.make(login, name)
            enrol(system(), row, account)
            traders[number] = self.people.give_hat(account, Role.TRAINEE, row.scope_id)
        return traders

    def wear(self, login: str, role: Role, scope_id: int) -> Actor:
        """Return a member of the staff wearing a hat."""
        return self.people.give_hat(self.staff[login], role, scope_id)


def assign(line: Timeline, teacher: Actor, lesson: texts.Lesson, number: int) -> int:
    """Let the instructor assign a task of the demo; return its id."""
    draft = TaskDraft(
        lesson.title,
        lesson.intro,
        line.moment(lesson.deadline_day, 22),
        tuple(StepDraft(StepKind(kind), need) for kind, need in lesson.steps),
        (ResourceDraft(lesson.resource_title, lesson.resource, must_read=lesson.must_read),),
    )
    return assigning.assign_task(teacher, CLASS_CODE, draft, f"demo-task-{number}")


def play_earlier_class(stage: Stage, today: date) -> None:
    """Eight graduates: a week of trade, all handed in, marked blind, released, class closed."""
    first = today - EARLIER_AGO * DAY
    line = Timeline(first, datetime.combine(first + 20 * DAY, datetime.min.time(), clock.SHANGHAI))
    people = [(f"graduate{number:02d}", name) for number, name in enumerate(GRADUATES, 1)]
    market, teacher = stage.open_class(line, EARLIER_CODE, "网创电商一期班", "demo-earlier", people, ["instructor03"])
    everybody = list(market.traders)
    with line.at(line.moment(0, 10)):
        market.load_catalogue(teacher)
        sourcing.describe_suppliers(market)
        for number in everybody:
            sign_in_once(market.traders[number])
            market.save_address(number)
    with line.at(line.moment(1, 10)):
        for number in everybody:
            market.open_shop(number, 2 + number % 2)
    play_days(market, line, range(2, EARLIER_DAYS), dict.fromkeys(range(EARLIER_DAYS), 3), everybody)
    *in_time, late = everybody
    with line.at(line.moment(EARLIER_DAYS, 15)):
        for number in everybody:
            assessment.write_plan(market, number)
        for number in in_time:
            assessment.hand_in(market, number)
        move_class(teacher, EARLIER_CODE, "start_assessing")
    with line.at(line.moment(EARLIER_DAYS + 2, 9)):
        admission.hand_in_late(market, late, teacher)
    centre = stage.actors["centre"]
    assessors = [stage.actors[login] for login in ("assessor01", "assessor02", "assessor03")]
    with line.at(line.moment(EARLIER_DAYS + 2, 10)):
        batch = grading.api.open_batch(centre, teacher.scope_id or 0, market.key())
        grading.api.run_draw(centre, batch, market.key())
    with line.at(line.moment(EARLIER_DAYS + 3, 15)):
        assessment.mark_all(assessors, market)
    with line.at(line.moment(EARLIER_DAYS + 4, 10)):
        grading.api.release_batch(centre, batch, market.key())
        protocol.sign_and_seal(market, centre, batch, assessors)
        move_class(stage.actors["orgadmin"], EARLIER_CODE, "archive")
        pause(teacher, line.world_id)


def play_class(stage: Stage, now: datetime) -> None:
    """Thirty trainees in mid-course: everything at a different stage, so that every page has something to show."""
    first = clock.local(now).date() - CLASS_DAYS * DAY
    line = Timeline(first, now)
    people = [(f"trainee{number:02d}", name) for number, name in enumerate(TRAINEES, 1)]
    market, teacher = stage.open_class(
        line, CLASS_CODE, "网创电商二期班", "demo-2026", people, ["instructor01", "instructor02"]
    )
    _first_days(market, line, teacher)
    _middle(market, line, teacher)
    _last_days(stage, market, line, teacher)
    with line.at(line.end):
        manage.play(market, teacher)


def _first_days(market: Market, line: Timeline, teacher: Actor) -> None:
    """Days 0 to 2: goods, sign-ins, first shops, first two tasks."""
    with line.at(line.moment(0, 10)):
        market.load_catalogue(teacher)
        for number in range(1, 29):
            sign_in_once(market.traders[number])
            market.save_address(number)
    with line.at(line.moment(0, 15)):
        rules = assign(line, teacher, texts.LESSONS[0], 0)
        first = assign(line, teacher, texts.LESSONS[1], 1)
    with line.at(line.moment(0, 21)):
        read(market, range(1, 25), rules)
        read(market, range(1, 22), first)
    for day, numbers in ((1, range(1, 9)), (2, range(9, 15))):
        with line.at(line.moment(day, 9, 30)):
            for number in numbers:
                market.open_shop(number, 4 + number * 5 % 4)
    with line.at(line.moment(2, 15)):
        goods.furnish_goods(market)
        moments.lose_a_race(market)
    with line.at(line.moment(3, 9)):
        assigning.archive_task(teacher, CLASS_CODE, rules)
        assign(line, teacher, texts.LESSONS[2], 2)


def read(market: Market, numbers: range, task_id: int) -> None:
    """Let these trainees say that they have read the task's first resource."""
    from app.teaching.access import get_task
    from app.teaching.services.recording import mark_read

    for number in numbers:
        actor = market.traders[number]
        resource = get_task(actor, CLASS_CODE, task_id).task.resources[0]
        mark_read(actor, CLASS_CODE, task_id, resource.id)


def _middle(market: Market, line: Timeline, teacher: Actor) -> None:
    """Days 3 to 9: trade, later shops, one return, a live show."""
    early = list(range(1, 15))
    busy = {3: 4, 4: 5, 5: 5, 6: 5, 7: 6, 8: 5, 9: 6, 10: 5, 11: 5, 12: 5}
    play_days(market, line, range(3, 5), busy, early)
    with line.at(line.moment(5, 9)):
        for number in range(15, 19):
            market.open_shop(number, 2 + number % 4)
    play_days(market, line, range(5, 6), busy, early)
    with line.at(line.moment(6, 9)):
        live = assign(line, teacher, texts.LESSONS[3], 3)
    with line.at(line.moment(6, 9, 30)):
        read(market, range(1, 12), live)
        market.register(19)
    active = list(range(1, 17))  # 17 and 18 have opened and do nothing
    play_days(market, line, range(6, 8), busy, active)
    _return_one(market, line)
    shows.play(market, line, 5, "竹编与草木染：外公的手艺", line.moment(8, 20, 30), 42, end=True)
    with line.at(line.moment(9, 9)):
        assign(line, teacher, texts.LESSONS[4], 4)
        sourcing.source(market)
        welcome = promotions.welcome(teacher)
        for number in (1, 2, 5, 6):
            promotions.decorate(market.traders[number], market.goods_of(number))
            promotions.claim(market.traders[number], welcome)
    play_days(market, line, range(9, 11), busy, active)
    with line.at(line.moment(10, 21)):
        for number in (1, 2, 3, 4, 5, 6, 8, 10, 12):
            assessment.write_plan(market, number)
        for number, sections in ((7, 9), (9, 6), (11, 3), (13, 11)):
            assessment.write_plan(market, number, sections=sections)
    with line.at(line.moment(11, 9)):
        change_setting(teacher, line.world_id, "shop_review_by_instructor", 1)
        for number in (20, 21):
            market.register(number)
        goods.start_an_application(market, 22)
    play_days(market, line, range(11, 12), busy, active)
    with line.at(line.moment(12, 7)):
        bought = sourcing.order_for_mishaps(market)
    with line.at(line.moment(12, 8, 30)):
        sourcing.send_on_bad_ways(market, bought)
    play_days(market, line, range(12, 13), busy, active)


def _return_one(market: Market, line: Timeline) -> None:
    """Day 8: one unit comes back and its money goes back; another buyer is refunded before shipping."""
    with line.at(line.moment(8, 9)):
        returned = market.find("completed", Reason.NOT_AS_DESCRIBED)
        ticket = returned and market.ask_back(
            returned, ship_back=True, reason=Reason.NOT_AS_DESCRIBED, text="颜色和图片差别有点大。"
        )
        unshipped = market.find("paid", Reason.WRONG_ORDER, sellers=range(1, 17))
        if unshipped:
            other = market.ask_back(
                unshipped, ship_back=False, reason=Reason.WRONG_ORDER, text="规格拍错了，重新下单。"
            )
            market.agree(unshipped, other)
    if returned and ticket:
        with line.at(line.moment(8, 11)):
            market.agree(returned, ticket)
        with line.at(line.moment(8, 15)):
            market.send_back(returned, ticket)
        with line.at(line.moment(8, 18)):
            market.take_back(returned, ticket)


def _last_days(stage: Stage, market: Market, line: Timeline, teacher: Actor) -> None:
    """Days 12 and 13: outcomes, an open batch, today's orders, a show on air and one announced."""
    with line.at(line.moment(12, 10)):
        admission.state_real_shops(market, stage.actors["centre"])
        admission.declare_relations(market, stage.actors["assessor03"])
    with line.at(line.moment(12, 14)):
        for number in (1, 2, 3, 4, 5, 6, 8, 10):
            assessment.hand_in(market, number)
    assessors = [stage.actors[login] for login in ("assessor01", "assessor02")]
    with line.at(line.moment(12, 16)):
        batch = grading.api.open_batch(stage.actors["centre"], teacher.scope_id or 0, market.key())
        grading.api.run_draw(stage.actors["centre"], batch, market.key())
    with line.at(line.moment(12, 20)):
        sourcing.take_in(market)
    with line.at(line.moment(12, 21)):
        for assessor, count in zip(assessors, (3, 2), strict=True):
            for item in grading.api.queue(assessor)[:count]:
                assessment.mark_one(assessor, item.code, market)
    play_days(market, line, range(13, 14), {13: 4}, list(range(2, 17)))
    _now(market, line)


def _now(market: Market, line: Timeline) -> None:
    """The last half hour: what the first trainee finds to do as buyer and as seller."""
    now = line.end
    shows.play(market, line, 2, "手账本开箱：这学期写什么", now - timedelta(minutes=24), 20, end=False)
    with line.at(now - timedelta(minutes=3)):
        chance = market.chance("now")
        for buyer in (3, 7, 11):
            market.buy(buyer, 1, chance)
        market.buy(1, 5, chance, pay=False)
        market.put_into_cart(1, (3, 4), chance)
        bad = Reason.QUALITY
        late = market.find("shipped", bad, sellers=(1,)) or market.find("completed", bad, sellers=(1,), newest=True)
        if late:
            market.ask_back(late, ship_back=True, reason=bad, text="线头有点多，想退一件。")
        trade.open_cases(market)
        sourcing.find_mishaps(market)
        trade.keep_records(market)
        shows.announce(market, 3, "一杯茶的下午：三款新茶试喝", shows.evening(now))
    service.play(market, line)
