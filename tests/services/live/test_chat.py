"""Messages of one moment, written together: each stands or falls by itself."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from flask import Flask

from app.accounts import sessions
from app.accounts.models import Account
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import DomainError
from app.core.permissions import Role
from app.core.uow import unit_of_work
from app.worlds import notices
from sim_livestream.domain.pace import Turns
from sim_livestream.models.people import LiveAlarm, LiveComment, LiveViewer
from sim_livestream.services import chat, moderation, postbox
from sim_livestream.services.chat import Message, Said
from tests.factories.live import Show, make_show, make_viewer, room_row
from tests.factories.world import make_actor, make_world

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


def _codes(answers: list[Said | DomainError]) -> list[str]:
    return [answer.code if isinstance(answer, DomainError) else "ok" for answer in answers]


def _signed_in(actor: Actor) -> Actor:
    with unit_of_work():
        token = sessions.open_device(db.session.get_one(Account, actor.person()), "test", "127.0.0.1")
    found = sessions.actor_of_token(token)
    assert found is not None
    return found


def _texts() -> list[str]:
    return list(db.session.scalars(sa.select(LiveComment.text).order_by(LiveComment.id)))


def test_turns_of_one_person() -> None:
    turns, second = Turns(), timedelta(seconds=1)
    assert [turns.take(NOON, 0) for _ in range(4)] == [True, True, True, False]
    assert turns.take(NOON + 2 * second, 0)
    assert not turns.take(NOON + 6 * second, 5)
    assert turns.take(NOON + 7 * second, 5)


def test_each_message_of_a_batch_stands_by_itself(app_context: Flask) -> None:
    show, other = make_show(), make_show(on_air=False)
    quick, muted, banned, plain = (make_viewer(show, name) for name in ("快", "禁", "黑", "平"))
    stranger = make_actor(Role.TRAINEE, make_world().scope_id)
    with unit_of_work():
        chat.say_all([Message(muted, show.number, "捣乱", "m"), Message(banned, show.number, "捣乱", "b")])
        moderation.mute_person(show.host, show.number, muted.person(), 10)
        moderation.ban(show.host, show.number, banned.person())
        moderation.set_rules(show.host, show.number, slow=0, quiet=False, words="便宜货")
    batch = [
        Message(quick, show.number, "一", "1", at=NOON),
        Message(muted, show.number, "还捣乱", "2"),
        Message(quick, show.number, "二", "3", at=NOON),
        Message(quick, show.number, "一", "1", at=NOON),  # the same again
        Message(quick, show.number, "另一句", "1", at=NOON),  # the key was used
        Message(banned, show.number, "回来了", "4"),
        Message(quick, show.number, "三", "5", at=NOON),
        Message(quick, show.number, "四", "6", at=NOON),  # too fast
        Message(stranger, show.number, "外班", "7"),
        Message(plain, other.number, "没开播", "8"),
        Message(plain, 999_999, "没有房间", "9"),
        Message(plain, show.number, "这是便 宜货", "10"),
        Message(show.host, show.number, "大家好", "11"),
        Message(plain, show.number, " ", "12"),
    ]
    with unit_of_work():
        answers = chat.say_all(batch)
    assert _codes(answers) == [
        "ok", "forbidden", "ok", "ok", "key_reused", "forbidden", "ok", "too_many", "not_found", "not_found",
        "not_found", "ok", "ok", "invalid_input",
    ]  # fmt: skip
    assert answers[3] == answers[0]
    assert [answer.held for answer in answers if isinstance(answer, Said)] == [False, False, False, False, True, False]
    assert _texts() == ["捣乱", "捣乱", "一", "二", "三", "这是便 宜货", "大家好"]
    assert db.session.scalars(sa.select(LiveAlarm.word)).all() == ["便宜货"]
    with unit_of_work():
        again = chat.say_all([Message(quick, show.number, "二", "3", at=NOON)])
    assert again == [answers[2]]
    turns = db.session.execute(
        sa.select(LiveViewer.said_wall_at_1, LiveViewer.said_wall_at_3).where(
            LiveViewer.account_id == quick.person(), LiveViewer.room_id == room_row(show.number).id
        )
    ).one()
    assert tuple(turns) == (NOON, NOON)


def test_sign_out_and_freeze_hold_inside_the_batch(app_context: Flask) -> None:
    show = make_show()
    stays, leaves = _signed_in(make_viewer(show)), _signed_in(make_viewer(show))
    teacher = make_actor(Role.INSTRUCTOR, show.scope_id)
    assert leaves.session_id is not None
    with unit_of_work():
        sessions.end_device(leaves, leaves.session_id)
    batch = [Message(stays, show.number, "在", "1"), Message(leaves, show.number, "走了", "2")]
    assert _codes(postbox.take_in(batch)) == ["ok", "signed_out"]
    with unit_of_work():
        notices.freeze(teacher, show.world_id, frozen=True)
    assert _codes(postbox.take_in([Message(stays, show.number, "冻结了吗", "3")])) == ["frozen"]
    assert _texts() == ["在"]


def test_three_in_two_seconds_however_they_come_in(app: Flask) -> None:
    with app.app_context():
        show = make_show()
        people = [_signed_in(make_viewer(show)) for _ in range(2)]
    answers: list[str] = []
    begin = threading.Barrier(10)
    now = clock.now()

    def say(show: Show, turn: int) -> None:
        batch = [Message(person, show.number, "抢着说", f"{turn}", at=now) for person in people]
        with app.app_context():
            begin.wait(20)
            answers.extend(_codes(postbox.take_in(batch if turn % 2 else batch[::-1])))
            db.session.remove()

    threads = [threading.Thread(target=say, args=(show, turn)) for turn in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["ok"] * 6 + ["too_many"] * 14
    with app.app_context():
        assert len(_texts()) == 6
