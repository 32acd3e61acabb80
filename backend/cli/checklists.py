"""`flask checklists …`: the rule book as this code ships it, and the versions that this server holds."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from checklists import authoring, coverage, library

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
