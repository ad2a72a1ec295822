"""Figures (数据): per shop, per person, per world; each definition stands in one place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.core.money import half_up
from sim_mall.data import MallProgress, ShopAudience, ShopMetrics
from sim_mall.domain.aftersale_flow import AFTERSALE_NAMES, AfterSaleState
from sim_mall.domain.definitions import DEFINITIONS, VERSION
from sim_mall.domain.dsr import NONE
from sim_mall.domain.listing_flow import ListingState
from sim_mall.domain.order_flow import ORDER_NAMES, OrderSource, OrderState
from sim_mall.domain.shop_flow import SHOP_NAMES, SUBJECT_NAMES, ShopState
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.goods import Listing
from sim_mall.models.shops import Shop
from sim_mall.models.trade import Order, Review
from sim_mall.models.visits import Visit
from sim_mall.services.ratings import dsr_of

_EXPLAINED = (
    *("orders", "orders_paid", "completed", "live_orders", "gmv_placed", "gmv_paid", "refunded"),
    *("views", "visitors", "dsr", "dsr_description", "dsr_service", "dsr_logistics"),
)


def _sum_if(condition: Any, value: Any = 1) -> Any:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, value), else_=0)), 0)


PAID = Order.paid_at.is_not(None)


def shop_metrics(world_id: int) -> list[ShopMetrics]:
    """Return the figures of every shop of the world, by paid turnover; four queries."""
    shops = db.session.scalars(
        sa.select(Shop).where(Shop.world_id == world_id, Shop.state != ShopState.DRAFT).order_by(Shop.id)
    ).all()
    on_sale = (
        sa.select(Listing.shop_id, sa.func.count())
        .where(Listing.world_id == world_id, Listing.state == ListingState.ON_SALE)
        .group_by(Listing.shop_id)
    )
    listings = {row[0]: row[1] for row in db.session.execute(on_sale)}
    orders = {
        row.shop_id: row
        for row in db.session.execute(
            sa.select(
                Order.shop_id,
                sa.func.count().label("orders"),
                _sum_if(PAID).label("paid"),
                sa.func.sum(Order.payable).label("placed_fen"),
                _sum_if(PAID, Order.payable).label("paid_fen"),
                sa.func.sum(Order.refunded).label("refunded"),
                _sum_if(Order.completed_at.is_not(None)).label("completed"),
                _sum_if(Order.source == OrderSource.LIVE).label("live"),
            )
            .where(Order.world_id == world_id)
            .group_by(Order.shop_id)
        )
    }
    points = Review.description + Review.service + Review.logistics
    ratings = {
        row[0]: half_up(int(row[1]) * 100, 3 * row[2])
        for row in db.session.execute(
            sa.select(Review.shop_id, sa.func.sum(points), sa.func.count())
            .where(Review.world_id == world_id, Review.by_default.is_(False))
            .group_by(Review.shop_id)
        )
    }
    found = []
    for shop in shops:
        row = orders.get(shop.id)
        found.append(
            ShopMetrics(
                shop_id=shop.id,
                shop_name=shop.name,
                owner_id=shop.owner_id,
                state=str(shop.state),
                listings_on_sale=listings.get(shop.id, 0),
                orders=row.orders if row else 0,
                orders_paid=int(row.paid) if row else 0,
                gmv_placed=int(row.placed_fen) if row else 0,
                gmv_paid=int(row.paid_fen) if row else 0,
                refunded=int(row.refunded) if row else 0,
                completed=int(row.completed) if row else 0,
                rating=ratings.get(shop.id),
                live_orders=int(row.live) if row else 0,
            )
        )
    return sorted(found, key=lambda item: (-item.gmv_paid, item.shop_id))


def audiences(world_id: int) -> dict[int, ShopAudience]:
    """Return visitors and scores of every shop of the world that has any; two queries."""
    seen = sa.select(Visit.shop_id, sa.func.sum(Visit.views), sa.func.count(sa.distinct(Visit.account_id)))
    rows = db.session.execute(seen.where(Visit.world_id == world_id).group_by(Visit.shop_id)).all()
    visits = {row[0]: (int(row[1]), int(row[2])) for row in rows}
    scores = dsr_of(world_id)
    found = {}
    for shop_id in sorted(visits.keys() | scores.keys()):
        score = scores.get(shop_id, NONE)
        views, visitors = visits.get(shop_id, (0, 0))
        found[shop_id] = ShopAudience(views, visitors, score.description, score.service, score.logistics)
    return found


def progress(world_id: int, account_ids: Sequence[int]) -> dict[int, MallProgress]:
    """Return what each person has done; five queries whatever the number of people."""
    ids = sorted(set(account_ids))
    shops = {
        shop.owner_id: shop
        for shop in db.session.scalars(sa.select(Shop).where(Shop.world_id == world_id, Shop.owner_id.in_(ids)))
    }
    metrics = {
        row.owner_id: row
        for row in db.session.execute(
            sa.select(
                Shop.owner_id,
                _sum_if(PAID).label("received"),
                _sum_if(Order.shipped_at.is_not(None)).label("shipped"),
                _sum_if(Order.completed_at.is_not(None)).label("completed"),
            )
            .join(Order, Order.shop_id == Shop.id)
            .where(Shop.world_id == world_id, Shop.owner_id.in_(ids))
            .group_by(Shop.owner_id)
        )
    }

    def counts(column: Any, *where: Any) -> dict[int, int]:
        rows = db.session.execute(sa.select(column, sa.func.count()).where(*where).group_by(column))
        return {row[0]: row[1] for row in rows}

    on_sale = counts(Listing.shop_id, Listing.world_id == world_id, Listing.state == ListingState.ON_SALE)
    refunds = counts(AfterSale.shop_id, AfterSale.world_id == world_id, AfterSale.state == AfterSaleState.SUCCESS)
    bought = counts(Order.buyer_id, Order.world_id == world_id, Order.buyer_id.in_(ids), PAID)
    written = (Review.world_id == world_id, Review.buyer_id.in_(ids), Review.by_default.is_(False))
    reviews = counts(Review.buyer_id, *written)
    found = {}
    for account_id in ids:
        shop, row = shops.get(account_id), metrics.get(account_id)
        found[account_id] = MallProgress(
            shop_id=shop.id if shop else None,
            shop_state=str(shop.state) if shop else None,
            listings_on_sale=on_sale.get(shop.id, 0) if shop else 0,
            orders_received=int(row.received) if row else 0,
            orders_shipped=int(row.shipped) if row else 0,
            orders_completed=int(row.completed) if row else 0,
            refunds_closed=refunds.get(shop.id, 0) if shop else 0,
            orders_bought=bought.get(account_id, 0),
            reviews_written=reviews.get(account_id, 0),
        )
    return found


def evidence(world_id: int, account_id: int) -> dict[str, Any]:
    """Return the facts of one person's mall work as plain JSON values. Money in fen, times ISO."""
    shop = db.session.scalars(
        sa.select(Shop).where(Shop.world_id == world_id, Shop.owner_id == account_id)
    ).one_or_none()
    done = progress(world_id, [account_id])[account_id]
    facts: dict[str, Any] = {"bought": done.orders_bought, "reviews_written": done.reviews_written, "shop": None}
    if shop is None or shop.state == ShopState.DRAFT:
        return facts
    figures = next(item for item in shop_metrics(world_id) if item.shop_id == shop.id)
    audience = audiences(world_id).get(shop.id, ShopAudience())
    facts["shop"] = {
        "name": shop.name,
        "subject": SUBJECT_NAMES[shop.subject],
        "business": shop.business,
        "state": SHOP_NAMES[shop.state],
        "opened_at": shop.opened_at.isoformat() if shop.opened_at else None,
    }
    rows = db.session.scalars(
        sa.select(Listing)
        .where(Listing.shop_id == shop.id, Listing.listed_at.is_not(None))
        .order_by(Listing.sold.desc(), Listing.id)
    ).all()
    facts["listings"] = [
        {
            "title": row.title,
            "price_from": row.price_from,
            "price_to": row.price_to,
            "sold": row.sold,
            "on_sale": row.state == ListingState.ON_SALE,
        }
        for row in rows[:50]
    ]
    facts["listings_total"] = len(rows)
    facts["orders"] = _counts_by_state(Order, shop.id, OrderState, ORDER_NAMES)
    facts["after_sales"] = _counts_by_state(AfterSale, shop.id, AfterSaleState, AFTERSALE_NAMES)
    facts["figures"] = {
        "orders": figures.orders,
        "orders_paid": figures.orders_paid,
        "completed": figures.completed,
        "live_orders": figures.live_orders,
        "gmv_placed": figures.gmv_placed,
        "gmv_paid": figures.gmv_paid,
        "refunded": figures.refunded,
        "views": audience.views,
        "visitors": audience.visitors,
    }
    facts["scores"] = {
        "dsr_description": audience.description,
        "dsr_service": audience.service,
        "dsr_logistics": audience.logistics,
    }
    facts["definitions"] = {"version": VERSION, **{key: DEFINITIONS[key].text for key in _EXPLAINED}}
    reviews = db.session.scalar(
        sa.select(sa.func.count()).select_from(Review).where(Review.shop_id == shop.id, Review.by_default.is_(False))
    )
    facts["reviews"] = {"count": reviews or 0, "mean_hundredths": figures.rating}
    return facts


def _counts_by_state(model: Any, shop_id: int, states: Any, names: Any) -> dict[str, int]:
    counted = sa.select(model.state, sa.func.count()).where(model.shop_id == shop_id).group_by(model.state)
    rows = {row[0]: row[1] for row in db.session.execute(counted)}
    return {names[state]: rows.get(state, 0) for state in states}


def world_totals(world_id: int) -> dict[str, int]:
    """Return the figures of the whole world: sums of the shops' metrics. Money in fen."""
    shops = shop_metrics(world_id)
    return {
        "shops": len(shops),
        "shops_open": sum(1 for shop in shops if shop.state == "open"),
        "listings_on_sale": sum(shop.listings_on_sale for shop in shops),
        "orders": sum(shop.orders for shop in shops),
        "orders_paid": sum(shop.orders_paid for shop in shops),
        "completed": sum(shop.completed for shop in shops),
        "live_orders": sum(shop.live_orders for shop in shops),
        "gmv_placed": sum(shop.gmv_placed for shop in shops),
        "gmv_paid": sum(shop.gmv_paid for shop in shops),
        "refunded": sum(shop.refunded for shop in shops),
    }
