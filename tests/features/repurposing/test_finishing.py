"""What of a model's piece is kept: pure functions, no provider."""

from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.db.models import PreferenceKind, RepurposingFormat
from app.features.memory.preferences import Rule
from app.features.repurposing.finishing import NO_ROOM, better, finish, with_notes
from app.features.repurposing.limits import broken
from app.features.repurposing.posts import LONGEST_POST, weight
from app.features.repurposing.writing import PartDraft, PieceDraft, ask, ground_of
from tests.features.repurposing.pieces import MOON, SOURCE, WATCH, citation, clocks, script_of

SHORTS, BLOG, NEWSLETTER, THREAD = RepurposingFormat
GROUND = ground_of("Where are we?", clocks())
LABEL = {claim.text: f"[{label}]" for label, claim in GROUND.claims.items()}


def finished(form, *parts, title="Lost at sea", ground=GROUND, rules=(), pace=150):
    drafts = [PartDraft(*([*part, "", ""][:3] if isinstance(part, tuple) else ("", part, ""))) for part in parts]
    return finish(form, PieceDraft(title, drafts), ground, "openai:model", pace, rules)


def said(drafted):
    return "\n\n".join(part.text for part in drafted.written.parts)


def reason(drafted, statement):
    return next(one.reason for one in drafted.written.rejected if one.statement == statement)


def test_a_sentence_that_cites_is_kept_without_its_label_and_quotes_the_scripts_passage():
    drafted = finished(BLOG, f"Would you trust a watch? At Jamaica H4 had lost 5 seconds in 81 days. {LABEL[WATCH[2]]}")
    (part,) = drafted.written.parts

    assert part.text == "Would you trust a watch? At Jamaica H4 had lost 5 seconds in 81 days."
    (one,) = part.citations
    assert (one.quote, one.source_id) == (WATCH[2], SOURCE)
    assert one.span.of(part.text) == "At Jamaica H4 had lost 5 seconds in 81 days."
    assert one.claim_id in {each.claim_id for each in clocks()[1].citations} or one.claim_id is not None
    assert (part.unsupported, drafted.advice, drafted.written.engine) == ([], None, "openai:model")


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        (f"At Jamaica the watch had lost 50 seconds in 81 days. {LABEL[WATCH[2]]}", "'50'"),
        (f"On the voyage to Jamaica in 1761 the watch lost nine seconds in 81 days. {LABEL[WATCH[2]]}", "differs"),
        (f"Napoleon ordered forty of them, said Harrison of old Napoleon. {LABEL[WATCH[0]]}", "'Napoleon'"),
        ("The watch of John Harrison was destroyed by the French in the war.", "'French'"),
        ("The largest clocks of the century were built because of the war and the king.", "doesn't say this"),
        (f"Harrison said: “I have beaten the moon at last.” {LABEL[WATCH[0]]}", "“I have beaten the moon at last”"),
        ("He weighs 1.45 tonnes of gold in 1999.", "'1999'"),
    ],
)
def test_what_the_script_does_not_say_is_dropped_and_told(sentence, why):
    drafted = finished(BLOG, f"Would you trust a watch? {sentence} {WATCH[0]} {LABEL[WATCH[0]]}")
    bare = sentence.split(" [C")[0]

    assert said(drafted) == f"Would you trust a watch? {WATCH[0]}"
    assert why in reason(drafted, bare)
    assert why in drafted.advice


def test_an_unknown_label_is_told_and_the_words_stand_on_their_own():
    drafted = finished(BLOG, "Would you trust a watch? [C99]")

    assert said(drafted) == "Would you trust a watch?"
    assert reason(drafted, "[C99]") == "no such passage was given"


def test_a_fact_without_a_label_gets_the_citation_of_the_scripts_own_sentence():
    drafted = finished(BLOG, MOON[1])

    assert [one.quote for one in drafted.written.parts[0].citations] == [MOON[1]]


def test_what_the_script_itself_says_without_a_source_stays_unsupported():
    words = "The Royal Society paid for all of it in 1790."
    drafted = finished(BLOG, words)
    (part,) = drafted.written.parts

    assert [span.of(part.text) for span in part.unsupported] == [words]
    assert part.citations == []


def test_words_of_the_script_in_quotation_marks_stay():
    drafted = finished(BLOG, f"My script says “A navigator needed four hours” and means it. {LABEL[MOON[1]]}")

    assert "“A navigator needed four hours”" in said(drafted)


def test_a_story_of_the_creators_own_is_cited_without_a_claim():
    story = "I was nine when the ferryman set a red timer and pushed off into the fog."
    sections = script_of(("Fog", story, []))
    sections[0].citations = [replace(citation(story, story), claim_id=None)]
    ground = ground_of("Fog", sections)
    drafted = finished(BLOG, "I was nine when the ferryman set his red timer. [C1]", ground=ground)

    assert [(one.claim_id, one.quote) for one in drafted.written.parts[0].citations] == [(None, story)]


def test_titles_and_screen_texts_say_nothing_that_is_not_in_the_script():
    drafted = finished(
        SHORTS,
        ("The 7,000 ships", f"{WATCH[1]} {LABEL[WATCH[1]]}", "9 kilograms"),
        ("Four hours", f"{MOON[1]} {LABEL[MOON[1]]}", "four hours"),
        title="How Napoleon lost 50 ships in 1805",
    )

    assert drafted.written.title == "Where are we?"
    assert [(part.title, part.on_screen_text) for part in drafted.written.parts] == [
        ("Hook", "1.45 kilograms"),
        ("Four hours", "four hours"),
    ]


