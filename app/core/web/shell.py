"""What the base layout needs to know about the request: name, hats, navigation, simulated clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, current_app, g, request, url_for

from app.core.actor import Actor
from app.core.feature import MenuItem


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of a navigation, ready to show."""

    label: str
    url: str
    icon: str
    active: bool
    count: int
    group: str


@dataclass(frozen=True, slots=True)
class SimClock:
    """The simulated clock as the header shows it."""

    now: datetime
    rate: int
    paused: bool


class Shell:
    """Handed to templates as ``shell``."""

    def __init__(self) -> None:
        self.actor: Actor | None = g.get("actor")
        self._nav: dict[str, list[NavItem]] = {}

    @property
    def signed_in(self) -> bool:
        return self.actor is not None

    @property
    def name(self) -> str:
        return self.actor.name if self.actor else ""

    @property
    def hats(self) -> Sequence[Any]:
        return g.get("hats", [])

    @property
    def hat(self) -> Any:
        return next((hat for hat in self.hats if hat.active), None)

    @property
    def demo_mode(self) -> bool:
        return bool(current_app.config["SETTINGS"].is_demo)

    @property
    def sim_clock(self) -> SimClock | None:
        if "sim_clock" not in g:
            find = current_app.extensions.get("sim_clock")
            g.sim_clock = find(self.actor.world_id) if find and self.actor and self.actor.world_id else None
        clock: SimClock | None = g.sim_clock
        return clock

    def nav(self, room: str) -> list[NavItem]:
        """Return the entries of a room's navigation that this hat may use; made once per page."""
        if self.actor is None:
            return []
        if room not in self._nav:
            items: list[MenuItem] = current_app.extensions["menu"]
            self._nav[room] = [shown for item in items if item.room == room and (shown := self._show(item))]
        return self._nav[room]

    def _show(self, item: MenuItem) -> NavItem | None:
        actor = self.actor
        if actor is None or not actor.may(item.permission):
            return None
        arguments = item.arguments(actor) if item.arguments else {}
        if arguments is None:
            return None
        url = url_for(item.endpoint, **arguments)
        here = request.path == url or (url != "/" and url.count("/") > 2 and request.path.startswith(url))
        return NavItem(item.label, url, item.icon, here, item.count(actor) if item.count else 0, item.group)


def register(app: Flask) -> None:
    """Give every template its ``shell``."""
    app.context_processor(lambda: {"shell": Shell()})
