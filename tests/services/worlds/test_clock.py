"""The simulated clock: rate, pause, jump, all by the instructor of the class, all logged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.core import audit
from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden, InvalidInput, NotFound
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.worlds import clock
from app.worlds.models import ClockChange, World
from app.worlds.settings import change_setting, setting
from tests.factories.tables import changed, fingerprint
from tests.factories.world import SIM_START, make_actor, make_world

pytestmark = pytest.mark.usefixtures("app_context")
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@pytest.fixture
def world(app_context: object) -> World:
    return make_world()


@pytest.fixture
def teacher(world: World) -> Actor:
    return make_actor(Role.INSTRUCTOR, world.scope_id)


def sim() -> datetime:
    return clock.sim_now(db.session.scalars(sa.select(World.id)).one())


def test_time_runs_at_its_rate_stands_in_a_pause_and_jumps(world: World, teacher: Actor) -> None:
    with wall.frozen(NOON), unit_of_work():
        clock.resume(teacher, world.id)
    with wall.frozen(NOON + timedelta(seconds=10)):
        assert sim() == SIM_START + timedelta(seconds=10)
        with unit_of_work():
            clock.set_rate(teacher, world.id, 60)
        assert sim() == SIM_START + timedelta(seconds=10)
    with wall.frozen(NOON + timedelta(seconds=70)):
        assert sim() == SIM_START + timedelta(minutes=60, seconds=10)
        with unit_of_work():
            clock.pause(teacher, world.id)
    with wall.frozen(NOON + timedelta(days=3)):
        assert sim() == SIM_START + timedelta(minutes=60, seconds=10)
        with unit_of_work():
            clock.jump(teacher, world.id, timedelta(days=2))
        assert sim() == SIM_START + timedelta(days=2, minutes=60, seconds=10)
        with unit_of_work():
            clock.resume(teacher, world.id)
    with wall.frozen(NOON + timedelta(days=3, seconds=1)):
        assert sim() == SIM_START + timedelta(days=2, minutes=61, seconds=10)


def test_a_wall_clock_set_back_does_not_rewind_the_simulation(world: World, teacher: Actor) -> None:
    with wall.frozen(NOON), unit_of_work():
        clock.resume(teacher, world.id)
    with wall.frozen(NOON - timedelta(hours=1)):
        assert sim() == SIM_START


def test_every_change_is_logged_once_and_audited(world: World, teacher: Actor) -> None:
    for step in (clock.pause, clock.resume, clock.resume, clock.pause, clock.pause):
        with unit_of_work():
            step(teacher, world.id)
    with unit_of_work():
        clock.jump(teacher, world.id, timedelta(minutes=10))
    rows = db.session.scalars(sa.select(ClockChange).order_by(ClockChange.id)).all()
    assert [(row.kind, row.account_id) for row in rows] == [
        ("resume", teacher.person()), ("pause", teacher.person()), ("jump", teacher.person()),
    ]  # fmt: skip
    assert rows[-1].sim_after - rows[-1].sim_before == timedelta(minutes=10)
    assert audit.verify(world.scope_id).rows == 3


@pytest.mark.parametrize("role", [Role.TRAINEE, Role.INSTITUTION_ADMIN, Role.SUPERVISOR, Role.SYSADMIN])
def test_others_cannot_move_time(world: World, role: Role) -> None:
    actor, before = make_actor(role, world.scope_id), fingerprint()
    for attempt in (
        lambda: clock.pause(actor, world.id),
        lambda: clock.resume(actor, world.id),
        lambda: clock.set_rate(actor, world.id, 2),
        lambda: clock.jump(actor, world.id, timedelta(hours=1)),
        lambda: change_setting(actor, world.id, "pay_minutes", 5),
    ):
        with pytest.raises(Forbidden), unit_of_work():
            attempt()
    assert changed(before, fingerprint()) == []


def test_an_instructor_of_another_class_finds_no_world(world: World) -> None:
    stranger = make_actor(Role.INSTRUCTOR, make_world().scope_id)
    before = fingerprint()
    for attempt in (
        lambda: clock.resume(stranger, world.id),
        lambda: clock.jump(stranger, world.id, timedelta(hours=1)),
        lambda: change_setting(stranger, world.id, "pay_minutes", 5),
    ):
        with pytest.raises(NotFound), unit_of_work():
            attempt()
    assert changed(before, fingerprint()) == []


def test_bounds(world: World, teacher: Actor) -> None:
    before = fingerprint()
    for step in (timedelta(0), timedelta(seconds=-1), timedelta(days=61)):
        with pytest.raises(InvalidInput), unit_of_work():
            clock.jump(teacher, world.id, step)
    for rate in (-1, 3601):
        with pytest.raises(InvalidInput), unit_of_work():
            clock.set_rate(teacher, world.id, rate)
    for name, value in (("pay_minutes", 0), ("platform_fee_bp", 5001), ("no_such_setting", 1)):
        with pytest.raises(InvalidInput), unit_of_work():
            change_setting(teacher, world.id, name, value)
    assert changed(before, fingerprint()) == []


def test_a_setting_has_a_default_and_keeps_what_was_set(world: World, teacher: Actor) -> None:
    assert setting(world, "platform_fee_bp") == 500
    with unit_of_work():
        change_setting(teacher, world.id, "platform_fee_bp", 250)
    assert setting(world, "platform_fee_bp") == 250
    assert setting(world, "pay_minutes") == 30
