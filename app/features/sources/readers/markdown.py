"""Markdown to words and headings without the markup."""

import html
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.features.sources.readers import plain, speakers
from app.features.sources.readers.composing import Composer, one_line
from app.features.sources.readers.limits import Limits
from app.features.sources.readers.model import Cue, Reading
from app.features.sources.readers.source import SourceFile

VERSION = "markdown-2"

_TIME_MARK = re.compile(r"\\?\[(?:\d{1,2}:)?\d{1,2}:\d{2}\\?\]\s?")
_STAGE_MARK = re.compile(
    r"\\?\[(?:laughter|laughs|applause|music|crosstalk|unintelligible|inaudible)[^\]\\]{0,60}\\?\]\s?", re.IGNORECASE
)
_SPEAKER_LINE = re.compile(r"^\*\*([^*\n:]{1,80})(?::\*\*|\*\*:)[ \t]*", re.MULTILINE)
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n((?:[^\n]*\n){1,100}?)(?:---|\.\.\.)[ \t]*\n")
_FIELD = re.compile(r"^(title|author):[ \t]*[\"']?([^\"'\n]{1,300})", re.MULTILINE | re.IGNORECASE)
_HTML = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>|</?[a-zA-Z][^<>]{0,1000}>", re.DOTALL | re.IGNORECASE)


def read(source: SourceFile) -> Reading:
    text = source.text()
    if not _SPEAKER_LINE.search(text) and (turns := speakers.turns_of(text)) and any(turn.speaker for turn in turns):
        reading = plain.reading_of(text, source)
        reading.media_type = source.media_type
        return reading
    return reading_of(text, source.limits)


def reading_of(text: str, limits: Limits) -> Reading:
    """`**Name:**` at a paragraph's start is a speaker's turn where the name comes back; time and stage marks go."""
    fields: dict[str, str] = {}
    if front := _FRONT_MATTER.match(text):
        fields = {name.lower(): value for name, value in _FIELD.findall(front.group(1))}
        text = text[front.end() :]
    text = _STAGE_MARK.sub("", _TIME_MARK.sub("", text))
    often = Counter(name.strip() for name in _SPEAKER_LINE.findall(text))
    text = _SPEAKER_LINE.sub(lambda line: f"\n{line.group()}", text)
    composer = Composer(limits)
    turns: list[tuple[int, str]] = []
    for kind, level, words, speaker in _paragraphs(MarkdownIt("commonmark").enable("table").parse(text)):
        name = speaker if speaker and kind == "text" and often[speaker] > 1 else None
        if kind == "heading":
            composer.heading(words, level)
        else:
            start = composer.add(words[len(name) + 1 :].lstrip(": ") if name else words)
            if name:  # also where only a mark stood, such as [laughs]
                turns.append((composer.length if start is None else start, name))
    body = composer.text
    heard = {name for index, (start, name) in enumerate(turns) if _turn_end(body, turns, index) > start}
    turns = [(start, name) for start, name in turns if name in heard]
    cues = [
        Cue(start, _turn_end(body, turns, index), None, None, speaker) for index, (start, speaker) in enumerate(turns)
    ]
    title = fields.get("title") or next((one.title for one in composer.headings if one.level == 1), None)
    author = one_line(fields.get("author"))
    return Reading(
        body, "text/markdown", VERSION, cues=cues, headings=composer.headings, title=one_line(title), author=author
    )


def _paragraphs(tokens: list[Token]) -> Iterator[tuple[str, int, str, str | None]]:
    """Kind (`heading`, `text` or `other`), level, words and, where the markup looks like one, the speaker."""
    level, row, in_cell = 0, list[str](), False
    for token in tokens:
        if token.type == "heading_open":
            level = int(token.tag[1])
        elif token.type in {"th_open", "td_open"}:
            in_cell = True
        elif token.type in {"th_close", "td_close"}:
            in_cell = False
        elif token.type == "tr_close":
            yield "other", 0, " | ".join(row), None
            row = []
        elif token.type in {"fence", "code_block"}:
            yield "other", 0, token.content, None
        elif token.type == "html_block":
            yield "other", 0, html.unescape(_HTML.sub(" ", token.content)), None
        elif token.type == "inline" and in_cell:
            row.append(_words(token.children or []))
        elif token.type == "inline":
            speaker = _SPEAKER_LINE.match(token.content)
            name = speaker.group(1).strip() if speaker else None
            yield "heading" if level else "text", level, _words(token.children or []), name
            level = 0


def _words(children: Sequence[Token]) -> str:
    text = []
    for child in children:
        if child.type in {"text", "code_inline", "image"}:
            text.append(child.content)
        elif child.type in {"softbreak", "hardbreak"}:
            text.append(" ")
    return "".join(text)


def _turn_end(body: str, turns: list[tuple[int, str]], index: int) -> int:
    end = turns[index + 1][0] if index + 1 < len(turns) else len(body)
    while end > turns[index][0] and body[end - 1].isspace():
        end -= 1
    return end
