"""An op as it came: its bytes, and what is read out of them.

Knows the wire form and nothing of stores, commands or rights. Hash and signature cover the bytes of `body`, never a
re-serialisation.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeGuard
from uuid import UUID, uuid5

from sync.errors import BatchInvalid, OpUnreadable
from sync.text import clean, unfit

MAX_GROUP = 50
MAX_N = 2**53 - 1  # the largest whole number that a JavaScript client can count to
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Was:
    """The op that this one re-issues in a new stream; `was` in turn, when that one was re-issued itself."""

    stream: str
    id: str
    sha256: str
    was: Was | None = None

    def claim(self, author_id: str) -> str:
        """The identity under which a person's re-issue stands for the op that it names, and for no other bytes."""
        return str(uuid5(UUID(self.id), f"{author_id}|{self.stream}|{self.sha256}"))


@dataclass(frozen=True, slots=True)
class Group:
    """Member `i` of `of` ops that stand or fall together; a client counts `i` from 0 or from 1."""

    id: str
    i: int
    of: int


@dataclass(frozen=True, slots=True)
class Op:
    """One op. `fault` says why its form cannot be any command's; such an op is stored and rejected."""

    body: bytes
    sha256: str
    sig: str | None
    id: str
    stream: str
    n: int
    prev: str | None
    cmd: str = ""
    v: int = 1
    row: str | None = None
    base_rev: int | None = None
    args: dict[str, Any] = field(default_factory=dict)
    t: dict[str, Any] = field(default_factory=dict)
    was: Was | None = None
    group: Group | None = None
    fault: str | None = None

    def reissues(self) -> Iterator[Was]:
        """The op that this one re-issues, the one that that one re-issued, and so on."""
        step = self.was
        while step is not None:
            yield step
            step = step.was

    @property
    def wall(self) -> datetime | None:
        """The device's clock when the op was recorded, as sent; None when it is no RFC 3339 instant."""
        return read_instant(self.t.get("wall"))


def sha256_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def read_instant(text: object) -> datetime | None:
    """An RFC 3339 instant with its offset, or None."""
    if not isinstance(text, str) or not 19 <= len(text) <= 40:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None


def is_uuid(value: object) -> bool:
    """True for a UUID in canonical lower-case text."""
    if not isinstance(value, str) or len(value) != 36:
        return False
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False


def is_sha256(value: object) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def read_envelope(envelope: object, index: int) -> Op:
    """Read one `{"body", "sig"}`.

    Raises OpUnreadable when its place in a chain cannot be told, BatchInvalid for what is no envelope.
    """
    if not isinstance(envelope, Mapping) or not isinstance(envelope.get("body"), str):
        raise BatchInvalid(f"Op {index} of the batch must be an object whose 'body' is a string.", index=index)
    sig = envelope.get("sig")
    if sig is not None and not isinstance(sig, str):
        raise BatchInvalid(f"'sig' of op {index} must be a string or null.", index=index)
    body = envelope["body"].encode("utf-8", "surrogatepass")
    return read_body(body, None if sig is None else str(clean(sig)), index)


def read_body(body: bytes, sig: str | None, index: int = 0) -> Op:
    """Read the bytes of an op; raises OpUnreadable."""
    try:
        raw = json.loads(body.decode("utf-8", "surrogatepass"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise OpUnreadable(index, f"no readable JSON ({type(error).__name__})", body) from None
    if not isinstance(raw, dict):
        raise OpUnreadable(index, "not a JSON object", body)
    for name in ("id", "stream"):
        if not is_uuid(raw.get(name)):
            raise OpUnreadable(index, f"'{name}' is no lower-case UUID", body)
    if not _is_count(raw.get("n")):
        raise OpUnreadable(index, "'n' is no whole number from 1", body)
    prev = raw.get("prev")
    if prev is not None and not is_sha256(prev):
        raise OpUnreadable(index, "'prev' is neither null nor a SHA-256", body)
    return _fill(body, sig, raw)


def _fill(body: bytes, sig: str | None, raw: dict[str, Any]) -> Op:
    fault = _fault(raw)
    identity = {
        "body": body,
        "sha256": sha256_of(body),
        "sig": sig,
        "id": raw["id"],
        "stream": raw["stream"],
        "n": raw["n"],
        "prev": raw.get("prev"),
        "was": _read_was(raw.get("was")),
        "group": _read_group(raw.get("group")),
    }
    if fault is not None:
        row = raw.get("row")
        cmd = raw.get("cmd")
        return Op(
            **identity,
            cmd=str(clean(cmd))[:80] if isinstance(cmd, str) else "",
            row=row if is_uuid(row) else None,
            fault=fault,
        )
    args = clean(raw["args"])
    assert isinstance(args, dict)
    return Op(
        **identity,
        cmd=raw["cmd"],
        v=raw["v"],
        row=raw.get("row"),
        base_rev=raw.get("base_rev"),
        args=args,
        t=raw["t"],
    )


def _fault(raw: dict[str, Any]) -> str | None:
    """Why the readable object is no op of the contract's form, or None."""
    cmd, row, base_rev = raw.get("cmd"), raw.get("row"), raw.get("base_rev")
    if not isinstance(cmd, str) or not re.fullmatch(r"[!-~]{1,80}", cmd):
        return "'cmd' is no command name"
    if not _is_count(raw.get("v")):
        return "'v' is no whole number from 1"
    if row is not None and not is_uuid(row):
        return "'row' is neither null nor a lower-case UUID"
    if base_rev is not None and not (
        isinstance(base_rev, int) and not isinstance(base_rev, bool) and 0 <= base_rev <= MAX_N
    ):
        return "'base_rev' is neither null nor a whole number"
    if not isinstance(raw.get("args"), dict):
        return "'args' is no object"
    if (reason := unfit(raw["args"])) is not None:
        return f"'args' {reason}"
    if not isinstance(raw.get("t"), dict) or read_instant(raw["t"].get("wall")) is None:
        return "'t.wall' is no time with an offset"
    if raw.get("was") is not None and _read_was(raw["was"]) is None:
        return "'was' does not name an op"
    if raw.get("group") is not None and _read_group(raw["group"]) is None:
        return f"'group' does not name a member of at most {MAX_GROUP}"
    return None


def _read_was(raw: object, depth: int = 0) -> Was | None:
    if not isinstance(raw, dict) or depth > 20:
        return None
    if not (is_uuid(raw.get("stream")) and is_uuid(raw.get("id")) and is_sha256(raw.get("sha256"))):
        return None
    earlier = _read_was(raw["was"], depth + 1) if raw.get("was") is not None else None
    return Was(raw["stream"], raw["id"], raw["sha256"], earlier)


def _read_group(raw: object) -> Group | None:
    if not isinstance(raw, dict) or not is_uuid(raw.get("id")):
        return None
    i, of = raw.get("i"), raw.get("of")
    if not (_is_count(of) and of <= MAX_GROUP and isinstance(i, int) and not isinstance(i, bool) and 0 <= i <= of):
        return None
    return Group(raw["id"], i, of)


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_N


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")
