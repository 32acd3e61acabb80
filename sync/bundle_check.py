"""An evidence bundle, checked by whoever has the file: no server, no database, no network.

    python -m sync.bundle_check BUNDLE.zip [KEYS.json]

It names the first file that is not what was bundled, in the order of trust: the seal over the list of files, the files,
then what they say of one another (photos by their hashes, ops by their devices' signatures, receipts and log entries by
the server's). Without the server's public keys from elsewhere it shows only that the bundle agrees with itself: whoever
made up all of it would have made up the keys in it too.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from sync import log_chain, proof_check, receipts, signing
from sync.errors import SyncError
from sync.log_chain import LogEntry
from sync.ops import read_body
from sync.receipts import BUNDLE, Jwk
from sync.store import Json

FORMAT = "bluegrid-evidence/1"
MANIFEST, SEAL, KEYS, README, OPS, STREAMS = (
    "manifest.json",
    "manifest.jws",
    "keys.json",
    "README.txt",
    "ops/index.json",
    "ops/streams.json",
)
SMALL = 64 * 1024 * 1024  # what is read as a whole: lists, ops and proofs, never photos
_BLOCK = 1024 * 1024
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


class BundleInvalid(SyncError):
    """The first file of a bundle that is not what was bundled."""

    code = "bundle-invalid"

    def __init__(self, member: str, what: str) -> None:
        super().__init__(f"{member}: {what}")
        self.member, self.what = member, what


@dataclass(slots=True)
class Report:
    """What a good bundle is of.

    `unsigned`: ops of devices that have no key. `waiting`: log entries that no daily root covered yet when it was made.
    `unnamed`: photos that no op in it names, as those that somebody added at the console.
    """

    manifest: Json
    signed_by: str
    trusted: bool
    counts: Counter[str] = field(default_factory=Counter)
    unsigned: int = 0
    waiting: int = 0
    unnamed: int = 0


def check(file: IO[bytes], trusted: Mapping[str, Jwk] | None = None) -> Report:
    """Check a bundle. `trusted`: the server's public keys by `kid`, from elsewhere. Raises BundleInvalid."""
    try:
        opened = zipfile.ZipFile(file)
    except _UNREADABLE as error:
        raise BundleInvalid("the file", f"it is no zip ({error})") from None
    with opened:
        return _Check(opened, trusted).run()


