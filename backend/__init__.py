"""The Flask server: the only place that knows Flask, SQLAlchemy, the file system and the clock."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from backend import api, cli, clock, console, database, errors, field, logs, receipt_key, storage
from backend.config import Settings, from_environment
from backend.services import (
    passwords,
    plate_rules,
)


def create_app(settings: Settings | None = None, server_clock: clock.Clock | None = None) -> Flask:
    """The application, in the order in which its parts depend on one another."""
    settings = settings or from_environment()
    app = Flask("backend", static_folder=None)
    app.extensions["bluegrid.settings"] = settings
    app.extensions["bluegrid.clock"] = server_clock or clock.Clock()
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.limits.file_bytes + settings.limits.chunk_max_bytes,
    )
    if settings.proxies:  # trusted only when told: anybody can send such headers to a server without a proxy
        n = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    logs.init_app(app)
    database.init_app(app, settings)
    storage.init_app(app, settings)
    receipt_key.init_app(app, settings)
    passwords.use_memory(settings.argon2_memory_kib)
    plate_rules.schemes(settings.plate_rules)  # a fault in a file of rules is told at the start, not at the first hour
    api.init_app(app, settings)
    app.register_blueprint(field.blueprint)
    app.register_blueprint(console.blueprint)
    errors.init_app(app)  # after the API, whose library brings handlers of its own
    cli.init_app(app)
    return app
