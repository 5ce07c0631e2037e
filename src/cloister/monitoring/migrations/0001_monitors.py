"""Monitors, their runs, and the alerts that runs raised."""

import sqlalchemy as sa
from alembic import op

revision = "monitoring_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "monitoring_monitor",
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("spec", sa.Text, nullable=False),
        sa.Column("is_enabled", sa.Boolean, nullable=False),
        sa.Column("next_due", sa.String(32), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
    )
    op.create_table(
        "monitoring_run",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column(
            "monitor", sa.String(255), sa.ForeignKey("monitoring_monitor.name", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("requested_at", sa.String(32), nullable=False),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("result", sa.Text, nullable=False),
    )
    op.create_table(
        "monitoring_alert",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("run", sa.Integer, sa.ForeignKey("monitoring_run.id", ondelete="CASCADE"), nullable=False),
        sa.Column("monitor", sa.String(255), nullable=False, index=True),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("alert", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop them, children first."""
    for table in ("monitoring_alert", "monitoring_run", "monitoring_monitor"):
        op.drop_table(table)
