"""A datum declared wrongly shows in where the visitors stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.datum import Datum, canonical, from_cgcs2000
from geo.datum_doubt import doubt

TRUE = (109.33, 24.255)
near = st.tuples(st.floats(-2e-4, 2e-4), st.floats(-2e-4, 2e-4)).map(lambda d: (TRUE[0] + d[0], TRUE[1] + d[1]))


@pytest.mark.parametrize(
    ("numbers_in", "declared"),
    [
        (Datum.GCJ02, Datum.WGS84),
        (Datum.GCJ02, Datum.CGCS2000),
        (Datum.WGS84, Datum.GCJ02),
        (Datum.BD09, Datum.GCJ02),
        (Datum.BD09, Datum.WGS84),
    ],
)
@given(visits=st.lists(near, min_size=2, max_size=6))
def test_visits_tell_which_datum_the_numbers_had(numbers_in, declared, visits):
    numbers = from_cgcs2000(*TRUE, numbers_in)
    found = doubt(numbers, declared, visits)
    assert found is not None
    assert canonical(*numbers, found.likely) == pytest.approx(TRUE, abs=1e-6)
    assert found.distance_m > 300
    assert found.likely_distance_m < 60


@given(visits=st.lists(near, min_size=0, max_size=6), datum=st.sampled_from(list(Datum)))
def test_a_datum_declared_rightly_is_never_doubted(visits, datum):
    assert doubt(from_cgcs2000(*TRUE, datum), datum, visits) is None


def test_one_visit_says_nothing():
    numbers = from_cgcs2000(*TRUE, Datum.GCJ02)
    assert doubt(numbers, Datum.WGS84, [TRUE]) is None


def test_a_site_that_is_simply_elsewhere_is_not_a_matter_of_datum():
    elsewhere = (TRUE[0] + 0.03, TRUE[1])
    assert doubt(TRUE, Datum.WGS84, [elsewhere, elsewhere, elsewhere]) is None
