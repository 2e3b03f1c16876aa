from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import BigInteger, ForeignKey, Index, PrimaryKeyConstraint, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Embedding, Model, Revised


class SourceRole(StrEnum):
    OWN = "own"
    REFERENCE = "reference"
    STORY = "story"


class SourceKind(StrEnum):
    TEXT = "text"
    URL = "url"
    UPLOAD = "upload"
    FILE = "file"


class SourceStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    READY = "ready"
    NEEDS_TRANSCRIPT = "needs_transcript"
    FAILED = "failed"


class ContentSource(Revised, Model):
    """Something that the creator brought: past work, material about the topic, or a story."""

    __tablename__ = "content_sources"
    __table_args__ = (
        Index("ix_content_sources_project_id_created_at", "project_id", text("created_at desc")),
        Index("ix_content_sources_owner_id", "owner_id"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="The creator.")
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), comment="Its project.")
    title: Mapped[str] = mapped_column(String(300), comment="What the creator calls it.")
    role: Mapped[SourceRole] = mapped_column(comment="What it is for: own, reference or story.")
    kind: Mapped[SourceKind] = mapped_column(comment="How it came in.")
    media_type: Mapped[str | None] = mapped_column(String(127), comment="By content, not by name.")
    status: Mapped[SourceStatus] = mapped_column(default=SourceStatus.PENDING, comment="How far reading it got.")
    error: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="{code, message, next_action} when it could not be read."
    )
    url: Mapped[str | None] = mapped_column(Text, comment="Where it was fetched from.")
    author: Mapped[str | None] = mapped_column(String(300), comment="Who made it, as far as it says.")
    published_at: Mapped[datetime | None] = mapped_column(comment="When it was published, as far as it says.")
    filename: Mapped[str | None] = mapped_column(String(255), comment="The name that the file was sent under.")
    size_bytes: Mapped[int] = mapped_column(BigInteger, comment="Size of what was sent.")
    storage_key: Mapped[str | None] = mapped_column(String(200), comment="Where the original lies in the storage.")
    version: Mapped[int] = mapped_column(default=0, comment="The newest version of its text; 0: not read yet.")
    language: Mapped[str | None] = mapped_column(String(35), comment="BCP 47 tag, detected.")
    word_count: Mapped[int] = mapped_column(default=0, comment="Words in the newest version.")
    duration_seconds: Mapped[float | None] = mapped_column(comment="Length of timed media.")
    chunk_count: Mapped[int] = mapped_column(default=0, comment="Retrievable texts of the newest version.")
    indexed_words: Mapped[int] = mapped_column(
        BigInteger,
        default=0,
        server_default="0",
        comment="Words that search knows of them; with chunk_count, BM25's mean.",
    )
    search_config: Mapped[str] = mapped_column(
        String(32), default="simple", server_default="simple", comment="PostgreSQL's, of the newest version's language."
    )
    sha256: Mapped[str | None] = mapped_column(String(64), comment="Checksum of what was sent; known once it was read.")
    media: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="{streams, has_audio, poster, waveform} of audio and video."
    )
    speakers: Mapped[dict[str, Any]] = mapped_column(
        JSONB, default=dict, server_default="{}", comment="What the creator said of them: {label: {name, is_me}}."
    )
    subtitles_name: Mapped[str | None] = mapped_column(String(255), comment="Of the subtitles that were sent for it.")
    fetched: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="{etag, last_modified} of the page when it was fetched."
    )
    affirmed_at: Mapped[datetime | None] = mapped_column(
        comment="When the creator affirmed that an own source is theirs."
    )
    affirmed_from: Mapped[str | None] = mapped_column(String(64), comment="From which address. Personal data.")


class SourceVersion(Model):
    """One reading of a source: its text never changes, so spans into it stay true."""

    __tablename__ = "source_versions"
    __table_args__ = (UniqueConstraint("source_id", "number"),)

    source_id: Mapped[UUID] = mapped_column(
        ForeignKey("content_sources.id", ondelete="CASCADE"), comment="The source that was read."
    )
    number: Mapped[int] = mapped_column(comment="Rises by one with each reading.")
    text: Mapped[str] = mapped_column(Text, comment="Normalised: NFC, line ends LF.")
    cues: Mapped[list[Any]] = mapped_column(JSONB, comment="[{start, end, start_seconds, end_seconds, speaker}].")
    headings: Mapped[list[Any]] = mapped_column(JSONB, comment="[{start, level, title}].")
    pages: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]", comment="[{number, start}].")
    reader: Mapped[str] = mapped_column(String(64), comment="What read it, with its version.")
    sha256: Mapped[str] = mapped_column(String(64), comment="Checksum of the text.")


