import pytest

from app.features.dna import address
from tests.features.dna.speech import bare, ratio, said


def command(text):
    return address.is_command(said(text).sentences[0])


def test_person_is_counted_with_its_contracted_forms():
    document = said("I'm here. You've seen my cat. Let's go, we're late. It is theirs.")  # 13 words

    assert ratio(address.first_person(document)) == pytest.approx(2000 / 13)
    assert ratio(address.second_person(document)) == pytest.approx(1000 / 13)
    assert ratio(address.together(document)) == pytest.approx(2000 / 13)
    assert ratio(address.you_ratio(document)) == pytest.approx(1 / 5)


def test_person_is_the_same_in_bare_speech_recognition_without_apostrophes():
    text = "I'm sure you've seen it. You're right, and I've lost."
    assert address.you_ratio(said(bare(text).replace("'", ""))) == address.you_ratio(said(text))


def test_nobody_is_addressed_where_nobody_is_named():
    assert address.you_ratio(said("The kettle sings.")) is None


def test_a_question_ends_in_a_question_mark_also_inside_quotation_marks():
    assert ratio(address.questions(said('Why? He asked "why?" It sings. So it does.'))) == 0.5


@pytest.mark.parametrize(
    "text",
    [
        "Why does the kettle sing? Because the bubbles collapse long before the water on top is hot enough to boil away.",
        "Why does the kettle sing? Nobody knew this for a very long time, until somebody looked into a kettle made of glass.",
        "What does it weigh? Ninety grams.",
        "Is it hot? Let me think about that one for a moment, because it is a fair thing to ask of me. Yes, it is.",
    ],
)
def test_a_question_is_answered_by_a_reason_its_own_word_or_a_short_statement(text):
    assert address.answered_questions(said(text)) == (1, 1)


@pytest.mark.parametrize(
    "text",
    [
        "Why does it sing? Does anybody know? Has anybody ever looked?",
        "What does it weigh? Take a guess.",
        "What does it weigh? My uncle came over from the village that evening with a goose under each arm.",
    ],
)
def test_a_question_is_not_answered_by_another_question_a_command_or_a_digression(text):
    assert address.answered_questions(said(text))[0] == 0


@pytest.mark.parametrize(
    "text",
    [
        "Take a watch.",
        "So take a watch.",
        "Please, check it.",
        "Don't touch it.",
        "Now imagine a lake.",
        "Subscribe today!",
        "Like and subscribe.",
        "Let me know what you think.",
    ],
)
def test_a_command_begins_with_its_verb(text):
    assert command(text)


@pytest.mark.parametrize(
    "text",
    [
        "Work is hard.",
        "Take care?",
        "Let's go.",
        "Watch",
        "I take a watch.",
        "Don't you know it?",
        "Guess I was wrong.",
        "Like, it was huge.",
        "Like, the whole lot.",
        "Let me show you.",
        "The watch stops.",
    ],
)
def test_a_noun_a_question_or_a_statement_is_no_command(text):
    assert not command(text)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("It is cold and it's dark.", (1, 2)),
        ("I do not know, I don't care, I cannot go.", (1, 3)),
        ("You will see. We have seen it. They have a dog.", (0, 2)),
        ("She would go, but the dog would not.", (0, 2)),
        ("Yes, I am. Let us see.", (0, 1)),
        ("The kettle's lid, that's all.", (1, 1)),
        ("It is not here.", (0, 1)),
        ("The days that have come. What we would have come to.", (0, 1)),
    ],
)
def test_contractions_are_counted_out_of_what_could_be_contracted(text, pair):
    assert address.contractions(said(text)) == pair


def test_a_text_with_nothing_to_contract_has_no_share():
    assert address.contractions(said("Snow on the roof.")) is None


def test_a_shown_answer_is_one_quote_of_the_question_and_what_follows():
    document = said("It sings. Why does it sing? Because of the bubbles. And that is it.")

    assert [span.of(document.text) for span in address.show_answers(document)] == [
        "Why does it sing? Because of the bubbles."
    ]


def test_as_many_questions_as_a_text_may_hold_are_counted_in_one_pass():
    """Walking to each from the beginning would take this test a minute."""
    assert address.answered_questions(said("Is it? " * 60_000)) == (0, 60_000)
