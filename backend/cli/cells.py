"""`flask cells …`: grid versions looked at, staged, compared and put into force."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup

from backend import clock
from backend.cli.failures import spoken
from backend.jobs import intents
from backend.services import accounts, grids, replacing
from backend.services.grids import Reading
from backend.transactions import reading, writing
from geo.cell_codes import Fields
from geo.datum import Datum
from geo.hierarchy import hierarchies

group = AppGroup("cells", help="Administrative cells and their versions.")
BY = click.option("--by", "name", required=True, help="The admin in whose name it is done.")


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@BY
@click.option("--datum", type=click.Choice([each.value for each in Datum]), required=True)
@click.option("--hierarchy", type=click.Choice(list(hierarchies())), default="city-county-township-village")
@click.option("--level", help="Of rows that state none.")
@click.option("--code-field", default="code", show_default=True)
@click.option("--name-field", default="name", show_default=True)
@click.option("--parent-field", default="parent", show_default=True)
@click.option("--whole", is_flag=True, help="The file is the whole grid, not a part of it.")
@click.option("--dry-run", is_flag=True, help="Only say what is in the file.")
def import_file(
    file: Path,
    name: str,
    datum: str,
    hierarchy: str,
    level: str | None,
    code_field: str,
    name_field: str,
    parent_field: str,
    whole: bool,
    dry_run: bool,
) -> None:
    """Stage the cells of a GeoJSON, GeoPackage or Shapefile; with a fault anywhere, nothing is staged."""
    how = Reading(datum, hierarchy, level, Fields(code_field, name_field, parent=parent_field), whole)
    with spoken(), writing() as session:
        actor = accounts.actor_of(accounts.by_name(session, name))
        actor.require_role("admin")
        read = grids.look(session, file, how)
        for fault in [*read.errors, *read.warnings]:
            click.echo(f"{fault.code} {fault.where or ''}: {fault.detail}")
        if read.grid is None:
            click.echo(f"{len(read.errors)} faults; nothing was staged.", err=True)
            sys.exit(1)
        told = f"{read.cells} cells in the file, {len(read.grid)} in the grid"
        if dry_run:
            click.echo(f"{told}. Nothing was staged.")
            return
        found = grids.stage(session, actor, clock.new_id(), clock.now(), file, file.name, how)
        click.echo(f"{told}. Staged as {found.id}.")


@group.command("list")
def list_versions() -> None:
    """List the versions, the newest first, with when each held."""
    with reading() as session:
        for found in grids.listing(session):
            shown = grids.document(session, found)
            since = ", ".join(f"{one['n']}: from {one['valid_from']}" for one in shown["activations"])
            click.echo(f"{found.id}  {found.status:8} {shown['cells']} cells  {found.source}  {since}")


@group.command("compare")
@click.argument("version")
def compare(version: str) -> None:
    """Say what would change from the grid that holds, and how many findings would move."""
    with spoken(), reading() as session:
        told = grids.changes(session, version, None)
    for kind in ("added", "removed", "renamed", "reparented", "relevelled", "moved"):
        for each in told[kind]:
            rest = ", ".join(f"{key} {value}" for key, value in each.items() if key != "code")
            click.echo(f"{kind} {each['code']}: {rest}")
    click.echo(f"{told['moved_findings']} of {told['looked_at']} findings would lie in another cell.")


@group.command("activate")
@click.argument("version")
@BY
@click.option("--valid-from", help="An instant with its offset (2026-11-01T00:00:00+08:00); now, if left out.")
def activate(version: str, name: str, valid_from: str | None) -> None:
    """Let a version hold; the job consumer moves what lies elsewhere, some rows at a time."""
    with spoken(), writing() as session:
        actor = accounts.actor_of(accounts.by_name(session, name))
        actor.require_role("admin")
        since = _instant(valid_from)
        begun = grids.activate(session, actor, version, since, clock.now(), clock.new_id)
        intents.ask(session, clock.new_id(), replacing.JOB, {"n": begun.n}, actor.user_id, clock.now())
        left = sum(replacing.waiting(session).values())
        click.echo(f"It holds from {begun.valid_from.isoformat()}. {left} rows are to be placed anew.")


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text} is no instant.") from None
    if found.tzinfo is None:
        raise click.BadParameter("An instant needs its offset, such as +08:00.")
    return found
