from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, Numeric, SmallInteger, String, Text, text
from sqlalchemy.dialects.postgresql import JSON, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class JobStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(Base):
    """One request for background work. The row is the truth; the bell only says that there is something to do."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_pick", "owner_id", "kind", "priority", "run_at", postgresql_where=text("status = 'queued'")),
        Index("ix_jobs_due", "owner_id", "kind", "run_at", postgresql_where=text("status = 'queued'")),
        Index("ix_jobs_running", "owner_id", postgresql_where=text("status = 'running'")),
        Index("ix_jobs_lease", "lease_until", postgresql_where=text("status = 'running'")),
        Index("ix_jobs_deadline", "deadline_at", postgresql_where=text("status = 'queued'")),
        # not (kind, run_at): in an idle table's statistics that would look as good as ix_jobs_due to job_line_touch
        Index("ix_jobs_queue", "kind", postgresql_include=["run_at"], postgresql_where=text("status = 'queued'")),
        Index("ix_jobs_untold", "finished_at", postgresql_where=text("untold")),
        Index("ix_jobs_finished_at", "finished_at", postgresql_where=text("finished_at is not null")),
        Index("ix_jobs_owner_id_created_at", "owner_id", text("created_at desc")),
        Index("ix_jobs_project_id_created_at", "project_id", text("created_at desc")),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), comment="Who asked for it.")
    project_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), comment="The project that it works for."
    )
    kind: Mapped[str] = mapped_column(String(100), comment="The task, as feature.function.")
    input: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="The task's arguments: ids, never objects.")
    status: Mapped[JobStatus] = mapped_column(default=JobStatus.QUEUED, comment="Where it stands.")
    stage: Mapped[str | None] = mapped_column(String(200), comment="The step it is at, or what it waits for.")
    progress: Mapped[float] = mapped_column(default=0, server_default="0", comment="0 to 1, from finished steps.")
    priority: Mapped[int] = mapped_column(SmallInteger, default=100, server_default="100", comment="Lower goes first.")
    run_at: Mapped[datetime] = mapped_column(server_default=text("now()"), comment="Not before.")
    attempt: Mapped[int] = mapped_column(
        default=0, server_default="0", comment="Failed tries since the last finished step."
    )
    attempts: Mapped[int] = mapped_column(default=0, server_default="0", comment="Times that it was started.")
    max_attempts: Mapped[int] = mapped_column(comment="Failed tries before it gives up.")
    crashes: Mapped[int] = mapped_column(default=0, server_default="0", comment="Workers that died with it.")
    epoch: Mapped[int] = mapped_column(
        default=0, server_default="0", comment="Rises with each claim; fences older runs."
    )
    retried_epoch: Mapped[int] = mapped_column(
        default=0, server_default="0", comment="The epoch when its owner last asked for another try."
    )
    waits_for: Mapped[str | None] = mapped_column(
        String(16), comment="What a queued job that was begun waits for: retry, provider, budget or receiver."
    )
    lease_until: Mapped[datetime | None] = mapped_column(comment="Until when its worker is believed to live.")
    worker: Mapped[str | None] = mapped_column(String(100), comment="Who runs it.")
    cancel_requested_at: Mapped[datetime | None] = mapped_column(comment="When the owner asked for it to stop.")
    deadline_at: Mapped[datetime | None] = mapped_column(comment="When it ends, come what may.")
    result: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="{type, id} of what it made."
    )
    error: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="{code, message, retryable} of why it failed."
    )
    untold: Mapped[bool] = mapped_column(
        default=False, server_default="false", comment="It ended badly, and its task's feature doesn't know yet."
    )
    event_seq: Mapped[int] = mapped_column(default=0, server_default="0", comment="The newest event's number.")
    code_version: Mapped[str] = mapped_column(String(32), comment="The version of Strand that enqueued it.")
    traceparent: Mapped[str | None] = mapped_column(
        String(55), comment="The request that made it, as the W3C writes it."
    )
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"), comment="When it was asked for.")
    started_at: Mapped[datetime | None] = mapped_column(comment="When it was first claimed.")
    finished_at: Mapped[datetime | None] = mapped_column(comment="When it ended.")


class IdempotencyKey(Base):
    """A client's key and the job that its request made: the same request within 24 hours gets the same job."""

    __tablename__ = "idempotency_keys"

    owner_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, comment="Whose key."
    )
    key: Mapped[str] = mapped_column(String(255), primary_key=True, comment="As the client sent it.")
    request_hash: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the request's path and body.")
    job_id: Mapped[UUID] = mapped_column(
        ForeignKey("jobs.id", ondelete="CASCADE"), index=True, comment="The job that it made, or set going again."
    )
    created_at: Mapped[datetime] = mapped_column(
        server_default=text("now()"), index=True, comment="When it was first used."
    )


