"""What the tables promise: migrations and models agree, and keys point down the ladder."""

from __future__ import annotations

from flask.testing import FlaskClient


def test_probe(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}
