"""Keeps a few programs running until told to stop, and leaves none behind.

Knows processes and signals; nothing of the web, the database or settings.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from backend.parent_death import SUPERVISOR

LONGEST_PAUSE_S = 30.0
SETTLED_S = 60.0  # a program that lived this long starts again without a pause
STOP_S = 25.0


@dataclass(frozen=True, slots=True)
class Program:
    """A command, and the file descriptors that it inherits."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: str
    descriptors: tuple[int, ...] = ()


@dataclass(slots=True)
class Running:
    """A program, its present process, and how often it ended early in a row."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    failures: int = 0


def pause_after(failures: int) -> float:
    """Seconds to wait before the next start: 1, 2, 4 … and never more than LONGEST_PAUSE_S."""
    return min(2.0 ** (failures - 1), LONGEST_PAUSE_S) if failures else 0.0


@dataclass(slots=True)
class Supervisor:
    """Starts programs, starts again what ends, and stops all of them on SIGTERM, SIGINT or SIGHUP.

    `wait` is its only blocking call: it returns when a signal arrived, a program ended or the time is over.
    """

    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    stopping: bool = False
    _running: list[Running] = field(default_factory=list)
    _wakeup: tuple[int, int] = (-1, -1)
    _signals: int = 0

    def __enter__(self) -> Supervisor:
        self._wakeup = os.pipe()
        for end in self._wakeup:
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wakeup[1], warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_stop_signal)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only so that the wake-up pipe hears of it
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        signal.set_wakeup_fd(-1)
        for end in self._wakeup:
            os.close(end)

    def _on_stop_signal(self, _number: int, _frame: object) -> None:
        self.stopping = True
        self._signals += 1

    def start(self, program: Program) -> None:
        """Start a program and keep it running from now on."""
        running = Running(program)
        self._running.append(running)
        self._launch(running)

    def failures(self) -> int:
        """The largest number of times in a row that any one program ended early."""
        return max((running.failures for running in self._running), default=0)

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a program, if it runs."""
        for running in self._running:
            if running.program.name == name and running.process is not None:
                running.process.send_signal(number)

    def wait(self, seconds: float) -> None:
        """Wait for an event or the time, then look after the programs."""
        now = self.clock()
        dues = [running.due - now for running in self._running if running.process is None]
        self._sleep(max(0.0, min([seconds, *dues])))
        if not self.stopping:
            for running in self._running:
                self._look_after(running)

    def stop(self) -> None:
        """Ask every program to end, wait, then kill what is left; a second signal shortens the wait."""
        self.stopping = True
        asked = self._signals
        for running in self._running:
            if running.process is not None and not _ended(running.process):
                running.process.terminate()
        deadline = self.clock() + STOP_S
        while any(r.process is not None and not _ended(r.process) for r in self._running):
            if self.clock() >= deadline or self._signals > asked + 1:
                self.say("Some programs did not end in time and are killed.")
                break
            self._sleep(0.5)
        for running in self._running:
            self._bury(running)

    def _launch(self, running: Running) -> None:
        program = running.program
        running.started = self.clock()
        running.process = subprocess.Popen(
            program.command,
            env={**program.environment, SUPERVISOR: str(os.getpid())},
            cwd=program.folder,
            pass_fds=program.descriptors,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which then stops them in order
        )

    def _look_after(self, running: Running) -> None:
        if running.process is not None and _ended(running.process):
            self._bury_and_plan(running)
        if running.process is None and self.clock() >= running.due:
            self._launch(running)

    def _bury_and_plan(self, running: Running) -> None:
        code = self._bury(running)
        lived = self.clock() - running.started
        running.failures = 1 if lived >= SETTLED_S else running.failures + 1
        pause = pause_after(running.failures)
        running.due = self.clock() + pause
        self.say(f"The {running.program.name} ended ({_how(code)}) and starts again in {pause:.0f} s.")

    def _bury(self, running: Running) -> int:
        """Kill what is left of a program's process group, and collect its leader."""
        if running.process is None:
            return 0
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(running.process.pid, signal.SIGKILL)
        code = running.process.wait()
        running.process = None
        return code

    def _sleep(self, seconds: float) -> None:
        select.select([self._wakeup[0]], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            os.read(self._wakeup[0], 4096)


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process has ended, without collecting it: until then its group id cannot go to another."""
    if process.returncode is not None:
        return True
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def python(*arguments: str) -> list[str]:
    """A command that runs a module in this interpreter."""
    return [sys.executable, "-m", *arguments]
