"""The data board of a shop: counted from visits, orders and refunds as the definitions say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.actor import Actor
from app.core.db import db
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.worlds import clock
from app.worlds.models import World
from sim_mall.domain.board import Figures, Period
from sim_mall.domain.traffic import Source
from sim_mall.models.shops import Shop
from sim_mall.models.trade import Review
from sim_mall.models.visits import Visit
from sim_mall.services import aftersales, board, ratings, reviews, visits
from tests.factories import mall
from tests.factories.tables import changed, fingerprint
from tests.factories.world import make_actor, make_world

pytestmark = pytest.mark.usefixtures("app_context")
DAY = date(2026, 11, 2)


def later(world: World, days: int) -> None:
    with unit_of_work():
        clock.jump(make_actor(Role.INSTRUCTOR, world.scope_id), world.id, timedelta(days=days))


def rate(buyer: Actor, order_id: int, stars: int) -> None:
    order = mall.order_row(order_id)
    with unit_of_work():
        said = [reviews.LineReview(line.id, stars, "不错") for line in order.lines]
        reviews.write_reviews(buyer, order_id, stars, stars, said, mall.key())


def test_figures_by_period_day_source_and_product(app: Flask) -> None:
    world = make_world()
    owner, info = mall.make_seller(world)
    first, second, looker = (mall.make_trainee(world) for _ in range(3))
    bed = mall.make_listing(owner, info, "纯棉四件套 柔软亲肤", [("默认", 100_00, 50)])
    pan = mall.make_listing(owner, info, "不粘平底锅 加厚", [("默认", 40_00, 50)])
    shop = db.session.get_one(Shop, info.id)

    before = fingerprint()
    for actor, listing, source in (
        (first, 0, Source.SEARCH),
        (first, bed.id, Source.SHOP),
        (first, bed.id, Source.SHOP),
        (second, pan.id, Source.HOME),
        (looker, bed.id, Source.HOME),
    ):
        visits.note_view(actor, shop.id, listing, source)
    assert changed(before, fingerprint()) == []  # a page is opened without a write
    assert visits.flush() == 5
    assert visits.flush() == 0
    visits.note_view(first, shop.id, bed.id, Source.SHOP)
    visits.flush()  # adds to the row that is there
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 4

    one = mall.buy(first, [(bed.skus[0].id, 2)])
    two = mall.buy(second, [(pan.skus[0].id, 1)])
    mall.place(second, [(pan.skus[0].id, 1)])
    ticket = mall.ask_back(second, two.id, two.lines[0].id)
    if str(ticket.state) != "success":
        with unit_of_work():
            aftersales.agree(owner, ticket.id, ticket.version)
    later(world, 1)
    visits.note_view(looker, shop.id, 0, Source.LIVE)
    visits.flush()
    mall.buy(looker, [(bed.skus[0].id, 1)])

    today = Figures(
        views=6,
        visitors=3,
        orders=3,
        orders_paid=2,
        buyers=2,
        gmv_placed=280_00,
        gmv_paid=240_00,
        refunded=40_00,
        refund_count=1,
    )
    assert board.figures(shop, Period(DAY, DAY)) == today
    found = board.board(shop, Period(DAY, DAY + timedelta(days=1)))
    assert [figures for _, figures in found.days] == [
        today,
        Figures(views=1, visitors=1, orders=1, orders_paid=1, buyers=1, gmv_placed=100_00, gmv_paid=100_00),
    ]
    assert (found.now.visitors, found.now.buyers, found.now.views) == (3, 3, 7)
    assert found.before == Figures()
    sources = {row.source: (row.views, row.visitors, row.buyers, row.gmv_paid) for row in found.sources}
    assert sources == {
        Source.HOME: (2, 2, 1, 40_00),
        Source.SEARCH: (1, 1, 1, 200_00),
        Source.SHOP: (3, 1, 0, 0),
        Source.LIVE: (1, 1, 1, 100_00),
    }
    assert sum(row.gmv_paid for row in found.sources) == found.now.gmv_paid
    assert [
        (row.listing_id, row.views, row.visitors, row.buyers, row.units, row.gmv_paid) for row in found.listings
    ] == [
        (bed.id, 4, 2, 2, 3, 300_00),
        (pan.id, 1, 1, 1, 1, 40_00),
    ]
    assert one.payable == 200_00


def test_scores_of_a_shop_count_three_orders_a_buyer_and_month(app: Flask) -> None:
    world = make_world()
    owner, info = mall.make_seller(world)
    fan, other = mall.make_trainee(world), mall.make_trainee(world)
    sku = mall.make_listing(owner, info, skus=[("默认", 10_00, 50)]).skus[0].id

    def bought(buyer: Actor) -> int:
        order = mall.buy(buyer, [(sku, 1)])
        mall.ship(owner, order.id)
        mall.complete(buyer, order.id)
        return order.id

    for stars in (5, 5, 4, 1, 1):  # the fourth and the fifth of the month do not count
        rate(fan, bought(fan), stars)
    assert ratings.dsr(world.id, info.id).count == 3
    rate(other, bought(other), 2)
    scores = ratings.dsr(world.id, info.id)
    assert (scores.count, scores.description_sum, scores.overall) == (4, 16, 400)
    with unit_of_work():  # a rating of long ago counts no more
        long_ago = clock.sim_now(world.id) - timedelta(days=181)
        db.session.execute(sa.update(Review).where(Review.buyer_id == other.person()).values(at=long_ago))
    assert ratings.dsr(world.id, info.id).count == 3
    assert ratings.dsr(world.id, info.id + 1) == ratings.NONE
