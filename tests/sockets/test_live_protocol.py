"""The protocol of the live room, as a client sees it (on both databases)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from app.accounts import sessions
from app.accounts.models import Account, SignedInDevice
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import DomainError, Refused
from app.core.gather import Gather
from app.core.permissions import Role
from app.core.uow import unit_of_work
from sim_livestream import access
from sim_livestream.access import Standing
from sim_livestream.models.people import LiveComment, LivePresence, LiveViewer
from sim_livestream.models.rooms import LiveEvent, LiveRoom
from sim_livestream.services import entry, explaining, goods, moderation, rooms
from sim_livestream.services import stage as stages
from sim_livestream.services.pulse import pulse
from tests.factories.live import Guest, Show, beat, make_show, make_viewer, room_row
from tests.factories.mall import key
from tests.factories.world import make_actor, make_world


class PastSigner(TimestampSigner):
    """Signs as if the ticket had been handed out too long ago."""

    def get_timestamp(self) -> int:
        return int(clock.now().timestamp()) - entry.TICKET_SECONDS - 1


@pytest.fixture
def show(app: Flask) -> Show:
    with app.app_context():
        return make_show()


def _viewer(app: Flask, show: Show, name: str = "") -> Guest:
    with app.app_context():
        actor = make_viewer(show, name)
    return Guest(app, actor)


def test_joining_sends_a_snapshot(app: Flask, show: Show) -> None:
    guest = _viewer(app, show)
    answer = guest.join(show.number)
    assert answer["ok"] is True
    assert answer["replayed"] == 0
    [snapshot] = guest.heard()
    assert snapshot["event"] == "snapshot"
    assert snapshot["seq"] == answer["seq"]
    assert snapshot["room"]["state"] == "live"
    assert [(item["id"], item["price"], item["was"]) for item in snapshot["items"]] == [(show.item_id, 39_00, 50_00)]
    assert snapshot["me"]["role"] == "viewer"
    assert snapshot["me"]["moderates"] is False


def test_who_is_signed_out_or_has_no_right_cannot_connect(app: Flask, show: Show) -> None:
    with app.app_context():
        assessor = make_actor(Role.ASSESSOR, None)
    assert Guest(app, assessor).connected is False
    assert Guest(app, show.host, auth={"ticket": "forged"}).connected is False
    assert Guest(app, show.host, auth={"ticket": 7}).connected is False


def test_rooms_of_another_world_are_not_there(app: Flask, show: Show) -> None:
    with app.app_context():
        stranger = make_actor(Role.TRAINEE, make_world().scope_id)
    guest = Guest(app, stranger)
    assert guest.connected is True
    answer = guest.join(show.number)
    assert (answer["ok"], answer["code"]) == (False, "not_found")
    assert guest.heard() == []
    assert beat(app) == 0
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(LivePresence.id))) == 0


def test_an_event_after_signing_out_is_refused(app: Flask, show: Show) -> None:
    with app.app_context():
        actor = make_viewer(show)
    guest = Guest(app, actor)
    guest.join(show.number)
    with app.app_context(), unit_of_work():
        db.session.execute(
            sa.update(SignedInDevice).where(SignedInDevice.account_id == actor.account_id).values(ended_at=clock.now())
        )
    answer = guest.say("还在吗")
    assert (answer["ok"], answer["code"]) == (False, "signed_out")
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(LiveComment.id))) == 0


def test_a_ticket_opens_its_own_room_only_and_expires(app: Flask, show: Show) -> None:
    with app.app_context():
        other = make_show(world=show.world)
        viewer = make_viewer(show)
        with unit_of_work():
            token = sessions.open_device(db.session.get_one(Account, viewer.person()), "phone", "127.0.0.1")
        actor = sessions.actor_of_token(token)
        assert actor is not None
        ticket = entry.issue_ticket(actor, show.number)
    guest = Guest(app, actor, auth={"ticket": ticket})
    assert guest.connected is True
    assert guest.join(other.number)["code"] == "not_found"
    assert guest.join(show.number)["ok"] is True
    assert guest.say("凭票入场")["ok"] is True
    with app.app_context():
        past = URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="live-ticket", signer=PastSigner)
        stale = str(past.dumps([show.number, actor.person(), "x", "trainee", 1, 1, 1]))
        assert entry.read_ticket(stale) is None
        assert entry.read_ticket(ticket[:-2] + "xx") is None


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("join", {"room": "abc"}),
        ("join", {"room": True}),
        ("join", {"room": -1}),
        ("join", {}),
        ("join", "100001"),
        ("join", None),
        ("comment", {"text": 5, "key": "k"}),
        ("comment", {"text": "好", "key": ""}),
        ("comment", {"text": "好"}),
        ("comment", {"text": "  \u200b ", "key": "k"}),
        ("comment", {"text": "好" * 101, "key": "k"}),
        ("comment", {"text": "好" * 60_000, "key": "k"}),
        ("like", {"n": 0}),
        ("like", {"n": "many"}),
        ("click", {"item": None}),
    ],
)
def test_malformed_events_are_refused_and_change_nothing(app: Flask, show: Show, event: str, data: object) -> None:
    guest = _viewer(app, show)
    guest.join(show.number)
    guest.heard()
    answer = guest.send(event, data)
    assert (answer["ok"], answer["code"]) == (False, "invalid_input")
    assert answer["error"]
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(LiveComment.id))) == 0
        assert room_row(show.number).likes == 0


def test_events_need_a_joined_room(app: Flask, show: Show) -> None:
    guest = _viewer(app, show)
    assert guest.say("有人吗")["code"] == "not_joined"
    assert guest.send("like", {"n": 1})["code"] == "not_joined"
    guest.join(show.number)
    assert guest.send("leave", {}) == {"ok": True}
    assert guest.say("我又来了")["code"] == "not_joined"


def test_messages_leave_in_one_tick_cleaned(app: Flask, show: Show) -> None:
    one, two = _viewer(app, show, "甲"), _viewer(app, show, "乙")
    one.join(show.number)
    two.join(show.number)
    beat(app)
    one.heard()
    two.heard()
    assert one.say("  你好\u202e<b>世界</b>\n👍 ")["ok"] is True
    assert two.say("买了买了")["ok"] is True
    assert one.heard() == []
    beat(app)
    [tick] = one.heard()
    assert tick["event"] == "tick"
    assert [(c["who"], c["role"], c["text"]) for c in tick["comments"]] == [
        ("甲", "viewer", "你好<b>世界</b> 👍"),
        ("乙", "viewer", "买了买了"),
    ]
    assert tick["viewers"] == 2
    assert two.heard() == [tick]


def test_three_messages_in_two_seconds_and_no_more(app: Flask, show: Show) -> None:
    guest = _viewer(app, show)
    guest.join(show.number)
    start = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
    with clock.frozen(start):
        assert [guest.say(f"第{n}条")["ok"] for n in range(3)] == [True, True, True]
        refused = guest.say("第四条")
        assert (refused["ok"], refused["code"]) == (False, "too_many")
    with clock.frozen(start + timedelta(milliseconds=1999)):
        assert guest.say("还是太快")["ok"] is False
    with clock.frozen(start + timedelta(seconds=2)):
        assert [guest.say(f"又{n}条")["ok"] for n in range(4)] == [True, True, True, False]
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(LiveComment.id))) == 6


def test_the_same_key_is_the_same_message(app: Flask, show: Show) -> None:
    guest = _viewer(app, show)
    guest.join(show.number)
    first = guest.send("comment", {"text": "只说一次", "key": "k1"})
    again = guest.send("comment", {"text": "只说一次", "key": "k1"})
    other = guest.send("comment", {"text": "换了内容", "key": "k1"})
    assert first["id"] == again["id"]
    assert (other["ok"], other["code"]) == (False, "key_reused")
    with app.app_context():
        assert db.session.scalars(sa.select(LiveComment.text)).all() == ["只说一次"]


def test_seq_rises_by_one_and_replay_fills_the_gap(app: Flask, show: Show) -> None:
    stays, drops = _viewer(app, show, "留下的"), _viewer(app, show, "掉线的")
    stays.join(show.number)
    joined = drops.join(show.number)
    beat(app)
    seen = [event["seq"] for event in drops.heard() if event["event"] != "snapshot"]
    last = seen[-1]
    assert seen == list(range(joined["seq"] + 1, last + 1))
    drops.go()
    beat(app)
    with app.app_context(), unit_of_work():
        explaining.pin(show.host, show.number, show.item_id)
        goods.price_item(show.host, show.number, show.item_id, {show.sku_id: 29_00}, 2)
    stays.say("掉线的人回来没有")
    beat(app)
    with app.app_context(), unit_of_work():
        rooms.pause(show.host, show.number)
        stages.add_slide(show.host, show.number, title="第二页", text="", prompt="", seconds=30)
    with app.app_context():
        back = Guest(app, make_viewer(show))
    answer = back.join(show.number, last)
    missed = back.heard()
    assert answer["replayed"] == len(missed) > 0
    assert [event["seq"] for event in missed] == list(range(last + 1, answer["seq"] + 1))
    assert [event["event"] for event in missed] == ["tick", "pin", "notice", "item", "tick", "notice"]
    assert missed[4]["comments"][0]["text"] == "掉线的人回来没有"
    told = [event for event in stays.heard() if event["event"] != "snapshot"]
    assert [event["seq"] for event in told] == list(range(told[0]["seq"], told[0]["seq"] + len(told)))
    assert told[-6:] == missed
    with app.app_context():
        stored = db.session.scalars(sa.select(LiveEvent.seq).order_by(LiveEvent.seq)).all()
        assert stored == list(range(1, room_row(show.number).last_seq + 1))


def test_too_much_missed_or_an_unknown_seq_is_a_snapshot(app: Flask, show: Show) -> None:
    guest = _viewer(app, show)
    with app.app_context():
        seq = room_row(show.number).last_seq
    for last_seq in (0, seq + 1, seq + 1000):
        answer = guest.join(show.number, last_seq)
        assert (answer["seq"], answer["replayed"]) == (seq, 0)
        assert [event["event"] for event in guest.heard()] == ["snapshot"]
    with app.app_context(), unit_of_work():
        room = room_row(show.number)
        for extra in range(1, 502):
            db.session.add(
                LiveEvent(
                    world_id=room.world_id,
                    room_id=room.id,
                    seq=seq + extra,
                    kind="notice",
                    payload="{}",
                    at=clock.now(),
                    wall_at=clock.now(),
                )
            )
        room.last_seq = seq + 501
    assert guest.join(show.number, seq)["replayed"] == 0
    assert [event["event"] for event in guest.heard()] == ["snapshot"]
    assert guest.join(show.number, seq + 1)["replayed"] == 500


def test_a_hidden_message_is_not_replayed(app: Flask, show: Show) -> None:
    guest = _viewer(app, show)
    guest.join(show.number)
    guest.heard()
    comment_id = guest.say("加我微信")["id"]
    with app.app_context():
        seq = room_row(show.number).last_seq
    beat(app)
    with app.app_context(), unit_of_work():
        moderation.hide_comment(show.host, show.number, comment_id)
    assert [event["event"] for event in guest.heard()] == ["tick", "notice"]
    late = _viewer(app, show)
    late.join(show.number, seq)
    tick, notice = late.heard()
    assert tick["comments"] == []
    assert (notice["kind"], notice["comment"]) == ("hidden", comment_id)
    fresh = _viewer(app, show)
    fresh.join(show.number)
    assert fresh.heard()[0]["comments"] == []


def test_three_tabs_are_one_viewer(app: Flask, show: Show) -> None:
    with app.app_context():
        actor = make_viewer(show)
    tabs = [Guest(app, actor) for _ in range(3)]
    for tab in tabs:
        tab.join(show.number)
    beat(app)
    assert tabs[0].heard("tick")[-1]["viewers"] == 1
    tabs[0].go()
    tabs[1].go()
    beat(app)
    assert tabs[2].heard("tick")[-1]["viewers"] == 1
    with app.app_context():
        [stay] = db.session.scalars(sa.select(LivePresence)).all()
        assert stay.left_wall_at is None
    tabs[2].go()
    watcher = _viewer(app, show)
    watcher.join(show.number)
    beat(app)
    assert watcher.heard("tick")[-1]["viewers"] == 1
    with app.app_context():
        first, second = db.session.scalars(sa.select(LivePresence).order_by(LivePresence.id)).all()
        assert first.left_wall_at is not None
        assert second.left_wall_at is None
        assert first.account_id != second.account_id


def test_the_host_is_no_viewer(app: Flask, show: Show) -> None:
    host = Guest(app, show.host)
    assert host.join(show.number)["me"]["role"] == "host"
    assert host.say("大家好")["ok"] is True
    beat(app)
    [tick] = host.heard("tick")
    assert tick["viewers"] == 0
    assert tick["comments"][0]["role"] == "host"


def test_a_muted_person_stays_muted_after_coming_back(app: Flask, show: Show) -> None:
    with app.app_context():
        actor = make_viewer(show, "吵闹的人")
    guest = Guest(app, actor)
    guest.join(show.number)
    comment_id = guest.say("捣乱")["id"]
    with app.app_context(), unit_of_work():
        moderation.mute(show.host, show.number, comment_id, 10)
    [notice] = guest.heard("notice")
    assert (notice["account"], notice["minutes"]) == (actor.account_id, 10)
    assert guest.say("再捣乱")["code"] == "forbidden"
    guest.go()
    back = Guest(app, actor)
    assert back.join(show.number)["me"]["muted_until"] is not None
    assert back.say("还捣乱")["code"] == "forbidden"
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        assert back.say("不捣乱了")["ok"] is True
    with app.app_context():
        texts = db.session.scalars(sa.select(LiveComment.text).order_by(LiveComment.id)).all()
        assert texts == ["捣乱", "不捣乱了"]


def test_likes_are_capped_per_second_and_counted_once(app: Flask, show: Show) -> None:
    guest = _viewer(app, show)
    guest.join(show.number)
    counted = guest.send("like", {"n": 15})["counted"] + guest.send("like", {"n": 1_000_000})["counted"]
    assert counted in (20, 35, 40)  # the second may have turned between the two
    beat(app)
    beat(app)
    assert guest.heard("tick")[-1]["likes"] == counted
    with app.app_context():
        assert room_row(show.number).likes == counted
        assert db.session.scalars(sa.select(LiveViewer.likes)).all() == [counted]


def test_nothing_counts_off_air(app: Flask) -> None:
    with app.app_context():
        show = make_show(on_air=False)
        with unit_of_work():
            planned = clock.now() + timedelta(hours=1)
            rooms.edit_room(show.host, show.number, "预告场", "", planned)
    guest = _viewer(app, show)
    assert guest.join(show.number)["ok"] is True
    assert guest.say("早到了")["code"] == "refused"
    guest.send("like", {"n": 5})
    beat(app)
    with app.app_context():
        assert room_row(show.number).likes == 0
        assert db.session.scalar(sa.select(sa.func.count(LiveComment.id))) == 0


def test_a_room_speaks_at_most_twice_a_second(app: Flask, show: Show) -> None:
    guest = _viewer(app, show)
    guest.join(show.number)
    with app.app_context():
        loop = pulse()
    start = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
    with clock.frozen(start):
        guest.say("一")
        assert loop.turn() == 1
        guest.say("二")
        assert loop.turn() == 0
    with clock.frozen(start + timedelta(milliseconds=500)):
        assert loop.turn() == 1
        assert loop.turn() == 0
    assert [[c["text"] for c in tick["comments"]] for tick in guest.heard("tick")] == [["一"], ["二"]]


def test_sixty_messages_a_tick_newest_win(app: Flask, show: Show) -> None:
    guest = _viewer(app, show)
    guest.join(show.number)
    guest.heard()
    with app.app_context(), unit_of_work():
        room = room_row(show.number)
        for n in range(75):
            db.session.add(
                LiveComment(
                    world_id=room.world_id,
                    room_id=room.id,
                    account_id=room.host_id,
                    name="主播",
                    role="host",
                    text=f"第{n}条",
                    key=key(),
                    said_at=clock.now(),
                    said_wall_at=clock.now(),
                )
            )
    beat(app)
    [tick] = guest.heard("tick")
    assert [comment["text"] for comment in tick["comments"]] == [f"第{n}条" for n in range(15, 75)]
    beat(app)
    assert guest.heard("tick") == []
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).where(LiveComment.seq.is_(None))) == 0


def test_ending_tells_everybody_and_nothing_follows(app: Flask, show: Show) -> None:
    guest = _viewer(app, show)
    guest.join(show.number)
    beat(app)
    guest.heard()
    with app.app_context(), unit_of_work():
        rooms.end(show.host, show.number)
    [ended] = guest.heard()
    assert ended["event"] == "ended"
    assert guest.say("别走")["code"] == "refused"
    assert beat(app) == 0
    with app.app_context():
        assert room_row(show.number).last_seq == ended["seq"]


def _pin_and_regret(show: Show) -> None:
    with unit_of_work():
        explaining.pin(show.host, show.number, show.item_id)
        raise Refused("改主意了")


def test_what_is_told_while_somebody_sits_down_is_not_missed(app: Flask, show: Show) -> None:
    guest = _viewer(app, show)

    def slow(people: Sequence[tuple[Actor, int]]) -> list[Standing | DomainError]:
        found = access.stand_all(people)
        with unit_of_work():
            explaining.pin(show.host, show.number, show.item_id)
        return found

    app.extensions["live_usher"] = Gather(slow, 0.0)
    answer = guest.join(show.number)
    [snapshot] = guest.heard()
    with app.app_context():
        assert answer["seq"] == snapshot["seq"] == room_row(show.number).last_seq
    assert snapshot["pinned"] == show.item_id


def test_emission_waits_for_the_commit(app: Flask, show: Show) -> None:
    guest = _viewer(app, show)
    guest.join(show.number)
    guest.heard()
    with app.app_context():
        before = room_row(show.number).last_seq
        with pytest.raises(Refused, match="改主意了"):
            _pin_and_regret(show)
        assert room_row(show.number).last_seq == before
        assert db.session.scalar(sa.select(sa.func.count(LiveEvent.id)).where(LiveEvent.kind == "pin")) == 0
    assert guest.heard() == []
    with app.app_context():
        assert db.session.scalar(sa.select(LiveRoom.last_seq)) == before
