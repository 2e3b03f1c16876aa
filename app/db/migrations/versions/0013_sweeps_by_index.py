"""sweeps by index

What is over is found by when it ended, so that the sweep doesn't read every sign-in that there is.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INDEXES = (("ix_user_sessions_expires_at", "user_sessions"), ("ix_account_tokens_expires_at", "account_tokens"))


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, table in INDEXES:
            op.create_index(name, table, ["expires_at"], unique=False, postgresql_concurrently=True, if_not_exists=True)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name, table in INDEXES:
            op.drop_index(name, table_name=table, postgresql_concurrently=True, if_exists=True)
