"""`flask demo play`: the sample district's day, through a running server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from backend import clock
from backend.config import Settings
from backend.demo import PLAYED, story
from backend.demo.desk import DemoFailed
from backend.demo.evening import Evening
from backend.demo.weeks import Weeks, day_began_without, weeks_began
from backend.extensions import db
from backend.models import User
from backend.services import accounts
from backend.transactions import writing
from sync.device_io import HttpTransport
from sync.device_ports import TransportFailed

group = AppGroup("demo", help="The sample district's day.")


@group.command("play")
@click.option("--url", required=True, help="The running demo server.")
def play(url: str) -> None:
    """Play the day once; a second call only says where things are."""
    settings = current_app.extensions["bluegrid.settings"]
    _require_demo(settings)
    plan = story.read_plan()
    target = settings.data / "rectification-list.xlsx"
    if not (settings.data / PLAYED).exists():
        _play(plan, url, settings.data, target)
        (settings.data / PLAYED).touch()
    else:
        click.echo("The day was played before; nothing was played again. 演示日已完成，数据保持原样。")
    click.echo(f"整改清单 rectification list: {target}")
    for name in plan["evening"]["files"].values():
        click.echo(f"  {settings.data / name}")
    for person in [*plan["people"], *(story.read_plan("weeks")["people"] if weeks_began(settings.data) else [])]:
        click.echo(f"  {person['role']:<10} {person['name']:<11} {plan['password']}  {person['display_name']}")
    click.echo(f"API: {url}/api/docs")


@group.command("weeks")
def weeks() -> None:
    """Play the weeks before the day, on a data folder on which nothing serves; what was played is not played again."""
    settings = current_app.extensions["bluegrid.settings"]
    _require_demo(settings)
    if (settings.data / PLAYED).exists() or day_began_without(settings.data):
        return
    _first_admin(story.read_plan())
    try:
        Weeks(settings, click.echo).play()
    except DemoFailed as error:
        raise click.ClickException(f"The weeks stopped: {error}. Run it again; it goes on where it stopped.") from None


def _require_demo(settings: Settings) -> None:
    if not settings.demo:
        raise click.ClickException("The day is played on a demo's data only (BLUEGRID_DEMO=1).")


def _play(plan: dict[str, Any], url: str, data: Path, target: Path) -> None:
    _first_admin(plan)
    try:
        day = story.Day(lambda: HttpTransport(url), data, click.echo)
        day.prepare()
        for device in plan["devices"]:
            day.play_device(device)
        day.export(target)
        click.echo("  晚上：交办、整改、复查、销号，印发期次，导出文件 …")
        evening = Evening(day)
        evening.play()
        if weeks_began(data):
            evening.open_next()
    except (DemoFailed, TransportFailed) as error:
        raise click.ClickException(f"The day stopped: {error}. Run it again; it goes on where it stopped.") from None


def _first_admin(plan: dict[str, Any]) -> None:
    """The admin who makes everyone else over HTTP."""
    admin = plan["people"][0]
    known = db.session.scalar(select(User.id).where(User.name == admin["name"]))
    if known is None:
        with writing() as session:
            accounts.create_user(session, id=clock.new_id(), now=clock.now(), password=plan["password"], **admin)
