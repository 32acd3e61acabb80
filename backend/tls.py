"""Certificates: a supplied pair, or an authority of this installation's own that phones can be told to trust.

The local authority lives under `<data>/tls/`: its key leaves the machine in backups only, its certificate is what a
phone installs once. Knows files and X.509; nothing of Flask or of processes.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_YEARS = 10
SERVER_DAYS = 397  # phones refuse a server certificate that is valid for longer
RENEW_DAYS = 30


class TlsInvalid(ValueError):
    """A certificate or key that the server cannot use; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What the web server presents: a certificate (with its chain) and its key."""

    certificate: Path
    key: Path


def supplied_pair(certificate: Path, key: Path, now: datetime) -> Pair:
    """A pair that somebody else issued, checked before the server starts with it."""
    presented = _read_certificate(certificate)
    secret = _read_key(key)
    if _public_bytes(presented.public_key()) != _public_bytes(secret.public_key()):
        raise TlsInvalid(f"the key {key} does not belong to the certificate {certificate}")
    if presented.not_valid_after_utc <= now:
        raise TlsInvalid(f"the certificate {certificate} expired on {presented.not_valid_after_utc:%Y-%m-%d}")
    if presented.not_valid_before_utc > now:
        raise TlsInvalid(f"the certificate {certificate} is valid only from {presented.not_valid_before_utc:%Y-%m-%d}")
    return Pair(certificate, key)


class LocalAuthority:
    """The authority of one installation, and the server certificate that it issues."""

    def __init__(self, data: Path) -> None:
        self.folder = data / "tls"
        self.certificate = authority_path(data)
        self._key = self.folder / "authority.key"
        self._server = Pair(self.folder / "server.crt", self.folder / "server.key")

    def pair(self, names: Sequence[str], now: datetime) -> Pair:
        """The server's pair for these names: the present one, or a new one when it no longer fits."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (self.certificate.exists() and self._key.exists()):
            self._make_authority(now)
        if not self.fits(names, now):
            self._issue(names, now)
        return self._server

    def fits(self, names: Sequence[str], now: datetime) -> bool:
        """Whether the present server certificate is ours, names exactly these, and lasts RENEW_DAYS more."""
        if not (self._server.certificate.exists() and self._server.key.exists()):
            return False
        present = _read_certificate(self._server.certificate)
        try:
            present.verify_directly_issued_by(_read_certificate(self.certificate))
        except (ValueError, TypeError, InvalidSignature):
            return False
        named = present.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return set(named) == set(_general_names(names)) and present.not_valid_after_utc - now > timedelta(RENEW_DAYS)

    def fingerprint(self) -> str:
        """SHA-256 of the authority's certificate, as phones show it."""
        return _read_certificate(self.certificate).fingerprint(hashes.SHA256()).hex(":").upper()

    def _make_authority(self, now: datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        # The host and the day tell two installations apart in a phone's list of authorities.
        name = _name(f"Bluegrid {socket.gethostname()} {now:%Y-%m-%d}"[:64])
        certificate = (
            _builder(name, name, key.public_key(), now, timedelta(days=365 * AUTHORITY_YEARS + 2))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        _write(self._key, _key_pem(key), 0o600)
        _write(self.certificate, certificate.public_bytes(serialization.Encoding.PEM), 0o644)

    def _issue(self, names: Sequence[str], now: datetime) -> None:
        issuer = _read_certificate(self.certificate)
        issuer_key = _read_key(self._key)
        if not isinstance(issuer_key, ec.EllipticCurvePrivateKey):
            raise TlsInvalid(f"{self._key} is not a key that Bluegrid made")
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(_name(names[0][:64]), issuer.subject, key.public_key(), now, timedelta(days=SERVER_DAYS))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(_general_names(names)), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
            .sign(issuer_key, hashes.SHA256())
        )
        chain = [certificate, issuer]
        _write(self._server.key, _key_pem(key), 0o600)
        _write(
            self._server.certificate,
            b"".join(link.public_bytes(serialization.Encoding.PEM) for link in chain),
            0o644,
        )


def authority_path(data: Path) -> Path:
    """Where the local authority's certificate lies, whether it was made or not."""
    return data / "tls" / "authority.crt"


def check_name(name: str) -> str:
    """The name as a certificate holds it: an address, or a host name in its ASCII form; else TlsInvalid."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        ascii_name = name.encode("idna").decode().lower()
    except UnicodeError:
        raise TlsInvalid(f"'{name}' is neither a host name nor an address") from None
    labels = ascii_name.removeprefix("*.").split(".")
    if not all(label and label.replace("-", "").replace("_", "").isalnum() for label in labels):
        raise TlsInvalid(f"'{name}' is neither a host name nor an address")
    return ascii_name


def machine_names() -> list[str]:
    """What other machines may call this one: its host names and the addresses of its interfaces."""
    names = ["localhost", "127.0.0.1", "::1", socket.gethostname(), socket.getfqdn(), *_addresses()]
    found: list[str] = []
    for name in names:
        try:
            found.append(check_name(name))
        except TlsInvalid:  # a machine may be called anything; a name that no certificate can hold is left out
            continue
    return list(dict.fromkeys(found))


def _addresses() -> list[str]:
    """The addresses of the interfaces that are up, link-local ones left out."""
    found: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, interface in socket.if_nameindex():
            address = _ipv4_of(probe, interface)
            if address:
                found.append(address)
    table = Path("/proc/net/if_inet6")
    if table.exists():
        found += [str(ipaddress.IPv6Address(bytes.fromhex(line.split()[0]))) for line in table.read_text().splitlines()]
    return sorted(address for address in found if not ipaddress.ip_address(address).is_link_local)


def _ipv4_of(probe: socket.socket, interface: str) -> str | None:
    try:
        import fcntl

        answer = fcntl.ioctl(probe, 0x8915, interface.encode()[:15].ljust(40, b"\0"))  # SIOCGIFADDR
    except (ImportError, OSError):
        return None
    return socket.inet_ntoa(answer[20:24])


def _general_names(names: Sequence[str]) -> list[x509.GeneralName]:
    general: list[x509.GeneralName] = []
    for name in dict.fromkeys(check_name(name) for name in names):
        try:
            general.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            general.append(x509.DNSName(name))
    return general


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    begins = now - timedelta(days=1)  # a phone whose clock is a little slow accepts it too
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + lasts)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _read_certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())[0]
    except OSError as error:
        raise TlsInvalid(f"the certificate {path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise TlsInvalid(f"{path} holds no certificate in PEM form") from None


def _read_key(path: Path) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise TlsInvalid(f"the key {path} cannot be read: {error.strerror}") from None
    except TypeError:
        raise TlsInvalid(f"the key {path} is locked with a passphrase; supply it unlocked") from None
    except (ValueError, UnsupportedAlgorithm):
        raise TlsInvalid(f"{path} holds no private key in PEM form") from None


def _public_bytes(key: object) -> bytes:
    encoded: bytes = key.public_bytes(  # type: ignore[attr-defined]
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return encoded


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    """Replace a file whole, so that a crash leaves the old one or the new one; never readable beyond `mode`."""
    staged = path.with_name(path.name + ".new")
    staged.unlink(missing_ok=True)
    with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    staged.replace(path)
