"""python -m tests.mutants [WORD …]: put each known bug back into a copy of the tree and see its tests turn red.

With words only the mutants whose names hold one of them. 1 when a mutant survives, or cannot be made any more.
`--by-torture SECONDS` asks instead which of them the torture finds by itself, each within that time, and how soon.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.mutants import vitest
from tests.mutants.catalogue import ALL
from tests.mutants.mutant import Mutant

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = (".git", ".venv", "instance", "__pycache__", ".hypothesis", ".*_cache", ".make", "docs", "node_modules")
LONGEST_S = 300
ALL_GUARDS_S = 1200
TORTURE_SEED = 1
GREEN, RED = 0, 1  # pytest's exit codes, and the torture's; any other is no verdict


class CannotBeMade(Exception):
    """The tree has changed: the mutant's place is not there, or is there twice."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--by-torture", type=float, metavar="SECONDS", help="what the torture finds by itself")
    parser.add_argument("--seed", type=int, default=TORTURE_SEED, help="of the torture's first story")
    said = parser.parse_args(arguments)
    chosen = [one for one in ALL if not said.words or any(word in one.name for word in said.words)]
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        tree = Path(name) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*LEFT_OUT))
        if said.by_torture:
            return tortured(tree, chosen, said.by_torture, said.seed)
        return guarded(tree, chosen)


def guarded(tree: Path, chosen: list[Mutant]) -> int:
    """Each mutant against the tests that guard its place."""
    print(f"{len(chosen)} mutants; first their tests on the tree as it is", flush=True)
    tests = sorted({test for one in chosen for test in one.tests})
    began = time.monotonic()
    code, why = run(tree, tests, ALL_GUARDS_S)
    if code != GREEN:
        print(f"the tests are not green without a mutant; nothing can be said: {why}")
        return 1
    print(f"{len(tests)} guards are green ({time.monotonic() - began:.0f} s)\n", flush=True)
    survivors = [one.name for one in chosen if not killed(tree, one)]
    print(f"\n{len(chosen) - len(survivors)} of {len(chosen)} mutants turned their tests red")
    if survivors:
        print("survived: " + ", ".join(survivors))
    return 1 if survivors else 0


@contextmanager
def made(tree: Path, mutant: Mutant) -> Iterator[None]:
    """The tree with one bug in it; as it was afterwards. Raises CannotBeMade."""
    before = {file: (tree / file).read_text(encoding="utf-8") for file, _, _ in mutant.changes}
    try:
        for file, old, new in mutant.changes:
            text = (tree / file).read_text(encoding="utf-8")
            if text.count(old) != 1:
                raise CannotBeMade(f"{file} has {text.count(old)} places for it")
            changed = text.replace(old, new)
            if file.endswith(".py"):
                require_python(changed, file)
            (tree / file).write_text(changed, encoding="utf-8")
        yield
    finally:
        for file, text in before.items():
            (tree / file).write_text(text, encoding="utf-8")


def require_python(text: str, file: str) -> None:
    """A mutant is a bug, not a slip of the pen: any test would turn red at that. Raises CannotBeMade."""
    try:
        compile(text, file, "exec")
    except SyntaxError as error:
        raise CannotBeMade(f"{file} would be no Python: {error}") from error


def killed(tree: Path, mutant: Mutant) -> bool:
    """Put one bug in, run its tests, take it out again; says what happened."""
    began = time.monotonic()
    try:
        with made(tree, mutant):
            code, why = run(tree, mutant.tests)
    except CannotBeMade as error:
        say(mutant, f"CANNOT BE MADE: {error}", began)
        return False
    verdict = {GREEN: "SURVIVED", RED: "red"}.get(code, f"BROKEN (the tests ended with {code})")
    say(mutant, verdict, began, why)
    return code == RED


def say(mutant: Mutant, verdict: str, began: float, why: str = "") -> None:
    guards = ", ".join(test.rsplit("::", 1)[-1].removeprefix("tests/") for test in mutant.tests)
    print(f"{mutant.law:4} {mutant.name:56} {verdict:9} {time.monotonic() - began:5.1f} s  {guards}")
    print(f"     {why}", flush=True)


def run(tree: Path, tests: tuple[str, ...] | list[str], longest_s: int = LONGEST_S) -> tuple[int, str]:
    """pytest's exit code, and what failed first; a test that hangs has failed. Those of web/ are run by vitest."""
    in_python = [test for test in tests if not vitest.is_ours(test)]
    in_web = [test for test in tests if vitest.is_ours(test)]
    code, why = run_pytest(tree, in_python, longest_s) if in_python else (GREEN, "")
    if code == GREEN and in_web:
        code, why = vitest.run(tree, in_web, ROOT / "web" / "node_modules", longest_s)
    return code, why


def run_pytest(tree: Path, tests: list[str], longest_s: int) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        ended = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=longest_s, check=False)
    except subprocess.TimeoutExpired:
        return RED, f"no end within {longest_s} s"
    told = [line[1:].strip() for line in ended.stdout.splitlines() if line.startswith("E  ")]
    return ended.returncode, told[0][:160] if told else ""


# by torture ------------------------------------------------------------------------------------------------------
def tortured(tree: Path, chosen: list[Mutant], seconds: float, seed: int) -> int:
    """Each mutant that random stories can reach against the torture alone; 1 when one was missed."""
    missed, found, beyond = [], 0, 0
    for mutant in chosen:
        if mutant.beyond_torture:
            beyond += 1
            print(f"{mutant.law:4} {mutant.name:56} beyond it     ({mutant.beyond_torture})", flush=True)
            continue
        try:
            with made(tree, mutant):
                code, took, why = torture(tree, mutant.database, seconds, seed)
        except CannotBeMade as error:
            code, took, why = RED + 1, 0.0, f"CANNOT BE MADE: {error}"
        verdict = {GREEN: "missed", RED: "found"}.get(code, "BROKEN")
        found += verdict == "found"
        missed += [mutant.name] if verdict != "found" else []
        print(f"{mutant.law:4} {mutant.name:56} {verdict:7} {took:5.1f} s  {mutant.database}\n     {why}", flush=True)
    print(f"\nfound {found} of {found + len(missed)} within {seconds:.0f} s each; {beyond} are beyond the torture")
    if missed:
        print("missed: " + ", ".join(missed))
    return 1 if missed else 0


def torture(tree: Path, database: str, seconds: float, seed: int) -> tuple[int, float, str]:
    """The torture's exit code, after how many seconds of stories it ended, and what it found first."""
    command = [sys.executable, "-m", "tests.torture", "--seconds", str(seconds), "--database", database]
    command += ["--seed", str(seed), "--no-shrinking"]
    try:
        ended = subprocess.run(
            command, cwd=tree, capture_output=True, text=True, timeout=seconds + LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired:
        return RED, seconds + LONGEST_S, "a story without an end"
    said = ended.stdout + ended.stderr
    after = re.search(r"^seed \d+, after (\d+\.\d) s: (.*)", said, re.MULTILINE)
    if after is None:
        return ended.returncode, seconds, "" if ended.returncode == GREEN else said[-160:]
    return ended.returncode, float(after[1]), after[2][:160]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
