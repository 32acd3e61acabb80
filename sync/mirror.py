"""The mirror: a device's copy of the rows in its scopes. It can be thrown away and pulled again at any time.

Each row is kept with the set of scopes that it is in (and the `seq` of its entry in each); it goes when the set is
empty. An older `seq` never overwrites a newer one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sync import digest
from sync.device_ports import Change, DeviceStorage, Json

ROWS = "mirror"


class Mirror:
    def __init__(self, storage: DeviceStorage) -> None:
        self.storage = storage

    def row(self, type: str, row_id: str) -> Json | None:
        """A row's content as last pulled."""
        found = self.storage.get(ROWS, f"{type}|{row_id}")
        return None if found is None else found["row"]

    def rev(self, type: str, row_id: str) -> int | None:
        """The last `rev` seen: what an op that changes the row sends as `base_rev`."""
        found = self.storage.get(ROWS, f"{type}|{row_id}")
        return None if found is None else int(found["rev"])

    def rows(self, type: str) -> Iterator[Json]:
        for key, kept in self.storage.items(ROWS):
            if key.startswith(f"{type}|"):
                yield kept["row"]

    def changes(self, page: Json) -> list[Change]:
        """What a page changes; to be written together with its cursor."""
        removed = page["scopes"]["removed"]
        touched: dict[str, Json | None] = dict(self._without(removed)) if removed else {}
        for entry in page["entries"]:
            key = f"{entry['type']}|{entry['id']}"
            now = touched[key] if key in touched else self.storage.get(ROWS, key)
            touched[key] = _entered(now, entry)
        return [(ROWS, key, kept) for key, kept in touched.items()]

    def _without(self, scopes: Iterable[str]) -> Iterator[tuple[str, Json | None]]:
        """The rows of some scopes, as they are without them."""
        gone = set(scopes)
        for key, kept in self.storage.items(ROWS):
            if not gone.isdisjoint(kept["scopes"]):
                left = {scope: seq for scope, seq in kept["scopes"].items() if scope not in gone}
                yield key, {**kept, "scopes": left} if left else None

    def forgetting(self, scopes: Iterable[str]) -> list[Change]:
        """Drop what is known of some scopes, and the rows that are in no other."""
        return [(ROWS, key, kept) for key, kept in self._without(scopes)]

    def clearing(self) -> list[Change]:
        """Drop everything: a resync replaces the mirror, and only the mirror."""
        return [(ROWS, key, None) for key, _ in self.storage.items(ROWS)]

    def digests(self) -> dict[str, Json]:
        """Per scope, as the server says them: live entries, and the XOR of their hashes in hex."""
        entries: dict[str, list[tuple[str, str, int]]] = {}
        for key, kept in self.storage.items(ROWS):
            type, row_id = key.split("|")
            for scope, seq in kept["scopes"].items():
                entries.setdefault(scope, []).append((type, row_id, int(seq)))
        found = {scope: digest.of_scope(members) for scope, members in entries.items()}
        return {scope: {"n": n, "x": x.hex()} for scope, (n, x) in found.items()}

    def differing(self, said: dict[str, Json]) -> list[str]:
        """The scopes whose digest is not the one that the server says."""
        own, empty = self.digests(), {"n": 0, "x": digest.EMPTY.hex()}
        return sorted(scope for scope, value in said.items() if own.get(scope, empty) != value)


def _entered(now: Json | None, entry: Json) -> Json | None:
    """A kept row after one entry; None when it is in no scope any more."""
    scopes = dict(now["scopes"]) if now else {}
    if scopes.get(entry["scope"], 0) >= entry["seq"]:
        return now
    if entry["kind"] != "put":
        scopes.pop(entry["scope"], None)
        return {**now, "scopes": scopes} if now and scopes else None
    scopes[entry["scope"]] = entry["seq"]
    if now is not None and now["seq"] > entry["seq"]:
        return {**now, "scopes": scopes}
    return {"rev": entry["rev"], "seq": entry["seq"], "row": entry["row"], "scopes": scopes}
