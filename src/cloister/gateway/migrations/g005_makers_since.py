"""Makers know since when their object is there, so that the owner of a deleted model is not that of its successor."""

import sqlalchemy as sa
from alembic import op

revision = "g005"
down_revision = "g004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what was recorded before counts as from before everything."""
    op.add_column("gateway_maker", sa.Column("since", sa.BigInteger, nullable=False, server_default="0"))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("gateway_maker", "since")
