"""Lets a child process end with the supervisor that started it, even when that one was killed outright.

Called by the child itself, early in its life. Knows Linux's prctl; elsewhere it does nothing.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

SUPERVISOR = "BLUEGRID_SUPERVISOR"
_PR_SET_PDEATHSIG = 1


def follow_supervisor() -> None:
    """Ask the kernel for SIGTERM when the supervisor dies; exit at once when it is already gone.

    Does nothing in a process that no supervisor started.
    """
    supervisor = os.environ.get(SUPERVISOR)
    if supervisor is None or not sys.platform.startswith("linux"):
        return
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != int(supervisor):
        sys.exit("The supervisor of this process is gone; it ends too.")
