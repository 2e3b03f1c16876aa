"""account exports

Exports of whole accounts, and the accounts whose files are still to be looked for after their erasure.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_exports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="Whose."),
        sa.Column(
            "status",
            sa.Enum(
                "pending", "ready", "failed", name="exportstatus", native_enum=False, length=32, create_constraint=True
            ),
            nullable=False,
            comment="How far it is.",
        ),
        sa.Column("job_id", sa.Uuid(), nullable=True, comment="The job that makes it."),
        sa.Column("storage_key", sa.String(length=200), nullable=True, comment="Where the ZIP lies in the storage."),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True, comment="Of the ZIP."),
        sa.Column("sha256", sa.String(length=64), nullable=True, comment="Of the ZIP."),
        sa.Column("file_count", sa.Integer(), nullable=True, comment="Files inside."),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True, comment="When it was complete."),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="When it is deleted."),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_account_exports_owner_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_exports")),
    )
    op.create_index(
        "ix_account_exports_owner_id_created_at", "account_exports", ["owner_id", sa.text("created_at desc")]
    )
    op.create_index("ix_account_exports_expires_at", "account_exports", ["expires_at"])
    op.create_table(
        "erased_accounts",
        sa.Column("account_id", sa.Uuid(), nullable=False, comment="What the account's id was."),
        sa.Column(
            "erased_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False, comment="When."
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_erased_accounts")),
    )


def downgrade() -> None:
    op.drop_table("erased_accounts")
    op.drop_table("account_exports")
