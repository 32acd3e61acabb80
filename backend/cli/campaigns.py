"""`flask campaigns …`: campaigns listed, rosters imported."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import select

from backend import clock
from backend.cli.failures import spoken
from backend.models import Campaign
from backend.services import accounts, campaigns, rosters
from backend.transactions import reading, writing

group = AppGroup("campaigns", help="Campaigns and their duty rosters.")


@group.command("list")
def listing() -> None:
    """List the campaigns, the newest first."""
    with reading() as session:
        for found in session.scalars(select(Campaign).order_by(Campaign.first_day.desc(), Campaign.code)):
            days = f"{found.first_day.isoformat()}..{found.last_day.isoformat()}"
            click.echo(f"{found.code}  {found.state:8} {days}  {found.name}")


@group.command("import-roster")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--campaign", "code", required=True, help="The campaign's code.")
@click.option("--by", "name", required=True, help="The supervisor or admin in whose name it is done.")
@click.option("--dry-run", is_flag=True, help="Only say what it would do.")
def import_roster(file: Path, code: str, name: str, dry_run: bool) -> None:
    """Enter an xlsx or csv table of who is on duty; with a fault anywhere nothing is entered."""
    with spoken(), writing() as session:
        actor = accounts.actor_of(accounts.by_name(session, name))
        campaign = campaigns.by_code(session, code)
        now, data = clock.now(), file.read_bytes()
        read = rosters.take_in(session, actor, campaign.id, file.name, data, now, clock.new_id, dry_run=dry_run)
    for fault in read.faults:
        click.echo(f"fault: {fault.document()['message']['zh-CN']}")
    if read.faults:
        click.echo("Nothing was entered.", err=True)
        sys.exit(1)
    told = f"{read.rows} rows: {read.new} new, {read.changed} changed, {read.same} as they are."
    click.echo(told + (" Nothing was entered." if dry_run else ""))
