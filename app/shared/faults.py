"""Named points at which a test can make the process die, freeze, block, or say that it is there. Without `FAULT_AT` in
the environment they do nothing.

`FAULT_AT=F:2` acts when the process reaches point F for the second time. `FAULT_DO` says how: `kill` (SIGKILL, the
default), `freeze` (SIGSTOP), `block:3` (the event loop stands still for 3 s), `tell` (nothing but the file).
`FAULT_ONCE` names a file that is written when it acts, and that keeps it from acting again in any process.
"""

import asyncio
import os
import signal
import time
from collections import Counter
from pathlib import Path

_POINT, _, _COUNT = os.environ.get("FAULT_AT", "").partition(":")
_DO, _, _SECONDS = os.environ.get("FAULT_DO", "kill").partition(":")
_REACHED: Counter[str] = Counter()
ON_THE_WIRE_SECONDS = 0.7


def fault(point: str) -> None:
    if point != _POINT:
        return
    _REACHED[point] += 1
    if _REACHED[point] == int(_COUNT or 1):
        _act()


def fault_soon(point: str) -> None:
    """The same a moment later: while the request that is about to be sent is on the wire."""
    if point == _POINT:
        asyncio.get_running_loop().call_later(ON_THE_WIRE_SECONDS, fault, point)


def _act() -> None:
    if once := os.environ.get("FAULT_ONCE"):
        try:
            Path(once).touch(exist_ok=False)
        except FileExistsError:
            return
    if _DO == "block":
        time.sleep(float(_SECONDS))
    elif _DO == "tell":
        time.sleep(0.3)  # whoever watches the file acts now
    else:
        os.kill(os.getpid(), signal.SIGSTOP if _DO == "freeze" else signal.SIGKILL)
