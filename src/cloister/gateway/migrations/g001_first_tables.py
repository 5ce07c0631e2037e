"""The gateway's first tables."""

import sqlalchemy as sa
from alembic import op

revision = "g001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create users, memberships, sponsors, sessions, makers, origins, seals, decisions and outcomes."""
    op.create_table(
        "gateway_user",
        sa.Column("name", sa.String(120), primary_key=True),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "gateway_membership",
        sa.Column("user_name", sa.String(120), sa.ForeignKey("gateway_user.name"), primary_key=True),
        sa.Column("group_name", sa.String(120), primary_key=True),
        sa.Column("specified", sa.Boolean, nullable=False),
    )
    op.create_table(
        "gateway_sponsor",
        sa.Column("user_name", sa.String(120), sa.ForeignKey("gateway_user.name"), primary_key=True),
        sa.Column("person", sa.String(250), primary_key=True),
    )
    op.create_table(
        "gateway_session",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("user_name", sa.String(120), sa.ForeignKey("gateway_user.name"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "gateway_maker",
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("identity", sa.String(300), primary_key=True),
        sa.Column("person", sa.String(250), primary_key=True),
    )
    op.create_table(
        "gateway_origin",
        sa.Column("model", sa.String(256), primary_key=True),
        sa.Column("version", sa.String(20), primary_key=True),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("identity", sa.String(300), primary_key=True),
    )
    op.create_table(
        "gateway_seal",
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("identity", sa.String(300), primary_key=True),
        sa.Column("resource", sa.Text, nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
    )
    _create_audit()


def _create_audit() -> None:
    op.create_table(
        "gateway_audit",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", sa.String(32), nullable=False, index=True),
        sa.Column("principal", sa.String(250), nullable=False, index=True),
        sa.Column("on_behalf_of", sa.String(250), nullable=False),
        sa.Column("action", sa.String(100), nullable=False, index=True),
        sa.Column("resource", sa.Text, nullable=False),
        sa.Column("method", sa.String(10), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("decision", sa.String(10), nullable=False, index=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("request_id", sa.String(40), nullable=False),
    )
    op.create_table(
        "gateway_outcome",
        sa.Column("number", sa.Integer, sa.ForeignKey("gateway_audit.number"), primary_key=True, autoincrement=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
    )


def downgrade() -> None:
    """Drop them all; the record of decisions goes with them."""
    for table in ("outcome", "audit", "seal", "origin", "maker", "session", "sponsor", "membership", "user"):
        op.drop_table(f"gateway_{table}")
