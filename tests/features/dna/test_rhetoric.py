import pytest

from app.features.dna import loops, rhetoric
from app.features.dna.corpus import plain_document
from benchmarks.openings import analogy_scores, loop_scores


def shown(found, text):
    return [span.of(text) for span in found(plain_document(text))]


def test_sentences_that_begin_alike_are_an_anaphora():
    text = "Every morning we weigh it. Every morning it has lost a gram. Then we stop."
    assert shown(rhetoric.show_anaphora, text) == ["Every morning we weigh it. Every morning it has lost a gram."]
    assert rhetoric.anaphora(plain_document(text)) == (100, 3)


def test_clauses_that_begin_alike_three_times_are_an_anaphora():
    text = "No gadgets here, no angles to learn, no fuss at all."
    assert shown(rhetoric.show_anaphora, text) == [text]
    assert shown(rhetoric.show_anaphora, "No gadgets here, two angles to learn, no fuss at all.") == []


@pytest.mark.parametrize(
    "text",
    [
        "It is late. It is dark outside.",
        "And the door was open. And the light was on.",
        "I think it works. I think we can go.",
        "You know it well. You know it too.",
        "Stop. Stop.",
    ],
)
def test_pronouns_and_auxiliaries_that_recur_are_grammar(text):
    assert shown(rhetoric.show_anaphora, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "The valve works like a bouncer at the door of a club.",
        "Think of it as a slow bonfire.",
        "Imagine you're standing on a very large egg.",
        "The kernel is the heart of the system.",
        "It's like a map that has been pinned to the wall.",
    ],
)
def test_markers_of_analogy_are_found(text):
    assert shown(rhetoric.show_analogies, text) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "I'd like a cup of tea with that.",
        "We like the red one in the corner.",
        "That sounds like a good plan for the rest of us.",
        "It took like a week to get there.",
        'He was like "oh no" about the whole thing.',
        "It is the end of the day.",
        "I imagine you have seen it already.",
        "It is one of the best.",
    ],
)
def test_taste_report_and_filler_are_no_analogies(text):
    assert shown(rhetoric.show_analogies, text) == []


def test_where_like_is_a_filler_it_marks_no_analogy():
    said = "It's like a door that sticks in the wet."
    hesitant = f"{'So like we went and like saw it and like left. ' * 9}{said}"

    assert shown(rhetoric.show_analogies, said) == [said]
    assert shown(rhetoric.show_analogies, hesitant) == []


def test_lists_are_counted_off_or_announced():
    counted = "First, wet the stone. It should drip. Second, lift the spine. Third, push."
    announced = "There are three reasons for that. They are all dull."

    assert shown(rhetoric.show_lists, counted) == ["First, wet the stone."]
    assert shown(rhetoric.show_lists, announced) == ["There are three reasons for that."]
    assert shown(rhetoric.show_lists, "First I went home. Then I slept for a second or two.") == []
    assert rhetoric.lists(plain_document(announced)) == (1000, 10)


TEASED = (
    "I'll come back to the burr in a minute. Lay the blade flat. Push it away from you. Do that ten times. "
    "Now, remember the burr? Strip it off."
)


def test_a_loop_that_is_taken_up_is_closed_where_that_is_said():
    (loop,) = loops.find_loops(plain_document(TEASED))

    assert (loop.kind, loop.span.of(TEASED)) == ("teaser", "I'll come back to the burr in a minute.")
    assert loop.closed_at is not None
    assert loop.closed_at.of(TEASED) == "Now, remember the burr?"
    assert loops.closed_loops(plain_document(TEASED)) == (1, 1)


def test_a_loop_that_is_forgotten_stays_open():
    text = (
        "I'll come back to the burr in a minute. Lay the blade flat. Push it away. Do that ten times. Dry your hands."
    )
    (loop,) = loops.find_loops(plain_document(text))

    assert loop.closed_at is None
    assert loops.closed_loops(plain_document(text)) == (0, 1)
    assert loops.show_closed(plain_document(text)) == []


def test_a_question_at_the_start_that_is_answered_at_once_opens_no_loop():
    body = " The wheel turns. It has turned for years and nobody minds it much." * 8
    answered = f"Why does bread go stale? Bread goes stale when starch sets. It is simple.{body}"
    unanswered = f"Why does bread go stale? Nobody had asked. We drove to the mill.{body}"

    assert [loop.kind for loop in loops.find_loops(plain_document(answered))] == []
    assert [loop.kind for loop in loops.find_loops(plain_document(unanswered))] == ["question"]


def test_texts_without_loops_have_no_share_of_closed_ones():
    assert loops.closed_loops(plain_document("It rained all day.")) is None
    assert loops.open_loops(plain_document("It rained all day.")) == (0, 4)
    assert loops.open_loops(plain_document("")) is None


@pytest.mark.parametrize("half", ["fit", "held_out"])
def test_loops_and_analogies_are_more_often_right_than_wrong(half):
    assert loop_scores(half)["precision"] >= 0.7
    assert loop_scores(half)["recall"] >= 0.6
    assert analogy_scores(half)["precision"] >= 0.85
    assert analogy_scores(half)["recall"] >= 0.4
