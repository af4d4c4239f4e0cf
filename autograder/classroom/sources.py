"""Where hand-ins come from, and whose they are: nbgrader's exchange, folders, files, and the archives of Canvas and Moodle."""

from __future__ import annotations

import datetime
import json
import os
import pwd
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.classroom import archives, folders, owners, shares, times
from autograder.classroom.hand_in import HandIn
from autograder.classroom.lms import canvas, moodle
from autograder.classroom.lms.canvas import CanvasFile
from autograder.classroom.owners import Owner, Worksheet
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
    """Entries by the person who handed them in; the names say which system wrote them."""
    groups: dict[str, HandIn] = {}
    depths: dict[str, tuple[int, str]] = {}  # of what a path names: with which part, and the outermost one
    named: set[str] = set()  # the groups that a name alone led to somebody
    worksheet = Worksheet(options.worksheet, room.zone, people) if options.worksheet else None
    whose = people.by_key(options.student) if options.student else ""
    for entry in found:
        if entry.ends:
            told = f"{entry.refused}: collect the rest apart. Who is 'not handed in' here may be in it"
            groups["the rest"] = HandIn(f"{entry.name} and what follows", failed=told)
            continue
        if (in_moodle := moodle.parse_name(entry.name)) is not None:
            owner = Owner(whose) if whose else owners.in_moodle(in_moodle, people, worksheet)
            key, name = in_moodle.number or entry.name, in_moodle.name
            groups.setdefault(key, _from_moodle(in_moodle, owner, worksheet)).add(name, entry)
        elif readings := canvas.readings(entry.name):
            file, hand_in, owner = _from_canvas(entry.name, readings, people, whose)
            key, name = f"canvas {file.user} {hand_in.student}", file.name
            hand_in = groups.setdefault(key, hand_in)
            hand_in.add(name, entry)
            hand_in.upload = max(hand_in.upload, file.file)
        else:
            key, depth = _add_by_path(groups, entry, people, whose)
            if groups[key].student and not whose:
                depths.setdefault(key, (depth, PurePosixPath(entry.name).parts[0]))
            continue
        if owner.by_name and not whose:
            named.add(key)
    _only_outermost(groups, depths)
    _none_of_a_name(groups, named)
    return list(groups.values())


def _add_by_path(groups: dict[str, HandIn], entry: Entry, people: People, whose: str) -> tuple[str, int]:
    """Add an entry to whom its path names; returns under which key, and with which part of the path."""
    named, depth = people.by_path(entry.name)
    parts = PurePosixPath(entry.name).parts or (entry.name,)
    student = whose or named
    label = student or (parts[0] if len(parts) > 1 else entry.name)
    why = "" if student else f"no part of {entry.name!r} is the id or address of one student"
    key = f"path {depth if student else ''} {label}"
    hand_in = groups.setdefault(key, HandIn(label, student, unknown=why))
    is_folder = student == named and depth < len(parts) - 1
    name = "/".join(parts[depth + 1 :]) if student and is_folder else entry.name
    # Two folders may name the same student; neither's file stands for the other's.
    hand_in.add(entry.name if name in hand_in.files else name, entry)
    return key, depth


def _only_outermost(groups: dict[str, HandIn], depths: dict[str, tuple[int, str]]) -> None:
    """Give to nobody what names its student further in than others: a folder inside somebody's hand-in may have any name."""
    for key, (depth, outer) in depths.items():
        if depth > min(depths.values())[0]:
            found = groups[key]
            found.unknown = (
                f"{found.student!r} stands only inside {outer!r}, which names nobody, and other hand-ins here are named "
                "further out: whoever handed it in may have chosen that name; --student says whose it is"
            )
            found.student, found.label = "", outer


def _none_of_a_name(groups: dict[str, HandIn], named: set[str]) -> None:
    """Give to nobody what a name alone leads to a student to whom something else in the same archive leads as well."""
    count = Counter(found.student for found in groups.values() if found.folder)
    for found in (groups[key] for key in named):
        if count[found.student] > 1:
            found.unknown = (
                f"{found.label!r} leads to {found.student!r} by a name alone, and so does another hand-in here, whose number is "
                f"another one: a name is chosen by whoever has it; --student says whose it is"
            )
            found.student = ""


def _from_moodle(file: moodle.MoodleFile, owner: Owner, worksheet: Worksheet | None) -> HandIn:
    label = f"{file.full_name}_{file.number}" if file.number else file.name
    hand_in = HandIn(label, owner.student, unknown=owner.why, folder=f"moodle {file.folder}" if file.number else "")
    if worksheet:
        hand_in.when = worksheet.when.get(file.number)
        hand_in.notes += [doubt] if (doubt := worksheet.doubts.get(file.number)) else []
    return hand_in


def _from_canvas(path: str, readings: list[CanvasFile], people: People, whose: str) -> tuple[CanvasFile, HandIn, Owner]:
    """What Canvas wrote of a file. What the student called the file says nothing about whose it is."""
    file, owner = owners.in_canvas(path, readings, people)
    is_canvas = bool(owner.student) or not whose
    late = file.late if owner.student else any(reading.late for reading in readings)
    folder = f"canvas {file.user}" if is_canvas else ""
    hand_in = HandIn(
        file.called or path, whose or owner.student, late=late, unknown="" if whose else owner.why, folder=folder
    )
    return file, hand_in, owner


def _in_exchange(room: Room, lesson: str) -> list[tuple[Path, str, str]]:
    """What students submitted with nbgrader: places, and whose they are and of when by their names."""
    course = room.folder.course.course_id
    inbound = Path(room.folder.config.Exchange.get("root", str(room.root / "exchange"))) / course / "inbound"
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
