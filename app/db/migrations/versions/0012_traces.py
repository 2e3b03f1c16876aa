"""traces

A job knows the request that made it, so that what a worker does for it is found with it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "jobs",
        sa.Column(
            "traceparent",
            sa.String(length=55),
            nullable=True,
            comment="The request that made it, as the W3C writes it.",
        ),
    )


def downgrade() -> None:
    op.drop_column("jobs", "traceparent")
