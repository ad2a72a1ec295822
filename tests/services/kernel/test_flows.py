"""State machines: who may fire what, once, on the row that is there; and every registered table is sound."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.actor import Actor, system
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Refused
from app.core.flow import SYSTEM, Flow, StateEvent, fire, history, on
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.training.domain.class_flow import CLASS_FLOW, ClassState
from app.training.models import TrainingClass
from tests.factories.tables import changed, fingerprint
from tests.factories.training import make_class


@pytest.fixture
def row(app_context: Flask) -> TrainingClass:
    return make_class()


def actor(role: Role | None) -> Actor:
    return system() if role is None else Actor(1, "某人", role, 1)


def test_every_registered_machine_can_be_walked_and_left(app: Flask) -> None:
    flows: list[Flow] = app.extensions["flows"]
    assert flows
    assert len({flow.name for flow in flows}) == len(flows)
    for flow in flows:
        assert flow.unreachable() == set(), flow.name
        assert flow.dead_ends() == set(), flow.name
        states = {str(state) for state in flow.states}
        named = {str(name) for name in flow.names}
        assert named in (states, set()), flow.name
        for transition in flow.transitions:
            assert transition.target in states, (flow.name, transition.event)
            assert transition.sources <= states, (flow.name, transition.event)
            assert transition.by, (flow.name, transition.event)
            assert transition.by <= {str(role) for role in Role} | {SYSTEM}, (flow.name, transition.event)
            assert not transition.sources & {str(state) for state in flow.final}, (flow.name, transition.event)


@pytest.mark.parametrize("state", list(ClassState))
@pytest.mark.parametrize("role", [None, *Role])
def test_every_state_event_and_role_gives_what_the_table_says(state: ClassState, role: Role | None) -> None:
    for event in {transition.event for transition in CLASS_FLOW.transitions}:
        transition = CLASS_FLOW.find(state, event)
        allowed = transition is not None and (str(role) if role else SYSTEM) in transition.by
        assert CLASS_FLOW.allows(state, event, actor(role)) is allowed


def test_firing_moves_the_row_once_and_writes_it_down(row: TrainingClass) -> None:
    moment = datetime(2026, 11, 3, tzinfo=UTC)
    with unit_of_work():
        fire(CLASS_FLOW, row, "start_teaching", system(), sim_at=moment, note={"why": "开课"})
    assert (row.state, row.version) == (ClassState.TEACHING, 2)
    events = history(CLASS_FLOW, row.id)
    assert [(e.event, e.source, e.target, e.account_id, e.sim_at, e.note) for e in events] == [
        ("start_teaching", "open", "teaching", None, moment, '{"why": "开课"}')
    ]


def test_values_are_set_in_the_same_statement(row: TrainingClass) -> None:
    with unit_of_work():
        fire(CLASS_FLOW, row, "start_teaching", system(), values={"name": "新名"})
    assert (row.state, row.name) == (ClassState.TEACHING, "新名")


@pytest.mark.parametrize(
    ("event", "who", "guard", "error"),
    [
        ("archive", None, None, Refused),
        ("start_teaching", Role.TRAINEE, None, Forbidden),
        ("start_teaching", None, lambda: "还差两名讲师。", Refused),
    ],
    ids=["wrong state", "wrong role", "guard"],
)
def test_a_refused_event_changes_nothing(
    row: TrainingClass, event: str, who: Role | None, guard: Any, error: type[Exception]
) -> None:
    before = fingerprint()
    with pytest.raises(error) as caught, unit_of_work():
        fire(CLASS_FLOW, row, event, actor(who), guard=guard)
    if guard:
        assert caught.value.message == "还差两名讲师。"  # type: ignore[attr-defined]
    assert changed(before, fingerprint()) == []


def test_of_two_who_saw_the_same_state_one_wins(row: TrainingClass) -> None:
    with pytest.raises(Conflict), unit_of_work():  # noqa: PT012 - the unit is what fails
        db.session.execute(
            sa.update(TrainingClass)
            .where(TrainingClass.id == row.id)
            .values(version=TrainingClass.version + 1)
            .execution_options(synchronize_session=False)
        )
        fire(CLASS_FLOW, row, "start_teaching", system())
    assert row.state == ClassState.OPEN
    assert db.session.scalar(sa.select(sa.func.count(StateEvent.id))) == 0


def test_an_event_that_leads_to_two_states_is_a_mistake() -> None:
    twice = [
        on("go", ClassState.OPEN, ClassState.TEACHING, SYSTEM),
        on("go", ClassState.OPEN, ClassState.ARCHIVED, SYSTEM),
    ]
    with pytest.raises(ValueError, match="leads to two states"):
        Flow("x", ClassState, ClassState.OPEN, twice)


def test_states_that_cannot_be_reached_or_left_are_found() -> None:
    flow = Flow("x", ClassState, ClassState.OPEN, [on("go", ClassState.OPEN, ClassState.TEACHING, SYSTEM)])
    assert flow.unreachable() == {"assessing", "archived", "cancelled"}
    assert flow.dead_ends() == {"teaching", "assessing", "archived", "cancelled"}
