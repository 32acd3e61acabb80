"""`flask devices …`: invitations and revocation."""

from __future__ import annotations

import json

import click
from flask import current_app
from flask.cli import AppGroup

from backend import clock
from backend.cli.failures import spoken
from backend.services import accounts, devices, qr
from backend.transactions import writing

group = AppGroup("devices", help="Phones and tablets.")


@group.command("invite")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print code, url and expires_at as JSON.")
def invite(name: str, as_json: bool) -> None:
    """Make a single-use enrolment code for NAME's next device."""
    settings = current_app.extensions["bluegrid.settings"]
    with spoken(), writing() as session:
        user = accounts.by_name(session, name)
        code, expires_at = devices.invite(session, user, clock.now(), settings.invite_hours)
    url = qr.enrolment_url(settings.public_url or "http://127.0.0.1:8000", code)
    if as_json:
        click.echo(json.dumps({"code": code, "url": url, "expires_at": expires_at.isoformat()}))
        return
    click.echo(qr.terminal(url))
    click.echo(f"{code}  (until {expires_at:%Y-%m-%d %H:%M} UTC)\n{url}")


@group.command("revoke")
@click.argument("stream")
def revoke(stream: str) -> None:
    """Revoke the device that writes STREAM; what it still sends within the days of grace is held."""
    with spoken(), writing() as session:
        device = devices.revoke(session, stream, clock.now())
        click.echo(f"{device.id} revoked")
