"""Rooms, bag, stage, moderation: rules of the services."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Refused
from app.core.permissions import Role
from app.core.uow import unit_of_work
from sim_livestream import access, api
from sim_livestream.domain.room_flow import RoomState
from sim_livestream.models.people import LiveViewer
from sim_livestream.models.rooms import LiveEvent, LiveRoom
from sim_livestream.models.selling import LiveClip, LiveItem, LivePrice
from sim_livestream.services import chat, explaining, goods, moderation, rooms, stage
from tests.factories.live import Show, make_show, make_viewer, room_row
from tests.factories.mall import key, make_listing, make_seller, make_trainee
from tests.factories.world import make_actor, make_world


@pytest.fixture
def show(app_context: Flask) -> Show:
    return make_show()


def test_without_an_open_shop_there_is_no_room(app_context: Flask) -> None:
    trainee = make_trainee(make_world())
    with pytest.raises(Refused, match="店铺营业后"), unit_of_work():
        rooms.create_room(trainee, "标题", "", None, key())
    assert db.session.scalar(sa.select(sa.func.count(LiveRoom.id))) == 0


def test_a_plan_needs_ten_minutes_and_ends_in_half_a_year(app_context: Flask) -> None:
    host, _shop = make_seller(make_world())
    for ahead in (timedelta(minutes=9), timedelta(days=181), -timedelta(hours=1)):
        with pytest.raises(InvalidInput) as refusal, unit_of_work():
            rooms.create_room(host, "标题", "", clock.now() + ahead, key())
        assert refusal.value.field == "planned"
    assert db.session.scalar(sa.select(sa.func.count(LiveRoom.id))) == 0
    planned = clock.now() + timedelta(minutes=11)
    with unit_of_work():
        number = rooms.create_room(host, "标题", "", planned, key())
    assert (room_row(number).state, room_row(number).planned_wall_at) == (RoomState.SCHEDULED, planned)


def test_the_same_key_makes_one_room(app_context: Flask) -> None:
    host, _shop = make_seller(make_world())
    with unit_of_work():
        first = rooms.create_room(host, "标题", "", None, "same")
    with unit_of_work():
        assert rooms.create_room(host, "标题", "", None, "same") == first
    with pytest.raises(Conflict), unit_of_work():
        rooms.create_room(host, "别的", "", None, "same")
    assert db.session.scalar(sa.select(sa.func.count(LiveRoom.id))) == 1


def test_a_shop_is_on_air_once(show: Show) -> None:
    with unit_of_work():
        second = rooms.create_room(show.host, "第二场", "", None, key())
    with pytest.raises(Refused, match="正在直播"), unit_of_work():
        rooms.start(show.host, second)
    assert room_row(second).state is RoomState.DRAFT
    with unit_of_work():
        rooms.end(show.host, show.number)
        rooms.start(show.host, second)
    assert room_row(second).state is RoomState.LIVE


def test_drafts_are_known_to_their_keepers_alone(app_context: Flask) -> None:
    show = make_show(on_air=False)
    with pytest.raises(NotFound):
        access.get_room(make_viewer(show), show.number)
    assert access.get_room(show.host, show.number).number == show.number
    assert access.get_room(make_actor(Role.INSTRUCTOR, show.scope_id), show.number).number == show.number


def test_others_neither_run_nor_keep_the_room(show: Show) -> None:
    viewer, stranger = make_viewer(show), make_actor(Role.INSTRUCTOR, make_world().scope_id)
    before = room_row(show.number).last_seq
    for actor in (viewer, stranger):
        for verb in (rooms.pause, rooms.end):
            with pytest.raises(NotFound), unit_of_work():
                verb(actor, show.number)
        with pytest.raises((NotFound, Forbidden)), unit_of_work():
            explaining.pin(actor, show.number, show.item_id)
        with pytest.raises((NotFound, Forbidden)), unit_of_work():
            goods.price_item(actor, show.number, show.item_id, {show.sku_id: 1}, 0)
    assert room_row(show.number).state is RoomState.LIVE
    assert room_row(show.number).last_seq == before
    assert db.session.scalar(sa.select(LivePrice.price)) == 39_00


def test_an_instructor_of_the_class_may_pause_and_end(show: Show) -> None:
    teacher = make_actor(Role.INSTRUCTOR, show.scope_id)
    with unit_of_work():
        rooms.pause(teacher, show.number)
        rooms.resume(teacher, show.number)
        rooms.end(teacher, show.number)
    assert room_row(show.number).state is RoomState.ENDED


def test_one_item_is_explained_at_a_time(show: Show) -> None:
    listing = make_listing(show.host, show.shop, "第二件好物")
    with unit_of_work():
        second = goods.add_item(show.host, show.number, listing.id)
        explaining.pin(show.host, show.number, show.item_id)
        explaining.pin(show.host, show.number, show.item_id)
        explaining.pin(show.host, show.number, second)
    clips = db.session.scalars(sa.select(LiveClip).order_by(LiveClip.id)).all()
    assert [(clip.item_id, clip.ended_wall_at is None) for clip in clips] == [(show.item_id, False), (second, True)]
    with unit_of_work():
        rooms.end(show.host, show.number)
    assert access.open_clip(show.number - 100_000) is None


def test_nothing_is_explained_before_the_show(app_context: Flask) -> None:
    show = make_show(on_air=False)
    with pytest.raises(Refused, match="开播后"), unit_of_work():
        explaining.pin(show.host, show.number, show.item_id)
    assert db.session.scalar(sa.select(sa.func.count(LiveClip.id))) == 0


def test_only_own_goods_on_sale_go_into_the_bag_once(show: Show) -> None:
    other_host, other_shop = make_seller(show.world)
    foreign = make_listing(other_host, other_shop, "别人家的好物")
    with pytest.raises(InvalidInput, match="自己店铺"), unit_of_work():
        goods.add_item(show.host, show.number, foreign.id)
    with pytest.raises(InvalidInput), unit_of_work():
        goods.add_item(show.host, show.number, 999_999)
    with unit_of_work():
        assert goods.add_item(show.host, show.number, show.listing.id) == show.item_id
    assert db.session.scalar(sa.select(sa.func.count(LiveItem.id))) == 1


@pytest.mark.parametrize("price", [0, -1, 50_01])
def test_a_live_price_is_positive_and_not_above_the_shop(show: Show, price: int) -> None:
    with pytest.raises(InvalidInput), unit_of_work():
        goods.price_item(show.host, show.number, show.item_id, {show.sku_id: price}, 0)
    assert db.session.scalar(sa.select(LivePrice.price)) == 39_00


def test_a_sold_or_explained_item_stays_in_the_bag(show: Show) -> None:
    with unit_of_work():
        explaining.pin(show.host, show.number, show.item_id)
    with pytest.raises(Refused, match="不能移除"), unit_of_work():
        goods.remove_item(show.host, show.number, show.item_id)
    assert db.session.scalar(sa.select(sa.func.count(LiveItem.id))) == 1


def test_moving_and_removing_items(show: Show) -> None:
    listing = make_listing(show.host, show.shop, "第二件好物")
    with unit_of_work():
        second = goods.add_item(show.host, show.number, listing.id)
        goods.move_item(show.host, show.number, second, -1)
    assert [item.id for item in access.bag(show.number - 100_000)] == [second, show.item_id]
    with unit_of_work():
        goods.remove_item(show.host, show.number, second)
    assert [item.id for item in access.bag(show.number - 100_000)] == [show.item_id]


def test_slides_are_shown_to_the_room(show: Show) -> None:
    with unit_of_work():
        slide = stage.add_slide(show.host, show.number, title="福利时间", text="最后十单", prompt="倒数", seconds=30)
        stage.show_slide(show.host, show.number, slide)
    assert room_row(show.number).slide_id == slide
    with pytest.raises(Refused, match="正在展示"), unit_of_work():
        stage.remove_slide(show.host, show.number, slide)
    told = db.session.scalars(sa.select(LiveEvent.payload).order_by(LiveEvent.id.desc())).first()
    assert told is not None
    assert "福利时间" in told
    assert "倒数" not in told
    other = make_show(world=show.world)
    with pytest.raises(NotFound), unit_of_work():
        stage.show_slide(other.host, other.number, slide)


def test_only_viewers_are_muted(show: Show) -> None:
    with unit_of_work():
        comment_id = chat.say(show.host, show.number, "我是主播", key()).id
    teacher = make_actor(Role.INSTRUCTOR, show.scope_id)
    with pytest.raises(Refused), unit_of_work():
        moderation.mute(teacher, show.number, comment_id, 10)
    with pytest.raises(NotFound), unit_of_work():
        moderation.mute(make_viewer(show), show.number, comment_id, 10)
    viewer = make_viewer(show)
    with unit_of_work():
        theirs = chat.say(viewer, show.number, "吵", key()).id
    with pytest.raises(InvalidInput), unit_of_work():
        moderation.mute(teacher, show.number, theirs, 7)
    assert set(db.session.scalars(sa.select(LiveViewer.muted_until_wall_at))) == {None}
    with unit_of_work():
        moderation.mute(teacher, show.number, theirs, 0)
    assert [row[0] for row in moderation.muted_people(show.host, show.number)] == [viewer.account_id]
    with unit_of_work():
        moderation.unmute(show.host, show.number, viewer.person())
    assert moderation.muted_people(show.host, show.number) == []


def test_progress_and_evidence(show: Show) -> None:
    with unit_of_work():
        chat.say(make_viewer(show), show.number, "好看", key())
    with clock.frozen(clock.now() + timedelta(minutes=30)), unit_of_work():
        rooms.end(show.host, show.number)
    idle = make_viewer(show)
    progress = api.progress(show.world_id, [show.host.person(), idle.person()])
    mine = progress[show.host.person()]
    assert (mine.rooms, mine.minutes, mine.comments, mine.orders, mine.gmv_paid) == (1, 30, 1, 0, 0)
    assert progress[idle.person()] == api.LiveProgress()
    facts = api.evidence(show.world_id, show.host.person())
    assert facts["totals"]["rooms"] == 1
    assert facts["shows"][0]["title"] == "秋季上新专场"
    assert facts["shows"][0]["minutes"] == 30
    assert json.loads(json.dumps(facts)) == facts
