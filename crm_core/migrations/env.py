"""Alembic's entry: runs on the connection it is given."""

from alembic import context

from crm_core.concepts import load_tables
from crm_core.kernel.rowsecurity import secure
from crm_core.kernel.tables import metadata

load_tables()
connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
    if connection.dialect.name == "postgresql":
        secure(connection)
connection.commit()
