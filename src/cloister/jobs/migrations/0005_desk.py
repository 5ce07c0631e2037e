"""What is told of jobs beside their plans; computes, schedules, quotas, and the gate before counting them."""

import sqlalchemy as sa
from alembic import op

revision = "jobs_0005"
down_revision = "jobs_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the desk's tables."""
    op.create_table(
        "jobs_listing",
        sa.Column("job", sa.String(255), sa.ForeignKey("jobs_job.name", ondelete="CASCADE"), primary_key=True),
        sa.Column("experiment", sa.Text, nullable=False, index=True),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("archived", sa.Boolean, nullable=False),
        sa.Column("nodes", sa.Integer, nullable=False),
        sa.Column("cores", sa.Integer, nullable=False),
        sa.Column("rates", sa.Text, nullable=False),
        sa.Column("storage_bytes", sa.BigInteger),
    )
    gate = op.create_table("jobs_gate", sa.Column("turn", sa.BigInteger, primary_key=True, autoincrement=False))
    op.bulk_insert(gate, [{"turn": 0}])
    op.create_table(
        "jobs_compute",
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("max_instances", sa.Integer, nullable=False),
        sa.Column("turn", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_table(
        "jobs_quota",
        sa.Column("scope", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(250), primary_key=True),
        sa.Column("nodes", sa.Integer),
        sa.Column("cores", sa.Integer),
        sa.Column("storage_gib", sa.Float),
        sa.Column("money", sa.Float),
        sa.Column("set_by", sa.Text, nullable=False),
        sa.Column("set_at", sa.Float, nullable=False),
    )
    op.create_table(
        "jobs_schedule",
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("schedule", sa.Text, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("snapshot", sa.String(64), nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("principal", sa.Text, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("next_due", sa.Float, index=True),
        sa.Column("last_job", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("jobs_schedule", "jobs_quota", "jobs_compute", "jobs_gate", "jobs_listing"):
        op.drop_table(table)
