"""Domain events: facts in the past tense, published inside the transaction, answered by nobody.

Receivers are module-level functions, named in a feature's ``subscribers``; blinker keeps weak
references, so a local function would silently vanish. An error in a receiver aborts the transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from blinker import Signal

_signals: dict[type[Any], Signal] = {}
_bring: list[Callable[[], None]] = []


def _signal(event_class: type[Any]) -> Signal:
    return _signals.setdefault(event_class, Signal())


def publish(event: Any) -> None:
    """Tell all receivers of ``type(event)``; the event is a frozen dataclass of ids and amounts."""
    while _bring:
        _bring.pop()()
    _signal(type(event)).send(None, event=event)


def bring_receivers(load: Callable[[], None]) -> None:
    """Let the first event call ``load``, which subscribes all receivers: commands that start without the site."""
    _bring.append(load)


def subscribe(event_class: type[Any], receiver: Callable[..., None]) -> None:
    """Register ``receiver(_sender, *, event)``; registering twice is harmless."""
    if receiver.__qualname__ != receiver.__name__:
        raise ValueError(f"receiver {receiver.__qualname__} must be a module-level function")
    _signal(event_class).connect(receiver)
