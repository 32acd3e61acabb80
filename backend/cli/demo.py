"""`flask demo play`: an inspector's day through the real HTTP API."""

from __future__ import annotations

import click
from flask.cli import AppGroup

group = AppGroup("demo", help="The sample district's day.")


@group.command("play")
@click.option("--url", required=True)
def play(url: str) -> None:
    """Play the day."""