class JobLine(Base):
    """Who stands in line: one row per owner and kind, recomputed from jobs by triggers, never incremented."""

    __tablename__ = "job_lines"
    __table_args__ = (
        Index("ix_job_lines_turn", "kind", "running", "turn_at", postgresql_where=text("turn_at < 'infinity'")),
        {"postgresql_with": {"fillfactor": "50"}},
    )

    owner_id: Mapped[UUID] = mapped_column(primary_key=True, comment="The owner of the jobs.")
    kind: Mapped[str] = mapped_column(String(100), primary_key=True, comment="The kind of the jobs.")
    running: Mapped[int] = mapped_column(
        default=0,
        server_default="0",
        comment="The owner's running jobs that count with it: all kinds but those aside, or those.",
    )
    turn_at: Mapped[datetime] = mapped_column(
        server_default=text("'infinity'"), comment="In line since (past), due at (future), nothing queued (infinity)."
    )


class JobStep(Base):
    """A remembered part of a job: once its output is stored it never runs again."""

    __tablename__ = "job_steps"

    job_id: Mapped[UUID] = mapped_column(
        ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True, comment="The job."
    )
    name: Mapped[str] = mapped_column(String(200), primary_key=True, comment="The step's function, or branch.")
    ordinal: Mapped[int] = mapped_column(Integer, comment="The order of first starts.")
    status: Mapped[str] = mapped_column(String(16), comment="running or done.")
    input_hash: Mapped[str] = mapped_column(String(64), comment="SHA-256 of its arguments.")
    epoch: Mapped[int] = mapped_column(comment="The run that started it last.")
    attempts: Mapped[int] = mapped_column(default=1, server_default="1", comment="Times that it was started.")
    output: Mapped[Any | None] = mapped_column(JSON, comment="What it returned, to the letter: json, not jsonb.")
    usage: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), comment="Tokens and cost.")
    started_at: Mapped[datetime] = mapped_column(server_default=text("now()"), comment="When it was last started.")
    finished_at: Mapped[datetime | None] = mapped_column(comment="When its output was stored.")


class JobEvent(Base):
    """What a client may follow: numbered without gaps per job, written with the change that it tells of."""

    __tablename__ = "job_events"

    job_id: Mapped[UUID] = mapped_column(
        ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True, comment="The job."
    )
    seq: Mapped[int] = mapped_column(primary_key=True, comment="1, 2, 3 ... per job.")
    type: Mapped[str] = mapped_column(String(16), comment="status, progress, step or end.")
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="What happened.")
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"), comment="When.")


