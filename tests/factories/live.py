"""Live rooms for tests, made through the services; and connections to them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_socketio import SocketIOTestClient

from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Role
from app.core.sockets import socketio
from app.core.uow import unit_of_work
from app.worlds.models import World
from sim_livestream.data import Bought
from sim_livestream.models.rooms import LiveRoom
from sim_livestream.services import goods, purchase, rooms
from sim_livestream.services.journal import NAMESPACE
from sim_livestream.services.pulse import pulse
from sim_mall.data import ListingInfo, ShopInfo
from tests.factories.mall import RECEIVER, key, make_listing, make_seller
from tests.factories.world import make_actor, make_world, sign_in

_count = itertools.count(1)
RECEIVER_FIELDS = {
    "name": "收货人甲",
    "phone": "13900000001",
    "province": "110000",
    "city": "110100",
    "district": "110101",
    "detail": "示例路 1 号",
}


@dataclass(frozen=True, slots=True)
class Show:
    """A room with one item in its bag."""

    world: World
    world_id: int
    scope_id: int
    host: Actor
    shop: ShopInfo
    number: int
    item_id: int
    listing: ListingInfo

    @property
    def sku_id(self) -> int:
        return self.listing.skus[0].id


def make_show(
    *,
    on_air: bool = True,
    skus: Sequence[tuple[str, int, int]] = (("默认", 50_00, 10),),
    live: int = 39_00,
    limit: int = 0,
    world: World | None = None,
    freight: int = 0,
) -> Show:
    """Make a room of a fresh shop with one item at ``live`` fen (every SKU), on air unless said otherwise."""
    world = world or make_world()
    host, shop = make_seller(world)
    listing = make_listing(host, shop, f"直播好物第{next(_count)}号", skus, freight=freight)
    with unit_of_work():
        number = rooms.create_room(host, "秋季上新专场", "满意再走", None, key())
        item_id = goods.add_item(host, number, listing.id)
        goods.price_item(host, number, item_id, {sku.id: live for sku in listing.skus}, limit)
        if on_air:
            rooms.start(host, number)
    return Show(world, world.id, world.scope_id, host, shop, number, item_id, listing)


def make_viewer(show: Show, name: str = "", capital: int = 10_000_000) -> Actor:
    """Make a trainee of the show's class."""
    return make_actor(Role.TRAINEE, show.scope_id, name, capital)


def room_row(number: int) -> LiveRoom:
    """Return the room as it stands in the database now."""
    db.session.expire_all()
    return db.session.scalars(sa.select(LiveRoom).where(LiveRoom.id == number - 100_000)).one()


class Guest:
    """One browser of one person, connected to the live rooms."""

    def __init__(self, app: Flask, actor: Actor, *, auth: dict[str, Any] | None = None) -> None:
        self.app = app
        self.browser: FlaskClient = app.test_client()
        if auth is None:
            with app.app_context():
                sign_in(self.browser, actor)
        self.socket = SocketIOTestClient(
            app, socketio, namespace=NAMESPACE, auth=auth, flask_test_client=None if auth else self.browser
        )

    @property
    def connected(self) -> bool:
        return bool(self.socket.is_connected(NAMESPACE))

    def send(self, event: str, data: Any = None) -> dict[str, Any]:
        """Send an event and return its acknowledgement."""
        answer: dict[str, Any] = self.socket.emit(event, data, namespace=NAMESPACE, callback=True)
        return answer

    def join(self, number: int, last_seq: int = 0) -> dict[str, Any]:
        return self.send("join", {"room": number, "last_seq": last_seq})

    def say(self, text: str) -> dict[str, Any]:
        return self.send("comment", {"text": text, "key": key()})

    def heard(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return what was told since the last call: bodies with the name of their event."""
        told = [{"event": event["name"], **event["args"][0]} for event in self.socket.get_received(NAMESPACE)]
        return [event for event in told if kind is None or event["event"] == kind]

    def go(self) -> None:
        """End the connection."""
        self.socket.disconnect(NAMESPACE)


def beat(app: Flask) -> int:
    """Let the rooms of the application speak now, as if half a second had passed."""
    with app.app_context(), unit_of_work():
        db.session.execute(sa.update(LiveRoom).values(ticked_wall_at=None))
    with app.app_context():
        loop = pulse()
    return loop.turn()


def buy_in_room(actor: Actor, show: Show, quantity: int = 1, **changes: object) -> Bought:
    """Let a viewer buy the item in the room; changes: other arguments of ``purchase.buy``."""
    values = {"sku_id": show.sku_id, "quantity": quantity, "receiver": RECEIVER, "key": key(), **changes}
    with unit_of_work():
        return purchase.buy(actor, show.number, show.item_id, **values)  # type: ignore[arg-type]
