"""A patrol as the wire shows it, and the scopes that it is in."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from backend.models import Patrol
from backend.services import cells, rows
from backend.services.authors import shown_name


def scopes_of(patrol: Patrol) -> frozenset[str]:
    """Under the cells that it was about or passed and those above them, and with its author."""
    places = {patrol.cell_code, *patrol.cells, *(each["cell"] for each in patrol.walked)} - {None}
    scopes = {scope for code in places for scope in cells.scopes(code)} or cells.scopes(None)
    return frozenset(scopes | {f"user:{patrol.author_id}"})


def document(session: Session, patrol: Patrol) -> dict[str, Any]:
    """The `patrol` row."""
    return {
        "id": patrol.id,
        "campaign": patrol.campaign_id,
        "author": {"id": patrol.author_id, "name": shown_name(session, patrol.author_id)},
        "started_at": rows.instant(patrol.started_at),
        "ended_at": rows.instant(patrol.ended_at),
        "received_at": rows.instant(patrol.received_at),
        "cell": patrol.cell_code,
        "cells": patrol.cells,
        "note": patrol.note,
        "photos": rows.photos_of(session, "patrol", [patrol.id])[patrol.id],
        "track": patrol.track,
        "walked": patrol.walked,
        "missed": patrol.missed,
        "gaps": patrol.gaps,
        "metres": patrol.metres,
        "flags": patrol.flags,
        "rev": patrol.rev,
    }
