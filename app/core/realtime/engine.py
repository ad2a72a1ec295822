"""Telling the Engine.IO server what happened to a connection."""

from __future__ import annotations

from typing import Any

import structlog

log = structlog.get_logger(__name__)


def tell(engine: Any, event: str, *arguments: Any) -> Any:
    """Run the server's handler of connect, message or disconnect; an error is logged and ends nothing else."""
    try:
        return engine.handlers[event](*arguments)
    except Exception:
        log.exception("engine_event_failed", engine_event=event)
        return None
