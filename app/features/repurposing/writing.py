"""What a model is asked for when it turns a script into another form, and what of its answer is kept: pure functions.

Kept is what the script carries: a sentence that cites a passage and says what that passage says, or that states nothing,
or that the script states itself. Everything else is dropped and reported.
"""

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from uuid import UUID, uuid5

from msgspec import Struct
from msgspec.structs import replace

from app.db.models import ClaimStatus, DnaProfile, RepurposingFormat, Stance
from app.features.memory.preferences import Rule, as_instructions
from app.features.repurposing.assembling import DISPUTED
from app.features.repurposing.limits import short_words
from app.features.repurposing.pieces import once
from app.features.research.factual import names_in, states_a_fact
from app.features.research.quantities import compare, content_stems
from app.features.research.schemas import CitationRead, ClaimRead
from app.features.scripts.budget import Narration
from app.features.scripts.citing import read_marks
from app.features.scripts.exports.document import key_of, title_of
from app.features.scripts.exports.sentences import ScriptSentence, sentences_of
from app.features.scripts.schemas import ScriptCitation, Section
from app.features.scripts.speech import spoken
from app.features.scripts.writing import checked, exemplar_sources, marked, voice_brief
from app.shared.clients.llm import Prompt, Source
from app.shared.evidence import Span, anchor
from app.shared.text import sentence_spans, words

PROMPTS = Path(__file__).parent / "prompts"
PIECE = "piece.v1.md"
FORMS = {form: f"{form.value}.v1.md" for form in RepurposingFormat}
SAID = 0.6
"""Of the stems of a sentence, so many stand in the script's sentence that carries it."""
FEWEST_QUOTED = 4
"""Words between quotation marks from which on they are somebody's, not a term."""
LONGEST_COUNT = 12
_QUOTED = re.compile(r"“([^”]{0,1000})”|«([^»]{0,1000})»|\"([^\"\n]{0,1000})\"")
_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t]+|^[ \t]*\d{1,3}/\d{1,3}[ \t]+|\*\*", re.MULTILINE)
_PASSAGES = UUID("5f0d3c9e-2f0a-5e0b-9d7e-9a6f3f6f2b11")
"""The name space of the labels' ids; they are never stored."""


class PartDraft(Struct):
    """One part as a model gives it, with labels of claims in its text."""

    title: str
    text: str
    on_screen_text: str


class PieceDraft(Struct):
    title: str
    parts: list[PartDraft]


class Ground(Struct, frozen=True):
    """What a piece may rest on: the script's sentences, and its cited passages by the label that a model knows."""

    title: str
    sections: list[Section]
    sentences: list[ScriptSentence]
    claims: dict[str, ClaimRead]
    originals: dict[UUID, list[ScriptCitation]]
    disputed: Collection[UUID] = ()


class Dropped(Struct, frozen=True):
    statement: str
    reason: str


def ground_of(title: str, sections: Sequence[Section], disputed: Collection[UUID] = ()) -> Ground:
    """Citations whose source is deleted carry nothing."""
    originals: dict[UUID, list[ScriptCitation]] = {}
    for citation in (one for section in sections for one in section.citations):
        if citation.quote is not None and not citation.source_deleted:
            originals.setdefault(_id_of(citation), []).append(citation)
    originals = {claim_id: _passages(found) for claim_id, found in originals.items()}
    claims = {
        f"C{number}": _claim(claim_id, found, disputed) for number, (claim_id, found) in enumerate(originals.items(), 1)
    }
    return Ground(title, list(sections), sentences_of(sections), claims, originals, disputed)


def ask(
    form: RepurposingFormat,
    ground: Ground,
    language: str,
    words_per_minute: float,
    profile: DnaProfile | None,
    rules: Sequence[Rule],
    audience: str = "",
    advice: str | None = None,
) -> Prompt:
    """Each section is followed by what it rests on, so that a half of the material is still a script with its passages.
    The advice names a model's own sentences, which may be a source's: it is material too."""
    labels = {claim.id: label for label, claim in ground.claims.items()}
    shown: set[str] = set()
    sources: list[Source] = [*exemplar_sources(profile), *([Source("AUDIENCE", audience)] if audience else [])]
    for number, section in enumerate(ground.sections, 1):
        known = [replace(one, claim_id=_id_of(one)) for one in section.citations]
        text = spoken(marked(section.narration, known, labels))
        if not text:
            continue
        sources.append(Source(f"S{number}", f"{title_of(section)}\n\n{text}"))
        for label in dict.fromkeys(labels[one.claim_id] for one in known if one.claim_id in labels):
            if label not in shown:
                shown.add(label)
                sources.append(Source(label, _told(ground.claims[label])))
    task = [f"Script: {ground.title}", f"Language: {language}"]
    if form is RepurposingFormat.SHORTS:
        task.append(f"At most {short_words(words_per_minute)} words in all parts together.")
    if advice:
        sources.append(Source("FAULTS", advice))
        task.append("Your last draft was not good enough; FAULTS says what was wrong with it. Write it anew.")
    told = (prompt(PIECE), prompt(FORMS[form]), voice_brief(profile), as_instructions(rules))
    return Prompt(FORMS[form], "\n\n".join(part for part in told if part), tuple(sources), "\n".join(task))


