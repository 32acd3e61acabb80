"""python -m tests.torture --seconds 600 [--database sqlite|postgresql] [--seed N] [--steps N] [--play FILE] …"""

from __future__ import annotations

import argparse
import gc
import logging
import secrets
import sys
import time
from pathlib import Path

import structlog

from tests.torture import story
from tests.torture.faults import Tally
from tests.torture.homes import open_home

SHRINK_S = 90.0


def main(arguments: list[str]) -> int:
    """Play stories until the time is over; 1 when an invariant did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=None, help="of the first story; the next ones count on")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--play", type=Path, help="play one kept story and stop")
    parser.add_argument("--no-shrinking", action="store_true", help="say what failed, and keep no shorter story")
    parser.add_argument("--most", type=int, default=1, help="stop after so many violations")
    said = parser.parse_args(arguments)
    quiet()
    gc.set_threshold(20_000, 20, 20)  # a story makes much and keeps little
    first = seed = said.seed if said.seed is not None else secrets.randbelow(10**9)
    with open_home(said.database) as home:
        if said.play is not None:
            story.play(home, story.read(said.play), Tally())
            print(f"{said.play}: holds")
            return 0
        print(f"torture on {said.database}, first seed {seed}, {said.steps} steps a story", flush=True)
        tally, began = Tally(), time.monotonic()
        while time.monotonic() - began < said.seconds and tally.found < said.most:
            told = story.from_seed(seed, said.steps)
            try:
                story.play(home, told, tally)
            except Exception as error:
                tally.found += 1
                after = f"seed {seed}, after {time.monotonic() - began:.1f} s"
                print(f"{after}: {error if isinstance(error, AssertionError) else repr(error)}", flush=True)
                seed += 1
                if said.no_shrinking:
                    continue
                shorter = story.minimal(home, told, SHRINK_S)
                failure = story.failure_of(home, shorter) or str(error)
                path = Path(f"torture-{said.database}-{seed - 1}.json")
                path.write_text(story.written(shorter, failure, seed - 1), encoding="utf-8")
                print(path.read_text(encoding="utf-8"), f"kept in {path}", flush=True)
            else:
                seed += 1
        took = time.monotonic() - began
        print(f"{said.database}, seeds {first} to {seed - 1}, {said.steps} steps, {took:.0f} s: {tally.summary(took)}")
    return 1 if tally.found else 0


def quiet() -> None:
    """The server logs what it refuses; a story is full of that."""
    logging.disable(logging.CRITICAL)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), cache_logger_on_first_use=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
