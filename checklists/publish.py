"""Publish: write resolved packs as canonical JSON and lock their hashes. `python -m checklists.publish`.

The only writer of `published/` and `published.lock.yaml`, run by an author and never by a server. A published
version is never rewritten.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from . import authoring, schema, versions
from .errors import PackChanged
from .library import LOCK, PUBLISHED, read_lock

HEAD = """# code@version: hash of a published pack, for ever. Only publish.py adds lines;
# `retired_on: DATE` may be added by hand.
"""


def publish(packs: Iterable[dict[str, Any]], folder: Path = PUBLISHED, lock_file: Path = LOCK) -> list[str]:
    """Write each new version that is not a draft; the names written.

    Raises PackInvalid, and PackChanged when a version is already published with other content: raise the version.
    """
    lock, ready = read_lock(lock_file), []
    for data in packs:
        schema.validate(data)
        name = versions.pin(data["code"], data["version"])
        if data["status"] == "draft":
            continue
        if name in lock:
            versions.require_locked(name, data, {name: lock[name]["sha256"]})
        else:
            ready.append((name, versions.canonical(data), versions.content_hash(data)))
    folder.mkdir(parents=True, exist_ok=True)
    for name, content, digest in ready:
        path = folder / f"{name}.json"
        if path.exists() and path.read_bytes() != content:
            raise PackChanged(f"{path.name} exists with other content and no lock", pack=name)
        path.write_bytes(content)
        lock[name] = {"sha256": digest}
    if ready:
        lock_file.write_text(HEAD + yaml.safe_dump(lock, sort_keys=True), "utf-8")
    return [name for name, _, _ in ready]


if __name__ == "__main__":
    for written in publish(authoring.packs()):
        print(written)
