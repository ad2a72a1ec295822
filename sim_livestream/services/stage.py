"""The stage (画面): slides with a picture and a few words, and the host's prompts (提词)."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Refused
from sim_livestream import access
from sim_livestream.domain.room_flow import CLOSED
from sim_livestream.models.people import AlarmPlace
from sim_livestream.models.rooms import LiveRoom, LiveSlide
from sim_livestream.services import journal, speech
from sim_livestream.services.payloads import slide_body

MOST_SLIDES = 60


def _open_room(actor: Actor, number: int) -> LiveRoom:
    room = access.lock(access.get_own_room(actor, number))
    if room.state in CLOSED:
        raise Refused("直播已结束，画面不能再改。")
    return room


def add_slide(actor: Actor, number: int, *, title: str, text: str, prompt: str, seconds: int) -> int:
    """Add a slide at the end; return its id."""
    room = _open_room(actor, number)
    last, count = db.session.execute(
        sa.select(sa.func.coalesce(sa.func.max(LiveSlide.position), 0), sa.func.count()).where(
            LiveSlide.room_id == room.id
        )
    ).one()
    if count >= MOST_SLIDES:
        raise Refused(f"画面最多 {MOST_SLIDES} 页。")
    slide = LiveSlide(
        world_id=room.world_id,
        room_id=room.id,
        position=last + 1,
        title=title,
        text=text,
        prompt=prompt,
        seconds=seconds,
        picture_kind="cover",
        picture_title=title,
        picture_category=room.shop_name,
    )
    db.session.add(slide)
    db.session.flush()
    _listen(actor, room, slide)
    return slide.id


def _listen(actor: Actor, room: LiveRoom, slide: LiveSlide) -> None:
    """Check what the script lets the host say; what breaks a rule raises the alarm."""
    speech.listen(actor, room, AlarmPlace.SCRIPT, f"{slide.title} {slide.text} {slide.prompt}")


def order_slides(actor: Actor, number: int, slide_ids: Sequence[int]) -> None:
    """Put the slides into the order given; slides that are not named keep their order after the others."""
    room = _open_room(actor, number)
    rank = {slide_id: place for place, slide_id in enumerate(slide_ids)}
    own = sorted(access.slides(room.id), key=lambda slide: rank.get(slide.id, len(rank)))
    for position, slide in enumerate(own, 1):
        slide.position = position
    db.session.flush()


def edit_slide(actor: Actor, number: int, slide_id: int, *, title: str, text: str, prompt: str, seconds: int) -> None:
    """Change the words of a slide; viewers see it at once when it is shown."""
    room = _open_room(actor, number)
    slide = access.get_slide(room, slide_id)
    slide.title, slide.text, slide.prompt, slide.seconds = title, text, prompt, seconds
    if slide.picture_kind == "cover":
        slide.picture_title = title
    db.session.flush()
    _listen(actor, room, slide)
    if room.slide_id == slide.id:
        journal.tell(room, "notice", {"kind": "slide", "slide": slide_body(slide)})


def show_slide(actor: Actor, number: int, slide_id: int) -> None:
    """Show a slide to the room."""
    room = _open_room(actor, number)
    turn_to(room, access.get_slide(room, slide_id))


def turn_to(room: LiveRoom, slide: LiveSlide) -> None:
    """Turn the stage of a locked room to a slide and tell the room, inside the open unit of work."""
    if room.slide_id == slide.id:
        return
    room.slide_id = slide.id
    db.session.flush()
    journal.tell(room, "notice", {"kind": "slide", "slide": slide_body(slide)})


def remove_slide(actor: Actor, number: int, slide_id: int) -> None:
    """Remove a slide. Raises Refused for the one that is shown."""
    room = _open_room(actor, number)
    slide = access.get_slide(room, slide_id)
    if room.slide_id == slide.id:
        raise Refused("正在展示的画面不能删除，请先切换到别的画面。")
    db.session.delete(slide)
    db.session.flush()


def current_slide(room: LiveRoom) -> LiveSlide | None:
    """Return the slide that is shown."""
    return None if room.slide_id is None else db.session.get(LiveSlide, room.slide_id)
