"""`flask users …`: accounts."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from backend import clock
from backend.cli.failures import spoken
from backend.models.people import ROLES
from backend.services import accounts, lockout, passwords, second_factor
from backend.transactions import writing

group = AppGroup("users", help="Accounts.")


@group.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--grant", "grants", multiple=True, help="A cell or unit code; may be given several times.")
@click.option("--display-name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create(name: str, role: str, grants: tuple[str, ...], display_name: str | None, password_stdin: bool) -> None:
    """Add a person."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else None
    with spoken(), writing() as session:
        accounts.require_known_grants(session, list(grants))
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


@group.command("deactivate")
@click.argument("name")
def deactivate(name: str) -> None:
    """Close NAME's account: sign-ins and devices end; what the person did stays."""
    with spoken(), writing() as session:
        accounts.deactivate(session, None, accounts.by_name(session, name), clock.now())
    click.echo(f"{name} is closed")


@group.command("reset-password")
@click.argument("name")
def reset_password(name: str) -> None:
    """Print a one-time password for NAME, which must be changed at the next sign-in; a lock ends too."""
    password = passwords.one_time()
    hashed = passwords.hashed(password)
    with spoken(), writing() as session:
        accounts.reset_password(session, None, accounts.by_name(session, name), hashed, clock.now())
    click.echo(f"one-time password {password}")


@group.command("unlock")
@click.argument("name")
def unlock(name: str) -> None:
    """Let NAME try again at once after too many wrong passwords."""
    with spoken(), writing() as session:
        user = accounts.by_name(session, name)
        lockout.unlock(session, None, user.id, user.name, clock.now())
    click.echo(f"{name} may try again")


@group.command("reset-second-factor")
@click.argument("name")
def reset_second_factor(name: str) -> None:
    """Take away NAME's second factor, who has lost it."""
    with spoken(), writing() as session:
        second_factor.reset(session, None, accounts.by_name(session, name).id, clock.now())
    click.echo(f"{name} signs in without a second factor now")
