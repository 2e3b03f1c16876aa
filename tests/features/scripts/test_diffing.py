"""The word diff rebuilds both sides, and taking changes back gives exactly what was asked."""

from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.features.scripts import citing, diffing
from app.features.scripts.schemas import ScriptCitation, Section
from app.shared.evidence import Span

WORDS = st.sampled_from(["the", "moon", "pulls", "water", "it's", "8,750", "1773.", "“well”", "so-called", "naïve", "—", "\n\n", "  ", "a"])  # fmt: skip
PROSE = st.lists(WORDS, max_size=40).map(" ".join)
ANY = PROSE | st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def section(narration, section_id="s1", **more):
    return Section(section_id, "segment", f"Part {section_id}", narration, "", "", False, 0, **more)


@st.composite
def scripts(draw):
    """Two versions of a script: sections stay, change, go and come."""
    ids = draw(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5, unique=True))
    before = [section(draw(ANY), one) for one in ids]
    kept = [one for one in before if draw(st.booleans())]
    after = [replace(one, narration=draw(ANY)) if draw(st.booleans()) else one for one in kept]
    after += [section(draw(ANY), one) for one in draw(st.lists(st.sampled_from("uvw"), max_size=2, unique=True))]
    return before, after


def rebuilt(operations, without):
    return "".join(one.text for one in operations if one.op != without)


@settings(max_examples=300, deadline=None)
@given(ANY, ANY)
def test_a_diff_rebuilds_both_sides_and_runs_are_never_empty(before, after):
    operations = list(diffing.operate("s1", before, after))

    assert rebuilt(operations, "insert") == before
    assert rebuilt(operations, "delete") == after
    assert all(one.text for one in operations)
    assert all((one.change_id is None) == (one.op == "equal") for one in operations)
    assert operations == list(diffing.operate("s1", before, after))


@settings(max_examples=300, deadline=None)
@given(ANY, ANY, st.data())
def test_each_change_is_taken_back_by_itself(before, after, data):
    operations = list(diffing.operate("s1", before, after))
    ids = list(dict.fromkeys(one.change_id for one in operations if one.change_id))
    rejected = set(data.draw(st.lists(st.sampled_from(ids), unique=True))) if ids else set()

    (kept,) = diffing.without_changes([section(before)], [section(after)], rejected)

    wanted = "".join(
        one.text for one in operations if one.op == "equal" or (one.op == "delete") == (one.change_id in rejected)
    )
    assert kept.narration == wanted
    assert len([one for one in operations if one.change_id]) <= 2 * len(ids)


@settings(deadline=None)
@given(scripts())
def test_rejecting_nothing_is_the_new_version_and_rejecting_all_is_the_old(pair):
    before, after = pair
    everything = diffing.change_ids(diffing.diff(before, after))

    assert diffing.without_changes(before, after, set()) == after
    back = {one.id: one.narration for one in diffing.without_changes(before, after, everything)}
    old = {one.id: one.narration for one in before}
    assert {key: said for key, said in back.items() if key in old} == {
        key: said for key, said in old.items() if said or key in back
    }
    assert all(not said for key, said in back.items() if key not in old)


@settings(deadline=None)
@given(scripts())
def test_change_ids_are_of_one_place_and_sections_tell_what_became_of_them(pair):
    before, after = pair
    found = diffing.diff(before, after)

    places = [
        (section.section_id, one.change_id) for section in found for one in section.operations if one.op == "insert"
    ]
    assert len(places) == len(set(places))
    old, new = {one.id for one in before}, {one.id for one in after}
    assert {one.section_id for one in found if one.status == "added"} == new - old
    assert {one.section_id for one in found if one.status == "removed"} == old - new
    assert [one.section_id for one in found][: len(after)] == [one.id for one in after]


def test_a_section_that_comes_back_stands_where_it_stood():
    before = [section(f"Text of {one}.", one) for one in "abc"]
    after = [before[0], before[2]]

    kept = diffing.without_changes(before, after, diffing.change_ids(diffing.diff(before, after)))

    assert [one.id for one in kept] == ["a", "b", "c"]


def test_a_number_and_what_changes_in_one_go_are_one_change():
    operations = list(diffing.operate("s1", "He got 8,750 pounds in all.", "She was paid 9,000 pounds in all."))

    assert [(one.op, one.text) for one in operations if one.op != "equal"] == [
        ("delete", "He got 8,750"),
        ("insert", "She was paid 9,000"),
    ]


def test_a_text_made_to_be_slow_is_one_change():
    before, after = "a " * 40_000, "b " + "a " * 39_998 + "c "

    operations = list(diffing.operate("s1", "x " + before + "y", "x " + after + "y"))

    assert rebuilt(operations, "insert") == f"x {before}y"
    assert rebuilt(operations, "delete") == f"x {after}y"
    assert sum(one.op == "delete" for one in operations) == 1


def test_a_change_that_is_taken_back_brings_its_citation_back():
    said = "The Board paid him 8,750 pounds in 1773."
    source = UUID(int=3)
    before = section(
        f"Well. {said}", citations=[ScriptCitation(UUID(int=1), Span(6, 6 + len(said)), source, 1, Span(0, 9), "q")]
    )
    after = citing.settled(section("Well. The Board paid him 9,000 pounds in 1773."))
    ids = diffing.change_ids(diffing.diff([before], [after]))

    sections, lost = diffing.with_citations([before], [after], diffing.without_changes([before], [after], ids))

    assert sections[0].narration == before.narration
    assert [one.narration_span.of(sections[0].narration) for one in sections[0].citations] == [said]
    assert (lost, sections[0].unsupported) == ([], [])
