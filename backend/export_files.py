"""The folder of exported files: a file is whole under its name, or not there.

Made in a folder of its own that ends in `.part`, synced, and renamed; what a kill leaves is swept. Names are an
export's id and attempt. Knows nothing of what is in the files.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from backend.disk import Disk

_NAME = re.compile(r"([0-9a-f-]{36})\.(\d+)(\.part)?")

Key = tuple[str, int]
"""Whose file it is: the export's id, and which attempt at it."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A file that is now kept: what it holds, by hash and size."""

    sha256: str
    bytes: int


class ExportFiles:
    """The files below one folder, which is made when it is first needed."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self.folder = folder
        self.disk = disk or Disk()

    @contextmanager
    def part(self, key: Key) -> Iterator[Path]:
        """An empty folder to make a file in; gone afterwards, whatever happened."""
        self.folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        path = self.folder / f"{_name(key)}.part"
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(mode=0o750)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def place(self, made: Path, key: Key) -> Placed:
        """Keep a file that was made in a part: it is on the disk for good when this returns."""
        with made.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            size = os.fstat(file.fileno()).st_size
            self.disk.sync(file.fileno())
        self.disk.replace(made, self.folder / _name(key))
        self.disk.sync_folder(self.folder)
        return Placed(sha256, size)

    def open(self, key: Key, size: int) -> BinaryIO | None:
        """A kept file; None when it is not here, or not of its size."""
        try:
            file = (self.folder / _name(key)).open("rb")
        except FileNotFoundError:
            return None
        if os.fstat(file.fileno()).st_size != size:
            file.close()
            return None
        return cast(BinaryIO, file)

    def remove(self, key: Key) -> None:
        """Remove a file and its part, if they are there."""
        (self.folder / _name(key)).unlink(missing_ok=True)
        shutil.rmtree(self.folder / f"{_name(key)}.part", ignore_errors=True)

    def keys(self) -> set[Key]:
        """Whose files and parts there are."""
        if not self.folder.is_dir():
            return set()
        found = (_NAME.fullmatch(path.name) for path in self.folder.iterdir())
        return {(match[1], int(match[2])) for match in found if match}


def _name(key: Key) -> str:
    return f"{key[0]}.{key[1]}"