def read_part(draft: PartDraft, ground: Ground) -> tuple[list[ScriptSentence], list[int], list[Dropped]]:
    """The sentences that stand, where among them a paragraph begins, and what is dropped."""
    cited = read_marks(_HEADING.sub("", draft.text).strip(), ground.claims)
    narration, refused = checked(Narration(cited.narration, cited.citations), ground.claims)
    reasons = {one.statement: one.reason for one in refused}
    dropped = [Dropped(f"[{label}]", "no such passage was given") for label in dict.fromkeys(cited.unknown)]
    kept: list[ScriptSentence] = []
    breaks: list[int] = []
    before = 0
    for span in sentence_spans(narration.text):
        text = span.of(narration.text)
        own = [one for one in narration.citations if one.narration_span == span]
        verdict = _verdict(text, own, reasons.get(text), ground)
        if isinstance(verdict, str):
            dropped.append(Dropped(text, verdict))
            continue
        if kept and "\n" in narration.text[before : span.start]:
            breaks.append(len(kept))
        before = span.end
        kept.append(ScriptSentence(0, span, text, verdict, _unsupported(text, verdict)))
    return kept, breaks, dropped


def true_title(title: str, ground: Ground, otherwise: str) -> str:
    """The title on one line; the other one where it states what the script doesn't."""
    plain = " ".join(_HEADING.sub("", re.sub(r"\[C\d+(?:,\s*C\d+)*\]", "", title)).split())
    said = _all_of(ground)
    if not words(plain) or _stranger(plain, said) or (states_a_fact(plain) and _carrier(plain, ground) is None):
        return otherwise
    return plain


def prompt(name: str) -> str:
    return (PROMPTS / name).read_text(encoding="utf-8").strip()


def _verdict(
    text: str, citations: Sequence[ScriptCitation], refused: str | None, ground: Ground
) -> list[ScriptCitation] | str:
    """The sentence's citations as the script has them; or why it is dropped."""
    if words_of := _strange_quote(text, ground):
        return f"neither the script nor a passage says “{words_of}”"
    if stranger := _stranger(text, _all_of(ground)):
        return f"neither the script nor a passage says '{stranger}'"
    originals = [
        replace(found, narration_span=one.narration_span)
        for one in citations
        if one.claim_id is not None
        for found in ground.originals.get(one.claim_id, [])
    ]
    if originals:
        return once(originals)
    if not states_a_fact(text):
        return refused or []
    carrier = _carrier(text, ground)
    if carrier is None:
        return refused or "the script doesn't say this"
    return [replace(one, narration_span=Span(0, len(text))) for one in carrier.citations]


def _unsupported(text: str, citations: Sequence[ScriptCitation]) -> bool:
    return not citations and states_a_fact(text)


def _carrier(text: str, ground: Ground) -> ScriptSentence | None:
    """The script's sentence that says the same, a cited one first: most of the words, every number, no contradiction."""
    about = set(content_stems(text))
    figures = _figures(text)
    best: ScriptSentence | None = None
    for one in sorted(ground.sentences, key=lambda one: not one.cited):
        shared = len(about & set(content_stems(one.text))) / max(1, len(about))
        if shared >= SAID and figures <= _figures(one.text) and compare(text, one.text).verdict != "differ":
            best = best or one
    return best


def _stranger(text: str, said: str) -> str | None:
    """A figure or a name that stands nowhere in what is said."""
    if figures := _figures(text) - _figures(said):
        return min(figures)
    known = {_bare(word) for word in words(said)}
    return next((name for name in names_in(text) if not {_bare(one) for one in words(name)} <= known), None)


def _figures(text: str) -> set[str]:
    """Numbers in digits; up to twelve they are written in words as often, and compared by what they count."""
    found = (one.replace(",", "").rstrip(".") for one in _NUMBER.findall(text))
    return {one for one in found if not one.isdigit() or int(one) > LONGEST_COUNT}


def _bare(word: str) -> str:
    return re.sub(r"['’]s?$", "", word.lower())


def _all_of(ground: Ground) -> str:
    """All that the script and its passages say."""
    said = [ground.title]
    for section in ground.sections:
        said += [section.title, spoken(section.narration), section.on_screen_text]
    said += [one.quote for found in ground.originals.values() for one in found if one.quote]
    return "\n".join(said)


def _strange_quote(text: str, ground: Ground) -> str | None:
    """Words between quotation marks that stand nowhere."""
    for found in _QUOTED.finditer(text):
        said = next(part for part in found.groups() if part is not None).strip(" ,.;:!?")
        if len(words(said)) >= FEWEST_QUOTED and not _stands_somewhere(said, ground):
            return said
    return None


def _stands_somewhere(said: str, ground: Ground) -> bool:
    texts = [section.narration for section in ground.sections]
    texts += [one.quote for found in ground.originals.values() for one in found if one.quote]
    return any(anchor(text, said) for text in texts)


def _id_of(citation: ScriptCitation) -> UUID:
    return citation.claim_id or uuid5(_PASSAGES, str(key_of(citation)))


def _passages(citations: Sequence[ScriptCitation]) -> list[ScriptCitation]:
    return list({key_of(one): one for one in citations}.values())


def _claim(claim_id: UUID, citations: Sequence[ScriptCitation], disputed: Collection[UUID]) -> ClaimRead:
    """The passages of a statement in the form in which drafts are read; its text is theirs, so that nothing else counts."""
    status = ClaimStatus.CONTRADICTED if claim_id in disputed else ClaimStatus.SINGLE_SOURCE
    quotes = [
        CitationRead(
            one.source_id, one.source_version, None, one.quote, one.source_span, one.page, one.start_seconds,
            Stance.SUPPORTS, one.stale, False,
        )
        for one in citations
    ]  # fmt: skip
    return ClaimRead(claim_id, citations[0].quote or "", status, None, quotes)


def _told(claim: ClaimRead) -> str:
    told = [f"Disputed. {DISPUTED}"] if claim.status is ClaimStatus.CONTRADICTED else []
    return "\n".join([*told, *(one.quote for one in claim.citations if one.quote)])
