"""The tables of this room: endpoints, the history of their traffic, and their deployments."""

from sqlalchemy import Boolean, Column, ForeignKey, ForeignKeyConstraint, Integer, MetaData, String, Table, Text

metadata = MetaData()

endpoints = Table(
    "serving_endpoint",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("description", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("routed", Integer, nullable=False),
)

# `routed` of an endpoint is the row here that the router follows by now.
# One row for each time the traffic was set; a rollback marks the newest row undone, so the one before it holds again.
routings = Table(
    "serving_routing",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("endpoint", String(32), ForeignKey("serving_endpoint.name", ondelete="CASCADE"), nullable=False, index=True),
    Column("traffic", Text, nullable=False),
    Column("mirror", Text, nullable=False),
    Column("set_at", String(32), nullable=False),
    Column("set_by", Text, nullable=False),
    Column("undone", Boolean, nullable=False),
)

# `spec` is what the author asked for; `resolved` the model version that it came to; `proven` the last of both that ran.
deployments = Table(
    "serving_deployment",
    metadata,
    Column("endpoint", String(32), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("spec", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("version", String(32), nullable=False),
    Column("proven", Text, nullable=False),
    Column("health", Text, nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("changed_at", String(32), nullable=False),
    Column("changed_by", Text, nullable=False),
    ForeignKeyConstraint(["endpoint"], ["serving_endpoint.name"], ondelete="CASCADE"),
)
