"""A script to export, and strategies for every other that can be thought of."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import strategies as st

from app.features.scripts.exports.document import ExportFinding, ExportScript, SourceCard
from app.features.scripts.schemas import ScriptCitation, Section
from app.features.scripts.speech import placeholder
from app.shared.evidence import Span
from app.shared.text import sentence_spans

BOOK = UUID("019a0000-0000-7000-8000-000000000001")
TALK = UUID("019a0000-0000-7000-8000-000000000002")
NOTES = UUID("019a0000-0000-7000-8000-000000000003")

HOOK = (
    "Could you find your way home with a clock? In 1707 four warships ran onto rocks that no chart had put in their way. "
    "Nobody aboard knew how far west they were."
)
WHY = (
    "Latitude is easy: measure the height of the Pole Star and you have it. Longitude is time, and time at sea was a "
    "guess. The Earth turns fifteen degrees in an hour, so a clock that is four minutes wrong puts you one degree out.\n\n"
    "[your words: the first time you were lost | 45 words]\n\nEvery minute counts at sea."
)
CLOCK = (
    "John Harrison was a carpenter, and he thought that a clock could do it. His fourth machine was no bigger than a soup "
    "plate. It lost five seconds in eighty-one days. The Board of Longitude was not impressed, but John Harrison had won."
)
END = "What would you have bet on, the clock or the Moon? Tell me below, and I will read every answer."


def cite(narration: str, words: str, source: UUID, start: int, **more) -> ScriptCitation:
    """A citation of the narration's sentence that holds *words*."""
    at = narration.index(words)
    span = next(one for one in sentence_spans(narration) if one.start <= at < one.end)
    quote = more.pop("quote", f"so it stands there: {words}")
    return ScriptCitation(
        UUID(int=at), span, source, 1, Span(start, start + len(quote)), quote, **more
    )  # fmt: skip


def section(kind: str, title: str, narration: str, citations=(), unsupported=(), **more) -> Section:
    return Section(
        id=more.get("id", kind), type=kind, title=title, narration=narration, visuals=more.get("visuals", ""),
        on_screen_text=more.get("on_screen_text", ""), locked=False, estimated_seconds=0.0,
        citations=list(citations), unsupported=list(unsupported),
    )  # fmt: skip


def sample() -> ExportScript:
    guess = CLOCK.index("The Board")
    return ExportScript(
        title="How sailors found their longitude",
        version=3,
        sections=[
            section(
                "hook", "Rocks in the night", HOOK, [cite(HOOK, "four warships", BOOK, 10, page=12)],
                visuals="Waves at night\nA chart of the islands", on_screen_text="1707",
            ),
            section(
                "context", "Why a clock", WHY,
                [cite(WHY, "fifteen degrees", TALK, 40, start_seconds=75.0), cite(WHY, "Pole Star", BOOK, 90, page=13)],
            ),
            section(
                "segment", "The carpenter's answer", CLOCK,
                [cite(CLOCK, "soup plate", BOOK, 200, page=44), cite(CLOCK, "five seconds", BOOK, 10, page=12, quote="so it stands there: four warships")],
                [Span(guess, len(CLOCK))],
            ),
            section("call_to_action", "Your turn", END),
        ],
        sources={
            BOOK: SourceCard("Clocks at Sea", "A. Mariner", "https://example.org/clocks_at_sea", datetime(2019, 5, 2, tzinfo=UTC)),
            TALK: SourceCard("A talk on time"),
            NOTES: SourceCard("My own notes", role="own"),
        },
        words_per_minute=140.0,
        pace_measured=True,
        engine="offline",
        author="Nell",
        language="en",
        written_at=datetime(2026, 3, 4, 5, 6, tzinfo=UTC),
    )  # fmt: skip


def finding() -> ExportFinding:
    return ExportFinding(
        "unreliable_content", "medium", "segment", "narration", Span(0, 4), "John", "No source says that he was poor.",
        "Say what he earned.",
    )  # fmt: skip


