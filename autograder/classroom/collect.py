"""Hand-ins into the class: all are kept as they came, the latest of each student counts, and nothing is lost.

They are kept below received/ (see `received`); the one that counts lies in submitted/<student>/<lesson>/, as nbgrader wants it.
"""

from __future__ import annotations

import datetime
import errno
import functools
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from autograder.classroom import archives, dates, files, identify, received, roster, times
from autograder.classroom.hand_in import HandIn
from autograder.classroom.people import People
from autograder.classroom.received import ABOUT
from autograder.classroom.reception import Reception, Row, plain_label, reason_files
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import Room
from autograder.classroom.sources import Options, gather
from autograder.engine.submissions import OWN, SECRET, TIME
from autograder.unpacking import containers

MAX_ARCHIVES = 5  # of one hand-in that are read
MAX_KEPT, MAX_ASIDE = 2**30, 4 * 2**30  # bytes of one student's hand-ins that are kept, and of all that was not taken
TIMELESS = "late, by an unknown time"


@dataclass
class Report:
    """What a collection did."""

    rows: list[Row] = field(default_factory=list)
    aside: Path | None = None

    def count(self, state: str) -> int:
        """How many rows are in a state."""
        return sum(row.state == state for row in self.rows)


def collect(
    room: Room, lesson: str, origin: str, options: Options, progress: Callable[..., Iterable[HandIn]]
) -> Report:
    """Take everything at a place into the class. Raises Refusal where it cannot be read.

    origin: "exchange", or a folder, a file or an archive
    """
    students = roster.load(room)
    if not students:
        raise Refusal("the roster is empty, so nobody's work can be told: autograder roster FILE")
    people = People(students)
    known = identify.contracts(room)
    if not any(contract.lesson == lesson for contract in known):
        raise Refusal(f"{lesson} is not released yet: autograder release {lesson} --due DATE")
    reception = Reception(room, lesson, known)
    taken: dict[str, list[Row]] = defaultdict(list)
    report = Report()
    for hand_in in progress(*gather(room, lesson, origin, people, options), "collect"):
        row = reception.attempt(hand_in.student, hand_in.label, functools.partial(_take, reception, hand_in))
        if row.state in ("unknown", "not taken"):
            report.rows.append(row)
        else:
            taken[hand_in.student].append(row)
    touched = {row.student for row in report.rows} | taken.keys()
    for student, rows in taken.items():
        report.rows.append(
            reception.attempt(student, f"{student}-counts", functools.partial(_settle, room, lesson, student, rows))
        )
    if any(row.state in ("unknown", "not taken") for row in report.rows):
        report.aside = reception.aside
    _lateness(room, lesson, report.rows)
    present = {student.id for student in students if room.place("submitted", student.id, lesson).is_dir()}
    expected = [] if options.student or Path(origin).suffix.lower() == ".ipynb" else students
    absent = [s.id for s in expected if s.enrolled == "yes" and s.id not in present | touched]
    # What came before and was not taken is in `status`, too, and a person who asks for it again should know why.
    before = received.reasons(reception.received)
    report.rows += [
        Row(student, "not handed in", notes=[f"before, not taken: {before[student]}"] if student in before else [])
        for student in absent
    ]
    return report


def _take(reception: Reception, hand_in: HandIn) -> Row:
    """Keep one hand-in as it came, among the student's or among what was not taken."""
    _unpack(reception, hand_in)
    limits = reception.room.folder.limits(reception.lesson)
    choice = identify.choose(hand_in.files, reception.lesson, reception.known, limits)
    digest = _digest(hand_in)
    aside = reception.aside / f"{plain_label(hand_in.label)}-{digest}"
    if reason := hand_in.unknown or hand_in.failed or ("" if choice.files else choice.reason):
        return _put_aside(reception, hand_in, aside, reason)
    notes = [
        *choice.notes,
        *hand_in.told(),
        *hand_in.notes,
        *(["empty: no answer was changed"] if choice.empty else []),
    ]
    about = {
        "time": hand_in.when.isoformat() if hand_in.when else None,
        "late": hand_in.late,
        "upload": hand_in.upload,
        "origin": hand_in.folder or hand_in.label,
        "collected": datetime.datetime.now(datetime.UTC).isoformat(),
        "notes": notes,
    }
    place = reception.received / hand_in.student / digest
    state = "unchanged"
    if place.is_dir():
        before = received.about(place)
        if (now := received.seen_again(before, about)) != before:
            files.put(place / ABOUT, json.dumps(now, indent=2).encode())
    else:
        # The files of a hand-in lie below, so that none of them can be taken for about.json.
        content = {f"files/{key}": data for key, data in hand_in.files.items()}
        content |= {f"counts/{key}": data for key, data in choice.files.items()}
        if not reception.has_room(place.parent, content, MAX_KEPT):
            full = (
                f"hand-ins of {hand_in.student!r} fill {MAX_KEPT // 2**30} GiB already; remove some in {place.parent}"
            )
            return _put_aside(reception, hand_in, aside, full)
        files.put_folder(place, {**content, ABOUT: json.dumps(about, indent=2).encode()})
        state = "collected"
    files.remove(aside)
    return Row(hand_in.student, state, hand_in.when, notes=notes)


