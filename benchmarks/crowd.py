"""Threads that do the same again and again while something else is measured."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def crowd(count: int, work: Callable[[int, threading.Event], None]) -> Iterator[None]:
    """*work* is told its number, from 0, and when it is over: it has to look at that itself."""
    over = threading.Event()
    threads = [threading.Thread(target=work, args=(number, over)) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
