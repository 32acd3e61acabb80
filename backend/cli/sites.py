"""`flask sites …`: the register of sites."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from backend import clock
from backend.cli.failures import spoken
from backend.services import accounts, plan_sites, site_imports
from backend.transactions import reading, writing
from geo.datum import Datum, parse_datum

group = AppGroup("sites", help="The register of sites.")


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--datum", type=click.Choice([each.value for each in Datum]), required=True, help="Of the coordinates.")
@click.option("--by", "name", required=True, help="The person in whose name and area it is done.")
@click.option("--dry-run", is_flag=True, help="Only say what it would do.")
def import_table(file: Path, datum: str, name: str, dry_run: bool) -> None:
    """Import an xlsx or csv table; with a fault anywhere, nothing is imported."""
    with spoken():
        with writing() as session:
            actor = accounts.actor_of(accounts.by_name(session, name))
            now = clock.now()
            found = site_imports.check(
                session, actor, clock.new_id(), now, file.name, file.read_bytes(), parse_datum(datum)
            )
            import_id, state, report = found.id, found.state, found.report
            if state == "checked" and not dry_run:
                site_imports.begin(session, actor, import_id, now)
        _tell(report)
        if state == "refused":
            click.echo("Nothing was imported.", err=True)
            sys.exit(1)
        if not dry_run:
            _apply(import_id)


def _tell(report: dict[str, object]) -> None:
    click.echo("{rows} rows: {new} new, {changed} changed, {same} as they are.".format(**report))
    for kind in ("fault_list", "warning_list"):
        told = report[kind]
        assert isinstance(told, list)
        for each in told:
            click.echo(f"{'fault' if kind == 'fault_list' else 'warning'}: {each['message']['zh-CN']}")
    if report["unknown_columns"]:
        click.echo(f"Columns that were let by: {report['unknown_columns']}")


def _apply(import_id: str) -> None:
    left = 1
    while left:
        with writing() as session:
            left = site_imports.apply_some(session, import_id, clock.now(), clock.new_id)
    with reading() as session:
        click.echo(f"Import {import_id} is {session.get_one(site_imports.SiteImport, import_id).state}.")


@group.command("load-plans")
def load_plans() -> None:
    """Enter the plans' own project lists as sites to check (no positions: the plans give none)."""
    with spoken(), writing() as session:
        added = plan_sites.load(session, clock.now(), clock.new_id)
    click.echo(f"{len(added)} sites entered, {len(plan_sites.listed()) - len(added)} were there.")
