"""What the mall brings along."""

from __future__ import annotations

from app.core.feature import Feature
from sim_mall.domain.aftersale_flow import AFTERSALE_FLOW
from sim_mall.domain.listing_flow import LISTING_FLOW
from sim_mall.domain.order_flow import ORDER_FLOW
from sim_mall.domain.parcel_flow import PARCEL_FLOW
from sim_mall.domain.payment_flow import PAYMENT_FLOW
from sim_mall.domain.shop_flow import SHOP_FLOW
from sim_mall.services import aftersales, orders, payments, receiving, refunds, reviews, shipping

assert reviews is not None  # its tables belong to the mall

FEATURE = Feature(
    name="mall",
    flows=(SHOP_FLOW, LISTING_FLOW, ORDER_FLOW, PAYMENT_FLOW, PARCEL_FLOW, AFTERSALE_FLOW),
    due_handlers={
        orders.PAY_TIMEOUT: orders.on_pay_timeout,
        payments.SHIP_LATE: payments.on_ship_late,
        shipping.PARCEL: shipping.on_parcel,
        shipping.RECEIVE: receiving.on_receive,
        aftersales.ANSWER: aftersales.on_due,
        aftersales.SEND_BACK: aftersales.on_due,
        aftersales.RECEIVE_BACK: aftersales.on_due,
        aftersales.GIVE_UP: aftersales.on_due,
        refunds.RETRY: aftersales.on_due,
    },
)
