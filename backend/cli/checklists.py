"""`flask checklists …`: the rule book as this code ships it, and the life of the versions that this server holds."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from backend import clock
from backend.cli.failures import spoken
from backend.services import checklist_life, checklists
from backend.sync_store import SqlStore
from backend.transactions import reading, writing
from checklists import authoring, coverage, library, pack_yaml, xlsform, xlsform_import
from checklists.errors import SourceInvalid

group = AppGroup("checklists", help="The rule book: coverage, drafts, versions.")


@group.command("coverage")
def print_coverage() -> None:
    """Print what each duty of the plans became (docs/rulebook-coverage.md); fails where the book has a hole."""
    click.echo(coverage_text(), nl=False)
    registry = authoring.read_registry()
    found = list(coverage.faults(coverage.read_rows(registry), coverage.newest(library.shipped()), registry))
    for fault in found:
        click.echo(fault, err=True)
    sys.exit(1 if found else 0)


@group.command("list")
def print_all() -> None:
    """Print all versions and drafts of this server."""
    with reading() as session:
        for version in checklists.published(session):
            state = "published" if version.retired_at is None else f"retired {version.retired_at.date()}"
            click.echo(f"{version.code}@{version.version}  {state}  {version.title_zh}")
        for draft in checklist_life.drafts(session):
            click.echo(f"{draft.code}@{draft.version}  draft")


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_draft(file: Path) -> None:
    """Import a pack (YAML, or an XLSForm exported from here) as a draft."""
    with spoken():
        pack = _read(file)
        with writing() as session:
            draft = checklist_life.save_draft(session, pack, clock.now(), clock.new_id, by=None)
            click.echo(f"{draft.code}@{draft.version} is a draft; publish it with: flask checklists publish")


@group.command("publish")
@click.argument("version")
def publish(version: str) -> None:
    """Publish a draft (CODE@VERSION): it never changes again, and devices receive it."""
    with spoken():
        code, number = checklist_life.pinned(version)
        with writing() as session:
            store = _locked(SqlStore(session, clock.now()))
            found = checklist_life.publish(session, store, code, number, clock.now(), by=None)
            click.echo(f"{version} is published: {found.sha256}")


@group.command("retire")
@click.argument("version")
def retire(version: str) -> None:
    """Offer a version (CODE@VERSION) for no new inspection; it is read for ever."""
    with spoken():
        code, number = checklist_life.pinned(version)
        with writing() as session:
            store = _locked(SqlStore(session, clock.now()))
            checklist_life.retire(session, store, code, number, clock.now(), by=None)
            click.echo(f"{version} is retired.")


@group.command("diff")
@click.argument("old")
@click.argument("new")
@click.option("--language", type=click.Choice(("zh", "en")), default="zh")
def print_difference(old: str, new: str, language: str) -> None:
    """Say what changed from one version to another (each CODE@VERSION; drafts too)."""
    with spoken():
        pair = checklist_life.pinned(old), checklist_life.pinned(new)
        with reading() as session:
            for change in checklist_life.difference(session, *pair, language):
                click.echo(change.sentence)


@group.command("export")
@click.argument("version")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(version: str, file: Path) -> None:
    """Write a version or draft (CODE@VERSION) to FILE, as YAML or, if its name ends in .xlsx, as an XLSForm."""
    with spoken():
        code, number = checklist_life.pinned(version)
        with reading() as session:
            pack = checklist_life.whole(session, code, number)
        file.write_bytes(xlsform.write(pack) if file.suffix == ".xlsx" else pack_yaml.dump(pack).encode())
        click.echo(f"{version} is in {file}")


def coverage_text() -> str:
    """docs/rulebook-coverage.md, whole."""
    packs = coverage.newest(library.shipped())
    covered = coverage.report(coverage.read_rows(authoring.read_registry()), packs)
    items = {item.code for pack in packs for item in pack.items}
    return (
        "# Coverage of the rule book\n\n"
        "Every duty found in the plans, and what it became: items of the newest checklists, or another disposition\n"
        "with its reason.\n"
        "鼓 marks an encouragement, which never makes a finding. Unverified sources are settings, not facts.\n"
        "Made by `flask --app wsgi checklists coverage`.\n\n"
        f"{len(covered)} rows, {len(items)} items in {len(packs)} checklists.\n\n" + coverage.table(covered)
    )


def _read(file: Path) -> checklist_life.Pack:
    """The pack in a file; every fault goes to the error output before the refusal."""
    data = file.read_bytes()
    try:
        if file.suffix == ".xlsx":
            return xlsform_import.read(data)
        return pack_yaml.load(data.decode())
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file.name} is not UTF-8 text: byte {error.start}.") from None
    except SourceInvalid as error:
        for fault in error.extras["faults"]:
            item = f" {fault['item']}" if fault["item"] else ""
            click.echo(f"{file.name}: {fault['place']}{item}: {fault['message']}", err=True)
        raise


def _locked(store: SqlStore) -> SqlStore:
    store.lock_counter()
    return store