class ModelCall(Base):
    """A call to a provider, written before it is sent, so that no payment is ever unknown to us. Outlives its job."""

    __tablename__ = "model_calls"
    __table_args__ = (
        Index("ix_model_calls_owner_id_sent_at", "owner_id", "sent_at"),
        Index("ix_model_calls_job_id_step", "job_id", "step"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID | None] = mapped_column(comment="Who pays. No foreign key: the receipt outlives the account.")
    project_id: Mapped[UUID | None] = mapped_column(comment="For which project.")
    job_id: Mapped[UUID | None] = mapped_column(comment="For which job; none for a call made by a request.")
    kind: Mapped[str | None] = mapped_column(String(100), comment="The job's kind, or what the request was for.")
    step: Mapped[str | None] = mapped_column(String(200), comment="In which step.")
    epoch: Mapped[int | None] = mapped_column(comment="In which run of the job.")
    provider: Mapped[str] = mapped_column(String(32), comment="openai, anthropic, compatible.")
    model: Mapped[str] = mapped_column(String(100), comment="As the provider names it.")
    purpose: Mapped[str] = mapped_column(String(32), comment="generate, embed, moderate or transcribe.")
    state: Mapped[str] = mapped_column(String(16), comment="sent, done, failed or unknown.")
    input_tokens: Mapped[int] = mapped_column(default=0, server_default="0", comment="As the provider counted them.")
    output_tokens: Mapped[int] = mapped_column(default=0, server_default="0", comment="As the provider counted them.")
    cached_tokens: Mapped[int] = mapped_column(
        default=0, server_default="0", comment="Of the input: read from the provider's cache."
    )
    cache_write_tokens: Mapped[int] = mapped_column(
        default=0, server_default="0", comment="Of the input: written to the provider's cache."
    )
    reserved_usd: Mapped[Decimal] = mapped_column(
        Numeric(14, 8), default=Decimal(0), server_default="0", comment="What it may cost at most, while it is out."
    )
    cost_usd: Mapped[Decimal] = mapped_column(
        Numeric(14, 8), default=Decimal(0), server_default="0", comment="From the dated price table."
    )
    latency_seconds: Mapped[float | None] = mapped_column(comment="From sending to the answer.")
    request_id: Mapped[str | None] = mapped_column(String(200), comment="The provider's id of the answer.")
    error: Mapped[str | None] = mapped_column(Text, comment="Why it failed.")
    sent_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"), comment="Before it was sent.")
    finished_at: Mapped[datetime | None] = mapped_column(comment="When the answer was read.")


class WorkerProcess(Base):
    """A worker that lives, or lately did: how health and operators see it."""

    __tablename__ = "worker_processes"

    name: Mapped[str] = mapped_column(String(100), primary_key=True, comment="host:pid:random.")
    kinds: Mapped[list[Any]] = mapped_column(JSONB, comment="The tasks that it knows.")
    slots: Mapped[int] = mapped_column(comment="Jobs that it runs at once.")
    running: Mapped[int] = mapped_column(default=0, server_default="0", comment="Jobs that it runs now.")
    code_version: Mapped[str] = mapped_column(String(32), comment="Its version of Strand.")
    started_at: Mapped[datetime] = mapped_column(server_default=text("now()"), comment="When it came up.")
    seen_at: Mapped[datetime] = mapped_column(
        server_default=text("now()"), index=True, comment="Its last sign of life."
    )


class ProviderLane(Base):
    """A provider, or one model of it, that nobody calls until the pause is over: it limits us, or refuses our key."""

    __tablename__ = "provider_lanes"

    provider: Mapped[str] = mapped_column(String(32), primary_key=True, comment="openai, anthropic, compatible.")
    model: Mapped[str] = mapped_column(String(100), primary_key=True, comment="The model; empty: all of the provider.")
    paused_until: Mapped[datetime] = mapped_column(comment="Until when nothing is sent.")
    code: Mapped[str] = mapped_column(String(64), comment="Why, for programs.")
    reason: Mapped[str] = mapped_column(String(300), comment="Why, for people.")
    strikes: Mapped[int] = mapped_column(default=1, server_default="1", comment="Pauses in a row; each is longer.")


class PausedKind(Base):
    """A kind of jobs that no worker begins for now; `*` is every kind."""

    __tablename__ = "paused_kinds"

    kind: Mapped[str] = mapped_column(String(100), primary_key=True, comment="The kind, or *.")
    since: Mapped[datetime] = mapped_column(server_default=text("now()"), comment="When an operator paused it.")


class Chore(Base):
    """Work on the whole that is to be done once in a while, by one worker only."""

    __tablename__ = "chores"

    name: Mapped[str] = mapped_column(String(100), primary_key=True, comment="What is done.")
    begun_at: Mapped[datetime] = mapped_column(comment="When a worker last took it on.")


class MetricTotal(Base):
    """A counter for operators, added to in batches by every process; it only rises."""

    __tablename__ = "metric_totals"

    name: Mapped[str] = mapped_column(String(100), primary_key=True, comment="As in /metrics.")
    labels: Mapped[str] = mapped_column(String(500), primary_key=True, comment="JSON object, keys in order.")
    value: Mapped[float] = mapped_column(default=0, server_default="0", comment="The sum so far.")
