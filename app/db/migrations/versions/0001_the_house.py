"""the house"""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import VECTOR
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create extension if not exists vector")
    op.execute("create schema if not exists saq")
    op.create_table(
        "job_lines",
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="The owner of the jobs."),
        sa.Column("kind", sa.String(length=100), nullable=False, comment="The kind of the jobs."),
        sa.Column(
            "running",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="The owner's running jobs of all kinds.",
        ),
        sa.Column(
            "turn_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("'infinity'"),
            nullable=False,
            comment="In line since (past), due at (future), nothing queued (infinity).",
        ),
        sa.PrimaryKeyConstraint("owner_id", "kind", name=op.f("pk_job_lines")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index(
        "ix_job_lines_turn",
        "job_lines",
        ["kind", "running", "turn_at"],
        unique=False,
        postgresql_where=sa.text("turn_at < 'infinity'"),
    )
    op.create_table(
        "model_calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "owner_id", sa.Uuid(), nullable=True, comment="Who pays. No foreign key: the receipt outlives the account."
        ),
        sa.Column("project_id", sa.Uuid(), nullable=True, comment="For which project."),
        sa.Column("job_id", sa.Uuid(), nullable=True, comment="For which job; none for a call made by a request."),
        sa.Column("step", sa.String(length=200), nullable=True, comment="In which step."),
        sa.Column("epoch", sa.Integer(), nullable=True, comment="In which run of the job."),
        sa.Column("provider", sa.String(length=32), nullable=False, comment="openai, anthropic, compatible."),
        sa.Column("model", sa.String(length=100), nullable=False, comment="As the provider names it."),
        sa.Column("purpose", sa.String(length=32), nullable=False, comment="generate, embed, moderate or transcribe."),
        sa.Column("state", sa.String(length=16), nullable=False, comment="sent, done, failed or unknown."),
        sa.Column(
            "input_tokens", sa.Integer(), server_default="0", nullable=False, comment="As the provider counted them."
        ),
        sa.Column(
            "output_tokens", sa.Integer(), server_default="0", nullable=False, comment="As the provider counted them."
        ),
        sa.Column(
            "cost_usd",
            sa.Numeric(precision=14, scale=8),
            server_default="0",
            nullable=False,
            comment="From the dated price table.",
        ),
        sa.Column("latency_seconds", sa.Double(), nullable=True, comment="From sending to the answer."),
        sa.Column("request_id", sa.String(length=200), nullable=True, comment="The provider's id of the answer."),
        sa.Column("error", sa.Text(), nullable=True, comment="Why it failed."),
        sa.Column(
            "sent_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="Before it was sent.",
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True, comment="When the answer was read."),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_calls")),
    )
    op.create_index("ix_model_calls_job_id", "model_calls", ["job_id"], unique=False)
    op.create_index("ix_model_calls_owner_id_sent_at", "model_calls", ["owner_id", "sent_at"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "email",
            sa.String(length=320),
            nullable=False,
            comment="Lower case, as e-mails compare without case. Personal data.",
        ),
        sa.Column("password_hash", sa.String(length=255), nullable=False, comment="Argon2id, in PHC form."),
        sa.Column("display_name", sa.String(length=200), nullable=False, comment="Personal data."),
        sa.Column(
            "role",
            sa.Enum("creator", "operator", name="role", native_enum=False, create_constraint=True, length=32),
            nullable=False,
            comment="What the account may do.",
        ),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False, comment="False: may not sign in."),
        sa.Column(
            "revision",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="Counts the row's changes; the resource's ETag.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "worker_processes",
        sa.Column("name", sa.String(length=100), nullable=False, comment="host:pid:random."),
        sa.Column("kinds", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="The tasks that it knows."),
        sa.Column("slots", sa.Integer(), nullable=False, comment="Jobs that it runs at once."),
        sa.Column("running", sa.Integer(), server_default="0", nullable=False, comment="Jobs that it runs now."),
        sa.Column("code_version", sa.String(length=32), nullable=False, comment="Its version of Strand."),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When it came up.",
        ),
        sa.Column(
            "seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="Its last sign of life.",
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker_processes")),
    )
    op.create_index(op.f("ix_worker_processes_seen_at"), "worker_processes", ["seen_at"], unique=False)
    op.create_table(
        "projects",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="The creator."),
        sa.Column("title", sa.String(length=300), nullable=False, comment="What the creator calls it."),
        sa.Column(
            "creative_brief", sa.Text(), nullable=True, comment="What the video is to do, in the creator's words."
        ),
        sa.Column("audience", sa.Text(), nullable=True, comment="Whom it is for."),
        sa.Column(
            "platform",
            sa.Enum(
                "youtube",
                "shorts",
                "tiktok",
                "podcast",
                "course",
                "other",
                name="platform",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
            comment="Where it will be published.",
        ),
        sa.Column("target_minutes", sa.Double(), nullable=True, comment="How long it is to be, in minutes."),
        sa.Column("language", sa.String(length=35), nullable=True, comment="BCP 47 tag of the video's language."),
        sa.Column(
            "status",
            sa.Enum("active", "archived", name="projectstatus", native_enum=False, create_constraint=True, length=32),
            nullable=False,
            comment="Active or put away.",
        ),
        sa.Column("dna_profile_id", sa.Uuid(), nullable=True, comment="The chosen voice."),
        sa.Column(
            "engine",
            sa.Enum(
                "auto",
                "openai",
                "anthropic",
                "compatible",
                "offline",
                name="enginechoice",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="auto",
            nullable=False,
            comment="Which engine may work on this project's text.",
        ),
        sa.Column(
            "allow_external_models",
            sa.Boolean(),
            server_default="true",
            nullable=False,
            comment="False: no text of this project leaves the machine.",
        ),
        sa.Column(
            "revision",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="Counts the row's changes; the resource's ETag.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("target_minutes > 0", name=op.f("ck_projects_target_minutes_positive")),
        sa.ForeignKeyConstraint(
            ["dna_profile_id"],
            ["dna_profiles.id"],
            name=op.f("fk_projects_dna_profile_id_dna_profiles"),
            ondelete="SET NULL",
            use_alter=True,
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_projects_owner_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
    )
    op.create_index(op.f("ix_projects_dna_profile_id"), "projects", ["dna_profile_id"], unique=False)
    op.create_index(
        "ix_projects_owner_id_created_at", "projects", ["owner_id", sa.literal_column("created_at desc")], unique=False
    )
    op.create_table(
        "user_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False, comment="Whose sign-in."),
        sa.Column(
            "expires_at", sa.DateTime(timezone=True), nullable=False, comment="When its newest refresh token ends."
        ),
        sa.Column(
            "revoked_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Since when neither its refresh nor access tokens work.",
        ),
        sa.Column("user_agent", sa.String(length=300), nullable=True, comment="What signed in. Personal data."),
        sa.Column("address", sa.String(length=64), nullable=True, comment="From where. Personal data."),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_sessions_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
    )
    op.create_index(op.f("ix_user_sessions_user_id"), "user_sessions", ["user_id"], unique=False)
    op.create_table(
        "content_sources",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="The creator."),
        sa.Column("project_id", sa.Uuid(), nullable=False, comment="Its project."),
        sa.Column("title", sa.String(length=300), nullable=False, comment="What the creator calls it."),
        sa.Column(
            "role",
            sa.Enum(
                "own", "reference", "story", name="sourcerole", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
            comment="What it is for: own, reference or story.",
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "text", "url", "upload", "file", name="sourcekind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
            comment="How it came in.",
        ),
        sa.Column("media_type", sa.String(length=127), nullable=True, comment="By content, not by name."),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "processing",
                "ready",
                "needs_transcript",
                "failed",
                name="sourcestatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
            comment="How far reading it got.",
        ),
        sa.Column(
            "error",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="{code, message, next_action} when it could not be read.",
        ),
        sa.Column("url", sa.Text(), nullable=True, comment="Where it was fetched from."),
        sa.Column("author", sa.String(length=300), nullable=True, comment="Who made it, as far as it says."),
        sa.Column(
            "published_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it was published, as far as it says.",
        ),
        sa.Column("filename", sa.String(length=255), nullable=True, comment="The name that the file was sent under."),
        sa.Column("size_bytes", sa.Integer(), nullable=False, comment="Size of what was sent."),
        sa.Column(
            "storage_key", sa.String(length=200), nullable=True, comment="Where the original lies in the storage."
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="The newest version of its text; 0: not read yet."),
        sa.Column("language", sa.String(length=35), nullable=True, comment="BCP 47 tag, detected."),
        sa.Column("word_count", sa.Integer(), nullable=False, comment="Words in the newest version."),
        sa.Column("duration_seconds", sa.Double(), nullable=True, comment="Length of timed media."),
        sa.Column("chunk_count", sa.Integer(), nullable=False, comment="Retrievable texts of the newest version."),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="Checksum of what was sent."),
        sa.Column(
            "affirmed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the creator affirmed that an own source is theirs.",
        ),
        sa.Column("affirmed_from", sa.String(length=64), nullable=True, comment="From which address. Personal data."),
        sa.Column(
            "revision",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="Counts the row's changes; the resource's ETag.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_content_sources_owner_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_content_sources_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_sources")),
    )
    op.create_index("ix_content_sources_owner_id", "content_sources", ["owner_id"], unique=False)
    op.create_index(
        "ix_content_sources_project_id_created_at",
        "content_sources",
        ["project_id", sa.literal_column("created_at desc")],
        unique=False,
    )
    op.create_table(
        "dna_profiles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="The creator."),
        sa.Column("project_id", sa.Uuid(), nullable=False, comment="Its project."),
        sa.Column("name", sa.String(length=200), nullable=False, comment="What the creator calls it."),
        sa.Column("version", sa.Integer(), nullable=False, comment="Rises with each build in the project."),
        sa.Column(
            "engine",
            sa.String(length=100),
            nullable=False,
            comment="What wrote the traits; the signals are always measured.",
        ),
        sa.Column(
            "grade",
            sa.Enum("A", "B", "C", name="grade", native_enum=False, create_constraint=True, length=32),
            nullable=False,
            comment="How sufficient the corpus is.",
        ),
        sa.Column("language", sa.String(length=35), nullable=False, comment="BCP 47 tag of the corpus."),
        sa.Column("speaker", sa.String(length=200), nullable=True, comment="Whose turns were taken."),
        sa.Column(
            "corpus",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="{sources, words, sentences, minutes}.",
        ),
        sa.Column("signals", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="As api.md gives them."),
        sa.Column(
            "traits",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Descriptions with verified quotes.",
        ),
        sa.Column(
            "catchphrases",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What the creator says again and again.",
        ),
        sa.Column(
            "exemplars",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="The creator's best hooks and endings, with spans.",
        ),
        sa.Column(
            "controls",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="formality, energy, humour, depth, pace: -2 to 2.",
        ),
        sa.Column(
            "rejected",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What failed the evidence check, and why.",
        ),
        sa.Column(
            "manifest",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Inputs, engine, prompts and versions behind it.",
        ),
        sa.Column(
            "dimensions",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Mean and spread per signal, for the match.",
        ),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=True, comment="The trained voice model, packed."),
        sa.Column(
            "revision",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="Counts the row's changes; the resource's ETag.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_dna_profiles_owner_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_dna_profiles_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dna_profiles")),
    )
    op.create_index(
        "ix_dna_profiles_owner_id_created_at",
        "dna_profiles",
        ["owner_id", sa.literal_column("created_at desc")],
        unique=False,
    )
    op.create_index(
        "ix_dna_profiles_project_id_created_at",
        "dna_profiles",
        ["project_id", sa.literal_column("created_at desc")],
        unique=False,
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="Who asked for it."),
        sa.Column("project_id", sa.Uuid(), nullable=True, comment="The project that it works for."),
        sa.Column("kind", sa.String(length=100), nullable=False, comment="The task, as feature.function."),
        sa.Column(
            "input",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="The task's arguments: ids, never objects.",
        ),
        sa.Column(
            "status",
            sa.Enum(
                "queued",
                "running",
                "succeeded",
                "failed",
                "cancelled",
                name="jobstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
            comment="Where it stands.",
        ),
        sa.Column("stage", sa.String(length=200), nullable=True, comment="The step it is at, or what it waits for."),
        sa.Column("progress", sa.Double(), server_default="0", nullable=False, comment="0 to 1, from finished steps."),
        sa.Column("priority", sa.SmallInteger(), server_default="100", nullable=False, comment="Lower goes first."),
        sa.Column(
            "run_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False, comment="Not before."
        ),
        sa.Column(
            "attempt",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Failed tries since the last finished step.",
        ),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False, comment="Times that it was started."),
        sa.Column("max_attempts", sa.Integer(), nullable=False, comment="Failed tries before it gives up."),
        sa.Column("crashes", sa.Integer(), server_default="0", nullable=False, comment="Workers that died with it."),
        sa.Column(
            "epoch",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Rises with each claim; fences older runs.",
        ),
        sa.Column(
            "lease_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Until when its worker is believed to live.",
        ),
        sa.Column("worker", sa.String(length=100), nullable=True, comment="Who runs it."),
        sa.Column(
            "cancel_requested_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the owner asked for it to stop.",
        ),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True, comment="When it ends, come what may."),
        sa.Column(
            "result",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="{type, id} of what it made.",
        ),
        sa.Column(
            "error",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="{code, message, retryable} of why it failed.",
        ),
        sa.Column(
            "idempotency_key", sa.String(length=255), nullable=True, comment="The client's key, unique per owner."
        ),
        sa.Column(
            "request_hash", sa.String(length=64), nullable=True, comment="SHA-256 of the request's path and body."
        ),
        sa.Column("event_seq", sa.Integer(), server_default="0", nullable=False, comment="The newest event's number."),
        sa.Column(
            "code_version", sa.String(length=32), nullable=False, comment="The version of Strand that enqueued it."
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When it was asked for.",
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True, comment="When it was first claimed."),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True, comment="When it ended."),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_jobs_owner_id_users"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_jobs_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("owner_id", "idempotency_key", name=op.f("uq_jobs_owner_id")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        "ix_jobs_deadline", "jobs", ["deadline_at"], unique=False, postgresql_where=sa.text("status = 'queued'")
    )
    op.create_index(
        "ix_jobs_due",
        "jobs",
        ["owner_id", "kind", "run_at"],
        unique=False,
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_index(
        "ix_jobs_lease", "jobs", ["lease_until"], unique=False, postgresql_where=sa.text("status = 'running'")
    )
    op.create_index(
        "ix_jobs_owner_id_created_at", "jobs", ["owner_id", sa.literal_column("created_at desc")], unique=False
    )
    op.create_index(
        "ix_jobs_pick",
        "jobs",
        ["owner_id", "kind", "priority", "run_at"],
        unique=False,
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_index(
        "ix_jobs_project_id_created_at", "jobs", ["project_id", sa.literal_column("created_at desc")], unique=False
    )
    op.create_index(
        "ix_jobs_running", "jobs", ["owner_id"], unique=False, postgresql_where=sa.text("status = 'running'")
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False, comment="The family that it belongs to."),
        sa.Column(
            "token_hash", sa.String(length=64), nullable=False, comment="SHA-256 of the token, which is not kept."
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="When it ends unused."),
        sa.Column(
            "spent_at", sa.DateTime(timezone=True), nullable=True, comment="When it was exchanged for a new pair."
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["user_sessions.id"],
            name=op.f("fk_refresh_tokens_session_id_user_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_refresh_tokens_token_hash")),
    )
    op.create_index("ix_refresh_tokens_session_id_spent_at", "refresh_tokens", ["session_id", "spent_at"], unique=False)
    op.create_table(
        "dna_profile_sources",
        sa.Column("profile_id", sa.Uuid(), nullable=False, comment="The profile."),
        sa.Column("source_id", sa.Uuid(), nullable=False, comment="The source."),
        sa.ForeignKeyConstraint(
            ["profile_id"],
            ["dna_profiles.id"],
            name=op.f("fk_dna_profile_sources_profile_id_dna_profiles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["content_sources.id"],
            name=op.f("fk_dna_profile_sources_source_id_content_sources"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("profile_id", "source_id", name=op.f("pk_dna_profile_sources")),
    )
    op.create_index(op.f("ix_dna_profile_sources_source_id"), "dna_profile_sources", ["source_id"], unique=False)
    op.create_table(
        "job_events",
        sa.Column("job_id", sa.Uuid(), nullable=False, comment="The job."),
        sa.Column("seq", sa.Integer(), nullable=False, comment="1, 2, 3 ... per job."),
        sa.Column("type", sa.String(length=16), nullable=False, comment="status, progress, step or end."),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="What happened."),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="When.",
        ),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_events_job_id_jobs"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "seq", name=op.f("pk_job_events")),
    )
    op.create_table(
        "job_steps",
        sa.Column("job_id", sa.Uuid(), nullable=False, comment="The job."),
        sa.Column("name", sa.String(length=200), nullable=False, comment="The step's function, or branch."),
        sa.Column("ordinal", sa.Integer(), nullable=False, comment="The order of first starts."),
        sa.Column("status", sa.String(length=16), nullable=False, comment="running or done."),
        sa.Column("input_hash", sa.String(length=64), nullable=False, comment="SHA-256 of its arguments."),
        sa.Column("epoch", sa.Integer(), nullable=False, comment="The run that started it last."),
        sa.Column("attempts", sa.Integer(), server_default="1", nullable=False, comment="Times that it was started."),
        sa.Column(
            "output",
            postgresql.JSON(astext_type=sa.Text()),
            nullable=True,
            comment="What it returned, to the letter: json, not jsonb.",
        ),
        sa.Column(
            "usage",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="Tokens and cost.",
        ),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When it was last started.",
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True, comment="When its output was stored."),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_steps_job_id_jobs"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "name", name=op.f("pk_job_steps")),
    )
    op.create_table(
        "retrievable_text",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="The creator."),
        sa.Column("project_id", sa.Uuid(), nullable=False, comment="Search's scope."),
        sa.Column("source_id", sa.Uuid(), nullable=False, comment="Its source."),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="The version of the source's text that it was cut from."
        ),
        sa.Column("ordinal", sa.Integer(), nullable=False, comment="Its place in the source, from 0."),
        sa.Column("text", sa.Text(), nullable=False, comment="The version's text from span_start to span_end."),
        sa.Column(
            "span_start", sa.Integer(), nullable=False, comment="Code points from the start of the version's text."
        ),
        sa.Column("span_end", sa.Integer(), nullable=False, comment="Exclusive."),
        sa.Column("page", sa.Integer(), nullable=True, comment="Page of a paged document, from 1."),
        sa.Column("start_seconds", sa.Double(), nullable=True, comment="Where it starts in timed media."),
        sa.Column("end_seconds", sa.Double(), nullable=True, comment="Where it ends in timed media."),
        sa.Column("speaker", sa.String(length=200), nullable=True, comment="Who speaks, when one person does."),
        sa.Column(
            "heading_path",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="The headings above it, outermost first.",
        ),
        sa.Column(
            "search_config", sa.String(length=32), nullable=False, comment="PostgreSQL text search configuration."
        ),
        sa.Column(
            "length", sa.Integer(), server_default="0", nullable=False, comment="Indexed words: BM25's document length."
        ),
        sa.Column(
            "content_hash",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of the text: what need not be embedded again.",
        ),
        sa.Column("embedding", VECTOR(1536), nullable=True, comment="Unit length; STORAGE PLAIN."),
        sa.Column(
            "embedding_model", sa.String(length=100), nullable=True, comment="A search never compares across models."
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_retrievable_text_owner_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_retrievable_text_project_id_projects"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["content_sources.id"],
            name=op.f("fk_retrievable_text_source_id_content_sources"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retrievable_text")),
        sa.UniqueConstraint("source_id", "version", "ordinal", name=op.f("uq_retrievable_text_source_id")),
    )
    op.create_index("ix_retrievable_text_owner_id", "retrievable_text", ["owner_id"], unique=False)
    op.create_index(
        "ix_retrievable_text_project_id_source_id", "retrievable_text", ["project_id", "source_id"], unique=False
    )
    op.create_table(
        "source_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False, comment="The source that was read."),
        sa.Column("number", sa.Integer(), nullable=False, comment="Rises by one with each reading."),
        sa.Column("text", sa.Text(), nullable=False, comment="Normalised: NFC, line ends LF."),
        sa.Column(
            "cues",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[{start, end, start_seconds, end_seconds, speaker}].",
        ),
        sa.Column(
            "headings", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="[{start, level, title}]."
        ),
        sa.Column("reader", sa.String(length=64), nullable=False, comment="What read it, with its version."),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="Checksum of the text."),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["content_sources.id"],
            name=op.f("fk_source_versions_source_id_content_sources"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_versions")),
        sa.UniqueConstraint("source_id", "number", name=op.f("uq_source_versions_source_id")),
    )
    op.create_table(
        "search_postings",
        sa.Column("project_id", sa.Uuid(), nullable=False, comment="The scope leads the key."),
        sa.Column("lexeme", sa.Text(), nullable=False, comment="As PostgreSQL's configuration makes it."),
        sa.Column("chunk_id", sa.Uuid(), nullable=False, comment="Where it stands."),
        sa.Column("frequency", sa.Integer(), nullable=False, comment="How often."),
        sa.ForeignKeyConstraint(
            ["chunk_id"],
            ["retrievable_text.id"],
            name=op.f("fk_search_postings_chunk_id_retrievable_text"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "lexeme", "chunk_id", name=op.f("pk_search_postings")),
    )
    op.create_index("ix_search_postings_chunk_id", "search_postings", ["chunk_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_projects_dna_profile_id_dna_profiles"),
        "projects",
        "dna_profiles",
        ["dna_profile_id"],
        ["id"],
        ondelete="SET NULL",
    )
    # a vector of 6 kB would go out of line by default, which costs five times the time to read
    op.execute("alter table retrievable_text alter column embedding set storage plain")


def downgrade() -> None:
    op.drop_constraint(op.f("fk_projects_dna_profile_id_dna_profiles"), "projects", type_="foreignkey")
    op.drop_index("ix_search_postings_chunk_id", table_name="search_postings")
    op.drop_table("search_postings")
    op.drop_table("source_versions")
    op.drop_index("ix_retrievable_text_project_id_source_id", table_name="retrievable_text")
    op.drop_index("ix_retrievable_text_owner_id", table_name="retrievable_text")
    op.drop_table("retrievable_text")
    op.drop_table("job_steps")
    op.drop_table("job_events")
    op.drop_index(op.f("ix_dna_profile_sources_source_id"), table_name="dna_profile_sources")
    op.drop_table("dna_profile_sources")
    op.drop_index("ix_refresh_tokens_session_id_spent_at", table_name="refresh_tokens")
    op.drop_table("refresh_tokens")
    op.drop_index("ix_jobs_running", table_name="jobs", postgresql_where=sa.text("status = 'running'"))
    op.drop_index("ix_jobs_project_id_created_at", table_name="jobs")
    op.drop_index("ix_jobs_pick", table_name="jobs", postgresql_where=sa.text("status = 'queued'"))
    op.drop_index("ix_jobs_owner_id_created_at", table_name="jobs")
    op.drop_index("ix_jobs_lease", table_name="jobs", postgresql_where=sa.text("status = 'running'"))
    op.drop_index("ix_jobs_due", table_name="jobs", postgresql_where=sa.text("status = 'queued'"))
    op.drop_index("ix_jobs_deadline", table_name="jobs", postgresql_where=sa.text("status = 'queued'"))
    op.drop_table("jobs")
    op.drop_index("ix_dna_profiles_project_id_created_at", table_name="dna_profiles")
    op.drop_index("ix_dna_profiles_owner_id_created_at", table_name="dna_profiles")
    op.drop_table("dna_profiles")
    op.drop_index("ix_content_sources_project_id_created_at", table_name="content_sources")
    op.drop_index("ix_content_sources_owner_id", table_name="content_sources")
    op.drop_table("content_sources")
    op.drop_index(op.f("ix_user_sessions_user_id"), table_name="user_sessions")
    op.drop_table("user_sessions")
    op.drop_index("ix_projects_owner_id_created_at", table_name="projects")
    op.drop_index(op.f("ix_projects_dna_profile_id"), table_name="projects")
    op.drop_table("projects")
    op.drop_index(op.f("ix_worker_processes_seen_at"), table_name="worker_processes")
    op.drop_table("worker_processes")
    op.drop_table("users")
    op.drop_index("ix_model_calls_owner_id_sent_at", table_name="model_calls")
    op.drop_index("ix_model_calls_job_id", table_name="model_calls")
    op.drop_table("model_calls")
    op.drop_index("ix_job_lines_turn", table_name="job_lines", postgresql_where=sa.text("turn_at < 'infinity'"))
    op.drop_table("job_lines")
    op.execute("drop schema saq cascade")
    op.execute("drop extension vector")
