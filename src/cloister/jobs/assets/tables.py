"""The tables of assets, what was uploaded for them, and datastores. Times are seconds since 1970 in UTC."""

import sqlalchemy as sa

from cloister.jobs.records.tables import METADATA

CONTAINER = sa.Table(
    "jobs_asset",
    METADATA,
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("name", sa.String(255), primary_key=True),
    # Counts the versions that were ever made; the newest one has it as its ordinal.
    sa.Column("made", sa.Integer, nullable=False),
    sa.Column("archived", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
)

VERSION = sa.Table(
    "jobs_asset_version",
    METADATA,
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("version", sa.String(100), primary_key=True),
    sa.Column("ordinal", sa.Integer, nullable=False),
    # The SDK's own REST object: what its `properties` hold, as JSON.
    sa.Column("properties", sa.Text, nullable=False),
    sa.Column("content", sa.String(64), nullable=False),
    sa.Column("archived", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("modified_at", sa.Float, nullable=False),
    sa.Column("modified_by", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["kind", "name"], ["jobs_asset.kind", "jobs_asset.name"]),
)

# Who sent which file: a file is not sent twice by the same person, and never handed to another for its hash alone.
UPLOAD = sa.Table(
    "jobs_asset_upload",
    METADATA,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("uploader", sa.String(255), primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("uploaded_at", sa.Float, nullable=False),
)

# Who sent which snapshot of code, and which files were put in one place; see `sent`.
SENT = sa.Table(
    "jobs_sent",
    METADATA,
    sa.Column("sort", sa.String(16), primary_key=True),
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("sender", sa.String(255), primary_key=True),
    sa.Column("sent_at", sa.Float, nullable=False),
)

# What a step read (`reads`) or made (`makes`), at which of its inputs or outputs.
LINEAGE = sa.Table(
    "jobs_asset_lineage",
    METADATA,
    sa.Column("job", sa.String(255), sa.ForeignKey("jobs_job.name", ondelete="CASCADE"), primary_key=True),
    sa.Column("step", sa.String(255), primary_key=True),
    sa.Column("direction", sa.String(8), primary_key=True),
    sa.Column("port", sa.String(255), primary_key=True),
    # A kind of asset with its name and version; `paths` with an address; `outputs` with job and output.
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("version", sa.String(255), nullable=False),
    sa.Index("jobs_asset_lineage_asset", "kind", "name", "version"),
)

DATASTORE = sa.Table(
    "jobs_datastore",
    METADATA,
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("properties", sa.Text, nullable=False),
    # Credentials, sealed and bound to the datastore's name; empty where it needs none.
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
)
