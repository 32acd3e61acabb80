"""Canonical bytes of a pack and their hash, and the lock that makes a published version immutable.

Must not know where packs come from or what they mean.
"""

import hashlib
import json
import math
import unicodedata
from collections.abc import Mapping
from typing import Any

from .errors import PackChanged, PackInvalid


def canonical(data: Mapping[str, Any]) -> bytes:
    """Sorted keys, no whitespace, UTF-8, strings in NFC, whole numbers without a fraction (as JavaScript writes them).

    Raises PackInvalid for what JSON cannot carry: NaN, infinities, lone surrogates, other types.
    """
    try:
        text = json.dumps(_normal(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode("utf-8")
    except (TypeError, ValueError) as fault:
        raise PackInvalid(str(data.get("code")), [f"has no canonical form: {fault}"]) from fault


def content_hash(data: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical bytes, hex."""
    return hashlib.sha256(canonical(data)).hexdigest()


def pin(code: str, version: str) -> str:
    """The name of one version, `code@version`: lock key and file stem."""
    return f"{code}@{version}"


def require_locked(name: str, data: Mapping[str, Any], lock: Mapping[str, str]) -> str:
    """The hash of a published version, if it is the locked one.

    Raises PackChanged when the content differs or was never locked: change the source, raise the version, publish anew.
    """
    actual, locked = content_hash(data), lock.get(name)
    if actual != locked:
        raise PackChanged(f"{name} has {actual}, locked as {locked}", pack=name, actual=actual, locked=locked)
    return actual


def _normal(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, Mapping):
        return {_normal(key): _normal(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_normal(each) for each in value]
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value)
    return value
