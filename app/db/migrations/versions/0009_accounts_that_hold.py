"""accounts that hold

E-mails that are verified, passwords that can be reset, a second factor, and who did what.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STAYS = """
create function audit_events_stay() returns trigger language plpgsql as $$
declare
  purpose text := current_setting('strand.audit', true);
begin
  if tg_op = 'DELETE' and purpose = 'sweep' and old.created_at < now() - interval '23 hours' then
    return old;
  end if;
  if tg_op = 'UPDATE' and purpose = 'erase' and new.address is null and new.details = '{}'
    and to_jsonb(new) - 'address' - 'details' = to_jsonb(old) - 'address' - 'details' then
    return new;
  end if;
  raise exception 'audit_events is append-only' using errcode = 'insufficient_privilege';
end $$
"""
TRIGGERS = (
    "create trigger audit_events_stay before update or delete on audit_events for each row execute function audit_events_stay()",
    "create trigger audit_events_stay_all before truncate on audit_events execute function audit_events_stay()",
)


def upgrade() -> None:
    op.add_column(
        "users",
        sa.Column(
            "email_verified_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When its owner showed that mail to this address arrives.",
        ),
    )
    op.create_table(
        "account_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False, comment="For whom."),
        sa.Column("purpose", sa.String(length=32), nullable=False, comment="What it allows."),
        sa.Column(
            "token_hash", sa.String(length=64), nullable=False, comment="SHA-256 of the token, which is not kept."
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="When it ends unused."),
        sa.Column(
            "used_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it was used, or another of its purpose was.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "purpose in ('verify_email', 'reset_password')", name=op.f("ck_account_tokens_tokenpurpose")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_account_tokens_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_account_tokens_token_hash")),
    )
    op.create_index(op.f("ix_account_tokens_user_id"), "account_tokens", ["user_id"])
    op.create_table(
        "second_factors",
        sa.Column("user_id", sa.Uuid(), nullable=False, comment="Whose sign-ins it guards."),
        sa.Column(
            "sealed_secret",
            sa.String(length=500),
            nullable=False,
            comment="What the codes are made of, sealed by the installation's key.",
        ),
        sa.Column(
            "confirmed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Since when it is asked for; null: not yet.",
        ),
        sa.Column(
            "last_counter",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="The 30 seconds since 1970 whose code was used last.",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_second_factors_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False, comment="Whose."),
        sa.Column("code_hash", sa.String(length=64), nullable=False, comment="SHA-256 of the code, which is not kept."),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True, comment="When it was used."),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_recovery_codes_code_hash")),
    )
    op.create_index(op.f("ix_recovery_codes_user_id"), "recovery_codes", ["user_id"])
    op.create_table(
        "audit_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column(
            "action", sa.String(length=60), nullable=False, comment="What was done, as thing.deed: sign_in.failed."
        ),
        sa.Column(
            "actor_id", sa.Uuid(), nullable=True, comment="The account that did it; null: nobody who was signed in."
        ),
        sa.Column("actor_role", sa.String(length=32), nullable=True, comment="What that account was then."),
        sa.Column("session_id", sa.Uuid(), nullable=True, comment="The sign-in that it was done with."),
        sa.Column("api_key_id", sa.Uuid(), nullable=True, comment="The key that it was done with."),
        sa.Column(
            "target_type", sa.String(length=40), nullable=True, comment="What it was done to: user, job, api_key."
        ),
        sa.Column("target_id", sa.Uuid(), nullable=True, comment="Which one."),
        sa.Column("address", sa.String(length=64), nullable=True, comment="From where. Personal data."),
        sa.Column(
            "details",
            postgresql.JSONB(),
            server_default="{}",
            nullable=False,
            comment="Old and new values, never a secret. May be personal data.",
        ),
        sa.CheckConstraint("actor_role in ('creator', 'operator')", name=op.f("ck_audit_events_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    op.create_index("ix_audit_events_created_at", "audit_events", ["created_at"])
    op.create_index("ix_audit_events_actor_id_id", "audit_events", ["actor_id", "id"])
    op.create_index("ix_audit_events_target_id_id", "audit_events", ["target_id", "id"])
    op.execute(STAYS)
    for trigger in TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    op.drop_table("audit_events")
    op.execute("drop function audit_events_stay()")
    op.drop_table("recovery_codes")
    op.drop_table("second_factors")
    op.drop_table("account_tokens")
    op.drop_column("users", "email_verified_at")
