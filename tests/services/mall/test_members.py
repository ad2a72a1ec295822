"""A group of trainees runs one shop: invitation, roles, what each may do, and what nobody else may."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.actor import Actor
from app.core.errors import DomainError, Forbidden, InvalidInput, NotFound, Refused
from app.core.uow import unit_of_work
from sim_mall import access, open_platform
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.services import aftersales, cart, listings, members, shipping
from tests.factories import mall
from tests.factories.tables import changed, fingerprint
from tests.factories.world import make_world

pytestmark = pytest.mark.usefixtures("app_context")


def join(owner: Actor, mate: Actor, role: str) -> int:
    with unit_of_work():
        member_id = members.invite_member(owner, mate.person(), role, mall.key())
    with unit_of_work():
        members.answer_invitation(mate, member_id, accept=True)
    return member_id


def refused(error: type[DomainError], call: object) -> None:
    before = fingerprint()
    with pytest.raises(error), unit_of_work():
        call()  # type: ignore[operator]
    assert changed(before, fingerprint()) == []


def test_members_work_by_their_role_and_nobody_else_does(app: Flask) -> None:
    world = make_world()
    owner, shop = mall.make_seller(world)
    clerk, keeper, stranger, buyer = (mall.make_trainee(world) for _ in range(4))
    join(owner, clerk, "service")
    join(owner, keeper, "warehouse")
    listing = mall.make_listing(owner, shop)
    order = mall.buy(buyer, [(listing.skus[0].id, 2)])

    assert access.seat(clerk).shop.id == shop.id  # type: ignore[union-attr]
    assert access.shop_of(keeper, ShopPower.SHIP).id == shop.id
    with pytest.raises(Forbidden, match="客服"):
        access.shop_of(clerk, ShopPower.FUNDS)
    with pytest.raises(Refused, match="注册店铺"):
        access.shop_of(stranger, ShopPower.DESK)
    assert open_platform.my_shop(keeper) is None
    assert open_platform.my_shop(keeper, ShopPower.SUPPLY).id == shop.id  # type: ignore[union-attr]
    assert open_platform.my_shop(clerk, ShopPower.LIVE) is None

    def ship(actor: Actor) -> object:
        return shipping.ship_order(actor, order.id, {}, "zto", mall.waybill(), mall.key())

    refused(Forbidden, lambda: ship(clerk))
    refused(NotFound, lambda: ship(stranger))
    refused(NotFound, lambda: access.get_sold_order(stranger, order.id))
    refused(Forbidden, lambda: listings.set_stock(clerk, shop.id, {listing.skus[0].id: 3}))
    refused(Forbidden, lambda: access.get_own_listing(keeper, listing.id))
    refused(NotFound, lambda: access.get_own_listing(stranger, listing.id))
    with unit_of_work():
        ship(keeper)
        listings.set_stock(keeper, shop.id, {listing.skus[0].id: 30})

    ticket = mall.ask_back(buyer, order.id, order.lines[0].id)
    refused(Forbidden, lambda: aftersales.agree(keeper, ticket.id, ticket.version))
    refused(NotFound, lambda: aftersales.agree(stranger, ticket.id, ticket.version))
    with unit_of_work():
        aftersales.agree(clerk, ticket.id, ticket.version)
    # whoever runs the shop buys from it only to brush its figures
    refused(Refused, lambda: cart.add_to_cart(clerk, listing.skus[0].id, 1))


def test_only_the_owner_manages_members_and_only_classmates_come_in(app: Flask) -> None:
    world, elsewhere = make_world(), make_world()
    owner, shop = mall.make_seller(world)
    mate, other, foreigner = mall.make_trainee(world), mall.make_trainee(world), mall.make_trainee(elsewhere)
    member_id = join(owner, mate, "operator")

    refused(Forbidden, lambda: members.invite_member(mate, other.person(), "service", mall.key()))
    refused(InvalidInput, lambda: members.invite_member(owner, foreigner.person(), "service", mall.key()))
    refused(InvalidInput, lambda: members.invite_member(owner, owner.person(), "service", mall.key()))
    refused(InvalidInput, lambda: members.invite_member(owner, other.person(), "owner", mall.key()))
    refused(Refused, lambda: members.invite_member(owner, mate.person(), "service", mall.key()))
    refused(NotFound, lambda: members.change_role(other, member_id, "service"))
    refused(NotFound, lambda: members.remove_member(foreigner, member_id))
    refused(Forbidden, lambda: members.remove_member(mate, member_id))
    refused(NotFound, lambda: members.answer_invitation(other, member_id, accept=True))

    with unit_of_work():
        members.change_role(owner, member_id, "warehouse")
    with pytest.raises(Forbidden):
        access.shop_of(mate, ShopPower.GOODS)
    with unit_of_work():
        members.remove_member(owner, member_id)
    assert access.seat(mate) is None
    refused(NotFound, lambda: access.get_sellers_shop(mate, shop.id))
    # invited again, the same row lives on; declining ends it
    with unit_of_work():
        assert members.invite_member(owner, mate.person(), "service", mall.key()) == member_id
    with unit_of_work():
        members.answer_invitation(mate, member_id, accept=False)
    refused(Refused, lambda: members.answer_invitation(mate, member_id, accept=True))


def test_somebody_with_an_own_shop_chooses_where_to_work(app: Flask) -> None:
    world = make_world()
    owner, shop = mall.make_seller(world)
    mate, own = mall.make_seller(world)
    member_id = join(owner, mate, "operator")
    assert access.shop_of(mate, ShopPower.GOODS).id == shop.id
    with unit_of_work():
        members.work_in(mate, own.id)
    assert access.shop_of(mate, ShopPower.MONEY).id == own.id
    assert access.get_sellers_shop(mate, shop.id, ShopPower.GOODS).id == shop.id
    refused(NotFound, lambda: members.work_in(owner, own.id))
    with unit_of_work():
        members.work_in(mate, shop.id)
        members.leave_shop(mate, member_id)
    assert access.shop_of(mate, ShopPower.DESK).id == own.id
