"""Requests for approval: who asked for which move of a version, and what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "g007"
down_revision = "g006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; for one move at most one request is open."""
    op.create_table(
        "gateway_approval",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("model", sa.String(256), nullable=False),
        sa.Column("version", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("target", sa.String(256), nullable=False),
        sa.Column("asked_by", sa.String(250), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("decided_by", sa.String(250), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("comment", sa.Text, nullable=False),
    )
    is_open = sa.text("state = 'open'")
    op.create_index(
        "ix_gateway_approval_open",
        "gateway_approval",
        ["model", "version", "kind", "target"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def downgrade() -> None:
    """Drop it, with every request."""
    op.drop_table("gateway_approval")
