"""Evidence bundles: what is in one, and whatever is changed in it afterwards is named."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from sqlalchemy import select

from backend import create_app
from backend.blobs import Shelf, place_of
from backend.extensions import db
from backend.models import AuditEvent
from backend.receipt_key import server_key
from backend.services import evidence
from backend.transactions import writing
from sync import bundle_check, receipts, signing
from sync.bundle_check import BundleInvalid, Report
from sync.canonical import canonical
from sync.receipts import Jwk, SigningKey
from tests.conftest import settings_for
from tests.pictures import jpeg, scene
from tests.stories import IN_LIUJIANG, Phone, Server, new_id

ROOT = Path(__file__).resolve().parents[2]
Edit = Callable[[bytes], bytes]


def photo(phone: Phone, finding: str, sha256: str, size: int) -> None:
    args = {
        "sha256": sha256, "size": size, "media_type": "image/jpeg", "captured_at": phone.clock.now().isoformat(),
        "position": dict(IN_LIUJIANG), "source": "camera", "subject": {"type": "finding", "id": finding},
        "role": "before",
    }  # fmt: skip
    phone.device.record("photo.add", new_id(), args)


class Told:
    """A finding with a photo, a comment and a step, from a phone with a key; its first day is sealed."""

    def __init__(self, server: Server, client: FlaskClient) -> None:
        self.server, self.client = server, client
        key = ec.generate_private_key(ec.SECP256R1())
        public = signing.jwk_of(key.public_key())
        self.phone = server.phone("wei", signer=lambda body: signing.sign(key, body), public_key=public)
        self.data = jpeg(scene(1))
        self.sha256 = self.phone.device.capture(self.data)
        self.finding = self.phone.report(photos=[self.sha256])
        photo(self.phone, self.finding, self.sha256, len(self.data))
        assert self.phone.sync().quiet
        server.time.pass_by(days=1)
        self.chief = server.token("luo", "supervisor")
        self.seal()
        self.phone.device.record("finding.comment", self.finding, {"text": "已通知施工方", "photos": []})
        assert self.phone.sync().quiet
        body = {"from": "submitted", "to": "verified"}
        assert client.post(f"/api/v1/findings/{self.finding}/steps", json=body, headers=self.chief).status_code == 200

    def seal(self) -> None:
        with self.server.app.app_context(), writing() as session:
            evidence.seal(session, server_key().signing, self.server.time.now(), server_key().register)

    def bundle(self) -> bytes:
        answer = self.client.post(f"/api/v1/evidence/bundles/{self.finding}", headers=self.chief)
        assert (answer.status_code, answer.mimetype) == (200, "application/zip")
        return answer.data

    def keys(self) -> dict[str, Jwk]:
        return receipts.by_kid(self.client.get("/api/v1/sync/receipt-key").get_json()["keys"])


@pytest.fixture
def told(server: Server, client: FlaskClient) -> Told:
    return Told(server, client)


def check(bundle: bytes, keys: dict[str, Jwk] | None = None) -> Report:
    return bundle_check.check(io.BytesIO(bundle), keys)


def contents(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def packed(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in members.items():
            made.writestr(name, data)
    return out.getvalue()


def blamed(bundle: bytes, keys: dict[str, Jwk] | None = None) -> str:
    with pytest.raises(BundleInvalid) as caught:
        check(bundle, keys)
    return caught.value.member


def flipped(data: bytes) -> bytes:
    """One byte in the middle, changed."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def resealed(members: dict[str, bytes], key: SigningKey, changes: dict[str, Edit]) -> dict[str, bytes]:
    """What somebody with a key of the server could make of a bundle: changed files under a new list and a new seal."""
    changed = {name: changes.get(name, lambda data: data)(data) for name, data in members.items()}
    manifest = json.loads(members[bundle_check.MANIFEST])
    for each in manifest["members"]:
        data = changed[each["name"]]
        each["size"], each["sha256"] = len(data), hashlib.sha256(data).hexdigest()
    changed[bundle_check.MANIFEST] = canonical(manifest)
    sealed = {"manifest": hashlib.sha256(changed[bundle_check.MANIFEST]).hexdigest(), "finding": ""}
    changed[bundle_check.SEAL] = key.seal(receipts.BUNDLE, sealed).encode()
    return changed


