"""Fountain, read back by screenplay-tools."""

import re

from hypothesis import given, settings
from screenplay_tools.fountain.parser import Parser

from app.features.scripts.exports.document import cleaned
from app.features.scripts.exports.files import export
from app.features.scripts.exports.fountain import JOINER
from app.features.scripts.speech import spoken
from tests.features.scripts.exports.scripts import many, sample, scripts


def read(script):
    parser = Parser()
    parser.add_lines(export("fountain", script).body.decode().split("\n"))
    return parser.script


def typed(script, name) -> list[str]:
    return [getattr(one, "name", None) or one.text_raw for one in script.elements if one.type.name == name]


def bare(text: str) -> str:
    """Without what isn't printed, and without what keeps signs from being read as marks."""
    text = re.sub(r"\[\[.*?\]\]|\[\[\d+\]\]", "", text.replace(JOINER, ""), flags=re.DOTALL)
    return "".join(re.sub(r"\\([*_\\])", r"\1", text).replace("* /", "*/").split())


def test_the_title_page_names_the_script_and_who_wrote_it():
    page = {entry.key: entry.text for entry in read(sample()).titleEntries}

    assert page["Title"] == "How sailors found their longitude"
    assert page["Author"] == "Nell"
    assert page["Draft date"] == "2026-03-04"
    assert page["Notes"].startswith("Version 3,")


def test_a_section_is_a_scene_with_its_visuals_as_action_and_its_narration_as_dialogue():
    script = read(sample())

    assert typed(script, "HEADING") == [
        "1. Rocks in the night", "2. Why a clock", "3. The carpenter's answer", "4. Your turn",
    ]  # fmt: skip
    assert "Waves at night" in "\n".join(typed(script, "ACTION"))
    assert "On screen: 1707" in "\n".join(typed(script, "ACTION"))
    assert set(typed(script, "CHARACTER")) == {"HOST"}
    assert typed(script, "DIALOGUE")[0].startswith("Could you find your way home with a clock?")


def test_sources_and_what_is_to_be_written_are_notes():
    body = export("fountain", sample()).body.decode()
    notes = [note.text_raw for note in read(sample()).notes]

    assert "[[your words: the first time you were lost | 45 words]]" in body
    assert any("Clocks at Sea, A. Mariner, 2 May 2019, p. 12." in note for note in notes)
    assert "unsupported" in notes


@settings(max_examples=40, deadline=None)
@given(scripts())
def test_any_script_is_a_scene_a_section_and_says_what_is_spoken(script):
    found = read(script)
    script = cleaned(script)

    assert len(typed(found, "HEADING")) == len(script.sections)
    assert not {"TRANSITION", "LYRIC", "SYNOPSIS", "SECTION", "PAGEBREAK", "BONEYARD", "PARENTHETICAL"} & {
        one.type.name for one in found.elements
    }
    said = bare("".join(typed(found, "DIALOGUE")))
    wanted = "".join(spoken(section.narration) for section in script.sections)
    if "[" not in wanted and "]" not in wanted:
        assert said == bare(wanted)


def test_two_hundred_scenes_are_two_hundred_scenes():
    assert len(typed(read(many(200)), "HEADING")) == 200
