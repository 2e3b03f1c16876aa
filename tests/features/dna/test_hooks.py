import json
from collections import Counter

import pytest

from app.features.dna import hooks, openings
from app.features.dna.corpus import Document, plain_document
from app.features.dna.exemplars import exemplars
from app.shared.evidence import Span
from benchmarks.openings import LABELS, agreement, hook_scores, opening_scores

ROWS = [json.loads(line) for line in (LABELS / "openings.jsonl").read_text(encoding="utf-8").splitlines()]
KINDS = {*hooks.WEIGHTS}


def test_the_labelled_openings_are_many_different_and_of_every_kind():
    assert len({row["text"] for row in ROWS}) == len(ROWS) >= 300
    assert {kind for row in ROWS for kind in row["hook"]} == KINDS
    assert all(25 <= len(row["text"].split()) <= 90 for row in ROWS)
    assert Counter(row["style"] for row in ROWS)["bare"] >= len(ROWS) / 6


def test_the_second_pass_of_labels_agrees_with_the_first():
    assert agreement()["kappa"] > 0.9


def test_hooks_that_were_held_out_are_told_apart():
    scores = hook_scores("held_out")
    assert scores["accuracy"] >= 0.75
    assert scores["within_two"] >= 0.85
    assert scores["macro_f1"] >= 0.7


def test_a_hook_that_is_sure_is_right_more_often_also_on_unforeseen_openings():
    scores = hook_scores("unseen")
    assert scores["accuracy_where_sure"] > scores["accuracy"] > 1 / 3
    assert scores["accuracy_where_sure"] >= 0.75


def test_a_greeting_is_counted_and_does_not_decide_the_hook():
    plain = (
        "Why does bread go stale faster in the fridge? It feels like it should be the other way round, and it isn't."
    )
    greeted = plain_document(f"Hey everyone, welcome back to the channel. {plain}")

    assert hooks.hook_type(greeted) == hooks.hook_type(plain_document(plain)) == "question"
    assert openings.greeting_words(greeted) == (7, 1)
    assert openings.greeting_words(plain_document(plain)) == (0, 1)
    assert [span.of(greeted.text) for span in openings.show_greeting(greeted)] == [
        "Hey everyone, welcome back to the channel. "
    ]


@pytest.mark.parametrize("half", ["fit", "held_out", "unseen"])
def test_greetings_end_where_the_labels_say(half):
    assert opening_scores(half)["greeting_exact"] >= 0.9


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It was a long time coming, and it took forty tonnes of steel.", 9),
        ("We went there together, up the hill, to see Lisbon in the rain.", 9),
        ("Take the battery out and look at it.", 0),
        ("Nothing here is of any use whatever.", 7),
    ],
)
def test_words_to_value_are_those_before_the_first_number_name_or_instruction(text, words):
    assert openings.words_to_value(plain_document(text)) == (words, 1)


def test_the_span_of_a_hook_holds_its_first_words_and_no_greeting():
    for row in ROWS[:60]:
        document = plain_document(row["text"])
        found = hooks.hook(document)
        assert found is not None
        assert found.span.of(row["text"]).split()[0] == row["text"].split()[openings.opening(document).greeting_words]


def test_a_distribution_counts_every_source_once_and_quotes_it():
    documents = [Document(row["id"], row["text"], [Span(0, len(row["text"]))]) for row in ROWS]
    found = hooks.hook_distribution(documents)

    assert found.n_sources == sum(kind.count for kind in found.types) == len(documents)
    assert sum(kind.share for kind in found.types) == pytest.approx(1, abs=0.01)
    assert [kind.count for kind in found.types] == sorted((kind.count for kind in found.types), reverse=True)
    texts = {row["id"]: row["text"] for row in ROWS}
    for kind in found.types:
        assert kind.example.span.of(texts[kind.example.source_id]) == kind.example.quote
        assert kind.sure <= kind.count


def test_the_order_of_sources_does_not_change_how_often_a_hook_is_counted():
    documents = [plain_document(row["text"]) for row in ROWS[:50]]
    forwards, backwards = hooks.hook_distribution(documents), hooks.hook_distribution(documents[::-1])

    assert {kind.type: kind.count for kind in forwards.types} == {kind.type: kind.count for kind in backwards.types}


def test_other_languages_than_english_are_not_guessed():
    german = plain_document("Warum wird Brot im Kühlschrank schneller alt? Das sollte doch andersherum sein.")
    assert hooks.hook_distribution([german], "de") == hooks.HookDistribution("not_available", 0, [])


@pytest.mark.parametrize(
    "text", ["", "   \n\n ", "?!", "Hi.", "Hello everyone, welcome back to the show!", "1 2 3 " * 400]
)
def test_an_opening_that_says_nothing_is_read_calmly(text):
    document = plain_document(text)
    assert (hooks.hook(document) is None) == (not document.words)
    openings.words_to_value(document)
    openings.greeting_words(document)


def test_exemplars_are_quotes_of_each_kind_from_different_sources():
    texts = {
        f"s{n}": f"Hi, I'm Ada. Why is tea {colour}? Nobody asks. So here is the thing about it. "
        "It works like a sponge that somebody left in a bucket of ink overnight and forgot. Thanks for watching, bye!"
        for n, colour in enumerate(["green", "black", "white", "red", "brown", "amber"])
    }
    found = exemplars([Document(source, text, [Span(0, len(text))]) for source, text in texts.items()])

    assert Counter(one.kind for one in found) == {"hook": 4, "explanation": 4, "transition": 4, "ending": 4}
    assert all(one.evidence.span.of(texts[one.evidence.source_id]) == one.evidence.quote for one in found)
    assert all(one.evidence.quote.startswith("Why is tea") for one in found if one.kind == "hook")
    assert all(one.evidence.quote.startswith("It works like a sponge") for one in found if one.kind == "explanation")
