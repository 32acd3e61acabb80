"""`flask backup …`: make, list, check and put back backups (docs/backups.md)."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
import psycopg
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from backend import clock
from backend.backups import checking, running
from backend.backups.errors import BackupBad, BackupRefused, PhotosLost
from backend.backups.repository import Manifest, Repository
from backend.backups.restoring import Restorer, Wishes
from backend.config import Settings
from backend.extensions import db
from backend.in_use import InUse
from backend.services.errors import ServiceError
from backend.storage import blobs
from sync.errors import SyncError

group = AppGroup("backup", help="Backups of database, photos and keys.")
SHOWN = 20


@group.command("create")
@click.option("--mark-lost", is_flag=True, help="Mark photos whose bytes are nowhere as missing, then back up.")
def create(mark_lost: bool) -> None:
    """Make a backup beside the running server; exit status 1 when photos are lost."""
    with _spoken():
        made = running.make()
        if made.manifest.lost and mark_lost:
            click.echo(f"Marked as missing: {running.mark_lost(made.manifest.lost)} photos.")
            made = running.make()
    click.echo(_line(made.name, made.manifest))
    for name in made.thinned:
        click.echo(f"removed: {name}")
    if made.manifest.lost:
        _say_lost(made.manifest.lost)
        click.echo("Devices were not told of this backup. Say --mark-lost to go on without these photos.", err=True)
        sys.exit(1)


@group.command("list")
def list_all() -> None:
    """List the backups, oldest first."""
    repository = running.repository()
    for name in repository.names():
        try:
            click.echo(_line(name, repository.manifest(name)))
        except BackupBad as error:
            click.echo(f"{name}  BAD: {error.what}")


@group.command("verify")
@click.argument("name", required=False)
@click.option("--all", "every", is_flag=True, help="Check all backups.")
def verify(name: str | None, every: bool) -> None:
    """Read a backup (the newest, unless NAME is given) to the last byte; exit status 1 when it is no good."""
    repository = running.repository()
    with _spoken(), repository.reading():
        names = repository.names() if every else [name or _newest(repository)]
        for each in names:
            manifest = checking.check(repository, each)
            click.echo(f"{_line(each, manifest)}  good")


@group.command("restore")
@click.argument("name")
@click.option("--replace", is_flag=True, help="Put a database that is there aside.")
@click.option("--older", is_flag=True, help="Although there is a newer backup.")
@click.option("--mark-lost", is_flag=True, help="Mark photos whose bytes are nowhere as missing, and go on.")
def restore(name: str, replace: bool, older: bool, mark_lost: bool) -> None:
    """Put backup NAME back; the server must be stopped."""
    from backend import create_app

    settings: Settings = current_app.extensions["bluegrid.settings"]
    db.session.remove()
    db.engine.dispose()
    restorer = Restorer(running.repository(), settings, blobs(), clock.current(), create_app)
    with _spoken():
        restored = restorer.restore(name, Wishes(replace, older, mark_lost))
    click.echo(f"restored: {_line(name, restored.manifest)}")
    click.echo(f"new epoch: {restored.epoch}; photos put back: {restored.photos_put}")
    if restored.aside is not None:
        click.echo(f"the database before is kept as {restored.aside}")
    if restored.keys_put:
        click.echo(f"put back: {', '.join(restored.keys_put)}")
    if restored.keys_left:
        click.echo(f"left as they are, though they differ from the backup's: {', '.join(restored.keys_left)}")
    if restored.lost:
        _say_lost(restored.lost)
    click.echo("Start the server now. Devices send again what they kept; people sign in again.")
    click.echo("Do once more what was decided since: accounts, passwords, grants, revoked devices.")


def _newest(repository: Repository) -> str:
    name = repository.newest()
    if name is None:
        raise BackupRefused(f"there is no backup in {repository.folder}")
    return name


def _line(name: str, manifest: Manifest) -> str:
    size = (manifest.database.size + manifest.blob_bytes) / 1e6
    lost = f", {len(manifest.lost)} photos LOST" if manifest.lost else ""
    return f"{name}  seq {manifest.head}, {manifest.rows['op']} ops, {manifest.blobs} photos, {size:.1f} MB{lost}"


def _say_lost(lost: list[str]) -> None:
    for sha256 in lost[:SHOWN]:
        click.echo(f"lost photo: {sha256}", err=True)
    if len(lost) > SHOWN:
        click.echo(f"… and {len(lost) - SHOWN} more", err=True)


@contextmanager
def _spoken() -> Iterator[None]:
    """One plain sentence instead of a traceback."""
    try:
        yield
    except PhotosLost as error:
        _say_lost(error.lost)
        raise click.ClickException(f"{error}; say --mark-lost to go on without them") from None
    except BackupBad as error:
        raise click.ClickException(f"BAD: {error}") from None
    except InUse:
        raise click.ClickException("The database is in use: stop the server on every host first.") from None
    except (BackupRefused, ServiceError, SyncError) as error:
        raise click.ClickException(f"{error}.") from None
    except (SQLAlchemyError, sqlite3.Error, psycopg.Error) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise click.ClickException(f"the database does not go along: {reason}") from error
    except OSError as error:
        raise click.ClickException(f"{error.strerror}: {error.filename or 'the disk'}") from None
