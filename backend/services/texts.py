"""Text that may be stored and searched: no character that a database, XML or UTF-8 cannot carry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from backend.services.errors import InputInvalid

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class TextInvalid(InputInvalid):
    """A text holds a NUL or a lone surrogate, which PostgreSQL or UTF-8 cannot keep."""

    code = "text-invalid"


def require_storable(value: Any, where: str) -> None:
    """Raise TextInvalid, naming the field, when any text within a value cannot be stored."""
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            raise TextInvalid("A text holds a NUL character or half a character.", field=where)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            require_storable(key, where)
            require_storable(each, f"{where}.{key}")
    elif isinstance(value, list | tuple):
        for each in value:
            require_storable(each, where)
