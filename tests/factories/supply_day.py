"""A day of chance in the supply system, for the suite's small version and the benchmark's full one.

Shops sell, a tenth of the orders is cancelled, 8 % come back to the own warehouse or to the supplier. What happens to
an order hangs on its number alone, so that a process that was killed can go on where it stopped.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import DomainError
from app.core.uow import unit_of_work
from app.worlds.models import World
from sim_mall.domain.aftersale_flow import AfterSaleKind, Reason
from sim_mall.models.aftersale import AfterSale
from sim_mall.models.trade import Order
from sim_mall.services import aftersales
from sim_supply.domain.return_flow import ReturnState, Settlement
from sim_supply.models.stock import SupplierReturn
from sim_supply.services import returns
from tests.factories import mall, supply

STOCK = 100_000  # of each supply SKU at the beginning


def dice_of(number: int) -> random.Random:
    """Return the chance of one order, the same after a restart."""
    return random.Random(f"day-{number}")  # noqa: S311 - a test's own chance, not the world's


def _silent(_words: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Day:
    """Who takes part. sellers: (owner, shop id). every: orders between two fetches.

    pause: minutes that pass then, from and to. hours: steps of simulated time until all has arrived.
    """

    world: World
    sellers: Sequence[tuple[Actor, int]]
    buyer: Actor
    codes: Sequence[str]
    every: int
    pause: tuple[int, int]
    hours: Sequence[int]
    say: Callable[[str], None] = _silent

    def run(self, orders: int) -> None:
        """Play what is left of the day with so many orders, telling how far it is."""
        while (number := db.session.scalar(sa.select(sa.func.count()).select_from(Order)) or 0) < orders:
            self._sell(number)
            self.say(f"order {number + 1}")
        self._fetch()
        for place, step in enumerate(self.hours, 1):
            supply.jump(self.world, hours=step)
            self.say(f"hour {place}")
        owners = {shop_id: seller for seller, shop_id in self.sellers}
        rows = db.session.execute(sa.select(Order.id, Order.shop_id).order_by(Order.id)).all()
        for place, (order_id, shop_id) in enumerate(rows):
            if dice_of(-order_id).random() < 0.08 or place == 0:  # one at least
                self._send_back(order_id, owners[shop_id])
        self.say("returned")
        supply.jump(self.world, hours=3)
        agreed = sa.select(SupplierReturn).where(SupplierReturn.state == ReturnState.AGREED)
        for row in db.session.scalars(agreed).all():
            with unit_of_work():
                returns.send(owners[row.shop_id], row.id, "zto", f"7600{row.id:010d}")
        for _ in range(8):
            supply.jump(self.world, days=1)
        self.say("done")

    def _fetch(self) -> None:
        for seller, _ in self.sellers:
            supply.fetch(seller)

    def _sell(self, number: int) -> None:
        dice = dice_of(number)
        seller, shop_id = self.sellers[dice.randrange(len(self.sellers))]
        wanted = [(code, dice.randint(1, 3)) for code in dice.sample(list(self.codes), dice.randint(1, 2))]
        order = supply.buy_goods(self.buyer, shop_id, *wanted)
        if dice.random() < 0.1:
            ticket = mall.ask_back(self.buyer, order.id, order.lines[0].id)
            with unit_of_work():
                aftersales.agree(seller, ticket.id, None)
        if number % self.every == self.every - 1:
            self._fetch()
            supply.jump(self.world, minutes=dice.randint(*self.pause))

    def _send_back(self, order_id: int, seller: Actor) -> None:
        """Let one unit of an order come back, to the supplier or to the own warehouse."""
        dice = dice_of(-order_id)
        dice.random()
        line_id = db.session.get_one(Order, order_id).lines[-1].id
        if db.session.scalars(sa.select(AfterSale.id).where(AfterSale.line_id == line_id)).first() is not None:
            return
        try:
            ticket = mall.ask_back(self.buyer, order_id, line_id, 1, AfterSaleKind.RETURN, Reason.DISLIKE)
        except DomainError:  # cancelled before, or lost on the way
            return
        with unit_of_work():
            aftersales.agree(seller, ticket.id, None)
        if dice.random() < 0.6:
            with unit_of_work():
                returns.ask(seller, ticket.id, dice.choice(list(Settlement)), f"back-{ticket.id}")
        with unit_of_work():
            aftersales.fill_waybill(self.buyer, ticket.id, "zto", f"7700{ticket.id:010d}")
            good = dice.randint(0, 1)
            aftersales.receive_back(seller, ticket.id, None, good, 1 - good)