TRICKS = st.sampled_from(
    [
        "", " ", "\n\n", "שלום, עולם. מה השעה?", "مرحبا بالعالم", "👩‍👩‍👧‍👦🏳️‍🌈", "e\u0301\u0301\u0301" * 30, "\x00\x01\x1b[31m",
        "\u2028\u2029\x85", "\u202ereversed\u202c", "--> 00:00:01,000", "<b>bold</b> <script>alert(1)</script>", "{\\an8}",
        "# not a heading", "- not a list", "1. not a number", "---", "| a | b |", "`code` ```fence```", "[1](x) ![i](j) [1]: z",
        "&amp; &#65;", "*a* _b_ ~~c~~ \\", "INT. HOUSE - DAY", "CUT TO:", "(aside)", ".scene", "@WHO", "!act", "~la~", "[[note]]",
        "/* gone */", "= synopsis", "> right", "> centred <", "==="," Title: x", "W" * 500, "我們用時鐘找到了回家的路。" * 20,
        "[your words: x | 45 words]", "[your story: y]", "]]>", "“Quoted.” He said.", "3.14 is no end. Dr. No is.", "\ufeff\u200b\u200d", "\ufffe\uffff",
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=80),
    TRICKS,
    st.lists(st.one_of(TRICKS, st.text(max_size=30), st.sampled_from(["The sea is wide.", "So it goes!"])), max_size=6).map(" ".join),
    st.lists(TRICKS, max_size=4).map("\n".join),
    st.builds(placeholder, st.text(max_size=60), st.integers(1, 400)),
)  # fmt: skip


@st.composite
def spans(draw, narration: str) -> Span:
    """Also such as an older version had."""
    start = draw(st.integers(0, len(narration) + 3))
    return Span(start, start + draw(st.integers(1, 40)))


@st.composite
def sections(draw) -> Section:
    narration = draw(TEXTS)
    citations = [
        ScriptCitation(
            None, draw(spans(narration)), draw(st.sampled_from([BOOK, TALK, NOTES])), 1, draw(spans("")),
            draw(st.none() | TEXTS), draw(st.none() | st.integers(1, 9)), draw(st.none() | st.floats(0, 9e5)),
            stale=draw(st.booleans()),
        )
        for _ in range(draw(st.integers(0, 3)))
    ]  # fmt: skip
    return section(
        draw(st.sampled_from(["hook", "segment", "call_to_action", "step", "x" * 64])), draw(TEXTS)[:300], narration, citations,
        [draw(spans(narration)) for _ in range(draw(st.integers(0, 2)))], visuals=draw(TEXTS), on_screen_text=draw(TEXTS),
        id=str(draw(st.integers(0, 5))),
    )  # fmt: skip


@st.composite
def scripts(draw, most: int = 5) -> ExportScript:
    return ExportScript(
        title=draw(TEXTS)[:300],
        version=draw(st.integers(1, 9999)),
        sections=draw(st.lists(sections(), min_size=1, max_size=most)),
        sources={
            BOOK: SourceCard(draw(TEXTS)[:300], draw(st.none() | TEXTS), draw(st.none() | st.sampled_from(["https://example.org/a_(b)?c=<d>", "no address", "https://example.org/" + "x" * 2000]))),
            TALK: SourceCard("A talk"),
        },
        words_per_minute=draw(st.floats(0, 400)),
        author=draw(st.none() | TEXTS),
        language=draw(st.sampled_from([None, "en", "ar"])),
        written_at=draw(st.none() | st.datetimes()),
        findings=draw(st.none() | st.just([finding()])),
    )  # fmt: skip


def many(count: int) -> ExportScript:
    """A script of so many sections."""
    one = sample()
    parts = [
        section("segment", f"Part {number}", f"This is part {number} of the whole. {CLOCK}", id=f"s{number}")
        for number in range(count)
    ]
    return ExportScript(one.title, 1, parts, one.sources, 150.0)
