"""Alembic's environment: one history for SQLite and PostgreSQL."""

from __future__ import annotations

from alembic import context
from flask import current_app

from backend.extensions import Base

extension = current_app.extensions["migrate"]


def run() -> None:
    with extension.db.engine.connect().execution_options(write=True) as connection:
        context.configure(connection=connection, target_metadata=Base.metadata, **extension.configure_args)
        with context.begin_transaction():
            context.run_migrations()


run()
