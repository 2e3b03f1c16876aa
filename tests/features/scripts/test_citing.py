"""Citations through edits, whatever the edit: none dangles, none moves to other words without a word about it."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from app.features.scripts import citing
from app.features.scripts.budget import Narration, fitted
from app.features.scripts.plainer import plainer
from app.features.scripts.schemas import ScriptCitation, Section, SectionEdit
from app.features.scripts.versions import edited
from app.shared.evidence import Span
from app.shared.text import words

SOURCE = UUID(int=7)
SAID = [
    "The watch called H4 lost five seconds on the voyage to Jamaica.",
    "The watch called K1 lost nine seconds on the voyage to Jamaica.",
    "A pendulum does not keep time on a ship that rolls in a swell.",
    "A pendulum does keep time on a tower that stands in a town.",
    "John Harrison was paid 8,750 pounds by the Board in 1773.",
    "John Harrison was paid 5,000 pounds by the Board in 1765.",
    "The moon was measured against a star by every navigator aboard.",
    "Nobody knew.",
    "So they sailed on.",
    "“It rolls!” said the mate – and it did, naïvely so.",
]
"""Several of them much alike, so that a careless match would take one for another."""
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


class Sentence(Struct, frozen=True):
    """A sentence with where it comes from: the number of the one in `SAID` that it was, if it still says that."""

    text: str
    origin: int | None


class Case(Struct):
    before: str
    citations: list[ScriptCitation]
    after: str
    now: list[tuple[Span, int | None]]


def laid(sentences):
    """The text, and where each sentence stands in it."""
    text, spans = "", []
    for number, one in enumerate(sentences):
        text += ("\n\n" if number % 3 == 0 else " ") if number else ""
        spans.append(Span(len(text), len(text) + len(one.text)))
        text += one.text
    return text, spans


@st.composite
def cases(draw):
    numbers = draw(st.lists(st.integers(0, len(SAID) - 1), min_size=1, max_size=7, unique=True))
    sentences = [Sentence(SAID[number], number) for number in numbers]
    before, spans = laid(sentences)
    chosen = draw(st.lists(st.sampled_from(range(len(sentences))), min_size=1, max_size=5))
    citations = [cite(before, spans[place], sentences[place].origin) for place in chosen]
    for _ in range(draw(st.integers(0, 4))):
        sentences = draw(edits(sentences))
    after, places = laid(sentences)
    return Case(before, citations, after, list(zip(places, [one.origin for one in sentences], strict=True)))


def cite(text, span, origin):
    return ScriptCitation(UUID(int=origin + 1), span, SOURCE, 1, Span(0, 5), f"quote {origin}")


@st.composite
def edits(draw, sentences):
    kept = list(sentences)
    if not kept:
        number = draw(st.integers(0, len(SAID) - 1))
        return [Sentence(SAID[number], number)]
    at = draw(st.integers(0, len(kept) - 1))
    match draw(st.sampled_from(["delete", "move", "insert", "polish", "reword", "falsify", "copy"])):
        case "delete":
            del kept[at]
        case "move":
            kept.insert(draw(st.integers(0, len(kept) - 1)), kept.pop(at))
        case "insert":
            number = draw(st.integers(0, len(SAID) - 1))
            if all(one.origin != number for one in kept):
                kept.insert(at, Sentence(SAID[number], number))
        case "polish":
            one = kept[at]
            said = one.text.split(" ")
            said.insert(
                draw(st.integers(1, len(said))) - 1 if len(said) > 1 else 0, draw(st.sampled_from(["really", "just"]))
            )
            kept[at] = Sentence(" ".join(said), one.origin)
        case "reword":
            kept[at] = Sentence(
                kept[at].text.replace(" moon ", " full moon ").replace("sailed", "went"), kept[at].origin
            )
        case "falsify":
            one = kept[at]
            wrong = [(" five ", " six "), (" nine ", " ten "), ("1773", "1774"), ("8,750", "8,570"), (" not ", " "), ("John ", "Peter "), ("H4", "H5")]  # fmt: skip
            found = [(old, new) for old, new in wrong if old in one.text]
            if found:
                old, new = draw(st.sampled_from(found))
                kept[at] = Sentence(one.text.replace(old, new), None)
        case "copy":
            kept.insert(draw(st.integers(0, len(kept))), kept[at])
    return kept


@settings(max_examples=400, deadline=None)
@given(cases())
def test_after_any_edit_a_citation_stands_on_its_own_sentence_or_is_reported_lost(case):
    moved, lost = citing.carry("s1", case.before, case.citations, case.after)

    for one in moved:
        span = one.narration_span
        assert 0 <= span.start < span.end <= len(case.after)
        origins = [origin for place, origin in case.now if place.start < span.end and span.start < place.end]
        assert origins == [one.claim_id.int - 1], (span.of(case.after), case.before, case.after)
        if not one.edited:
            assert span.of(case.after) == SAID[one.claim_id.int - 1]
    assert {one.claim_id for one in moved} | {one.claim_id for one in lost} == {one.claim_id for one in case.citations}
    assert {one.claim_id for one in moved}.isdisjoint({one.claim_id for one in lost})
    for one in lost:
        assert one.was == SAID[one.claim_id.int - 1]


@settings(max_examples=400, deadline=None)
@given(cases())
def test_a_citation_is_lost_only_where_its_sentence_no_longer_stands_as_it_was(case):
    moved, _ = citing.carry("s1", case.before, case.citations, case.after)

    standing = {origin for place, origin in case.now if origin is not None and place.of(case.after) == SAID[origin]}
    assert {one.claim_id.int - 1 for one in case.citations} & standing <= {one.claim_id.int - 1 for one in moved}


@settings(deadline=None)
@given(ANY, ANY, st.data())
def test_no_edit_of_any_text_leaves_a_citation_dangling(before, after, data):
    if not before:
        return
    start = data.draw(st.integers(0, len(before) - 1))
    span = Span(start, data.draw(st.integers(start + 1, len(before))))
    glued = data.draw(st.sampled_from([after, after + span.of(before), before[:start] + after + before[start:]]))

    moved, lost = citing.carry("s1", before, [cite(before, span, 0)], glued)

    assert moved or lost
    assert all(0 <= one.narration_span.start < one.narration_span.end <= len(glued) for one in moved)
    assert all(one.edited or one.narration_span.of(glued) in span.of(before) for one in moved)


@settings(deadline=None)
@given(cases(), st.integers(5, 120))
def test_cutting_to_a_length_takes_citations_only_with_their_sentences(case, budget):
    cut = fitted(Narration(case.before, case.citations), budget, "say it")

    for one in cut.citations:
        assert one.narration_span.of(cut.text) == SAID[one.claim_id.int - 1]
    kept = {one.claim_id for one in cut.citations}
    assert all(SAID[one.claim_id.int - 1] not in cut.text for one in case.citations if one.claim_id not in kept)


@settings(deadline=None)
@given(cases())
def test_plainer_words_keep_their_citations(case):
    plain = plainer(Narration(case.before, case.citations))

    for was, now in zip(case.citations, plain.citations, strict=True):
        said, says = was.narration_span.of(case.before), now.narration_span.of(plain.text)
        assert says == said or now.edited
        assert set(words(says)) & set(words(said))


@settings(deadline=None)
@given(cases())
def test_an_edit_by_the_creator_stores_nothing_that_dangles_whatever_ids_are_sent(case):
    before = [section("s1", case.before, case.citations), section("s2", "So they sailed on.", [])]
    sent = [
        SectionEdit(case.after, id="s1"),
        SectionEdit("Another.", id="s1"),
        SectionEdit("New."),
        SectionEdit("x", id="y"),
    ]

    after, _ = edited(before, sent)

    assert len({one.id for one in after}) == 4
    assert all(citing.stands_in(one) for one in after)
    assert all(citing.settled(one).unsupported == one.unsupported for one in after)


def section(section_id, narration, citations):
    return Section(section_id, "segment", "A part", narration, "", "", False, 0, citations)


@pytest.mark.parametrize(
    ("now", "edited_"),
    [
        ("It is not true that John Harrison was paid 8,750 pounds by the Board in 1773.", None),
        ("Hardly anybody believes today that, as some still say, John Harrison was paid 8,750 pounds by the Board in 1773.", None),
        ("Peter Harrison was paid 8,750 pounds by the Board in 1773.", None),
        ("Hooke Harrison was paid 8,750 pounds by the Board in 1773.", None),
        ("In the end John Harrison was paid 8,750 pounds by the Board in 1773.", True),
        ("A word before. John Harrison was paid 8,750 pounds by the Board in 1773. And one after.", False),
    ],
)  # fmt: skip
def test_words_that_stand_in_another_sentence_are_not_the_same_sentence(now, edited_):
    said = SAID[4]

    moved, lost = citing.carry("s1", said, [cite(said, Span(0, len(said)), 4)], now)

    assert [one.edited for one in moved] == ([] if edited_ is None else [edited_])
    assert len(lost) == (edited_ is None)


def test_of_a_told_story_the_sentences_that_stay_keep_their_citation():
    story = "I crossed the river in fog. The ferryman set a red timer. It rang and we touched the slip."
    told = f"{SAID[8]} {story} {SAID[7]}"
    start = len(SAID[8]) + 1
    citation = ScriptCitation(None, Span(start, start + len(story)), SOURCE, 1, Span(0, len(story)), story)

    moved, lost = citing.carry("s1", told, [citation], told.replace(" The ferryman set a red timer.", ""))

    now = told.replace(" The ferryman set a red timer.", "")
    assert [one.narration_span.of(now) for one in moved] == [
        "I crossed the river in fog.",
        "It rang and we touched the slip.",
    ]
    assert [one.was for one in lost] == ["The ferryman set a red timer."]


def test_a_mark_cites_the_sentence_that_it_ends_and_an_unknown_one_is_told():
    read = citing.read_marks("The sea is wide [C9]. Nobody knew [C1, C2].", {})

    assert read.narration == "The sea is wide. Nobody knew."
    assert (read.citations, read.unknown) == ([], ["C9", "C1", "C2"])
