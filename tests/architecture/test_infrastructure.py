"""The services that the suite brings up: they answer, and the network beyond this machine does not."""

from __future__ import annotations

import socket

import psycopg
import pytest
import redis


def test_postgres_answers(postgres_url: str) -> None:
    url = postgres_url.replace("postgresql+psycopg", "postgresql") + "/postgres"
    with psycopg.connect(url) as connection:
        row = connection.execute("select current_setting('server_encoding'), '𠮷'").fetchone()
    assert row == ("UTF8", "𠮷")


def test_redis_answers(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set("名", "𡃁")
        assert client.get("名") == "𡃁".encode()


def test_network_is_blocked_beyond_this_machine() -> None:
    with pytest.raises((RuntimeError, UserWarning)), socket.socket() as probe:
        probe.connect(("192.0.2.1", 80))
