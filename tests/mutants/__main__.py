"""python -m tests.mutants [WORD …]: put each known bug back into a copy of the tree and see its tests turn red.

With words only the mutants whose names hold one of them. 1 when a mutant survives, or cannot be made any more.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutants.catalogue import ALL, Mutant

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = (".git", ".venv", "instance", "__pycache__", ".hypothesis", ".*_cache", ".make", "docs", "node_modules")
LONGEST_S = 300
GREEN, RED = 0, 1  # pytest's exit codes; any other is no verdict


def main(words: list[str]) -> int:
    chosen = [one for one in ALL if not words or any(word in one.name for word in words)]
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        tree = Path(name) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*LEFT_OUT))
        print(f"{len(chosen)} mutants; first their tests on the tree as it is", flush=True)
        tests = sorted({test for one in chosen for test in one.tests})
        began = time.monotonic()
        code, why = run(tree, tests)
        if code != GREEN:
            print(f"the tests are not green without a mutant; nothing can be said: {why}")
            return 1
        print(f"{len(tests)} guards are green ({time.monotonic() - began:.0f} s)\n", flush=True)
        survivors = [one.name for one in chosen if not killed(tree, one)]
    print(f"\n{len(chosen) - len(survivors)} of {len(chosen)} mutants turned their tests red")
    if survivors:
        print("survived: " + ", ".join(survivors))
    return 1 if survivors else 0


def killed(tree: Path, mutant: Mutant) -> bool:
    """Put one bug in, run its tests, take it out again; says what happened."""
    before = {file: (tree / file).read_text(encoding="utf-8") for file, _, _ in mutant.changes}
    began = time.monotonic()
    try:
        for file, old, new in mutant.changes:
            text = (tree / file).read_text(encoding="utf-8")
            if text.count(old) != 1:
                say(mutant, f"CANNOT BE MADE: {file} has {text.count(old)} places for it", began)
                return False
            (tree / file).write_text(text.replace(old, new), encoding="utf-8")
        code, why = run(tree, mutant.tests)
    finally:
        for file, text in before.items():
            (tree / file).write_text(text, encoding="utf-8")
    verdict = {GREEN: "SURVIVED", RED: "red"}.get(code, f"BROKEN (pytest said {code})")
    say(mutant, verdict, began, why)
    return code == RED


def say(mutant: Mutant, verdict: str, began: float, why: str = "") -> None:
    guards = ", ".join(test.rsplit("::", 1)[-1].removeprefix("tests/") for test in mutant.tests)
    print(f"{mutant.law:4} {mutant.name:56} {verdict:9} {time.monotonic() - began:5.1f} s  {guards}")
    print(f"     {why}", flush=True)


def run(tree: Path, tests: tuple[str, ...] | list[str]) -> tuple[int, str]:
    """pytest's exit code, and what failed first; a test that hangs has failed."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        ended = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    except subprocess.TimeoutExpired:
        return RED, f"no end within {LONGEST_S} s"
    told = [line[1:].strip() for line in ended.stdout.splitlines() if line.startswith("E  ")]
    return ended.returncode, told[0][:160] if told else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
