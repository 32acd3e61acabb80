"""Edits and steps of a finding by several people at once: first received stays, nothing is lost."""

from __future__ import annotations

from uuid import UUID, uuid5

import pytest

from tests.stories import Phone, Server

pytestmark = pytest.mark.both_databases
FAR = {"lon": 109.1450, "lat": 24.1350, "datum": "CGCS2000", "accuracy_m": 5.0}


def edit(phone: Phone, finding: str, **values: object) -> None:
    phone.device.record("finding.edit", finding, values, phone.device.mirror.rev("finding", finding))


def step(phone: Phone, finding: str, start: str, to: str, **more: object) -> None:
    args = {"from": start, "to": to, "note": None, "photos": [], "position": None, **more}
    phone.device.record("finding.transition", finding, args, phone.device.mirror.rev("finding", finding))


@pytest.fixture
def two(server: Server) -> tuple[Phone, Phone, str]:
    """Wei's finding, seen by Wei and by the supervisor Luo."""
    wei, luo = server.phone("wei"), server.phone("luo", "supervisor")
    finding = wei.report()
    for phone in (wei, luo, wei):
        assert phone.sync().quiet
    return wei, luo, finding


def test_edits_of_different_fields_both_stand(two: tuple[Phone, Phone, str]) -> None:
    wei, luo, finding = two
    edit(wei, finding, description="北侧土堆未覆盖")
    edit(luo, finding, severity="serious")
    assert wei.sync().quiet
    assert luo.sync().quiet
    assert (wei.last_result()["status"], luo.last_result()["status"]) == ("applied", "merged")
    wei.sync()
    row = wei.device.mirror.row("finding", finding)
    assert row is not None
    assert (row["description"], row["severity"]) == ("北侧土堆未覆盖", "serious")
    assert list(wei.device.mirror.rows("conflict")) == []


def test_of_two_edits_of_one_field_the_first_received_stays_and_both_are_kept(two: tuple[Phone, Phone, str]) -> None:
    wei, luo, finding = two
    edit(wei, finding, description="先到")
    edit(luo, finding, description="后到", severity="serious")
    wei.sync(), luo.sync()
    result = luo.last_result()
    assert result["status"] == "conflict"
    row = luo.device.mirror.row("finding", finding)
    assert row is not None
    assert (row["description"], row["severity"]) == ("先到", "serious")
    (conflict,) = luo.device.mirror.rows("conflict")
    assert conflict["id"] == result["conflict"]
    assert conflict["fields"] == [{"name": "description", "base": "裸土未覆盖", "current": "先到", "incoming": "后到"}]


def test_the_same_new_value_from_two_sides_is_no_conflict(two: tuple[Phone, Phone, str]) -> None:
    wei, luo, finding = two
    edit(wei, finding, severity="serious")
    edit(luo, finding, severity="serious")
    wei.sync(), luo.sync()
    assert luo.last_result()["status"] in ("applied", "merged")
    assert list(luo.device.mirror.rows("conflict")) == []


def test_ones_own_earlier_edit_is_never_meanwhile(two: tuple[Phone, Phone, str]) -> None:
    wei, _, finding = two
    edit(wei, finding, description="一")
    edit(wei, finding, description="二")  # recorded offline, with the same base_rev
    wei.sync()
    assert [result["status"] for result in wei.results()[-2:]] == ["applied", "applied"]
    row = wei.device.mirror.row("finding", finding)
    assert row is not None
    assert row["description"] == "二"


def test_a_later_edit_of_a_lost_field_joins_the_first_conflict_record(two: tuple[Phone, Phone, str]) -> None:
    wei, luo, finding = two
    edit(wei, finding, description="先到")
    edit(luo, finding, description="后到一")
    edit(luo, finding, description="后到二")
    wei.sync(), luo.sync()
    first, second = luo.results()[-2:]
    assert first["conflict"] == second["conflict"]
    (conflict,) = luo.device.mirror.rows("conflict")
    assert conflict["fields"][0]["incoming"] == "后到二"
    assert conflict["joined"][0]["superseded"] == [{"name": "description", "incoming": "后到一"}]


def test_a_moved_finding_leaves_one_area_and_enters_the_other(server: Server) -> None:
    wei = server.phone("wei")
    town = server.phone("qin", grants=("450206100",))
    other = server.phone("mo", grants=("450206107",))
    finding = wei.report()
    for phone in (wei, town, other):
        phone.sync()
    assert town.device.mirror.row("finding", finding) is not None
    edit(wei, finding, position=FAR)
    for phone in (wei, town, other):
        assert phone.sync().quiet
    assert town.device.mirror.row("finding", finding) is None
    assert other.device.mirror.row("finding", finding) is not None


def test_position_is_one_field_of_the_merge(two: tuple[Phone, Phone, str]) -> None:
    wei, luo, finding = two
    edit(wei, finding, position=FAR)
    edit(luo, finding, position={**FAR, "lat": 24.2})
    wei.sync(), luo.sync()
    assert luo.last_result()["status"] == "conflict"
    (conflict,) = luo.device.mirror.rows("conflict")
    assert [field["name"] for field in conflict["fields"]] == ["position"]


