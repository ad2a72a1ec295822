"""What a feature hands to the factory: its routes, tables, commands, menu, receivers and handlers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import click
from flask import Blueprint

from app.core.actor import Actor
from app.core.flow import Flow
from app.core.jobs import Handler
from app.core.permissions import Permission


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One entry of a room's navigation.

    room: home | mall | seller | supply | live | grading. count: optional figure beside the label.
    """

    room: str
    label: str
    endpoint: str
    icon: str
    permission: Permission
    order: int = 50
    group: str = ""
    count: Callable[[Actor], int] | None = None
    arguments: Callable[[Actor], dict[str, Any] | None] | None = None  # None answer: entry is left out


@dataclass(frozen=True, slots=True)
class HomeCard:
    """One card of "现在要做": a verb, why, and one button. Lower urgency number comes first."""

    title: str
    text: str
    url: str
    button: str
    urgency: int = 50
    icon: str = "checkbox"


@dataclass(frozen=True, slots=True)
class Feature:
    """Everything that one package brings along. The factory wires it; nothing is discovered.

    home_cards: per function, the cards for an actor. due_handlers: kind → handler(world_id, task).
    sockets: called once with the SocketIO object. periodic: name → (seconds, step) that the
    web process with the clock repeats. every_process: the same, repeated by every web process.
    """

    name: str
    blueprints: Sequence[Blueprint] = ()
    sockets: Callable[[Any], None] | None = None
    commands: Sequence[click.Command] = ()
    menu: Sequence[MenuItem] = ()
    subscribers: Sequence[tuple[type[Any], Callable[..., None]]] = ()
    due_handlers: Mapping[str, Callable[..., None]] = field(default_factory=dict)
    jobs: Mapping[str, Handler] = field(default_factory=dict)
    home_cards: Sequence[Callable[[Actor], list[HomeCard]]] = ()
    flows: Sequence[Flow] = ()
    startup: Callable[[Any], None] | None = None
    periodic: Mapping[str, tuple[float, Callable[[], object]]] = field(default_factory=dict)
    every_process: Mapping[str, tuple[float, Callable[[], object]]] = field(default_factory=dict)
