"""Statistics: what they count, that each number's list has as many rows, who sees what, and the sums behind them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from backend.models import Campaign, Case, Finding, FirePoint, ManagementUnit, UnitMember
from backend.services import accounts, figures, placing, statistics
from backend.transactions import reading, writing
from geo.position import parse_position
from tests.backend.counted import NOON, Reader, Register, kept, kept_sums, standings, sums
from tests.backend.records import BEIJING_CITY, CHENGZHONG, GUIGANG, LIUJIANG, Records, new_id
from tests.stories import Server

both = pytest.mark.both_databases
ELSEWHERE_IN_LIUJIANG = (109.40, 24.10)
PLACES = [LIUJIANG, CHENGZHONG, GUIGANG, BEIJING_CITY, None]
ITEM = "dust.lj6.cover"


@pytest.fixture
def records(app: Flask, session: Session) -> Records:
    return Records(app, session)


@pytest.fixture
def register(records: Records) -> Register:
    return Register(records)


@pytest.fixture
def boss(records: Records, client: FlaskClient) -> Reader:
    return Reader(client, records.person("admin"))


def counts(line: Any) -> dict[str, int]:
    """What a line counts, without the zeros."""
    return {figure: told["n"] for figure, told in line["figures"].items() if told["n"]}


def by_code(told: Any) -> dict[str, dict[str, int]]:
    return {line["code"]: counts(line) for line in told["items"]}


@both
def test_a_finding_counts_by_what_became_of_it(register: Register, boss: Reader) -> None:
    register.finding("rejected")
    register.finding("rectifying")  # its term ends on the 25th
    register.finding("returned", put_right=1)
    register.finding("feedback", put_right=3)
    register.finding("closed", put_right=3.1, closed=4)
    register.finding("reopened", reopened=1)
    due = NOON + timedelta(days=3)
    assert counts(boss.statistics(as_of=due.isoformat())["total"]) == {
        "found": 5, "rectified": 2, "closed": 1, "on_time": 1, "late": 1, "repeated": 1,
    }  # fmt: skip
    later = due + timedelta(seconds=1)
    assert counts(boss.statistics(as_of=later.isoformat())["total"])["overdue"] == 2


def test_what_was_parked_is_not_overdue_meanwhile(register: Register, boss: Reader, session: Session) -> None:
    parked = register.finding("rectifying", due=NOON - timedelta(days=1))
    session.get_one(Case, parked).parked_until = NOON + timedelta(days=1)
    session.commit()
    assert "overdue" not in counts(boss.statistics()["total"])
    later = {"as_of": (NOON + timedelta(days=2)).isoformat()}
    assert counts(boss.statistics(**later)["total"])["overdue"] == 1


def test_a_rate_of_nothing_is_null(register: Register, boss: Reader) -> None:
    nothing = {"numerator": 0, "denominator": 0, "rate": None}
    assert set(map(str, boss.statistics()["total"]["rates"].values())) == {str(nothing)}
    register.finding("rectifying")
    rates = boss.statistics()["total"]["rates"]
    assert rates["rectification_rate"] == {"numerator": 0, "denominator": 1, "rate": 0.0}
    assert rates["on_time_rate"] == nothing


@pytest.mark.parametrize(
    ("found_after", "item", "closed", "repeated"),
    [(10, ITEM, 5, 1), (95, ITEM, 5, 1), (96, ITEM, 5, 0), (4, ITEM, 5, 0), (10, "dust.lj6.hoarding", 5, 0)],
)
def test_the_same_item_at_a_site_counts_as_repeated_for_90_days_after_its_close_out(
    register: Register, session: Session, found_after: int, item: str, closed: int, repeated: int
) -> None:
    site = register.records.site().id
    register.finding("closed", site_id=site, item=ITEM, put_right=closed, closed=closed)
    again = register.finding("submitted", site_id=site, item=item, day=found_after)
    assert kept(session)[again]["repeated"] == repeated


@both
def test_a_close_out_that_arrives_late_makes_what_was_found_since_repeated(
    register: Register, session: Session
) -> None:
    site = register.records.site().id
    first = register.finding("recheck", site_id=site, item=ITEM, put_right=1)
    again = register.finding("submitted", site_id=site, item=ITEM, day=3)
    assert kept(session)[again]["repeated"] == 0
    session.get_one(Finding, first).state = "closed"
    session.get_one(Case, first).closed_at = NOON + timedelta(days=2)
    session.commit()
    assert kept(session)[again]["repeated"] == 1
    session.get_one(Finding, first).state = "reopened"
    session.commit()
    assert kept(session)[again]["repeated"] == 0


def filled(register: Register, records: Records) -> dict[str, Any]:
    """A little of everything, in three counties, in no cell, and in October and November."""
    office, site = register.office(), records.site(code="A", responsible_unit="甲公司 & 乙公司")
    for n, place in enumerate((LIUJIANG, LIUJIANG, ELSEWHERE_IN_LIUJIANG, CHENGZHONG, GUIGANG, BEIJING_CITY)):
        topic = ("dust", "straw")[n % 2]
        register.finding("rectifying", place, office if n % 3 == 0 else None, topic=topic, due=NOON - timedelta(days=n))
        register.finding("closed", place, office, topic=topic, put_right=n, closed=n + 1, day=-20 * (n % 2))
        records.inspection(register.author, records.checklist("dust-liujiang"), ("450206100", "450202", None)[n % 3])
    register.finding("feedback", None, put_right=1)
    register.finding("closed", site_id=site.id, item=ITEM, put_right=-9, closed=-8, day=-10)
    register.finding("submitted", site_id=site.id, item=ITEM)
    whole = register.finding("closed", put_right=1, closed=2)
    records.session.get_one(Finding, whole).cell_code = "450206"  # placed no finer than its county
    unit = ManagementUnit(id=new_id(), code="M-PARK", name="示范园区", kind="industrial_park", cells=[], rev=1)
    campaign = Campaign(
        id=new_id(), code="C", name="秋冬扬尘", topic="dust", document_no=None, issuing_body="市大气办",
        first_day=NOON.date() - timedelta(days=5), last_day=NOON.date(), cells=["450206"], seasons=[], hours=[],
        checklists=[], asks_for_tracks=False, state="running", created_by=register.author.id, created_at=NOON, rev=1,
    )  # fmt: skip
    records.session.add_all([unit, campaign, UnitMember(subject_type="finding", subject_id=whole, code="M-PARK")])
    records.session.commit()
    return {"office": office, "campaign": campaign.id}


@both
def test_every_number_has_a_list_of_as_many(register: Register, records: Records, boss: Reader) -> None:
    filled(register, records)
    for by in statistics.DIMENSIONS:
        told = boss.statistics(by=by, monthly=by == "county", **{"from": "2026-10-15"})
        assert sum(sum(counts(line).values()) for line in told["items"]) > 0, by
        assert boss.differing(told) == [], by


def test_lists_of_narrowed_statistics_have_as_many_rows_too(register: Register, records: Records, boss: Reader) -> None:
    filled(register, records)
    for narrowed in (
        {"cell": "450206"},
        {"cell": "450206100", "topic": "dust"},
        {"cell": "unassigned"},
        {"severity": "moderate", "cell": "450206"},
        {"severity": "moderate", "topic": "dust"},
        {"text": "裸土", "state": "closed"},
    ):
        told = boss.statistics(**narrowed)
        assert told["narrowed"] == narrowed
        assert counts(told["total"]), narrowed
        assert boss.differing(told) == [], narrowed


@pytest.mark.parametrize(
    ("role", "grants"),
    [
        ("supervisor", ("450206",)),
        ("supervisor", ("450200",)),
        ("supervisor", ("450206100",)),
        ("supervisor", ("450202", "M-PARK")),
        ("handler", ()),
    ],
)
def test_nobody_is_told_of_more_than_the_lists_show(
    app: Flask, register: Register, records: Records, client: FlaskClient, role: str, grants: tuple[str, ...]
) -> None:
    made = filled(register, records)
    with app.app_context(), writing() as session:
        if role == "handler":
            user = accounts.create_user(
                session, id=new_id(), now=NOON, name="qin", role=role, grants=[], office=made["office"]
            )
        else:
            user = accounts.create_user(session, id=new_id(), now=NOON, name="luo", role=role, grants=list(grants))
        token, _ = accounts.open_login(session, user, app.extensions["bluegrid.clock"].now(), 12)
        somebody = Reader(client, Somebody(user.id, token))  # type: ignore[arg-type]
    session = records.session
    session.rollback()
    if role != "handler":
        register.author = somebody.person
        register.finding("closed", GUIGANG, put_right=1, closed=2)  # one's own, elsewhere
    for by in ("county", "office") if role == "supervisor" else ("topic",):
        told = somebody.statistics(by=by)
        assert counts(told["total"])
        assert somebody.differing(told) == []


class Somebody:
    """Enough of a person to read."""

    def __init__(self, id: str, token: str) -> None:
        self.id, self.headers = id, {"Authorization": f"Bearer {token}"}


@both
def test_sums_and_standings_say_the_same(register: Register, records: Records, boss: Reader) -> None:
    filled(register, records)
    register.finding("rectifying", severity="serious", due=NOON - timedelta(days=1))
    register.finding("closed", GUIGANG, severity="minor", topic="straw", put_right=1, closed=2)
    everything = {"topic": "dust,straw", "severity": "minor,moderate,serious"}  # together: finding by finding
    for by in ("county", "township", "topic", "total"):
        for said in ({}, {"severity": "serious"}, {"severity": "minor,serious"}, {"topic": "straw"}):
            fast, slow = boss.statistics(by=by, **said), boss.statistics(by=by, **{**everything, **said})
            assert counts(slow["total"])
            assert by_code(fast) == by_code(slow), said
            assert counts(fast["total"]) == counts(slow["total"]), said


def test_a_month_and_its_days_add_up(register: Register, records: Records, boss: Reader) -> None:
    filled(register, records)
    whole = counts(boss.statistics(**{"from": "2026-10-15", "to": "2026-12-05"})["total"])
    parts = [("2026-10-15", "2026-10-31"), ("2026-11-01", "2026-11-22"), ("2026-11-23", "2026-12-05")]
    summed: dict[str, int] = {}
    for first, last in parts:
        for figure, n in counts(boss.statistics(**{"from": first, "to": last})["total"]).items():
            summed[figure] = summed.get(figure, 0) + n
    assert summed == whole


def test_a_day_is_one_of_china(register: Register, boss: Reader) -> None:
    register.finding(found_at=NOON.replace(day=21, hour=16))  # midnight in Beijing
    day = {"from": "2026-11-22", "to": "2026-11-22"}
    assert counts(boss.statistics(**day)["total"])["found"] == 1
    assert boss.differing(boss.statistics(**day)) == []


def test_fire_points_stand_beside_their_county(records: Records, boss: Reader) -> None:
    for n, outcome in enumerate(("straw", None, None)):
        records.session.add(
            FirePoint(
                id=new_id(), number=f"F-{n}", state="answered" if outcome else "open", outcome=outcome, first_at=NOON,
                last_at=NOON, reported_at=NOON, lon=LIUJIANG[0], lat=LIUJIANG[1], cell_code="450206100", reach_m=10.0,
                cell_confidence=1.0, zone_outcome="none", zone={}, sources=[], sightings=1, handling=[], flags=[],
                placed_n=1, rev=1, created_at=NOON,
            )
        )  # fmt: skip
    records.session.commit()
    (line,) = boss.statistics()["items"]
    assert (line["code"], line["fire_handling"]["rate"]) == (
        "450206", {"numerator": 1, "denominator": 3, "rate": 0.3333},
    )  # fmt: skip
    assert boss.differing(line) == []


def test_coverage_is_of_the_active_sites_by_kind(records: Records, register: Register, boss: Reader) -> None:
    seen, unseen, closed = records.site(), records.site(), records.site(status="closed")
    road = records.site(CHENGZHONG, kind="road")
    for site in (seen, closed):
        for _ in range(2):
            records.inspection(register.author, records.checklist("dust-liujiang"), site_id=site.id)
    records.inspection(
        register.author, records.checklist("dust-liujiang"), site_id=unseen.id, finished_at=NOON - timedelta(days=40)
    )
    told = boss.get("statistics/coverage", **{"from": "2026-11-01", "to": "2026-11-30"}).json["items"]
    assert [(line["code"], line["kind"], line["coverage"]["rate"]) for line in told] == [
        (road.cell_code[:6] if road.cell_code else None, "road", 0.0),
        ("450206", "construction", 0.5),
    ]
    assert boss.differing(told) == []


def test_a_ranking_shares_ranks_and_leaves_out_few_cases(register: Register, boss: Reader) -> None:
    offices = [register.office(name) for name in ("甲", "乙", "丙", "丁")]
    for office, closed, open_ in zip(offices, (1, 2, 0, 1), (1, 2, 2, 0), strict=True):
        for _ in range(closed):
            register.finding("closed", office=office, put_right=1, closed=2)
        for _ in range(open_):
            register.finding("rectifying", office=office)
    asked = {"by": "office", "rate": "close_out_rate", "least": 2, "from": "2026-11-01", "to": "2026-11-30"}
    told = boss.get("statistics/ranking", **asked).json
    assert [(line["rank"], line["name"]) for line in told["items"]] == [(1, "甲"), (1, "乙"), (3, "丙"), (None, "丁")]
    assert (told["best"], told["least_denominator"]) == ("highest", 2)
    worst_first = boss.get("statistics/ranking", **{**asked, "rate": "overdue_rate"}).json
    assert worst_first["best"] == "lowest"


def test_nobody_is_ranked_as_a_person(boss: Reader) -> None:
    for by in ("author", "inspector", "person"):
        answer = boss.get(
            "statistics/ranking", by=by, rate="close_out_rate", **{"from": "2026-11-01", "to": "2026-11-30"}
        )
        assert (answer.status_code, answer.json["code"]) == (422, "input-invalid")


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("statistics", {"from": "2026-11-30"}, "input-invalid"),
        ("statistics", {"from": "2020-11-30"}, "input-invalid"),
        ("statistics", {"from": "yesterday"}, "input-invalid"),
        ("statistics", {"cell": "999999"}, "filter-invalid"),
        ("statistics", {"topic": "weather"}, "filter-invalid"),
        ("statistics", {"campaign": "x"}, "filter-invalid"),
        ("findings", {"figure": "author"}, "filter-invalid"),
        ("findings", {"as_of": "yesterday"}, "filter-invalid"),
        ("statistics/ranking", {"rate": "coverage", "by": "office"}, "input-invalid"),
        ("statistics/hundreds/sites", {"set": "six-liujiang", "result": "held"}, "input-invalid"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(boss: Reader, path: str, query: dict[str, str], code: str) -> None:
    days = {} if path == "findings" else {"from": "2026-11-01", "to": "2026-11-22"}
    answer = boss.get(path, **{**days, **query})
    assert (answer.status_code, answer.json["code"]) == (422, code)


def test_definitions_name_every_figure_and_rate(boss: Reader) -> None:
    told = boss.get("statistics/definitions").json
    assert set(told["figures"]) == set(figures.FIGURES)
    assert set(told["rates"]) == set(figures.rates())


def test_the_page_about_statistics_says_what_the_definitions_say() -> None:
    page = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text("utf-8")
    for group in ("figures", "beside"):
        for code, said in figures.definitions()[group].items():
            assert f"| `{code}` {said['zh']} | {said['en_means']} | {said['zh_means']} |" in page
    for code, rate in figures.rates().items():
        said = figures.definitions()["rates"][code]
        assert f"| `{code}` {said['zh']} | {rate.of} / ({' + '.join(rate.over)}) | {said['better']} |" in page
    assert "90" in figures.definitions()["figures"]["repeated"]["en_means"]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["new", "move", "state", "topic", "severity", "office", "due", "right", "closed", "reopen", "item"]
        ),
        st.integers(0, 4),
        st.integers(0, 4),
    ),
    max_size=20,
)
STATES = ("submitted", "closed", "rejected", "returned", "feedback")


@both
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=STEPS)
def test_what_triggers_keep_equals_a_recount_whatever_happened(
    register: Register, server: Server, steps: list[tuple[str, int, int]]
) -> None:
    site = register.records.site().id
    office = register.office()
    register.records.inspection(register.author, register.records.checklist("dust-liujiang"), "450206100")
    ids = [register.finding("closed", site_id=site, item=ITEM, put_right=-2, closed=-1, day=-3)]
    for what, which, value in steps:
        register.records.session.rollback()  # others write next
        if what == "new":
            ids.append(register.finding(STATES[value], PLACES[value], site_id=site, item=ITEM, day=value))
            continue
        with server.app.app_context(), writing() as session:
            finding = session.get_one(Finding, ids[which % len(ids)])
            _change(finding, session.get_one(Case, finding.id), what, value, office, site)
    register.records.session.rollback()
    with server.app.app_context(), reading() as session:
        assert kept(session) == standings(session)
        assert kept_sums(session) == sums(session)


def _change(finding: Finding, case: Case, what: str, value: int, office: str, site: str) -> None:
    at = NOON + timedelta(days=value - 2)
    if what == "move":
        place = PLACES[value]
        position = place and parse_position({"lon": place[0], "lat": place[1], "datum": "CGCS2000"})
        placing.put(finding, placing.place(position))
    elif what == "state":
        finding.state = STATES[value]
    elif what == "topic":
        finding.topic = ("dust", "straw")[value % 2]
    elif what == "severity":
        finding.severity = ("moderate", "serious")[value % 2]
    elif what == "office":
        case.office_id = (office, None)[value % 2]
    elif what == "due":
        case.due_at, case.parked_until = at, (None, NOON)[value % 2]
    elif what == "right":
        case.rectified_at = (at, None)[value == 0]
    elif what == "closed":
        case.closed_at = (at, None)[value == 0]
    elif what == "reopen":
        case.times_reopened = value % 2
    else:
        finding.item, finding.site_id = (ITEM, None)[value % 2], (site, None)[value // 3]
