"""`flask contract …`: what the wire contract leaves to this server, printed for docs/ (a test compares)."""

from __future__ import annotations

import json
from functools import partial

import click
from flask.cli import AppGroup

from backend import catalogue
from backend.api import row_contract
from backend.models.people import ROLES
from backend.services import lifecycle
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


@group.command("case-steps")
def case_steps() -> None:
    """Print who may take which step of a finding's case, and what it needs."""
    click.echo(case_steps_text(), nl=False)


@group.command("case-steps-json")
def case_steps_json() -> None:
    """Print the same table for the field app, which shows the steps without a network."""
    click.echo(case_steps_json_text(), nl=False)


def case_steps_json_text() -> str:
    """The table of web/src/shared/case-steps.json, one step a line."""
    steps = [
        {"action": step.action, "from": step.start, "to": step.to}
        | {"roles": [role for role in ROLES if role in step.roles], "needs": sorted(step.needs)}
        for step in lifecycle.STEPS
    ]
    return "[\n" + ",\n".join(f"  {json.dumps(step)}" for step in steps) + "\n]\n"


def case_steps_text() -> str:
    """The table of docs/case-steps.md."""
    words = partial(catalogue.label, catalogue.DEFAULT)
    lines = [
        "# Steps of a finding's case",
        "",
        "Who may take which step, and what it needs; ops and the API are judged by this one table. A supervisor's",
        "approval of a held op stands for roles, reasons and after-photos, never for other eyes or evidence. Made by",
        "`flask --app wsgi contract case-steps`.",
        "",
        "| from | to | step | 办理 | who | needs |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for step in lifecycle.STEPS:
        ends = " | ".join(f"`{state}` {words('state', state)}" for state in (step.start, step.to))
        who = ", ".join(role for role in ROLES if role in step.roles)
        needs = ", ".join(catalogue.label("en", "case_need", need) for need in sorted(step.needs))
        lines.append(f"| {ends} | {step.action} | {words('case_action', step.action)} | {who} | {needs} |")
    return "\n".join(lines) + "\n"


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
