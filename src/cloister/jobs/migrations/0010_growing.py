"""What is asked for among all jobs that ever ran is found without looking at each of them."""

from alembic import op

revision = "jobs_0010"
down_revision = "jobs_0009"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_jobs_job_submitter": ("jobs_job", ["submitter"]),
    "ix_jobs_step_run_id": ("jobs_step", ["run_id"]),
    "ix_jobs_result_made_by": ("jobs_result", ["made_by_job", "made_by_step"]),
}


def upgrade() -> None:
    """Make the indexes."""
    for name, (table, columns) in _INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    """Drop them."""
    for name, (table, _) in _INDEXES.items():
        op.drop_index(name, table)