def _put_aside(reception: Reception, hand_in: HandIn, aside: Path, reason: str) -> Row:
    """Keep what is not taken with its reason, and with its files while there is room."""
    content = reason_files(hand_in.student, reason, [*hand_in.told(), *hand_in.notes])
    shown = {f"files/{key}": data for key, data in hand_in.files.items()}
    if (aside / "files").is_dir() or reception.has_room(reception.aside, shown, MAX_ASIDE):
        content = {**shown, **content}
    if files.contents(aside) != content:
        files.put_folder(aside, content)
    state = "unknown" if hand_in.unknown else "not taken"
    return Row(hand_in.student or hand_in.label, state, notes=[reason, *hand_in.told()])


def _unpack(reception: Reception, hand_in: HandIn) -> None:
    """Replace archives that were handed in by what is in them, where no notebook lies beside them."""
    if any(name.lower().endswith(".ipynb") for name in hand_in.files):
        return
    whose = hand_in.student or hand_in.label
    packed = [name for name, data in hand_in.files.items() if containers.is_archive(data)]
    for name in packed[:MAX_ARCHIVES]:
        if whose in reception.dear:
            hand_in.problem(f"{name!r} was not read: another archive of the same student took too long")
            continue
        try:
            for entry in archives.inner(hand_in.files[name]):
                hand_in.add(f"{name}/{entry.name}" if entry.name in hand_in.files else entry.name, entry)
        except Refusal as error:
            hand_in.problem(f"{name!r}: {error}")
            reception.dear |= {whose} if isinstance(error, archives.Dear) else set()
    if len(packed) > MAX_ARCHIVES:
        hand_in.problem(f"{len(packed)} archives were handed in; the first {MAX_ARCHIVES} of them were read")


def _digest(hand_in: HandIn) -> str:
    """The same for the same hand-in, whenever and from wherever it is collected."""
    seen = hashlib.sha256()
    for name, data in sorted(hand_in.files.items()):
        seen.update(f"{name}\0{len(data)}\0".encode(errors="replace") + data)
    # Whoever submits the same again has handed in again; a time that becomes known later is no new hand-in.
    when = hand_in.when if hand_in.folder == "exchange" else None
    seen.update(f"{when} {hand_in.told()}".encode(errors="replace"))
    return seen.hexdigest()[:16]


def _settle(room: Room, lesson: str, student: str, rows: list[Row]) -> Row:
    """Make the latest of a student's hand-ins the one that counts."""
    folder = room.root / "received" / lesson / student
    target = room.place("submitted", student, lesson)
    kept, latest = received.places(folder), received.latest(folder)
    if latest is None:
        raise FileNotFoundError(errno.ENOENT, "the hand-in is gone", folder)
    said = received.about(latest)
    wanted = files.contents(latest / "counts")
    if (when := said["time"]) is not None:
        wanted[TIME] = when.encode()
    if (secret := _secret(latest)) and said["origin"] == "exchange":
        wanted[SECRET] = secret
    before = files.contents(target)
    if before and not any(_plain(before) == files.contents(path / "counts") for path in (latest, *kept)):
        _keep_by_hand(folder, before)
    changed = before != wanted
    if changed:
        files.put_folder(target, wanted)
    notes = list(dict.fromkeys(note for row in rows for note in row.notes))
    if len(kept) > 1:
        notes.insert(0, f"{len(kept)} hand-ins, the latest counts")
    came = datetime.datetime.fromisoformat(when) if when else None
    late = TIMELESS if said["late"] and came is None else ""
    return Row(student, "collected" if changed else "unchanged", came, late, notes)


def _secret(place: Path) -> bytes:
    """The name under which a student finds the page in nbgrader's exchange; nothing where it is not as nbgrader makes it."""
    path = place / "files" / SECRET
    content = path.read_bytes() if path.is_file() and path.stat().st_size <= 128 else b""
    return content if re.fullmatch(rb"[A-Za-z0-9-]{1,128}", content) else b""


def _plain(content: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in content.items() if name not in OWN}


def _keep_by_hand(folder: Path, content: dict[str, bytes]) -> None:
    """Keep what somebody had put into submitted/ beside this command."""
    digest = hashlib.sha256(repr(sorted(content.items())).encode()).hexdigest()[:16]
    about = {
        "time": "0001-01-01T00:00:00+00:00",
        "late": False,
        "origin": "submitted/",
        "collected": "0001-01-01T00:00:00+00:00",
    }
    shown = {f"{kind}/{name}": data for kind in ("files", "counts") for name, data in _plain(content).items()}
    files.put_folder(folder / digest, {**shown, ABOUT: json.dumps({**about, "notes": []}).encode()})


def _lateness(room: Room, lesson: str, rows: list[Row]) -> None:
    """Say of every row how late it is, extensions counted."""
    due = dates.due(room, lesson)
    if due is None:
        return
    with room.folder.gradebook() as book:
        given = {s.student_id: s.extension for s in book.assignment_submissions(lesson) if s.extension is not None}
    for row in rows:
        if row.when is not None and row.when > due:
            over = row.when - due - given.get(row.student, datetime.timedelta(0))
            row.late = f"late by {_span(over)}" if over > datetime.timedelta(0) else "extension"


def _span(over: datetime.timedelta) -> str:
    minutes = max(1, int(over.total_seconds() // 60))
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes} min" if hours else f"{minutes} min"


def show(row: Row, zone: datetime.tzinfo) -> tuple[str, ...]:
    """A row for the table."""
    return (row.student, row.state, times.show(row.when, zone), row.late, "; ".join(row.notes))
