"""Work beside the loop: heavy calls, and libraries that bring an asyncio loop of their own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def in_a_thread(call: Callable[[], T]) -> T:
    """Return what the call returns or raises; it runs in a real thread, without the application's context.

    Under gevent pages go on meanwhile; an asyncio loop started there meets none that is running.
    """
    from gevent import get_hub, monkey

    if monkey.is_module_patched("threading"):
        result: T = get_hub().threadpool.apply(call)
        return result
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()
