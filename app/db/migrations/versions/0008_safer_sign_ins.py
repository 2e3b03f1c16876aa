"""safer sign ins

How often something was tried, so that sign-ins can't be guessed at; keys for programs.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("key", sa.String(length=64), nullable=False, comment="SHA-256 of what was tried and by whom."),
        sa.Column("count", sa.Integer(), nullable=False, comment="Tries since the first that still counts."),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False, comment="When counting begins anew."),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_attempts")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="For whom it acts."),
        sa.Column("name", sa.String(length=100), nullable=False, comment="What its owner calls it."),
        sa.Column("scopes", postgresql.JSONB(), nullable=False, comment="read, write."),
        sa.Column("key_hash", sa.String(length=64), nullable=False, comment="SHA-256 of the key, which is not kept."),
        sa.Column("prefix", sa.String(length=16), nullable=False, comment="How it begins, to know it by."),
        sa.Column(
            "used_at", sa.DateTime(timezone=True), nullable=True, comment="When it was last used, to the minute."
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True, comment="When it ends; null: never."),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_api_keys_owner_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_index(op.f("ix_api_keys_owner_id"), "api_keys", ["owner_id"])


def downgrade() -> None:
    op.drop_table("api_keys")
    op.drop_table("attempts")
