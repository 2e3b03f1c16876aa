"""A model's draft as a piece: what stands the check, in the form's parts, within the platform's limits."""

import re
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from app.db.models import RepurposingFormat
from app.features.memory.preferences import Rule, obeyed, violations
from app.features.repurposing import writing
from app.features.repurposing.assembling import DISPUTED, assemble, cue, left_out
from app.features.repurposing.limits import (
    LONGEST_LETTER,
    LONGEST_SUBJECT,
    LONGEST_TITLE,
    MOST_POSTS,
    broken,
    short_words,
)
from app.features.repurposing.pieces import part_of
from app.features.repurposing.posts import posts_of
from app.features.repurposing.schemas import LeftOut, Part, Written
from app.features.repurposing.writing import Ground, PieceDraft
from app.features.scripts.exports.chapters import short
from app.features.scripts.exports.sentences import ScriptSentence
from app.features.scripts.schemas import Note
from app.shared.text import words

MOST_ADVICE = 4
LONGEST_STATEMENT = 200
LONGEST_PART_TITLE = 120
LONGEST_ON_SCREEN = 60
NO_ROOM = "There is no room for it in this form."
_NUMBER = re.compile(r"\d[\d,.]*\d|\d")


class Drafted(Struct):
    """A piece, and what a second try should mend; `faults` counts that."""

    written: Written
    advice: str | None = None
    faults: int = 0


class Kept(Struct):
    """A part's sentences that stand, and where a paragraph begins."""

    title: str
    on_screen_text: str
    sentences: list[ScriptSentence]
    breaks: list[int]


def finish(
    form: RepurposingFormat,
    draft: PieceDraft,
    ground: Ground,
    engine: str,
    words_per_minute: float,
    rules: Sequence[Rule],
) -> Drafted:
    """Where nothing of the draft stands, the piece is made of the script's own sentences."""
    kept, dropped = _kept(draft, ground, rules)
    whole = _parts(form, kept, ground)
    title = obeyed(writing.true_title(draft.title, ground, ground.title), rules)
    advice = list(broken(form, title, whole, words_per_minute))
    advice += [f"'{short(one.statement, LONGEST_STATEMENT)}' was dropped: {one.reason}." for one in dropped]
    advice += [one.message for part in whole for one in violations(part.text, rules)]
    title = short(title, LONGEST_SUBJECT if form is RepurposingFormat.NEWSLETTER else LONGEST_TITLE)
    fitting, cut = _fitted(form, kept, words_per_minute) if kept else ([], [])
    parts = _parts(form, fitting, ground)
    if not parts or broken(form, title, parts, words_per_minute):
        made = assemble(form, ground.title, ground.sections, words_per_minute, ground.disputed, rules)
        made.rejected = [*dropped, *made.rejected]
        return Drafted(made, " ".join(advice[:MOST_ADVICE]) or "it said nothing.", len(advice) + len(draft.parts) + 1)
    if form is RepurposingFormat.NEWSLETTER:
        parts.insert(0, Part("subject", "Subject", title))
    rejected = [*dropped, *cut, *left_out(ground.sections)]
    prompts = [writing.PIECE, writing.FORMS[form]]
    return Drafted(
        Written(title, parts, rejected, engine, prompts), " ".join(advice[:MOST_ADVICE]) or None, len(advice)
    )


def better(first: Drafted, second: Drafted) -> Written:
    """The one with fewer faults, the later one where they are even; what either had to drop is told."""
    chosen, other = (second, first) if second.faults <= first.faults else (first, second)
    told = {one.statement: one for one in [*chosen.written.rejected, *other.written.rejected]}
    return replace(chosen.written, rejected=list(told.values()))


