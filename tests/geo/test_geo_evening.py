"""Evenings against a second, independent formula of the sun's altitude."""

from datetime import UTC, date, datetime, timedelta
from math import asin, cos, degrees, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.evening import Evening, evening_of

LIUZHOU = (109.42, 24.33)
SECOND = timedelta(seconds=1)


def sun_altitude(lon: float, lat: float, instant: datetime) -> float:
    """Degrees, without refraction: the Astronomical Almanac's low-precision sun (0.01 degrees until 2050)."""
    days = (instant - datetime(2000, 1, 1, 12, tzinfo=UTC)) / timedelta(days=1)
    mean = radians(357.528 + 0.9856003 * days)
    along = radians(280.460 + 0.9856474 * days + 1.915 * sin(mean) + 0.020 * sin(2 * mean))
    tilt = radians(23.439 - 0.0000004 * days)
    declination = asin(sin(tilt) * sin(along))
    # Local sidereal time; less the right ascension it is the hour angle.
    sidereal = radians(280.46062 + 360.98564737 * days + lon)
    x, y = cos(along), cos(tilt) * sin(along)
    cos_hour = (cos(sidereal) * x + sin(sidereal) * y) / cos(declination)
    return degrees(asin(sin(radians(lat)) * sin(declination) + cos(radians(lat)) * cos(declination) * cos_hour))


@given(st.floats(104.4, 112.1), st.floats(20.9, 26.4), st.dates(date(2020, 1, 1), date(2040, 12, 31)))
def test_the_sun_is_where_sunset_and_nightfall_say_all_over_guangxi(lon, lat, day):
    evening = evening_of(lon, lat, day)
    assert sun_altitude(lon, lat, evening.sunset) == pytest.approx(-0.833, abs=0.1)
    assert sun_altitude(lon, lat, evening.nightfall) == pytest.approx(-6, abs=0.1)
    assert evening.sunset.date() == evening.nightfall.date() == day
    assert evening.sunset < evening.nightfall < evening.midnight


@pytest.fixture
def evening() -> Evening:
    return evening_of(*LIUZHOU, date(2026, 11, 22))


def test_dusk_ends_where_the_first_half_of_the_night_begins(evening):
    assert evening.is_dusk(evening.sunset)
    assert not evening.is_dusk(evening.sunset - SECOND)
    assert evening.is_dusk(evening.nightfall - SECOND)
    assert not evening.is_dusk(evening.nightfall)
    assert evening.is_first_half_of_night(evening.nightfall)
    assert not evening.is_first_half_of_night(evening.nightfall - SECOND)


def test_the_first_half_of_the_night_ends_at_local_midnight(evening):
    assert evening.midnight == datetime(2026, 11, 22, 16, tzinfo=UTC)
    assert evening.is_first_half_of_night(datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC))
    assert not evening.is_first_half_of_night(datetime(2026, 11, 22, 16, tzinfo=UTC))


def test_an_instant_without_a_zone_is_refused(evening):
    with pytest.raises(ValueError, match="time zone"):
        evening.is_dusk(datetime(2026, 11, 22, 18))


def test_a_place_that_is_none_on_earth_is_refused():
    with pytest.raises(ValueError, match="no place"):
        evening_of(24.33, 109.42, date(2026, 11, 22))


def test_a_white_night_has_no_nightfall():
    with pytest.raises(ValueError):
        evening_of(25.0, 66.0, date(2026, 6, 21))
