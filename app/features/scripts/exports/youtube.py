"""The YouTube kit: titles, description, chapters, tags and a first comment, each within YouTube's limits and made of
what the script says. Nothing is added to it; a creator's own and private sources aren't listed."""

import re

from msgspec import Struct

from app.features.scripts.exports.chapters import ASIDE_NOTE, Chapter, chapters_of, short
from app.features.scripts.exports.disclosure import Disclosure, disclosures_of
from app.features.scripts.exports.document import ExportScript, notes_of
from app.features.scripts.exports.keywords import tags_of
from app.features.scripts.exports.markdown import escaped
from app.features.scripts.exports.references import credit_of
from app.features.scripts.exports.sentences import ScriptSentence, sentences_of
from app.features.scripts.exports.titles import ASIDE, TitleOption, titles_of

LONGEST_DESCRIPTION = 5000
SHOWN_FIRST = 150
MOST_TAGS = 500
SUMMARY_CHARACTERS = 700


class YoutubeKit(Struct, frozen=True):
    titles: list[TitleOption]
    description: str
    chapters: list[Chapter]
    tags: list[str]
    pinned_comment: str
    disclosures: list[Disclosure]


def kit_of(script: ExportScript) -> YoutubeKit:
    sentences = sentences_of(script.sections)
    chapters = chapters_of(script)
    disclosures = disclosures_of(sentences)
    return YoutubeKit(
        titles=titles_of(script, sentences),
        description=_description(script, sentences, chapters, disclosures),
        chapters=chapters,
        tags=tags_of(script.title, sentences, MOST_TAGS),
        pinned_comment=_comment(script, sentences),
        disclosures=disclosures,
    )


def write_youtube(script: ExportScript) -> str:
    """As Markdown, what is to be copied in blocks of its own."""
    kit = kit_of(script)
    blocks = [f"# YouTube kit: {escaped(script.title)}", "## Titles"]
    blocks.append("\n".join(f"- {escaped(option.text)} *({option.kind})*" for option in kit.titles))
    blocks += ["## Description", fenced(kit.description)]
    blocks += ["## Chapters", fenced("\n".join(one.line for one in kit.chapters)) if kit.chapters else ASIDE_NOTE]
    if kit.disclosures:
        blocks.append("## Disclosure")
        blocks += [f"{one.line} The script says: “{escaped(one.because)}”" for one in kit.disclosures]
        blocks.append(
            "If that is so, say so in YouTube's own settings too; if not, take the line out of the description."
        )
    blocks += ["## Tags", fenced(", ".join(kit.tags))]
    blocks += ["## Pinned comment", fenced(kit.pinned_comment)]
    return "\n\n".join(blocks) + "\n"


def fenced(text: str) -> str:
    """A block that keeps every character, whatever it holds."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _description(
    script: ExportScript, sentences: list[ScriptSentence], chapters: list[Chapter], disclosures: list[Disclosure]
) -> str:
    opening, used = _opening(script, sentences)
    parts = [opening]
    if summary := _summary(script, [one for one in sentences if one.text not in used]):
        parts.append(summary)
    parts += [one.line for one in disclosures]
    if chapters:
        parts.append("\n".join(["Chapters", *(one.line for one in chapters)]))
    said = "\n\n".join(parts)
    return said + _sources(script, LONGEST_DESCRIPTION - len(said.encode()))


def _opening(script: ExportScript, sentences: list[ScriptSentence]) -> tuple[str, set[str]]:
    """What is shown before 'more': the script's first sentences that fit, and which they are."""
    usable = [one for one in sentences if not one.unsupported and script.sections[one.section].type not in ASIDE]
    said = ""
    used: set[str] = set()
    for sentence in usable:
        longer = f"{said} {plainly(sentence.text)}".strip()
        if len(longer) > SHOWN_FIRST:
            break
        said = longer
        used.add(sentence.text)
    return said or short(usable[0].text if usable else script.title, SHOWN_FIRST), used


def _summary(script: ExportScript, sentences: list[ScriptSentence]) -> str:
    """One cited sentence of each part, as far as there is room: what the video says, in its words."""
    said = ""
    for at, section in enumerate(script.sections):
        if section.type in ASIDE:
            continue
        cited = [one for one in sentences if one.section == at and one.cited and not one.asks]
        best = max(cited, key=lambda one: (8 <= one.words <= 28, -abs(one.words - 16)), default=None)
        if best and len(longer := f"{said} {plainly(best.text)}".strip()) <= SUMMARY_CHARACTERS:
            said = longer
    return said


def _sources(script: ExportScript, room: int) -> str:
    """References that the script cites, with their addresses; as many as there is room for."""
    cards = {note.citation.source_id: note.source for note in notes_of(script) if note.source}
    lines = [
        f"{plainly(credit_of(card))}{f' {plainly(card.url)}' if card.url else ''}"
        for card in cards.values()
        if card.role == "reference"
    ]
    said, left = "\n\nSources", len(lines)
    for line in lines:
        if len(f"{said}\n{line}\nand 1000 more".encode()) > room:
            break
        said, left = f"{said}\n{line}", left - 1
    if left == len(lines):
        return ""
    return f"{said}\nand {left} more" if left else said


def _comment(script: ExportScript, sentences: list[ScriptSentence]) -> str:
    """The script's last question to the viewer, or its title, and where the sources are."""
    asked = [one.text for one in sentences if one.asks and re.search(r"\byou(?:r|rs)?\b", one.text, re.IGNORECASE)]
    other = [one.text for one in sentences if one.asks]
    question = (asked or other or [f"What would you add to “{short(script.title, 200)}”?"])[-1]
    listed = any(note.source and note.source.role == "reference" for note in notes_of(script))
    return plainly(question) + (" The sources are in the description." if listed else "")


def plainly(text: str) -> str:
    """YouTube takes no angle brackets."""
    return text.replace("<", "‹").replace(">", "›")
