"""How a source and a quoted passage are named in a sources list."""

from app.features.scripts.exports.document import ExportFinding, Note, SourceCard, place_of

GONE = "A source that was deleted since"


def name_of(source: SourceCard | None) -> str:
    return source.title if source else GONE


def date_of(source: SourceCard) -> str | None:
    """1 March 2020."""
    day = source.published_at
    return f"{day.day} {day:%B} {day.year}" if day else None


def credit_of(source: SourceCard) -> str:
    """Title, author and date in one line."""
    return ", ".join(part for part in (source.title, source.author, date_of(source)) if part)


def details_of(note: Note) -> list[str]:
    """What stands behind the title in a sources list: author, date, place; without what isn't known."""
    source = note.source
    parts = [source.author, date_of(source)] if source else []
    return [part for part in (*parts, place_of(note.citation)) if part]


def caution_of(note: Note) -> str | None:
    """What has become of the passage since it was cited."""
    if note.source is None or note.citation.source_deleted:
        return "the source was deleted"
    if note.citation.stale:
        return "the source says it differently now"
    return "the sentence was edited since; check that the source still carries it" if note.citation.edited else None


def where_of(finding: ExportFinding, titles: dict[str, str]) -> str:
    """The section's title, and which of its fields where that isn't the narration."""
    parts = [titles.get(finding.section_id or ""), finding.field if finding.field != "narration" else None]
    return ", ".join(part.replace("_", " ") if at else part for at, part in enumerate(parts) if part)
