"""Binds the database: engine options, durability, the share that each connection holds, migrations."""

from __future__ import annotations

from flask import Flask

import backend.models  # noqa: F401  (registers the tables)
from backend import durability, in_use, postgresql_link
from backend.config import Settings
from backend.extensions import db, migrate


def init_app(app: Flask, settings: Settings) -> None:
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(settings)
    db.init_app(app)
    migrate.init_app(app, db)
    with app.app_context():
        durability.harden(db.engine)
        in_use.follow(db.engine)


def _engine_options(settings: Settings) -> dict[str, object]:
    if settings.sqlite:
        return {"pool_size": 8, "connect_args": {"check_same_thread": False, "timeout": 30}}
    # As many as a web process has threads, and two for the rest: PostgreSQL's connections are shared by all hosts.
    return {
        "pool_size": 8,
        "max_overflow": 2,
        "pool_timeout": 15,
        "pool_pre_ping": True,
        "connect_args": dict(postgresql_link.CONNECT_ARGS),
    }
