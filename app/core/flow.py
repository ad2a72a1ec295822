"""State machines as tables. One function, ``fire``, moves a row; nothing else assigns a state.

A machine is a ``Flow``: states, transitions, who may fire them. ``fire`` checks the role and the
guard, moves the row by compare-and-set on (id, state, version), and writes one ``core_state_event``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from app.core import clock
from app.core.actor import Actor
from app.core.db import Base, UTCDateTime, db, matched
from app.core.errors import Conflict, Forbidden, Refused
from app.core.permissions import Role

ANYONE = frozenset(Role)
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Transition:
    """``event`` leads from any of ``sources`` to ``target``.

    by: the roles that may fire it, or "system" for clock, supplier and payment; guards that need the
    database stay in the service. refusal: the Chinese sentence when the state does not fit.
    """

    event: str
    sources: frozenset[str]
    target: str
    by: frozenset[str]
    refusal: str = ""


class StatefulMixin:
    """Columns of a row that a Flow moves."""

    id: orm.Mapped[int]
    state: orm.Mapped[Any]
    version: orm.Mapped[int] = orm.mapped_column(sa.Integer, default=1, server_default="1")


class StateEvent(Base):
    """One transition that happened: append-only."""

    __tablename__ = "core_state_event"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    flow: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    entity_id: orm.Mapped[int]
    event: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    source: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    target: orm.Mapped[str] = orm.mapped_column(sa.String(40))
    account_id: orm.Mapped[int | None]
    role: orm.Mapped[str | None] = orm.mapped_column(sa.String(40))
    at: orm.Mapped[datetime] = orm.mapped_column(UTCDateTime)
    sim_at: orm.Mapped[datetime | None] = orm.mapped_column(UTCDateTime)
    note: orm.Mapped[str] = orm.mapped_column(sa.Text, default="")
    __table_args__ = (sa.Index("ix_core_state_event_entity", "flow", "entity_id", "id"),)


class Flow:
    """A named machine. Register it in the feature's ``flows`` so that the walk test finds it."""

    def __init__(
        self,
        name: str,
        states: type[StrEnum],
        initial: StrEnum,
        transitions: list[Transition],
        *,
        final: frozenset[str] = frozenset(),
        names: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.states = states
        self.initial = initial
        self.transitions = tuple(transitions)
        self.final = final
        self.names = dict(names or {})
        self._table: dict[tuple[str, str], Transition] = {}
        for transition in transitions:
            for source in transition.sources:
                key = (str(source), transition.event)
                if key in self._table:
                    raise ValueError(f"{name}: {key} leads to two states")
                self._table[key] = transition

    def find(self, state: str, event: str) -> Transition | None:
        """Return the transition of the event from the state, or None."""
        return self._table.get((str(state), event))

    def allows(self, state: str, event: str, actor: Actor) -> bool:
        """Say whether the table lets this actor fire the event now (guards aside)."""
        transition = self.find(state, event)
        return transition is not None and _may_fire(transition, actor)

    def unreachable(self) -> set[str]:
        """Return the states that no path from the initial one reaches."""
        seen = {str(self.initial)}
        while True:
            more = {str(t.target) for t in self.transitions if seen & {str(s) for s in t.sources}} - seen
            if not more:
                return {str(s) for s in self.states} - seen
            seen |= more

    def dead_ends(self) -> set[str]:
        """Return the states without a way out that are not declared final."""
        leaving = {str(s) for t in self.transitions for s in t.sources}
        return {str(s) for s in self.states} - leaving - {str(s) for s in self.final}


def on(event: str, sources: Any, target: StrEnum, by: Any, refusal: str = "") -> Transition:
    """Short form of Transition: single values are wrapped into sets."""

    def as_set(value: Any) -> frozenset[str]:
        return frozenset({str(value)} if isinstance(value, str) else {str(v) for v in value})

    return Transition(event, as_set(sources), str(target), as_set(by), refusal)


def _may_fire(transition: Transition, actor: Actor) -> bool:
    return (actor.is_system and SYSTEM in transition.by) or (
        actor.role is not None and str(actor.role) in transition.by
    )


def fire(
    flow: Flow,
    entity: Any,
    event: str,
    actor: Actor,
    *,
    sim_at: datetime | None = None,
    note: Mapping[str, Any] | None = None,
    guard: Callable[[], str | None] | None = None,
    values: Mapping[str, Any] | None = None,
) -> None:
    """Move ``entity`` along ``flow`` and record it; ``values`` are set in the same statement.

    Raises Refused when the state has no such event or the guard returns a sentence, Forbidden when
    the role may not, Conflict when somebody moved the row first. The row in memory is refreshed.
    """
    db.session.flush()
    state = str(entity.state)
    transition = flow.find(state, event)
    if transition is None:
        wording = next((t.refusal for t in flow.transitions if t.event == event and t.refusal), "")
        shown = flow.names.get(state, state)
        raise Refused(wording or f"当前状态为“{shown}”，不能进行这个操作，请刷新页面查看最新状态。", code="wrong_state")
    if not _may_fire(transition, actor):
        raise Forbidden
    if guard is not None and (reason := guard()):
        raise Refused(reason)
    model = type(entity)
    changed = db.session.execute(
        sa.update(model)
        .where(model.id == entity.id, model.state == flow.states(state), model.version == entity.version)
        .values(state=flow.states(transition.target), version=model.version + 1, **(values or {}))
        .execution_options(synchronize_session=False)
    )
    if matched(changed) != 1:
        raise Conflict("这条记录刚刚被别人处理过，请刷新页面查看最新状态。")
    db.session.refresh(entity)
    db.session.add(
        StateEvent(
            flow=flow.name,
            entity_id=entity.id,
            event=event,
            source=state,
            target=transition.target,
            account_id=actor.account_id,
            role=None if actor.role is None else str(actor.role),
            at=clock.now(),
            sim_at=sim_at,
            note=json.dumps(note, ensure_ascii=False, sort_keys=True, default=str) if note else "",
        )
    )


def history(flow: Flow, entity_id: int) -> list[StateEvent]:
    """Return the transitions of one row, oldest first."""
    return list(
        db.session.scalars(
            sa.select(StateEvent)
            .where(StateEvent.flow == flow.name, StateEvent.entity_id == entity_id)
            .order_by(StateEvent.id)
        )
    )
