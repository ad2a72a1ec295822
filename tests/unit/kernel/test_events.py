"""Domain events: receivers are named functions, answer nothing, and their errors fly."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from app.core import events


@dataclass(frozen=True)
class Happened:
    number: int


@dataclass(frozen=True)
class WentWrong:
    number: int


heard: list[int] = []


def remember(_sender: object, *, event: Happened) -> None:
    heard.append(event.number)


def stumble(_sender: object, *, event: WentWrong) -> None:
    raise LookupError(event.number)


def test_a_receiver_hears_each_event_once_however_often_it_subscribed() -> None:
    heard.clear()
    events.subscribe(Happened, remember)
    events.subscribe(Happened, remember)
    events.publish(Happened(7))
    assert heard == [7]


def test_an_error_of_a_receiver_reaches_the_publisher() -> None:
    events.subscribe(WentWrong, stumble)
    with pytest.raises(LookupError):
        events.publish(WentWrong(3))


def test_local_functions_cannot_subscribe() -> None:
    def local(_sender: object, *, event: Happened) -> None: ...

    with pytest.raises(ValueError, match="module-level"):
        events.subscribe(Happened, local)
