"""Return freight (退货运费): the buyer pays the carrier; who bears it in the end is decided when the ticket ends well.

The seller bears it for faults of the seller's (quality, wrong or damaged goods …), the insurance (运费险) where the
shop gives it, else the buyer. The carrier and the insurer share one purse of the world: every insured payment was
paid into it with the same return. Source: commerce model 3.4.
"""

from __future__ import annotations

from app.core.db import db
from app.core.money import plain_yuan
from app.ledger import book
from app.worlds.clock import get_world
from app.worlds.settings import setting
from sim_mall.domain.aftersale_flow import AfterSaleKind, AfterSaleState, Outcome, PostagePayer, postage_payer
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.trade import Order
from sim_mall.services.notices import notify


def charge(ticket: AfterSale, order: Order) -> None:
    """Let the buyer pay the carrier for sending goods back, once per ticket. Raises Refused without the money."""
    amount = setting(get_world(ticket.world_id), "return_freight")
    if ticket.postage or not amount:
        return
    book.post(
        ticket.world_id,
        f"return-freight:{ticket.id}",
        "return_freight",
        {book.wallet(ticket.buyer_id): -amount, book.CARRIER: amount},
        reference=f"order:{order.id}",
        memo=f"订单 {order.number} 退货寄回运费",
    )
    ticket.postage = amount
    db.session.flush()


def bearer(ticket: AfterSale, order: Order) -> PostagePayer:
    """Return who bears the way back of the ticket's goods; an exchange that ends in money is the seller's failure."""
    if ticket.kind is AfterSaleKind.EXCHANGE and ticket.outcome is Outcome.REFUNDED:
        return PostagePayer.SELLER
    return postage_payer(ticket.reason, insured=order.insured)


def settle(ticket: AfterSale, order: Order) -> None:
    """Pay the buyer's postage back when a ticket has ended well and somebody else bears it.

    The shop pays from its balance, then from its deposit, as far as they reach.
    """
    if ticket.state != AfterSaleState.SUCCESS or not ticket.postage or ticket.postage_back:
        return
    payer = bearer(ticket, order)
    if payer is PostagePayer.BUYER:
        return
    owed, shop, deposit = ticket.postage, book.shop_balance(order.shop_id), book.deposit(order.shop_id)
    if payer is PostagePayer.INSURANCE:
        moves = {book.CARRIER: -owed}
    else:
        from_shop = min(owed, book.balance(ticket.world_id, shop))
        from_deposit = min(owed - from_shop, book.balance(ticket.world_id, deposit))
        moves = {shop: -from_shop, deposit: -from_deposit}
    paid = -sum(moves.values())
    if not paid:
        return
    book.post(
        ticket.world_id,
        f"return-freight-back:{ticket.id}",
        "return_freight_back",
        {**moves, book.wallet(ticket.buyer_id): paid},
        reference=f"order:{order.id}",
        memo=f"订单 {order.number} 退货运费" + ("由运费险赔付" if payer is PostagePayer.INSURANCE else "由卖家承担"),
    )
    ticket.postage_back = paid
    db.session.flush()
    text = f"退货运费 {plain_yuan(paid)} 元已退回钱包。"
    notify(ticket.world_id, ticket.buyer_id, "after_sale", "退货运费已退回", text, f"/mall/aftersales/{ticket.id}")


def pay_premium(order: Order) -> None:
    """Take the premium of an insured order from the shop when the order is settled, as far as it has money."""
    wanted = setting(get_world(order.world_id), "insurance_premium") if order.insured else 0
    shop = book.shop_balance(order.shop_id)
    amount = min(wanted, book.balance(order.world_id, shop))
    if amount:
        book.post(
            order.world_id,
            f"insurance:{order.id}",
            "insurance",
            {shop: -amount, book.CARRIER: amount},
            reference=f"order:{order.id}",
            memo=f"订单 {order.number} 运费险保费",
        )
