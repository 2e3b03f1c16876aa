"""A research brief as a document to be read anywhere."""

import re
from collections.abc import Iterator, Mapping
from uuid import UUID

from app.db.models import Stance
from app.features.research.schemas import CitationRead, ClaimRead, ResearchRead

MARKUP = re.compile(r"([\\`*_{}\[\]<>#|])")


def write_markdown(brief: ResearchRead, titles: Mapping[UUID, str]) -> str:
    """The question, what the sources say to it with the quotes, and what they don't say. *titles* are the sources' own."""
    return "\n".join(_lines(brief, titles)).rstrip() + "\n"


def _lines(brief: ResearchRead, titles: Mapping[UUID, str]) -> Iterator[str]:
    yield from (f"# {_plain(brief.question)}", "")
    yield from (f"{brief.created_at:%Y-%m-%d}, {brief.depth}, engine: {_plain(brief.engine)}", "")
    if brief.summary:
        yield from (_plain(brief.summary), "")
    if brief.claims:
        yield from ("## Claims", "")
    for claim in brief.claims:
        yield from _claim(claim, titles)
    if brief.contradictions:
        yield from ("## Contradictions", "", *(f"- {_plain(one.explanation)}" for one in brief.contradictions), "")
    if brief.gaps:
        yield from ("## What the sources don't say", "")
        yield from (*(f"- {_plain(gap.question)} {_plain(gap.advice)}" for gap in brief.gaps), "")


def _claim(claim: ClaimRead, titles: Mapping[UUID, str]) -> Iterator[str]:
    yield from (f"### {_plain(claim.text)}", "", f"*{claim.status.replace('_', ' ')}*", "")
    for citation in claim.citations:
        yield from (_quoted(citation, titles), "")


def _quoted(citation: CitationRead, titles: Mapping[UUID, str]) -> str:
    title = _plain(titles.get(citation.source_id, "a source that was deleted"))
    where = f", page {citation.page}" if citation.page else ""
    if citation.start_seconds is not None:
        where += f", at {_clock(citation.start_seconds)}"
    against = " (against it)" if citation.stance is Stance.CONTRADICTS else ""
    return f"> {_plain(citation.quote or '…')}\n>\n> {title}{where}{against}"


def _plain(text: str) -> str:
    """Words of a source, so that nothing in them is markup; line ends would end what they stand in."""
    return MARKUP.sub(r"\\\1", " ".join(text.split()))


def _clock(seconds: float) -> str:
    """1:02:03, or 2:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
