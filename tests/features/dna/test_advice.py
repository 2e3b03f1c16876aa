"""What a creator is told about a text that isn't as they usually write or speak."""

import re
from dataclasses import replace

import pytest

from app.features.dna import match
from app.features.dna.advice import WORDINGS, advice, alike
from app.features.dna.signals import CATALOGUE
from tests.features.dna.speech import ENGLISH, said

BY_NAME = {signal.name: signal for signal in CATALOGUE}
FROM_TIMES_OR_PLACE = {
    "words_per_minute",
    "pauses_per_minute",
    "greeting_words",
    "words_to_value",
    "first_call_position",
}
CASES = [
    (name, value, usual)
    for name, wording in WORDINGS.items()
    for value, usual in [(1.1, 1.0), (2.0, 1.0), (30.0, 1.0), (0.6, 1.0), (0.001, 1.0), (0.0, 1.0), (1.0, 0.0)]
    if (value > 0 and usual > 0) or wording.never or wording.unit
]


def test_every_advice_is_on_a_signal_that_a_text_without_times_shows():
    assert set(WORDINGS) <= set(BY_NAME) - FROM_TIMES_OR_PLACE
    assert len(WORDINGS) == 26


@pytest.mark.parametrize(("name", "value", "usual"), CASES)
def test_advice_is_one_whole_sentence_that_compares_and_then_says_what_to_do(name, value, usual):
    said = advice(WORDINGS[name], value, usual)
    claim, to_do = said.removesuffix(".").split("; ")
    wording = WORDINGS[name]

    assert re.fullmatch(r"[A-Z][^.;{}]*(?:\d\.\d[^.;{}]*)?; [a-z][^.;{}]*\.", said)
    assert to_do == (wording.if_more if value > usual else wording.if_less)
    assert not re.search(r"more frequent|rarer|  |\b(\w+) \1\b|\b(?:0|100) %|\binf\b|\bnan\b", said)
    if wording.never and not value:
        assert claim == f"{wording.never}, though you usually do"
    else:
        assert claim.endswith(("usually do", "usually are", "usually is"))
        assert (" as " in claim) == ("times as" in claim or "twice as" in claim)


@pytest.mark.parametrize("name", WORDINGS)
def test_more_and_less_are_told_apart_and_alike_advises_nothing(name):
    wording = WORDINGS[name]

    assert wording.if_more != wording.if_less
    assert " about as " in alike(wording)
    assert ";" not in alike(wording)


@pytest.mark.parametrize(
    ("name", "value", "usual", "claim"),
    [
        ("sentence_length_mean", 14.0, 10.0, "Your sentences here are 40 % longer than they usually are"),
        ("sentence_length_mean", 4.0, 10.0, "Your sentences here are 60 % shorter than they usually are"),
        ("questions", 0.2, 0.1, "You ask twice as many questions here as you usually do"),
        ("questions", 0.25, 0.1, "You ask 2.5 times as many questions here as you usually do"),
        ("questions", 0.0, 0.1, "You ask no questions here, though you usually do"),
        ("questions", 0.1, 0.0, "You ask more questions here than you usually do"),
        ("reading_grade", 3.0, -0.5, "The reading level here is 3.5 US grades higher than it usually is"),
        ("first_hand", 6.0, 10.0, "You tell what you yourself have seen or tried 40 % less often here than you usually do"),
    ],
)  # fmt: skip
def test_the_size_of_a_difference_is_told_as_a_person_would(name, value, usual, claim):
    assert advice(WORDINGS[name], value, usual).startswith(f"{claim}; ")


def test_a_text_is_told_what_to_change_where_it_differs_and_nothing_where_it_does_not():
    usual = [
        replace(said(ENGLISH + extra), source_id=str(number)) for number, extra in enumerate((" Yes.", " No, no.", ""))
    ]
    known = match.spreads(usual, "en")

    told = {
        one.name: one.advice
        for one in match.explain(
            known, said("I did all of this on my own and it was so very slow that I lost heart. " * 6)
        )
    }
    same = match.explain(known, usual[2])

    assert set(known) <= set(WORDINGS)
    assert "times as long as they usually are; break the long ones." in told["sentence_length_mean"]
    assert all(";" not in one.advice for one in same if abs(one.deviation) < match.WORTH_SAYING)
