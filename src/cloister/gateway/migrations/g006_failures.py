"""Failed logins counted in the database, and when a session's person showed who it is."""

import sqlalchemy as sa
from alembic import op

revision = "g006"
down_revision = "g005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the count of failures, and give sessions the time of the login that they rest on."""
    op.create_table(
        "gateway_failure",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
    op.add_column("gateway_session", sa.Column("authenticated_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Take both away."""
    op.drop_column("gateway_session", "authenticated_at")
    op.drop_table("gateway_failure")
