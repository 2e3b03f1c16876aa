"""chores

When a worker last took on what is done once in a while.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chores",
        sa.Column("name", sa.String(length=100), nullable=False, comment="What is done."),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False, comment="When a worker last took it on."),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chores")),
    )


def downgrade() -> None:
    op.drop_table("chores")
