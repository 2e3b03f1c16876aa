"""What fuzzing reached and what it found, again; and the fuzzing itself, for a moment."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from tests.fuzz import mutating
from tests.fuzz.formats import FORMATS, seeds_of
from tests.fuzz.loop import Fuzzing, TooSlow, cpu_limit, cut_down
from tests.fuzz.properties import Broken

KEPT = Path(__file__).parents[1] / "data/fuzz"
"""Small files that the fuzzer made, a folder for each format."""
MOST_SECONDS = 20.0


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_what_was_found_once_is_read_or_refused_for_good(tmp_path, name):
    """The kept files, the seeds, and a few changes of them that are the same each time."""
    wanted, random = FORMATS[name], Random(6)
    change = mutating.plain_bytewise(random)
    seeds = [seed for seed in seeds_of(name) if len(seed) < 20_000]
    given = [path.read_bytes() for path in sorted((KEPT / name).glob("*"))] + seeds
    given += [mutated for _ in range(8) if len(mutated := wanted.mutate(random.choice(seeds), random, change)) < 20_000]
    for data in given:
        with cpu_limit(MOST_SECONDS):
            wanted.check(tmp_path, data)


def test_a_finding_is_kept_once_and_made_small(tmp_path):
    def check(_: Path, data: bytes) -> None:
        if b"!" in data:
            raise Broken("an exclamation")

    fuzzing = Fuzzing("text", tmp_path, 0)
    fuzzing.format = replace(fuzzing.format, check=check)

    for data in (b"Quiet.", b"Ahoy there! All of you.", b"Again!"):
        fuzzing.one(data)

    assert [path.read_bytes() for path in tmp_path.glob("*.finding")] == [b"!"]
    assert (fuzzing.runs, list(fuzzing.found)) == (3, ["an exclamation"])


def test_an_error_that_nobody_declared_and_a_loop_without_end_are_findings(tmp_path):
    def fail(_: Path, data: bytes) -> None:
        if data == b"error":
            raise KeyError("x")
        while True:
            len(data)

    fuzzing = Fuzzing("text", tmp_path, 0, most_cpu_seconds=0.05)
    fuzzing.format = replace(fuzzing.format, check=fail)

    assert fuzzing.wrong_with(b"error").startswith("KeyError in fail")
    assert fuzzing.wrong_with(b"loop").startswith("more than 0.05 s")
    assert issubclass(TooSlow, BaseException)
    assert not issubclass(TooSlow, Exception)


def test_a_finding_loses_all_that_it_doesnt_need():
    assert cut_down(b"aaaaXaaaaYaaaa", lambda less: b"X" in less and b"Y" in less, float("inf")) == b"XY"
