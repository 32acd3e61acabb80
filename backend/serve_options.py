"""What `make run` and `make demo` are told by the environment, checked before anything starts.

Knows the environment and sockets; nothing of Flask or of processes.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from backend import tls
from backend.config import SettingInvalid

MOST_WORKERS = 64


class CannotListen(RuntimeError):
    """The address cannot be had; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Options:
    """Where and how to serve. `tls_files` is None for `off` and `local`."""

    host: str
    port: int
    workers: int
    tls_mode: str
    tls_files: tls.Pair | None
    tls_names: tuple[str, ...]

    @property
    def scheme(self) -> str:
        return "http" if self.tls_mode == "off" else "https"

    @property
    def url(self) -> str:
        """The address for somebody on this machine."""
        host = self.host
        if _is_wildcard(host):
            host = "127.0.0.1" if ":" not in host else "::1"
        return f"{self.scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"

    def names(self) -> list[str]:
        """Every name and address that the server's certificate must hold."""
        own = [] if _is_wildcard(self.host) else [tls.check_name(self.host)]
        return list(dict.fromkeys([*own, *self.tls_names, *tls.machine_names()]))


def from_environment(environ: Mapping[str, str]) -> Options:
    """HOST, PORT, WEB_WORKERS, BLUEGRID_TLS and BLUEGRID_TLS_NAMES; raises SettingInvalid."""
    host = (environ.get("HOST") or "127.0.0.1").strip().removeprefix("[").removesuffix("]")
    try:
        names = [part.strip() for part in environ.get("BLUEGRID_TLS_NAMES", "").split(",")]
        tls_names = tuple(tls.check_name(name) for name in names if name)
    except tls.TlsInvalid as error:
        raise SettingInvalid(f"BLUEGRID_TLS_NAMES: {error}") from None
    mode, files = _tls(environ.get("BLUEGRID_TLS") or ("off" if is_loopback(host) else "local"))
    return Options(
        host=host,
        port=_whole_number(environ, "PORT", 8000, 0, 65535),
        workers=_whole_number(environ, "WEB_WORKERS", 2, 1, MOST_WORKERS),
        tls_mode=mode,
        tls_files=files,
        tls_names=tls_names,
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def claim(host: str, port: int) -> socket.socket:
    """A socket bound to the address, not yet listening; raises CannotListen.

    The supervisor keeps it and hands it to each web server that it starts: no other program can slip in between,
    and connections made during a restart wait instead of failing.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError:
        raise CannotListen(f"HOST={host} is no address of this machine and no name that it knows") from None
    claimed = socket.socket(family, kind, protocol)
    claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        claimed.bind(address)
    except OSError as error:
        claimed.close()
        raise CannotListen(_why(error, host, port)) from None
    return claimed


def listen(claimed: socket.socket) -> None:
    """Begin to listen; raises CannotListen when another program began first."""
    host, port = claimed.getsockname()[:2]
    try:
        claimed.listen(2048)
    except OSError as error:
        raise CannotListen(_why(error, host, port)) from None


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else port - 1
        return f"port {port} on {host} is taken by another program; stop that one, or choose another with PORT={other}"
    if error.errno == errno.EACCES:
        return f"port {port} needs the rights of root; choose one from 1024 upwards with PORT=…"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"HOST={host} is no address of this machine"
    return f"cannot listen on {host} port {port}: {os.strerror(error.errno or 0)}"


def _tls(text: str) -> tuple[str, tls.Pair | None]:
    if text in ("off", "local"):
        return text, None
    certificate, colon, key = text.partition(":")
    if not (certificate and colon and key):
        raise SettingInvalid(
            f"BLUEGRID_TLS is 'off', 'local' or 'CERTIFICATE:KEY' (two PEM files with a colon between), not '{text}'"
        )
    return "supplied", tls.Pair(Path(certificate).absolute(), Path(key).absolute())


def _whole_number(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
        raise SettingInvalid(f"{name} must be a whole number from {least} to {most}, not '{text}'")
    return int(text)


def _is_wildcard(host: str) -> bool:
    return host in ("0.0.0.0", "::")  # noqa: S104 (compared, not bound)
