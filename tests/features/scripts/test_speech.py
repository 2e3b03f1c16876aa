"""What is spoken of a narration, and for how long."""

from hypothesis import given
from hypothesis import strategies as st

from app.features.scripts.speech import (
    count_words,
    placeholder,
    placeholders,
    seconds_for,
    seconds_of,
    spoken,
    spoken_words,
)
from app.shared.text import words

SAID = "Ships were lost. [your words: why you care | 45 words] Then came a clock."


def test_a_placeholder_reserves_its_words_and_their_time_but_is_not_spoken():
    assert spoken(SAID) == "Ships were lost. Then came a clock."
    assert (spoken_words(SAID), count_words(SAID)) == (7, 52)
    assert seconds_of(SAID, 104) == 30
    assert seconds_for(75, 150) == 30


def test_a_placeholder_is_found_with_its_kind_its_text_and_its_place():
    story = "First. [Your story: the ferry at dusk | 60 words]"
    (found,) = placeholders(story)

    assert (found.kind, found.text, found.words) == ("story", "the ferry at dusk", 60)
    assert found.span.of(story) == "[Your story: the ferry at dusk | 60 words]"


def test_a_placeholder_that_says_no_number_reserves_nothing_and_is_not_spoken():
    assert count_words("[your words: an example] Done.") == 1
    assert spoken("[your words: an example] Done.") == "Done."


def test_other_brackets_are_spoken_like_any_words():
    assert spoken("He said [sic] so [your hat: red].") == "He said [sic] so [your hat: red]."


def test_a_placeholder_before_a_full_stop_or_alone_in_its_paragraph_leaves_no_gap():
    assert spoken("I was there [your words: when | 3 words]. It rained.") == "I was there. It rained."
    assert spoken("One.\n\n[your story: it | 9 words]\n\nTwo.") == "One.\n\nTwo."
    assert spoken("[your words: all of it | 90 words]") == ""


@given(st.text(), st.integers(-5, 20_000), st.sampled_from(["words", "story"]))
def test_whatever_a_placeholder_asks_for_it_is_read_back_as_one(asks, word_count, kind):
    (found,) = placeholders(placeholder(asks, word_count, kind))

    assert (found.kind, found.words) == (kind, min(max(word_count, 1), 9999))


@given(st.text(alphabet="ab .\n[]|:0your wds") | st.text())
def test_the_words_that_are_counted_are_those_that_are_spoken_and_those_that_are_reserved(narration):
    assert spoken_words(narration) == len(words(spoken(narration)))
    assert count_words(narration) == spoken_words(narration) + sum(one.words for one in placeholders(narration))
