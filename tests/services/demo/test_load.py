"""The demo data: believable, sound in its books and chains, and loaded once."""

from __future__ import annotations

import dataclasses

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.models import Account, ScopeKind
from app.accounts.scopes import create_scope, scope_by_code
from app.config import Settings
from app.core import audit
from app.core.db import Base, db
from app.core.errors import Refused
from app.core.uow import unit_of_work
from app.dashboards.services.figures import class_figures
from app.demo import loader
from app.demo.people import shown_accounts
from app.ledger import book
from app.teaching.api import task_summary
from app.teaching.domain.steps import StepKind
from app.training.api import class_of_scope
from app.worlds import due
from grading.models.batch import Assignment, Batch
from sim_livestream.models.rooms import LiveRoom
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.goods import Listing
from sim_mall.models.shops import Shop
from sim_mall.models.trade import Order
from sim_supply.domain.trouble_flow import OPEN_TROUBLE, TroubleKind, TroubleState
from sim_supply.models.troubles import ParcelTrouble
from tests.factories import mall
from tests.factories.queries import count_queries
from tests.factories.tables import changed, fingerprint
from tests.factories.teaching import make_room, make_task
from tests.factories.world import make_account

PAGES = {
    "trainee01": ("/", "/classes/DEMO01/tasks/", "/mall/", "/seller/", "/supply/", "/live/", "/grading/plan"),
    "trainee30": ("/", "/classes/DEMO01/tasks/", "/mall/", "/seller/register"),
    "instructor01": ("/", "/classes/DEMO01/tasks/", "/classes/DEMO01/world", "/dashboards/"),
    "assessor01": ("/", "/grading/assess/"),
    "orgadmin": ("/", "/classes/", "/dashboards/"),
    "district": ("/", "/dashboards/"),
    "centre": ("/", "/grading/batches/", "/dashboards/"),
    "supervisor": ("/", "/dashboards/", "/dashboards/classes/DEMO00"),
    "sysadmin": ("/", "/classes/"),
    "graduate01": ("/", "/grading/results"),
}


def _count(model: type, *where: object) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0  # type: ignore[arg-type]


def _states(model: type) -> set[str]:
    return {str(state) for state in db.session.scalars(sa.select(model.state).distinct())}  # type: ignore[attr-defined]


def test_demo_data(demo_app: Flask) -> None:
    app, client, settings = demo_app, demo_app.test_client(), demo_app.config["SETTINGS"]
    with app.app_context():
        _check_content()
        _check_soundness()
        before = fingerprint()
    with app.app_context(), count_queries(app) as seen:
        assert loader.load(settings) == loader.ALREADY
    assert len(seen) == 1
    with app.app_context():
        assert changed(before, fingerprint()) == []
    for login, paths in PAGES.items():
        signed_in = client.post("/login", data={"name": login, "password": settings.demo_password})
        assert signed_in.status_code == 302, login
        for path in paths:
            assert client.get(path).status_code == 200, (login, path)
        client.post("/logout")


def _check_content() -> None:
    scope, earlier = scope_by_code("DEMO01"), scope_by_code("DEMO00")
    assert scope is not None
    assert earlier is not None
    logins = set(db.session.scalars(sa.select(Account.login)))
    assert {login for login, _ in shown_accounts()} <= logins
    assert _count(Account, Account.is_demo.is_(False), Account.is_simulated.is_(False)) == 0
    group, old = class_of_scope(scope.id), class_of_scope(earlier.id)
    assert group is not None
    assert old is not None
    now, then = class_figures(group), class_figures(old)
    assert (now.trainees, now.activated, now.shops, now.submitted, now.scored) == (30, 28, 18, 8, 0)
    assert (then.trainees, then.submitted, then.scored) == (8, 8, 8)
    assert 0 < then.passed < 8
    assert now.orders > 40
    assert _count(Listing, Listing.world_id == group.world_id) > 80
    assert _states(Order) >= {"pending_pay", "paid", "shipped", "completed"}
    assert _states(Shop) >= {"open", "submitted", "deposit_due"}
    assert _states(AfterSale) >= {"success"}
    troubles = {row.kind: row for row in db.session.scalars(sa.select(ParcelTrouble)) if row.state in OPEN_TROUBLE}
    assert troubles[TroubleKind.LOST].state is TroubleState.CLAIMED
    assert troubles[TroubleKind.LATE].state is TroubleState.HAPPENED
    assert _states(LiveRoom) == {"scheduled", "live", "ended"}
    assert _states(Batch) == {"released", "marking"} or len(_states(Batch)) == 2
    assert _states(Assignment) >= {"assigned", "completed"}
    tasks = task_summary(scope.id)
    assert len(tasks) == 4
    assert all(0 < task.ready < 30 for task in tasks)


def _check_soundness() -> None:
    for code in ("DEMO00", "DEMO01"):
        scope = scope_by_code(code)
        assert scope is not None
        group = class_of_scope(scope.id)
        assert group is not None
        assert book.prove(group.world_id).sound
        assert due.failed(group.world_id) == []
    assert [audit.verify(scope_id).reason for scope_id in audit.chains()] == [None] * len(audit.chains())


def test_production_is_never_given_demo_data(app: Flask, settings: Settings) -> None:
    production = dataclasses.replace(settings, mode="production")
    with app.app_context():
        before = fingerprint()
        with pytest.raises(Refused):
            loader.load(production)
        with pytest.raises(Refused):
            loader.reset(production)
        assert changed(before, fingerprint()) == []


def test_an_interrupted_load_never_takes_other_data_along(app: Flask, settings: Settings) -> None:
    with app.app_context():
        make_account("真实的人")
        with unit_of_work():
            create_scope(ScopeKind.CLASS, "没装完的班", "DEMO01")
        before = fingerprint()
        with pytest.raises(Refused, match="demo reset"):
            loader.load(settings)
        assert changed(before, fingerprint()) == []


def test_emptying_leaves_no_row(app: Flask) -> None:
    with app.app_context():
        room = make_room(1)
        make_task(room, (StepKind.SHOP_OPEN, 1))
        mall.open_shop(room.trainees[0])
        loader._empty()
        rows = {
            table.name: db.session.execute(sa.select(table).limit(1)).all() for table in Base.metadata.sorted_tables
        }
        assert {name for name, found in rows.items() if found} == set()
