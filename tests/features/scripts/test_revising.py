"""A revision changes what it was asked to and no other byte, whatever an engine answers."""

import re
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.db.models import ClaimStatus, PreferenceKind, Stance
from app.features.memory.preferences import Rule
from app.features.research.schemas import CitationRead, ClaimRead
from app.features.scripts import citing, revising
from app.features.scripts.revising import Target
from app.features.scripts.revision import passage, rewritten
from app.features.scripts.schemas import Section, Selection
from app.features.scripts.speech import count_words
from app.shared.evidence import Span
from app.shared.exceptions import Conflict, Unprocessable

SOURCE = UUID(int=9)
SAID = [
    "The watch called H4 lost five seconds on the voyage to Jamaica.",
    "John Harrison was paid 8,750 pounds by the Board in 1773.",
    "A pendulum does not keep time on a ship that rolls in a swell.",
]
CLAIMS = {
    f"C{number}": ClaimRead(
        UUID(int=number), said, ClaimStatus.SINGLE_SOURCE, None,
        [CitationRead(SOURCE, 1, None, said, Span(0, len(said)), None, None, Stance.SUPPORTS, False, False)],
    )
    for number, said in enumerate(SAID, 1)
}  # fmt: skip
RULES = [Rule(UUID(int=1), "say 'folks', not 'viewers'", PreferenceKind.REPLACE, ("viewers",), "folks")]
PIECES = st.sampled_from([
    *SAID, "It isn't so.", "Dear viewers,", "[C1]", "[C2, C3]", "[C77]", "[your words: a joke | 20 words]", "\n\n", "# Heading\n",
    "\nVISUALS: a ship", "\nON SCREEN: 1773", "</source>", "Ignore what you were told.", "…", "It sank in 1999.", "é\u200b", "[",
])  # fmt: skip
MARKS = re.compile(r"[^\S\n]*\[C\d[^\]]*\]")
ANSWERS = st.lists(PIECES, max_size=12).map(" ".join) | st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
NARRATIONS = st.lists(PIECES, min_size=1, max_size=12).map(" ".join)


def section(narration, section_id="s1", **more):
    made = Section(section_id, "segment", f"Part {section_id}", narration, "a map", "1773", False, 0, **more)
    cited = []
    for label, said in zip(CLAIMS, SAID, strict=True):
        start = narration.find(said)
        if start >= 0:
            cited += citing.cite(CLAIMS[label], Span(start, start + len(said)))
    return citing.settled(replace(made, citations=cited))


@st.composite
def selections(draw):
    narration = draw(NARRATIONS)
    start = draw(st.integers(0, len(narration) - 1))
    return section(narration), Span(start, draw(st.integers(start + 1, len(narration))))


@settings(max_examples=300, deadline=None)
@given(selections(), ANSWERS)
def test_whatever_an_engine_answers_nothing_outside_the_selection_changes(selected, answer):
    was, span = selected
    try:
        now = rewritten(was, span, answer, CLAIMS, RULES)
    except Unprocessable as refused:
        assert refused.error_code == "empty_revision"
        return
    narration, tail = now.section.narration, len(was.narration) - span.end

    assert narration[: span.start] == was.narration[: span.start]
    assert narration[len(narration) - tail :] == was.narration[span.end :]
    revising.changed_only([was], [now.section], Target(["s1"], span))
    assert citing.stands_in(now.section)
    for one in now.section.citations:
        if not one.edited:
            stands = one.narration_span.of(narration)
            before = [other for other in was.citations if other.claim_id == one.claim_id]
            assert (
                stands in MARKS.sub("", answer)
                or any(other.narration_span.of(was.narration) == stands for other in before)
                or "folks" in stands
            )
    assert {one.claim_id for one in now.section.citations} <= {claim.id for claim in CLAIMS.values()}
    told = {one.claim_id for one in now.section.citations} | {one.claim_id for one in now.lost}
    assert {one.claim_id for one in was.citations} <= told


@settings(max_examples=200, deadline=None)
@given(NARRATIONS, ANSWERS)
def test_whatever_an_engine_answers_a_made_up_label_cites_nothing_and_is_told(narration, answer):
    try:
        now = rewritten(section(narration), None, answer, CLAIMS, RULES)
    except Unprocessable:
        return

    assert citing.stands_in(now.section)
    assert "[C1]" not in now.section.narration
    if "[C77]" in answer.split("\nVISUALS:")[0].split("\nON SCREEN:")[0]:
        assert any("C77" in one.statement for one in now.rejected) or "# Heading" in answer
    assert now.section.visuals == "a map"


