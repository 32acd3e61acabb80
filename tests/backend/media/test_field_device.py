"""The field app's own device core, run by Node, against the real server on loopback."""

from __future__ import annotations

from itertools import count

import pytest
from sqlalchemy import select

from backend.extensions import db
from backend.models import OpRecord, Stream
from sync import signing
from tests.field_device import FieldDevice, Node
from tests.stories import Server, jpeg


@pytest.fixture
def device(server: Server, address: str, node: Node) -> FieldDevice:
    server.person("wei")
    device = FieldDevice(node)
    device.begin(address)
    device.do("enrol", code=server.invite("wei"))
    return device


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


def test_whatever_write_of_a_sync_fails_nothing_is_lost_or_doubled(
    server: Server, device: FieldDevice, address: str
) -> None:
    """The power goes before each of its writes in turn; the app that starts again ends what was begun."""
    assert device.sync()["trouble"] is None  # the packs of checklists
    recorded: set[str] = set()
    for writes in count():
        recorded.add(device.report(jpeg((8 + writes, 8))))
        device.do("power", writes=writes)
        trouble = device.sync()["trouble"]
        died = device.do("power", writes=0) < 0
        assert died == (trouble is not None), trouble
        device.begin(address)
        assert device.sync()["trouble"] is None
        if not died:
            break
    assert writes >= 8
    assert set(server.findings()) == recorded
    state = device.state()
    assert {one["state"] for one in state["standings"]} == {"complete"}
    assert [op["n"] for op in state["retained"]] == list(range(1, 2 * len(recorded) + 1))
    photos = [photo for row in state["rows"] if row["type"] == "finding" for photo in row["row"]["photos"]]
    assert [photo["stored"] for photo in photos] == [True] * len(recorded)


def test_a_record_is_kept_whole_or_not_at_all(device: FieldDevice, address: str) -> None:
    device.do("power", writes=1)  # the photo's bytes
    with pytest.raises(AssertionError):
        device.report(jpeg())
    device.begin(address)
    state = device.state()
    assert (state["outbox"], state["standings"], state["stream"]["n"]) == ([], [], 0)
    assert [photo["state"] for photo in state["media"]] == ["held"]
    device.report(jpeg())
    assert [op["n"] for op in device.state()["outbox"]] == [1, 2]


def _all_signed(server: Server) -> int:
    """How many ops the server holds, each signed by the key of its stream."""
    with server.app.app_context():
        ops = db.session.execute(select(OpRecord.body, OpRecord.sig, Stream.public_key).join(Stream)).all()
        assert all(signing.verifies(signing.read_key(key), body, sig) for body, sig, key in ops)
        db.session.remove()
    return len(ops)
