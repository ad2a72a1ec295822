"""A world with very many members, and their tickets, written in bulk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Flask

from app.accounts.models import Account, Grant, SignedInDevice
from app.config import load_settings
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.factory import create_app
from sim_livestream.services import entry
from tests.factories.live import Show, make_show
from tests.infrastructure.server import Server

ROWS = 500


@dataclass(frozen=True, slots=True)
class Crowd:
    """A show and those who may watch it."""

    show: Show
    viewers: list[Actor]


@contextmanager
def inside(server: Server) -> Iterator[Flask]:
    """The application on the server's own data, in this process."""
    app = create_app(load_settings({**server.environment, "TICKER": "off", "REDIS_URL": ""}))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def _insert(model: type, rows: list[dict[str, object]]) -> list[int]:
    ids: list[int] = []
    for start in range(0, len(rows), ROWS):
        ids += db.session.scalars(
            sa.insert(model).returning(model.id, sort_by_parameter_order=True),  # type: ignore[attr-defined]
            rows[start : start + ROWS],
        )
    return ids


def make_crowd(count: int, *, stock: int = 1_000) -> Crowd:
    """Make a room on air and ``count`` trainees of its class, each on a signed-in device."""
    show = make_show(skus=(("默认", 50_00, stock),))
    now = clock.now()
    with unit_of_work():
        names = [f"观众{number}" for number in range(count)]
        accounts = _insert(Account, [{"login": f"crowd{n}", "name": names[n], "created_at": now} for n in range(count)])
        grants = _insert(
            Grant,
            [
                {"account_id": account, "role": Role.TRAINEE, "scope_id": show.scope_id, "created_at": now}
                for account in accounts
            ],
        )
        rows: list[dict[str, object]] = [
            {"account_id": account, "digest": f"crowd{account}", "grant_id": grant, "created_at": now, "seen_at": now}
            for account, grant in zip(accounts, grants, strict=True)
        ]
        devices = _insert(SignedInDevice, rows)
    viewers = [
        Actor(account, name, Role.TRAINEE, show.scope_id, show.world_id, device)
        for account, name, device in zip(accounts, names, devices, strict=True)
    ]
    return Crowd(show, viewers)


def tickets(crowd: Crowd) -> list[str]:
    """Return the ticket of each viewer, as ``POST /live/<room>/ticket`` hands it out."""
    return [entry.issue_ticket(viewer, crowd.show.number) for viewer in crowd.viewers]
