"""The record of decisions is append-only in the database itself: a trigger refuses changes and deletions.

Whoever owns the tables can drop a trigger; what then happens to the record is found by its chain and its anchors.
"""

import sqlalchemy as sa
from alembic import op

revision = "g002"
down_revision = "g001"
branch_labels = None
depends_on = None

_TABLES = ("gateway_audit", "gateway_outcome")
_MESSAGE = "the record of decisions is append-only"


def upgrade() -> None:
    """Make the triggers, and an index for finding what followed a record."""
    op.create_index("ix_gateway_audit_request_id", "gateway_audit", ["request_id"])
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        op.execute(
            sa.text(
                "CREATE FUNCTION gateway_append_only() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{_MESSAGE}'; END $$"
            )
        )
    for table in _TABLES:
        for statement in _postgresql(table) if dialect == "postgresql" else _sqlite(table):
            op.execute(sa.text(statement))


def downgrade() -> None:
    """Drop them."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in _TABLES:
        for event in ("truncate", "change") if is_postgresql else ("update", "delete", "replace"):
            where = f" ON {table}" if is_postgresql else ""
            op.execute(sa.text(f"DROP TRIGGER {table}_no_{event}{where}"))
    if is_postgresql:
        op.execute(sa.text("DROP FUNCTION gateway_append_only()"))
    op.drop_index("ix_gateway_audit_request_id", "gateway_audit")


def _postgresql(table: str) -> tuple[str, ...]:
    refuse = "EXECUTE FUNCTION gateway_append_only()"
    return (
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
    )


def _sqlite(table: str) -> tuple[str, ...]:
    """INSERT OR REPLACE deletes without a trigger on DELETE, so a number that is taken is refused as well."""
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END"
    taken = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE number = NEW.number)"  # noqa: S608 - the table is one of ours
    return (
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} {taken} {refuse}",
    )
