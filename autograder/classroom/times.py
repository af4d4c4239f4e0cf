"""Points in time as people write them, read in one way only."""

from __future__ import annotations

import datetime
import re
import zoneinfo

from autograder.classroom.refusal import Refusal
from autograder.engine import times as engine_times

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ZONE = re.compile(r"(Z|UTC|GMT|[+-]\d\d:?\d\d|[A-Za-z_]+(/[\w+-]+)*)$")
YEARS = range(1970, 3000)  # in which anything is handed in; outside of them some zone has no such moment
EXAMPLE = "2026-03-02 23:59, with a zone such as +01:00 or Europe/Berlin where it is not the class's"


def zone(name: str) -> datetime.tzinfo:
    """A time zone by its name, such as Europe/Berlin. Raises Refusal for another name."""
    if name in ("Z", "UTC"):
        return datetime.UTC
    if "/" not in name:  # PST, CET and the like name several zones or none
        raise Refusal(f"{name!r} is no time zone; write one such as Europe/Berlin or UTC")
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise Refusal(f"{name!r} is no time zone; write one such as Europe/Berlin or UTC") from None


def parse(text: str, home: datetime.tzinfo, *, end_of_day: bool = False) -> datetime.datetime:
    """An instant in UTC. Raises Refusal where the text could mean two or none.

    home: the zone of a time that names none
    end_of_day: what a date alone means: 23:59:59 of that day, else its first moment
    """
    text = text.strip()
    whole = f"{text} {'23:59:59' if end_of_day else '00:00'}" if _DAY.fullmatch(text) else text
    if _ZONE.search(whole[10:]) is None:
        whole = f"{whole} {home}"
    try:
        return engine_times.moment(whole).replace(tzinfo=datetime.UTC)
    except (ValueError, OverflowError) as error:
        raise Refusal(f"{text!r}: {error}; write {EXAMPLE}") from None


def naive_utc(moment: datetime.datetime) -> datetime.datetime:
    """As the gradebook keeps it."""
    return moment.astimezone(datetime.UTC).replace(tzinfo=None)


def from_gradebook(moment: datetime.datetime | None) -> datetime.datetime | None:
    """As the gradebook keeps it, with its zone."""
    return None if moment is None else moment.replace(tzinfo=datetime.UTC)


def show(moment: datetime.datetime | None, home: datetime.tzinfo) -> str:
    """For people: minutes, with the zone; in the moment's own where the other has no such moment."""
    if moment is None:
        return ""
    try:
        moment = moment.astimezone(home)
    except (OverflowError, ValueError):
        pass
    return moment.strftime("%Y-%m-%d %H:%M %Z").strip()
