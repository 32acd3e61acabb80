"""`flask zones …`: which rules hold where and when."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup

from backend import clock
from backend.cli.failures import spoken
from backend.services import accounts, zone_words, zones
from backend.transactions import reading, writing
from geo.datum import Datum
from geo.position import Position, parse_position

group = AppGroup("zones", help="No-burn, restricted-burn and other zones.")


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--by", "name", required=True, help="The admin in whose name it is done.")
@click.option("--dry-run", is_flag=True, help="Only say what it would do.")
def import_file(file: Path, name: str, dry_run: bool) -> None:
    """Put a city's zones (YAML or GeoJSON) into force; with a fault anywhere, nothing changes."""
    with spoken(), writing() as session:
        actor = accounts.actor_of(accounts.by_name(session, name))
        actor.require_role("admin")
        found = zones.check(session, actor, clock.new_id(), clock.now(), file.name, file.read_bytes())
        report, state = found.report, found.state
        if state == "checked" and not dry_run:
            zones.activate(session, actor, found.id, clock.now())
    for each in [*report["fault_list"], *report.get("warning_list", [])]:
        click.echo(f"{each['code']}: {each['detail']}")
    if state == "refused":
        click.echo(f"{report['faults']} faults; nothing was imported.", err=True)
        sys.exit(1)
    told = ", ".join(f"{len(report[what])} {what}" for what in ("new", "changed", "gone"))
    click.echo(f"{report['zones']} zones: {told}. " + ("Nothing was changed." if dry_run else "They are in force."))


@group.command("load-sample")
def load_sample() -> None:
    """Put the zones of Liuzhou that this project ships into force, where the city has none."""
    with spoken(), writing() as session:
        found = zones.load_sample(session, clock.now(), clock.new_id)
    click.echo("Liuzhou has zones already; nothing was changed." if found is None else "Liuzhou's zones are in force.")


@group.command("at")
@click.argument("lon", type=float)
@click.argument("lat", type=float)
@click.option("--datum", type=click.Choice([each.value for each in Datum]), required=True)
@click.option("--at", "instant", help="An instant with its offset (…T22:00:00+08:00); now, if left out.")
def at(lon: float, lat: float, datum: str, instant: str | None) -> None:
    """Say which rules hold at a place and an instant, and why."""
    with spoken(), reading() as session:
        position: Position = parse_position({"lon": lon, "lat": lat, "datum": datum})
        moment = datetime.fromisoformat(instant) if instant else clock.now()
        for verdict in zones.rules_at(session, position, moment).values():
            click.echo(zone_words.sentence(verdict, "zh-CN"))
