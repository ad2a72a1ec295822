"""The stage of the permission table: three classes with the same furniture, and one person per role in the first.

``own`` and ``other_class`` belong to one institution, ``other_institution`` to another one in another region.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from app.accounts import sessions
from app.accounts.models import Grant, ScopeKind, SignedInDevice
from app.accounts.scopes import create_scope
from app.core import clock, files, jobs
from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.teaching.data import ResourceDraft, StepDraft, TaskDraft
from app.teaching.domain.steps import StepKind
from app.teaching.services.assigning import assign_task
from app.training.models import TrainingClass
from app.training.services import roster_check
from app.worlds import due as due_tasks
from app.worlds.clock import get_world
from app.worlds.models import World
from grading.models.batch import Assignment, Paper
from grading.services import pool
from sim_livestream.models.people import LiveComment
from sim_livestream.models.rooms import LiveSlide
from sim_livestream.services import chat
from sim_livestream.services import goods as live_goods
from sim_livestream.services import rooms as live_rooms
from sim_livestream.services import stage as live_stage
from sim_mall.models.trade import CartItem, Notice, Order
from sim_mall.services import cart, shops
from tests.factories import grading as grading_factory
from tests.factories import mall, supply, training
from tests.factories.rosters import people, xlsx
from tests.factories.world import make_account, make_actor
from tests.permissions import (
    furniture_admission,
    furniture_grading,
    furniture_live,
    furniture_manage,
    furniture_promo,
    furniture_service,
)
from tests.permissions.furniture_goods import furnish_goods
from tests.permissions.furniture_supply import furnish_platform, furnish_supply
from tests.permissions.furniture_trade import furnish_trade

CLASS_WIDE = {"own", "other_class", "other_institution"}
# routes that lead to rows of a class, by the blueprint
OF_A_CLASS = {"worlds", "training", "teaching", "mall", "seller", "supply", "live", "grading", "dashboards"}


@dataclass
class Furniture:
    """Ids of one class, by what the routes call them."""

    values: dict[str, object] = field(default_factory=dict)
    by_blueprint: dict[str, dict[str, object]] = field(default_factory=dict)
    by_endpoint: dict[str, dict[str, object]] = field(default_factory=dict)


@dataclass
class Stage:
    """People of the own class by role, and the furniture of the three classes."""

    people: dict[Role, Actor] = field(default_factory=dict)
    rooms: dict[str, Furniture] = field(default_factory=dict)

    def address(self, app: Flask, rule: Rule, which: str) -> str:
        """Return the route's address with the ids of that class."""
        furniture = self.rooms[which]
        blueprint = rule.endpoint.split(".")[0]
        values = {
            **furniture.values,
            **furniture.by_blueprint.get(blueprint, {}),
            **furniture.by_endpoint.get(rule.endpoint, {}),
        }
        missing = rule.arguments - set(values)
        assert not missing, f"{rule.endpoint} needs an example for {missing}"
        with app.test_request_context():
            adapter = app.url_map.bind("localhost")
            return adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments})

    def belongs_to_a_class(self, rule: Rule) -> bool:
        """Say whether the route leads to rows of one class."""
        own = rule.endpoint in ON_WHAT_IS_MINE
        return bool(rule.arguments) and not own and rule.endpoint.split(".")[0] in OF_A_CLASS

    def covers(self, role: Role, which: str) -> bool:
        """Say whether the scope of the role's hat covers that class."""
        if role is Role.SYSADMIN:
            return True
        wide = {Role.INSTITUTION_ADMIN, Role.DISTRICT, Role.CENTRE, Role.SUPERVISOR}
        return which == "own" or (which == "other_class" and role in wide)

    def may_be_missing(self, endpoint: str, role: Role) -> bool:
        """Say whether this role may rightly find nothing of its own behind the route."""
        return (role is not Role.TRAINEE and endpoint in NOT_THEIRS) or (endpoint, role) in EXCUSED


# routes whose argument is no id: they act on the caller's own shop or plan
ON_WHAT_IS_MINE = (
    {
        "grading.restore_plan",
        "grading.verify_plan",
        "grading.verify_protocol",
        "grading.plan_version",
        "seller.change_shop",
        "seller.register_step",
        "supply.export_catalogue",
    }
    | furniture_manage.MINE
    | furniture_grading.OF_THE_POOL
)
# rows that belong to one person: other hats with the permission find nothing
NOT_THEIRS = {"jobs.show", "jobs.fetch"}
# people made by factories have no ID number on file
EXCUSED: set[tuple[str, Role]] = {
    # a coupon of a shop; the instructor stops those of the platform
    ("seller.stop_coupon", Role.INSTRUCTOR),
    ("training.identity", Role.INSTITUTION_ADMIN),
    # rows of the invited person, not of the owner on the stage
    ("seller.answer_invitation", Role.TRAINEE),
    ("seller.leave_shop", Role.TRAINEE),
}


