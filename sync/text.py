"""Text that both databases and every reader can hold.

NUL and lone surrogates are legal in JSON and poison further on (PostgreSQL refuses both); they are replaced when an op
is read, while the op's own bytes stay as sent.
"""

from __future__ import annotations

import math
import re

MAX_DEPTH = 64
REPLACEMENT = "\ufffd"
_BAD = re.compile("[\x00\ud800-\udfff]")


def clean(value: object) -> object:
    """The value with every bad character in every string (keys too) replaced by U+FFFD."""
    if isinstance(value, str):
        return _BAD.sub(REPLACEMENT, value)
    if isinstance(value, list):
        return [clean(one) for one in value]
    if isinstance(value, dict):
        return {clean(key): clean(one) for key, one in value.items()}
    return value


def unfit(value: object, depth: int = 0) -> str | None:
    """Why a value read from JSON cannot be kept as a row's, or None: nested too deep, or a number beyond all types."""
    if depth > MAX_DEPTH:
        return f"is nested over {MAX_DEPTH} deep"
    if isinstance(value, float) and not math.isfinite(value):
        return "holds a number beyond the range of numbers"
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return "holds a whole number beyond 64 bits"
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for part in parts if (found := unfit(part, depth + 1)) is not None), None)
