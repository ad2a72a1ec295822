"""Red packets, lucky bags, polls, drops: exact, one per person, settled; prices outside their room and time."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import clock
from app.core.db import db
from app.core.errors import DomainError, Forbidden, InvalidInput, NotFound, Refused, TooMany
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.ledger import book
from app.worlds.chance import Chance
from sim_livestream.domain.packet import split
from sim_livestream.domain.room_flow import RoomState
from sim_livestream.models.people import LiveAlarm
from sim_livestream.models.play import LiveLotEntry, LivePacket, LivePacketClaim, LotCondition
from sim_livestream.services import chat, crew, games, goods, lots, moderation, packets, polls, purchase, rooms
from sim_mall.models.trade import Order
from tests.factories.live import Show, make_show, make_viewer, room_row
from tests.factories.mall import RECEIVER, key
from tests.factories.world import make_actor, make_world

WHERE = RECEIVER


@pytest.mark.parametrize(("total", "pieces"), [(1, 1), (7, 7), (8, 7), (2000, 10), (19_99, 3), (20_000_00, 500)])
def test_a_split_is_exact_and_nobody_gets_nothing(total: int, pieces: int) -> None:
    for tick in range(40):
        shares = split(total, pieces, Chance("seed", "packet", tick).between)
        assert (len(shares), sum(shares), min(shares) >= 1) == (pieces, total, True)
    assert split(total, pieces, Chance("s", "p").between) == split(total, pieces, Chance("s", "p").between)
    with pytest.raises(ValueError, match="1 分"):
        split(pieces - 1, pieces, Chance("s", "p").between)


def _packet(show: Show, total: int, pieces: int) -> int:
    return packets.give(show.host, show.number, total=total, pieces=pieces, words="", minutes=3, key=key())


def _wallet(show: Show, account_id: int) -> int:
    return book.balance(show.world_id, book.wallet(account_id))


def test_a_red_packet_goes_out_exactly_and_leftovers_come_back(app: Flask) -> None:
    with app.app_context():
        show = make_show()
        before = _wallet(show, show.host.person())
        packet_id = _packet(show, 10_00, 4)
        assert _wallet(show, show.host.person()) == before - 10_00
        viewers = [make_viewer(show) for _ in range(3)]
        won = [packets.grab(viewer, show.number, packet_id, key()) for viewer in viewers]
        for viewer in viewers:
            with pytest.raises(Refused, match="已经领过"):
                packets.grab(viewer, show.number, packet_id, key())
        with pytest.raises(Refused, match="不能领取"):
            packets.grab(show.host, show.number, packet_id, key())
        with clock.frozen(clock.now() + timedelta(minutes=4)):
            with pytest.raises(Refused, match="时间到了"):
                packets.grab(make_viewer(show), show.number, packet_id, key())
            assert games.settle_due() == 1
            assert games.settle_due() == 0
        packet = db.session.get_one(LivePacket, packet_id, populate_existing=True)
        assert packet.returned == 10_00 - sum(won) == json.loads(packet.shares)[3]
        assert _wallet(show, show.host.person()) == before - sum(won)
        assert book.balance(show.world_id, book.ESCROW) == 0
        with pytest.raises(NotFound):
            packets.grab(make_actor(Role.TRAINEE, make_world().scope_id), show.number, packet_id, key())


def test_twenty_people_grab_at_once_and_each_piece_goes_once(app: Flask) -> None:
    with app.app_context():
        show = make_show()
        packet_id = _packet(show, 20_00, 12)
        people = [make_viewer(show) for _ in range(20)]
    won: list[int] = []
    refused: list[str] = []
    begin = threading.Barrier(len(people) * 2)

    def grab(number: int) -> None:
        with app.app_context():
            begin.wait(20)
            try:
                won.append(packets.grab(people[number % len(people)], show.number, packet_id, key()))
            except DomainError as error:
                refused.append(error.code)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=grab, args=(number,)) for number in range(len(people) * 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), sum(won)) == (12, 20_00), refused
    with app.app_context():
        takers = db.session.scalars(sa.select(LivePacketClaim.account_id)).all()
        assert len(takers) == len(set(takers)) == 12
        assert games.settle_due() == 1
        assert book.balance(show.world_id, book.ESCROW) == 0


def test_a_lucky_bag_is_drawn_from_the_seed_and_pays_its_winners(app: Flask) -> None:
    with app.app_context():
        show = make_show()
        fields: dict[str, Any] = {"prize": "保温杯", "value": 5_00, "winners": 2, "minutes": 1, "key": key()}
        lot_id = lots.open_lot(show.host, show.number, condition=LotCondition.PHRASE, phrase="想要", **fields)
        people = [make_viewer(show) for _ in range(4)]
        with pytest.raises(Refused, match="口令"):
            lots.take_part(people[0], show.number, lot_id, key())
        for person in people:
            with unit_of_work():
                chat.say(person, show.number, "我想要这个", key())
            lots.take_part(person, show.number, lot_id, key())
            lots.take_part(person, show.number, lot_id, key())
        before = {person.person(): _wallet(show, person.person()) for person in people}
        with clock.frozen(clock.now() + timedelta(minutes=2)):
            assert games.settle_due() == 1
        won = set(db.session.scalars(sa.select(LiveLotEntry.account_id).where(LiveLotEntry.won)))
        order = sorted(before)
        Chance(show.world.seed, f"live-lot:{lot_id}").shuffle(order)
        assert won == set(order[:2])
        assert {person for person in before if _wallet(show, person) == before[person] + 5_00} == won
        with pytest.raises(InvalidInput, match="5 万"):
            lots.open_lot(
                show.host, show.number, condition=LotCondition.NONE, phrase="", **{**fields, "value": 50_000_01}
            )


def test_a_poll_counts_one_answer_per_person(app: Flask) -> None:
    with app.app_context():
        show = make_show()
        poll_id = polls.open_poll(show.host, show.number, "先讲哪款", ["红", "蓝"], 1, key())
        viewer = make_viewer(show)
        assert polls.vote(viewer, show.number, poll_id, 1, key()) is True
        with pytest.raises(Refused, match="已经投过"):
            polls.vote(viewer, show.number, poll_id, 0, key())
        with pytest.raises(InvalidInput):
            polls.vote(make_viewer(show), show.number, poll_id, 2, key())
        with unit_of_work():
            rooms.end(show.host, show.number)
        assert room_row(show.number).state is RoomState.ENDED


def test_live_prices_hold_in_their_room_and_fifteen_minutes_after_for_quoted_carts(app: Flask) -> None:
    with app.app_context():
        show = make_show()
        viewer, late, other = make_viewer(show), make_viewer(show), make_viewer(show)
        quote = purchase.buy_sheet(viewer, show.number, show.item_id).quote
        theirs = purchase.buy_sheet(late, show.number, show.item_id).quote

        def buy(who: object, token: str, wanted: str = "") -> object:
            return purchase.buy(
                who,  # type: ignore[arg-type]
                show.number,
                show.item_id,
                sku_id=show.sku_id,
                quantity=1,
                receiver=WHERE,
                key=wanted or key(),
                quote=token,
            )

        with unit_of_work():
            rooms.end(show.host, show.number)
        now = clock.now()
        for token in ("", "forged", theirs):
            with pytest.raises(Refused, match="已失效"):
                buy(viewer, token)
        assert purchase.buy_sheet(other, show.number, show.item_id).quote == ""
        with clock.frozen(now + timedelta(minutes=14)):
            buy(viewer, quote)
        with clock.frozen(now + timedelta(minutes=16)), pytest.raises(Refused, match="已失效"):
            buy(late, theirs)
        order = db.session.scalars(sa.select(Order)).one()
        assert (order.goods_payable, str(order.source), order.room_id) == (39_00, "live", room_row(show.number).id)


def test_units_offered_in_the_room_run_out_and_a_drop_opens_by_itself(app: Flask) -> None:
    with app.app_context():
        show = make_show()
        with unit_of_work():
            goods.price_item(show.host, show.number, show.item_id, {}, 0, {show.sku_id: 1})
            goods.drop_item(show.host, show.number, show.item_id, 1)
        viewer = make_viewer(show)

        def buy() -> None:
            purchase.buy(viewer, show.number, show.item_id, sku_id=show.sku_id, quantity=1, receiver=WHERE, key=key())

        with pytest.raises(Refused, match="还没有开抢"):
            buy()
        with clock.frozen(clock.now() + timedelta(minutes=1)):
            assert games.settle_due() == 1
            buy()
            with pytest.raises(Refused, match="抢完"):
                buy()
        with unit_of_work(), pytest.raises(InvalidInput, match="分钟后"):
            goods.drop_item(show.host, show.number, show.item_id, 7)


def test_banned_people_stay_out_and_an_instructor_stops_a_show_at_once(app: Flask) -> None:
    with app.app_context():
        show = make_show()
        viewer, teacher = make_viewer(show), make_actor(Role.INSTRUCTOR, show.scope_id)
        with unit_of_work():
            chat.say(viewer, show.number, "好看", key())
            moderation.ban(show.host, show.number, viewer.person())
        with pytest.raises(Forbidden, match="移出"):
            chat.say(viewer, show.number, "我又来了", key())
        with unit_of_work():
            moderation.unban(teacher, show.number, viewer.person())
            moderation.set_rules(show.host, show.number, slow=10, quiet=False, words="山寨")
        with unit_of_work(), pytest.raises(TooMany, match="慢速"):
            chat.say(viewer, show.number, "太快了", key())
        with clock.frozen(clock.now() + timedelta(seconds=10)), unit_of_work():
            held = chat.say(viewer, show.number, "这是山 寨货吗", key())
        assert held.held is True
        assert [alarm.word for alarm in db.session.scalars(sa.select(LiveAlarm))] == ["山寨"]
        with unit_of_work():
            moderation.approve_comment(show.host, show.number, held.id)
            moderation.set_rules(show.host, show.number, slow=0, quiet=True, words="")
        with unit_of_work(), pytest.raises(Refused, match="关闭了发言"):
            chat.say(make_viewer(show), show.number, "在吗", key())
        with unit_of_work(), pytest.raises(Forbidden):
            moderation.stop(show.host, show.number, "越权")
    with app.app_context():
        packet_id = _packet(show, 100, 2)
        with unit_of_work():
            moderation.stop(teacher, show.number, "宣传疗效")
        assert room_row(show.number).state is RoomState.BANNED
        assert db.session.get_one(LivePacket, packet_id, populate_existing=True).returned == 100
        with pytest.raises(Refused, match="停播"):
            purchase.buy(
                make_viewer(show), show.number, show.item_id, sku_id=show.sku_id, quantity=1, receiver=WHERE, key=key()
            )


def test_announced_rooms_expire_and_rooms_open_to_other_classes(app: Flask) -> None:
    with app.app_context():
        show = make_show(on_air=False)
        with unit_of_work():
            number = rooms.create_room(show.host, "明天见", "", clock.now() + timedelta(minutes=20), key())
        with clock.frozen(clock.now() + timedelta(minutes=49)):
            assert rooms.expire_overdue() == 0
        with clock.frozen(clock.now() + timedelta(minutes=51)):
            assert rooms.expire_overdue() == 1
        assert room_row(number).state is RoomState.EXPIRED
        with unit_of_work(), pytest.raises(InvalidInput, match="店铺成员"):
            crew.add_member(show.host, show.number, make_viewer(show).person(), crew.CrewRole.ASSISTANT)
