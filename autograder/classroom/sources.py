"""Where hand-ins come from, and whose they are: nbgrader's exchange, folders, files, and the archives of Canvas and Moodle."""

from __future__ import annotations

import datetime
import json
import os
import pwd
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.classroom import archives, exchange, folders, shares, times
from autograder.classroom.groups import Groups
from autograder.classroom.hand_in import HandIn
from autograder.classroom.owners import Worksheet
from autograder.classroom.people import People
from autograder.classroom.refusal import Refusal, words
from autograder.classroom.room import Room
from autograder.classroom.roster import nobody
from autograder.unpacking import containers
from autograder.unpacking.entry import HANDED_IN, Budget, Entry

MAX_FILES = 5_000  # files and folders that are looked at in one of the exchange's
MAX_DRIFT = datetime.timedelta(minutes=10)


@dataclass(frozen=True)
class Options:
    """What the command was asked for beside the place.

    received: when hand-ins arrived of which nothing says when; worksheet: Moodle's, with times and addresses; student: whose all is
    """

    received: datetime.datetime | None = None
    worksheet: Path | None = None
    student: str = ""


def gather(room: Room, lesson: str, origin: str, people: People, options: Options) -> tuple[Iterable[HandIn], int]:
    """Everything that was handed in at a place, and how many that are; the exchange's are read one at a time.

    Raises Refusal where the place cannot be read.
    """
    if options.student and not people.by_key(options.student):
        raise nobody(options.student, (student.id for student in people.students))
    if origin == "exchange":
        places = _in_exchange(room, lesson)
        return (_timed(_submitted(*place, people), options) for place in places), len(places)
    path = Path(origin)
    if not path.exists():
        raise Refusal(f"no file or folder {path}: collect takes 'exchange', an archive, a folder or a notebook")
    if path.is_dir():
        found = _grouped(folders.in_folder(path, shares.budget(people, "the folder")), room, people, options)
    elif path.suffix.lower() == ".ipynb" or (path.is_file() and not _archive(path)):
        found = _grouped([folders.from_file(path, path.name)], room, people, options)
    else:
        # What is one student's alone may be made to do harm, as what was handed in inside an archive.
        whole = (
            archives.of_one(path) if options.student else archives.entries(path, shares.budget(people, "the archive"))
        )
        found = _grouped(whole, room, people, options)
    return [_timed(hand_in, options) for hand_in in found], len(found)


def _timed(hand_in: HandIn, options: Options) -> HandIn:
    """A hand-in with the time that the command gave, where nothing else says when."""
    if hand_in.when is None and (hand_in.late or not hand_in.folder.startswith("canvas")):
        hand_in.when = options.received
    return hand_in


def system_of(room: Room, lesson: str) -> str:
    """Where a lesson's hand-ins came from: exchange, canvas, moodle, or folder for everything else."""
    for path in sorted((room.root / "received" / lesson).glob("*/*/about.json")):
        kind = str(json.loads(path.read_text(encoding="utf-8")).get("origin", "")).partition(" ")[0]
        if kind in ("exchange", "canvas", "moodle"):
            return kind
    return "folder"


def _archive(path: Path) -> bool:
    with open(path, "rb") as file:
        return containers.is_archive(file.read(512)) or path.suffix.lower() in (".zip", ".tar", ".gz", ".tgz")


def _grouped(found: Iterable[Entry], room: Room, people: People, options: Options) -> list[HandIn]:
    """Entries by the person who handed them in."""
    worksheet = Worksheet(options.worksheet, room.zone, people) if options.worksheet else None
    groups = Groups(people, worksheet, people.by_key(options.student) if options.student else "")
    for entry in found:
        groups.add(entry)
    return groups.hand_ins()


def _in_exchange(room: Room, lesson: str) -> list[tuple[Path, str, str]]:
    """What students submitted with nbgrader: places, and whose they are and of when by their names."""
    course = room.folder.course.course_id
    inbound = exchange.root(room) / course / "inbound"
    if not inbound.is_dir():
        raise Refusal(f"no exchange in {inbound}; `autograder release {lesson} --to exchange` makes it")
    found = []
    for path in sorted(inbound.iterdir()):
        parts = path.name.rsplit("+", 3)
        if len(parts) >= 3 and parts[1] == lesson and path.is_dir() and not path.is_symlink():
            found.append((path, parts[0], parts[2]))
    return found


def _submitted(path: Path, user: str, stamp: str, people: People) -> HandIn:
    student = people.by_key(user)
    why = "" if student else f"no student {user!r} in the roster"
    hand_in = HandIn(path.name, student, unknown=why, folder="exchange")
    try:
        with folders.opened(path.parent) as inbound, folders.opened(path.name, inbound) as folder:
            _check_owner(hand_in, user, _account(os.fstat(folder).st_uid), people)
            changed = 0.0
            for entry in folders.in_folder(folder, Budget(HANDED_IN, MAX_FILES, "the hand-in")):
                hand_in.add(entry.name, entry)
                changed = max(changed, entry.changed)
            _check_time(hand_in, stamp, os.fstat(folder).st_ctime, changed)
    except Exception as error:  # one hand-in's failure is not another one's
        hand_in.failed = f"it cannot be read: {words(error)}"
    return hand_in


def _check_owner(hand_in: HandIn, user: str, owner: str, people: People) -> None:
    """Whose a hand-in is says its name, which its account chose; the account itself must not be another student's."""
    wrote = people.by_key(owner)
    if hand_in.student and wrote and wrote != hand_in.student:
        hand_in.student, hand_in.unknown = "", f"it says that it is of {user!r}, but the account {owner!r} wrote it"
    elif hand_in.student and not wrote:
        hand_in.notes.append(f"written by the account {owner!r}, which is in no roster")


def _check_time(hand_in: HandIn, stamp: str, seen: float, changed: float = 0.0) -> None:
    """When it came says its name as well; the file system's own note must agree, and stands for a name that says none.

    seen: when the file system saw the folder change; changed: when it saw the last of the files in it change
    """
    arrived = datetime.datetime.fromtimestamp(max(seen, changed), datetime.UTC)
    rewritten = changed - seen > MAX_DRIFT.total_seconds()
    there = f"{'was changed at' if rewritten else 'lies there since'} {arrived:%Y-%m-%d %H:%M} UTC"
    try:
        when = times.parse(stamp, datetime.UTC)
        reason = "" if when.year in times.YEARS else f"cannot be right: a year from {times.YEARS[0]} on was expected"
    except Refusal:
        reason = "cannot be read"
    if reason:
        hand_in.when = arrived
        hand_in.notes.append(f"its time {stamp!r} {reason}; it {there}, which counts")
        return
    hand_in.when = when
    if arrived - when > MAX_DRIFT:
        hand_in.notes.append(f"says {when:%Y-%m-%d %H:%M} UTC, {there}")


def _account(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"number {number}"
