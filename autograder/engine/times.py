"""When something was handed in or is due: only notations that can mean one moment."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from pathlib import Path

from autograder.engine.errors import GradingError
from autograder.engine.submissions import TIME

_NOTATION = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[ T](?P<time>\d\d:\d\d(?::\d\d(?:[.,]\d{1,6})?)?)"
    r"(?: ?(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d|[A-Za-z_]+(?:/[A-Za-z0-9_+-]+)+))?"
)
FIRST_YEAR, LAST_YEAR, MAX_ZONE = 1970, 2999, 60  # signs of a zone's name; the longest has 32
EXAMPLES = "2026-03-02 23:59:00 UTC, 2026-03-02T23:59:00+01:00 or 2026-03-02 23:59:00 Europe/Berlin"


def moment(text: str) -> datetime.datetime:
    """The moment that a text names, in UTC without a zone, as nbgrader keeps it; a text without a zone is in UTC.

    Raises ValueError for everything else: abbreviations of zones (EST is in America and in Australia), orders of day and month
    that differ between countries, hours that a clock shows twice or never.
    """
    if (found := _NOTATION.fullmatch(text.removeprefix("\ufeff").strip())) is None:
        raise ValueError(f"no time that can be read; such as {EXAMPLES}")
    local = datetime.datetime.fromisoformat(f"{found['day']} {found['time']}")
    if not FIRST_YEAR <= local.year <= LAST_YEAR:
        raise ValueError(f"{local.year:04} is no year of a course: expected {FIRST_YEAR} to {LAST_YEAR}")
    zone = found["zone"] or "UTC"
    if "/" in zone:
        return _in_zone(local, zone)
    if zone in ("Z", "UTC", "GMT"):
        return local
    sign = -1 if zone[0] == "-" else 1
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 14 or minutes > 59:
        raise ValueError(f"{zone} is no difference from UTC")
    return local - sign * datetime.timedelta(hours=hours, minutes=minutes)


def hand_in_time(files: dict[str, bytes]) -> datetime.datetime | None:
    """When it was handed in, where a timestamp.txt says so. Raises GradingError where that cannot be read."""
    if (content := files.get(TIME)) is None:
        return None
    try:
        return moment(content.decode())
    except ValueError:
        raise GradingError(f"its timestamp.txt holds no time that can be read; such as {EXAMPLES}") from None


def written(file: Path) -> datetime.datetime | None:
    """When a file was written; None where that is no time of a course's, or the file is gone."""
    try:
        found = datetime.datetime.fromtimestamp(file.stat().st_mtime, datetime.UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def _in_zone(local: datetime.datetime, name: str) -> datetime.datetime:
    try:
        if len(name) > MAX_ZONE:
            raise ValueError
        zone = zoneinfo.ZoneInfo(name)
        first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(datetime.UTC) for fold in (0, 1))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError, OverflowError, RecursionError):
        raise ValueError(f"{name[:MAX_ZONE]} is no time zone that is known here") from None
    if first != second:
        raise ValueError(f"the clocks of {name} show {local} twice or never")
    return first.replace(tzinfo=None)
