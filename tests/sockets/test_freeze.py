"""A frozen market (冻结) changes by no way in: live room, chat and open platform refuse with one code and sentence."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Flask

from app.core.db import db
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.worlds import notices
from sim_livestream.models.people import LiveComment
from sim_mall.models.service import ServiceMessage
from sim_mall.services import service_chat
from tests.factories import mall
from tests.factories.live import Guest, make_show, make_viewer
from tests.factories.platform import grant, make_app
from tests.factories.world import make_actor, make_world
from tests.sockets.test_service_protocol import Guest as ChatGuest


def _freeze(teacher: Any, world_id: int, *, frozen: bool) -> None:
    with unit_of_work():
        notices.freeze(teacher, world_id, frozen=frozen)


def _rows(model: Any) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_live_rooms_only_show_while_frozen(app: Flask) -> None:
    with app.app_context():
        show = make_show()
        viewer = make_viewer(show)
        teacher = make_actor(Role.INSTRUCTOR, viewer.scope_id)
        world_id = viewer.world()
    guest = Guest(app, viewer)
    assert guest.join(show.number)["ok"]
    with app.app_context():
        _freeze(teacher, world_id, frozen=True)
    answer = guest.say("你好")
    assert (answer["code"], answer["error"]) == ("frozen", notices.FROZEN)
    for event, data in (("like", {"n": 3}), ("share", {}), ("click", {"item": show.item_id})):
        assert guest.send(event, data)["code"] == "frozen", event
    assert Guest(app, viewer).join(show.number)["ok"]  # to look on is no change
    with app.app_context():
        assert _rows(LiveComment) == 0
        _freeze(teacher, world_id, frozen=False)
    assert guest.say("你好")["ok"]
    assert guest.send("like", {"n": 3})["counted"] == 3


def test_chat_and_open_platform_refuse_while_frozen(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        seller, shop = mall.make_seller(world)
        listing = mall.make_listing(seller, shop, skus=[("默认", 1000, 5)])
        sku_id = listing.skus[0].id
        buyer = mall.make_trainee(world)
        with unit_of_work():
            thread = service_chat.open_thread(buyer, shop.id)
        teacher, world_id = make_actor(Role.INSTRUCTOR, world.scope_id), world.id
        erp = make_app(app, seller)
        grant(seller, erp)
    guest = ChatGuest(app, buyer)
    guest.join(thread)
    path, body = f"/shops/{shop.id}/stock", {"type": "delta", "items": [{"sku_id": sku_id, "quantity": 4}]}
    with app.app_context():
        _freeze(teacher, world_id, frozen=True)
    answer = guest.send("say", text="在吗", key="a")
    assert (answer["ok"], answer["code"], answer["error"]) == (False, "frozen", notices.FROZEN)
    refused = erp.call("POST", path, body=body, key="stock-key-1")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "frozen")
    assert refused.get_json()["error"] == notices.FROZEN
    assert erp.call("GET", f"/shops/{shop.id}").status_code == 200
    with app.app_context():
        assert _rows(ServiceMessage) == 0
        _freeze(teacher, world_id, frozen=False)
    assert guest.send("say", text="在吗", key="a")["ok"]
    done = erp.call("POST", path, body=body, key="stock-key-1").get_json()
    assert [(row["before"], row["after"]) for row in done["changes"]] == [(5, 9)]
