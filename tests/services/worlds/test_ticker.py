"""The ticker: due tasks in order, each at its own time, once, by one leader."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.models import Scope, ScopeKind
from app.core import clock as wall
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound, Refused
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.worlds import clock, due, ticker
from app.worlds.models import DueState, DueTask, World
from tests.factories.world import SIM_START, make_actor, make_world

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
fired: list[tuple[int, datetime]] = []


def remember(task: DueTask) -> None:
    fired.append((task.target_id, clock.sim_now(task.world_id)))
    if task.target_id == 100:  # a task of the simulation that leads to the next one
        due.schedule(task.world_id, clock.sim_now(task.world_id) + timedelta(minutes=30), "test.note", 101)


def stumble(task: DueTask) -> None:
    db.session.add(Scope(kind=ScopeKind.REGION, name="x", code=f"half-{task.id}"))
    db.session.flush()
    raise Refused("这件事不行。")


@pytest.fixture(autouse=True)
def _handlers(app_context: Flask) -> None:
    fired.clear()
    app_context.extensions["due_handlers"].update({"test.note": remember, "test.stumble": stumble})


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def teacher(world: World) -> Actor:
    return make_actor(Role.INSTRUCTOR, world.scope_id)


def schedule(world: World, *tasks: tuple[timedelta, int], kind: str = "test.note") -> None:
    with unit_of_work():
        for after, target in tasks:
            due.schedule(world.id, SIM_START + after, kind, target)


def jump(teacher: Actor, world: World, step: timedelta) -> None:
    with unit_of_work():
        clock.jump(teacher, world.id, step)


def test_after_a_jump_tasks_fire_in_order_each_at_its_own_time(world: World, teacher: Actor) -> None:
    schedule(world, (3 * HOUR, 3), (HOUR, 100), (2 * HOUR, 2), (HOUR, 1), (9 * HOUR, 9))
    assert ticker.tick("one") == 0
    jump(teacher, world, 5 * HOUR)
    assert ticker.tick("one") == 5
    assert fired == [
        (100, SIM_START + HOUR),
        (1, SIM_START + HOUR),
        (101, SIM_START + HOUR + timedelta(minutes=30)),
        (2, SIM_START + 2 * HOUR),
        (3, SIM_START + 3 * HOUR),
    ]
    assert ticker.tick("one") == 0
    assert clock.sim_now(world.id) == SIM_START + 5 * HOUR
    assert [task.target_id for task in due.waiting(world.id)] == [9]


def test_a_standing_clock_fires_nothing(world: World) -> None:
    schedule(world, (timedelta(seconds=1), 1))
    with wall.frozen(NOON + timedelta(days=30)):
        assert ticker.tick("one") == 0


def test_two_processes_share_the_work_by_the_lease(world: World, teacher: Actor) -> None:
    schedule(world, (HOUR, 1), (2 * HOUR, 2))
    jump(teacher, world, HOUR)
    with wall.frozen(NOON):
        assert ticker.tick("one") == 1
    jump(teacher, world, HOUR)
    with wall.frozen(NOON + timedelta(seconds=14)):
        assert ticker.tick("two") == 0
    with wall.frozen(NOON + timedelta(seconds=16)):
        assert ticker.tick("two") == 1
        assert not ticker._fire_next(world.id, "one")  # the lease is another's by now
    assert [target for target, _ in fired] == [1, 2]


def test_worlds_have_leaders_of_their_own(world: World, teacher: Actor) -> None:
    other = make_world()
    schedule(world, (HOUR, 1))
    schedule(other, (HOUR, 2))
    jump(teacher, world, HOUR)
    assert ticker.tick("one") == 1
    jump(make_actor(Role.INSTRUCTOR, other.scope_id), other, HOUR)
    assert ticker.tick("two") == 1
    assert [target for target, _ in fired] == [1, 2]


def test_a_failing_task_is_tried_three_times_leaves_nothing_and_lets_the_others_pass(
    world: World, teacher: Actor
) -> None:
    schedule(world, (HOUR, 1), kind="test.stumble")
    schedule(world, (2 * HOUR, 2))
    jump(teacher, world, 3 * HOUR)
    assert ticker.run_due(world.id) == 4
    assert [target for target, _ in fired] == [2]
    failed = due.failed(world.id)
    assert [(task.attempts, task.status, task.error) for task in failed] == [
        (3, DueState.FAILED, "Refused: 这件事不行。")
    ]
    assert db.session.scalars(sa.select(Scope.code).where(Scope.code.startswith("half"))).all() == []


def test_a_failed_task_can_be_tried_again_by_the_instructor_alone(world: World, teacher: Actor, app: Flask) -> None:
    schedule(world, (HOUR, 5), kind="test.stumble")
    jump(teacher, world, HOUR)
    ticker.run_due(world.id)
    task_id = due.failed(world.id)[0].id
    stranger = make_actor(Role.INSTRUCTOR, make_world().scope_id)
    with pytest.raises(NotFound), unit_of_work():
        due.retry(stranger, world.id, task_id)
    app.extensions["due_handlers"]["test.stumble"] = remember
    with unit_of_work():
        due.retry(teacher, world.id, task_id)
    assert ticker.run_due(world.id) == 1
    assert fired == [(5, SIM_START + HOUR)]
    with pytest.raises(NotFound), unit_of_work():
        due.retry(teacher, world.id, task_id)


def test_withdrawn_tasks_fall_stale(world: World, teacher: Actor) -> None:
    schedule(world, (HOUR, 1), (HOUR, 2))
    with unit_of_work():
        due.withdraw("test.note", 1)
    jump(teacher, world, HOUR)
    ticker.run_due(world.id)
    assert [target for target, _ in fired] == [2]


def test_running_by_hand_gives_the_lease_back(world: World, teacher: Actor) -> None:
    schedule(world, (HOUR, 1), (2 * HOUR, 2))
    for _ in range(2):
        jump(teacher, world, HOUR)
        assert ticker.run_due(world.id) == 1
    assert db.session.get_one(World, world.id).lease_holder is None
