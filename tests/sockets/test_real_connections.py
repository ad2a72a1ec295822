"""Real connections to real servers: gunicorn with gevent, websocket, one process and two over Redis."""

from __future__ import annotations

import http.client
import json
import queue
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import socketio
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from socketio.exceptions import ConnectionError as Refusal

from app.accounts import sessions
from app.accounts.models import Account
from app.config import load_settings
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from app.factory import create_app
from sim_livestream.services import entry
from sim_livestream.services.journal import NAMESPACE
from tests.factories.live import Show, make_show, make_viewer
from tests.factories.mall import key
from tests.infrastructure.processes import Running, free_port, start
from tests.infrastructure.server import BIN, ROOT, Server, clean_environment
from tests.infrastructure.services import Services

PATIENCE = 10.0
KINDS = ("snapshot", "tick", "pin", "item", "notice", "ended")


class Viewer:
    """A viewer with the official Python client."""

    def __init__(self, port: int, ticket: str) -> None:
        self.told: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self.client = socketio.Client(reconnection=False, handle_sigint=False)
        for kind in KINDS:
            self.client.on(kind, lambda body, kind=kind: self.told.put((kind, body)), namespace=NAMESPACE)
        self.client.connect(
            f"http://127.0.0.1:{port}", transports=["websocket"], namespaces=[NAMESPACE], auth={"ticket": ticket}
        )

    def send(self, event: str, data: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.call(event, data, namespace=NAMESPACE, timeout=PATIENCE)
        return answer

    def wait(self, wanted: Callable[[str, dict[str, Any]], bool]) -> list[tuple[str, dict[str, Any]]]:
        """Return what was told up to and with the event that is wanted."""
        seen, deadline = [], time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                seen.append(self.told.get(timeout=0.2))
            except queue.Empty:
                continue
            if wanted(*seen[-1]):
                return seen
        raise AssertionError(f"not told in time; heard {seen}")


@contextmanager
def inside(server: Server) -> Iterator[Flask]:
    """The application on the server's own data, in this process."""
    app = create_app(load_settings({**server.environment, "TICKER": "off", "REDIS_URL": ""}))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def signed_in(actor: Actor) -> Actor:
    """Return the actor on a signed-in device."""
    with unit_of_work():
        token = sessions.open_device(db.session.get_one(Account, actor.person()), "test", "127.0.0.1")
    found = sessions.actor_of_token(token)
    assert found is not None
    return found


def cookie(app: Flask, actor: Actor) -> str:
    """Return the cookie of a browser that is signed in as the actor."""
    with unit_of_work():
        token = sessions.open_device(db.session.get_one(Account, actor.person()), "test", "127.0.0.1")
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer is not None
    return f"session={serializer.dumps({'_user_id': token, '_fresh': True})}"


def request(port: int, method: str, path: str, cookie_: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        headers = {"Cookie": cookie_, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, path, urlencode(fields or {}), headers)
        answer = connection.getresponse()
        sent = answer.headers.get_all("Set-Cookie") or []
        fresh = next((line.split(";")[0] for line in sent if line.startswith("session=")), cookie_)
        return answer.status, fresh + "\n" + answer.read().decode()
    finally:
        connection.close()


def pin_by_page(port: int, browser: str, show: Show) -> int:
    """Explain the item through the host's page, as a browser does."""
    _status, answer = request(port, "GET", f"/live/studio/{show.number}", browser)
    browser, text = answer.split("\n", 1)
    token = re.search(r'name="csrf-token" content="([^"]+)"', text)
    assert token is not None
    path = f"/live/studio/{show.number}/items/{show.item_id}/pin"
    status, _answer = request(port, "POST", path, browser, {"csrf_token": token.group(1)})
    return status


def prepare(server: Server, count: int) -> tuple[Show, list[str], str]:
    """Make a show on the server's data; return it, tickets of viewers, and the host's cookie."""
    with inside(server) as app:
        show = make_show()
        tickets = [entry.issue_ticket(signed_in(make_viewer(show, f"观众{n}")), show.number) for n in range(count)]
        return show, tickets, cookie(app, show.host)


def contiguous(told: list[tuple[str, dict[str, Any]]]) -> bool:
    seqs = [body["seq"] for _kind, body in told]
    return seqs == list(range(seqs[0], seqs[0] + len(seqs)))


def says(text: str) -> Callable[[str, dict[str, Any]], bool]:
    return lambda kind, body: kind == "tick" and any(c["text"] == text for c in body["comments"])


def test_a_show_over_real_connections(server: Server) -> None:
    show, tickets, browser = prepare(server, 2)
    one, two = (Viewer(server.port, ticket) for ticket in tickets)
    assert one.send("join", {"room": show.number})["ok"] is True
    assert two.send("join", {"room": show.number})["ok"] is True
    assert one.send("comment", {"text": "真的能看到吗", "key": key()})["ok"] is True
    assert one.send("like", {"n": 3}) == {"ok": True, "counted": 3}
    heard = two.wait(says("真的能看到吗"))
    assert heard[0][0] == "snapshot"
    assert pin_by_page(server.port, browser, show) == 302
    heard += two.wait(lambda kind, body: kind == "pin" and body["item"]["id"] == show.item_id)
    assert contiguous(heard)
    last = heard[-1][1]["seq"]
    two.client.disconnect()
    assert one.send("comment", {"text": "他掉线了", "key": key()})["ok"] is True
    one.wait(says("他掉线了"))
    back = Viewer(server.port, tickets[1])
    answer = back.send("join", {"room": show.number, "last_seq": last})
    assert answer["replayed"] > 0
    missed = back.wait(says("他掉线了"))
    assert missed[0][1]["seq"] == last + 1
    assert contiguous(missed)
    for viewer in (one, back):
        viewer.client.disconnect()


def test_strangers_and_other_sites_are_refused(server: Server) -> None:
    show, tickets, _browser = prepare(server, 1)
    with pytest.raises(Refusal):
        Viewer(server.port, "not-a-ticket")
    client = socketio.Client(reconnection=False, handle_sigint=False)
    with pytest.raises(Refusal):
        client.connect(
            f"http://127.0.0.1:{server.port}",
            transports=["websocket"],
            namespaces=[NAMESPACE],
            auth={"ticket": tickets[0]},
            headers={"Origin": "http://elsewhere.example"},
        )
    viewer = Viewer(server.port, tickets[0])
    assert viewer.send("join", {"room": show.number + 1})["code"] == "not_found"
    viewer.client.disconnect()


@pytest.mark.sqlite_only
def test_the_official_client_speaks_with_the_room(server: Server) -> None:
    show, tickets, _browser = prepare(server, 1)
    plan = json.dumps({"port": server.port, "room": show.number, "ticket": tickets[0]})
    command = [str(BIN / "node"), str(Path(__file__).with_name("official_client.mjs")), plan]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    answers, heard, last = told["answers"], told["heard"], told["last"]
    assert answers["stranger"]
    assert (answers["tooEarly"]["ok"], answers["tooEarly"]["code"]) == (False, "not_joined")
    assert answers["join"]["ok"] is True
    assert answers["comment"] == answers["again"]  # the key stands for one message
    assert answers["like"] == {"ok": True, "counted": 5}
    assert (answers["share"]["ok"], answers["leave"]["ok"]) == (True, True)
    assert answers["unknown"]["ok"] is False
    assert (answers["rejoin"]["ok"], answers["after"]["ok"]) == (True, True)
    assert heard[0]["kind"] == "snapshot"
    seqs = [body["seq"] for body in heard if body["kind"] != "snapshot"]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))  # each event once, none missed over the break
    assert seqs[0] <= last < seqs[-1]
    texts = [comment["text"] for body in heard if body["kind"] == "tick" for comment in body["comments"]]
    assert texts == ["你好，主播", "我回来了"]


