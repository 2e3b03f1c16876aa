"""A script in its other forms without a model."""

from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.db.models import PreferenceKind, RepurposingFormat
from app.features.memory.preferences import Rule
from app.features.repurposing.assembling import assemble, cue
from app.features.repurposing.choosing import leaning
from app.features.repurposing.limits import broken, word_count
from app.features.repurposing.posts import LONGEST_POST, weight
from app.features.scripts.exports.sentences import sentences_of
from app.shared.exceptions import Unprocessable
from tests.features.repurposing.pieces import MOON, SOURCE, WATCH, citation, clocks, script_of

FORMS = list(RepurposingFormat)
SHORTS, BLOG, NEWSLETTER, THREAD = FORMS


def texts(written):
    return [part.text for part in written.parts]


def said(written):
    return "\n".join(texts(written))


@pytest.mark.parametrize("form", FORMS)
def test_every_sentence_of_a_piece_is_one_of_the_scripts_and_keeps_its_citation(form):
    sections = clocks()
    cited = {one.text: one.citations for one in sentences_of(sections)}
    written = assemble(form, "Where are we?", sections)

    found = 0
    for part in written.parts:
        for one in part.citations:
            assert one.source_id == SOURCE
            assert one.quote == one.span.of(part.text)
            assert [each.claim_id for each in cited[one.span.of(part.text)]] == [one.claim_id]
            found += 1
    assert found >= 3
    assert written.engine == "offline"
    assert broken(form, written.title, written.parts, 150) == []


@pytest.mark.parametrize("form", FORMS)
def test_what_is_still_the_creators_to_write_is_named_and_not_said(form):
    written = assemble(form, "Where are we?", clocks())

    assert "[your" not in said(written)
    assert [(one.statement, "The watch" in one.reason) for one in written.rejected] == [("why that matters", True)]


def test_a_short_is_hook_points_and_question_within_a_minute_at_the_creators_pace():
    written = assemble(SHORTS, "Where are we?", clocks(), 60)

    assert [part.type for part in written.parts] == ["hook", "point", "point", "ending"]
    assert word_count(written.parts) <= 60
    assert written.parts[0].text.startswith("How do you know where you are at sea?")
    assert written.parts[-1].text == "Which of the two would you have trusted?"


def test_a_blog_post_keeps_every_section_its_paragraphs_and_its_unsupported_sentence():
    written = assemble(BLOG, "Where are we?", clocks())

    assert [part.title for part in written.parts] == ["The fog", "The watch", "The moon", "Farewell"]
    assert f"{WATCH[1]}\n\n{WATCH[2]}" in written.parts[1].text
    moon = written.parts[2]
    assert [span.of(moon.text) for span in moon.unsupported] == ["The Royal Society paid for all of it in 1790."]


@pytest.mark.parametrize("form", [SHORTS, NEWSLETTER, THREAD])
def test_what_no_source_carries_is_no_point_of_a_short_form(form):
    assert "Royal Society" not in said(assemble(form, "Where are we?", clocks()))


def test_a_newsletter_has_a_subject_an_opening_three_points_at_most_and_a_question():
    written = assemble(NEWSLETTER, "Where are we?", clocks())

    kinds = [part.type for part in written.parts]
    assert kinds[0] == "subject"
    assert kinds[-1] == "question"
    assert 1 <= kinds.count("point") <= 3
    assert written.title == written.parts[0].text == "How do you know where you are at sea?"


def test_a_thread_is_numbered_and_no_post_is_too_long():
    long = "The watch was carried on the ship, " + ", ".join(f"past island number {one}" for one in range(40)) + "."
    sections = script_of(("Start", "Hook here for you.", []), ("Long", f"{long} {WATCH[0]}", [long, WATCH[0]]))
    written = assemble(THREAD, "Where are we?", sections)

    assert all(weight(post) <= LONGEST_POST for post in texts(written))
    assert [part.title for part in written.parts] == [
        f"{n}/{len(written.parts)}" for n in range(1, len(written.parts) + 1)
    ]
    assert all(part.text.startswith(f"{part.title} ") for part in written.parts)


