"""Least privilege on every route: the table below is the expectation, and the routes are enumerated against it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.api import access
from tests.stories import Server, new_id

PUBLIC = {
    "GET /",
    "GET /api/docs/",
    "GET /api/docs/<path:path>",
    "GET /api/v1/auth/single-sign-on",
    "GET /api/v1/auth/single-sign-on/return",
    "GET /api/v1/auth/ways",
    "GET /api/v1/fire-answer",
    "GET /app/",
    "GET /app/<path:path>",
    "GET /console/",
    "GET /console/<path:path>",
    "GET /fire",
    "GET /fire/page.css",
    "GET /fire/page.js",
    "GET /rectify",
    "GET /rectify/page.css",
    "GET /rectify/page.js",
    "GET /api/v1/unit-answer",
    "GET /api/v1/unit-answer/photos/<sha256>",
    "POST /api/v1/unit-answer",
    "POST /api/v1/unit-answer/photos",
    "GET /api/v1/openapi.json",
    "GET /api/v1/sync/receipt-key",
    "GET /api/v1/tls/authority.crt",
    "GET /healthz",
    "GET /readyz",
    "OPTIONS /api/v1/media",
    "OPTIONS /api/v1/media/<upload_id>",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/session",
    "POST /api/v1/devices/enrol",
    "POST /api/v1/fire-answer",
}
DEVICES = {
    "GET /api/v1/sync/pull": False,
    "POST /api/v1/devices/streams": True,
    "POST /api/v1/devices/token": False,
    "POST /api/v1/sync/push": True,
}
"""Devices only; True where a revoked one may still hand in what it has."""
ADMIN = {
    "GET /api/v1/users/<uuid:user_id>/erasure",
    "POST /api/v1/users/<uuid:user_id>/erasure",
    "GET /api/v1/users/<uuid:user_id>/personal-data.zip",
    "GET /api/v1/audit",
    "GET /api/v1/web-hooks",
    "GET /api/v1/web-hooks/<uuid:hook_id>/deliveries",
    "PATCH /api/v1/web-hooks/<uuid:hook_id>",
    "POST /api/v1/web-hooks",
    "POST /api/v1/web-hooks/<uuid:hook_id>/deliveries/<uuid:delivery_id>/send",
    "POST /api/v1/web-hooks/<uuid:hook_id>/secret",
    "POST /api/v1/web-hooks/<uuid:hook_id>/test",
    "DELETE /api/v1/web-hooks/<uuid:hook_id>",
    "GET /api/v1/backups",
    "GET /api/v1/running",
    "GET /api/v1/cells/versions",
    "GET /api/v1/cells/versions/<uuid:version_id>",
    "GET /api/v1/cells/versions/<uuid:version_id>/changes",
    "POST /api/v1/cells/versions",
    "POST /api/v1/cells/versions/<uuid:version_id>/activate",
    "GET /api/v1/devices",
    "GET /api/v1/users",
    "GET /api/v1/users/<uuid:user_id>",
    "PATCH /api/v1/users/<uuid:user_id>",
    "POST /api/v1/users/<uuid:user_id>/password",
    "DELETE /api/v1/users/<uuid:user_id>/lock",
    "DELETE /api/v1/users/<uuid:user_id>/second-factor",
    "DELETE /api/v1/users/<uuid:user_id>/sign-ins",
    "POST /api/v1/certificates",
    "PATCH /api/v1/certificates/<uuid:certificate_id>",
    "POST /api/v1/devices/invitations",
    "POST /api/v1/devices/streams/<uuid:stream_id>/revoke",
    "POST /api/v1/users",
    "PATCH /api/v1/offices/<uuid:office_id>",
    "PATCH /api/v1/units/<code>",
    "POST /api/v1/units",
    "POST /api/v1/offices",
    "DELETE /api/v1/checklists/drafts/<code>/<version>",
    "GET /api/v1/checklists/drafts",
    "POST /api/v1/checklists/<code>/<version>/retire",
    "POST /api/v1/checklists/drafts",
    "POST /api/v1/checklists/drafts/<code>/<version>/publish",
    "PUT /api/v1/offices/<uuid:office_id>/papers",
    "POST /api/v1/periods",
    "POST /api/v1/periods/<uuid:period_id>/freeze",
    "POST /api/v1/periods/<uuid:period_id>/reissue",
    "GET /api/v1/county-tables/left-out",
    "GET /api/v1/draws",
    "GET /api/v1/draws/<uuid:draw_id>",
    "POST /api/v1/draws",
    "POST /api/v1/draws/<uuid:draw_id>/publish",
    "GET /api/v1/zone-imports/<uuid:set_id>",
    "POST /api/v1/zone-imports",
    "POST /api/v1/zone-imports/<uuid:set_id>/apply",
}
OFFICE = {
    "POST /api/v1/evidence/bundles/<uuid:finding_id>",
    "GET /api/v1/certificates",
    "GET /api/v1/colleagues",
    "GET /api/v1/supervision",
    "GET /api/v1/supervision/<uuid:proposal_id>",
    "POST /api/v1/supervision/<uuid:proposal_id>/dismiss",
    "POST /api/v1/supervision/<uuid:proposal_id>/issue",
    "GET /api/v1/checklists/<code>/<version>/form.xlsx",
    "GET /api/v1/checklists/<code>/<version>/pack.yaml",
    "GET /api/v1/checklists/diff",
    "DELETE /api/v1/findings/<uuid:finding_id>/merge",
    "DELETE /api/v1/findings/<uuid:finding_id>/return",
    "GET /api/v1/attention",
    "POST /api/v1/findings/<uuid:finding_id>/merge",
    "PUT /api/v1/findings/<uuid:finding_id>/extension",
    "DELETE /api/v1/roster/<uuid:entry_id>",
    "GET /api/v1/campaigns/<uuid:campaign_id>/roster",
    "GET /api/v1/campaigns/<uuid:campaign_id>/statistics",
    "GET /api/v1/doubtful-places",
    "PATCH /api/v1/campaigns/<uuid:campaign_id>",
    "POST /api/v1/campaigns",
    "GET /api/v1/task-rules",
    "GET /api/v1/task-rules/<uuid:rule_id>",
    "POST /api/v1/task-rules",
    "POST /api/v1/task-rules/<uuid:rule_id>/end",
    "POST /api/v1/task-rules/<uuid:rule_id>/pause",
    "POST /api/v1/task-rules/<uuid:rule_id>/resume",
    "POST /api/v1/tasks",
    "POST /api/v1/tasks/<uuid:task_id>/cancel",
    "PUT /api/v1/tasks/<uuid:task_id>/assignee",
    "POST /api/v1/campaigns/<uuid:campaign_id>/end",
    "POST /api/v1/campaigns/<uuid:campaign_id>/roster",
    "POST /api/v1/campaigns/<uuid:campaign_id>/start",
    "PUT /api/v1/campaigns/<uuid:campaign_id>/rain",
    "GET /api/v1/evidence/proof/<int:n>",
    "GET /api/v1/patrols/coverage",
    "GET /api/v1/units/<code>/history",
    "POST /api/v1/findings/<uuid:finding_id>/place",
    "DELETE /api/v1/exports/<uuid:export_id>",
    "GET /api/v1/exports",
    "GET /api/v1/exports/<uuid:export_id>",
    "GET /api/v1/exports/<uuid:export_id>/file",
    "POST /api/v1/exports",
    "GET /api/v1/exports/fire-ledger.xlsx",
    "GET /api/v1/exports/rectification-list.xlsx",
    "GET /api/v1/periods",
    "GET /api/v1/periods/<uuid:period_id>",
    "GET /api/v1/periods/<uuid:period_id>/list.xlsx",
    "GET /api/v1/periods/<uuid:period_id>/rows",
    "GET /api/v1/fire-days",
    "GET /api/v1/fire-rates",
    "POST /api/v1/attention/conflicts/<uuid:conflict_id>/resolve",
    "POST /api/v1/attention/ops/<uuid:stream>/<int:n>/dismiss",
    "POST /api/v1/attention/ops/<uuid:stream>/<int:n>/retry",
    "GET /api/v1/site-imports/<uuid:import_id>",
    "PATCH /api/v1/sites/<uuid:site_id>",
    "GET /api/v1/fire-imports/<uuid:import_id>",
    "POST /api/v1/fire-imports",
    "POST /api/v1/fire-imports/<uuid:import_id>/apply",
    "POST /api/v1/fire-points/<uuid:point_id>/links",
    "PUT /api/v1/fire-points/<uuid:point_id>/assignee",
    "POST /api/v1/site-imports",
    "POST /api/v1/site-imports/<uuid:import_id>/apply",
    "GET /api/v1/statistics/coverage",
    "GET /api/v1/statistics/hundreds",
    "GET /api/v1/statistics/hundreds/sites",
    "GET /api/v1/statistics/ranking",
    "POST /api/v1/sites",
    "POST /api/v1/sites/<uuid:site_id>/plate",
}
FIELD = {"GET /api/v1/duty"}
"""Inspectors, and the offices above them."""
HANDLING = {
    "GET /api/v1/statistics",
    "GET /api/v1/statistics/definitions",
    "GET /api/v1/statistics/targets",
    "GET /api/v1/offices/<uuid:office_id>/papers",
    "GET /api/v1/paper-kinds",
    "GET /api/v1/paper-kinds/<kind>/template.docx",
    "GET /api/v1/paper-templates",
    "GET /api/v1/paper-templates/<uuid:template_id>/file.docx",
    "GET /api/v1/papers",
    "GET /api/v1/papers/<uuid:paper_id>",
    "GET /api/v1/papers/<uuid:paper_id>/document.docx",
    "DELETE /api/v1/papers/<uuid:paper_id>",
    "POST /api/v1/paper-templates",
    "POST /api/v1/papers",
    "POST /api/v1/papers/<uuid:paper_id>/issue",
    "POST /api/v1/papers/<uuid:paper_id>/unit-links.docx",
    "POST /api/v1/papers/<uuid:paper_id>/revoke",
    "GET /api/v1/findings/<uuid:finding_id>/statements",
    "PUT /api/v1/papers/<uuid:paper_id>",
    "POST /api/v1/findings/<uuid:finding_id>/extension",
    "POST /api/v1/findings/<uuid:finding_id>/parking",
    "POST /api/v1/findings/<uuid:finding_id>/pass",
    "POST /api/v1/findings/<uuid:finding_id>/return",
    "DELETE /api/v1/findings/<uuid:finding_id>/unit-link",
    "GET /api/v1/findings/<uuid:finding_id>/unit-link",
    "POST /api/v1/findings/<uuid:finding_id>/unit-link",
}
"""Handlers, and the offices above them."""
COUNTY = {
    "GET /api/v1/county-tables",
    "GET /api/v1/county-tables/<uuid:table_id>",
    "GET /api/v1/county-tables/<uuid:table_id>/file",
    "GET /api/v1/county-tables/blank.xlsx",
    "GET /api/v1/county-tables/offered",
    "POST /api/v1/county-tables",
    "POST /api/v1/county-tables/<uuid:table_id>/apply",
}
"""Admins, and handlers for their own county."""
PEOPLE = {
    "GET /api/v1/users/me/personal-data.zip",
    "DELETE /api/v1/auth/sign-ins",
    "DELETE /api/v1/auth/sign-ins/<sign_in_id>",
    "GET /api/v1/auth/session",
    "GET /api/v1/auth/sign-ins",
    "POST /api/v1/auth/second-factor",
    "POST /api/v1/auth/second-factor/confirm",
    "POST /api/v1/auth/second-factor/prove",
    "POST /api/v1/auth/second-factor/recovery-codes",
    "GET /api/v1/sites/<uuid:site_id>/label.svg",
    "GET /api/v1/findings/<uuid:finding_id>/steps",
    "GET /api/v1/offices",
    "GET /api/v1/patrols/<uuid:patrol_id>/track",
    "POST /api/v1/auth/logout",
    "POST /api/v1/findings/<uuid:finding_id>/comments",
    "POST /api/v1/findings/<uuid:finding_id>/steps",
    "POST /api/v1/auth/password",
    "POST /api/v1/fire-points",
    "PUT /api/v1/fire-days/<unit>/<day>",
}
KNOWN = {
    "GET /api/v1/feed": False,
    "PUT /api/v1/feed/read": False,
    "GET /api/v1/blobs/<sha256>": False,
    "GET /api/v1/blobs/<sha256>/thumbnail": False,
    "GET /api/v1/campaigns": False,
    "GET /api/v1/campaigns/<uuid:campaign_id>": False,
    "GET /api/v1/cells": False,
    "GET /api/v1/map-settings": False,
    "GET /api/v1/map.pmtiles": False,
    "GET /api/v1/checklists": False,
    "GET /api/v1/fire-points": False,
    "GET /api/v1/fire-points/<uuid:point_id>": False,
    "GET /api/v1/findings": False,
    "GET /api/v1/findings/<uuid:finding_id>": False,
    "POST /api/v1/findings/to-verify": False,
    "GET /api/v1/photos/<sha256>/evidence": False,
    "GET /api/v1/photos/<sha256>/watermarked": False,
    "GET /api/v1/inspections": False,
    "GET /api/v1/inspections/<uuid:inspection_id>": False,
    "GET /api/v1/look-backs": False,
    "GET /api/v1/look-backs/rules": False,
    "GET /api/v1/packs/<sha256>": False,
    "GET /api/v1/patrols": False,
    "PUT /api/v1/patrols/<uuid:patrol_id>/track": False,
    "GET /api/v1/plates": False,
    "GET /api/v1/plates/schemes": False,
    "GET /api/v1/sites": False,
    "GET /api/v1/sites/<uuid:site_id>/plate": False,
    "GET /api/v1/sites/<uuid:site_id>/history": False,
    "GET /api/v1/sites/by-label/<label>": False,
    "GET /api/v1/sites/<uuid:site_id>": False,
    "GET /api/v1/tiles/<layer>.json": False,
    "GET /api/v1/tiles/<layer>/<int:zoom>/<int:x>/<int:y>.mvt": False,
    "GET /api/v1/tasks": False,
    "GET /api/v1/tasks/<uuid:task_id>": False,
    "GET /api/v1/units": False,
    "GET /api/v1/users/me": False,
    "GET /api/v1/zones": False,
    "GET /api/v1/zones/at": False,
    "DELETE /api/v1/media/<upload_id>": True,
    "HEAD /api/v1/media/<upload_id>": True,
    "PATCH /api/v1/media/<upload_id>": True,
    "POST /api/v1/media": True,
    "POST /api/v1/media/status": True,
}
"""People of every role, and devices; True where a revoked device may still hand in what it has."""
UNFINISHED = {
    "GET /api/v1/auth/session",
    "GET /api/v1/users/me",
    "POST /api/v1/auth/logout",
    "POST /api/v1/auth/password",
    "POST /api/v1/auth/second-factor",
    "POST /api/v1/auth/second-factor/confirm",
    "POST /api/v1/auth/second-factor/prove",
}
"""For whoever still owes a new password or a second factor, too."""
PERSONAL = {
    "GET /api/v1/users/<uuid:user_id>/erasure": "people",
    "GET /api/v1/users/<uuid:user_id>/personal-data.zip": "personal-data",
    "GET /api/v1/users/me/personal-data.zip": "personal-data",
    "GET /api/v1/audit": "audit",
    "GET /api/v1/devices": "devices",
    "GET /api/v1/fire-points": "fire-points",
    "GET /api/v1/fire-points/<uuid:point_id>": "fire-points",
    "GET /api/v1/site-imports/<uuid:import_id>": "site-imports",
    "GET /api/v1/county-tables/<uuid:table_id>": "county-tables",
    "GET /api/v1/county-tables/<uuid:table_id>/file": "county-tables",
    "GET /api/v1/county-tables/blank.xlsx": "county-tables",
    "GET /api/v1/findings/<uuid:finding_id>/statements": "statements",
    "GET /api/v1/sites": "sites",
    "GET /api/v1/sites/<uuid:site_id>": "sites",
    "GET /api/v1/sites/<uuid:site_id>/history": "sites",
    "GET /api/v1/sites/by-label/<label>": "sites",
    "GET /api/v1/certificates": "certificates",
    "GET /api/v1/colleagues": "colleagues",
    "GET /api/v1/users": "people",
    "GET /api/v1/users/<uuid:user_id>": "people",
}
"""Routes that show personal data: each request leaves a row in the audit trail."""


def routes(app: Flask) -> Iterator[tuple[str, str]]:
    """Every (method and path, endpoint) that this server answers of its own."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield f"{method} {rule.rule}", rule.endpoint
        for method in sorted((rule.methods or set()) & {"HEAD", "OPTIONS"}):
            if "GET" not in (rule.methods or set()) and not (method == "OPTIONS" and rule.provide_automatic_options):
                yield f"{method} {rule.rule}", rule.endpoint


