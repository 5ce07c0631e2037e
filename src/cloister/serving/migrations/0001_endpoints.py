"""Endpoints, the history of their traffic, and their deployments."""

import sqlalchemy as sa
from alembic import op

revision = "serving_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "serving_endpoint",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("routed", sa.Integer, nullable=False),
    )
    op.create_table(
        "serving_routing",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column(
            "endpoint",
            sa.String(32),
            sa.ForeignKey("serving_endpoint.name", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("traffic", sa.Text, nullable=False),
        sa.Column("mirror", sa.Text, nullable=False),
        sa.Column("set_at", sa.String(32), nullable=False),
        sa.Column("set_by", sa.Text, nullable=False),
        sa.Column("undone", sa.Boolean, nullable=False),
    )
    op.create_table(
        "serving_deployment",
        sa.Column("endpoint", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("spec", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("proven", sa.Text, nullable=False),
        sa.Column("health", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("changed_at", sa.String(32), nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["endpoint"], ["serving_endpoint.name"], ondelete="CASCADE"),
    )


def downgrade() -> None:
    """Drop them, children first."""
    for table in ("serving_deployment", "serving_routing", "serving_endpoint"):
        op.drop_table(table)
