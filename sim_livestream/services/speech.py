"""What the crew says and shows (直播口播): checked by the rules of the mall, an alarm for what breaks one."""

from __future__ import annotations

from app.core import clock as wall
from app.core.actor import Actor, system
from app.core.db import db
from app.worlds.api import scope_of_world
from sim_livestream import mall_client
from sim_livestream.domain.room_flow import ON_AIR
from sim_livestream.domain.wording import Hit
from sim_livestream.models.people import AlarmPlace, LiveAlarm
from sim_livestream.models.rooms import LiveRoom


def listen(actor: Actor, room: LiveRoom, place: AlarmPlace, text: str, comment_id: int | None = None) -> list[str]:
    """Check a text of the crew inside the open unit of work; return what is wrong with it, in sentences.

    Every finding raises an alarm. On air, one that this world penalises is reported to the mall, once per
    room and rule.
    """
    sentences = []
    for finding in mall_client.check_speech(room.world_id, text):
        raise_alarm(room.id, room.world_id, actor, place, Hit(finding.rule, finding.word), text, comment_id)
        sentences.append(f"{finding.message}{finding.advice}")
        if finding.stops and room.state in ON_AIR:
            reporter = system(room.world_id, scope_of_world(room.world_id))
            mall_client.report(reporter, room.shop_id, finding, room.id, text)
    return sentences


def raise_alarm(
    room_id: int,
    world_id: int,
    actor: Actor,
    place: AlarmPlace,
    hit: Hit,
    text: str,
    comment_id: int | None = None,
) -> None:
    """Note a banned word for the crew and for instructors, inside the open unit of work."""
    db.session.add(
        LiveAlarm(
            world_id=world_id,
            room_id=room_id,
            place=place,
            account_id=actor.person(),
            comment_id=comment_id,
            name=actor.name,
            rule=hit.rule,
            word=hit.word[:60],
            text=text[:500],
            wall_at=wall.now(),
        )
    )
    db.session.flush()
