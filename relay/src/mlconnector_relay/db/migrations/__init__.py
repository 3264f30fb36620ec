"""The schema's history, replayed by Alembic."""
