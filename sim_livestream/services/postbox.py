"""The postbox: what connections say within a moment is taken in by one transaction, each by its own right.

Sign-in, hat and freeze are asked for every message inside that transaction, so that signing out, muting or freezing
holds from its commit on.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import current_app

from app.core.errors import DomainError, Refused
from app.core.gather import Gather
from app.core.sockets import SignedOut, async_mode
from app.core.uow import unit_of_work
from app.worlds import notices
from sim_livestream.domain.pace import GATHER
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


def make_postbox() -> Gather[Message, Said]:
    """Return the postbox of a process; without a loop that others use meanwhile nobody waits for company."""
    return Gather(take_in, GATHER if async_mode() == "gevent" else 0.0)


def postbox() -> Gather[Message, Said]:
    """Return the postbox of the running application."""
    found: Gather[Message, Said] = current_app.extensions["live_postbox"]
    return found
