"""Web hooks over https, with real receivers on loopback: who is believed to be who, and who is sent nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from backend.config import SettingInvalid, from_environment
from backend.tls import LocalAuthority, Pair
from tests.backend.desks import House
from tests.backend.hooks import deliveries, happen, hook
from tests.backend.receivers import receiving, says


@pytest.fixture
def house(server, client):
    return House(server, client)


@pytest.fixture
def boss(house):
    return house.desk("boss", "admin")


@pytest.fixture
def luo(house):
    return house.desk("luo")


@pytest.fixture
def wei(house):
    return house.desk("wei", "inspector")


@pytest.fixture
def authority(tmp_path):
    """An office's own authority, of today: TLS goes by the real clock."""
    made = LocalAuthority(tmp_path / "authority")
    made.pair(["127.0.0.1"], datetime.now(UTC))
    return made


def trusting(house, authorities: Path | None) -> None:
    extensions = house.server.app.extensions
    extensions["bluegrid.settings"] = replace(extensions["bluegrid.settings"], hooks_authorities=authorities)


def test_an_https_receiver_is_told_when_an_authority_of_the_house_vouches_for_it(house, boss, luo, wei, authority):
    with receiving(says(200), pair=authority.pair(["127.0.0.1"], datetime.now(UTC))) as receiver:
        made = hook(boss, receiver.url)
        trusting(house, authority.certificate)
        happen(luo, wei)
        assert house.run("tell-hooks") == {"sent": 1, "failed": 0}
    (delivery,) = deliveries(boss, made["id"])
    assert (delivery["state"], delivery["last_status"]) == ("delivered", 200)
    ((_, headers, body),) = receiver.got
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(base64.b64decode(made["secret"].removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


def test_the_list_of_the_system_counts_too(house, boss, luo, wei, authority, monkeypatch):
    with receiving(says(200), pair=authority.pair(["127.0.0.1"], datetime.now(UTC))) as receiver:
        hook(boss, receiver.url)
        happen(luo, wei)
        assert house.run("tell-hooks") == {"sent": 0, "failed": 1}
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
        house.later(minutes=1)
        assert house.run("tell-hooks") == {"sent": 1, "failed": 0}
        assert len(receiver.got) == 1


def self_signed(folder: Path) -> Pair:
    """A certificate that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    named = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    pair = Pair(folder / "own.crt", folder / "own.key")
    pair.certificate.write_bytes(
        made.add_extension(named, critical=False).sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    )
    pair.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return pair


def test_a_receiver_that_nobody_vouches_for_or_that_has_another_name_is_sent_nothing(
    house, boss, luo, wei, authority, tmp_path
):
    trusting(house, authority.certificate)
    now = datetime.now(UTC)
    strange = {
        "self-signed certificate (": lambda: self_signed(tmp_path),
        "certificate in certificate chain": lambda: LocalAuthority(tmp_path / "unknown").pair(["127.0.0.1"], now),
        "IP address mismatch": lambda: authority.pair(["elsewhere.test"], now),
        "expired": lambda: authority.pair(["127.0.0.1"], now - timedelta(days=3000)),
    }
    for reason, pair in strange.items():
        with receiving(says(200), pair=pair()) as receiver:
            made = hook(boss, receiver.url)
            happen(luo, wei)
            assert house.run("tell-hooks") == {"sent": 0, "failed": 1}, reason
            (failed,) = deliveries(boss, made["id"])
            assert (failed["state"], failed["last_status"]) == ("waiting", None)
            assert "CERTIFICATE_VERIFY_FAILED" in failed["last_answer"]
            assert reason in failed["last_answer"]
            assert receiver.got == []
        assert boss.send("DELETE", f"/web-hooks/{made['id']}").status_code == 204


def test_a_file_of_authorities_that_is_none_is_said_so_at_the_start(tmp_path):
    for text in (None, "no certificate"):
        if text is not None:
            (tmp_path / "ca.pem").write_text(text)
        with pytest.raises(SettingInvalid, match="BLUEGRID_HOOKS_CA"):
            from_environment({"BLUEGRID_DATA": str(tmp_path), "BLUEGRID_HOOKS_CA": str(tmp_path / "ca.pem")})
