"""A disk that may lose its power: whatever was not synced is gone, be it a file's bytes or a folder's entry."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from backend.disk import Disk


class PowerCut(BaseException):
    """The power goes; not an Exception, so that nothing in between catches it."""


class ForgetfulDisk(Disk):
    """The real disk below `root`, and beside it what a power cut would leave of it.

    Bytes are kept by inode when a file is synced; names are kept when their folder is synced. A file whose name is
    kept and whose bytes are not comes back empty, which file systems are free to do.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bytes: dict[int, bytes] = {}
        self.names: dict[Path, dict[str, int | None]] = {}  # a folder's synced entries; None is a folder
        self.calls = 0
        self.cut_at: int | None = None
        self._paths: dict[int, Path] = {}

    def cut_after(self, calls: int) -> None:
        """Let the power go at that call from now on."""
        self.calls, self.cut_at = 0, calls

    def _count(self) -> None:
        self.calls += 1
        if self.calls == self.cut_at:
            raise PowerCut

    def open(self, path: Path) -> int:
        self._count()
        descriptor = super().open(path)
        self._paths[descriptor] = path
        return descriptor

    def truncate(self, descriptor: int, size: int) -> None:
        super().truncate(descriptor, size)
        self._count()

    def write(self, descriptor: int, data: bytes, offset: int) -> None:
        super().write(descriptor, data[: len(data) // 2], offset)
        self._count()
        super().write(descriptor, data, offset)

    def sync(self, descriptor: int) -> None:
        self._count()
        super().sync(descriptor)
        self.bytes[os.fstat(descriptor).st_ino] = self._paths[descriptor].read_bytes()

    def replace(self, source: Path, target: Path) -> None:
        self._count()
        super().replace(source, target)
        self._count()

    def make_folder(self, path: Path) -> None:
        super().make_folder(path)
        self._count()

    def sync_folder(self, path: Path) -> None:
        self._count()
        super().sync_folder(path)
        self.names[path] = {one.name: None if one.is_dir() else one.stat().st_ino for one in path.iterdir()}

    def remove(self, path: Path) -> None:
        self._count()
        super().remove(path)

    def lose_power(self) -> None:
        """Put the folder back to what was synced; the caller makes its store anew."""
        self.cut_at = None
        kept = self.root.with_name(self.root.name + "-after")
        shutil.rmtree(kept, ignore_errors=True)
        self._rebuild(self.root, kept)
        shutil.rmtree(self.root)
        kept.rename(self.root)
        self._note_all()

    def _rebuild(self, folder: Path, target: Path) -> None:
        target.mkdir()
        for name, inode in self.names.get(folder, {}).items():
            if inode is None:
                self._rebuild(folder / name, target / name)
            else:
                (target / name).write_bytes(self.bytes.get(inode, b""))

    def _note_all(self) -> None:
        """After the power came back all that is there is on the disk."""
        self.bytes.clear()
        self.names.clear()
        for folder in [self.root, *(one for one in self.root.rglob("*") if one.is_dir())]:
            self.names[folder] = {}
            for one in folder.iterdir():
                self.names[folder][one.name] = None if one.is_dir() else one.stat().st_ino
                if one.is_file():
                    self.bytes[one.stat().st_ino] = one.read_bytes()