def with_notes(parts: Sequence[Part], ground: Ground, rules: Sequence[Rule]) -> list[Part]:
    """Where a part says what sources dispute, or what a rule of the creator's forbids, a note says so."""
    for part in parts:
        spans = dict.fromkeys(one.span for one in part.citations if one.claim_id in ground.disputed)
        part.notes = [Note("disputed", DISPUTED, None, span) for span in spans]
        part.notes += [Note("preference", one.message, None, one.span) for one in violations(part.text, rules)]
    return list(parts)


def _kept(draft: PieceDraft, ground: Ground, rules: Sequence[Rule]) -> tuple[list[Kept], list[LeftOut]]:
    kept: list[Kept] = []
    dropped: list[LeftOut] = []
    for part in draft.parts:
        sentences, breaks, refused = writing.read_part(part, ground)
        dropped += [LeftOut(one.statement, one.reason) for one in refused]
        if sentences:
            said = [replace(one, text=obeyed(one.text, rules)) for one in sentences]
            title = short(writing.true_title(part.title, ground, ""), LONGEST_PART_TITLE)
            kept.append(Kept(title, _on_screen(part.on_screen_text, said), said, breaks))
    return kept, list({one.statement: one for one in dropped}.values())


def _on_screen(text: str, said: Sequence[ScriptSentence]) -> str:
    """What the model wants on the screen, as far as its figures are said meanwhile."""
    figures = set(_NUMBER.findall(text)) - {figure for one in said for figure in _NUMBER.findall(one.text)}
    return cue(said, "") if figures else short(text, LONGEST_ON_SCREEN)


def _parts(form: RepurposingFormat, kept: Sequence[Kept], ground: Ground) -> list[Part]:
    if form is RepurposingFormat.THREAD:
        return posts_of([one.sentences for one in kept])
    parts = []
    for at, one in enumerate(kept):
        kind = _kind(form, at, one, last=at == len(kept) - 1)
        title = one.title or ("" if form is RepurposingFormat.BLOG else kind.capitalize())
        screen = one.on_screen_text if form is RepurposingFormat.SHORTS else ""
        parts.append(part_of(kind, title or ground.title, one.sentences, on_screen_text=screen, breaks=one.breaks))
    return parts


def _kind(form: RepurposingFormat, at: int, one: Kept, *, last: bool) -> str:
    asks = last and one.sentences[-1].asks and at > 0
    if form is RepurposingFormat.BLOG:
        return "introduction" if at == 0 else "section"
    if form is RepurposingFormat.NEWSLETTER:
        return "opening" if at == 0 else "question" if asks else "point"
    return "hook" if at == 0 else "ending" if asks else "point"


def _fitted(form: RepurposingFormat, kept: Sequence[Kept], words_per_minute: float) -> tuple[list[Kept], list[LeftOut]]:
    """Without the last points for which there is no room; the beginning and a question at the end stay."""
    fitting = list(kept)
    cut: list[LeftOut] = []
    while len(fitting) > 1 and _too_long(form, fitting, words_per_minute):
        at = len(fitting) - 2 if len(fitting) > 2 and fitting[-1].sentences[-1].asks else len(fitting) - 1
        cut += [LeftOut(one.text, NO_ROOM) for one in fitting.pop(at).sentences]
    while len(fitting[0].sentences) > 1 and _too_long(form, fitting, words_per_minute):
        first = fitting[0]
        cut.append(LeftOut(first.sentences[-1].text, NO_ROOM))
        shorter = first.sentences[:-1]
        fitting[0] = Kept(
            first.title, first.on_screen_text, shorter, [one for one in first.breaks if one < len(shorter)]
        )
    return fitting, cut


def _too_long(form: RepurposingFormat, kept: Sequence[Kept], words_per_minute: float) -> bool:
    said = sum(len(words(one.text)) for part in kept for one in part.sentences)
    if form is RepurposingFormat.SHORTS:
        return said > short_words(words_per_minute)
    if form is RepurposingFormat.NEWSLETTER:
        return said > LONGEST_LETTER
    return form is RepurposingFormat.THREAD and len(posts_of([one.sentences for one in kept])) > MOST_POSTS
