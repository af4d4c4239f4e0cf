"""The way back: pages through nbgrader's exchange, as an upload for the LMS, or in a folder."""

from __future__ import annotations

import copy
import json
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from autograder.classroom import archives, feedback, files, roster, status
from autograder.classroom.lms import canvas, moodle
from autograder.classroom.people import People
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import Room
from autograder.classroom.status import Standing, Status
from autograder.engine.submissions import SECRET

TARGETS = ("exchange", "canvas", "moodle", "folder")
Names = Callable[[str, str], str | None]


@dataclass(frozen=True)
class Way:
    """Where pages go. submissions: the LMS's archive, whose names an upload must have"""

    to: str
    out: Path
    submissions: Path | None = None


@dataclass
class Returned:
    """What went back: where it lies, to whom, how many pages were new, and who is left out for which reason."""

    place: Path
    students: list[str] = field(default_factory=list)
    left: dict[str, list[str]] = field(default_factory=dict)
    changed: int = 0

    def leave(self, student: str, reason: str) -> None:
        """Note somebody who gets nothing."""
        if student in self.students:
            self.students.remove(student)
        self.left.setdefault(reason, []).append(student)


def give_back(
    room: Room,
    one: Status,
    way: Way,
    progress: Callable[..., Iterable[Standing]],
    *,
    unmarked: bool = False,
    distribution: bool | None = None,
) -> Returned:
    """Make the pages what they are today, and lay them out for a way back.

    Raises Refusal while answers are unmarked, unless `unmarked`, and for a way that cannot be taken; then nothing is written.
    """
    lesson = one.lesson.name
    ready = [s for s in one.standings if s.shown]
    if not ready:
        raise Refusal(f"nobody's {lesson} is graded yet: autograder grade {lesson}")
    waiting = [s.student for s in ready if s.to_mark]
    if waiting and not unmarked:
        raise Refusal(
            f"{len(waiting)} students have answers that nobody has marked ({', '.join(waiting[:5])}{', ...' if len(waiting) > 5 else ''}): "
            f"autograder mark {lesson}, or return with --unmarked"
        )
    names = None if way.to == "exchange" else _names_for(room, lesson, way)
    done = Returned(way.out, [s.student for s in ready])
    done.changed = feedback.write(room, one, "*", distribution, progress)
    for standing in one.standings:
        if not standing.shown and (standing.enrolled or standing.handed_in):
            done.leave(standing.student, standing.blank)
    if names is None:
        _into_exchange(room, lesson, done)
    else:
        _lay_out(room, lesson, done, names, zipped=way.to != "folder")
    sheets = {s.student: s.sheet for s in ready if s.sheet is not None}
    lines = {student: {"fingerprint": sheets[student].fingerprint(), "to": way.to} for student in done.students}
    status.note_returned(room, lesson, lines)
    return done


def _lay_out(room: Room, lesson: str, done: Returned, names: Names, *, zipped: bool) -> None:
    content: dict[str, bytes] = {}
    for student in list(done.students):
        for name, data in files.contents(room.place("feedback", student, lesson)).items():
            if not name.endswith(".html"):
                continue
            if (target := names(student, name)) is None:
                done.leave(student, "not in the LMS's archive")
                break
            content[target] = data
    if not zipped:
        files.put_folder(done.place, content)
        return
    fresh = done.place.with_name(f".{done.place.name}.new")
    fresh.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(content.items()):
            archive.writestr(name, data)
    fresh.replace(done.place)


def _names_for(room: Room, lesson: str, way: Way) -> Names:
    """The name of a student's page in the way back; None for whom the LMS's archive does not have."""
    if way.to == "folder":
        return lambda student, name: f"{student}/{name}"
    if way.submissions is None:
        raise Refusal(
            f"--submissions FILE: the archive that {way.to.capitalize()} gave; an upload is matched by its names"
        )
    people, known = People(roster.load(room)), _collected(room, lesson)
    found: dict[str, str] = {}
    for entry in archives.entries(way.submissions):
        if way.to == "canvas" and (file := canvas.parse_name(entry.name)) is not None:
            student = people.by_number(file.user) or people.by_name(entry.name.partition("_")[0])
            # An upload is matched by everything up to the file's number; the type of the file may differ.
            found.setdefault(student, entry.name[: len(entry.name) - len(file.name)])
        elif way.to == "moodle" and (there := moodle.parse_name(entry.name)) is not None:
            student = known.get(f"moodle {there.folder}") or people.by_name(there.full_name)
            found.setdefault(student, f"{there.full_name}_{there.number}_assignfeedback_file/")
    found.pop("", None)
    if not found:
        raise Refusal(f"{way.submissions} holds no hand-in of anybody in the roster by {way.to.capitalize()}'s names")
    return lambda student, name: f"{found[student]}{name}" if student in found else None


def _collected(room: Room, lesson: str) -> dict[str, str]:
    """Whose hand-in came from where, as it was when they were collected."""
    paths = sorted((room.root / "received" / lesson).glob("*/*/about.json"), reverse=True)  # the first one counts
    return {str(json.loads(path.read_text(encoding="utf-8")).get("origin")): path.parent.parent.name for path in paths}


def _into_exchange(room: Room, lesson: str, done: Returned) -> None:
    """Let nbgrader release the pages. Only what came by the exchange has a secret by which its student finds the page."""
    from nbgrader.apps import NbGraderAPI

    for student in list(done.students):
        if not (room.place("submitted", student, lesson) / SECRET).is_file():
            done.leave(student, "did not hand in through the exchange, and can fetch nothing from it")
    config = copy.deepcopy(room.folder.config)
    others = {path.parent.name for path in room.place("feedback", "x", lesson).parents[1].glob(f"*/{lesson}")}
    config.CourseDirectory.student_id_exclude = ",".join(sorted(others - set(done.students)))
    result = NbGraderAPI(config=config).release_feedback(lesson)
    if not result["success"]:
        raise Refusal(
            f"nbgrader could not release the feedback: {(result.get('log') or result.get('error') or '').strip()[-300:]}"
        )
    exchange = Path(config.Exchange.get("root", room.root / "exchange"))
    done.place = exchange / room.folder.course.course_id / "feedback"
