"""Funds of a shop (资金): withdraw, top up and release the deposit, fines; all of it ledger, all of it once."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import InvalidInput, Refused
from app.core.idempotency import once
from app.core.money import plain_yuan
from app.ledger import book
from app.worlds.clock import get_world
from app.worlds.settings import setting
from sim_mall import access
from sim_mall.domain.aftersale_flow import AfterSaleState
from sim_mall.domain.category_book import deposit_of
from sim_mall.domain.order_flow import OrderState
from sim_mall.domain.shop_flow import ShopState
from sim_mall.domain.shop_roles import ShopPower
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.shops import Shop
from sim_mall.models.trade import Order
from sim_mall.services.notices import note, notify_shop
from sim_mall.services.shops import system_of

SOURCES = {"wallet": "钱包", "balance": "店铺余额"}


@dataclass(frozen=True, slots=True)
class Funds:
    """What a shop has and owes, in fen.

    wallet: the owner's. escrow: paid by buyers and not settled. owed: refunds that wait for money of the shop.
    required: the deposit that the shop should have.
    """

    balance: int
    wallet: int
    escrow: int
    deposit: int
    owed: int
    required: int

    @property
    def withdrawable(self) -> int:
        return max(self.balance - self.owed, 0)

    @property
    def missing(self) -> int:
        """What the deposit lacks."""
        return max(self.required - self.deposit, 0)

    @property
    def surplus(self) -> int:
        """What of the deposit is above what is required."""
        return max(self.deposit - self.required, 0)

    @property
    def too_low(self) -> bool:
        """Whether less than half of the deposit is left: no new listings then."""
        return self.deposit * 2 < self.required


def required_deposit(shop: Shop) -> int:
    """Return the deposit in fen that a shop should have, by its main category; nothing once it has closed."""
    base = setting(get_world(shop.world_id), "shop_deposit")
    return 0 if shop.state == ShopState.CLOSED else deposit_of(base, shop.business)


def funds_of(shop: Shop) -> Funds:
    """Return balance, escrow, deposit and what is owed; three queries."""
    waiting = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(Order.payable - Order.refunded), 0)).where(
            Order.shop_id == shop.id,
            Order.state.in_((OrderState.PAID, OrderState.PART_SHIPPED, OrderState.SHIPPED)),
        )
    )
    owed = db.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(AfterSale.amount), 0)).where(
            AfterSale.shop_id == shop.id,
            AfterSale.state == AfterSaleState.REFUNDING,
            AfterSale.short_of_funds.is_(True),
        )
    )
    balance, deposit, wallet = book.balances(
        shop.world_id, book.shop_balance(shop.id), book.deposit(shop.id), book.wallet(shop.owner_id)
    )
    return Funds(
        balance=balance,
        wallet=wallet,
        escrow=int(waiting or 0),
        deposit=deposit,
        owed=int(owed or 0),
        required=required_deposit(shop),
    )


def refuse_low_deposit(shop: Shop) -> None:
    """Raise Refused (code deposit_low) when less than half of the deposit is left: no new listings then."""
    required = required_deposit(shop)
    have = book.balance(shop.world_id, book.deposit(shop.id))
    if have * 2 < required:
        raise Refused(
            f"保证金只剩 {plain_yuan(have)} 元，不足应缴 {plain_yuan(required)} 元的一半，"
            "请先到“资金”补缴，再发布新商品。",
            code="deposit_low",
        )


def _amount(amount: int | None) -> int:
    if amount is None or amount < 1:
        raise InvalidInput("请填写金额，至少 0.01 元。", field="amount")
    return amount


def withdraw(actor: Actor, amount: int | None, key: str) -> int:
    """Pay from the shop's balance to the owner's wallet (提现, simulated: arrives at once); return the fen.

    Raises InvalidInput above what can be withdrawn: refunds that wait for money come first.
    """
    shop = access.shop_of(actor, ShopPower.MONEY)
    wanted = _amount(amount)
    return int(once(actor, key, "shop.withdraw", [shop.id, wanted], lambda: _withdraw(actor, shop, wanted, key)))


def _withdraw(actor: Actor, shop: Shop, amount: int, key: str) -> int:
    have = funds_of(shop)
    if amount > have.withdrawable:
        more = f"（有 {plain_yuan(have.owed)} 元退款等待资金）" if have.owed else ""
        text = f"最多可提现 {plain_yuan(have.withdrawable)} 元{more}，请改小金额。"
        raise InvalidInput(text, field="amount")
    book.post(
        shop.world_id,
        f"withdraw:{shop.id}:{key}",
        "withdrawal",
        {book.shop_balance(shop.id): -amount, book.wallet(shop.owner_id): amount},
        reference=f"shop:{shop.id}",
        memo="提现到店主钱包（模拟，实时到账）",
    )
    note(actor, shop.world_id, "shop.withdrawn", f"shop:{shop.id}", {"amount": amount})
    return amount


def top_up_deposit(actor: Actor, amount: int | None, source: str, key: str) -> int:
    """Pay more deposit from the owner's wallet or the shop's balance; return the fen. At most ten times what is due."""
    shop = access.shop_of(actor, ShopPower.MONEY)
    wanted = _amount(amount)
    if source not in SOURCES:
        raise InvalidInput("请选择从哪里缴纳：钱包或店铺余额。", field="source")
    body = [shop.id, wanted, source]
    return int(once(actor, key, "shop.deposit_top_up", body, lambda: _top_up(actor, shop, wanted, source, key)))


def _top_up(actor: Actor, shop: Shop, amount: int, source: str, key: str) -> int:
    most = max(required_deposit(shop) * 10, 1_000_000) - book.balance(shop.world_id, book.deposit(shop.id))
    if amount > most:
        raise InvalidInput(f"保证金最多还能缴 {plain_yuan(max(most, 0))} 元。", field="amount")
    purse = book.wallet(shop.owner_id) if source == "wallet" else book.shop_balance(shop.id)
    book.post(
        shop.world_id,
        f"deposit-more:{shop.id}:{key}",
        "deposit_top_up",
        {purse: -amount, book.deposit(shop.id): amount},
        reference=f"shop:{shop.id}",
        memo=f"从{SOURCES[source]}补缴保证金",
    )
    note(actor, shop.world_id, "shop.deposit_topped_up", f"shop:{shop.id}", {"amount": amount, "source": source})
    return amount


def release_deposit(actor: Actor, amount: int | None, key: str) -> int:
    """Move what the deposit has above what is required to the shop's balance; return the fen."""
    shop = access.shop_of(actor, ShopPower.MONEY)
    wanted = _amount(amount)
    return int(once(actor, key, "shop.deposit_release", [shop.id, wanted], lambda: _release(actor, shop, wanted, key)))


