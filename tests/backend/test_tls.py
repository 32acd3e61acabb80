"""The local authority and supplied certificates."""

from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from backend.tls import LocalAuthority, Pair, TlsInvalid, check_name, machine_names, supplied_pair

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
NAMES = ["bluegrid.test", "192.0.2.7", "localhost"]


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return LocalAuthority(tmp_path).pair(NAMES, NOW)


def test_the_server_certificate_is_one_that_phones_accept(tmp_path: Path, pair: Pair) -> None:
    certificate, authority = read(pair.certificate), read(tmp_path / "tls" / "authority.crt")
    certificate.verify_directly_issued_by(authority)
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc <= timedelta(days=397)
    named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert named.get_values_for_type(x509.DNSName) == ["bluegrid.test", "localhost"]
    assert [str(ip) for ip in named.get_values_for_type(x509.IPAddress)] == ["192.0.2.7"]
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert x509.oid.ExtendedKeyUsageOID.SERVER_AUTH in usage
    limits = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (limits.critical, limits.value.ca, limits.value.path_length) == (True, True, 0)
    assert authority.not_valid_after_utc - NOW > timedelta(days=3650)


def test_a_name_that_is_not_in_it_is_refused_and_one_that_is_accepted(tmp_path: Path, pair: Pair) -> None:
    # The server's certificate begins yesterday by its own clock, so a handshake at the real time needs a fresh one.
    authority = LocalAuthority(tmp_path / "other")
    fresh = authority.pair(NAMES, datetime.now(UTC))
    assert handshake(fresh, authority.certificate, "bluegrid.test")
    with pytest.raises(ssl.SSLCertVerificationError, match=r"[Hh]ostname"):
        handshake(fresh, authority.certificate, "elsewhere.test")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(fresh, tmp_path / "tls" / "authority.crt", "bluegrid.test")  # another installation's authority


def handshake(pair: Pair, authority: Path, name: str) -> bool:
    """A TLS handshake in memory between a server with this pair and a client that trusts this authority."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pair.certificate, pair.key)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = serving.wrap_bio(to_server, to_client, server_side=True)
    client = ssl.create_default_context(cafile=str(authority)).wrap_bio(to_client, to_server, server_hostname=name)
    done = set()
    for _ in range(10):
        for end in (client, server):
            try:
                end.do_handshake()
                done.add(end)
            except ssl.SSLWantReadError:
                continue
        if len(done) == 2:
            return True
    return False


def test_keys_are_for_their_owner_alone(tmp_path: Path, pair: Pair) -> None:
    for key in (pair.key, tmp_path / "tls" / "authority.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700


def test_a_certificate_that_fits_is_kept_and_one_that_does_not_is_replaced(tmp_path: Path, pair: Pair) -> None:
    authority = LocalAuthority(tmp_path)
    first, vouches = read(pair.certificate), authority.certificate.read_bytes()
    assert read(authority.pair(NAMES, NOW + timedelta(days=360)).certificate) == first
    renewed = read(authority.pair(NAMES, NOW + timedelta(days=370)).certificate)
    assert renewed.not_valid_after_utc > first.not_valid_after_utc
    renamed = read(authority.pair([*NAMES, "new.test"], NOW + timedelta(days=371)).certificate)
    assert renamed != renewed
    assert authority.certificate.read_bytes() == vouches  # phones keep trusting


def test_a_supplied_pair_is_taken_as_it_is(pair: Pair) -> None:
    assert supplied_pair(pair.certificate, pair.key, NOW) == pair


def test_a_supplied_key_of_another_certificate_is_refused(tmp_path: Path, pair: Pair) -> None:
    with pytest.raises(TlsInvalid, match="does not belong to"):
        supplied_pair(pair.certificate, tmp_path / "tls" / "authority.key", NOW)


@pytest.mark.parametrize(("days", "sentence"), [(400, "expired on 2027-12"), (-2, "valid only from 2026-11-21")])
def test_a_supplied_certificate_out_of_its_time_is_refused(pair: Pair, days: int, sentence: str) -> None:
    with pytest.raises(TlsInvalid, match=sentence):
        supplied_pair(pair.certificate, pair.key, NOW + timedelta(days=days))


def test_supplied_files_that_cannot_be_used_are_named(tmp_path: Path, pair: Pair) -> None:
    with pytest.raises(TlsInvalid, match=r"missing\.crt cannot be read: No such file"):
        supplied_pair(tmp_path / "missing.crt", pair.key, NOW)
    with pytest.raises(TlsInvalid, match="holds no certificate"):
        supplied_pair(pair.key, pair.key, NOW)
    with pytest.raises(TlsInvalid, match="holds no private key"):
        supplied_pair(pair.certificate, pair.certificate, NOW)
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    with pytest.raises(TlsInvalid, match="locked with a passphrase"):
        supplied_pair(pair.certificate, locked, NOW)


def test_names_are_checked_and_written_as_certificates_hold_them() -> None:
    assert check_name("Bluegrid.Test") == "bluegrid.test"
    assert check_name("蓝格.test") == "xn--0xv305d.test"
    assert check_name("::0001") == "::1"
    for wrong in ("two words", "", "a..b", "x" * 64 + ".test", "http://x"):
        with pytest.raises(TlsInvalid):
            check_name(wrong)


def test_the_machine_is_known_by_its_loopback_addresses_at_least() -> None:
    assert {"localhost", "127.0.0.1"} <= set(machine_names())
