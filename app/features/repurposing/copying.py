"""A piece as one text to be copied out: as the mail program, the site or the thread takes it."""

from collections.abc import Sequence

from app.db.models import RepurposingFormat, SourceRole
from app.features.repurposing.schemas import ListedSource, Part
from app.features.scripts.exports.document import SourceCard
from app.features.scripts.exports.references import credit_of


def copied(form: RepurposingFormat, title: str, parts: Sequence[Part], sources: Sequence[ListedSource]) -> str:
    """What is private to the creator is not in the list of sources."""
    lines = [_credit(one) for one in sources if one.role is SourceRole.REFERENCE]
    if form is RepurposingFormat.SHORTS:
        return "\n\n".join(_spoken(part) for part in parts)
    if form is RepurposingFormat.THREAD:
        return "\n\n".join(part.text for part in parts)
    if form is RepurposingFormat.NEWSLETTER:
        said = [f"Subject: {title}", *(_headed(part, "") for part in parts if part.type != "subject")]
        return "\n\n".join([*said, "\n".join(["Sources", *lines])] if lines else said)
    said = [f"# {title}", *(_headed(part, "## ") for part in parts)]
    return "\n\n".join([*said, "## Sources", "\n".join(f"- {line}" for line in lines)] if lines else said)


def _spoken(part: Part) -> str:
    return f"[{part.on_screen_text}]\n{part.text}" if part.on_screen_text else part.text


def _headed(part: Part, mark: str) -> str:
    """An introduction, an opening and a question have no heading of their own."""
    if part.type in {"introduction", "opening", "question"} or not part.title:
        return part.text
    return f"{mark}{part.title}\n\n{part.text}"


def _credit(source: ListedSource) -> str:
    card = SourceCard(source.title, source.author, source.url, source.published_at)
    return f"{credit_of(card)} {card.url}" if card.url else credit_of(card)
