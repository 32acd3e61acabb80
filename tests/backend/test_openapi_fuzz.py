"""Requests made from the API's own description: whatever is sent, no answer is a fault of ours or undocumented.

Schemathesis makes well-formed and ill-formed requests for every route; a part of them name rows that exist. The table
of routes is the one that rights are tested by, so a new route is fuzzed without a further line.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

from backend import create_app
from backend.api.docs import openapi_path
from backend.clock import Clock
from backend.extensions import db
from backend.services import accounts
from backend.transactions import writing
from tests.backend.test_access import ADMIN, DEVICES, KNOWN, OFFICE, PEOPLE, PUBLIC
from tests.conftest import settings_for
from tests.stories import FakeTime, Server, jpeg

CONFORMS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
PAGES = {  # for people: test_fire_page.py, test_rectify_page.py
    f"GET {page}{part}" for page in ("/fire", "/rectify") for part in ("", "/page.css", "/page.js")
}
WEB = {f"GET /{app}/{path}" for app in ("app", "console") for path in ("", "<path:path>")}  # test_built_web.py
UNDESCRIBED = {"GET /", "GET /api/docs/", "GET /api/docs/<path:path>", *PAGES, *WEB}
ROUTES = sorted({*PUBLIC, *ADMIN, *OFFICE, *PEOPLE, *DEVICES, *KNOWN} - UNDESCRIBED)
TUS = {"Tus-Resumable": "1.0.0"}
PLAIN = {"Accept-Encoding": "identity"}  # the checks read bodies as they come
BYTES = "application/offset+octet-stream"
EXAMPLES = {"admin": 10, "device": 4, "nobody": 2}
"""Of each route in `make test`: an admin's requests come the farthest, most others end at the door."""

schemathesis.openapi.media_type(BYTES, st.binary(max_size=2000))


@schemathesis.serializer(BYTES)
def as_they_are(_context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


class Fuzzed:
    """One server for all requests, with something in it, and those who call it."""

    def __init__(self, folder: Path, database: str) -> None:
        time = FakeTime()
        self.app = create_app(settings_for(folder, database), Clock(now=time.now))
        self.server = Server(self.app, time)
        self.server.person("boss", "admin", ("450000",))
        self.phone = self.server.phone()
        sha256 = self.phone.device.capture(jpeg())
        finding = self.phone.report(photos=[sha256])
        assert self.phone.sync().quiet
        stream = self.phone.device.outbox.stream()["id"]
        upload = self._upload()
        self.real = {"finding_id": finding, "sha256": sha256, "stream": stream, "n": 1, "upload_id": upload}
        config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
        self.schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", self.app, config=config)
        self.checks = CHECKS.get_by_names(CONFORMS)

    def _upload(self) -> str:
        announced = {**TUS, "Upload-Length": "500", "Upload-Metadata": "sha256 " + "YWFh" * 21 + "YQ=="}
        answer = self.phone.raw("POST", "/api/v1/media", **announced)
        assert answer.status == 201
        return answer.headers["location"].rsplit("/", 1)[1]

    def signed(self, caller: str) -> dict[str, str]:
        """The headers of one call; a person signs in anew for each, which may be the one that ends it."""
        if caller == "nobody":
            return {}
        if caller == "device":
            return {"Authorization": f"Bearer {(self.phone.storage.get('meta', 'token') or {})['token']}"}
        with self.app.app_context(), writing() as session:
            token, _ = accounts.open_login(session, accounts.by_name(session, "boss"), self.server.time.now(), 12)
        return {"Authorization": f"Bearer {token}"}

    def requests(self, route: str) -> st.SearchStrategy[schemathesis.Case]:
        method, path = route.split(" ")
        operation = self.schema[openapi_path(path)][method]
        made = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        if not operation.body and not len(operation.query) and not len(operation.headers):
            return made  # nothing in it can be ill-formed
        return made | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)


@pytest.fixture(scope="module")
def fuzzed(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    folder = tmp_path_factory.mktemp("fuzzed")
    shutil.copy(sqlite_template, folder / "fuzzed.sqlite3")
    made = Fuzzed(folder / "data", f"sqlite:///{folder / 'fuzzed.sqlite3'}")
    yield made
    with made.app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize(
    ("caller", "examples"),
    [*EXAMPLES.items(), *(pytest.param(caller, 300, marks=pytest.mark.slow) for caller in EXAMPLES)],
)
@pytest.mark.parametrize("route", ROUTES)
def test_no_request_gets_an_answer_that_is_a_fault_or_undocumented(
    fuzzed: Fuzzed, route: str, caller: str, examples: int
) -> None:
    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=fuzzed.requests(route), existing=st.booleans(), tus=st.booleans())
    def holds(case: schemathesis.Case, existing: bool, tus: bool) -> None:
        if existing:
            case.path_parameters.update({k: v for k, v in fuzzed.real.items() if k in case.path_parameters})
        headers = PLAIN | fuzzed.signed(caller) | (TUS if tus and "/media" in route else {})
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=fuzzed.checks)
        described = case.operation.definition.raw["responses"]
        assert answer.status_code >= 400 or str(answer.status_code) in described, answer.status_code
        if caller == "nobody" and route not in PUBLIC:
            assert answer.status_code in (401, 404)  # 404: a path that is none of ours, its id being no id

    holds()
