"""The sandbox console (沙箱控制台): sign a call step by step, send it, and see why a signature fails."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from flask import current_app

from app.core import clock
from app.core.actor import Actor
from app.core.errors import InvalidInput
from sim_mall.domain import platform_signing as signing
from sim_mall.domain.platform_signing import Signed
from sim_mall.services import platform_gate
from sim_mall.services.platform_apps import get_app, secret_of

PREFIX = "/open/v1/"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call with what its signature covers. text: the five lines."""

    signed: Signed
    text: str
    signature: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a call: each step of the check, then the answer."""

    checks: list[platform_gate.Check]
    text: str
    status: int
    headers: list[tuple[str, str]]
    body: str


def _split(address: str) -> tuple[str, list[tuple[str, str]]]:
    parts = urlsplit(address.strip())
    if parts.scheme or parts.netloc or not parts.path.startswith(PREFIX):
        raise InvalidInput(f"路径应以 {PREFIX} 开头，例如 /open/v1/shops。", field="path")
    return parts.path, parse_qsl(parts.query, keep_blank_values=True)


def prepare(actor: Actor, app_id: int, method: str, address: str, body: str, timestamp: str, nonce: str) -> Prepared:
    """Sign a call with the app's own secret; empty time and nonce are made up."""
    app = get_app(actor, app_id)
    path, query = _split(address)
    signed = Signed(
        method,
        signing.canonical_path(path, query),
        timestamp or str(int(clock.now().timestamp())),
        nonce or secrets.token_hex(8),
        body.encode(),
    )
    return Prepared(signed, signing.canonical_text(signed), signing.sign(secret_of(app), signed))


def send(
    actor: Actor,
    app_id: int,
    method: str,
    address: str,
    body: str,
    headers: Mapping[str, str],
) -> Sent:
    """Send a call as a program would, with exactly these headers, and look over the gate's shoulder."""
    app = get_app(actor, app_id)
    path, query = _split(address)
    named = {**headers, signing.KEY_HEADER: app.key}
    signed = Signed(
        method,
        signing.canonical_path(path, query),
        headers.get(signing.TIME_HEADER, "").strip(),
        headers.get(signing.NONCE_HEADER, "").strip(),
        body.encode(),
    )
    checks, _ = platform_gate.explain(named, signed)
    client = current_app.test_client(use_cookies=False)
    sent = {name: value for name, value in named.items() if value.isascii() and value.isprintable()}
    answer = client.open(
        path, method=method, query_string=query, data=body.encode(), headers=sent, content_type="application/json"
    )
    shown = answer.get_data(as_text=True)
    if answer.is_json:
        shown = json.dumps(answer.get_json(), ensure_ascii=False, indent=2)
    kept = [
        (n, v) for n, v in answer.headers.items() if n.startswith(("X-RateLimit", "Retry", "Content-Type", "X-Req"))
    ]
    return Sent(checks, signing.canonical_text(signed), answer.status_code, kept, shown[:20_000])
