"""Instants and days in requests, bounded to what every database and time zone can hold.

A year 1 or 9999 is a valid date that overflows when it is moved to another time zone.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from marshmallow import ValidationError, fields

LEAST_YEAR, MOST_YEAR = 1970, 2200


def in_bounds(value: date | datetime) -> None:
    """Raise ValidationError for a year that nobody means."""
    if not LEAST_YEAR <= value.year <= MOST_YEAR:
        raise ValidationError(f"The year is from {LEAST_YEAR} to {MOST_YEAR}.")


def moment(**options: Any) -> fields.AwareDateTime:
    """An instant with its offset."""
    return fields.AwareDateTime(validate=in_bounds, **options)


def day(**options: Any) -> fields.Date:
    """A day of the calendar."""
    return fields.Date(validate=in_bounds, **options)