def kinds(members: dict[str, bytes]) -> dict[str, str]:
    """A member of each kind, by its folder or name."""
    found: dict[str, str] = {}
    for name in sorted(members):
        found.setdefault(
            name.split("/")[0] if "/" in name and "ops/i" not in name and "ops/s" not in name else name, name
        )
    return found


# what is in one -----------------------------------------------------------------------------------------------------
@pytest.mark.both_databases
def test_a_bundle_holds_all_that_a_finding_rests_on_and_agrees_with_the_servers_keys(told: Told) -> None:
    bundle = told.bundle()
    report = check(bundle, told.keys())
    assert report.trusted
    assert (report.unsigned, report.unnamed, report.counts["photos"], report.counts["receipts"]) == (0, 0, 1, 3)
    members = contents(bundle)
    assert members[f"photos/{told.sha256}.jpg"] == told.data
    finding = json.loads(members["records/finding.json"])
    assert [step["action"] for step in finding["steps"]] == ["verify"]
    assert [comment["text"] for comment in finding["comments"]] == ["已通知施工方"]
    assert finding["evidence_lacks"] == ["no-administrative-inspection"]
    ops = json.loads(members["ops/index.json"])["ops"]
    assert [op["cmd"] for op in ops] == ["finding.report", "photo.add", "finding.comment"]
    assert [members[op["file"]] in told.server.op_bodies() for op in ops] == [True] * 3
    photos = json.loads(members["records/photos.json"])
    assert photos["uses"][0]["records"][0]["op"]["signature"] == "valid"
    assert "证据包" in members["README.txt"].decode()
    assert "Evidence bundle" in members["README.txt"].decode()


def test_entries_of_today_are_proven_once_their_day_is_sealed(told: Told) -> None:
    assert check(told.bundle()).waiting == 1
    told.server.time.pass_by(days=1)
    told.seal()
    told.chief = told.server.token("meng", "supervisor")
    assert check(told.bundle()).waiting == 0


def test_a_bundle_is_in_the_audit_trail_with_its_hash(told: Told) -> None:
    bundle = told.bundle()
    with told.server.app.app_context():
        said = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "evidence.bundle")).one()
        assert (said.subject, said.details["sha256"]) == (told.finding, hashlib.sha256(bundle).hexdigest())
        db.session.remove()


def test_a_bundle_comes_with_its_size_its_hash_and_how_many_originals_it_lacks(told: Told) -> None:
    answer = told.client.post(f"/api/v1/evidence/bundles/{told.finding}", headers=told.chief)
    assert answer.headers["X-Content-SHA256"] == hashlib.sha256(answer.data).hexdigest()
    assert (answer.content_length, answer.headers["X-Bluegrid-Missing"]) == (len(answer.data), "0")


def test_who_may_not_see_the_finding_gets_no_bundle(told: Told) -> None:
    stranger = told.server.token("mo", "supervisor", ("450305",))
    answer = told.client.post(f"/api/v1/evidence/bundles/{told.finding}", headers=stranger)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not-found")


def test_a_photo_whose_bytes_never_came_or_went_bad_is_said_to_be_missing(told: Told, server: Server) -> None:
    files = Path(server.app.extensions["bluegrid.settings"].blob_url.removeprefix("file://"))
    place = files / place_of(told.sha256, Shelf.ORIGINALS)
    place.chmod(0o600)
    place.write_bytes(flipped(told.data))
    told.phone.device.record("finding.comment", told.finding, {"text": "见照片", "photos": ["0" * 64]})
    told.phone.sync()
    report = check(told.bundle(), told.keys())
    assert {each["sha256"] for each in report.manifest["missing"]} == {told.sha256, "0" * 64}
    assert "NOT INCLUDED" in "\n".join(bundle_check.told(report))


