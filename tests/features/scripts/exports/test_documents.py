"""Markdown, Word and plain text, each read back by a parser of another make."""

import itertools
import re
from html import unescape
from io import BytesIO

import mammoth
import pytest
from docx import Document
from hypothesis import given, settings
from markdown_it import MarkdownIt
from msgspec.structs import replace

from app.features.scripts.exports.document import cleaned, title_of
from app.features.scripts.exports.files import export
from app.features.scripts.speech import spoken
from tests.features.scripts.exports.scripts import BOOK, END, HOOK, WHY, finding, many, sample, scripts


def outline(markdown: str) -> tuple[list[str], list[str]]:
    """The headings and the paragraphs that a CommonMark parser finds, as a reader sees them."""
    tokens = MarkdownIt("commonmark").parse(markdown)
    shown: dict[str, list[str]] = {"heading_open": [], "paragraph_open": []}
    for before, token in itertools.pairwise(tokens):
        if token.type == "inline" and before.type in shown:
            text = "".join(
                child.content if child.type in {"text", "text_special", "code_inline"} else ""
                for child in token.children
            )
            shown[before.type].append(unescape(text) if "&" not in text else text)
    return shown["heading_open"], shown["paragraph_open"]


def squeezed(text: str) -> str:
    return "".join(text.split())


def markdown_of(script) -> str:
    return export("md", script).body.decode()


def test_markdown_holds_the_script_with_its_numbered_sources():
    said = markdown_of(sample())
    headings, paragraphs = outline(said)

    assert headings == [
        "How sailors found their longitude", "Rocks in the night", "Why a clock", "The carpenter's answer", "Your turn",
        "Sources",
    ]  # fmt: skip
    assert "In 1707 four warships ran onto rocks that no chart had put in their way. [1] Nobody" in "\n".join(
        paragraphs
    )
    assert "[your words: the first time you were lost | 45 words]" in paragraphs
    sources = [line for line in said.splitlines() if re.match(r"\d+\. ", line)]
    assert [line[:2] for line in sources] == ["1.", "2.", "3.", "4."]
    assert "**Clocks at Sea**, A. Mariner, 2 May 2019, p. 12. <https://example.org/clocks_at_sea>." in sources[0]
    assert "at 1:15. “so it stands there: fifteen degrees”" in sources[2]


def test_a_passage_that_is_cited_twice_has_one_number():
    _, paragraphs = outline(markdown_of(sample()))
    carpenter = next(one for one in paragraphs if one.startswith("John Harrison"))

    assert re.findall(r"\[(\d+)\]", carpenter) == ["4", "1"]


def test_an_unsupported_sentence_says_so_behind_its_full_stop():
    _, paragraphs = outline(markdown_of(sample()))

    assert any(one.endswith("but John Harrison had won. (unsupported)") for one in paragraphs)


def test_the_quote_of_a_deleted_source_is_gone_and_its_number_says_why():
    script = sample()
    script = replace(script, sources={id_: card for id_, card in script.sources.items() if id_ != BOOK})
    script.sections[0].citations[0] = replace(script.sections[0].citations[0], quote=None, source_deleted=True)

    said = markdown_of(script)

    assert "1. **A source that was deleted since**, p. 12. *(the source was deleted)*" in said


def test_findings_are_an_appendix_if_they_are_asked_for():
    assert "## Findings" not in markdown_of(sample())
    assert "None." in markdown_of(replace(sample(), findings=[])).split("## Findings")[1]
    asked = markdown_of(replace(sample(), findings=[finding()]))
    assert "- **unreliable\\_content** (medium) in The carpenter's answer: No source says that he was poor." in asked


@settings(max_examples=40, deadline=None)
@given(scripts())
def test_markdown_shows_every_narration_as_it_was_written(script):
    """Marks of ours and white space apart."""
    headings, paragraphs = outline(markdown_of(script))
    script = cleaned(script)

    assert headings[0].split() == script.title.split()
    assert [one.split() for one in headings[1 : len(script.sections) + 1]] == [
        title_of(section).split() for section in script.sections
    ]
    shown = squeezed(re.sub(r" ?\[\d+\]|\(unsupported\)", "", "".join(paragraphs)))
    for section in script.sections:
        bare = squeezed(re.sub(r"\[\d+\]|\(unsupported\)", "", section.narration))
        assert bare in shown


