"""The people of a finding on its way to close-out, their offices, and the finding."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from backend.services import accounts
from backend.transactions import writing
from tests.backend.cases.case_desks import Desk, Unit
from tests.stories import Phone, Server, jpeg, new_id


@pytest.fixture
def desk(server: Server, client: FlaskClient) -> Callable[..., Desk]:
    def desk(
        name: str, role: str = "supervisor", grants: tuple[str, ...] = ("450206",), office: str | None = None
    ) -> Desk:
        with server.app.app_context(), writing() as session:
            user = accounts.create_user(
                session, id=new_id(), now=server.time.now(), name=name, role=role, grants=list(grants), office=office
            )
            token, _ = accounts.open_login(session, user, server.time.now(), 24 * 60)
            return Desk(client, {"Authorization": f"Bearer {token}"}, user.id)

    return desk


@pytest.fixture
def boss(desk: Callable[..., Desk]) -> Desk:
    return desk("boss", "admin")


@pytest.fixture
def luo(desk: Callable[..., Desk]) -> Desk:
    """The grid supervisor."""
    return desk("luo")


@pytest.fixture
def housing(boss: Desk) -> str:
    """The housing office; returns its id."""
    made = boss.send("POST", "/offices", code="LJ-ZJ", name="柳江区住建局", kind="department", cell="450206")
    assert made.status_code == 201, made.json
    return str(made.json["id"])


@pytest.fixture
def transport(boss: Desk) -> str:
    return str(boss.send("POST", "/offices", code="LJ-JT", name="柳江区交通局", kind="department").json["id"])


@pytest.fixture
def handler(desk: Callable[..., Desk], housing: str) -> Desk:
    """Somebody of the housing office."""
    return desk("qin", "handler", (), housing)


@pytest.fixture
def wei(server: Server) -> Phone:
    return server.phone("wei")


@pytest.fixture
def finding(wei: Phone) -> str:
    found = wei.report()
    assert wei.sync().quiet
    return found


@pytest.fixture
def dispatched(wei: Phone, luo: Desk, housing: str) -> str:
    """A finding with a before-photo, dispatched to the housing office."""
    found = wei.report(photos=[wei.device.capture(jpeg())])
    assert wei.sync().quiet
    luo.walk(found, "submitted", "verified", "registered", "dispatched", office=housing)
    return found


@pytest.fixture
def unit(client: FlaskClient, handler: Desk, dispatched: str) -> Unit:
    """The site's unit with the link that the housing office made."""
    return Unit(client, handler.unit_link(dispatched)["token"])
