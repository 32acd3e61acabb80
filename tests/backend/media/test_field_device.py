"""The field app's own device core, run by Node, against the real server on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from backend.extensions import db
from backend.models import OpRecord, Stream
from sync import signing
from tests.field_device import FieldDevice
from tests.stories import Server, jpeg


@pytest.fixture
def device(server: Server, address: str) -> Iterator[FieldDevice]:
    server.person("wei")
    device = FieldDevice()
    device.begin(address)
    device.do("enrol", code=server.invite("wei"))
    yield device
    device.close()


def test_the_field_app_enrols_records_with_a_photo_and_syncs(server: Server, device: FieldDevice) -> None:
    """Its signatures hold for the server, the server's receipts hold for it, and both agree on the digests."""
    finding = device.report(jpeg())
    assert [one["state"] for one in device.state()["standings"]] == ["on-device"]
    report = device.sync()
    assert (report["trouble"], report["acknowledged"], report["uploaded"]) == (None, 2, 1)
    state = device.state()
    assert [one["state"] for one in state["standings"]] == ["complete"]
    assert {op["receipt"] for op in state["retained"]} == {"verified"}
    assert server.findings() == [finding]
    (row,) = (row["row"] for row in state["rows"] if row["type"] == "finding")
    assert [photo["stored"] for photo in row["photos"]] == [True]
    assert _all_signed(server) == 2


def test_a_device_whose_key_is_another_goes_on_in_a_new_stream(server: Server, device: FieldDevice) -> None:
    """Ops that it cannot have signed are refused as a batch; it re-issues them, signed anew, and has lost nothing."""
    finding = device.report()
    stream = device.state()["stream"]["id"]
    device.do("scramble")
    assert device.sync()["trouble"] is None
    assert server.findings() == [finding]
    assert device.state()["stream"]["id"] != stream
    assert _all_signed(server) == 1


def _all_signed(server: Server) -> int:
    """How many ops the server holds, each signed by the key of its stream."""
    with server.app.app_context():
        ops = db.session.execute(select(OpRecord.body, OpRecord.sig, Stream.public_key).join(Stream)).all()
        assert all(signing.verifies(signing.read_key(key), body, sig) for body, sig, key in ops)
        db.session.remove()
    return len(ops)
