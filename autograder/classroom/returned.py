"""The way back: pages through nbgrader's exchange, as an upload for the LMS, or in a folder."""

from __future__ import annotations

import glob
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from autograder.classroom import archives, console, exchange, feedback, files, roster, shares, went_back
from autograder.classroom.lms import upload
from autograder.classroom.people import People
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import Room
from autograder.classroom.status import Standing, Status
from autograder.engine.submissions import SECRET

TARGETS = ("exchange", "canvas", "moodle", "folder")


@dataclass(frozen=True)
class Way:
    """Where pages go. submissions: the LMS's archive, whose names an upload must have"""

    to: str
    out: Path
    submissions: Path | None = None


@dataclass
class Returned:
    """What went back: where it lies, to whom, how many pages are not what went back before, and who is left out for which reason."""

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

    Raises Refusal while answers are unmarked or marks are for other answers, unless `unmarked`, and for a way that cannot be taken;
    then nothing is written.
    """
    lesson = one.lesson.name
    ready = [s for s in one.standings if s.shown]
    if not ready:
        raise Refusal(f"nobody's {lesson} is graded yet: autograder grade {lesson}")
    if not unmarked:
        _check_marked(ready, lesson)
    places = _uploaded(room, lesson, way) if way.to in ("canvas", "moodle") else None
    own = room.root / "returned" / lesson
    if way.to == "folder":
        files.check_replaceable(way.out, "return", own)
    done = Returned(way.out, [s.student for s in ready])
    feedback.write(room, one, "*", distribution, progress)
    for standing in one.standings:
        if not standing.shown and (standing.enrolled or standing.handed_in):
            done.leave(standing.student, standing.blank)
    if places is not None:
        _zip(room, lesson, done, places)
    elif way.to == "folder":
        content = {f"{s}/{name}": data for s in done.students for name, data in _pages(room, lesson, s).items()}
        files.lay_out(done.place, content, "return", own)
    else:
        _into_exchange(room, lesson, done)
    before, sheets = went_back.read(room, lesson), {s.student: s.sheet for s in ready if s.sheet is not None}
    pages = {student: went_back.today(room, one.lesson, sheets[student]) for student in done.students}
    done.changed = sum(not went_back.is_same(before.get(student), page) for student, page in pages.items())
    went_back.note(room, lesson, {student: {**page, "to": way.to} for student, page in pages.items()})
    return done


def _check_marked(ready: list[Standing], lesson: str) -> None:
    """Raise Refusal where somebody is still to mark an answer, or to look at a mark again."""
    waiting = {
        "answers that nobody has marked": [s.student for s in ready if s.to_mark],
        "marks that were given for another answer, question or points": [s.student for s in ready if s.again],
    }
    told = []
    for what, students in waiting.items():
        if students:
            who = f"{', '.join(students[:5])}{', ...' if len(students) > 5 else ''}"
            told.append(
                f"{console.count(len(students), 'student')} {'has' if len(students) == 1 else 'have'} {what} ({who})"
            )
    if told:
        raise Refusal(f"{', and '.join(told)}: autograder mark {lesson}, or return with --unmarked")


def _pages(room: Room, lesson: str, student: str) -> dict[str, bytes]:
    found = files.contents(room.place("feedback", student, lesson))
    return {name: data for name, data in found.items() if name.endswith(".html")}


def _zip(room: Room, lesson: str, done: Returned, places: upload.Upload) -> None:
    """Raises Refusal where two pages would have one name, so that one of them would get lost."""
    content: dict[str, bytes] = {}
    for student in list(done.students):
        if (prefix := places.prefixes.get(student)) is None:
            done.leave(student, places.reason(student))
            continue
        for name, data in _pages(room, lesson, student).items():
            if prefix + name in content:
                raise Refusal(f"two students' pages would be called {prefix + name!r}: return them with --to folder")
            content[prefix + name] = data
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(content.items()):
            archive.writestr(name, data)
    files.put(done.place, packed.getvalue())


def _uploaded(room: Room, lesson: str, way: Way) -> upload.Upload:
    """Where the upload has whose pages. Raises Refusal where that cannot be told."""
    if way.submissions is None:
        raise Refusal(
            f"--submissions FILE: the archive that {way.to.capitalize()} gave; an upload is matched by its names"
        )
    people, names = People(roster.load(room)), []
    for entry in archives.entries(way.submissions, shares.budget(people, "the archive")):
        if entry.ends:
            raise Refusal(f"{way.submissions}: {entry.refused}; download the hand-ins in parts")
        names.append(entry.name)
    if way.to == "canvas":
        found = upload.in_canvas(names, people)
    else:
        found = upload.in_moodle(names, people, _collected(room, lesson))
    if not found.prefixes and not found.reasons:
        raise Refusal(f"{way.submissions} holds no hand-in of anybody in the roster by {way.to.capitalize()}'s names")
    return found


def _collected(room: Room, lesson: str) -> dict[str, str]:
    """Whose hand-in came from where, as it was when they were collected."""
    paths = sorted((room.root / "received" / lesson).glob("*/*/about.json"), reverse=True)  # the first one counts
    return {str(json.loads(path.read_text(encoding="utf-8")).get("origin")): path.parent.parent.name for path in paths}


def _into_exchange(room: Room, lesson: str, done: Returned) -> None:
    """Let nbgrader release the pages. Only what came by the exchange has a secret by which its student finds the page."""
    api = exchange.commands(room, {"CourseDirectory": {"student_id_exclude": ""}})
    for student in list(done.students):
        if not (room.place("submitted", student, lesson) / SECRET).is_file():
            done.leave(student, "did not hand in through the exchange, and can fetch nothing from it")
    # One by one: nbgrader's list of who is left out has no form for an id with a comma.
    for student in done.students:
        result = api.release_feedback(lesson, glob.escape(student))
        if not result["success"]:
            raise Refusal(f"nbgrader could not release the feedback of {student}: {exchange.reason(result)}")
    done.place = exchange.root(room) / room.folder.course.course_id / "feedback"
