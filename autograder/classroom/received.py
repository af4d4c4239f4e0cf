"""What was received: every hand-in as it came, and which of a student's is the latest.

received/<lesson>/<student>/<digest>/   a hand-in: its files, and about.json with where it came from and when
received/<lesson>/not-taken/<name>/     what could not be taken, with reason.txt
"""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

NOT_TAKEN, ABOUT = "not-taken", "about.json"


def about(place: Path) -> dict[str, Any]:
    """What is known of one hand-in."""
    found: dict[str, Any] = json.loads((place / ABOUT).read_text(encoding="utf-8"))
    return found


def places(student: Path) -> list[Path]:
    """The folders of a student's hand-ins; none where there is none."""
    return sorted(path.parent for path in student.glob(f"*/{ABOUT}") if not path.parent.name.startswith("."))


def latest(student: Path) -> Path | None:
    """The folder of the latest of a student's hand-ins.

    Of those with a number of Canvas's upload the greatest number says which is the latest; it and the others have a time.
    """
    known = {place: about(place) for place in places(student)}

    def age(place: Path) -> tuple[datetime.datetime, str]:
        return moment(known[place]), place.name

    uploads = [place for place, said in known.items() if said.get("upload")]
    last = max(uploads, key=lambda place: (known[place]["upload"], age(place)), default=None)
    return max((place for place in known if place == last or place not in uploads), key=age, default=None)


def moment(said: dict[str, Any]) -> datetime.datetime:
    """When a hand-in came, or where that is unknown, when it was collected."""
    return datetime.datetime.fromisoformat(said["time"] or said["collected"])


def is_timeless(student: Path) -> bool:
    """Whether the latest of a student's hand-ins came late by an unknown time."""
    last = latest(student)
    said = about(last) if last is not None else {"late": False}
    return bool(said["late"]) and said["time"] is None


def reasons(lesson: Path) -> dict[str, str]:
    """Why hand-ins of students whose names are known could not be collected."""
    known = map(about, places(lesson / NOT_TAKEN))
    return {str(said["student"]): str(said["reason"]) for said in known if {"student", "reason"} <= said.keys()}


def seen_again(said: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """What is known of a hand-in that was collected before, with what this collection says of it.

    A time that was given stays where nothing is said of one now; but of a file that Canvas calls late no longer, it was the
    lateness's. An earlier upload than the known one says nothing new.
    """
    found = dict(said)
    if now["upload"] and now["upload"] >= said.get("upload", 0):
        found |= {"upload": now["upload"], "late": now["late"]}
        if said["late"] and not now["late"]:
            found["time"] = None
    return found if now["time"] is None else {**found, "time": now["time"]}
