"""`flask fire-points …`: sightings from files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from backend import clock
from backend.cli.failures import spoken
from backend.models.fire_point import FIRE_FORMS
from backend.services import accounts, fire_imports
from backend.services.fire_imports import BY_PEOPLE, PIXEL_M, Reading
from backend.transactions import writing
from geo.datum import Datum

group = AppGroup("fire-points", help="Fire points.")


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--form", type=click.Choice(FIRE_FORMS), required=True, help="report: an office's xlsx or csv table.")
@click.option("--datum", type=click.Choice([each.value for each in Datum]), help="Of a report or a text.")
@click.option("--source", type=click.Choice([each.value for each in BY_PEOPLE]), default="message", show_default=True)
@click.option("--year", type=int, help="Of a table's days that have none.")
@click.option("--sheet", help="Of a workbook; the first, if left out.")
@click.option("--pixel-m", type=float, default=PIXEL_M, show_default=True, help="Side of a table's pixels.")
@click.option("--by", "name", required=True, help="The supervisor or admin in whose name it is done.")
@click.option("--dry-run", is_flag=True, help="Only say what it would do.")
def import_file(file: Path, name: str, dry_run: bool, **terms: Any) -> None:
    """Take a file of fire points in; with a fault anywhere, nothing is taken."""
    with spoken():
        with writing() as session:
            actor = accounts.actor_of(accounts.by_name(session, name))
            actor.require_role("supervisor", "admin")
            now, data = clock.now(), file.read_bytes()
            found = fire_imports.check(session, actor, clock.new_id(), now, file.name, data, Reading(**terms))
            import_id, state, report = found.id, found.state, found.report
            if state == "checked" and not dry_run:
                fire_imports.begin(session, actor, import_id, now)
        _tell(report)
        if state == "refused":
            click.echo("Nothing was taken in.", err=True)
            sys.exit(1)
        left = 0 if dry_run else 1
        while left:
            with writing() as session:
                left = fire_imports.apply_some(session, import_id, clock.now(), clock.new_id)


def _tell(report: dict[str, Any]) -> None:
    click.echo(
        "{sightings} sightings: {new} new, {known} known; {opened} fire points opened, {joined} joined, "
        "{merged} merged.".format(**report)
    )
    for each in [*report["fault_list"], *report["warning_list"]]:
        click.echo(f"{each['code']}: {each['detail']}")