def declared(app: Flask) -> dict[str, access.Access | None]:
    return {name: access.declared(app, endpoint) for name, endpoint in routes(app)}


def test_every_route_declares_who_may_call_it(app: Flask) -> None:
    assert [name for name, found in declared(app).items() if found is None] == []


def test_every_route_is_as_open_as_the_table_says_and_no_more(app: Flask) -> None:
    office, everyone = frozenset({"supervisor", "admin"}), access.ALL_ROLES
    expected = {name: access.Access(public=True) for name in PUBLIC}
    expected |= {name: access.Access(devices=True, even_revoked=revoked) for name, revoked in DEVICES.items()}
    expected |= {name: access.Access(roles=frozenset({"admin"})) for name in ADMIN}
    expected |= {name: access.Access(roles=office) for name in OFFICE}
    expected |= {name: access.Access(roles=office | {"handler"}) for name in HANDLING}
    expected |= {name: access.Access(roles=frozenset({"admin", "handler"})) for name in COUNTY}
    expected |= {name: access.Access(roles=office | {"inspector"}) for name in FIELD}
    expected |= {name: access.Access(roles=everyone) for name in PEOPLE}
    for name, revoked in KNOWN.items():
        expected[name] = access.Access(devices=True, roles=everyone, even_revoked=revoked)
    for name in UNFINISHED:
        expected[name] = replace(expected[name], unfinished=True)
    for name, kind in PERSONAL.items():
        expected[name] = replace(expected[name], personal=kind)
    assert declared(app) == expected


