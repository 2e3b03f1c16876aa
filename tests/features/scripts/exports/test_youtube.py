"""The YouTube kit: its limits, and that it says nothing that the script doesn't."""

import re
from itertools import pairwise

from hypothesis import given, settings
from markdown_it import MarkdownIt
from msgspec.structs import replace

from app.features.scripts.exports.document import SourceCard, cleaned
from app.features.scripts.exports.files import export
from app.features.scripts.exports.youtube import kit_of
from app.shared.evidence import Span
from tests.features.scripts.exports.scripts import BOOK, CLOCK, NOTES, cite, many, sample, scripts, section


def said_in(script) -> str:
    return " ".join(" ".join(one.narration.split()) for one in script.sections)


def test_there_are_at_least_five_titles_of_different_kinds():
    titles = kit_of(sample()).titles

    assert len(titles) >= 5
    assert len({one.kind for one in titles}) == len(titles)
    assert {"question", "number", "part"} <= {one.kind for one in titles}
    assert "Could you find your way home with a clock?" in [one.text for one in titles]


def test_a_sentence_that_nothing_carries_is_no_title_and_not_in_the_description():
    script = sample()
    odd = "The clock was made of gold and moonlight."
    script.sections[0] = replace(script.sections[0], narration=odd, citations=[], unsupported=[Span(0, len(odd))])

    kit = kit_of(script)

    assert odd not in kit.description
    assert all("moonlight" not in one.text for one in kit.titles)


def test_every_sentence_of_the_kit_is_the_scripts_own():
    script = sample()
    kit = kit_of(script)
    said = said_in(script)
    opening, summary, *_ = kit.description.split("\n\n")

    for sentence in re.split(r"(?<=[.?!]) ", f"{opening} {summary}"):
        assert sentence in said
    for option in kit.titles:
        if option.kind in {"question", "number", "contrast", "statement"}:
            assert option.text in said


def test_the_description_begins_with_what_fits_before_more():
    opening = kit_of(sample()).description.split("\n\n")[0]

    assert opening == (
        "Could you find your way home with a clock? "
        "In 1707 four warships ran onto rocks that no chart had put in their way."
    )
    assert len(opening) <= 150


def test_chapters_begin_at_zero_rise_and_are_ten_seconds_long():
    kit = kit_of(sample())
    lines = re.findall(r"(?m)^(\d+):(\d\d) (.+)$", kit.description)
    seconds = [int(minutes) * 60 + int(rest) for minutes, rest, _ in lines]

    assert seconds[0] == 0
    assert len(seconds) >= 3
    assert all(later - earlier >= 10 for earlier, later in pairwise(seconds))
    assert [title for *_, title in lines] == [one.title for one in kit.chapters]


def test_a_script_too_short_for_chapters_has_none_and_says_so():
    script = replace(sample(), sections=[section("hook", "Only this", "Look at the clock.")])

    assert kit_of(script).chapters == []
    assert "fewer" in export("youtube", script).body.decode().split("## Chapters")[1]


def test_the_sources_of_the_description_are_the_references_with_their_addresses():
    script = sample()
    script.sources[NOTES] = SourceCard("A private letter", role="own")
    script.sections[0].citations.append(cite(script.sections[0].narration, "Nobody aboard", NOTES, 5))

    description = kit_of(script).description

    assert "Clocks at Sea, A. Mariner, 2 May 2019 https://example.org/clocks_at_sea" in description
    assert description.count("Clocks at Sea") == 1
    assert "private letter" not in description


def test_a_paid_or_synthetic_video_is_disclosed_with_the_sentence_that_says_so():
    script = sample()
    script.sections.append(
        section("sponsor", "Thanks", "This video is sponsored by a maker of ropes. The waves are AI-generated.")
    )

    kit = kit_of(script)

    assert [one.kind for one in kit.disclosures] == ["paid", "synthetic"]
    assert "This video includes paid promotion." in kit.description
    assert "sponsored by a maker of ropes" in export("youtube", script).body.decode()


def test_what_is_not_paid_for_or_only_sounds_so_is_not_disclosed():
    script = sample()
    script.sections.append(
        section("end", "End", "This is not sponsored. It is sponsored by nobody. Synthetic rubber came later.")
    )

    assert kit_of(script).disclosures == []


def test_tags_are_the_scripts_names_and_words():
    tags = kit_of(sample()).tags

    assert tags[0] == "How sailors found their longitude"
    assert {"John Harrison", "longitude", "clock"} <= set(tags)


def test_the_pinned_comment_asks_what_the_script_asks():
    assert kit_of(sample()).pinned_comment == (
        "What would you have bet on, the clock or the Moon? The sources are in the description."
    )


@settings(max_examples=25, deadline=None)
@given(scripts())
def test_any_script_keeps_to_youtubes_limits(script):
    assert_within_limits(kit_of(cleaned(script)))


def test_two_hundred_sections_with_two_hundred_sources_keep_to_the_limits():
    script = many(200)
    sources = {
        BOOK.__class__(int=number): SourceCard("W" * 250, "N" * 200, f"https://example.org/{number}")
        for number in range(1, 201)
    }
    for number, one in enumerate(script.sections, 1):
        one.citations.append(cite(one.narration, CLOCK[:20], BOOK.__class__(int=number), number))

    kit = kit_of(replace(script, sources=sources))

    assert_within_limits(kit)
    assert len(kit.chapters) > 20
    assert re.search(r"and \d+ more$", kit.description)


def assert_within_limits(kit):
    assert len({one.text for one in kit.titles}) == len(kit.titles) >= 5
    assert all(0 < len(one.text) <= 100 for one in kit.titles)
    assert len(kit.description.encode()) <= 5000
    assert len(kit.description.split("\n\n")[0]) <= 150
    assert sum(len(tag) + 2 * (" " in tag) for tag in kit.tags) + max(0, len(kit.tags) - 1) <= 500
    assert not any(
        set("<>") & set(text)
        for text in (kit.description, kit.pinned_comment, *kit.tags, *(one.text for one in kit.titles))
    )
    assert not kit.chapters or (len(kit.chapters) >= 3 and kit.chapters[0].seconds == 0)
    assert all(later.seconds - earlier.seconds >= 10 for earlier, later in pairwise(kit.chapters))


@settings(max_examples=25, deadline=None)
@given(scripts())
def test_the_blocks_to_copy_hold_what_they_should(script):
    tokens = MarkdownIt("commonmark").parse(export("youtube", script).body.decode())
    blocks = [token.content.rstrip("\n") for token in tokens if token.type == "fence"]
    kit = kit_of(cleaned(script))

    assert blocks[0] == kit.description.rstrip("\n")
    assert blocks[-2] == ", ".join(kit.tags)
    assert blocks[-1] == kit.pinned_comment
