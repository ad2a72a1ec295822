"""The way of an order: submit, pay, ship, receive; money and stock at every step."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.factories import mall
from tests.factories.world import make_world


def test_smoke(app_context: Flask) -> None:
    world = make_world()
    seller, shop = mall.make_seller(world)
    buyer = mall.make_trainee(world)
    listing = mall.make_listing(seller, shop, freight=800)
    order = mall.buy(buyer, [(listing.skus[0].id, 3)])
    assert (order.state, order.payable) == ("paid", 3800)
    mall.ship(seller, order.id)
    mall.complete(buyer, order.id)
    assert mall.order_row(order.id).fee == 190