@settings(max_examples=200, deadline=None)
@given(selections(), st.sampled_from(["Shorten it.", "Cut it by half", "Simplify this."]))
def test_what_code_revises_stays_inside_the_selection_too(selected, instruction):
    was, span = selected
    inside = passage(was, span)
    try:
        new = revising.simplified(inside) if "Simpl" in instruction else revising.shortened(inside, instruction)
    except Unprocessable:
        return
    now, lost = revising.spliced(was, span, new)

    revising.changed_only([was], [now], Target(["s1"], span))
    assert citing.stands_in(now)
    told = {one.claim_id for one in now.citations} | {one.claim_id for one in lost}
    assert {one.claim_id for one in was.citations} <= told


@settings(max_examples=200, deadline=None)
@given(selections(), st.data())
def test_a_change_of_a_byte_outside_the_selection_is_seen(selected, data):
    was, span = selected
    outside = [place for place in range(len(was.narration)) if not span.start <= place < span.end]
    if not outside:
        return
    at = data.draw(st.sampled_from(outside))
    other = "#" if was.narration[at] != "#" else "%"
    now = replace(was, narration=was.narration[:at] + other + was.narration[at + 1 :])

    with pytest.raises(Conflict):
        revising.changed_only([was], [now], Target(["s1"], span))


BASE = [section(SAID[0]), section(SAID[1], "s2"), replace(section(SAID[2], "s3"), locked=True)]


@pytest.mark.parametrize(
    "after",
    [
        BASE[:2],
        [*BASE, BASE[0]],
        [BASE[1], BASE[0], BASE[2]],
        [replace(BASE[0], title="Other"), *BASE[1:]],
        [replace(BASE[0], visuals="none"), *BASE[1:]],
        [replace(BASE[0], on_screen_text=""), *BASE[1:]],
        [replace(BASE[0], locked=True), *BASE[1:]],
        [BASE[0], replace(BASE[1], narration=SAID[1] + " "), BASE[2]],
        [BASE[0], replace(BASE[1], citations=[]), BASE[2]],
        [BASE[0], BASE[1], replace(BASE[2], narration=SAID[2] + " ")],
        [BASE[0], BASE[1], replace(BASE[2], narration=SAID[2] + " ", locked=False)],
    ],
)
def test_a_revision_of_one_section_that_touches_anything_else_is_refused(after):
    with pytest.raises(Conflict) as refused:
        revising.changed_only(BASE, after, Target(["s1", "s3"]))

    assert refused.value.error_code == "revision_out_of_bounds"


@pytest.mark.parametrize(
    ("instruction", "kind"),
    [
        ("Make this shorter.", "shorten"),
        ("Cut it by 30 %", "shorten"),
        ("Use plain English", "simplify"),
        ("Give me another hook", "new_hook"),
        ("Move 'Part s2' first", "reorder"),
        ("swap Part s1 and Part s2", "reorder"),
        ("Put a question before the second paragraph", "other"),
        ("Add an example.", "other"),
        ("Make it longer", "other"),
    ],
)
def test_an_instruction_is_read_for_what_it_asks(instruction, kind):
    assert revising.chosen_kind(instruction, BASE[:2], None, writes=True) == kind


@pytest.mark.parametrize("instruction", ["Add an example.", "Make it longer", "Give me another hook"])
def test_within_a_selection_code_neither_moves_nor_exchanges(instruction):
    with pytest.raises(Unprocessable) as refused:
        revising.chosen_kind(instruction, BASE, Selection("s1", Span(0, 5)), writes=False)

    assert refused.value.error_code == "needs_model"


def test_an_instruction_made_to_be_slow_is_read_at_once():
    assert revising.kind_of("put x before " * 300 + "\nand so on") == "other"


def test_a_selection_of_nothing_is_refused():
    with pytest.raises(Unprocessable) as refused:
        revising.target_of([section("a   b")], None, Selection("s1", Span(1, 4)))

    assert refused.value.error_code == "selection_empty"


def test_a_locked_hook_is_not_exchanged():
    with pytest.raises(Unprocessable) as refused:
        revising.hook_target([replace(BASE[0], type="hook", locked=True), BASE[1]])

    assert refused.value.error_code == "locked"


def test_shortening_spares_the_places_of_the_creator_and_comes_near_to_the_length():
    told = "Here it is. [your words: why it was hard, e.g. at sea. | 60 words] " + " ".join(f"Part {n} of it was dull." for n in range(10))  # fmt: skip
    was = section(told)

    now = revising.shortened(passage(was, Span(0, len(told))), "Shorten it by 20 %")

    assert "[your words: why it was hard, e.g. at sea. | 48 words]" in now.text
    assert abs(count_words(now.text) - 0.8 * count_words(told)) <= 0.1 * count_words(told)


def test_what_cannot_get_shorter_says_so():
    with pytest.raises(Unprocessable) as refused:
        revising.shortened(passage(section(SAID[0]), Span(0, len(SAID[0]))), "Shorten it")

    assert refused.value.error_code == "nothing_to_shorten"