class _Check:
    def __init__(self, opened: zipfile.ZipFile, trusted: Mapping[str, Jwk] | None) -> None:
        self.zip = opened
        self.trusted = trusted
        self.keys: Mapping[str, Jwk] = trusted or {}
        self.entries: dict[int, LogEntry] = {}

    def run(self) -> Report:
        self._each_once()
        manifest = self.manifest()
        report = Report(manifest, self.signed_by, self.trusted is not None)
        self.members(manifest, report)
        self.log(manifest, report)
        self.ops(report)
        report.unnamed = self._unnamed(manifest)
        return report

    # the list of files and its seal --------------------------------------------------------------------------------
    def _each_once(self) -> None:
        for name, times in Counter(self.zip.namelist()).items():
            if times > 1:
                raise BundleInvalid(name, "it is there twice")

    def manifest(self) -> Json:
        """The manifest, which the seal covers."""
        raw, seal = self._read(MANIFEST), self._read(SEAL).decode("latin-1").strip()
        own = receipts.by_kid(_json(KEYS, self._read(KEYS)).get("keys"))
        self.keys = self.trusted if self.trusted is not None else own
        manifest, found = _json(MANIFEST, raw), hashlib.sha256(raw).hexdigest()
        listed = {each.get("name"): each.get("sha256") for each in _list(MANIFEST, manifest, "members")}
        if self.trusted is None and listed.get(KEYS) != hashlib.sha256(self._read(KEYS)).hexdigest():
            self._blame_keys(seal, found)
        try:
            said = receipts.open_sealed(BUNDLE, seal, self.keys)
        except SyncError as error:
            raise BundleInvalid(SEAL, str(error)) from None
        if said.get("manifest") != found:
            raise BundleInvalid(MANIFEST, "it is not the list that was sealed")
        if manifest.get("format") != FORMAT or not _is_list_of_files(manifest):
            raise BundleInvalid(MANIFEST, f"this is no {FORMAT}")
        self.signed_by = json.loads(receipts.decode(seal.split(".")[0]))["kid"]
        return manifest

    def _blame_keys(self, seal: str, manifest: str) -> None:
        """The keys are not those that are listed: either they or the list were changed, and the seal tells which."""
        try:
            said = json.loads(receipts.decode(seal.split(".")[1]))
        except (ValueError, IndexError):
            raise BundleInvalid(SEAL, "this is no seal") from None
        changed = KEYS if isinstance(said, dict) and said.get("manifest") == manifest else MANIFEST
        raise BundleInvalid(changed, "it is not what was sealed")

    def members(self, manifest: Json, report: Report) -> None:
        """Every file that is listed is there, byte for byte, and no other."""
        listed = _list(MANIFEST, manifest, "members")
        for each in listed:
            self._member(each)
            report.counts[str(each["name"]).split("/")[0]] += 1
        extra = set(self.zip.namelist()) - {each["name"] for each in listed} - {MANIFEST, SEAL}
        for name in sorted(extra):
            raise BundleInvalid(name, "the list has no such file")

    def _member(self, said: Json) -> None:
        name = str(said["name"])
        digest, size = hashlib.sha256(), 0
        try:
            with self.zip.open(name) as member:
                while size <= said["size"] and (block := member.read(_BLOCK)):
                    digest.update(block)
                    size += len(block)
        except KeyError:
            raise BundleInvalid(name, "it is missing") from None
        except _UNREADABLE as error:
            raise BundleInvalid(name, f"it cannot be read ({error})") from None
        if (size, digest.hexdigest()) != (said["size"], said["sha256"]):
            raise BundleInvalid(name, "its bytes are not those that were bundled")
        if name.startswith("photos/") and Path(name).stem != said["sha256"]:
            raise BundleInvalid(name, "it is not the photo of its name")

    # what they say of one another ------------------------------------------------------------------------------------
    def log(self, manifest: Json, report: Report) -> None:
        """Each log entry is what was logged, and under its day's signed root where there is one."""
        for name in sorted(each["name"] for each in _list(MANIFEST, manifest, "members")):
            if not name.startswith("log/"):
                continue
            said = _json(name, self._read(name))
            try:
                if said.get("root") is not None:
                    proof_check.check(said, self.keys)
                else:
                    report.waiting += 1
                entry = LogEntry(**said["entry"])
                found = log_chain.hash_of(entry.n, entry.at, entry.kind, entry.payload, entry.prev)
            except (SyncError, KeyError, TypeError, AttributeError) as error:
                raise BundleInvalid(name, f"it proves nothing ({error})") from None
            if found != entry.hash:
                raise BundleInvalid(name, "its hash is not that of what it says")
            self.entries[entry.n] = entry

    def ops(self, report: Report) -> None:
        """Each op is its device's, follows the one before it, has its receipt, and is what was logged."""
        streams = _json(STREAMS, self._read(STREAMS))
        before: dict[tuple[str, int], str] = {}
        for said in _list(OPS, _json(OPS, self._read(OPS)), "ops"):
            try:
                before[said["stream"], said["n"]] = said["sha256"]
                self._op(said, streams.get(said["stream"]) or {}, before, report)
            except (KeyError, TypeError, AttributeError, ValueError):
                raise BundleInvalid(OPS, "it does not say of an op what it should") from None

    def _op(self, said: Json, stream: Json, before: Mapping[tuple[str, int], str], report: Report) -> None:
        name, body = said["file"], self._read(said["file"])
        try:
            op = read_body(body, said["sig"])
        except SyncError as error:
            raise BundleInvalid(name, str(error)) from None
        if (op.id, op.stream, op.n, op.sha256) != (said["id"], said["stream"], said["n"], said["sha256"]):
            raise BundleInvalid(name, "it is not the op that the list of ops names")
        if before.get((op.stream, op.n - 1), op.prev) != op.prev:
            raise BundleInvalid(name, "it does not follow the op before it")
        if stream.get("public_key") is None:
            report.unsigned += 1
        elif not _signed(stream["public_key"], body, said["sig"]):
            raise BundleInvalid(name, "its device has not signed it")
        self._receipt(said)
        self._logged(name, said)

    def _receipt(self, said: Json) -> None:
        name = said["receipt"]
        try:
            receipt = receipts.verify(self._read(name).decode("latin-1").strip(), self.keys)
        except SyncError as error:
            if isinstance(error, BundleInvalid):
                raise
            raise BundleInvalid(name, str(error)) from None
        if not receipt.covers(said["id"], said["stream"], said["n"], said["sha256"]):
            raise BundleInvalid(name, "it is the receipt of another op")
        if receipt.log is not None:
            entry = self.entries.get(receipt.log.n)
            if entry is None or entry.hash != receipt.log.hash:
                raise BundleInvalid(name, "the log has something else where it points")

    def _logged(self, name: str, said: Json) -> None:
        entries = [self.entries[n] for n in said["log"] if n in self.entries]
        if len(entries) != len(said["log"]):
            raise BundleInvalid(OPS, "it names a log entry that is not there")
        for entry in entries:
            payload = json.loads(entry.payload)
            if (payload.get("op"), payload.get("sha256")) != (said["id"], said["sha256"]):
                raise BundleInvalid(name, f"entry {entry.n} of the log is of another op")

    def _unnamed(self, manifest: Json) -> int:
        bodies = [self._read(each["name"]) for each in manifest["members"] if each["name"].startswith("ops/")]
        photos = [each["sha256"] for each in manifest["members"] if each["name"].startswith("photos/")]
        return sum(all(sha256.encode() not in body for body in bodies) for sha256 in photos)

    # reading ---------------------------------------------------------------------------------------------------------
    def _read(self, name: str) -> bytes:
        try:
            if self.zip.getinfo(name).file_size > SMALL:
                raise BundleInvalid(name, "it is larger than it can be")
            return self.zip.read(name)
        except KeyError:
            raise BundleInvalid(name, "it is missing") from None
        except _UNREADABLE as error:
            raise BundleInvalid(name, f"it cannot be read ({error})") from None


