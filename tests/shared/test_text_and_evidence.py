"""Properties of text and evidence, whatever the text."""

from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.features.search.ranking import HIGHLIGHT_OFF, HIGHLIGHT_ON, Leg, fuse, parse_query, read_highlights
from app.features.sources import chunks
from app.features.sources.readers import markdown
from app.features.sources.readers.limits import Limits
from app.shared.evidence import UNSEEN, Evidence, Span, _fold, anchor, relocate, stands
from app.shared.text import detect_language, normalise, sentence_spans, words

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=3000)
PROSE = st.lists(
    st.lists(st.sampled_from(["the", "moon", "pulls", "water", "it's", "5.1", "Dr.", "U.S.", "naïve", "«so»", "“well”", "end", "stop"]), min_size=1, max_size=30).map(" ".join),
    min_size=1, max_size=40,
).map(lambda sentences: ". ".join(sentences) + ".")  # fmt: skip


@given(TEXT)
def test_normalising_twice_changes_nothing_more(text):
    assert normalise(normalise(text)) == normalise(text)


@given(TEXT | PROSE)
def test_sentences_stand_in_order_without_overlap_and_lose_no_word(text):
    text = normalise(text)
    spans = sentence_spans(text)

    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert [word for span in spans for word in words(span.of(text))] == words(text)


@settings(deadline=None)
@given(TEXT | PROSE)
def test_every_chunk_stands_at_its_span_and_no_word_is_lost(text):
    reading = markdown.reading_of(normalise(text), Limits())
    cut = chunks.cut(reading)

    assert all(chunk.span.of(reading.text) == chunk.text for chunk in cut)
    assert [chunk.ordinal for chunk in cut] == list(range(len(cut)))
    covered = set()
    for chunk in cut:
        covered |= set(range(chunk.span.start, chunk.span.end))
    assert all(reading.text[i].isspace() for i in range(len(reading.text)) if i not in covered)


@settings(deadline=None)
@given(PROSE, st.integers(0, 400), st.integers(1, 120))
def test_a_quote_is_found_whatever_happened_to_its_case_spaces_quotes_and_dashes(text, start, length):
    quote = text[start : start + length].strip()
    changed = quote.replace(" ", "\u00a0 ").replace("'", "’").replace("“", '"').replace("”", '"').upper()

    span = anchor(text, changed)

    if quote and words(quote):
        assert span is not None
        assert stands(text, span.of(text), span)
        assert words(span.of(text).upper()) == words(quote.upper())


@given(TEXT, TEXT)
def test_what_is_anchored_always_stands(text, quote):
    span = anchor(text, quote)

    assert span is None or stands(text, span.of(text), span)


@settings(deadline=None)
@given(PROSE, st.integers(0, 300), st.integers(1, 90), st.data())
def test_whatever_an_engine_makes_of_a_quote_what_is_stored_is_what_the_text_says(text, start, length, data):
    """The quote with words taken out, put in, turned round or hidden characters: it is found as it stands, or not at all."""
    said = text[start : start + length].split(" ")
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(said)))
        change = data.draw(st.sampled_from(["drop", "add", "hide", "turn"]))
        if change == "drop":
            del said[at : at + 1]
        elif change == "add":
            said.insert(at, data.draw(st.sampled_from(["not", "never", "5.2", "sun"])))
        elif change == "hide":
            said.insert(at, data.draw(st.sampled_from(sorted(UNSEEN))))
        else:
            said.reverse()
    quote = " ".join(said)

    span = anchor(text, quote)

    if span is not None:
        assert stands(text, span.of(text), span)
        assert [word.lower() for word in words(span.of(text))] == [
            word.lower() for word in words("".join(one for one in quote if one not in UNSEEN))
        ] or not words(quote)


@settings(deadline=None)
@given(PROSE, PROSE, st.integers(0, 300), st.integers(1, 90))
def test_evidence_in_a_newer_text_stands_there_or_is_stale_and_as_it_was(before, after, start, length):
    span = Span(min(start, len(before) - 1), min(start + length, len(before)))
    if span.start >= span.end or not span.of(before).strip():
        return
    evidence = Evidence(span.of(before), "s", span, 1.5)

    found = relocate(evidence, after, float)
    kept = relocate(evidence, f"{after} {before}", float)

    if found.stale:
        assert (found.quote, found.span, found.start_seconds) == (evidence.quote, span, 1.5)
        assert evidence.quote not in after
    else:
        assert stands(after, found.quote, found.span)
        assert found.start_seconds == float(found.span.start)
    assert not kept.stale


def test_a_paraphrase_is_never_anchored():
    assert anchor("H4 was 5.1 seconds slow on arrival.", "H4 was about five seconds slow") is None


@pytest.mark.parametrize("span", [Span(-1, 3), Span(3, 3), Span(0, 99), Span(2, 1)])
def test_a_span_outside_the_text_never_stands(span):
    assert not stands("short", "sho", span)


