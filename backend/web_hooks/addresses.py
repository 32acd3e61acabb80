"""Where a web hook may lead: http and https, and no address inside the own network unless a setting allows it.

Names are looked up when a message is sent, and the connection goes to the very address that was judged: a name that
leads elsewhere a moment later leads nowhere.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

MAX_URL = 500
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_PORTS = {"http": 80, "https": 443}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefused(ValueError):
    """A message is not sent there; the text says why."""


def split(url: str, *, private: bool) -> SplitResult:
    """The parts of an address that may be a hook's. Raises AddressRefused.

    A name is judged when it is used; an address in figures is judged at once.
    """
    if len(url) > MAX_URL or not url.isascii() or any(char <= " " for char in url):
        raise AddressRefused(f"An address has at most {MAX_URL} plain characters.")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise AddressRefused("This is no address.") from None
    if parts.scheme not in _PORTS or not host:
        raise AddressRefused("An address begins with https:// or http:// and names a host.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused("An address has neither a user name nor a '#'.")
    figures = _in_figures(host)
    if figures is not None:
        _require_public(figures, private)
    return parts


def _in_figures(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def port_of(parts: SplitResult) -> int:
    return parts.port or _PORTS[parts.scheme]


def resolve(host: str, port: int, *, private: bool) -> list[str]:
    """The addresses of a host. Raises AddressRefused when one of them is not public, OSError when there are none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    names = list(dict.fromkeys(str(each[4][0]) for each in found))
    for name in names:
        _require_public(ipaddress.ip_address(name.partition("%")[0]), private)
    return names


def is_public(address: Address) -> bool:
    """Whether an address is one of the internet's, also where it is wrapped in an IPv6 one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local or address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast


def _require_public(address: Address, private: bool) -> None:
    if not private and not is_public(address):
        raise AddressRefused("This address lies inside a private network, where web hooks may not lead.")
