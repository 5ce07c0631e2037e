"""Packages: files and their pins, requests, the allow-list; environments, and which step ran in which."""

import sqlalchemy as sa
from alembic import op

revision = "jobs_0004"
down_revision = "jobs_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "jobs_package_file",
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
        sa.Column("refused", sa.Text, nullable=False),
    )
    op.create_table(
        "jobs_package_request",
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
    op.create_table(
        "jobs_package_allowed",
        sa.Column("project", sa.String(255), primary_key=True),
        sa.Column("specifier", sa.String(255), primary_key=True),
        sa.Column("request", sa.Integer, primary_key=True),
        sa.Column("with_source", sa.Boolean, nullable=False),
        sa.Column("fault", sa.Text, nullable=False),
    )
    op.create_table(
        "jobs_package_refused",
        sa.Column("project", sa.String(255), primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("last_at", sa.Float, nullable=False),
    )
    op.create_table(
        "jobs_environment",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("lock", sa.Text, nullable=False),
        sa.Column("python", sa.Text, nullable=False),
        sa.Column("tree_sha256", sa.String(64), nullable=False),
        sa.Column("built_at", sa.Float, nullable=False),
    )
    op.create_table(
        "jobs_step_environment",
        sa.Column("job", sa.String(255), sa.ForeignKey("jobs_job.name", ondelete="CASCADE"), primary_key=True),
        sa.Column("step", sa.String(255), primary_key=True),
        sa.Column("environment", sa.String(64), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop them, children first."""
    names = ("step_environment", "environment", "package_refused", "package_allowed", "package_request", "package_file")
    for name in names:
        op.drop_table(f"jobs_{name}")