@given(
    st.lists(
        st.tuples(st.booleans(), st.text(st.characters(exclude_characters=HIGHLIGHT_ON + HIGHLIGHT_OFF), max_size=20)),
        max_size=20,
    )
)
def test_highlights_point_at_the_marked_words(parts):
    marked = "".join(f"{HIGHLIGHT_ON}{text}{HIGHLIGHT_OFF}" if on else text for on, text in parts)
    plain = "".join(text for _, text in parts)

    spans, _ = read_highlights(marked)

    assert [span.of(plain) for span in spans] == [text for on, text in parts if on]


def test_a_query_is_taken_apart():
    query = parse_query('tides "sea clock" -moon well-known')

    assert (query.phrases, query.excluded) == (["sea clock"], ["moon"])
    assert query.text == "tides well-known sea clock"


def test_fusion_prefers_what_both_legs_found_and_lets_an_empty_leg_be_silent():
    a, b, c = (UUID(int=n) for n in (1, 2, 3))

    both = fuse([Leg("keyword", 1, [a, b]), Leg("vector", 1, [b, c])], 10)
    alone = fuse([Leg("keyword", 1, []), Leg("vector", 1, [c])], 10)

    assert [ranked.chunk_id for ranked in both] == [b, a, c]
    assert both[0].ranks == {"keyword": 2, "vector": 1}
    assert [ranked.chunk_id for ranked in alone] == [c]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The sea comes in and goes out twice a day, and nobody told it to do that.", "en"),
        ("Das Meer kommt und geht zweimal am Tag, und niemand hat es ihm gesagt, aber es ist so.", "de"),
        ("La mer monte et descend deux fois par jour, et personne ne lui a dit de le faire.", "fr"),
        ("El mar sube y baja dos veces al día, y nadie se lo ha dicho, pero lo hace.", "es"),
        ("42 17 99", None),
    ],
)
def test_the_language_is_told_by_its_small_words(text, language):
    assert detect_language(text) == language


@pytest.mark.parametrize(
    "text",
    ["Hello there. " + "." * 60_000 + "a", "Hello " + "! " * 40_000, "# a b\n\n" * 8_000, "# a\n" + "[music " * 8_000, "\n" + " " * 60_000 + "x"],
    ids=["dots", "exclamations", "headings", "open marks", "spaces"],
)  # fmt: skip
def test_text_made_to_be_slow_is_cut_into_chunks_of_a_sane_size(text):
    """With a quadratic step in it this would take minutes."""
    cut = chunks.cut(markdown.reading_of(normalise(text), Limits()))

    assert cut
    assert max(len(chunk.text) for chunk in cut) < 4_000


ODD = st.text(
    st.sampled_from("aé\u0301ß\u00adﬁ½ \n\t\u00a0\u200b\U0001f409\U0001f468\u200d\u202eİ’'“\"-–…."), max_size=60
)
"""Letters beyond the first plane, combining marks, letters that fold to several, and what nobody sees."""


@settings(max_examples=150, deadline=None)
@given(ODD, ODD, ODD)
def test_a_quote_that_the_text_says_is_found_verbatim_whatever_stands_around_it(before, quote, after):
    before, quote, after = normalise(before), normalise(quote).strip(), normalise(after)
    text = f"{before}{quote}{after}"

    span = anchor(text, quote)

    if quote:
        assert span is not None
        assert span.of(text) == quote
        assert span.start <= len(before)
        kept = relocate(Evidence(quote, "s", Span(len(before), len(before) + len(quote))), f"{after}\n{text}", float)
        assert not kept.stale
        assert stands(f"{after}\n{text}", kept.quote, kept.span)


@pytest.mark.parametrize(("text", "quote"), [("x ½ y", "2"), ("5½ days", "51"), ("Straße", "as"), ("oﬃce", "f")])
def test_a_part_of_a_letter_is_never_anchored(text, quote):
    assert anchor(text, quote) is None


@settings(max_examples=150, deadline=None)
@given(ODD, ODD)
def test_what_is_anchored_says_the_same_letters_as_the_quote(text, quote):
    def letters(said):
        return [one for one in _fold(said)[0] if one.isalnum()]

    span = anchor(text, quote)

    if span is not None:
        assert letters(span.of(text)) in (letters(quote), letters(quote.strip()))


@given(st.text(st.sampled_from("ab-“”\" \n\t\u00a0é1'’"), max_size=80) | TEXT)
def test_any_query_is_taken_apart_into_words_and_whole_phrases(query):
    parsed = parse_query(query)

    assert parsed.text == " ".join(parsed.text.split())
    assert all(phrase == phrase.strip() and phrase and not set(phrase) & set('"“”') for phrase in parsed.phrases)
    assert all(word and not word[0].isdigit() for word in parsed.excluded if " " not in word)
