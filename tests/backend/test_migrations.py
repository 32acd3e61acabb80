"""The migrations make exactly what the models say, with the guards on."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.extensions import Base, db
from tests.stories import Server

pytestmark = pytest.mark.both_databases


def test_a_migrated_database_is_the_one_that_the_models_describe(app: Flask) -> None:
    ours = app.extensions["migrate"].configure_args["include_object"]  # the queue's tables lie beside ours
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": ours})
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE op SET body = 'x'",
        "UPDATE op SET status = 'rejected'",
        "DELETE FROM op",
        "UPDATE audit_event SET action = 'nothing'",
        "DELETE FROM audit_event",
        "UPDATE entry SET seq = seq",
        "UPDATE entry SET seq = 1000000",
        "UPDATE synced_row SET seq = 1000000",
        "UPDATE counter SET value = 0",
    ],
)
def test_what_is_kept_for_ever_cannot_be_rewritten(server: Server, statement: str) -> None:
    phone = server.phone()
    phone.report()
    phone.sync()
    with server.app.app_context():
        connection = db.engine.connect().execution_options(write=True)
        with connection, pytest.raises(DBAPIError):
            connection.execute(text(statement))
