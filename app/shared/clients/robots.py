"""What a site asks of programs: robots.txt by RFC 9309, with the longest rule winning and `*` and `$` understood.

`urllib.robotparser` takes the first rule that fits and knows no `*`, so it would read what a site has closed and leave
what it has opened.
"""

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from app.shared.clients.urls import escaped

TOKEN = re.compile(r"[a-zA-Z_-]+")
LINE_ENDS = re.compile(r"\r\n|\r|\n")
KEEP_SECONDS = 3600.0
MOST_SITES = 100
LONGEST_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Rules:
    ordered: tuple[tuple[str, bool], ...] = ()
    """Pattern and whether it allows, the longest first, and of two as long the allowing one."""

    def allows(self, path: str) -> bool:
        """*path* with its query, escaped."""
        if path == "/robots.txt":
            return True
        return next((allowed for pattern, allowed in self.ordered if matches(pattern, path)), True)


OPEN = Rules()


def parse_rules(text: str, product: str) -> Rules:
    """The rules for the program named *product*: its own groups together, else those for `*`."""
    ours = {product.lower(), "*"}
    groups: dict[str, list[tuple[str, bool]]] = {}
    names: set[str] = set()
    naming = False
    for line in LINE_ENDS.split(text.removeprefix("\ufeff")):
        key, colon, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if not colon:
            continue
        if key == "user-agent":
            names = (names if naming else set()) | ({agent_name(value)} & ours)
            naming = True
            for name in names - groups.keys():
                groups[name] = []
        elif key in {"allow", "disallow"}:
            naming = False
            if names and value.startswith(("/", "*")):
                rule = (escaped(value), key == "allow")
                for name in names:
                    groups[name].append(rule)
    chosen = groups.get(product.lower(), groups.get("*", []))
    return Rules(tuple(sorted(chosen, key=lambda rule: (-len(rule[0]), not rule[1]))))


def agent_name(value: str) -> str:
    if value.startswith("*"):
        return "*"
    found = TOKEN.match(value)
    return found[0].lower() if found else ""


def matches(pattern: str, path: str) -> bool:
    """Piece by piece from the left, so that no pattern costs more than its length times the path's."""
    anchored = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    if not rest:
        return not anchored or at == len(path)
    last = rest.pop()
    for piece in rest:
        at = path.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    if anchored:
        return path.endswith(last) and len(path) - len(last) >= at
    return path.find(last, at) >= 0


class RulesCache:
    """Per origin, for an hour. The oldest leave when it is full; an unusually long robots.txt is read anew each time,
    so that nobody can fill the memory with them."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._kept: OrderedDict[str, tuple[float, Rules]] = OrderedDict()

    def get(self, origin: str) -> Rules | None:
        until, rules = self._kept.get(origin, (0.0, OPEN))
        return rules if origin in self._kept and self._now() < until else None

    def put(self, origin: str, rules: Rules) -> None:
        if len(rules.ordered) > LONGEST_KEPT:
            return
        self._kept.pop(origin, None)
        self._kept[origin] = (self._now() + KEEP_SECONDS, rules)
        if len(self._kept) > MOST_SITES:
            self._kept.popitem(last=False)
