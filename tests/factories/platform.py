"""Apps of the open platform for tests, and signed calls through the test client."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app.core import clock
from app.core.actor import Actor
from app.core.uow import unit_of_work
from sim_mall.domain import platform_signing as signing
from sim_mall.domain.platform_codes import PlatformScope
from sim_mall.domain.platform_signing import Signed
from sim_mall.services import platform_apps

_count = itertools.count(1)


@dataclass
class Caller:
    """A program that calls the platform with one app's key and secret."""

    app: Flask
    key: str
    secret: str
    id: int = 0

    def headers(
        self, method: str, path: str, query: dict[str, str], body: bytes = b"", **changes: str
    ) -> dict[str, str]:
        """Return the signed headers of a request; changes replace them after signing."""
        stamp, nonce = str(int(clock.now().timestamp())), f"nonce-{next(_count):08d}"
        signed = Signed(method, signing.canonical_path(path, query.items()), stamp, nonce, body)
        found = {
            signing.KEY_HEADER: self.key,
            signing.TIME_HEADER: stamp,
            signing.NONCE_HEADER: nonce,
            signing.SIGN_HEADER: signing.sign(self.secret, signed),
        }
        return {**found, **changes}

    def call(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        body: Any = None,
        key: str = "",
        **changes: str,
    ) -> TestResponse:
        """Send a signed request below /open/v1."""
        raw = json.dumps(body, ensure_ascii=False).encode() if body is not None else b""
        path, query = f"/open/v1{path}", query or {}
        headers = self.headers(method, path, query, raw, **{k.replace("_", "-"): v for k, v in changes.items()})
        if key:
            headers[signing.IDEMPOTENCY_HEADER] = key
        client = self.app.test_client(use_cookies=False)
        return client.open(
            path, method=method, query_string=query, data=raw, headers=headers, content_type="application/json"
        )


def make_app(app: Flask, owner: Actor, name: str = "小 ERP") -> Caller:
    """Create an app of the owner."""
    with unit_of_work():
        app_id = platform_apps.create_app(owner, name, f"platform-test-{next(_count)}")
    row = platform_apps.get_app(owner, app_id)
    return Caller(app, row.key, platform_apps.secret_of(row), app_id)


def grant(seller: Actor, caller: Caller, *scopes: str) -> int:
    """Let the app work on the seller's shop; all scopes unless some are named."""
    with unit_of_work():
        return platform_apps.grant(seller, caller.key, scopes or tuple(PlatformScope)).id
