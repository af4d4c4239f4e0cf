"""The times of hand-ins and due dates: one moment, or none."""

import datetime

import pytest

from autograder.engine import times

READ = {
    "2026-03-02 00:30:00 +0100": "2026-03-01 23:30",
    "2026-03-02T00:30:00+01:00": "2026-03-01 23:30",
    "2026-03-02 00:30 -0930": "2026-03-02 10:00",
    "2026-03-02 00:30:00 Europe/Berlin": "2026-03-01 23:30",
    "2026-07-02 00:30:00 Europe/Berlin": "2026-07-01 22:30",
    "2026-07-02 00:30:00 America/Argentina/Buenos_Aires": "2026-07-02 03:30",
    "2026-03-01T12:00:00Z": "2026-03-01 12:00",
    "2026-03-01 12:00:00.123456 UTC": "2026-03-01 12:00:00.123456",
    "\ufeff2026-03-01 12:00:00 GMT\r\n": "2026-03-01 12:00",
    "2026-03-01 12:00:00": "2026-03-01 12:00",
}
REFUSED = (
    "",
    "2026-03-01 20:00:00 PDT",  # nbgrader reads zones that it does not know as UTC
    "2026-03-01 23:00:00 EST",
    "01.03.2026 23:59",
    "3/1/2026 11:59 PM",
    "2026-03-01 11:59:00 PM",
    "Sunday, 1 March 2026, 11:59 PM",
    "1772323200",
    "20260301",
    "2026-03-01",
    "2026-02-30 12:00:00 UTC",
    "2016-12-31 23:59:60 UTC",
    "0000-00-00 00:00:00 UTC",
    "9999-12-31 23:59:59 -0100",
    "0001-01-01 00:00:00 Europe/Berlin",
    "1969-12-31 23:59:59 UTC",
    "3000-01-01 00:00:00",
    "2026-03-01 12:00:00 +2500",
    "2026-03-01 12:00:00 Europe/Nowhere",
    "2026-03-01 12:00:00 ../../etc/passwd",
    "2026-03-01 12:00:00 America/Argentina",  # a folder
    "2026-03-01 12:00:00 Europe/" + "B" * 300,
    "2026-03-01 12:00:00 " + "B/" * 3_000 + "B",
    "2026-03-08 02:30:00 America/New_York",  # no clock shows it
    "2026-11-01 01:30:00 America/New_York",  # clocks show it twice
    "2026-03-01 12:00:00 UTC\n2026-03-05 12:00:00 UTC",
)


@pytest.mark.parametrize("text", READ)
def test_a_notation_that_means_one_moment_is_read(text):
    assert times.moment(text) == datetime.datetime.fromisoformat(READ[text])


@pytest.mark.parametrize("text", REFUSED)
def test_any_other_is_refused(text):
    with pytest.raises(ValueError):
        times.moment(text)
