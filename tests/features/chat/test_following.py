"""What a message asks when it goes on from what was said before, and how an answer is put together and taken apart."""

from uuid import uuid4

import pytest

from app.db.models import Stance
from app.features.chat.composing import ERASED, compose, forget, take_apart
from app.features.chat.following import leans_back, readings, words_of
from app.features.chat.material import Said, Turn
from app.features.research.schemas import CitationRead
from app.shared.evidence import Span

MAKER = Turn("Who made the copy of H4?", "Larcum Kendall finished an exact copy of H4 in 1769.")


@pytest.mark.parametrize("message", [
    "And how much did it cost?", "When did he die?", "Why?", "What about Jamaica?", "Tell me more", "And in Barbados?", "How many?",
    "Who paid them?", "What happened then?", "What was its price?", "And why is that?", "What did Harrison think of him?",
])  # fmt: skip
def test_a_message_that_points_back_is_seen(message):
    assert leans_back(message)


@pytest.mark.parametrize("message", [
    "How much did Kendall's copy of H4 cost?", "When did Harrison get his reward?", "Why was it so hard to find longitude at sea?",
    "How did navigators find their longitude?", "What is a lunar distance?", "How slow was H4 when it arrived in Jamaica?",
    "What was the reward that Parliament offered?", "Is there a museum in Greenwich?",
])  # fmt: skip
def test_a_whole_question_is_left_alone(message):
    assert not leans_back(message)
    assert [[one.question for one in likely] for likely in readings(message, [MAKER])] == [[message]]


def test_half_of_what_is_asked_is_the_message_and_at_most_half_what_it_goes_on_from():
    topic, named = readings("And how much did it cost?", [MAKER])[0]
    own = {"much", "cost"}

    for one, carried in ((topic, {"copi", "h4"}), (named, {"kendal", "larcum", "h4"})):
        assert own | carried <= one.terms.keys()
        mine = sum(weight for stem, weight in one.terms.items() if stem in own)
        assert sum(weight for stem, weight in one.terms.items() if stem not in own) <= mine * 1.001
        assert one.wanted == "number"


def test_the_thread_is_kept_over_several_messages_and_thanks_do_not_cut_it():
    turns = [MAKER, Turn("And how much did it cost?", "Kendall's copy of H4 cost 450 pounds."), Turn("Thanks!")]
    asked = readings("Why?", turns)[0][0]

    assert {"copi", "h4", "cost"} <= asked.terms.keys()
    assert asked.wanted == "broad"


def test_asking_about_something_else_drops_the_names_and_keeps_the_question():
    asked = readings("What about Barbados?", [Turn("How slow was H4 when it arrived in Jamaica?", "It was slow.")])[0][
        0
    ]

    assert {"barbado", "slow", "arriv"} <= asked.terms.keys()
    assert not {"jamaica", "h4"} & asked.terms.keys()


@pytest.mark.parametrize("message", ["Thanks!", "hello there", "Ok, great.", "How tall is it?", "And so?"])
def test_a_message_that_names_nothing_asks_nothing_where_nothing_was_said_before(message):
    assert readings(message, [])[0][0].terms == {}


def test_what_is_searched_for_is_the_message_with_what_it_goes_on_from():
    assert words_of(readings("And how much did it cost?", [MAKER])).startswith("And how much did it cost? ")
    assert "H4" in words_of(readings("And how much did it cost?", [MAKER]))


def cited(quote, source=None, stance=Stance.SUPPORTS):
    return CitationRead(source or uuid4(), 1, None, quote, Span(0, len(quote)), None, None, stance, False, False)


def test_an_answer_comes_apart_as_it_was_put_together():
    sentences = [
        Said("It is tall.", [cited("It is tall."), cited("Very tall.")]),
        Said("It is old.", [cited("It is old.")]),
    ]
    text, citations = compose(sentences)

    assert text == "It is tall. It is old."
    assert [one.text_span.of(text) for one in citations] == ["It is tall.", "It is tall.", "It is old."]
    assert take_apart(text, citations) == sentences


def test_a_lost_source_takes_its_words_along_and_a_paraphrase_stays_while_another_quote_carries_it():
    gone, left = uuid4(), uuid4()
    long = "The tower of Hallam is 62 metres tall and was built of canal stone."
    erased, taken_over, paraphrase = forget(
        [
            Said(long, [cited(long, gone)]),
            Said(long, [cited(long, gone), cited("Hallam's tower: 62 metres.", left)]),
            Said("It measures 62 m.", [cited(long, gone), cited("Hallam's tower: 62 metres.", left)]),
        ],
        gone,
    )

    assert (erased.text, taken_over.text, paraphrase.text) == (
        ERASED,
        "Hallam's tower: 62 metres.",
        "It measures 62 m.",
    )
    assert [
        one.quote for said in (erased, taken_over, paraphrase) for one in said.citations if one.source_id == gone
    ] == [None] * 3
