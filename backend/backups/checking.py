"""Reading a backup again, to the last byte: is it what was written, and is it whole?

Names the first thing that is wrong, in the order of trust: manifest, database file, what the database itself says,
photos, keys.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from backend.backups import snapshot
from backend.backups.errors import BackupBad
from backend.backups.repository import DATABASE, LIST, KeptFile, Manifest, Repository, hash_of
from backend.blobs import BlobMissing, Shelf


def check(repository: Repository, name: str) -> Manifest:
    """Check one backup; raises BackupBad, and BackupRefused when there is none of that name."""
    manifest = repository.manifest(name)
    check_files(repository.path(name), manifest, name)
    check_list(repository, name, manifest)
    kept = repository.blobs
    for shelf, sha256 in repository.listed(name):
        what = "photo" if shelf is Shelf.ORIGINALS else "refused photo"
        try:
            if not kept.verify(sha256, shelf):
                raise BackupBad(name, f"the bytes of {what} {sha256} were changed")
        except BlobMissing:
            raise BackupBad(name, f"the bytes of {what} {sha256} are missing") from None
    return manifest


def check_files(folder: Path, manifest: Manifest, name: str) -> None:
    """The files of a backup's own folder, and the database from inside."""
    for kept in (manifest.database, manifest.blob_list, *manifest.keys):
        check_file(folder, kept, name)
    check_database(folder / DATABASE, manifest, name)


def check_file(folder: Path, kept: KeptFile, name: str) -> None:
    """One file against what the manifest says of it."""
    try:
        found = hash_of(folder / kept.path)
    except OSError:
        raise BackupBad(name, f"its {kept.path} is missing or cannot be read") from None
    if (found.size, found.sha256) != (kept.size, kept.sha256):
        raise BackupBad(name, f"its {kept.path} was changed or cut off")


def check_database(path: Path, manifest: Manifest, name: str) -> None:
    """A database file whose bytes are right: is it of a known schema, sound, and the one that the manifest means?"""
    if not snapshot.is_known(manifest.revision):
        raise BackupBad(name, f"its schema {manifest.revision} is unknown; it needs the newer version that made it")
    if (fault := snapshot.faults(path)) is not None:
        raise BackupBad(name, f"its database is damaged: {fault}")
    try:
        facts = snapshot.facts(path)
    except (sqlite3.DatabaseError, TypeError) as error:
        raise BackupBad(name, f"its database is none of this program's: {error}") from None
    if (facts.revision, facts.epoch, facts.head, facts.rows) != (
        manifest.revision,
        manifest.epoch,
        manifest.head,
        manifest.rows,
    ):
        raise BackupBad(name, "its database is not the one that its manifest speaks of")


def check_list(repository: Repository, name: str, manifest: Manifest) -> None:
    """Every photo that the database speaks of is listed, or named as lost; and nothing else is."""
    lost = set(manifest.lost)
    needed: Iterator[tuple[Shelf, str]] = (
        (blob.shelf, blob.sha256)
        for blob in snapshot.needed_blobs(repository.path(name) / DATABASE)
        if blob.sha256 not in lost
    )
    for wanted, listed in zip_longest(needed, repository.listed(name)):
        if wanted != listed:
            sha256 = (wanted or listed)[1]
            raise BackupBad(name, f"its {LIST} and its database do not agree about photo {sha256}")
