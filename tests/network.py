"""Hosts with addresses of their own on one switch: network namespaces that no other test or program sees."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

CLONE_NEWNET = 0x40000000
NEEDED = "network namespaces cannot be made here: they need root with CAP_SYS_ADMIN, and the package iproute2"


class Network:
    """A switch in a namespace of its own, where services and devices are, and hosts with one cable each to it."""

    def __init__(self) -> None:
        self.name = f"bluegrid-{uuid4().hex[:8]}"
        self.hosts: list[int] = []

    def __enter__(self) -> Network:
        try:
            ip("netns", "add", self.name)
        except (OSError, subprocess.CalledProcessError) as error:
            raise RuntimeError(NEEDED) from error
        ip("-n", self.name, "link", "set", "lo", "up")
        ip("-n", self.name, "link", "add", "switch", "type", "bridge")
        ip("-n", self.name, "link", "set", "switch", "up")
        return self

    def __exit__(self, *_: object) -> None:
        for n in self.hosts:
            ip("netns", "del", self._host(n))
        ip("netns", "del", self.name)

    def address(self, n: int) -> str:
        """An address at the switch itself, for a service that is never cut off."""
        ip("-n", self.name, "addr", "add", f"{of(n)}/24", "dev", "switch")
        return of(n)

    def add_host(self, n: int) -> tuple[str, ...]:
        """A host with an address and a cable; the command that runs something on it."""
        host = self._host(n)
        ip("netns", "add", host)
        self.hosts.append(n)
        ip("-n", self.name, "link", "add", f"cable{n}", "type", "veth", "peer", "name", "eth0", "netns", host)
        ip("-n", self.name, "link", "set", f"cable{n}", "master", "switch", "up")
        ip("-n", host, "addr", "add", f"{of(n)}/24", "dev", "eth0")
        for link in ("lo", "eth0"):
            ip("-n", host, "link", "set", link, "up")
        return self.on_host(n)

    def on_host(self, n: int) -> tuple[str, ...]:
        """The command that runs something on a host."""
        return ("ip", "netns", "exec", self._host(n))

    def cut(self, n: int) -> None:
        """Pull a host's cable: nothing reaches it or leaves it, and nobody is told."""
        ip("-n", self.name, "link", "set", f"cable{n}", "down")

    def heard(self, n: int) -> bool:
        """Whether a host has confirmed all that was sent to it from the switch; for a thread that is `inside`."""
        address = "".join(f"{int(part):02X}" for part in reversed(of(n).split(".")))
        rows = [line.split() for line in Path("/proc/thread-self/net/tcp").read_text().splitlines()[1:]]
        return all(row[4].startswith("00000000:") for row in rows if row[2].startswith(f"{address}:"))

    def mend(self, n: int) -> None:
        ip("-n", self.name, "link", "set", f"cable{n}", "up")

    @contextmanager
    def inside(self) -> Iterator[None]:
        """This thread, and the threads and processes that it starts, are at the switch."""
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            there = os.open(Path("/run/netns") / self.name, os.O_RDONLY)
            try:
                _enter(there)
            finally:
                os.close(there)
            yield
        finally:
            _enter(before)
            os.close(before)

    def _host(self, n: int) -> str:
        return f"{self.name}-{n}"


def of(n: int) -> str:
    return f"10.77.0.{n}"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _enter(namespace: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
