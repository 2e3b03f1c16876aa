"""Named points at which a test can kill the process. Without `FAULT_AT` in the environment it does nothing.

`FAULT_AT=F:2` kills the process with SIGKILL when it reaches point F for the second time; `FAULT_ONCE` names a file
that keeps the process that replaces it from dying of the same fault.
"""

import os
import signal
from collections import Counter
from pathlib import Path

_POINT, _, _COUNT = os.environ.get("FAULT_AT", "").partition(":")
_REACHED: Counter[str] = Counter()


def fault(point: str) -> None:
    if point != _POINT:
        return
    _REACHED[point] += 1
    if _REACHED[point] != int(_COUNT or 1):
        return
    if once := os.environ.get("FAULT_ONCE"):
        try:
            Path(once).touch(exist_ok=False)
        except FileExistsError:
            return
    os.kill(os.getpid(), signal.SIGKILL)
