"""To be told of the end at once: a server ends its lifespan only when the last answer is out, and a stream has no end."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def told_of_leaving(then: Callable[[], None]) -> Iterator[None]:
    """Call *then* in the running loop when SIGTERM or SIGINT comes, besides what the server does about it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, ours = asyncio.get_running_loop(), {}

    def also(handler: Any) -> Callable[[int, Any], None]:
        def heard(number: int, frame: Any) -> None:
            loop.call_soon_threadsafe(then)
            handler(number, frame)

        return heard

    for number in (signal.SIGTERM, signal.SIGINT):
        if callable(before := signal.getsignal(number)):
            ours[number] = (before, also(before))
            signal.signal(number, ours[number][1])
    try:
        yield
    finally:
        for number, (before, heard) in ours.items():
            if signal.getsignal(number) is heard:
                signal.signal(number, before)