def test_a_short_that_is_too_long_loses_its_last_points_and_keeps_its_question():
    point = f"{WATCH[2]} {LABEL[WATCH[2]]}"
    drafted = finished(
        SHORTS, "How do you know where you are?", point, point, point, "Which one would you trust?", pace=50
    )

    assert broken(SHORTS, drafted.written.title, drafted.written.parts, 50) == []
    assert [part.type for part in drafted.written.parts] == ["hook", "point", "point", "ending"]
    assert reason(drafted, WATCH[2]) == NO_ROOM
    assert "can be said in 60 seconds" in drafted.advice


def test_a_thread_is_numbered_by_code_and_a_long_post_goes_on_in_the_next():
    drafted = finished(
        THREAD, "1/9 How do you know where you are?", " ".join(f"{one} {LABEL[one]}" for one in WATCH) * 3
    )
    posts = [part.text for part in drafted.written.parts]

    assert posts[0] == f"1/{len(posts)} How do you know where you are?"
    assert all(weight(post) <= LONGEST_POST for post in posts)
    assert len(posts) == 3


def test_a_newsletters_subject_is_its_title_and_fits():
    drafted = finished(NEWSLETTER, "Hello from the workshop.", WATCH[0], title="Why " + "very " * 30 + "late watches")

    assert drafted.written.parts[0].type == "subject"
    assert drafted.written.title == drafted.written.parts[0].text
    assert len(drafted.written.title) <= 70


def test_where_nothing_stands_the_scripts_own_sentences_are_taken_and_the_engine_is_none():
    drafted = finished(BLOG, "Napoleon sold 7,000 watches in 1999.")

    assert drafted.written.engine == "offline"
    assert drafted.written.prompts == []
    assert WATCH[0] in said(drafted)
    assert reason(drafted, "Napoleon sold 7,000 watches in 1999.")


def test_the_better_of_two_pieces_is_the_one_with_fewer_faults_and_tells_what_both_dropped():
    bad = finished(BLOG, f"Napoleon sold 7,000 watches in 1999. {WATCH[0]} {LABEL[WATCH[0]]}")
    good = finished(BLOG, f"{MOON[1]} {LABEL[MOON[1]]}")

    assert better(bad, good).parts == better(good, bad).parts == good.written.parts
    assert "Napoleon sold 7,000 watches in 1999." in {one.statement for one in better(bad, good).rejected}


def test_a_rule_is_obeyed_where_that_is_safe_and_noted_where_it_is_not():
    rules = [
        Rule(uuid4(), "Say 'timekeeper', not 'watch'.", PreferenceKind.REPLACE, ("watch",), "timekeeper"),
        Rule(uuid4(), "Never say 'arithmetic'.", PreferenceKind.AVOID, ("arithmetic",)),
    ]
    drafted = finished(BLOG, f"{WATCH[0]} {LABEL[WATCH[0]]} {MOON[1]} {LABEL[MOON[1]]}", rules=rules)
    (part,) = with_notes(drafted.written.parts, GROUND, rules)

    assert "the timekeeper called H4" in part.text
    assert [(note.kind, note.span.of(part.text)) for note in part.notes] == [("preference", "arithmetic")]
    assert "arithmetic" in drafted.advice
    for one in part.citations:
        assert one.span.of(part.text).endswith(".")


def test_a_disputed_passage_is_marked_for_the_model_and_noted_in_the_piece():
    sections = clocks()
    ground = ground_of("T", sections, {sections[1].citations[2].claim_id})
    sent = ask(BLOG, ground, "en", 150, None, ())
    drafted = finished(BLOG, f"{WATCH[2]} [C3]", ground=ground)
    (part,) = with_notes(drafted.written.parts, ground, ())

    assert next(one.text for one in sent.sources if one.label == "C3").startswith("Disputed. ")
    assert [(note.kind, note.span.of(part.text)) for note in part.notes] == [("disputed", WATCH[2])]


def test_the_prompt_has_each_section_with_its_labels_and_none_of_its_placeholders():
    sent = ask(
        SHORTS, GROUND, "en", 100, None, [Rule(uuid4(), "Be kind.", PreferenceKind.STYLE)], "Sailors.", "it was dull."
    )
    sources = {one.label: one.text for one in sent.sources}

    assert list(sources) == ["AUDIENCE", "S1", "S2", "C1", "C2", "C3", "S3", "C4", "C5", "S4", "FAULTS"]
    assert f"{WATCH[0]} [C1] {WATCH[1]} [C2]" in sources["S2"]
    assert "[your" not in "".join(sources.values())
    assert "At most 97 words" in sent.task
    assert sources["FAULTS"] == "it was dull."
    assert "FAULTS" in sent.task
    assert "Be kind." in sent.instructions
    assert not any(text in sent.instructions + sent.task for text in (*WATCH, *MOON))


@settings(deadline=None)
@given(
    st.sampled_from(list(RepurposingFormat)),
    st.lists(
        st.tuples(
            st.text(alphabet="abA1 .[C]", max_size=40),
            st.lists(
                st.sampled_from(
                    [*WATCH, *MOON, "[C1]", "[C4, C9]", "Napoleon won in 1999.", "“Odd", "\n\n", "# x", "Why? "]
                ),
                max_size=12,
            ).map(" ".join),
            st.text(alphabet="ab1 ", max_size=80),
        ),
        max_size=8,
    ),
    st.integers(40, 250),
)
def test_whatever_a_model_answers_every_citation_stands_and_every_limit_holds(form, parts, pace):
    written = finished(form, *parts, pace=pace).written

    assert written.parts
    assert broken(form, written.title, written.parts, pace) == []
    passages = {claim.text for claim in GROUND.claims.values()}
    for part in written.parts:
        assert "Napoleon" not in part.text
        assert "[C" not in part.text
        for one in part.citations:
            assert 0 <= one.span.start < one.span.end <= len(part.text)
            assert one.quote in passages
