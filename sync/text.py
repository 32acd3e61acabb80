"""Text that both databases and every reader can hold.

NUL and lone surrogates are legal in JSON and poison further on (PostgreSQL refuses both); they are replaced when an op
is read, while the op's own bytes stay as sent.
"""

from __future__ import annotations

import re

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