def _release(actor: Actor, shop: Shop, amount: int, key: str) -> int:
    have = funds_of(shop)
    if amount > have.surplus:
        text = f"应缴保证金 {plain_yuan(have.required)} 元，最多可转出 {plain_yuan(have.surplus)} 元。"
        raise InvalidInput(text, field="amount")
    book.post(
        shop.world_id,
        f"deposit-less:{shop.id}:{key}",
        "deposit_release",
        {book.deposit(shop.id): -amount, book.shop_balance(shop.id): amount},
        reference=f"shop:{shop.id}",
        memo="多余的保证金转入店铺余额",
    )
    note(actor, shop.world_id, "shop.deposit_released", f"shop:{shop.id}", {"amount": amount})
    return amount


def fine(world_id: int, shop_id: int, key: str, amount: int, memo: str, to: book.Purse = book.FEE) -> int:
    """Take a simulated fine or compensation from the deposit, then from the balance, inside the open unit of work.

    key: once per world. to: who gets it (the platform, or a buyer's wallet). Takes what is there and returns it.
    """
    deposit, balance = book.deposit(shop_id), book.shop_balance(shop_id)
    from_deposit = min(amount, book.balance(world_id, deposit))
    from_balance = min(amount - from_deposit, book.balance(world_id, balance))
    taken = from_deposit + from_balance
    if taken:
        moves = {deposit: -from_deposit, balance: -from_balance, to: taken}
        book.post(world_id, f"fine:{key}", "fine", moves, reference=f"shop:{shop_id}", memo=memo)
    actor = system_of(world_id)
    note(actor, world_id, "shop.fined", f"shop:{shop_id}", {"asked": amount, "taken": taken, "memo": memo})
    text = f"{memo}：扣除 {plain_yuan(taken)} 元（模拟处罚，不影响真实账号）。"
    notify_shop(world_id, shop_id, ShopPower.FUNDS, "shop", "保证金扣款", text, "/seller/funds?account=deposit")
    return taken