class RetrievableText(Base):
    """A chunk: the unit that is embedded, searched and cited."""

    __tablename__ = "retrievable_text"
    __table_args__ = (
        UniqueConstraint("source_id", "version", "ordinal"),
        Index("ix_retrievable_text_project_id_source_id", "project_id", "source_id"),
        Index("ix_retrievable_text_owner_id_content_hash", "owner_id", "content_hash"),
        Index("ix_retrievable_text_project_id_embedding_model", "project_id", "embedding_model"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="The creator.")
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), comment="Search's scope.")
    source_id: Mapped[UUID] = mapped_column(ForeignKey("content_sources.id", ondelete="CASCADE"), comment="Its source.")
    version: Mapped[int] = mapped_column(comment="The version of the source's text that it was cut from.")
    ordinal: Mapped[int] = mapped_column(comment="Its place in the source, from 0.")
    text: Mapped[str] = mapped_column(Text, comment="The version's text from span_start to span_end.")
    span_start: Mapped[int] = mapped_column(comment="Code points from the start of the version's text.")
    span_end: Mapped[int] = mapped_column(comment="Exclusive.")
    page: Mapped[int | None] = mapped_column(comment="Page of a paged document, from 1.")
    start_seconds: Mapped[float | None] = mapped_column(comment="Where it starts in timed media.")
    end_seconds: Mapped[float | None] = mapped_column(comment="Where it ends in timed media.")
    speaker: Mapped[str | None] = mapped_column(String(200), comment="Who speaks, when one person does.")
    heading_path: Mapped[list[Any]] = mapped_column(JSONB, comment="The headings above it, outermost first.")
    search_config: Mapped[str] = mapped_column(String(32), comment="PostgreSQL text search configuration.")
    content_hash: Mapped[str] = mapped_column(
        String(64), comment="SHA-256 of the text: what need not be embedded again."
    )
    embedding: Mapped[np.ndarray | None] = mapped_column(Embedding(), comment="Unit length; STORAGE PLAIN.")
    embedding_model: Mapped[str | None] = mapped_column(String(100), comment="A search never compares across models.")
    next_embedding: Mapped[np.ndarray | None] = mapped_column(
        Embedding(), comment="By another model, until all of the project's chunks have one."
    )
    next_embedding_model: Mapped[str | None] = mapped_column(String(100), comment="Which model that is.")


class SearchPosting(Base):
    """The keyword index: which lexeme stands how often in which chunk of a published version. All that BM25 asks for lies
    in the key's index, as each chunk's own row fills a page with its vector."""

    __tablename__ = "search_postings"
    __table_args__ = (
        PrimaryKeyConstraint(
            "project_id", "lexeme", "chunk_id", postgresql_include=["frequency", "length", "source_id"]
        ),
        Index("ix_search_postings_chunk_id", "chunk_id"),
    )

    project_id: Mapped[UUID] = mapped_column(comment="The scope leads the key.")
    lexeme: Mapped[str] = mapped_column(Text, comment="As PostgreSQL's configuration makes it.")
    chunk_id: Mapped[UUID] = mapped_column(
        ForeignKey("retrievable_text.id", ondelete="CASCADE"), comment="Where it stands."
    )
    frequency: Mapped[int] = mapped_column(comment="How often.")
    length: Mapped[int] = mapped_column(comment="Indexed words of the chunk: BM25's document length.")
    source_id: Mapped[UUID] = mapped_column(comment="The chunk's source.")


class Upload(Model):
    """A file that a client sends straight to the storage, before it is a source."""

    __tablename__ = "uploads"
    __table_args__ = (
        Index("ix_uploads_owner_id", "owner_id"),
        Index("ix_uploads_project_id", "project_id"),
        Index("ix_uploads_expires_at", "expires_at", postgresql_where=text("used_at is null")),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="The creator.")
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), comment="Its project.")
    filename: Mapped[str] = mapped_column(String(255), comment="The name that it is sent under.")
    media_type: Mapped[str] = mapped_column(String(127), comment="As announced; the content decides.")
    size_bytes: Mapped[int] = mapped_column(BigInteger, comment="As announced, and as it must come.")
    storage_key: Mapped[str] = mapped_column(String(200), comment="Where it goes in the storage.")
    expires_at: Mapped[datetime] = mapped_column(comment="Until when its address takes it.")
    used_at: Mapped[datetime | None] = mapped_column(comment="When a source was made of it.")
