"""Regular expressions end, whatever they are given."""

import re
from itertools import islice

import pytest

from app.features.memory import preferences
from app.features.research import factual, passages
from app.features.scripts import citing, plainer, speech
from tests.fuzz.loop import TooSlow, cpu_limit
from tests.fuzz.regexes import attacks, patterns, slowest

SHORT, MOST_ATTACKS = 48, 50
MOST_SECONDS = 20.0


def test_no_expression_of_the_application_backtracks_without_end():
    """On texts made of its own parts, short enough for what is only quadratic; the others would take years."""
    found = patterns()
    assert len(found) > 300
    for place, pattern in found.items():
        try:
            with cpu_limit(MOST_SECONDS):
                for text in islice(attacks(pattern, SHORT), MOST_ATTACKS):
                    for _ in pattern.finditer(text):
                        pass
        except TooSlow:
            pytest.fail(f"{place} doesn't end: {pattern.pattern!r}")


def test_an_expression_that_backtracks_without_end_is_seen():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tests.fuzz.regexes.MOST_SECONDS", 0.2)
        spent, text = slowest(re.compile(r"(?:\w+ly |truly )*good"), 400)

    assert spent > 0.1
    assert "truly truly" in text


@pytest.mark.parametrize(
    "act",
    [
        lambda: speech.spoken(f"[your words: x | 5 words]{' ' * 190_000}x"),
        lambda: citing.read_marks(f"So.{' ' * 190_000}x", {}),
        lambda: plainer._edits("“" * 20_000),
        lambda: list(preferences._QUOTED.finditer("“" * 20_000)),
        lambda: passages._PRONOUN.search(("word" + "-" * 40) * 8),
        lambda: factual._OPINION.search("It is " + "such a truly " * 400),
    ],
    ids=["blanks in a narration", "blanks before a mark", "open quotation marks", "open quotation marks in a rule", "dashes between words", "praise"],
)  # fmt: skip
def test_what_took_minutes_or_for_ever_is_done_at_once(act):
    with cpu_limit(MOST_SECONDS):
        act()
