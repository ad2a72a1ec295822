"""What the supply system and the open platform add to the stage of the permission table."""

from __future__ import annotations

import sqlalchemy as sa
from flask import current_app

from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from app.worlds.models import World
from sim_mall.data import ShopInfo
from sim_mall.models.platform import PushMessage
from sim_mall.services import platform_apps
from sim_supply.domain.stock_flow import MoveKind, StockKind
from sim_supply.models.orders import FetchedOrder
from sim_supply.models.stock import OwnStock, SupplierReturn
from sim_supply.services import own_stock, stocking
from sim_supply.services.own_stock import Why
from tests.factories import mall, platform, supply


def furnish_platform(owner: Actor, mate: Actor, shop: ShopInfo, sku_id: int) -> dict[str, object]:
    """Make an app with a grant and a message in the owner's class; return the ids of its routes."""
    caller = platform.make_app(current_app._get_current_object(), owner)  # type: ignore[attr-defined]
    grant_id = platform.grant(owner, caller)
    with unit_of_work():
        platform_apps.set_push(owner, caller.id, "inbox", broken=True)
    mall.buy(mate, [(sku_id, 1)])
    message = db.session.scalars(sa.select(sa.func.max(PushMessage.id)).where(PushMessage.app_id == caller.id)).one()
    return {
        "platform_app_id": caller.id,
        "platform_grant_id": grant_id,
        "message_id": message,
        "step": "secret",
    }


def furnish_supply(owner: Actor, world: World, shop: ShopInfo) -> dict[str, object]:
    """Make a stocking order, own stock, a return and the ids of what stands behind the supply routes."""
    sku = supply.sku(world)
    [purchase, *_] = supply.purchases(shop.id)
    with unit_of_work():
        order_id = stocking.order_goods(owner, {sku.id: 1}, StockKind.STOCK, mall.key())[0]
        own_stock.take_in(world.id, shop.id, sku.id, 1, 100, Why(MoveKind.RECEIPT))
        row = supply.make_return(owner, purchase, sku.id)
        trouble = supply.make_trouble(owner, purchase)
    stock_id = db.session.scalars(sa.select(OwnStock.id).where(OwnStock.shop_id == shop.id)).first()
    fetched = db.session.scalars(sa.select(sa.func.max(FetchedOrder.id)).where(FetchedOrder.shop_id == shop.id)).one()
    returned = db.session.scalars(sa.select(sa.func.max(SupplierReturn.id)).where(SupplierReturn.shop_id == shop.id))
    assert row
    return {
        "supplier_id": sku.product.supplier_id,
        "category_id": sku.product.category_id,
        "stock_order_id": order_id,
        "stock_id": stock_id,
        "fetched_id": fetched,
        "return_id": returned.one(),
        "mall_sku_id": supply.mall_sku(shop.id),
        "trouble_id": trouble.id,
        "kind": "csv",
        "step": "save",
    }
