"""Sweeps and their trials."""

import sqlalchemy as sa
from alembic import op

revision = "jobs_0006"
down_revision = "jobs_0007"
branch_labels = None
depends_on = None

_STEP_OF = ["jobs_step.job", "jobs_step.name"]


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "jobs_sweep",
        sa.Column("job", sa.String(255), primary_key=True),
        sa.Column("step", sa.String(255), primary_key=True),
        sa.Column("elapsed_seconds", sa.Float, nullable=False),
        sa.ForeignKeyConstraint(["job", "step"], _STEP_OF, ondelete="CASCADE"),
    )
    op.create_table(
        "jobs_trial",
        sa.Column("job", sa.String(255), primary_key=True),
        sa.Column("sweep", sa.String(255), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("step", sa.String(255), nullable=False),
        sa.Column("chosen", sa.Text, nullable=False),
        sa.Column("metric", sa.Float),
        sa.Column("reported", sa.Integer, nullable=False),
        sa.Column("judged", sa.Integer, nullable=False),
        sa.Column("settled", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["job", "sweep"], _STEP_OF, ondelete="CASCADE"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("jobs_trial")
    op.drop_table("jobs_sweep")
