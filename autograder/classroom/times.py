"""Points in time as people write them, read in one way only."""

from __future__ import annotations

import datetime
import re
import zoneinfo

from autograder.classroom.refusal import Refusal

_FORM = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?))?\s*(Z|UTC|[+-]\d{2}:?\d{2}|[A-Za-z]+(?:/[A-Za-z_+-]+)*)?"
)
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
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise Refusal(f"{text!r} is no time that can be read in one way; write {EXAMPLE}")
    day, clock, where = found.groups()
    clock = clock or ("23:59:59" if end_of_day else "00:00")
    try:
        moment = datetime.datetime.fromisoformat(f"{day} {clock}")
        if where and where[0] in "+-":
            moment = datetime.datetime.fromisoformat(f"{day} {clock}{where}")
    except ValueError as error:
        raise Refusal(f"{text!r} is no time: {error}") from None
    if moment.tzinfo is None:
        moment = _local(moment, zone(where) if where else home)
    return moment.astimezone(datetime.UTC)


def _local(moment: datetime.datetime, where: datetime.tzinfo) -> datetime.datetime:
    """A wall clock's time in a zone. Raises Refusal in the hours that a change of the clocks skips or repeats."""
    first, second = (moment.replace(tzinfo=where, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise Refusal(f"{moment} is skipped or comes twice in {where} (the clocks change); write it with its offset")
    return first


def naive_utc(moment: datetime.datetime) -> datetime.datetime:
    """As the gradebook keeps it."""
    return moment.astimezone(datetime.UTC).replace(tzinfo=None)


def from_gradebook(moment: datetime.datetime | None) -> datetime.datetime | None:
    """As the gradebook keeps it, with its zone."""
    return None if moment is None else moment.replace(tzinfo=datetime.UTC)


def show(moment: datetime.datetime | None, home: datetime.tzinfo) -> str:
    """For people: minutes, with the zone."""
    return "" if moment is None else moment.astimezone(home).strftime("%Y-%m-%d %H:%M %Z").strip()
