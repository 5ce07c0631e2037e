"""The table of schedules. Times are seconds since 1970 in UTC."""

import sqlalchemy as sa

from cloister.jobs.records.tables import METADATA

SCHEDULE = sa.Table(
    "jobs_schedule",
    METADATA,
    sa.Column("name", sa.String(255), primary_key=True),
    # When, as JSON; and what: the plan, as JSON, with the hash of its snapshot.
    sa.Column("schedule", sa.Text, nullable=False),
    sa.Column("plan", sa.Text, nullable=False),
    sa.Column("snapshot", sa.String(64), nullable=False),
    # Whose it is, and as whom its jobs are submitted: a principal, as JSON.
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("principal", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    # When it is due next; none where it never is, or waits to be enabled.
    sa.Column("next_due", sa.Float, index=True),
    # The newest job, and why the newest tick made none, or why the schedule is paused.
    sa.Column("last_job", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
)
