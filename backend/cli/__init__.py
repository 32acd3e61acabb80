"""Flask commands; each one calls services and prints what it did. They work beside a running server."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from backend.cli import (
        backup,
        campaigns,
        cells,
        checklists,
        contract,
        demo,
        devices,
        draws,
        evidence,
        fire_points,
        media,
        setup,
        sites,
        users,
        zones,
    )

    for module in (
        users,
        devices,
        setup,
        demo,
        contract,
        evidence,
        media,
        sites,
        campaigns,
        cells,
        zones,
        fire_points,
        draws,
        checklists,
        backup,
    ):
        app.cli.add_command(module.group)
