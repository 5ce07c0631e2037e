"""The tables of packages and environments. Times are seconds since 1970 in UTC."""

import sqlalchemy as sa

from cloister.jobs.records.tables import METADATA

__all__ = ["ALLOWED", "ENVIRONMENT", "FILE", "METADATA", "REFUSED", "REQUEST", "STEP_ENVIRONMENT"]

# One row for each file that was ever taken: its hash is the one that the name stands for from then on.
FILE = sa.Table(
    "jobs_package_file",
    METADATA,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("filename", sa.Text, nullable=False, unique=True),
    sa.Column("project", sa.String(255), nullable=False, index=True),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("requires_python", sa.Text, nullable=False),
    sa.Column("metadata", sa.LargeBinary, nullable=False),
    sa.Column("taken_from", sa.Text, nullable=False),
    sa.Column("taken_at", sa.Float, nullable=False),
    # Why it is not served: what was found in its place. Empty where all is well.
    sa.Column("refused", sa.Text, nullable=False),
)

REQUEST = sa.Table(
    "jobs_package_request",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("project", sa.String(255), nullable=False),
    sa.Column("specifier", sa.Text, nullable=False),
    sa.Column("with_dependencies", sa.Boolean, nullable=False),
    sa.Column("with_source", sa.Boolean, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_for", sa.Text, nullable=False),
    sa.Column("asked_at", sa.Float, nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("decided_at", sa.Float),
    sa.Column("comment", sa.Text, nullable=False),
)

# What approved requests allow; `fault` says why a file of it could not be fetched.
ALLOWED = sa.Table(
    "jobs_package_allowed",
    METADATA,
    sa.Column("project", sa.String(255), primary_key=True),
    sa.Column("specifier", sa.String(255), primary_key=True),
    sa.Column("request", sa.Integer, primary_key=True),
    sa.Column("with_source", sa.Boolean, nullable=False),
    sa.Column("fault", sa.Text, nullable=False),
)

# What was asked for in vain.
REFUSED = sa.Table(
    "jobs_package_refused",
    METADATA,
    sa.Column("project", sa.String(255), primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("last_at", sa.Float, nullable=False),
)

ENVIRONMENT = sa.Table(
    "jobs_environment",
    METADATA,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("lock", sa.Text, nullable=False),
    sa.Column("python", sa.Text, nullable=False),
    sa.Column("tree_sha256", sa.String(64), nullable=False),
    sa.Column("built_at", sa.Float, nullable=False),
)

STEP_ENVIRONMENT = sa.Table(
    "jobs_step_environment",
    METADATA,
    sa.Column("job", sa.String(255), sa.ForeignKey("jobs_job.name", ondelete="CASCADE"), primary_key=True),
    sa.Column("step", sa.String(255), primary_key=True),
    sa.Column("environment", sa.String(64), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)
