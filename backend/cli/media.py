"""`flask media …`: what lies in the photo store and no row speaks of."""

from __future__ import annotations

from datetime import timedelta

import click
from flask.cli import AppGroup

from backend import clock
from backend.services import leftovers
from backend.storage import blobs
from backend.transactions import reading

group = AppGroup("media", help="Photo bytes in the store.")


@group.command("unnamed")
@click.option("--days", default=30, show_default=True, type=click.IntRange(min=1), help="Placed before so many days.")
def unnamed(days: int) -> None:
    """List whole files that no record names; they are kept until somebody decides about each."""
    count = 0
    for shelf, sha256 in leftovers.unnamed(reading, blobs(), clock.now() - timedelta(days=days)):
        click.echo(f"{shelf.value} {sha256} {blobs().size(sha256, shelf)} bytes")
        count += 1
    click.echo(f"{count} files are named by no record.")
