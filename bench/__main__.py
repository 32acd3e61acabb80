"""`python -m bench`: every bench in turn, in a process of its own; names given on the command line choose some."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def main(chosen: list[str]) -> int:
    names = [path.stem.removesuffix("_bench") for path in sorted(FOLDER.glob("*_bench.py"))]
    unknown = set(chosen) - set(names)
    if unknown:
        print(f"there is no bench {', '.join(sorted(unknown))}; there are {', '.join(names)}")
        return 2
    failed = 0
    for name in chosen or names:
        print(f"\n== {name}", flush=True)
        failed += subprocess.run([sys.executable, "-m", f"bench.{name}_bench"], cwd=FOLDER.parent).returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
