"""Access keys, and the roles that may be assumed with them."""

import sqlalchemy as sa
from alembic import op

revision = "g008"
down_revision = "g007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "gateway_access_key",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("owner", sa.String(120), nullable=False, index=True),
        sa.Column("groups", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(250), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        sa.Column("sealed", sa.Text, nullable=False),
    )
    op.create_table(
        "gateway_assumable_role",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("groups", sa.Text, nullable=False),
        sa.Column("trust", sa.Text, nullable=False),
        sa.Column("longest_seconds", sa.Integer, nullable=False),
        sa.Column("changed_by", sa.String(250), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Remove them, and every key with them."""
    op.drop_table("gateway_assumable_role")
    op.drop_table("gateway_access_key")