# what is changed in one ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("trusting", [True, False], ids=["with the server's keys", "with its own keys"])
def test_a_byte_changed_in_any_kind_of_file_is_named(told: Told, trusting: bool) -> None:
    members, keys = contents(told.bundle()), told.keys() if trusting else None
    of_each = kinds(members)
    assert set(of_each) == {
        "README.txt", "keys.json", "log", "manifest.json", "manifest.jws", "ops", "ops/index.json", "ops/streams.json",
        "photos", "receipts", "records",
    }  # fmt: skip
    for name in members:
        assert blamed(packed({**members, name: flipped(members[name])}), keys) == name


def test_a_file_that_is_gone_or_added_or_there_twice_is_named(told: Told) -> None:
    members = contents(told.bundle())
    for name in members:
        assert blamed(packed({each: data for each, data in members.items() if each != name})) == name
    assert blamed(packed({**members, "photos/extra.jpg": b"x"})) == "photos/extra.jpg"
    twice = io.BytesIO(packed(members))
    with zipfile.ZipFile(twice, "a") as made, pytest.warns(UserWarning, match="Duplicate"):
        made.writestr("records/finding.json", b"{}")
    assert blamed(twice.getvalue()) == "records/finding.json"


def test_a_bit_that_a_disk_turned_in_the_zip_is_never_missed(told: Told) -> None:
    bundle = told.bundle()
    with zipfile.ZipFile(io.BytesIO(bundle)) as opened:
        middles = [
            (info.filename, info.header_offset + 30 + len(info.filename.encode()) + 24) for info in opened.infolist()
        ]
    for name, at in middles:
        if name.startswith("photos/"):
            at += 20  # past the header's further fields
        assert blamed(bundle[:at] + bytes([bundle[at] ^ 1]) + bundle[at + 1 :]) in (name, "the file")


def test_a_list_that_somebody_else_has_sealed_does_not_pass_the_servers_keys(told: Told) -> None:
    forger = SigningKey(Ed25519PrivateKey.generate())
    lie: dict[str, Edit] = {"records/finding.json": lambda data: data.replace("裸土".encode(), "无事".encode())}
    lie["keys.json"] = lambda data: json.dumps({"keys": [*json.loads(data)["keys"], forger.jwk]}).encode()
    forged = packed(resealed(contents(told.bundle()), forger, lie))
    assert blamed(forged, told.keys()) == "manifest.jws"
    assert not check(forged).trusted  # by its own keys it agrees with itself, and says that this is all


def changed(document: bytes, change: Callable[[Any], None]) -> bytes:
    said = json.loads(document)
    change(said)
    return json.dumps(said).encode()


def test_not_even_the_server_can_change_what_a_device_signed_or_what_it_told_a_device(told: Told) -> None:
    members = contents(told.bundle())
    with told.server.app.app_context():
        key = server_key().signing
    index = json.loads(members["ops/index.json"])["ops"]
    first, second = index[0], index[1]

    def as_the_server(changes: dict[str, Edit]) -> str:
        return blamed(packed(resealed(members, key, changes)), told.keys())

    lie: Edit = lambda data: data.replace("裸土".encode(), "无事".encode())  # noqa: E731
    forged = lie(members[first["file"]])
    assert forged != members[first["file"]]
    assert as_the_server({first["file"]: lie}) == first["file"]
    named_so = {"sha256": hashlib.sha256(forged).hexdigest()}
    relisted: Edit = lambda data: changed(data, lambda said: said["ops"][0].update(named_so))  # noqa: E731
    assert as_the_server({first["file"]: lie, "ops/index.json": relisted}) == first["file"]
    assert as_the_server({first["receipt"]: lambda data: members[second["receipt"]]}) == first["receipt"]
    entry = f"log/{first['log'][0]:012}.json"
    other = f"log/{second['log'][0]:012}.json"
    assert as_the_server({entry: lambda data: changed(data, lambda said: said["entry"].update(at="2020"))}) == entry
    moved: Edit = lambda data: changed(data, lambda said: said["proof"].update(path=["0" * 64]))  # noqa: E731
    assert as_the_server({other: moved}) == other
    unrooted: Edit = lambda data: changed(data, lambda said: said.update(root=None, proof=None))  # noqa: E731
    assert check(packed(resealed(members, key, {other: unrooted})), told.keys()).waiting == 2
    exchanged: Edit = lambda data: changed(data, lambda said: said["ops"][0].update(log=second["log"]))  # noqa: E731
    assert as_the_server({"ops/index.json": exchanged}) == first["file"]


