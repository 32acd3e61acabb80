"""`flask contract …`: what the wire contract leaves to this server, printed for docs/ (a test compares)."""

from __future__ import annotations

import json

import click
from flask.cli import AppGroup

from backend import catalogue
from backend.api import row_contract
from backend.services.commands import contract

group = AppGroup("contract", help="The wire contract as this server speaks it.")


@group.command("schema")
def schema() -> None:
    """Print the JSON Schema of the commands' arguments."""
    click.echo(schema_text(), nl=False)


@group.command("rows")
def rows() -> None:
    """Print the JSON Schema of the rows that devices pull, and of the answers."""
    click.echo(rows_text(), nl=False)


@group.command("problems")
def problems() -> None:
    """Print every problem code with its words."""
    click.echo(problems_text(), nl=False)


def schema_text() -> str:
    return json.dumps(contract.json_schema(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def rows_text() -> str:
    return json.dumps(row_contract.json_schema(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def problems_text() -> str:
    """The table of docs/problem-codes.md."""
    lines = [
        "# Problem codes",
        "",
        "Every `code` that a problem+json answer, an op's verdict or a refused photo can carry. Codes are added, never",
        "renamed. Made by `flask --app wsgi contract problems`.",
        "",
        "| code | where | 中文 | English |",
        "| --- | --- | --- | --- |",
    ]
    for code, entry in sorted(catalogue.problems().items()):
        lines.append(f"| `{code}` | {', '.join(entry['where'])} | {entry['zh']} | {entry['en']} |")
    return "\n".join(lines) + "\n"
