"""The desk's own tables. Times are seconds since 1970 in UTC."""

import sqlalchemy as sa

from cloister.jobs.records.tables import METADATA

# What is told of a job and may change after it was submitted, and what it holds of its quotas until it has ended.
LISTING = sa.Table(
    "jobs_listing",
    METADATA,
    sa.Column("job", sa.String(255), sa.ForeignKey("jobs_job.name", ondelete="CASCADE"), primary_key=True),
    sa.Column("experiment", sa.Text, nullable=False, index=True),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    # A JSON object of texts.
    sa.Column("tags", sa.Text, nullable=False),
    sa.Column("archived", sa.Boolean, nullable=False),
    sa.Column("nodes", sa.Integer, nullable=False),
    sa.Column("cores", sa.Integer, nullable=False),
    # What an hour of each step costs, by step, as a JSON object; and the size of its files once it is over.
    sa.Column("rates", sa.Text, nullable=False),
    sa.Column("storage_bytes", sa.BigInteger),
)

# One row: whoever submits a job raises its turn first, so that no two count quotas at once.
GATE = sa.Table("jobs_gate", METADATA, sa.Column("turn", sa.BigInteger, primary_key=True, autoincrement=False))
