"""Alembic's entry: runs the revisions on the connection that `db.migrate` hands over."""

from alembic import context

from mlconnector_relay.db import alert_tables, decision_tables, mapping_tables, period_tables, tieout_tables
from mlconnector_relay.db.tables import metadata

del alert_tables, decision_tables, mapping_tables, period_tables, tieout_tables  # imported for their tables
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
