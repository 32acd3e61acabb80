"""The HTTP API: one blueprint per resource; a view parses, authorises, calls a service, dumps."""

from __future__ import annotations

from flask import Flask

from backend.api import access, credentials, overload
from backend.api.json_provider import OrjsonProvider
from backend.config import Settings
from backend.extensions import api, limiter


def init_app(app: Flask, settings: Settings) -> None:
    from backend.api import (
        attention,
        audit,
        auth,
        backups,
        campaigns,
        cases,
        cells,
        certificates,
        checklists,
        colleagues,
        comments,
        county_tables,
        devices,
        docs,
        draws,
        evidence,
        export_jobs,
        exports,
        feed,
        findings,
        fire_imports,
        fire_ledger,
        fire_links,
        fire_page,
        fire_points,
        health,
        inspections,
        look_backs,
        map_settings,
        media,
        offices,
        packs,
        paper_kinds,
        papers,
        patrols,
        people,
        periods,
        personal_data,
        photos,
        places,
        plates,
        rectify_page,
        running,
        single_sign_on,
        site_imports,
        sites,
        statistics,
        supervision,
        sync,
        task_rules,
        tasks,
        tiles,
        unit_answer,
        unit_links,
        units,
        web_hooks,
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
    credentials.init_app(app)
    for module in (
        auth,
        single_sign_on,
        people,
        personal_data,
        certificates,
        devices,
        sync,
        packs,
        checklists,
        colleagues,
        comments,
        media,
        inspections,
        findings,
        cases,
        supervision,
        unit_links,
        unit_answer,
        look_backs,
        campaigns,
        patrols,
        cells,
        places,
        task_rules,
        tasks,
        units,
        tiles,
        map_settings,
        offices,
        exports,
        periods,
        county_tables,
        papers,
        paper_kinds,
        export_jobs,
        sites,
        site_imports,
        plates,
        statistics,
        zones,
        fire_points,
        fire_imports,
        fire_links,
        fire_ledger,
        draws,
        attention,
        audit,
        feed,
        web_hooks,
        evidence,
        photos,
        backups,
        running,
        health,
    ):
        api.register_blueprint(module.blueprint)
    app.register_blueprint(fire_page.blueprint)
    app.register_blueprint(rectify_page.blueprint)
    docs.init_app(app)
