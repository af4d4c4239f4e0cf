"""Hand-ins into the class: all are kept as they came, the latest of each student counts, and nothing is lost.

received/<lesson>/<student>/<digest>/   every hand-in: its files, and about.json with where it came from and when
received/<lesson>/not-taken/<name>/     what could not be taken, with reason.txt
submitted/<student>/<lesson>/           the one that counts, as nbgrader wants it
"""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from autograder.classroom import archives, dates, files, identify, roster, times
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import Room
from autograder.classroom.sources import HandIn, Options, People, gather
from autograder.classroom.status import moment

NOT_TAKEN, ABOUT, REASON = "not-taken", "about.json", "reason.txt"
TIMELESS = "late, by an unknown time"


@dataclass
class Row:
    """One line of the table at the end. state: collected, unchanged, older, not taken, unknown, not handed in"""

    student: str
    state: str
    when: datetime.datetime | None = None
    late: str = ""
    notes: list[str] = field(default_factory=list)


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
    found = gather(room, lesson, origin, people, options)
    taken: dict[str, list[Row]] = defaultdict(list)
    report = Report()
    for hand_in in progress(found, len(found), "collect"):
        row = _take(room, lesson, hand_in, known)
        if row.state in ("unknown", "not taken"):
            report.rows.append(row)
            report.aside = room.root / "received" / lesson / NOT_TAKEN
        else:
            taken[hand_in.student].append(row)
    touched = {row.student for row in report.rows} | taken.keys()
    for student, rows in taken.items():
        report.rows.append(_settle(room, lesson, student, rows))
    _lateness(room, lesson, report.rows)
    present = {student.id for student in students if room.place("submitted", student.id, lesson).is_dir()}
    expected = [] if options.student or Path(origin).suffix.lower() == ".ipynb" else students
    absent = [s.id for s in expected if s.enrolled == "yes" and s.id not in present | touched]
    report.rows += [Row(student, "not handed in") for student in absent]
    return report


def _take(room: Room, lesson: str, hand_in: HandIn, known: list[identify.Contract]) -> Row:
    """Keep one hand-in as it came, among the student's or among what was not taken."""
    _unpack(hand_in)
    choice = identify.choose(hand_in.files, lesson, known, room.folder.limits(lesson))
    digest = _digest(hand_in)
    label = re.sub(r"[^\w.@-]+", "_", hand_in.label).strip("._")[:40] or "unnamed"
    aside = room.root / "received" / lesson / NOT_TAKEN / f"{label}-{digest}"
    if hand_in.unknown or not choice.files:
        reason = hand_in.unknown or choice.reason
        text = "\n".join([reason, *hand_in.problems, *hand_in.notes])
        shown = {f"files/{key}": data for key, data in hand_in.files.items()}
        whose = json.dumps({"student": hand_in.student, "reason": reason}).encode()
        content = {**shown, REASON: (text + "\n").encode(errors="replace"), ABOUT: whose}
        if files.contents(aside) != content:
            files.put_folder(aside, content)
        state = "unknown" if hand_in.unknown else "not taken"
        return Row(hand_in.student or hand_in.label, state, notes=[reason, *hand_in.problems])
    files.remove(aside)
    notes = [
        *choice.notes,
        *hand_in.problems,
        *hand_in.notes,
        *(["empty: no answer was changed"] if choice.empty else []),
    ]
    about = {
        "time": hand_in.when.isoformat() if hand_in.when else None,
        "late": hand_in.late,
        "origin": hand_in.folder or hand_in.label,
        "collected": datetime.datetime.now(datetime.UTC).isoformat(),
        "notes": notes,
    }
    place = room.root / "received" / lesson / hand_in.student / digest
    if not place.is_dir():
        # The files of a hand-in lie below, so that none of them can be taken for about.json.
        kept = {f"files/{key}": data for key, data in hand_in.files.items()}
        counted = {f"counts/{key}": data for key, data in choice.files.items()}
        files.put_folder(place, {**kept, **counted, ABOUT: json.dumps(about, indent=2).encode()})
        return Row(hand_in.student, "collected", hand_in.when, notes=notes)
    before = json.loads((place / ABOUT).read_text(encoding="utf-8"))
    if hand_in.when is not None and before["time"] != about["time"]:
        files.put(place / ABOUT, json.dumps({**before, "time": about["time"]}, indent=2).encode())
    return Row(hand_in.student, "unchanged", hand_in.when, notes=notes)


def _unpack(hand_in: HandIn) -> None:
    """Replace archives that were handed in by what is in them, where no notebook lies beside them."""
    if any(name.lower().endswith(".ipynb") for name in hand_in.files):
        return
    for name, data in list(hand_in.files.items()):
        if not archives.is_archive(data):
            continue
        try:
            for entry in archives.inner(data):
                hand_in.add(f"{name}/{entry.name}" if entry.name in hand_in.files else entry.name, entry)
        except Refusal as error:
            hand_in.problems.append(f"{name!r}: {error}")


def _digest(hand_in: HandIn) -> str:
    """The same for the same hand-in, whenever and from wherever it is collected."""
    seen = hashlib.sha256()
    for name, data in sorted(hand_in.files.items()):
        seen.update(f"{name}\0{len(data)}\0".encode(errors="replace") + data)
    # Whoever submits the same again has handed in again; a time that becomes known later is no new hand-in.
    when = hand_in.when if hand_in.folder == "exchange" else None
    seen.update(f"{when} {hand_in.problems}".encode(errors="replace"))
    return seen.hexdigest()[:16]


def _settle(room: Room, lesson: str, student: str, rows: list[Row]) -> Row:
    """Make the latest of a student's hand-ins the one that counts."""
    folder = room.root / "received" / lesson / student
    target = room.place("submitted", student, lesson)
    kept = [path for path in folder.iterdir() if not path.name.startswith(".")]
    abouts = {path: json.loads((path / ABOUT).read_text(encoding="utf-8")) for path in kept}
    latest = max(kept, key=lambda path: (moment(abouts[path]), path.name))
    wanted = files.contents(latest / "counts")
    if (when := abouts[latest]["time"]) is not None:
        wanted["timestamp.txt"] = when.encode()
    if (secret := latest / "files" / "submission_secret.txt").is_file() and abouts[latest]["origin"] == "exchange":
        wanted["submission_secret.txt"] = secret.read_bytes()
    before = files.contents(target)
    known = [files.contents(path / "counts") for path in kept]
    if before and _plain(before) not in known:
        _keep_by_hand(folder, before)
    changed = before != wanted
    if changed:
        files.put_folder(target, wanted)
    notes = list(dict.fromkeys(note for row in rows for note in row.notes))
    if len(kept) > 1:
        notes.insert(0, f"{len(kept)} hand-ins, the latest counts")
    came = datetime.datetime.fromisoformat(when) if when else None
    late = TIMELESS if abouts[latest]["late"] and came is None else ""
    return Row(student, "collected" if changed else "unchanged", came, late, notes)


def _plain(content: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in content.items() if name not in ("timestamp.txt", "submission_secret.txt")}


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
