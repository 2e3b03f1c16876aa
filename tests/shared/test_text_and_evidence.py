"""Properties of text and evidence, whatever the text."""

from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.features.search.ranking import HIGHLIGHT_OFF, HIGHLIGHT_ON, Leg, fuse, parse_query, read_highlights
from app.features.sources import chunks, readers, subtitles
from app.shared.evidence import Span, anchor, stands
from app.shared.exceptions import AppError
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
    reading = readers.read_markdown(normalise(text))
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


def test_a_paraphrase_is_never_anchored():
    assert anchor("H4 was 5.1 seconds slow on arrival.", "H4 was about five seconds slow") is None


@pytest.mark.parametrize("span", [Span(-1, 3), Span(3, 3), Span(0, 99), Span(2, 1)])
def test_a_span_outside_the_text_never_stands(span):
    assert not stands("short", "sho", span)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=400) | TEXT.map(str.encode), st.sampled_from(["a.srt", "b.vtt", "c.md", "d.txt", None]))
def test_any_bytes_are_read_or_refused_with_a_sentence(data, name):
    try:
        reading = readers.read(data, name)
    except AppError as error:
        assert error.status_code == 422
        assert error.message.endswith((".", "?"))
    else:
        assert words(reading.text)
        assert all(0 <= cue.start <= cue.end <= len(reading.text) for cue in reading.cues)


CUE_LINES = st.lists(st.sampled_from(["Yes.", "no", "- Ta en kopp", "<i>soft</i>", "<v Ann>Hi", "Ann: hello", "12", "", "{\\an8}up", "&amp;"]), max_size=3)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9000), st.integers(-50, 90), CUE_LINES), min_size=1, max_size=25))
def test_cues_in_any_order_and_overlap_come_out_in_order_with_true_spans(cues):
    def clock(seconds):
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d},000"

    body = "\n\n".join(
        f"{n}\n{clock(start)} --> {clock(max(0, start + length))}\n" + "\n".join(lines)
        for n, (start, length, lines) in enumerate(cues, 1)
    )

    found, text = subtitles.read(normalise(body))

    assert len(found) == len(cues)
    assert [cue.start_seconds for cue in found] == sorted(start for start, _, _ in cues)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(0 <= cue.start <= cue.end <= len(text) for cue in found)
    assert "-->" not in text
    assert "<i>" not in text


def test_rolling_captions_are_said_once():
    rolling = "\n\n".join(
        f"00:00:{n:02d}.000 --> 00:00:{n + 1:02d}.000\n{first}\n{second}"
        for n, (first, second) in enumerate(
            [("", "one two"), ("one two", "three four"), ("three four", "five six"), ("five six", "seven")]
        )
    )

    _, text = subtitles.read(f"WEBVTT\n\n{rolling}")

    assert text == "one two three four five six seven"


def test_a_repeated_answer_in_ordinary_subtitles_is_kept():
    _, text = subtitles.read("1\n00:00:01,000 --> 00:00:02,000\nNo.\n\n2\n00:00:02,000 --> 00:00:03,000\nNo.\n")

    assert text == "No. No."


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
    cut = chunks.cut(readers.read_markdown(normalise(text)))

    assert cut
    assert max(len(chunk.text) for chunk in cut) < 4_000


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be"])
def test_ascii_in_utf16_without_a_mark_is_text(name):
    assert readers.decode("Plain English, twenty times over. ".encode(name) * 20).startswith("Plain English")


@pytest.mark.parametrize(
    "data", [b"ID3 tags explained in a minute.", b"RIFFs on guitars are fun.", b"MZ is a country code. BM too."]
)
def test_prose_that_begins_like_a_file_type_is_prose(data):
    assert readers.sniff(data, None) == "text/plain"