def test_a_resolved_conflict_writes_the_choice_and_says_so_once(two: tuple[Phone, Phone, str]) -> None:
    wei, luo, finding = two
    edit(wei, finding, description="先到")
    edit(luo, finding, description="后到")
    wei.sync(), luo.sync()
    conflict = luo.last_result()["conflict"]
    luo.device.record("conflict.resolve", conflict, {"choice": {"description": "incoming"}})
    luo.device.record("conflict.resolve", conflict, {"choice": {"description": "incoming"}})
    luo.device.record("conflict.resolve", conflict, {"choice": {"description": "current"}})
    luo.sync()
    results = luo.results()[-3:]
    assert [result["status"] for result in results] == ["applied", "applied", "rejected"]
    assert results[2]["problem"]["code"] == "already-resolved"
    assert luo.sync().resynced == wei.sync().resynced == []  # the digests count a conflict's old entry out (I3)
    row, record = wei.device.mirror.row("finding", finding), wei.device.mirror.row("conflict", conflict)
    assert row is not None
    assert record is not None
    assert (row["description"], record["state"]) == ("后到", "resolved")


def test_an_inspector_may_not_resolve(two: tuple[Phone, Phone, str]) -> None:
    wei, luo, finding = two
    edit(wei, finding, description="先到")
    edit(luo, finding, description="后到")
    wei.sync(), luo.sync()
    wei.device.record("conflict.resolve", luo.last_result()["conflict"], {"choice": {"description": "current"}})
    wei.sync()
    assert (wei.last_result()["status"], wei.last_result()["problem"]["code"]) == ("held", "right-lost")


def test_a_step_from_an_old_state_is_a_conflict_whose_evidence_stays(two: tuple[Phone, Phone, str]) -> None:
    wei, luo, finding = two
    step(luo, finding, "submitted", "rejected", note="不属实")
    luo.sync()
    other = wei.server.phone("tan", "supervisor")
    other.sync()
    step(other, finding, "submitted", "verified", note="现场属实", photos=["ab" * 32])
    other.sync()
    assert other.last_result()["status"] == "conflict"
    row = other.device.mirror.row("finding", finding)
    assert row is not None
    assert row["state"] == "rejected"
    assert [photo["sha256"] for photo in row["photos"]] == ["ab" * 32]


def test_after_close_out_an_edit_is_a_conflict(two: tuple[Phone, Phone, str]) -> None:
    wei, luo, finding = two
    step(luo, finding, "submitted", "rejected", note="不属实")
    luo.sync(), wei.sync()
    edit(wei, finding, description="补充")
    wei.sync()
    assert wei.last_result()["status"] == "conflict"
    row = wei.device.mirror.row("finding", finding)
    assert row is not None
    assert row["description"] == "裸土未覆盖"


def test_an_edit_before_its_finding_waits_for_it(server: Server) -> None:
    wei, luo = server.phone("wei"), server.phone("luo", "supervisor")
    finding = wei.report()
    edit(luo, finding, severity="serious")
    luo.sync()
    assert luo.last_result()["status"] == "held"
    wei.sync(), luo.sync()
    assert luo.last_result()["status"] in ("applied", "conflict")


def test_what_hangs_on_a_finding_moves_with_it(server: Server) -> None:
    """Guards publishing.finding_and_what_hangs_on_it: a comment and a conflict are where their finding is."""
    wei, luo = server.phone("wei"), server.phone("luo", "supervisor")
    town, other = server.phone("qin", grants=("450206100",)), server.phone("mo", grants=("450206107",))
    finding = wei.report()
    wei.sync(), luo.sync()
    luo.device.record("finding.comment", finding, {"text": "见", "photos": []})
    edit(wei, finding, description="先到"), edit(luo, finding, description="后到")
    for phone in (wei, luo, town, other):
        assert phone.sync().quiet
    kinds = ("finding", "comment", "conflict")
    assert [len(list(town.device.mirror.rows(kind))) for kind in kinds] == [1, 1, 1]
    edit(wei, finding, position=FAR)
    for phone in (wei, town, other):
        assert phone.sync().quiet
    assert [len(list(town.device.mirror.rows(kind))) for kind in kinds] == [0, 0, 0]
    assert [len(list(other.device.mirror.rows(kind))) for kind in kinds] == [1, 1, 1]


def test_a_resolution_that_comes_before_its_conflict_waits_for_it(server: Server):
    """As after a restore, when the supervisor's phone is quicker than the one whose edit lost."""
    wei, luo = server.phone("wei"), server.phone("luo", "supervisor")
    finding = wei.report()
    wei.sync()
    luo.sync()
    edit = wei.device.record("finding.edit", finding, {"severity": "serious"}, 1)
    luo.device.record("finding.edit", finding, {"severity": "minor"}, 1)
    luo.sync()
    conflict = str(uuid5(UUID(edit["id"]), "conflict"))
    luo.device.record("conflict.resolve", conflict, {"choice": {"severity": "incoming"}})
    luo.sync()
    assert (luo.last_result()["status"], luo.last_result()["problem"]["code"]) == ("held", "parent-missing")
    wei.sync()
    assert wei.last_result()["status"] == "conflict"
    luo.sync()
    assert luo.device.mirror.row("conflict", conflict)["state"] == "resolved"
    assert luo.device.mirror.row("finding", finding)["severity"] == "serious"


def test_a_step_that_needs_a_reason_and_has_none_waits_for_a_supervisor(two: tuple[Phone, Phone, str]) -> None:
    _, luo, finding = two
    step(luo, finding, "submitted", "rejected")
    luo.sync()
    assert (luo.last_result()["status"], luo.last_result()["problem"]["code"]) == ("held", "note-missing")
