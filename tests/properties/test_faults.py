"""Two phones on a bad network: whatever is lost on the way, at rest each op has one effect and the mirrors agree."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.ops import read_body, sha256_of
from tests.stories import Phone, Server
from tests.sync.devices import restarted

WHO = st.integers(0, 1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("report"), WHO),
        st.tuples(st.just("comment"), WHO, st.integers(0, 5)),
        st.tuples(st.just("sync"), WHO, st.integers(0, 8), st.sampled_from(["whole", "request", "answer"])),
        st.tuples(st.just("restart"), WHO),
    ),
    max_size=14,
)
RUN = count()


def fail_at(phone: Phone, k: int, how: str) -> None:
    """The k-th exchange of the next sync loses its request or its answer."""
    left = count()
    lose = lambda method, path: next(left) == k  # noqa: E731
    never = lambda method, path: False  # noqa: E731
    phone.transport.lose_request = lose if how == "request" else never
    phone.transport.lose_answer = lose if how == "answer" else never


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_at_rest_every_op_has_one_effect_and_all_mirrors_agree(server: Server, steps: list[tuple]) -> None:  # type: ignore[type-arg]
    """I1, I2, I3, I9, I10 after any mixture of losses and restarts."""
    run = next(RUN)
    phones = [server.phone(f"wei-{run}"), server.phone(f"mo-{run}")]
    findings: list[str] = []
    comments: dict[str, int] = defaultdict(int)
    for step in steps:
        phone = phones[step[1]]
        if step[0] == "report":
            findings.append(phone.report(f"{run}/{len(findings)}"))
        elif step[0] == "comment" and findings:
            finding = findings[step[2] % len(findings)]
            comments[finding] += 1
            phone.device.record("finding.comment", finding, {"text": "见", "photos": []})
        elif step[0] == "sync":
            fail_at(phone, step[2], step[3])
            phone.sync()
            fail_at(phone, 0, "whole")
        elif step[0] == "restart":
            phones[step[1]] = restarted(server, phone)
    for _ in range(3):
        for phone in phones:
            assert phone.sync().quiet
    assert set(findings) <= set(server.findings())
    for phone in phones:
        assert phone.device.outbox.pending() == []
        assert {result["status"] for result in phone.results()} <= {"applied"}
        seen = [row for row in phone.device.mirror.rows("comment") if row["finding"] in set(findings)]
        for finding in findings:
            assert len([row for row in seen if row["finding"] == finding]) == comments[finding]
    one, two = ({row["id"]: row for row in phone.device.mirror.rows("finding")} for phone in phones)
    assert one == two
    assert_chains_hold(server.op_bodies())


def assert_chains_hold(bodies: list[bytes]) -> None:
    streams: dict[str, list[bytes]] = defaultdict(list)
    for body in bodies:
        streams[json.loads(body)["stream"]].append(body)
    for chain in streams.values():
        prev = None
        for n, body in enumerate(chain, 1):
            op = read_body(body, None)
            assert (op.n, op.prev) == (n, prev)
            prev = sha256_of(body)
