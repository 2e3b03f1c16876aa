"""attempts

How often something was tried, so that sign-ins can't be guessed at.
"""

import sqlalchemy as sa
from alembic import op

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


def downgrade() -> None:
    op.drop_table("attempts")
