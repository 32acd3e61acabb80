"""The evening of a place and a day: sunset, dusk, and the first half of the night.

Straw plans ask for patrols after work, at dusk and in the first half of the night, and name no clock times; these
come from the sun. Knows nothing of campaigns, rosters or rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from astral import Observer
from astral.sun import dusk, sunset

from geo.local_time import LOCAL, local_time


@dataclass(frozen=True, slots=True)
class Evening:
    """One day's evening in local time; each part is half-open: its first instant is in it, its last is not.

    `dusk` runs from `sunset` to `nightfall`, when the sun's centre is 6 degrees below the horizon (civil dusk);
    the first half of the night from `nightfall` to `midnight`, the end of the local day.
    """

    sunset: datetime
    nightfall: datetime
    midnight: datetime

    def is_dusk(self, instant: datetime) -> bool:
        """Whether an instant (with a time zone) lies between sunset and nightfall."""
        return self.sunset <= local_time(instant) < self.nightfall

    def is_first_half_of_night(self, instant: datetime) -> bool:
        """Whether an instant (with a time zone) lies between nightfall and midnight."""
        return self.nightfall <= local_time(instant) < self.midnight


def evening_of(lon: float, lat: float, day: date) -> Evening:
    """The evening of a local day at a place in degrees (at sea level; a wrong datum's 550 m are under two seconds).

    The sun's position is astral's, after NOAA's solar calculator. Raises ValueError where the sun does not reach
    6 degrees below the horizon on that day (far from Guangxi), or for degrees that are none.
    """
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise ValueError(f"no place on earth: {lon}, {lat}")
    place = Observer(latitude=lat, longitude=lon)
    midnight = datetime.combine(day + timedelta(days=1), time(), LOCAL)
    return Evening(sunset(place, day, tzinfo=LOCAL), dusk(place, day, tzinfo=LOCAL), midnight)
