"""Members of a shop (店铺成员) source goods for it: roles with the power, on the owner's account; others are told."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.actor import Actor
from app.core.errors import Forbidden, NotFound
from app.core.uow import unit_of_work
from app.ledger import book
from app.worlds.models import World
from sim_mall.data import ShopInfo
from sim_mall.services import members
from sim_supply import access
from sim_supply.services import desk
from tests.factories import mall
from tests.factories import supply as made
from tests.factories.world import make_world, sign_in


def _join(owner: Actor, world: World, role: str) -> Actor:
    person = mall.make_trainee(world)
    with unit_of_work():
        member_id = members.invite_member(owner, person.person(), role, mall.key())
    with unit_of_work():
        members.answer_invitation(person, member_id, accept=True)
    return person


def _shop_with_order(world: World) -> tuple[Actor, ShopInfo]:
    made.import_rows(world, [made.row()])
    owner, shop = mall.make_seller(world)
    made.list_products(owner, world, "P1")
    made.buy_goods(mall.make_trainee(world), shop.id, ("P1-1", 1))
    return owner, shop


def test_who_handles_supply_in_a_shop(app: Flask) -> None:
    with app.app_context():
        world = make_world()
        owner, shop = _shop_with_order(world)
        keeper, agent, stranger = (
            _join(owner, world, "warehouse"),
            _join(owner, world, "service"),
            mall.make_trainee(world),
        )
        purse, own = book.wallet(owner.person()), book.wallet(keeper.person())
        before, untouched = book.balance(world.id, purse), book.balance(world.id, own)
        made.fetch(keeper)  # the warehouse fetches the shop's orders; the shop's owner pays
        (purchase,) = made.purchases(shop.id)
        assert purchase.owner_id == owner.person()
        assert book.balance(world.id, purse) < before
        assert book.balance(world.id, own) == untouched
        assert access.get_order(keeper, purchase.id).id == access.get_order(owner, purchase.id).id
        assert desk.read_todo(keeper) == desk.read_todo(owner)
        with pytest.raises(Forbidden, match="岗位是“客服”，不能管理货源"):
            made.fetch(agent)
        for outsider in (agent, stranger):
            with pytest.raises(NotFound):
                access.get_order(outsider, purchase.id)
        assert len(made.purchases(shop.id)) == 1
        number = purchase.number
        clients = {
            name: sign_in(app.test_client(), who)
            for name, who in {"keeper": keeper, "agent": agent, "stranger": stranger}.items()
        }
        path = f"/supply/orders/{purchase.id}"
    for page in ("/supply/", "/supply/orders/", path):
        assert clients["keeper"].get(page).status_code == 200
    assert number in clients["keeper"].get("/supply/orders/").text
    for name in ("agent", "stranger"):
        assert number not in clients[name].get("/supply/orders/").text
        assert clients[name].get(path).status_code == 404
