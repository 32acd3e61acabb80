"""The settings that are rules of the house, as an admin may read them: name, variable, value, and what is usual.

A table, not a walk over the settings: what is secret is never shown because nobody wrote it down here.
"""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path
from typing import Any

from backend.config import Settings

_RULES = (
    ("plate_rules", "BLUEGRID_PLATE_RULES"),
    ("digest_hour", "BLUEGRID_DIGEST_HOUR"),
    ("hooks_private", "BLUEGRID_HOOKS_PRIVATE"),
    ("draw_rates.key", "BLUEGRID_DRAW_KEY_PERCENT"),
    ("draw_rates.special", "BLUEGRID_DRAW_SPECIAL_PERCENT"),
    ("draw_rates.general", "BLUEGRID_DRAW_GENERAL_PERCENT"),
    ("photo_rules.exif_distance_m", "BLUEGRID_PHOTO_EXIF_METRES"),
    ("photo_rules.exif_minutes", "BLUEGRID_PHOTO_EXIF_MINUTES"),
    ("photo_rules.travel_kmh", "BLUEGRID_PHOTO_TRAVEL_KMH"),
    ("photo_rules.clock_s", "BLUEGRID_PHOTO_CLOCK_SECONDS"),
    ("sign_in.hours", "BLUEGRID_SIGN_IN_HOURS"),
    ("sign_in.idle_minutes", "BLUEGRID_IDLE_MINUTES"),
    ("sign_in.tries", "BLUEGRID_SIGN_IN_TRIES"),
    ("sign_in.lock_minutes", "BLUEGRID_LOCK_MINUTES"),
    ("sign_in.admin_password_days", "BLUEGRID_ADMIN_PASSWORD_DAYS"),
    ("sign_in.admin_second_factor", "BLUEGRID_ADMIN_SECOND_FACTOR"),
    ("export_rows", "BLUEGRID_EXPORT_ROWS"),
    ("export_days", "BLUEGRID_EXPORT_DAYS"),
    ("backups_kept", "BLUEGRID_BACKUPS_KEPT"),
    ("audit_days", "BLUEGRID_AUDIT_DAYS"),
)
_USUAL = Settings(data=Path(), database_url="", blob_url="", secret_key="")


def rules(settings: Settings) -> list[dict[str, Any]]:
    """Each rule with the variable that sets it, its value here, and the value without the variable."""
    return [
        {"name": name, "variable": variable, "value": _plain(settings, name), "usual": _plain(_USUAL, name)}
        for name, variable in _RULES
    ]


def _plain(settings: Settings, name: str) -> Any:
    value = attrgetter(name)(settings)
    return value.name if isinstance(value, Path) else value
