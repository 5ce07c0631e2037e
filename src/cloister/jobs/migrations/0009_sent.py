"""Who sent which snapshot, and which folder of files."""

import sqlalchemy as sa
from alembic import op

revision = "jobs_0009"
down_revision = "jobs_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "jobs_sent",
        sa.Column("sort", sa.String(16), primary_key=True),
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("sender", sa.String(255), primary_key=True),
        sa.Column("sent_at", sa.Float, nullable=False),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("jobs_sent")