def _answers(port: int) -> bool:
    try:
        return request(port, "GET", "/healthz", "")[0] == 200
    except OSError:
        return False


def _second_process(server: Server, tmp_path: Path) -> tuple[Running, int]:
    port = free_port()
    environment = clean_environment(**{**server.environment, "PORT": str(port), "TICKER": "on"})
    command = [str(BIN / "gunicorn"), "-c", "deploy/gunicorn.conf.py", "app.wsgi:app"]
    running = start(command, tmp_path / "second.log", environment=environment, cwd=ROOT)
    running.wait_until(lambda: _answers(port), "the second web process")
    return running, port


def both_here(kind: str, body: dict[str, Any]) -> bool:
    """Say whether this is the tick that counts two viewers."""
    return kind == "tick" and body["viewers"] == 2


@pytest.mark.postgres_only
def test_two_processes_meet_over_redis(
    backend: str,
    services: Services,
    redis_url: str,
    tmp_path: Path,
    process_stopper: Callable[[Running], Running],
) -> None:
    server = services.prepared(backend, REDIS_URL=redis_url).start()
    running, port = _second_process(server, tmp_path)
    process_stopper(running)
    show, tickets, browser = prepare(server, 2)
    here, there = Viewer(server.port, tickets[0]), Viewer(port, tickets[1])
    assert here.send("join", {"room": show.number})["ok"] is True
    assert there.send("join", {"room": show.number})["ok"] is True
    assert here.send("comment", {"text": "隔壁听得到吗", "key": key()})["ok"] is True
    heard = there.wait(says("隔壁听得到吗"))
    assert there.send("comment", {"text": "听得到", "key": key()})["ok"] is True
    back = here.wait(says("听得到"))
    assert pin_by_page(port, browser, show) == 302
    pinned = here.wait(lambda kind, _body: kind == "pin")
    heard += there.wait(lambda kind, _body: kind == "pin")
    assert contiguous(back + pinned)
    assert contiguous(heard)
    told = [body for kind, body in back + pinned if kind == "tick"]
    if all(body["viewers"] < 2 for body in told):  # stays are written in batches: the count may come a tick later
        told += [body for kind, body in here.wait(both_here) if kind == "tick"]
    assert max(body["viewers"] for body in told) == 2
    texts = [comment["text"] for body in told for comment in body["comments"]]
    assert texts == ["隔壁听得到吗", "听得到"]
    for viewer in (here, there):
        viewer.client.disconnect()
    server.stop()
