"""Which sentences could be checked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.features.research.factual import factual_sentences, states_a_fact
from tests.features.research.statements import FACTS, OTHERS


def test_of_a_hundred_labelled_sentences_nine_in_ten_are_told_rightly():
    hits = sum(states_a_fact(one) for one in FACTS)
    alarms = sum(states_a_fact(one) for one in OTHERS)

    assert len(FACTS) + len(OTHERS) >= 100
    assert hits / len(FACTS) >= 0.92, [one for one in FACTS if not states_a_fact(one)]
    assert hits / (hits + alarms) >= 0.95, [one for one in OTHERS if states_a_fact(one)]


@pytest.mark.parametrize("said", [
    "Was the bridge opened in 1932?", "[The bridge was opened in 1932.]", "## The bridge of 1932", "In 1932", "",
    "I saw the bridge in 1932.", "Look at the bridge of 1932.",
])  # fmt: skip
def test_a_year_alone_makes_no_fact(said):
    assert not states_a_fact(said)


def test_factual_sentences_stand_where_they_are_said():
    text = "Hello! The bridge was opened in 1932. Isn't it lovely? It is 503 metres long."

    assert [span.of(text) for span in factual_sentences(text)] == [
        "The bridge was opened in 1932.", "It is 503 metres long.",
    ]  # fmt: skip


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error(text):
    assert all(states_a_fact(span.of(text)) for span in factual_sentences(text))
