"""Every regular expression of the application against inputs made from its own pieces: `python -m tests.fuzz.regexes`.

An expression that backtracks is slow on what almost fits it: its own repeated parts, said thousands of times, and then
something that doesn't fit. So the pieces of each are read from its parse tree, and its time on twice as much is compared.
"""

import ast
import importlib
import pkgutil
import re
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from re import _constants as codes
from re import _parser as parser
from typing import Any

import app
from tests.fuzz.loop import TooSlow, cpu_limit

ROOT = Path(app.__file__).parent
CALLS = {"compile", "match", "search", "fullmatch", "findall", "finditer", "sub", "split", "subn"}
CATEGORIES = {
    codes.CATEGORY_DIGIT: "7", codes.CATEGORY_WORD: "a", codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_NOT_DIGIT: "a", codes.CATEGORY_NOT_WORD: ".", codes.CATEGORY_NOT_SPACE: "a",
}  # fmt: skip
_WRITTEN_IN_PLACE = re.compile(r"\bre\.(?:match|search|fullmatch|findall|finditer|sub|split|subn)\(")
MOST_PIECES = 20
MOST_SECONDS = 1.0
STARTS = ("", "a ")
ENDS = ("\x01", "")


def patterns() -> dict[str, re.Pattern[Any]]:
    """By where they stand: those that modules hold, and those that are written where they are used."""
    found: dict[str, re.Pattern[Any]] = {}
    for module in pkgutil.walk_packages([str(ROOT)], "app."):
        if ".migrations" in module.name or module.name.endswith(("__main__", "_client")):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            for number, one in enumerate(islice(_inside(value, 0), 500)):
                found[f"{module.name}.{name}[{number}]"] = one
    for path in ROOT.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if not _WRITTEN_IN_PLACE.search(source):
            continue
        for node in ast.walk(ast.parse(source)):
            if _is_call(node) and isinstance(node.args[0], ast.Constant):  # type: ignore[attr-defined]
                found[f"{path.relative_to(ROOT)}:{node.lineno}"] = re.compile(node.args[0].value)  # type: ignore[attr-defined]
    return dict({one: (place, one) for place, one in found.items()}.values())


def _inside(value: Any, depth: int) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 3 and isinstance(value, (list, tuple, set, frozenset)):
        for one in value:
            yield from _inside(one, depth + 1)
    elif depth < 3 and isinstance(value, dict):
        for one in value.values():
            yield from _inside(one, depth + 1)
    elif depth < 3 and hasattr(value, "__struct_fields__") and not isinstance(value, type):
        for name in value.__struct_fields__:
            yield from _inside(getattr(value, name), depth + 1)


def _is_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.func.attr in CALLS and bool(node.args)  # fmt: skip


def attacks(pattern: re.Pattern[Any], size: int) -> Iterator[Any]:
    """Texts of about *size* characters: what stands before a repeated part, the part again and again, an end that doesn't fit."""
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    pieces = list(dict.fromkeys(piece for piece in _pieces(tree) if piece))[:MOST_PIECES]
    pieces += [first + second for first in pieces[:4] for second in pieces[:4] if first != second]
    starts = [*STARTS, *dict.fromkeys(_prefixes(tree))][:6]
    for piece in dict.fromkeys(pieces):
        for start in starts:
            for end in ENDS:
                text = start + piece * (size // len(piece)) + end
                yield text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text


def _pieces(tree: Any) -> Iterator[str]:
    """An example of every part, repeated parts and alternatives first of all."""
    for code, value in tree:
        if code in {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}:
            yield _example(value[2])
            yield from _pieces(value[2])
        elif code is codes.SUBPATTERN:
            yield from _pieces(value[3])
        elif code is codes.BRANCH:
            for one in value[1]:
                yield _example(one)
                yield from _pieces(one)
        elif code in {codes.ASSERT, codes.ASSERT_NOT}:
            yield from _pieces(value[1])
        else:
            yield _example([(code, value)])


def _prefixes(tree: Any) -> Iterator[str]:
    """What gets it to each of its parts."""
    for place in range(1, len(list(tree)) + 1):
        yield _example(list(tree)[:place])


def _example(tree: Any) -> str:
    """A text that it fits, more or less."""
    said = []
    for code, value in tree:
        if code is codes.LITERAL:
            said.append(chr(value))
        elif code is codes.NOT_LITERAL:
            said.append("a" if value != ord("a") else "b")
        elif code is codes.ANY:
            said.append("a")
        elif code is codes.IN:
            said.append(_of_set(value))
        elif code in {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}:
            said.append(_example(value[2]) * min(max(1, value[0]), 5))
        elif code is codes.SUBPATTERN:
            said.append(_example(value[3]))
        elif code is codes.BRANCH:
            said.append(_example(value[1][0]))
    return "".join(said)


def _of_set(parts: Any) -> str:
    taken = {value for code, value in parts if code is codes.LITERAL}
    if parts and parts[0][0] is codes.NEGATE:
        return next(sign for sign in "a .,7(\n" if ord(sign) not in taken)
    code, value = parts[0]
    return CATEGORIES.get(value, "a") if code is codes.CATEGORY else chr(value[0] if code is codes.RANGE else value)


def seconds(pattern: re.Pattern[Any], text: Any) -> float:
    """The processor's; no more than the most, at which it is stopped."""
    begun = time.process_time()
    with suppress(TooSlow), cpu_limit(MOST_SECONDS):
        for _ in pattern.finditer(text):
            pass
    return time.process_time() - begun


def slowest(pattern: re.Pattern[Any], size: int) -> tuple[float, Any]:
    most: tuple[float, Any] = (0.0, "")
    for text in attacks(pattern, size):
        spent = seconds(pattern, text)
        if spent > most[0]:
            most = spent, text
        if spent > MOST_SECONDS / 2:
            break
    return most


def main() -> int:
    size, found = 1000, 0
    for place, pattern in sorted(patterns().items()):
        if not place.startswith(tuple(sys.argv[1:]) or ""):
            continue
        spent, text = slowest(pattern, size)
        if spent < 0.012:
            continue
        half = max(len(text) // 2, 1)
        less = max(seconds(pattern, text[:half] + text[-1:]), 1e-6)
        if spent / less > 2.8 or spent > MOST_SECONDS / 2:
            found += 1
            print(f"{place}: {1000 * spent:.0f} ms for {len(text)} characters, {spent / less:.1f} times of a half: {text[:60]!r}", flush=True)  # fmt: skip
    print(f"{found} that are slower than their input is long")
    return 0


if __name__ == "__main__":
    sys.exit(main())
