"""What is told of jobs beside their plans."""

import sqlalchemy as sa
from alembic import op

revision = "jobs_0005"
down_revision = "jobs_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the desk's tables."""
    op.create_table(
        "jobs_listing",
        sa.Column("job", sa.String(255), sa.ForeignKey("jobs_job.name", ondelete="CASCADE"), primary_key=True),
        sa.Column("experiment", sa.Text, nullable=False, index=True),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("archived", sa.Boolean, nullable=False),
        sa.Column("nodes", sa.Integer, nullable=False),
        sa.Column("cores", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("jobs_listing")