def _task(instructor: Actor, row: TrainingClass) -> int:
    draft = TaskDraft(
        "开好店铺",
        "按步骤完成。",
        clock.now() + timedelta(days=7),
        (StepDraft(StepKind.SHOP_OPEN, 1),),
        (ResourceDraft("须知", data=b"%PDF-1.4 test", file_name="须知.pdf", must_read=True),),
    )
    return assign_task(instructor, row.code, draft, mall.key())


def _finished_job(owner: Actor) -> str:
    now = clock.now()
    job = jobs.Job(
        public_id=f"job-{owner.account_id}",
        kind="none",
        title="打印",
        payload="{}",
        owner_id=owner.account_id,
        status=jobs.JobState.DONE,
        created_at=now,
        touched_at=now,
    )
    db.session.add(job)
    return job.public_id


def furnish(school: training.School, name: str, apart: Actor | None = None) -> tuple[Furniture, dict[str, Actor]]:
    """Make a class with one of everything; return the ids and its people.

    apart: an assessor of the same pool who stands in a relation to this class, so that no draw takes them.
    """
    row = training.make_class(school, name)
    code, scope_id = row.code, row.scope_id
    world: World = get_world(row.world_id)
    teacher = training.make_instructor(row, f"{name}讲师")
    owner, mate, third = (training.make_trainee(row, f"{name}学员{i}") for i in "甲乙丙")
    made = Furniture()

    upload, _ = roster_check.start_import(school.clerk, code, xlsx(people(3)), "名单.xlsx")
    made.values = {"code": code, "account_id": owner.person()}
    made.by_blueprint["training"] = {"import_id": upload.id}

    task_id = _task(teacher, row)
    resource = db.session.execute(sa.text("SELECT id FROM teaching_resource WHERE task_id = :t"), {"t": task_id})
    made.by_blueprint["teaching"] = {"task_id": task_id, "resource_id": resource.scalar_one()}

    shop = mall.open_shop(owner)
    mates_shop = mall.open_shop(mate)
    with unit_of_work():
        waiting = shops.register_shop(third, mall.application(), mall.key())
    sold = mall.make_listing(owner, shop)
    bought = mall.make_listing(mate, mates_shop)
    mine = mall.buy(owner, [(bought.skus[0].id, 2)])
    theirs = mall.buy(mate, [(sold.skus[0].id, 2)])
    my_ticket = mall.ask_back(owner, mine.id, mine.lines[0].id)
    their_ticket = mall.ask_back(mate, theirs.id, theirs.lines[0].id)
    done = mall.buy(owner, [(bought.skus[0].id, 1)])
    mall.ship(mate, done.id)
    mall.complete(owner, done.id)
    unpaid = mall.place(owner, [(bought.skus[0].id, 1)])
    with unit_of_work():
        cart.add_to_cart(owner, bought.skus[0].id, 1)
    address_id = mall.add_address(owner)
    notice = db.session.scalars(sa.select(Notice.id).where(Notice.account_id == owner.account_id)).first()
    item = db.session.scalars(sa.select(CartItem.id).where(CartItem.account_id == owner.account_id)).one()
    made.by_blueprint["mall"] = {
        "listing_id": bought.id,
        "shop_id": mates_shop.id,
        "order_id": mine.id,
        "line_id": mine.lines[0].id,
        "ticket_id": my_ticket.id,
        "address_id": address_id,
        "notice_id": notice,
        "item_id": item,
        "batch": db.session.get_one(Order, unpaid[0]).batch,
    }
    promo = furniture_promo.furnish(owner, mate, sold, bought)
    made.by_blueprint["mall"] |= promo["mall"]
    made.by_endpoint["mall.review"] = {"order_id": done.id}
    made.by_endpoint["mall.write_review"] = {"order_id": done.id}
    made.by_endpoint["mall.apply"] = {"order_id": done.id, "line_id": done.lines[0].id}
    made.by_blueprint["seller"] = {
        "order_id": theirs.id,
        "ticket_id": their_ticket.id,
        "listing_id": sold.id,
        "shop_id": getattr(waiting, "id", waiting),
    }

    made.by_blueprint["seller"] |= furnish_platform(owner, mate, shop, sold.skus[0].id)
    made.by_blueprint["open"] = {"shop_id": shop.id, "order_id": theirs.id, "ticket_id": their_ticket.id}
    bought_trade, sold_trade, single = furnish_trade(owner, mate, sold.skus[0].id, bought.skus[0].id)
    made.by_blueprint["mall"] |= bought_trade
    made.by_blueprint["seller"] |= sold_trade
    made.by_endpoint |= single

    supply.import_rows(world, [supply.row(1), supply.row(2)])
    supply.list_products(owner, world, "P1")
    supply.buy_goods(mate, shop.id, ("P1-1", 1))
    supply.fetch(owner)
    imported = db.session.execute(sa.text("SELECT max(id) FROM supply_import WHERE world_id = :w"), {"w": world.id})
    made.by_blueprint["supply"] = {
        "product_id": supply.product(world).id,
        "order_id": supply.purchases(shop.id)[0].id,
        "import_id": imported.scalar_one(),
    }
    made.by_blueprint["supply"] |= furnish_supply(owner, world, shop)

    past = furniture_live.past_show(owner)
    with unit_of_work():
        number = live_rooms.create_room(owner, "上新专场", "先看后买", None, mall.key())
        live_item = live_goods.add_item(owner, number, sold.id)
        live_stage.add_slide(owner, number, title="开场", text="欢迎光临", prompt="打招呼", seconds=30)
        live_rooms.start(owner, number)
    with unit_of_work():
        chat.say(mate, number, "好看", mall.key())
    made.by_blueprint["live"] = {
        "number": number,
        "item_id": live_item,
        "slide_id": db.session.scalars(sa.select(sa.func.max(LiveSlide.id))).one(),
        "comment_id": db.session.scalars(sa.select(sa.func.max(LiveComment.id))).one(),
    }

    grading_factory.write_plan(owner, complete=True)
    for trainee in (owner, mate):
        grading_factory.submit(trainee)
    centre = training.hat(make_account(f"{name}中心"), Role.CENTRE, school.region.id)
    assessors = [grading_factory.make_assessor(school.region) for _ in range(3)]
    if apart is not None:
        with unit_of_work():
            pool.declare(centre, apart.person(), scope_id, "mentor", "辅导过本班学员")
    stage = grading_factory.Stage(school.region, row, centre, teacher, [owner, mate], assessors)
    batch_id = grading_factory.drawn_batch(stage)
    work = db.session.execute(
        sa.select(Assignment.account_id, Paper.code)
        .join(Paper, Paper.id == Assignment.paper_id)
        .where(Paper.batch_id == batch_id)
        .order_by(Assignment.id)
    ).first()
    assert work is not None
    assessor = sessions.actor_in(work.account_id, Role.ASSESSOR, school.region.id)
    made.by_blueprint["grading"] = {"batch_id": batch_id, "version": 1}
    made.by_endpoint = {
        **made.by_endpoint,
        **{
            f"grading.{name}": {"code": work.code}
            for name in ("assess_paper", "open_paper", "recuse", "save_marks", "submit_marks")
        },
    }

    made.by_endpoint |= furniture_grading.furnish(owner, teacher, work.code)
    made.by_endpoint |= furniture_admission.furnish(owner, scope_id)

    with unit_of_work():
        stored = files.keep(b"%PDF-1.4 test", "a.pdf", actor=owner)
        made.values |= {"public_name": stored.public_name, "public_id": _finished_job(owner)}
        device = db.session.scalars(
            sa.select(SignedInDevice.id).where(SignedInDevice.account_id == owner.account_id)
        ).first()
        grant = db.session.scalars(sa.select(Grant.id).where(Grant.account_id == teacher.account_id)).one()
    made.values |= {"device_id": device or 0, "grant_id": grant}
    due = due_tasks.waiting(world.id, 1)
    made.by_blueprint["worlds"] = {"task_id": due[0].id}
    made.by_blueprint["seller"]["action"] = "suspend"
    made.by_blueprint["seller"] |= promo["seller"]
    made.by_blueprint["seller"] |= furniture_manage.furnish(world, owner, third, teacher)
    made.by_endpoint |= furniture_manage.BY_ENDPOINT
    made.by_blueprint["worlds"]["announcement_id"] = made.by_blueprint["seller"]["announcement_id"]
    made.by_blueprint["live"] |= {"turn": "pause", **furniture_live.furnish(number, owner, mate)}
    made.by_endpoint |= {"live.recorded": {"number": past}, "live.replay_page": {"number": past}}
    buying, selling = furniture_service.furnish(world, owner, shop.id, mate, mates_shop.id)
    made.by_blueprint["mall"] |= buying
    made.by_blueprint["seller"] |= selling
    made.by_endpoint["pictures.show"] = {"kind": "product", "token": "WyLojLbmna8iLCLojLbppa4iXQ"}
    made.by_endpoint |= furnish_goods(owner, sold.id)
    made.values["scope_id"] = scope_id
    return made, {"owner": owner, "teacher": teacher, "assessor": assessor, "centre": centre}


def build_stage() -> Stage:
    """Build the three classes and the people; inside an application context."""
    home, away = training.make_region("滨海市"), training.make_region("远山市")
    school = training.make_school(home, "启航学校")
    stage = Stage()
    stage.rooms["own"], own = furnish(school, "本班")
    stage.rooms["other_class"], _ = furnish(school, "邻班", own["assessor"])
    stage.rooms["other_institution"], _ = furnish(training.make_school(away, "远山学校"), "外校班")
    with unit_of_work():
        district = create_scope(ScopeKind.REGION, "临海区", "R-D").id
    assert district
    stage.people = {
        Role.TRAINEE: own["owner"],
        Role.INSTRUCTOR: own["teacher"],
        Role.ASSESSOR: own["assessor"],
        Role.INSTITUTION_ADMIN: school.clerk,
        Role.DISTRICT: make_actor(Role.DISTRICT, home.id),
        Role.CENTRE: own["centre"],
        Role.SUPERVISOR: make_actor(Role.SUPERVISOR, home.id),
        Role.SYSADMIN: make_actor(Role.SYSADMIN, None),
    }
    return stage
