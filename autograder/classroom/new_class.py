"""An empty folder becomes a class: settings, lessons, exchange, roster."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

from autograder.classroom import files, times
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import SETTINGS
from autograder.classroom.roster import FIELDS, ROSTER
from autograder.settings import class_text

ROOT = Path(__file__).parents[2]
FOLDERS = ("source", "release", "submitted", "autograded", "feedback", "exchange", "received")
GITIGNORE = """\
# Students' work, grades and what is made from them belong to nobody's repository.
/submitted/
/autograded/
/feedback/
/received/
/exchange/
/returned/
/backups/
/.autograder/
/downloaded/
/gradebook*.db*
*.csv
*.html
!/source/**
!/release/**
"""
_COURSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def available() -> list[str]:
    """The lessons of this project."""
    return sorted(path.name for path in (ROOT / "solutions").iterdir() if (path / f"{path.name}.ipynb").is_file())


def create(folder: Path, lessons: list[str], course: str, timezone: str, exchange: Path | None = None) -> None:
    """Make a class with some lessons. Raises Refusal where a folder holds something already, and for unknown lessons.

    exchange: where students' accounts fetch and submit; else a folder in the class, which only its owner can reach
    """
    folder = folder.absolute()
    unknown = sorted(set(lessons) - set(available()))
    if unknown:
        raise Refusal(f"no lesson {', '.join(unknown)}; there are: {', '.join(available())}")
    if not _COURSE.fullmatch(course):
        raise Refusal(f"{course!r} is no name for a course: letters, digits, '-', '_' and '.' only")
    times.zone(timezone)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refusal(f"{folder} exists and is not empty; a class is made in a new folder")
    # Made beside its place and renamed: a class is there whole or not at all.
    fresh = folder.with_name(f".{folder.name}.new-{os.getpid()}")
    fresh.parent.mkdir(parents=True, exist_ok=True)
    fresh.mkdir(mode=0o700)
    try:
        settings = {"course": course, "timezone": timezone}
        if exchange is not None:
            settings["exchange"] = str(exchange.absolute())
        _fill(fresh, lessons or available(), settings)
        if folder.exists():
            folder.rmdir()
        os.rename(fresh, folder)
    finally:
        files.remove(fresh)


def _fill(folder: Path, lessons: list[str], settings: dict[str, str]) -> None:
    for name in FOLDERS:
        (folder / name).mkdir()
    for lesson in lessons:
        put_lesson(folder, lesson)
    for name, content in texts(settings).items():
        (folder / name).write_bytes(content)


def texts(settings: dict[str, str]) -> dict[str, bytes]:
    """The files of an empty class, by name. settings: at least its course and timezone"""
    return {
        "nbgrader_config.py": configuration().encode(),
        SETTINGS: (json.dumps(settings, indent=2, sort_keys=True) + "\n").encode(),
        ".gitignore": GITIGNORE.encode(),
        ROSTER: (",".join(FIELDS) + "\n").encode(),
    }


def put_lesson(folder: Path, lesson: str) -> None:
    """Copy a lesson's source and release into a class folder, where they are not yet."""
    for origin, target in ((ROOT / "solutions", "source"), (ROOT / "exercises", "release")):
        place = folder / target / lesson
        if not place.exists():
            files.put_folder(place, files.contents(origin / lesson))


def configuration() -> str:
    """The text of a class's nbgrader_config.py."""
    return class_text() + CLASS_SETTINGS


CLASS_SETTINGS = """
# What `autograder new-class` and `autograder release` have noted in class.json.
import json  # noqa: E402

settings = json.loads((here / "class.json").read_text(encoding="utf-8"))
c.CourseDirectory.course_id = settings["course"]
c.Exchange.root = settings.get("exchange", str(here / "exchange"))
if "gradebook" in settings:
    c.CourseDirectory.db_url = settings["gradebook"]
c.AssignLatePenalties.plugin_class = "autograder.classroom.late.LatePolicy"
c.LatePolicy.policies = settings.get("late", {})
"""


def local_timezone() -> str:
    """The name of this machine's time zone, UTC where it says none."""
    name = os.environ.get("TZ", "").lstrip(":")
    if not name:
        target = os.path.realpath("/etc/localtime")
        name = target.partition("/zoneinfo/")[2] if "/zoneinfo/" in target else time.tzname[0]
    try:
        times.zone(name)
    except Refusal:
        return "UTC"
    return "UTC" if name.endswith("/UTC") else name