def concrete(path: str) -> str:
    path = re.sub(r"<uuid:\w+>", new_id(), path)
    return re.sub(r"<\w+>", "0" * 64, re.sub(r"<int:\w+>", "1", path))


def test_without_a_token_nothing_but_the_public_answers(app: Flask, client: FlaskClient) -> None:
    for name, _ in routes(app):
        method, path = name.split(" ")
        if name in PUBLIC:
            continue
        answer = client.open(concrete(path), method=method, json={} if method != "GET" else None)
        assert answer.status_code == 401, name
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Bearer nonsense", "token-invalid"),
        ("Basic d2VpOng=", "token-invalid"),
        ("Bearer ", "token-invalid"),
        ("", "token-invalid"),
    ],
)
def test_a_wrong_token_is_told_so(client: FlaskClient, header: str, code: str) -> None:
    answer = client.get("/api/v1/findings", headers={"Authorization": header})
    assert (answer.status_code, answer.get_json()["code"]) == (401, code)


def test_an_inspector_may_not_do_what_the_office_does(app: Flask, client: FlaskClient, server: Server) -> None:
    inspector, supervisor = server.token("wei", "inspector"), server.token("luo", "supervisor")
    for name in ADMIN | OFFICE:
        method, path = name.split(" ")
        assert client.open(concrete(path), method=method, json={}, headers=inspector).status_code == 403, name
    for name in ADMIN:
        method, path = name.split(" ")
        assert client.open(concrete(path), method=method, json={}, headers=supervisor).status_code == 403, name


