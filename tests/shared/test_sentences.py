"""Where sentences end: tricky ones, each written with a bar where it is to be cut."""

import pytest

from app.shared.text import sentence_spans

CUT = [
    "Is it so? | No. | Then go.",
    "I said no. | She didn't mind.",
    "See No. 5 of the list. | Then stop.",
    "Nos. 3 and 4 are lost.",
    "He played J. S. Bach. | Nobody came.",
    "John F. Kennedy spoke first. | She spoke next.",
    "J. A. Smith and A. I. Jones met.",
    "I. Newton wrote it down.",
    "So did I. | Then we left. | Nobody saw it but I. | Everything was still.",
    "It has vitamin C. | That helps. | Plan B. | It was worse.",
    "You can't. | But they don't. | And it's Nick's. | So what?",
    "Use e.g. this one, i.e. The Red One. | Good.",
    "The U.S. Navy came. | It left the U.S. | Then it rained.",
    "We met at 3 p.m. | The sun was low. | We ate at 7 p.m. on the pier.",
    "Dr. Smith and Mrs. May came. | Mr. So did not.",
    "Go to St. Ives, not to Main St. | The bus is late.",
    "Apples, pears, etc. | Nobody wanted them. | Plums, etc. were gone.",
    "Acme Inc. sells it. | It was made by Acme Inc. | The rest is stolen.",
    "It was built, est. 1904, in brick.",
    "It is 3.14 or so. | It cost 5. | 7 were left.",
    "Well... maybe. | Yes... | No. | It went … on. | And on… | Then it stopped.",
    '"Stop!" he said. | "Now." | He left. | (It was late.) | Why?',
    "“Is it you?” she asked. | “No.” | „Gut.“ | «Bon.» | He went.",
    "He fell (who knows why?) and rose.",
    "It ends here.[1] | The next one.[12][3] | Then a third.² | And a fourth.[a]",
    "Was it?[4] | It was.",
    "all lower case. | it has stops. | so did i. | really? | yes! | no. | then go.",
    "What?! | Really!? | So it is.",
    "No stop at the end",
]


@pytest.mark.parametrize("marked", CUT)
def test_a_sentence_ends_where_a_reader_would_end_it(marked):
    text = marked.replace(" | ", " ")
    spans = sentence_spans(text)

    assert [span.of(text) for span in spans] == marked.split(" | ")


@pytest.mark.parametrize(
    "text", ["Ends with Dr.", "He said etc.", "So did I.", "In the U.S.", "No.", "I.", "(No.)", "..."]
)
def test_a_text_that_ends_in_an_abbreviation_is_one_sentence(text):
    assert [span.of(text) for span in sentence_spans(text)] == [text]


def test_only_the_part_that_was_asked_for_is_cut():
    text = "One. Dr. Who came. So did I. Then no. 5 left."

    assert [span.of(text) for span in sentence_spans(text, 5, 28)] == ["Dr. Who came.", "So did I."]
    assert [span.of(text) for span in sentence_spans(text, 5, 27)] == ["Dr. Who came.", "So did I"]
