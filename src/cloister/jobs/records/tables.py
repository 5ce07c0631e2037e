"""The tables of jobs, steps and agents. Times are seconds since 1970 in UTC."""

import sqlalchemy as sa

METADATA = sa.MetaData()

JOB = sa.Table(
    "jobs_job",
    METADATA,
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("plan", sa.Text, nullable=False),
    sa.Column("snapshot", sa.String(64), nullable=False),
    sa.Column("submitter", sa.Text, nullable=False),
    sa.Column("status", sa.String(16), nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("isolation", sa.Text, nullable=False),
    sa.Column("run_id", sa.String(64), nullable=False),
    sa.Column("canceled_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False, index=True),
    sa.Column("started_at", sa.Float),
    sa.Column("ended_at", sa.Float),
)

STEP = sa.Table(
    "jobs_step",
    METADATA,
    sa.Column("job", sa.String(255), sa.ForeignKey("jobs_job.name", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("exit_code", sa.Integer),
    sa.Column("run_id", sa.String(64), nullable=False),
    # The launcher's process id and what tells it from a later process with that id.
    sa.Column("process", sa.Integer, nullable=False),
    sa.Column("process_start", sa.Text, nullable=False),
    sa.Column("started_at", sa.Float),
    sa.Column("ended_at", sa.Float),
)

AGENT = sa.Table(
    "jobs_agent",
    METADATA,
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("process", sa.Integer, nullable=False),
    sa.Column("isolation", sa.Text, nullable=False),
    sa.Column("started_at", sa.Float, nullable=False),
    sa.Column("seen_at", sa.Float, nullable=False),
)
