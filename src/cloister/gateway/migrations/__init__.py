"""Alembic revisions of the gateway's tables."""
