"""A race for the last unit in the demo (付款减库存): two buyers order it, the quicker payment gets it."""

from __future__ import annotations

from app.demo.market import Market
from sim_mall.data import ListingDraft, SkuDraft
from sim_mall.domain.freight import FreightRow, FreightTemplate, FreightUnit
from sim_mall.services import freight, listings, orders, payments

BUYERS = (3, 4)


def lose_a_race(market: Market) -> None:
    """Let the first shop sell a single large basket, sent by volume, to whoever pays first."""
    actor, shop_id = market.traders[1], market.shops[1]
    rules = FreightTemplate(FreightUnit.CM3, FreightRow(10_000, 900, 5_000, 200))
    template = freight.create_template(actor, "大件按体积", rules, market.key())
    draft = ListingDraft(
        title="手工藤编收纳筐 大号孤品 先付先得",
        brief="只有一件，先付款的同学得",
        category_l1="居家",
        category_l2="布艺",
        unit="个",
        skus=(SkuDraft("TK-01", "", 5900, 1, weight_g=900, volume_cm3=18_000),),
        freight_template_id=template,
        stock_at_payment=True,
        key=market.key(),
    )
    listing = listings.create_listing(actor, shop_id, draft)
    market.own.add(listing.id)
    wanted = [orders.Wanted(listing.skus[0].id, 1)]
    placed = [
        (
            market.traders[number],
            orders.submit_orders(market.traders[number], wanted, market.receiver(number), key=market.key()),
        )
        for number in BUYERS
    ]
    for buyer, order_ids in placed:
        payments.pay_orders(buyer, order_ids, market.key())