def test_plain_text_is_what_is_spoken_and_nothing_else():
    said = export("txt", sample()).body.decode()

    assert said.startswith(HOOK)
    assert said.rstrip().endswith(END)
    assert "your words" not in said
    assert "Every minute counts at sea." in said
    assert not {"Why a clock", "1707\n", "Waves at night", "[1]"} & set(said.splitlines())


@settings(max_examples=40, deadline=None)
@given(scripts())
def test_plain_text_has_the_spoken_words_in_their_order(script):
    said = export("txt", script).body.decode()

    assert said.split() == [word for section in cleaned(script).sections for word in spoken(section.narration).split()]


def word_of(script):
    return Document(BytesIO(export("docx", script).body))


def test_word_holds_headings_lists_and_properties():
    document = word_of(replace(sample(), findings=[finding()]))
    styled = [(one.style.name, one.text) for one in document.paragraphs]

    assert styled[0] == ("Title", "How sailors found their longitude")
    assert [text for style, text in styled if style == "Heading 1"] == [
        "Rocks in the night", "Why a clock", "The carpenter's answer", "Your turn", "Sources", "Findings",
    ]  # fmt: skip
    assert [text for style, text in styled if style == "List Bullet"][:2] == [
        "Waves at night",
        "A chart of the islands",
    ]
    sources = [text for style, text in styled if style == "List Number"]
    assert len(sources) == 4
    assert sources[0].startswith("Clocks at Sea, A. Mariner, 2 May 2019, p. 12.")
    properties = document.core_properties
    assert (properties.title, properties.author, properties.revision) == (sample().title, "Nell", 3)
    assert properties.created.isoformat().startswith("2026-03-04T05:06")
    assert properties.comments == ""


def test_word_leaves_nothing_of_the_library_s_template():
    body = export("docx", replace(sample(), author=None)).body
    document = Document(BytesIO(body))

    assert document.core_properties.author == ""
    assert b"python-docx" not in body
    assert not {"thumbnail", "app.xml", "customXml"} & {
        word for part in document.part.package.iter_parts() for word in re.findall(r"thumbnail|app\.xml|customXml", str(part.partname))
    }  # fmt: skip


def test_another_reader_of_word_files_sees_the_same_outline():
    read = mammoth.convert_to_html(BytesIO(export("docx", sample()).body))

    headings = re.findall(r"<h1>(?:<a[^>]*></a>)*([^<]*)</h1>", read.value)
    assert headings[-5:-1] == ["Rocks in the night", "Why a clock", "The carpenter's answer", "Your turn"]
    assert "<sup> [1]</sup>" in read.value
    assert re.search(r"<ol><li>(?:<strong>)?Clocks at Sea", read.value)
    assert "<li>Waves at night</li>" in read.value


@settings(max_examples=20, deadline=None)
@given(scripts(most=3))
def test_word_shows_every_narration_as_it_was_written(script):
    shown = squeezed("".join(one.text for one in word_of(script).paragraphs))
    bare = squeezed(re.sub(r"\[\d+\]|\(unsupported\)", "", shown))
    for section in cleaned(script).sections:
        assert squeezed(re.sub(r"\[\d+\]|\(unsupported\)", "", squeezed(section.narration))) in bare


@pytest.mark.parametrize("kind", ["md", "docx", "txt"])
def test_two_hundred_sections_are_all_there(kind):
    body = export(kind, many(200)).body
    text = "\n".join(one.text for one in Document(BytesIO(body)).paragraphs) if kind == "docx" else body.decode()

    assert text.count("It lost five seconds in eighty-one days.") == 200


def test_what_is_read_from_the_right_is_set_from_the_right():
    script = sample()
    script.sections[0] = replace(script.sections[0], narration="שלום, עולם.")

    paragraph = next(one for one in word_of(script).paragraphs if "שלום" in one.text)

    assert paragraph._p.pPr.find("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}bidi") is not None


def test_the_creators_own_place_is_set_apart():
    runs = [run for one in word_of(sample()).paragraphs for run in one.runs]

    assert [run.bold for run in runs if run.text.startswith("[your words")] == [True]
    assert WHY.count("[your words") == 1
