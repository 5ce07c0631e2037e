"""Assets with their versions, what was uploaded for them, their lineage; datastores."""

import sqlalchemy as sa
from alembic import op

revision = "jobs_0003"
down_revision = "jobs_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the five tables."""
    op.create_table(
        "jobs_asset",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("made", sa.Integer, nullable=False),
        sa.Column("archived", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
    )
    op.create_table(
        "jobs_asset_version",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("version", sa.String(100), primary_key=True),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("properties", sa.Text, nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("archived", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("modified_at", sa.Float, nullable=False),
        sa.Column("modified_by", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["kind", "name"], ["jobs_asset.kind", "jobs_asset.name"]),
    )
    op.create_table(
        "jobs_asset_upload",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("uploader", sa.String(255), primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("uploaded_at", sa.Float, nullable=False),
    )
    op.create_table(
        "jobs_asset_lineage",
        sa.Column("job", sa.String(255), sa.ForeignKey("jobs_job.name", ondelete="CASCADE"), primary_key=True),
        sa.Column("step", sa.String(255), primary_key=True),
        sa.Column("direction", sa.String(8), primary_key=True),
        sa.Column("port", sa.String(255), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.String(255), nullable=False),
    )
    op.create_index("jobs_asset_lineage_asset", "jobs_asset_lineage", ["kind", "name", "version"])
    op.create_table(
        "jobs_datastore",
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("properties", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop them, children first."""
    for table in ("jobs_datastore", "jobs_asset_lineage", "jobs_asset_upload", "jobs_asset_version", "jobs_asset"):
        op.drop_table(table)
