"""Trade in the demo class beyond buying and shipping: exchange, dispute, marks, invoice, favourites, answers."""

from __future__ import annotations

from app.core.db import db
from app.demo.market import Market, Sale
from sim_mall.domain.aftersale_flow import AfterSaleKind, Reason, RejectCode
from sim_mall.domain.invoice_flow import InvoiceKind
from sim_mall.domain.order_flow import Flag
from sim_mall.models.trade import Review
from sim_mall.services import aftersales, disputes, favourites, invoices, order_desk, reviews

FIRST = 1  # whose desk and whose purchases show everything


def _ask(market: Market, sale: Sale, kind: AfterSaleKind, reason: Reason, text: str) -> int:
    line = market.order(sale).lines[0]
    claim = aftersales.Claim(kind, 1, reason, text)
    ticket = aftersales.apply_after_sale(market.traders[sale.buyer], sale.order_id, line.id, claim, market.key())
    return ticket.id


def _finished(
    market: Market, reason: Reason, *, seller: int | None = None, buyer: int | None = None, but: set[int]
) -> Sale | None:
    """Return a received order of this seller or buyer that may still be asked back, and that nobody has asked back."""
    fits = [
        sale
        for sale in market.sales
        if (seller is None or sale.seller == seller) and (buyer is None or sale.buyer == buyer)
        if sale.over and sale.order_id not in but
    ]
    found = next(market.askable(fits, "completed", reason), None)
    if found is not None:
        but.add(found.order_id)
    return found


def open_cases(market: Market) -> None:
    """A dispute that waits for the instructor, an exchange that waits for the first trainee, a missing piece."""
    used: set[int] = set()
    disputed = _finished(market, Reason.QUALITY, seller=FIRST, but=used)
    if disputed:
        ticket = _ask(market, disputed, AfterSaleKind.RETURN, Reason.QUALITY, "洗了一次就开线，和描述不符。")
        aftersales.reject(market.traders[FIRST], ticket, None, "发出前逐件检查过，没有开线。", code=RejectCode.INTACT)
        words = "卖家不同意退货，洗涤方法按标签来的，请平台处理。"
        disputes.escalate(market.traders[disputed.buyer], ticket, None, "buyer", words)
    exchanged = _finished(market, Reason.SIZE, seller=FIRST, but=used)
    if exchanged:
        _ask(market, exchanged, AfterSaleKind.EXCHANGE, Reason.SIZE, "想换一件同款的，这件有点小瑕疵。")
    missing = _finished(market, Reason.WRONG_GOODS, buyer=FIRST, but=used)
    if missing:
        ticket = _ask(market, missing, AfterSaleKind.RESEND, Reason.WRONG_GOODS, "少发了一件小配件。")
        if reship_possible(market, missing):
            aftersales.agree(market.traders[missing.seller], ticket, None)


def reship_possible(market: Market, sale: Sale) -> bool:
    """Say whether the seller has a piece left to send again."""
    wanted = market.order(sale).lines[0].sku_id
    return any(sku.saleable > 0 for item in market.goods_of(sale.seller) for sku in item.skus if sku.id == wanted)


def keep_records(market: Market) -> None:
    """Marks and an invoice at the first trainee's desk, favourites and footprints, an answer and words added later."""
    seller, buyer = market.traders[FIRST], market.traders[FIRST]
    own = [sale for sale in market.sales if sale.seller == FIRST]
    marks = ((Flag.RED, "老客户，送一张书签"), (Flag.BLUE, "礼品，发货前检查包装"))
    for sale, (flag, words) in zip(own[-2:], marks, strict=False):
        order_desk.mark_order(seller, sale.order_id, flag, words)
    for sale in own:
        if market.order(sale).state == "completed":
            asking = market.traders[sale.buyer]
            invoices.ask_invoice(asking, sale.order_id, InvoiceKind.PERSON, asking.name, "", market.key())
            break
    goods = [item for number in (2, 3, 4) if number in market.shops for item in market.goods_of(number)[:2]]
    for item in goods[:5]:
        favourites.set_favourite(buyer, listing_id=item.id, kept=True)
    if 2 in market.shops:
        favourites.set_favourite(buyer, shop_id=market.shops[2], kept=True)
    favourites.remember((market.world_id, buyer.person(), item.id) for item in goods)
    said = reviews_of(market.shops[FIRST])
    if said:
        reviews.reply(seller, said[0].id, "谢谢支持！有问题随时联系客服，我们会尽快处理。")
        writer = next(actor for actor in market.traders.values() if actor.account_id == said[0].buyer_id)
        reviews.follow_up(writer, said[0].id, "用了几天，质量没有问题，会再来。")


def reviews_of(shop_id: int) -> list[Review]:
    """Return what buyers said of a shop, newest first."""
    query = reviews.reviews_of_shop(shop_id, "unanswered").where(Review.follow_at.is_(None)).limit(1)
    return list(db.session.scalars(query))