@pytest.mark.parametrize("form", [SHORTS, NEWSLETTER, THREAD])
def test_what_sources_dispute_is_left_out_of_a_short_form_and_said_to_be(form):
    sections = clocks()
    disputed = sections[1].citations[2].claim_id
    written = assemble(form, "Where are we?", sections, disputed={disputed})

    assert WATCH[2] not in said(written)
    assert any(one.statement == WATCH[2] and "sources differ" in one.reason for one in written.rejected)


def test_a_blog_post_leaves_out_only_the_dispute_that_the_creator_has_not_settled():
    sections = clocks()
    narration = f"{WATCH[0]}\n\n[your words: your sources differ here; say which you trust. | 20 words]\n\n{WATCH[2]}"
    sections[1] = replace(
        sections[1], narration=narration, citations=[citation(narration, WATCH[0]), citation(narration, WATCH[2])]
    )
    written = assemble(BLOG, "Where are we?", sections, disputed={one.claim_id for one in sections[1].citations})

    assert WATCH[0] not in said(written)
    assert WATCH[2] in said(written)


def test_a_story_is_told_whole_or_not_at_all():
    story = "I was nine. The fog was thick that day. The ferryman set a red timer. " + "We waited and waited. " * 12
    story = story.strip()
    narration = f"{story}\n\n{MOON[0]}"
    sections = script_of(("Fog", "Here is a question for you all?", []), ("Tale", narration, []))
    sections[1].citations = [replace(citation(narration, story), claim_id=None), citation(narration, MOON[0])]

    assert "ferryman" not in said(assemble(NEWSLETTER, "T", sections))
    assert story in said(assemble(BLOG, "T", sections))


def test_a_sentence_about_somebody_it_does_not_name_goes_with_the_one_before_or_not_at_all():
    assert leaning("The Board of Longitude paid him money for years.")
    assert leaning("After his death, the Board awarded his widow 3,000 pounds.")
    assert not leaning("Harrison never won the prize, though his watch did.")
    assert not leaning("In 1765 the Board paid Harrison half of it, and he was angry.")


def test_the_screen_shows_the_figure_that_is_said():
    sections = clocks()
    cues = {one.text: cue([one], "The watch") for one in sentences_of(sections)}

    assert cues[WATCH[1]] == "1.45 kilograms"
    assert cues[WATCH[2]] == "1761"
    assert cues[MOON[1]] == "The watch"
    assert cue([replace(sentences_of(sections)[0], text="H4 beats fast.")], "The watch") == "The watch"


@pytest.mark.parametrize("form", FORMS)
def test_a_rule_of_the_creators_holds_in_every_form(form):
    rule = Rule(uuid4(), "Say 'timekeeper', not 'watch'.", PreferenceKind.REPLACE, ("watch",), "timekeeper")
    written = assemble(form, "Where are we?", clocks(), rules=[rule])

    assert "watch" not in said(written)
    assert "the timekeeper lost five seconds" in said(written)
    for part in written.parts:
        for one in part.citations:
            assert one.span.of(part.text).endswith(".")


def test_a_script_of_placeholders_alone_is_refused():
    sections = script_of(("Start", "[your words: who you are | 40 words]", []))

    with pytest.raises(Unprocessable, match="still yours to write"):
        assemble(BLOG, "T", sections)


@settings(deadline=None)
@given(
    st.sampled_from(FORMS),
    st.lists(st.text(alphabet="abc ABC.?!\n😀漢1,", max_size=400), min_size=1, max_size=5),
    st.integers(40, 250),
)
def test_whatever_the_script_says_the_piece_keeps_to_its_limits(form, narrations, pace):
    sections = script_of(*((f"Part {at}", text, []) for at, text in enumerate(narrations)))
    try:
        written = assemble(form, "Title", sections, pace)
    except Unprocessable:
        return
    assert broken(form, written.title, written.parts, pace) == []
    for part in written.parts:
        assert all(0 <= span.start < span.end <= len(part.text) for span in part.unsupported)
