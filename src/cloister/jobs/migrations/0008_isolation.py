"""How far a step was kept apart is said of each step: agents differ in what their machines allow."""

import sqlalchemy as sa
from alembic import op

revision = "jobs_0008"
down_revision = "jobs_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the column from jobs to steps, with what it says."""
    op.add_column("jobs_step", sa.Column("isolation", sa.Text, nullable=False, server_default=""))
    told = "(SELECT jobs_job.isolation FROM jobs_job WHERE jobs_job.name = jobs_step.job)"
    op.execute(f"UPDATE jobs_step SET isolation = {told} WHERE attempt > 0")  # noqa: S608 - all of it is written here
    op.drop_column("jobs_job", "isolation")


def downgrade() -> None:
    """Move it back, empty."""
    op.add_column("jobs_job", sa.Column("isolation", sa.Text, nullable=False, server_default=""))
    op.drop_column("jobs_step", "isolation")
