"""`flask devices …`: invitations, revocation, and what a phone could not send itself."""

from __future__ import annotations

import json
from collections import Counter
from typing import BinaryIO, cast

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from backend import clock
from backend.cli.failures import spoken
from backend.cli.handed_in import hand_in
from backend.services import accounts, devices, qr
from backend.transactions import writing
from sync.outbox_file import OutboxFileUnreadable

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


@group.command("hand-in")
@click.argument("file", type=click.File("rb"))
@click.option("--as", "enrol_as", metavar="NAME", help="Whose it is, when this server does not know the phone.")
@click.password_option("--passphrase", confirmation_prompt=False, help="Asked for when not given.")
def hand_in_file(file: BinaryIO, enrol_as: str | None, passphrase: str) -> None:
    """Hand in FILE, the encrypted outbox that a phone exported: its ops and photos, as if it had sent them."""
    app = cast("Flask", current_app._get_current_object())  # type: ignore[attr-defined]
    with spoken():
        try:
            done = hand_in(app, file, passphrase, enrol_as)
        except OutboxFileUnreadable as error:
            raise click.ClickException(str(error)) from None
    click.echo(f"ops: {_counted(done.results)}; photos: {_counted(done.photos)}")
    if done.trouble is not None or done.pending:
        raise click.ClickException(f"{done.pending} ops are not handed in: {done.trouble}. Keep the file.")


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items())) or "none"
