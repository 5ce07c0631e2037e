"""The tables of computes and quotas. Times are seconds since 1970 in UTC."""

import sqlalchemy as sa

from cloister.jobs.records.tables import METADATA

COMPUTE = sa.Table(
    "jobs_compute",
    METADATA,
    sa.Column("name", sa.String(255), primary_key=True),
    # The official SDK's REST object, as JSON.
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("max_instances", sa.Integer, nullable=False),
    # Raised by whoever takes one of its places, so that two cannot at once.
    sa.Column("turn", sa.BigInteger, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
)

QUOTA = sa.Table(
    "jobs_quota",
    METADATA,
    sa.Column("scope", sa.String(16), primary_key=True),
    sa.Column("name", sa.String(250), primary_key=True),
    sa.Column("nodes", sa.Integer),
    sa.Column("cores", sa.Integer),
    sa.Column("storage_gib", sa.Float),
    sa.Column("money", sa.Float),
    sa.Column("set_by", sa.Text, nullable=False),
    sa.Column("set_at", sa.Float, nullable=False),
)
