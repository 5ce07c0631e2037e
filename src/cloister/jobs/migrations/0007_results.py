"""Results of steps, by what they hang on."""

import sqlalchemy as sa
from alembic import op

revision = "jobs_0007"
down_revision = "jobs_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "jobs_result",
        sa.Column("job", sa.String(255), primary_key=True),
        sa.Column("step", sa.String(255), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("submitter", sa.Text, nullable=False),
        sa.Column("made_by_job", sa.String(255), nullable=False, server_default=""),
        sa.Column("made_by_step", sa.String(255), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["job", "step"], ["jobs_step.job", "jobs_step.name"], ondelete="CASCADE"),
    )
    op.create_index("ix_jobs_result_fingerprint", "jobs_result", ["fingerprint"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("jobs_result")
