"""The protocol of the chat, as both sides' clients see it (on both databases)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_socketio import SocketIOTestClient

from app.accounts.models import SignedInDevice
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Role
from app.core.sockets import socketio
from app.core.uow import unit_of_work
from sim_mall.data import ShopInfo
from sim_mall.models.rules import Violation
from sim_mall.models.service import ServiceMessage
from sim_mall.services import service_chat
from sim_mall.services.service_journal import NAMESPACE
from tests.factories import mall
from tests.factories.world import make_actor, make_world, sign_in


@dataclass
class Stage:
    seller: Actor
    shop: ShopInfo
    buyer: Actor
    thread: int


@pytest.fixture
def stage(app: Flask) -> Stage:
    with app.app_context():
        world = make_world()
        seller, shop = mall.make_seller(world)
        buyer = mall.make_trainee(world)
        with unit_of_work():
            thread = service_chat.open_thread(buyer, shop.id)
        return Stage(seller, shop, buyer, thread)


class Guest:
    """One connection to the chat."""

    def __init__(self, app: Flask, actor: Actor, side: str = "buyer") -> None:
        client = app.test_client()
        with app.app_context():
            sign_in(client, actor)
        self.side = side
        self.io: SocketIOTestClient = socketio.test_client(app, namespace=NAMESPACE, flask_test_client=client)

    @property
    def connected(self) -> bool:
        return bool(self.io.is_connected(NAMESPACE))

    def send(self, event: str, **data: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.io.emit(event, data, namespace=NAMESPACE, callback=True)
        return answer

    def join(self, thread: int, last_seq: int = 0) -> dict[str, Any]:
        return self.send("join", thread=thread, last_seq=last_seq, side=self.side)

    def heard(self, name: str = "message") -> list[dict[str, Any]]:
        rows = [row["args"] for row in self.io.get_received(NAMESPACE) if row["name"] == name]
        return [row if isinstance(row, dict) else row[0] for row in rows]


def test_both_sides_talk_and_missed_messages_come_once(app: Flask, stage: Stage) -> None:
    buyer, seat = Guest(app, stage.buyer), Guest(app, stage.seller, "shop")
    assert buyer.join(stage.thread) == {"ok": True, "seq": 0, "missed": []}
    assert seat.join(stage.thread)["ok"] is True
    assert seat.send("desk")["shop"] == stage.shop.id
    first = buyer.send("say", text="在吗", key="a")
    assert first["message"]["text"] == "在吗"
    assert [row["text"] for row in seat.heard() if row["sender"] == "buyer"] == ["在吗"]
    again = buyer.send("say", text="在吗", key="a")
    assert again["message"]["seq"] == first["message"]["seq"]
    assert buyer.send("say", text="别的", key="a")["code"] == "key_reused"
    assert seat.send("say", text="在的，亲", key="b")["ok"] is True
    told = buyer.heard()
    assert [row["sender"] for row in told] == ["robot", "buyer", "seller"]
    assert [row["seq"] for row in told] == [1, 2, 3]
    back = Guest(app, stage.buyer)
    missed = back.join(stage.thread, last_seq=1)
    assert [row["seq"] for row in missed["missed"]] == [2, 3]
    assert back.join(stage.thread, last_seq=3)["missed"] == []
    assert back.heard() == []
    assert seat.send("typing")["ok"] is True
    assert [row["thread"] for row in back.heard("typing")] == [stage.thread]


def test_a_message_with_contact_details_is_stopped_and_intercepted(app: Flask, stage: Stage) -> None:
    buyer, seat = Guest(app, stage.buyer), Guest(app, stage.seller, "shop")
    buyer.join(stage.thread)
    seat.join(stage.thread)
    assert buyer.send("say", text="加我微信 abc12345", key="x")["code"] == "rule_risk"
    buyer.send("say", text="怎么联系", key="y")
    assert seat.send("say", text="加我微信 abc12345", key="a")["code"] == "rule_risk"
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Violation.id))) == 0
    buyer.heard()
    sent = seat.send("say", text="加我微信 abc12345", key="a", accept=True)
    assert (sent["ok"], sent["message"]["for_shop"], sent["message"]["sender"]) == (True, True, "system")
    assert buyer.heard() == []
    with app.app_context():
        [row] = db.session.scalars(sa.select(Violation)).all()
        assert (row.rule, row.points, row.evidence["text"]) == ("R10", 300, "加我微信 abc12345")
    seat.send("say", text="手机 13912345678", key="c", accept=True)
    with app.app_context():
        assert [row.points for row in db.session.scalars(sa.select(Violation).order_by(Violation.id))] == [300, 600]
    assert [row["seq"] for row in Guest(app, stage.buyer).join(stage.thread)["missed"]] == [1, 2]


@pytest.mark.parametrize("data", [{}, {"thread": "1"}, {"thread": -1}, {"thread": True}, {"thread": 2**40}])
def test_bad_data_is_a_sentence(app: Flask, stage: Stage, data: dict[str, Any]) -> None:
    guest = Guest(app, stage.buyer)
    assert guest.send("join", **data)["code"] in {"invalid_input", "not_found"}
    assert guest.send("say", text="x", key="k")["code"] == "not_joined"


def test_strangers_and_the_signed_out_get_nothing(app: Flask, stage: Stage) -> None:
    with app.app_context():
        stranger = make_actor(Role.TRAINEE, stage.buyer.scope_id)
        outsider = make_actor(Role.TRAINEE, make_world().scope_id)
        assessor = make_actor(Role.ASSESSOR, None)
    for actor in (stranger, outsider):
        for side in ("buyer", "shop"):
            assert Guest(app, actor, side).join(stage.thread)["code"] == "not_found"
    assert Guest(app, stage.seller).join(stage.thread)["code"] == "not_found"
    assert Guest(app, stage.buyer, "shop").join(stage.thread)["code"] == "not_found"
    assert Guest(app, assessor).connected is False
    guest = Guest(app, stage.buyer)
    guest.join(stage.thread)
    with app.app_context(), unit_of_work():
        db.session.execute(
            sa.update(SignedInDevice)
            .where(SignedInDevice.account_id == stage.buyer.account_id)
            .values(ended_at=clock.now())
        )
    assert guest.send("say", text="还在吗", key="k")["code"] == "signed_out"
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(ServiceMessage.id))) == 0
