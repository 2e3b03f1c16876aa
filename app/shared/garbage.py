"""How often Python looks for garbage that refers to itself.

By default every 700 new objects, and every so often through all objects at once: with 5,000 followers of jobs that stopped
an API for most of a second (`python -m benchmarks.listeners`).
"""

import gc

THRESHOLDS = 10_000, 10, 10


def collect_rarely() -> None:
    """Call it once the modules are loaded: what there is now stays, and no collection looks at it again."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    gc.enable()