def test_a_persons_sign_in_is_no_device(client: FlaskClient, server: Server) -> None:
    admin = server.token("boss", "admin")
    for name in DEVICES:
        method, path = name.split(" ")
        assert client.open(path, method=method, json={}, headers=admin).status_code == 403, name


def test_a_device_is_no_person(server: Server) -> None:
    phone = server.phone("boss", "admin")
    for name in ADMIN | OFFICE | PEOPLE:
        method, path = name.split(" ")
        assert phone.raw(method, concrete(path), {}).status == 403, name


def test_an_ended_sign_in_is_told_apart_from_a_revoked_one(client: FlaskClient, server: Server) -> None:
    who = server.token("wei", "inspector")
    assert client.post("/api/v1/auth/logout", headers=who).status_code == 204
    assert client.get("/api/v1/users/me", headers=who).get_json()["code"] == "token-revoked"
    other = server.token("mo", "inspector")
    server.time.at += timedelta(hours=12)
    assert client.get("/api/v1/users/me", headers=other).get_json()["code"] == "token-expired"


def test_an_old_device_token_works_until_the_new_one_is_used(server: Server) -> None:
    phone = server.phone()
    old = (phone.storage.get("meta", "token") or {})["token"]
    assert phone.device.rotate_token()
    use_old = {"Authorization": f"Bearer {old}"}
    assert phone.transport.send("GET", "/api/v1/users/me", use_old, b"").status == 200
    assert phone.raw("GET", "/api/v1/users/me").status == 200
    answer = phone.transport.send("GET", "/api/v1/users/me", use_old, b"")
    assert (answer.status, answer.code) == (401, "token-revoked")
