"""Files that are on their way."""

import sqlalchemy as sa
from alembic import op

revision = "g009"
down_revision = "g008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "gateway_write",
        sa.Column("write", sa.String(40), primary_key=True),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("identity", sa.String(300), primary_key=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False, index=True),
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_table("gateway_write")
