"""`flask draws …`: double-random draws, done again from what was kept."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from backend.cli.failures import spoken
from backend.services import draws, pages
from backend.transactions import reading

group = AppGroup("draws", help="Double-random draws.")


@group.command("list")
def list_draws() -> None:
    """Name all draws, the newest first."""
    with spoken(), reading() as session:
        for rows in pages.every(lambda asked: draws.listed(session, asked)):
            for kept in rows:
                click.echo(f"{kept.id} {kept.area} {kept.quarter} round {kept.round} {kept.result_sha256}")


@group.command("replay")
@click.argument("draw_id", metavar="ID")
def replay(draw_id: str) -> None:
    """Draw again and print the result, byte for byte as it was; fails if it differs."""
    with spoken(), reading() as session:
        click.echo(draws.replay(session, draw_id), nl=False)
