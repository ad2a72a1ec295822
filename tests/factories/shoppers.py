"""Many buyers with money and an address, written in bulk, who shop over HTTP at a real server."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from app.accounts.models import Account, Grant, SignedInDevice
from app.core import clock
from app.core.db import db
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.ledger.book import fund_wallet
from app.worlds.models import World
from sim_mall.models.trade import Address
from tests.factories.mall import DISTRICT

_ORDER = re.compile(r'name="order" value="(\d+)"')
PURSE = 1_000_000  # fen


@dataclass(frozen=True, slots=True)
class Shopper:
    """A buyer on a signed-in device. cookie: what the browser sends; token: of every form (CSRF)."""

    account_id: int
    address_id: int
    cookie: str
    token: str


def make_shoppers(app: Flask, world: World, count: int, tag: str = "shopper") -> list[Shopper]:
    """Make ``count`` trainees of the world, each with a wallet, an address and a signed-in device."""
    now = clock.now()
    with unit_of_work():
        accounts = _insert(
            Account,
            [{"login": f"{tag}{n}-{world.id}", "name": f"买家{n}", "created_at": now} for n in range(count)],
        )
        role = {"role": Role.TRAINEE, "scope_id": world.scope_id, "created_at": now}
        grants = _insert(Grant, [{"account_id": account, **role} for account in accounts])
        secrets = [f"{tag}-device-{account}" for account in accounts]
        _insert(
            SignedInDevice,
            [
                {
                    "account_id": account,
                    "digest": hashlib.sha256(secret.encode()).hexdigest(),
                    "grant_id": grant,
                    "created_at": now,
                    "seen_at": now,
                }
                for account, grant, secret in zip(accounts, grants, secrets, strict=True)
            ],
        )
        home = {"world_id": world.id, "name": "收货人甲", "phone": "13900000001", "division_code": DISTRICT}
        addresses = _insert(
            Address,
            [
                {**home, "account_id": account, "region": "北京市 东城区", "detail": f"示例路 {account} 号"}
                for account in accounts
            ],
        )
        for account in accounts:
            fund_wallet(world.id, account, PURSE)
    return [
        Shopper(account, address, *_papers(app, secret))
        for account, address, secret in zip(accounts, addresses, secrets, strict=True)
    ]


def _insert(model: type, rows: Sequence[dict[str, object]]) -> list[int]:
    ids: list[int] = []
    for start in range(0, len(rows), 500):
        wanted = sa.insert(model).returning(model.id, sort_by_parameter_order=True)  # type: ignore[attr-defined]
        ids += db.session.scalars(wanted, rows[start : start + 500])
    return ids


def _papers(app: Flask, secret: str) -> tuple[str, str]:
    """Return the cookie of a session and the token of its forms, as the server would sign them."""
    raw = hashlib.sha1(secret.encode(), usedforsecurity=False).hexdigest()
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    session = signer.dumps({"_user_id": secret, "_fresh": True, "csrf_token": raw})
    token = URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token").dumps(raw)
    return f"{app.config['SESSION_COOKIE_NAME']}={session}", str(token)


class Till:
    """One connection to the server; any number of shoppers may use it one after the other."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, shopper: Shopper, path: str, form: dict[str, object] | None = None) -> tuple[int, str, str]:
        """Return (status, Location, text) of a GET, or of a POST when there is a form.

        Raises OSError or HTTPException when the server goes away.
        """
        headers = {"Cookie": shopper.cookie}
        body = None
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode({"csrf_token": shopper.token, **form}, doseq=True)
        self._connection.request("GET" if form is None else "POST", path, body, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.getheader("Location", "") or "", answer.read().decode("utf-8", "replace")

    def submit(self, shopper: Shopper, goods: Sequence[tuple[int, int]], key: str, paid: int) -> tuple[int, str]:
        """Submit one piece of each of (sku, price in fen); paid: what is to be paid. Return (status, batch or '')."""
        shown = {
            "prices": {str(sku): price for sku, price in goods},
            "lines": [price for _, price in goods] if paid == sum(price for _, price in goods) else [paid],
            "coupons": [],
            "flash": [] if paid == sum(price for _, price in goods) else sorted(sku for sku, _ in goods),
            "points": 0,
            "freight": 0,
            "payable": paid,
        }
        form: dict[str, object] = {
            "key": key,
            "shown": json.dumps(shown),
            "line": [f"{sku}x1" for sku, _ in goods],
            "address": shopper.address_id,
        }
        status, location, _ = self.ask(shopper, "/mall/checkout", form)
        return status, location.rsplit("/", 1)[1] if status == 302 else ""

    def pay(self, shopper: Shopper, batch: str, key: str) -> bool:
        """Open the pay desk and pay what it still asks for; say whether nothing is left to be paid."""
        _, _, desk = self.ask(shopper, f"/mall/pay/{batch}")
        due = _ORDER.findall(desk)
        return not due or self.ask(shopper, f"/mall/pay/{batch}", {"key": key, "order": due})[0] == 302

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def in_parallel(port: int, width: int, calls: Sequence[Callable[[Till], int]]) -> list[tuple[int, float]]:
    """Let ``width`` clients make the calls, each on its own connection; return (status, seconds) of each."""
    waiting, answers = list(reversed(calls)), list[tuple[int, float]]()

    def client() -> None:
        till = Till(port)
        while True:
            try:
                call = waiting.pop()
            except IndexError:
                break
            began = time.perf_counter()
            answers.append((call(till), time.perf_counter() - began))
        till.close()

    threads = [threading.Thread(target=client) for _ in range(width)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert len(answers) == len(calls)
    return answers
