"""The tables of jobs, steps and agents. Times are seconds since 1970 in UTC, for people to read: nothing is decided by
them, because clocks jump and differ.
"""

import sqlalchemy as sa

METADATA = sa.MetaData()

JOB = sa.Table(
    "jobs_job",
    METADATA,
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("plan", sa.Text, nullable=False),
    sa.Column("snapshot", sa.String(64), nullable=False),
    sa.Column("submitter", sa.Text, nullable=False, index=True),
    sa.Column("status", sa.String(16), nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False),
    # The agent that owns the job, empty where nobody does; the epoch counts its owners and fences the earlier ones.
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),
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
    sa.Column("status", sa.String(16), nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("exit_code", sa.Integer),
    sa.Column("run_id", sa.String(64), nullable=False, index=True),
    # The launcher's process id and what tells it from a later process with that id.
    sa.Column("process", sa.Integer, nullable=False),
    sa.Column("process_start", sa.Text, nullable=False),
    # How far the agent kept the attempt apart, in words.
    sa.Column("isolation", sa.Text, nullable=False, server_default=""),
    # Of a step that another one brought forth, such as a sweep's trial: which one, and what runs, as JSON.
    sa.Column("parent", sa.String(255), nullable=False, server_default=""),
    sa.Column("planned", sa.Text, nullable=False, server_default=""),
    # What an agent must offer to run it; the labels as one JSON object with sorted keys.
    sa.Column("compute", sa.String(255), nullable=False, server_default=""),
    sa.Column("labels", sa.Text, nullable=False, server_default="{}"),
    sa.Column("low_priority", sa.Boolean, nullable=False, server_default=sa.false()),
    # The agent whose attempt it is. A driven step is run by its job's owner, and no agent claims it.
    sa.Column("agent", sa.String(255), nullable=False, server_default="", index=True),
    sa.Column("driven", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("wish", sa.String(16), nullable=False, server_default=""),
    sa.Column("queued_at", sa.Float),
    sa.Column("started_at", sa.Float),
    sa.Column("ended_at", sa.Float),
)

# What a step's result is known by, and whose it is where an earlier one was taken over.
RESULT = sa.Table(
    "jobs_result",
    METADATA,
    sa.Column("job", sa.String(255), primary_key=True),
    sa.Column("step", sa.String(255), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False, index=True),
    sa.Column("submitter", sa.Text, nullable=False),
    sa.Column("made_by_job", sa.String(255), nullable=False, server_default=""),
    sa.Column("made_by_step", sa.String(255), nullable=False, server_default=""),
    sa.ForeignKeyConstraint(["job", "step"], ["jobs_step.job", "jobs_step.name"], ondelete="CASCADE"),
    sa.Index("ix_jobs_result_made_by", "made_by_job", "made_by_step"),
)

AGENT = sa.Table(
    "jobs_agent",
    METADATA,
    sa.Column("name", sa.String(255), primary_key=True),
    # What tells this process of the name from every other one.
    sa.Column("incarnation", sa.String(32), nullable=False, server_default=""),
    sa.Column("host", sa.Text, nullable=False, server_default=""),
    sa.Column("process", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False, server_default="Active"),
    # Raised with every sign of life; others watch it on their own clocks.
    sa.Column("beat", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("computes", sa.Text, nullable=False, server_default='["*"]'),
    sa.Column("labels", sa.Text, nullable=False, server_default="{}"),
    sa.Column("places", sa.Integer, nullable=False, server_default="0"),
    sa.Column("orchestrates", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("isolation", sa.Text, nullable=False),
    sa.Column("started_at", sa.Float, nullable=False),
    sa.Column("seen_at", sa.Float, nullable=False),
)

_STEP_OF = ("jobs_step.job", "jobs_step.name")

SWEEP = sa.Table(
    "jobs_sweep",
    METADATA,
    sa.Column("job", sa.String(255), primary_key=True),
    sa.Column("step", sa.String(255), primary_key=True),
    # Measured by the clocks of its owners that only go forward.
    sa.Column("elapsed_seconds", sa.Float, nullable=False),
    sa.ForeignKeyConstraint(("job", "step"), _STEP_OF, ondelete="CASCADE"),
)

TRIAL = sa.Table(
    "jobs_trial",
    METADATA,
    sa.Column("job", sa.String(255), primary_key=True),
    sa.Column("sweep", sa.String(255), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("step", sa.String(255), nullable=False),
    # The value of each dimension, as JSON.
    sa.Column("chosen", sa.Text, nullable=False),
    sa.Column("metric", sa.Float),
    sa.Column("reported", sa.Integer, nullable=False),
    sa.Column("judged", sa.Integer, nullable=False),
    sa.Column("settled", sa.Boolean, nullable=False),
    sa.ForeignKeyConstraint(("job", "sweep"), _STEP_OF, ondelete="CASCADE"),
)
