"""Policies in the database: versions, what they are attached to, and a number that tells of every change."""

import sqlalchemy as sa
from alembic import op

revision = "g004"
down_revision = "g003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, and the number at nought."""
    op.create_table(
        "gateway_policy",
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("document", sa.Text),
        sa.Column("created_by", sa.String(250), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("review_date", sa.Date),
    )
    op.create_table(
        "gateway_policy_attachment",
        sa.Column("policy", sa.String(128), primary_key=True),
        sa.Column("kind", sa.String(10), primary_key=True),
        sa.Column("target", sa.String(250), primary_key=True),
        sa.Column("attached_by", sa.String(250), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=False),
    )
    revisions = op.create_table(
        "gateway_revision",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
    )
    op.bulk_insert(revisions, [{"name": "policies", "number": 0}])


def downgrade() -> None:
    """Drop them; roles that come from files stay what they are."""
    for table in ("revision", "policy_attachment", "policy"):
        op.drop_table(f"gateway_{table}")
