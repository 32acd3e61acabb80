"""From detections to events: the same sighting once, one event a fire, ids that stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from geo.fire_points.detection import Detection, Source
from geo.fire_points.distinct import distinct
from geo.fire_points.events import Linking, Member, best_placed, components, group, neighbourhood
from geo.fire_points.verdict import burning_verdict
from geo.reference import sample_grid
from geo.zones.kinds import Category, Kind
from geo.zones.reading import sample_zones
from geo.zones.rules import NO_RULE, ZoneIndex
from geo.zones.windows import Schedule
from geo.zones.zone import Document, Zone

START = datetime(2025, 11, 3, 6, tzinfo=UTC)
METRE = 1 / 101_400  # degrees of longitude here, in the frame of 108 E


def seen(east_m=0.0, hours=0.0, **changes):
    """A VIIRS pixel (265 m of reach) so many metres east and hours after the first."""
    detection = Detection(
        source=Source.VIIRS,
        instant=START + timedelta(hours=hours),
        lon=109.4 + east_m * METRE,
        lat=24.3,
        row=2,
        raw={},
        across_m=375.0,
        along_m=375.0,
        quality="nrt",
        satellite="N",
    )
    return replace(detection, **changes)


def ids():
    numbers = count(1)
    return lambda: f"e{next(numbers):03d}"


class Stored:
    """What a caller keeps: members by event, when each event was opened, and merges carried out."""

    def __init__(self):
        self.members, self.opened, self.merged, self._id = [], {}, {}, ids()

    def take(self, *detections):
        found = group(detections, self.members, self.opened, self._id)
        self.opened |= {event: self._tick() for event in found.opened}
        self.merged |= found.merged
        self.members = [replace(m, event_id=found.merged.get(m.event_id, m.event_id)) for m in self.members]
        self.members += [
            Member(event, d.lon, d.lat, d.instant, d.until, d.reach_m)
            for event, d in zip(found.event_ids, detections, strict=True)
        ]
        return found

    def _tick(self):
        return START + timedelta(seconds=len(self.opened))

    def partition(self):
        groups = {}
        for member in self.members:
            groups.setdefault(member.event_id, set()).add((member.lon, member.lat, member.instant))
        return sorted(map(sorted, groups.values()))


# -- the same sighting ---------------------------------------------------------------------------------------------


def test_standard_data_replaces_near_real_time_data_of_the_same_pixel():
    quick, final, other = seen(), seen(quality="standard", row=9), seen(satellite="N20")
    found = distinct([quick, other, final])
    assert len(found.kept) == 2
    assert [d.quality for d in found.kept if d.satellite == "N"] == ["standard"]
    assert found.replaced == ((quick, final),)
    assert distinct([final, quick, other]) == found


def test_a_second_of_difference_is_none_and_a_minute_is_one():
    near = seen(instant=START + timedelta(seconds=59), lon=109.4000004)
    assert len(distinct([seen(), near]).kept) == 1
    assert len(distinct([seen(), seen(instant=START + timedelta(seconds=60))]).kept) == 2
    assert len(distinct([seen(), seen(lon=109.40002)]).kept) == 2


# -- linking -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "together"),
    [
        (seen(729), True),
        (seen(732), False),
        (seen(0, 12), True),
        (seen(0, 12.01), False),
        (seen(1225, across_m=None, along_m=None, radius_m=764.0), True),
        (seen(0, -36, until=START - timedelta(hours=12)), True),
        (seen(0, -36, until=START - timedelta(hours=12.1)), False),
    ],
)
def test_two_are_linked_by_what_both_may_be_off_and_by_hours(second, together):
    labels = components([seen(), second], Linking())
    assert (labels[0] == labels[1]) == together


def test_a_chain_is_one_event_however_long_and_events_hours_apart_are_two():
    chain = [seen(700 * i) for i in range(60)]
    assert set(components(chain[::-1], Linking()).tolist()) == {0}
    assert len(set(components([seen(0, 24 * i) for i in range(30)], Linking()).tolist())) == 30


times = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 12), st.sampled_from([0.0, 265.0, 1500.0])), min_size=1, max_size=14
)


def scattered(drawn):
    """Detections on a line, hundreds of metres and hours apart."""
    return [
        seen(300.0 * x, 5.0 * t, across_m=None, along_m=None, radius_m=radius, row=i)
        for i, (x, t, radius) in enumerate(drawn)
    ]


@given(drawn=times, data=st.data())
def test_the_order_and_the_batches_of_arrival_do_not_matter(drawn, data):
    detections = scattered(drawn)
    at_once, bit_by_bit = Stored(), Stored()
    at_once.take(*detections)
    waiting = data.draw(st.permutations(detections))
    while waiting:
        size = data.draw(st.integers(1, len(waiting)))
        bit_by_bit.take(*waiting[:size])
        waiting = waiting[size:]
    assert bit_by_bit.partition() == at_once.partition()


@given(drawn=times)
def test_linked_ones_are_in_one_event_and_it_hangs_together_by_links(drawn):
    detections = scattered(drawn)
    labels = components(detections, Linking()).tolist()

    def linked(a, b):
        apart = abs(a.lon - b.lon) / METRE
        return apart <= a.reach_m + b.reach_m + 200 - 5 and abs(a.instant - b.instant) <= timedelta(hours=12)

    for i, a in enumerate(detections):
        assert labels[i] == min(j for j, label in enumerate(labels) if label == labels[i])
        for j, b in enumerate(detections):
            if linked(a, b):
                assert labels[i] == labels[j]


@given(drawn=times, data=st.data())
def test_an_event_keeps_its_id_or_is_merged_into_one_that_was_opened_earlier(drawn, data):
    stored = Stored()
    for detection in data.draw(st.permutations(scattered(drawn))):
        before = {m.event_id for m in stored.members}
        found = stored.take(detection)
        after = {m.event_id for m in stored.members}
        assert before - after == set(found.merged)
        assert set(found.merged) & (set(found.merged.values()) | set(found.event_ids)) == set()
        for loser, winner in found.merged.items():
            assert (stored.opened[winner], winner) < (stored.opened[loser], loser)


def test_a_new_detection_joins_the_event_it_is_near():
    stored = Stored()
    assert stored.take(seen(), seen(300), seen(5000)).event_ids == ("e001", "e001", "e002")
    found = stored.take(seen(5200, 1))
    assert (found.event_ids, found.opened, found.merged) == (("e002",), {}, {})


def test_of_two_events_that_a_new_detection_bridges_the_older_stands():
    stored = Stored()
    stored.take(seen(1400))
    stored.take(seen(0))
    found = stored.take(seen(700))
    assert found.event_ids == ("e001",)
    assert found.merged == {"e002": "e001"}


def test_which_event_is_older_is_said_by_when_it_was_opened_and_not_by_its_id():
    def member(event, detection):
        return Member(event, detection.lon, detection.lat, detection.instant, None, detection.reach_m)

    members = [member("a", seen(0)), member("b", seen(1400))]
    opened = {"a": START + timedelta(days=1), "b": START}
    assert group([seen(700)], members, opened, ids()).merged == {"a": "b"}
    assert group([seen(700)], members, dict.fromkeys("ab", START), ids()).merged == {"b": "a"}


def test_two_bridges_of_one_batch_merge_into_the_same_event():
    stored = Stored()
    for place in (0, 20_000, 40_000):
        stored.take(seen(place), seen(place + 600), seen(place + 1200))
    # The middle event is bridged to both others, at either end.
    far = [seen(1200 + 700 * i) for i in range(1, 27)] + [seen(21_200 + 700 * i) for i in range(1, 27)]
    ends = [m for m in stored.members if m.lon != seen(20_600).lon]  # the caller need not know the middle of it
    found = group(far, ends, stored.opened, ids())
    assert set(found.event_ids) == {"e001"}
    assert found.merged == {"e002": "e001", "e003": "e001"}


def test_what_a_caller_has_to_look_up_holds_everything_that_may_be_linked():
    assert neighbourhood([], 300) is None
    about = neighbourhood([seen(), seen(5000, 3)], most_reach_m=1500.0)
    edge = seen(-(265 + 1500 + 200), -12, across_m=None, along_m=None, radius_m=1500.0)
    assert about.west <= edge.lon <= about.east
    assert about.first <= edge.instant <= about.last
    assert about.last == START + timedelta(hours=15)


def test_nothing_in_gives_nothing_out():
    assert group([], [], {}, ids()).event_ids == ()


# -- the verdict ---------------------------------------------------------------------------------------------------


def test_people_s_points_tell_a_place_better_than_pixels():
    wide, close = seen(), seen(100, 2, source=Source.PATROL, across_m=None, along_m=None, radius_m=30.0)
    assert best_placed([wide, close]) == 1
    assert best_placed([seen(0, 1), seen(5)]) == 1
    with pytest.raises(ValueError):
        best_placed([])


def test_an_event_s_verdict_is_that_of_its_best_place_on_its_day():
    zones = ZoneIndex(sample_zones(sample_grid()).zones)
    inside = seen(lon=109.4117, lat=24.3146, instant=datetime(2025, 12, 1, 6, tzinfo=UTC))
    verdict, rests_on = burning_verdict([inside], zones)
    assert (verdict.outcome, verdict.deciding.id, rests_on) == ("no-burn", "lz-burn-450202", inside)
    early = replace(inside, instant=datetime(2025, 11, 10, 6, tzinfo=UTC))
    assert burning_verdict([early], zones)[0].outcome == NO_RULE
    # Only the day is known, and the notice begins on it.
    day = replace(inside, instant=datetime(2025, 11, 10, 16, tzinfo=UTC), until=datetime(2025, 11, 11, 16, tzinfo=UTC))
    assert burning_verdict([day], zones)[0].outcome == "no-burn"


def test_a_pixel_across_an_edge_is_a_suspicion_and_a_point_in_it_is_not():
    paper = Document("x", "x", None, "x", "read")
    always = Schedule(date(2020, 1, 1))
    field = Zone("z", "z", Kind.NO_BURN, Category.OTHER, paper, always, box(109.3, 24.2, 109.401, 24.4))
    zones = ZoneIndex([field])
    pixel, _ = burning_verdict([seen()], zones)
    assert (pixel.outcome, pixel.certainty) == ("no-burn", "suspected")
    assert pixel.shares == pytest.approx({"no-burn": 0.77, NO_RULE: 0.23}, abs=0.01)
    person, _ = burning_verdict([seen(), seen(across_m=None, along_m=None, radius_m=50.0)], zones)
    assert (person.certainty, person.share) == ("certain", 1.0)
