"""`flask users …`: accounts."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from backend import clock
from backend.cli.failures import spoken
from backend.models.people import ROLES
from backend.services import accounts, cells
from backend.transactions import writing

group = AppGroup("users", help="Accounts.")


@group.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--grant", "grants", multiple=True, help="A cell code; may be given several times.")
@click.option("--display-name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create(name: str, role: str, grants: tuple[str, ...], display_name: str | None, password_stdin: bool) -> None:
    """Add a person."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else None
    with spoken():
        cells.require_known(grants)
        with writing() as session:
            user = accounts.create_user(
                session,
                id=clock.new_id(),
                now=clock.now(),
                name=name,
                role=role,
                grants=list(grants),
                password=password,
                display_name=display_name,
            )
            click.echo(f"{user.id} {user.name} ({user.role})")
