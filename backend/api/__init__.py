"""The HTTP API: one blueprint per resource; a view parses, authorises, calls a service, dumps."""

from __future__ import annotations

from flask import Flask

from backend.api import access, overload
from backend.api.json_provider import OrjsonProvider
from backend.config import Settings
from backend.extensions import api, limiter


def init_app(app: Flask, settings: Settings) -> None:
    from backend.api import (
        attention,
        auth,
        backups,
        campaigns,
        cases,
        cells,
        checklists,
        devices,
        docs,
        draws,
        evidence,
        export_jobs,
        exports,
        findings,
        fire_imports,
        fire_ledger,
        fire_links,
        fire_page,
        fire_points,
        health,
        inspections,
        media,
        offices,
        packs,
        patrols,
        people,
        places,
        site_imports,
        sites,
        sync,
        tasks,
        tiles,
        units,
        zones,
    )

    app.json = OrjsonProvider(app)
    app.config.update(
        API_TITLE="Bluegrid",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=None,
        BLUEGRID_LOGIN_ATTEMPTS=settings.login_attempts,
        RATELIMIT_HEADERS_ENABLED=True,
        PROVIDE_AUTOMATIC_OPTIONS=False,  # a route answers the methods that it declares, and no other
    )
    limiter.init_app(app)
    api.init_app(app)
    overload.init_app(app, settings)
    app.before_request(access.authorise)
    for module in (
        auth,
        people,
        devices,
        sync,
        packs,
        checklists,
        media,
        inspections,
        findings,
        cases,
        campaigns,
        patrols,
        cells,
        places,
        tasks,
        units,
        tiles,
        offices,
        exports,
        export_jobs,
        sites,
        site_imports,
        zones,
        fire_points,
        fire_imports,
        fire_links,
        fire_ledger,
        draws,
        attention,
        evidence,
        backups,
        health,
    ):
        api.register_blueprint(module.blueprint)
    app.register_blueprint(fire_page.blueprint)
    docs.init_app(app)
