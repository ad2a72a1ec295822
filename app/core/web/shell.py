"""What the base layout needs to know about the request: name, hats, navigation, simulated clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Flask, current_app, g, request, url_for

from app.core.actor import Actor
from app.core.feature import MenuItem

# The rooms of the house in their order: key of the menu, word, first path, icon.
ROOMS = (
    ("home", "首页", "/", "home"),
    ("mall", "商城", "/mall/", "shopping-bag"),
    ("seller", "卖家中心", "/seller/", "building-store"),
    ("supply", "供货", "/supply/", "truck-delivery"),
    ("live", "直播", "/live/", "broadcast"),
    ("grading", "评审", "/grading/", "clipboard-check"),
    ("dash", "看板", "/dashboards/", "chart-bar"),
)


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
            shown = [entry for item in items if item.room == room and (entry := self._show(item))]
            # A page below two entries, such as a class and its tasks, belongs to the nearer one.
            nearest = max((len(entry.url) for entry in shown if entry.active), default=0)
            self._nav[room] = [replace(entry, active=entry.active and len(entry.url) == nearest) for entry in shown]
        return self._nav[room]

    @property
    def rooms(self) -> list[NavItem]:
        """Return the rooms that this hat may enter, each leading to its first entry."""
        if self.actor is None:
            return []
        here = next((key for key, _, path, _ in ROOMS[1:] if request.path.startswith(path)), "home")
        shown = []
        for key, label, path, icon in ROOMS:
            items = self.nav(key)
            if key == "home" or items:
                url = path if key == "home" else items[0].url
                shown.append(NavItem(label, url, icon, key == here, 0, ""))
        return shown

    def _show(self, item: MenuItem) -> NavItem | None:
        actor = self.actor
        if actor is None or not actor.may(item.permission):
            return None
        arguments = item.arguments(actor) if item.arguments else {}
        if arguments is None:
            return None
        url = url_for(item.endpoint, **arguments) if arguments else _fixed_url(item.endpoint)
        here = request.path == url or (url != "/" and url.count("/") > 2 and request.path.startswith(url))
        return NavItem(item.label, url, item.icon, here, item.count(actor) if item.count else 0, item.group)


def _fixed_url(endpoint: str) -> str:
    """Return the address of a page without arguments; made once, for every page shows some fifty of them."""
    known: dict[tuple[str, str], str] = current_app.extensions.setdefault("menu_urls", {})
    place = (request.script_root, endpoint)
    if place not in known:
        known[place] = url_for(endpoint)
    return known[place]


def register(app: Flask) -> None:
    """Give every template its ``shell``."""
    app.context_processor(lambda: {"shell": Shell()})
