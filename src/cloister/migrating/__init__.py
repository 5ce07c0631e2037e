"""Alembic's environment, shared by all rooms that keep state."""
