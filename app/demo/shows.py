"""Live shows of the demo class: one that is over, one on air, one announced."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from app.core import clock
from app.demo import texts
from app.demo.market import Market, Sale
from app.demo.timeline import Timeline
from sim_livestream import access
from sim_livestream.services import chat, explaining, goods, presence, purchase, rooms
from sim_livestream.services.hall import Batch, Seat

NOTICE = "七天无理由退换，直播价以小黄车为准。"


def announce(market: Market, host: int, title: str, planned: datetime) -> int:
    """Let the trainee announce a show; return the room's number."""
    number = rooms.create_room(market.traders[host], title, NOTICE, planned, market.key())
    fill_bag(market, host, number)
    return number


def fill_bag(market: Market, host: int, number: int) -> list[int]:
    """Put some of the shop's goods into the bag at nine tenths of the shop's price, own goods first."""
    actor = market.traders[host]
    shown = sorted(market.goods_of(host), key=lambda item: (item.id not in market.own, item.id))[:6]
    items = []
    for listing in shown:
        item = goods.add_item(actor, number, listing.id)
        goods.price_item(actor, number, item, {sku.id: sku.price * 9 // 10 for sku in listing.skus}, 3)
        items.append(item)
    if shown and (first := shown[0].skus[0]).saleable >= 6:  # some of the first are kept for the room
        goods.price_item(actor, number, items[0], {}, 3, {first.id: first.saleable // 3})
    return items


def play(market: Market, line: Timeline, host: int, title: str, begin: datetime, minutes: int, *, end: bool) -> None:
    """Play a show from ``begin`` in steps: people come, talk, like, the host pins goods, some buy.

    minutes: how long it is played; end: whether it ends then, or stays on air.
    """
    actor = market.traders[host]
    with line.at(begin - timedelta(minutes=30)):
        number = rooms.create_room(actor, title, NOTICE, None, market.key())
        items = fill_bag(market, host, number)
    with line.at(begin):
        rooms.start(actor, number)
    chance = market.chance("show", number)
    crowd = chance.sample([other for other in market.buyers if other != host], 14)
    stays: dict[int, int] = {}
    words = iter(texts.COMMENTS * 2)
    steps = 9
    for step in range(steps):
        with line.at(begin + timedelta(minutes=minutes) * (step + 1) // (steps + 1)):
            room = access.get_room(actor, number)
            batch = Batch()
            batch.worlds[room.id] = market.world_id
            arriving = crowd[step * 2 : step * 2 + 2] if step < 7 else []
            for one in arriving:
                person = market.traders[one]
                batch.opened.append(Seat(market.world_id, room.id, person.person(), person.name, counted=True))
            here = crowd[: step * 2 + 2]
            batch.likes = Counter({(room.id, market.traders[one].person()): chance.between(3, 40) for one in here})
            stays.update({key[1]: stay for key, stay in presence.write(batch).items()})
            presence.beat(list(stays.values()))
            for one in chance.sample(here, 2):
                chat.say(market.traders[one], number, next(words), market.key())
            if items and step % 2 == 0:
                explaining.pin(actor, number, items[step // 2 % len(items)])
            elif items:
                _buy(market, number, items[step // 2 % len(items)], chance.pick(here), host)
    if end:
        with line.at(begin + timedelta(minutes=minutes)):
            rooms.end(actor, number)
            room = access.get_room(actor, number)
            leaving = Batch()
            leaving.closed = {(room.id, person): stay for person, stay in stays.items()}
            presence.write(leaving)


def _buy(market: Market, number: int, item: int, buyer: int, host: int) -> None:
    actor = market.traders[buyer]
    sheet = purchase.buy_sheet(actor, number, item)
    choice = next((sku for sku in sheet.skus if sku.stock), None)
    if sheet.refusal or choice is None or sheet.left == 0:
        return
    bought = purchase.buy(
        actor,
        number,
        item,
        sku_id=choice.id,
        quantity=1,
        receiver=market.receiver(buyer),
        key=market.key(),
    )
    market.sales.append(Sale(bought.order_id, buyer, host))


def evening(moment: datetime) -> datetime:
    """Return 20:00 of the day after the moment, in Shanghai."""
    local = clock.local(moment) + timedelta(days=1)
    return local.replace(hour=20, minute=0, second=0, microsecond=0)
