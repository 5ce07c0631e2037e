"""The tables of this room: monitors, their runs, and the alerts that runs raised."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, MetaData, String, Table, Text

metadata = MetaData()

monitors = Table(
    "monitoring_monitor",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("spec", Text, nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("next_due", String(32), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("created_by", Text, nullable=False),
)

runs = Table(
    "monitoring_run",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("monitor", String(255), ForeignKey("monitoring_monitor.name", ondelete="CASCADE"), nullable=False),
    Column("requested_at", String(32), nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("result", Text, nullable=False),
)

alerts = Table(
    "monitoring_alert",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", Integer, ForeignKey("monitoring_run.id", ondelete="CASCADE"), nullable=False),
    Column("monitor", String(255), nullable=False, index=True),
    Column("at", String(32), nullable=False),
    Column("alert", Text, nullable=False),
)
