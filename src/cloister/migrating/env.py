"""Alembic's entry: runs the revisions of one room on the connection that `cloister.store.migrate` opened."""

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    version_table=attributes["version_table"],
    # SQLite cannot alter most columns in place; batch mode copies the table, as on every dialect that needs it.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