def _signed(jwk: Mapping[str, Any], body: bytes, sig: str | None) -> bool:
    try:
        return signing.verifies(signing.read_key(jwk), body, sig)
    except (SyncError, AttributeError):
        return False


def _json(name: str, raw: bytes) -> Json:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise BundleInvalid(name, "it cannot be read as JSON") from None
    if not isinstance(found, dict):
        raise BundleInvalid(name, "it is no JSON object")
    return found


def _list(name: str, document: Json, key: str) -> Sequence[Json]:
    found = document.get(key)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise BundleInvalid(name, f"it has no list of {key}")
    return found


def _is_list_of_files(manifest: Json) -> bool:
    """Whether a manifest has the form that the rest relies on."""
    finding, missing = manifest.get("finding"), manifest.get("missing")
    files = _list(MANIFEST, manifest, "members")
    return (
        isinstance(finding, dict)
        and isinstance(finding.get("number"), str)
        and isinstance(manifest.get("made_at"), str)
        and isinstance(missing, list)
        and all(isinstance(each, dict) and {"sha256", "reason"} <= set(each) for each in missing)
        and all(
            isinstance(each.get("name"), str) and isinstance(each.get("sha256"), str) and type(each.get("size")) is int
            for each in files
        )
    )


def main(arguments: Sequence[str]) -> int:
    """The command; 0 for a good bundle, 1 for any other."""
    if not 1 <= len(arguments) <= 2:
        print("usage: python -m sync.bundle_check BUNDLE.zip [KEYS.json]")
        return 2
    try:
        trusted = None if len(arguments) == 1 else read_keys(Path(arguments[1]).read_bytes())
        with Path(arguments[0]).open("rb") as file:
            report = check(file, trusted)
    except (BundleInvalid, OSError) as error:
        print(f"BAD: {error}")
        return 1
    print("\n".join(told(report)))
    return 0


def read_keys(raw: bytes) -> dict[str, Jwk]:
    """Public keys as `GET /api/v1/sync/receipt-key` gives them. Raises BundleInvalid."""
    found = receipts.by_kid(_json(KEYS, raw).get("keys"))
    if not found:
        raise BundleInvalid(KEYS, "it holds no key of a server")
    return found


def told(report: Report) -> list[str]:
    """What a person reads of a good bundle."""
    said = report.manifest
    lines = [f"finding {said['finding']['number']}, bundled {said['made_at']}"]
    lines += [f"{name}: {count} good" for name, count in sorted(report.counts.items())]
    if report.unsigned:
        lines.append(f"{report.unsigned} ops of devices without a key: the receipts and the log alone vouch for them")
    if report.waiting:
        lines.append(f"{report.waiting} log entries were under no daily root yet; bundle again tomorrow")
    if report.unnamed:
        lines.append(f"{report.unnamed} photos are named by no op in it: they were added at the console")
    lines += [f"NOT INCLUDED: photo {each['sha256']}: {each['reason']}" for each in said["missing"]]
    lines.append(f"sealed with the server's key {report.signed_by}")
    if not report.trusted:
        lines.append("This bundle agrees with itself. Compare that key with the server's, or give its keys (--key).")
    lines.append("Nothing in it was changed.")
    return lines


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
