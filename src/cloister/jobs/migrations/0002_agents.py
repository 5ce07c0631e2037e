"""Steps are queued and claimed by agents, which beat, serve computes and labels, and drain."""

import sqlalchemy as sa
from alembic import op

revision = "jobs_0002"
down_revision = "jobs_0003"
branch_labels = None
depends_on = None

_INDEXES = ("status", "agent")


def _new() -> dict[str, tuple[sa.Column[object], ...]]:
    """The columns by table; made anew for each migration, because a column belongs to one table object."""
    return {
        "jobs_job": (sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),),
        "jobs_step": (
            sa.Column("parent", sa.String(255), nullable=False, server_default=""),
            sa.Column("planned", sa.Text, nullable=False, server_default=""),
            sa.Column("compute", sa.String(255), nullable=False, server_default=""),
            sa.Column("labels", sa.Text, nullable=False, server_default="{}"),
            sa.Column("low_priority", sa.Boolean, nullable=False, server_default=sa.false()),
            sa.Column("agent", sa.String(255), nullable=False, server_default=""),
            sa.Column("driven", sa.Boolean, nullable=False, server_default=sa.false()),
            sa.Column("wish", sa.String(16), nullable=False, server_default=""),
            sa.Column("queued_at", sa.Float),
        ),
        "jobs_agent": (
            sa.Column("incarnation", sa.String(32), nullable=False, server_default=""),
            sa.Column("host", sa.Text, nullable=False, server_default=""),
            sa.Column("state", sa.String(16), nullable=False, server_default="Active"),
            sa.Column("beat", sa.BigInteger, nullable=False, server_default="0"),
            sa.Column("computes", sa.Text, nullable=False, server_default='["*"]'),
            sa.Column("labels", sa.Text, nullable=False, server_default="{}"),
            sa.Column("places", sa.Integer, nullable=False, server_default="0"),
            sa.Column("orchestrates", sa.Boolean, nullable=False, server_default=sa.true()),
        ),
    }


def upgrade() -> None:
    """Add the columns, and take no running step for an agent's: the next owner queues it."""
    for table, columns in _new().items():
        for column in columns:
            op.add_column(table, column)
    for column_name in _INDEXES:
        op.create_index(f"ix_jobs_step_{column_name}", "jobs_step", [column_name])
    op.execute("UPDATE jobs_step SET status = 'NotStarted' WHERE status = 'Running'")


def downgrade() -> None:
    """Drop the columns."""
    for column_name in _INDEXES:
        op.drop_index(f"ix_jobs_step_{column_name}", "jobs_step")
    for table, columns in _new().items():
        for column in columns:
            op.drop_column(table, column.name)
