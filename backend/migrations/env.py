"""Alembic's environment: one history for SQLite and PostgreSQL.

A connection handed in (`config.attributes["connection"]`) is used as it stands, within its transaction if it has one.
"""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from backend.extensions import Base

extension = current_app.extensions["migrate"]


def run() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        migrate(given)
        return
    with extension.db.engine.connect().execution_options(write=True) as connection:
        migrate(connection)


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, **extension.configure_args)
    with context.begin_transaction():
        context.run_migrations()


run()
