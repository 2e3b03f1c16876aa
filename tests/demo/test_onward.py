"""The report from the question onwards, and what the demo does to a script on the way."""

from itertools import pairwise

import pytest
from lxml import html

from app.demo import onward, report
from app.demo.changes import shortened
from app.demo.manuscript import woven
from app.demo.standing import check_quotes
from tests.demo import speaker, writer


@pytest.fixture
def told():
    found = speaker.found()
    found["texts"] |= writer.texts()
    found["sources"] += writer.sources()
    return found | writer.journey()


def section(told, key):
    return html.document_fromstring(report.render(told)).get_element_by_id(key, None)


def words_of(element):
    return " ".join(element.text_content().split())


def test_an_answer_shows_what_carries_it_and_one_that_abstains_says_so(told):
    asked, answer, other, nothing = section(told, "talk").xpath(".//h3 | .//p[not(@class)]")

    assert [asked.text, other.text] == ["How slow was it?", "Who sold it?"]
    assert "Title of watch, characters 0 to 29" in words_of(answer.xpath(".//*[@role='note']")[0])
    assert words_of(nothing) == "Your sources don't say. the sources don’t say"


def test_the_brief_sets_what_contradicts_side_by_side_and_says_what_the_sources_leave_open(told):
    shown = section(told, "research")
    (pair,) = shown.xpath(".//div[@class='two']")

    assert [one.text_content() for one in pair.iter("blockquote")] == [
        "“The watch was 5 seconds slow.”", "“The watch was 39 seconds slow.”",
    ]  # fmt: skip
    text = words_of(shown)
    assert text.count("sources disagree") == 2
    assert "And satellites?" in text
    assert "The sources don't say, so nothing is claimed." in text
    assert "1 discarded statement" in text


def test_a_citation_shows_its_sources_words_and_one_that_does_not_stand_is_no_citation(told):
    (cited,) = section(told, "script").xpath(".//article//*[@class='cited']")
    note = section(told, "script").get_element_by_id(cited.get("aria-describedby"))

    assert cited.text == "The watch was 5 seconds slow."
    assert note.findtext("q") == "The watch was 5 seconds slow."
    assert "Title of watch, characters 0 to 29" in words_of(note)

    told["script"]["version"]["sections"][0]["citations"][0]["quote"] = "Nobody said that."
    assert section(told, "script").xpath(".//article//*[@class='cited']") == []


def test_what_no_source_carries_and_what_is_the_creators_to_write_is_marked(told):
    shown = section(told, "script")

    assert [one.text for one in shown.xpath(".//article//*[@class='unsupported']")] == [
        "Harrison lived in a lighthouse."
    ]
    (open_,) = shown.xpath(".//article//*[@class='open']")
    assert words_of(open_) == "Your words, about 40 words: say what a second is"
    assert "[your words" not in words_of(shown)
    assert "voice match 44 of 100" in words_of(shown)


def test_a_revision_shows_each_word_that_went_and_came(told):
    shown = section(told, "revision")

    assert [one.text for one in shown.iter("del")] == ["utilise"]
    assert [one.text for one in shown.iter("ins")] == ["use"]
    assert "1 other section stayed" in words_of(shown)
    assert words_of(shown).endswith("…")


def test_each_finding_stands_beside_its_passage_the_gravest_first_and_says_what_became_of_it(told):
    rows = section(told, "safety").xpath(".//li[@class='two']")

    assert [row.find(".//mark").text for row in rows] == [
        "Harrison lived in a lighthouse.", "Write to her at anna@example.com.", "anna@example.com",
    ]  # fmt: skip
    outcomes = [words_of(row.xpath(".//p/strong")[-1]) for row in rows]
    assert outcomes == ["Gone in version 4.", "Gone in version 4.", "Dismissed: She wants it."]
    assert "Say: “This is paid for.”" in words_of(rows[1])


def test_a_detector_that_did_not_run_is_named_with_its_reason(told):
    assert "Policy reading No model is set up." in words_of(section(told, "safety"))


def test_the_files_are_linked_by_their_bare_names(told):
    links = [link.get("href") for link in section(told, "files").iter("a")]

    assert links == ["a-watch-v4.txt"]


def test_ids_stay_unique_and_headings_descend_with_all_sections_there(told):
    page = html.document_fromstring(report.render(told))
    ids = [element.get("id") for element in page.xpath("//*[@id]")]
    levels = [int(element.tag[1]) for element in page.xpath("//h1 | //h2 | //h3 | //h4")]

    assert len(ids) == len(set(ids))
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert {"research", "structures", "script", "revision", "safety", "files"} <= set(ids)


def test_every_quote_of_the_journey_is_counted_and_one_that_moved_is_noticed(told):
    before = check_quotes(told)
    told["texts"][str(writer.TEXTS["watch"][0])] = f"Moved. {writer.WATCH}"
    after = check_quotes(told)

    assert before["total"] == after["total"]
    assert before["standing"] - after["standing"] >= 4


def test_what_overlaps_is_shown_once_and_everything_is_escaped():
    shown = woven("a <b> c", [(2, 5, lambda inside: f"<i>{inside}</i>"), (3, 6, lambda _: "never")])

    assert shown == "a <i>&lt;b&gt;</i> c"


@pytest.mark.parametrize(("first", "last"), [(True, False), (False, True), (False, False)])
def test_a_long_run_that_stayed_keeps_the_ends_that_touch_a_change(first, last):
    text = " ".join(f"word{number}" for number in range(100))

    shown = shortened(text, first=first, last=last)

    assert "…" in shown
    assert len(shown) < len(text) / 2
    assert shown.endswith("word99") != last
    assert shown.startswith("word0") != first


def test_the_creators_words_go_to_the_first_open_place_of_their_section():
    sections = [
        {"type": "segment", "narration": "[your words: a | 9 words]"},
        {"type": "outro", "narration": "So. [your words: a | 9 words] [your words: b | 9 words]"},
    ]

    onward.write_in(sections, {"outro": "Goodbye.", "hook": "Hello."})

    assert [one["narration"] for one in sections] == [
        "[your words: a | 9 words]",
        "So. Goodbye. [your words: b | 9 words]",
    ]


def test_the_revision_is_of_the_passage_that_is_named():
    sections = [{"id": "s1", "narration": "One."}, {"id": "s2", "narration": "Now we utilise it. Then rest."}]

    asked = onward.revision_of(sections, {"instruction": "Plainer.", "from": "we utilise", "to": "it."})

    assert asked["selection"] == {"section_id": "s2", "span": {"start": 4, "end": 18}}


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("attachment; filename=\"a-v1.md\"; filename*=UTF-8''a-v1.md", "a-v1.md"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ("attachment; filename*=UTF-8''l%C3%A4nge-v2.docx", "länge-v2.docx"),
    ],
)
def test_a_file_keeps_its_name_and_leaves_any_folder(header, name):
    assert onward.name_of({"content-disposition": header}) == name
