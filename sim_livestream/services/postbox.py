"""Postbox and usher: what connections say, and who comes in, within a moment is dealt with at once.

Each stands by its own right. Sign-in, hat and freeze are asked for every message inside the transaction that writes
it, so that signing out, muting or freezing holds from its commit on.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, current_app

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import DomainError, Refused
from app.core.gather import Gather
from app.core.sockets import SignedOut, async_mode
from app.core.uow import unit_of_work
from app.worlds import notices
from sim_livestream import access
from sim_livestream.access import Standing
from sim_livestream.domain.pace import GATHER, USHER
from sim_livestream.services import chat, entry
from sim_livestream.services.chat import Message, Said


def take_in(messages: Sequence[Message]) -> list[Said | DomainError]:
    """Write the messages of connections; return for each what it became, or why it was refused."""
    with unit_of_work():
        good = entry.good_seals(message.actor for message in messages)
        frozen = notices.frozen_for({message.actor for message in messages})
        answers: dict[int, Said | DomainError] = {}
        for place, message in enumerate(messages):
            if entry.seal(message.actor) not in good:
                answers[place] = SignedOut()
            elif message.actor in frozen:
                answers[place] = Refused(notices.FROZEN, code="frozen")
        free = [place for place in range(len(messages)) if place not in answers]
        answers.update(zip(free, chat.say_all([messages[place] for place in free]), strict=True))
        return [answers[place] for place in range(len(messages))]


def _show_in(people: Sequence[tuple[Actor, int]]) -> list[Standing | DomainError]:
    """Return how people stand to the rooms they want to enter; the connection goes back before they sit down."""
    try:
        return access.stand_all(people)
    finally:
        db.session.rollback()


def start(app: Flask) -> None:
    """Give the process its postbox and its usher."""
    others_come = async_mode() == "gevent"
    app.extensions["live_postbox"] = Gather(take_in, GATHER if others_come else 0.0)
    app.extensions["live_usher"] = Gather(_show_in, USHER if others_come else 0.0)


def postbox() -> Gather[Message, Said]:
    """Return the postbox of the running application."""
    found: Gather[Message, Said] = current_app.extensions["live_postbox"]
    return found


def usher() -> Gather[tuple[Actor, int], Standing]:
    """Return the usher of the running application."""
    found: Gather[tuple[Actor, int], Standing] = current_app.extensions["live_usher"]
    return found
