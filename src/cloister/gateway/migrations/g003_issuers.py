"""Users whom other issuers vouch for."""

import sqlalchemy as sa
from alembic import op

revision = "g003"
down_revision = "g002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give users an issuer and a subject, and groups room for longer names."""
    op.add_column("gateway_user", sa.Column("issuer", sa.String(500)))
    op.add_column("gateway_user", sa.Column("subject", sa.String(255)))
    op.create_index("gateway_user_subject", "gateway_user", ["issuer", "subject"], unique=True)
    with op.batch_alter_table("gateway_membership") as membership:
        membership.alter_column(
            "group_name", type_=sa.String(250), existing_type=sa.String(120), existing_nullable=False
        )


def downgrade() -> None:
    """Take them away; users of other issuers stay, as users without a password."""
    with op.batch_alter_table("gateway_membership") as membership:
        membership.alter_column(
            "group_name", type_=sa.String(120), existing_type=sa.String(250), existing_nullable=False
        )
    op.drop_index("gateway_user_subject", "gateway_user")
    op.drop_column("gateway_user", "subject")
    op.drop_column("gateway_user", "issuer")