NONSENSE = (
    b"", b"[]", b"null", b"{}", b"\xff{", b"[" * 5000, b'{"entry": {"n": 1}}', b'{"keys": [7]}', b'{"members": [{}]}',
    b'{"ops": [{}]}', b'{"ops": [{"stream": 1, "n": "x", "sha256": null}]}', b'{"ops": [{"stream": [], "n": 1}]}',
)  # fmt: skip


def test_whatever_somebody_seals_with_a_key_of_their_own_is_answered_in_words(told: Told) -> None:
    forger = SigningKey(Ed25519PrivateKey.generate())
    members = contents(told.bundle())
    members["keys.json"] = json.dumps({"keys": [*told.keys().values(), forger.jwk]}).encode()
    told_bad = set()
    for name in kinds(members).values():
        for nonsense in NONSENSE:
            forged = resealed(members, forger, {name: lambda data, nonsense=nonsense: nonsense})
            if name in (bundle_check.MANIFEST, bundle_check.SEAL):
                forged[name] = nonsense
            if name == bundle_check.MANIFEST:
                sealed = {"manifest": hashlib.sha256(nonsense).hexdigest()}
                forged[bundle_check.SEAL] = forger.seal(receipts.BUNDLE, sealed).encode()
            try:
                assert bundle_check.told(check(packed(forged)))
            except BundleInvalid as error:
                told_bad.add((name, error.member))
    assert {name for name, _ in told_bad} == set(kinds(members).values()) - {"README.txt", "records/finding.json"}


@pytest.mark.parametrize("junk", [b"", b"PK\x05\x06" + b"\0" * 18, b"no zip at all", b"PK\x03\x04" + b"\xff" * 300])
def test_what_is_no_bundle_is_told_so(junk: bytes) -> None:
    assert blamed(junk) in ("the file", "manifest.json")


# commands -----------------------------------------------------------------------------------------------------------
def test_bundled_and_verified_on_the_command_line_without_a_database(told: Told, tmp_path: Path) -> None:
    out, keys = tmp_path / "证据.zip", tmp_path / "keys.json"
    number = told.server.finding(told.finding).number  # type: ignore[union-attr]
    made = told.server.app.test_cli_runner().invoke(args=["evidence", "bundle", number, "--out", str(out)])
    assert (made.exit_code, "1 photos, 3 ops" in made.output) == (0, True), made.output
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".part"] == []
    keys.write_bytes(told.client.get("/api/v1/sync/receipt-key").data)
    elsewhere = create_app(settings_for(tmp_path / "elsewhere", f"sqlite:///{tmp_path / 'none.sqlite3'}"))
    runner = elsewhere.test_cli_runner()
    good = runner.invoke(args=["evidence", "verify", str(out), "--key", str(keys)])
    assert (good.exit_code, good.output.splitlines()[-1]) == (0, "Nothing in it was changed."), good.output
    assert not (tmp_path / "none.sqlite3").exists()
    members = contents(out.read_bytes())
    out.write_bytes(packed({**members, "records/finding.json": flipped(members["records/finding.json"])}))
    bad = runner.invoke(args=["evidence", "verify", str(out)])
    assert (bad.exit_code, bad.output.startswith("BAD: records/finding.json")) == (1, True), bad.output


def test_a_bundle_is_checked_with_nothing_but_the_library_of_the_protocol(told: Told, tmp_path: Path) -> None:
    out = tmp_path / "bundle.zip"
    out.write_bytes(told.bundle())
    done = subprocess.run(
        [sys.executable, "-m", "sync.bundle_check", str(out)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "agrees with itself" in done.stdout) == (0, True), done.stdout + done.stderr
