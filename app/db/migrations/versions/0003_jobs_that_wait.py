"""jobs that wait

What a job waits for, lanes of providers that are closed for a while, kinds that an operator paused, money, counters.
Idempotency keys leave `jobs` for a table of their own, as a retry has one too and makes no job.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "metric_totals",
        sa.Column("name", sa.String(length=100), nullable=False, comment="As in /metrics."),
        sa.Column("labels", sa.String(length=500), nullable=False, comment="JSON object, keys in order."),
        sa.Column("value", sa.Double(), server_default="0", nullable=False, comment="The sum so far."),
        sa.PrimaryKeyConstraint("name", "labels", name=op.f("pk_metric_totals")),
    )
    op.create_table(
        "paused_kinds",
        sa.Column("kind", sa.String(length=100), nullable=False, comment="The kind, or *."),
        sa.Column(
            "since",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When an operator paused it.",
        ),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_paused_kinds")),
    )
    op.create_table(
        "provider_lanes",
        sa.Column("provider", sa.String(length=32), nullable=False, comment="openai, anthropic, compatible."),
        sa.Column("model", sa.String(length=100), nullable=False, comment="The model; empty: all of the provider."),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=False, comment="Until when nothing is sent."),
        sa.Column("code", sa.String(length=64), nullable=False, comment="Why, for programs."),
        sa.Column("reason", sa.String(length=300), nullable=False, comment="Why, for people."),
        sa.Column(
            "strikes", sa.Integer(), server_default="1", nullable=False, comment="Pauses in a row; each is longer."
        ),
        sa.PrimaryKeyConstraint("provider", "model", name=op.f("pk_provider_lanes")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="Whose key."),
        sa.Column("key", sa.String(length=255), nullable=False, comment="As the client sent it."),
        sa.Column(
            "request_hash", sa.String(length=64), nullable=False, comment="SHA-256 of the request's path and body."
        ),
        sa.Column("job_id", sa.Uuid(), nullable=False, comment="The job that it made, or set going again."),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When it was first used.",
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_idempotency_keys_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_idempotency_keys_owner_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("owner_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False)
    op.create_index(op.f("ix_idempotency_keys_job_id"), "idempotency_keys", ["job_id"], unique=False)
    op.add_column(
        "jobs",
        sa.Column(
            "retried_epoch",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="The epoch when its owner last asked for another try.",
        ),
    )
    op.add_column(
        "jobs",
        sa.Column(
            "waits_for",
            sa.String(length=16),
            nullable=True,
            comment="What a queued job that was begun waits for: retry, provider or budget.",
        ),
    )
    op.add_column(
        "jobs",
        sa.Column(
            "untold",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="It ended badly, and its task's feature doesn't know yet.",
        ),
    )
    op.drop_constraint(op.f("uq_jobs_owner_id"), "jobs", type_="unique")
    op.create_index(
        "ix_jobs_finished_at",
        "jobs",
        ["finished_at"],
        unique=False,
        postgresql_where=sa.text("finished_at is not null"),
    )
    op.create_index(
        "ix_jobs_queue", "jobs", ["kind"], postgresql_include=["run_at"], postgresql_where=sa.text("status = 'queued'")
    )
    op.create_index("ix_jobs_untold", "jobs", ["finished_at"], unique=False, postgresql_where=sa.text("untold"))
    op.execute(
        "insert into idempotency_keys (owner_id, key, request_hash, job_id, created_at) "
        "select owner_id, idempotency_key, request_hash, id, created_at from jobs where idempotency_key is not null"
    )
    op.drop_column("jobs", "request_hash")
    op.drop_column("jobs", "idempotency_key")
    op.add_column(
        "model_calls",
        sa.Column("kind", sa.String(length=100), nullable=True, comment="The job's kind, or what the request was for."),
    )
    op.add_column(
        "model_calls",
        sa.Column(
            "cached_tokens",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Of the input: read from the provider's cache.",
        ),
    )
    op.add_column(
        "model_calls",
        sa.Column(
            "cache_write_tokens",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Of the input: written to the provider's cache.",
        ),
    )
    op.add_column(
        "model_calls",
        sa.Column(
            "reserved_usd",
            sa.Numeric(precision=14, scale=8),
            server_default="0",
            nullable=False,
            comment="What it may cost at most, while it is out.",
        ),
    )
    op.drop_index(op.f("ix_model_calls_job_id"), table_name="model_calls")
    op.create_index("ix_model_calls_job_id_step", "model_calls", ["job_id", "step"], unique=False)
    op.drop_index("ix_retrievable_text_owner_id", table_name="retrievable_text")
    op.create_index("ix_retrievable_text_owner_id_content_hash", "retrievable_text", ["owner_id", "content_hash"])
    op.add_column(
        "users",
        sa.Column(
            "monthly_budget_usd",
            sa.Numeric(precision=12, scale=2),
            nullable=True,
            comment="What models may cost a month; null: the installation's own limit.",
        ),
    )


def downgrade() -> None:
    op.drop_index("ix_retrievable_text_owner_id_content_hash", table_name="retrievable_text")
    op.create_index("ix_retrievable_text_owner_id", "retrievable_text", ["owner_id"])
    op.drop_column("users", "monthly_budget_usd")
    op.drop_index("ix_model_calls_job_id_step", table_name="model_calls")
    op.create_index(op.f("ix_model_calls_job_id"), "model_calls", ["job_id"], unique=False)
    op.drop_column("model_calls", "reserved_usd")
    op.drop_column("model_calls", "cache_write_tokens")
    op.drop_column("model_calls", "cached_tokens")
    op.drop_column("model_calls", "kind")
    op.add_column(
        "jobs",
        sa.Column(
            "idempotency_key",
            sa.VARCHAR(length=255),
            autoincrement=False,
            nullable=True,
            comment="The client's key, unique per owner.",
        ),
    )
    op.add_column(
        "jobs",
        sa.Column(
            "request_hash",
            sa.VARCHAR(length=64),
            autoincrement=False,
            nullable=True,
            comment="SHA-256 of the request's path and body.",
        ),
    )
    op.execute(
        "update jobs set idempotency_key = known.key, request_hash = known.request_hash "
        "from idempotency_keys known where known.job_id = jobs.id"
    )
    op.drop_index("ix_jobs_untold", table_name="jobs", postgresql_where=sa.text("untold"))
    op.drop_index("ix_jobs_queue", table_name="jobs", postgresql_where=sa.text("status = 'queued'"))
    op.drop_index("ix_jobs_finished_at", table_name="jobs", postgresql_where=sa.text("finished_at is not null"))
    op.create_unique_constraint(
        op.f("uq_jobs_owner_id"), "jobs", ["owner_id", "idempotency_key"], postgresql_nulls_not_distinct=False
    )
    op.drop_column("jobs", "untold")
    op.drop_column("jobs", "waits_for")
    op.drop_column("jobs", "retried_epoch")
    op.drop_index(op.f("ix_idempotency_keys_job_id"), table_name="idempotency_keys")
    op.drop_index(op.f("ix_idempotency_keys_created_at"), table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_table("provider_lanes")
    op.drop_table("paused_kinds")
    op.drop_table("metric_totals")
