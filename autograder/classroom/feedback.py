"""What a student gets back: one page with the code, what each check said, marks and comments, lateness and the score."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup

from autograder.classroom import files, page, plots, rendering, roster, status, times
from autograder.classroom.grades import Lesson, Mark
from autograder.classroom.lms import canvas, moodle
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import Room
from autograder.classroom.status import Standing, Status

_CHECK = re.compile(r"check\(\s*[\"'](\w+)[\"']")
_HEADING = re.compile(r"^#{1,4}\s+(.+)$", re.MULTILINE)
TARGETS = ("exchange", "canvas", "moodle", "folder")


@dataclass
class Part:
    """One check or written answer on the page."""

    label: str
    points: float
    mark: Mark
    message: str = ""
    written: bool = False
    answer: Markup | None = None

    @property
    def verdict(self) -> str:
        """The class of its colour."""
        if self.mark.score is None or (self.written and self.mark.needs and self.mark.manual is None):
            return "warn"
        return "good" if self.mark.score >= self.points else "bad" if self.mark.score == 0 else "warn"


@dataclass
class Section:
    """A function or question of the lesson."""

    name: str
    title: str
    code: list[Markup] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    question: Markup | None = None

    @property
    def score(self) -> float:
        """The points of its parts."""
        return sum(part.mark.score or 0.0 for part in self.parts)

    @property
    def points(self) -> float:
        """What they are worth."""
        return sum(part.points for part in self.parts)


def write(
    room: Room, lesson: str, pattern: str, distribution: bool, progress: Callable[..., Iterable[Standing]]
) -> tuple[Status, int]:
    """Write the page of everybody who is graded; returns where the lesson stands, and how many pages changed."""
    one = status.read(room, lesson)
    graded = [
        s for s in one.standings if s.graded and not s.aside and s.sheet is not None and Path(s.student).match(pattern)
    ]
    totals = [s.sheet.total for s in one.standings if s.final and s.sheet is not None] if distribution else []
    changed = 0
    for standing in progress(graded, len(graded), "feedback"):
        content = {f"{name}.html": data for name, data in _pages(room, one, standing, totals)}
        for name in ("timestamp.txt", "submission_secret.txt"):
            path = room.place("submitted", standing.student, lesson) / name
            if path.is_file():
                content[name] = path.read_bytes()
        place = room.place("feedback", standing.student, lesson)
        if files.contents(place) != content:
            files.put_folder(place, content)
            changed += 1
    return one, changed


def _pages(room: Room, one: Status, standing: Standing, totals: list[float]) -> Iterator[tuple[str, bytes]]:
    sheet = standing.sheet
    assert sheet is not None
    people = {student.id: student.name for student in roster.load(room)}
    for path in sorted(room.place("autograded", standing.student, one.lesson.name).glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        title, sections = read_sections(notebook, one.lesson, sheet.marks)
        late = one.lesson.late(sheet)
        yield (
            path.stem,
            page.render(
                "feedback.html",
                "feedback",
                title=title or one.lesson.name,
                lesson=one.lesson.name,
                student=people.get(standing.student, standing.student),
                sections=sections,
                sheet=sheet,
                points=one.lesson.points,
                to_mark=standing.to_mark,
                handed_in=times.show(sheet.when, room.zone),
                due=times.show(
                    one.lesson.due and one.lesson.due + (sheet.extension or one.lesson.due - one.lesson.due), room.zone
                ),
                late=status.span(late) if late else "",
                histogram=plots.histogram(totals, one.lesson.points, mark=sheet.total) if totals else None,
            ),
        )


def read_sections(
    notebook: dict[str, Any], lesson: Lesson, marks: dict[str, Mark], *, rendered: bool = True
) -> tuple[str, list[Section]]:
    """A graded notebook as a page shows it: its title, and a section for each function and question.

    rendered: with texts and code as HTML, which takes most of the time
    """
    as_text: Callable[[str], Markup] = rendering.text if rendered else Markup
    as_code: Callable[[str], Markup] = rendering.code if rendered else Markup
    title, heading = "", ""
    waiting: list[Markup] = []
    sections: dict[str, Section] = {}
    question = ""
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        given = cell["metadata"].get("nbgrader", {})
        name = str(given.get("grade_id", ""))
        mark = marks.get(name)
        if cell["cell_type"] == "code" and given.get("grade") and mark is not None:
            found = _CHECK.search(source)
            function = found[1] if found else name
            section = sections.setdefault(function, Section(function, function))
            section.code += waiting
            waiting = []
            label = "hidden check" if "hidden=True" in source else "check"
            section.parts.append(Part(label, lesson.cells[name].points, mark, message_of(cell)))
        elif mark is not None and name in lesson.cells:
            section = sections.setdefault(name, Section(name, heading or "written answer", question=as_text(question)))
            section.parts.append(
                Part("written answer", lesson.cells[name].points, mark, written=True, answer=as_text(source))
            )
        elif cell["cell_type"] == "code" and not given.get("locked", False) and source.strip():
            waiting.append(as_code(source))
        elif cell["cell_type"] == "markdown" and given.get("locked", False):
            headings = _HEADING.findall(source)
            title = title or (headings[0] if headings else "")
            heading = headings[-1] if headings else heading
            question = _HEADING.sub("", source)
    return title, list(sections.values())


def message_of(cell: dict[str, Any]) -> str:
    """What a check printed, as text."""
    pieces = []
    for output in cell.get("outputs", []):
        if output["output_type"] == "error":
            pieces.append("\n".join(output.get("traceback", [])))
        elif output["output_type"] == "stream":
            pieces.append("".join(output["text"]))
    return rendering.plain("\n".join(piece.strip("\n") for piece in pieces if piece.strip()))


@dataclass
class Returned:
    """What went back: where it lies, to whom, and who is left out for which reason."""

    place: Path
    students: list[str] = field(default_factory=list)
    left: dict[str, list[str]] = field(default_factory=dict)


def give_back(room: Room, lesson: str, to: str, out: Path, *, unmarked: bool, submissions: Path | None) -> Returned:
    """Lay the pages out for a way back. Raises Refusal while answers are unmarked, unless `unmarked`, and for stale pages.

    submissions: the LMS's archive, whose names an upload must have
    """
    one = status.read(room, lesson)
    ready = [s for s in one.standings if s.graded and not s.aside and s.sheet is not None]
    waiting = [s.student for s in ready if s.to_mark]
    if waiting and not unmarked:
        raise Refusal(
            f"{len(waiting)} students have answers that nobody has marked ({', '.join(waiting[:5])}{', ...' if len(waiting) > 5 else ''}): "
            f"autograder mark {lesson}, or return with --unmarked"
        )
    pages = {s.student: files.contents(room.place("feedback", s.student, lesson)) for s in ready}
    missing = [student for student, content in pages.items() if not any(name.endswith(".html") for name in content)]
    if missing:
        raise Refusal(
            f"no feedback yet for {', '.join(missing[:5])}{', ...' if len(missing) > 5 else ''}: autograder feedback {lesson}"
        )
    done = Returned(out, [s.student for s in ready])
    for standing in one.standings:
        if standing not in ready and (standing.enrolled or standing.handed_in):
            done.left.setdefault(standing.blank, []).append(standing.student)
    if to == "exchange":
        _into_exchange(room, lesson)
        done.place = (
            Path(room.folder.config.Exchange.get("root", "exchange")) / room.folder.course.course_id / "feedback"
        )
    else:
        names = _names_for(room, lesson, to, submissions)
        _lay_out(done, pages, names, zipped=to != "folder")
    lines = {s.student: {"fingerprint": s.sheet.fingerprint(), "to": to} for s in ready if s.sheet}
    status.note_returned(room, lesson, {student: lines[student] for student in done.students})
    return done


def _lay_out(
    done: Returned, pages: dict[str, dict[str, bytes]], names: Callable[[str, str], str | None], *, zipped: bool
) -> None:
    content: dict[str, bytes] = {}
    for student in list(done.students):
        for name, data in pages[student].items():
            if name.endswith(".html"):
                target = names(student, name)
                if target is None:
                    done.students.remove(student)
                    done.left.setdefault("not in the LMS's archive", []).append(student)
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


def _names_for(room: Room, lesson: str, to: str, submissions: Path | None) -> Callable[[str, str], str | None]:
    """The name of a student's page in the way back; None for whom the LMS's archive does not have."""
    if to == "folder":
        return lambda student, name: f"{student}/{name}"
    if submissions is None:
        raise Refusal(f"--submissions FILE: the archive that {to.capitalize()} gave; an upload is matched by its names")
    from autograder.classroom import archives
    from autograder.classroom.sources import People

    people = People(roster.load(room))
    found: dict[str, str] = {}
    for entry in archives.entries(submissions):
        if to == "canvas" and (file := canvas.parse_name(entry.name)) is not None:
            student = people.by_number(file.user) or people.by_name(entry.name.partition("_")[0])
            # An upload is matched by everything up to the file's number; the type of the file may differ.
            found.setdefault(student, entry.name[: len(entry.name) - len(file.name)])
        elif to == "moodle" and (there := moodle.parse_name(entry.name)) is not None:
            student = _who(room, lesson, there, people)
            found.setdefault(student, f"{there.full_name}_{there.number}_assignfeedback_file/")
    found.pop("", None)
    if not found:
        raise Refusal(f"{submissions} holds no hand-in of anybody in the roster by {to.capitalize()}'s names")
    return lambda student, name: f"{found[student]}{name}" if student in found else None


def _who(room: Room, lesson: str, file: moodle.MoodleFile, people: Any) -> str:
    """Whose a participant's number is: as it was when the hand-ins were collected, else by the name."""
    origin = f"moodle {file.folder}"
    for about in sorted((room.root / "received" / lesson).glob("*/*/about.json")):
        if json.loads(about.read_text(encoding="utf-8")).get("origin") == origin:
            return about.parent.parent.name
    return str(people.by_name(file.full_name))


def _into_exchange(room: Room, lesson: str) -> None:
    from nbgrader.apps import NbGraderAPI

    result = NbGraderAPI(config=room.folder.config).release_feedback(lesson)
    if not result["success"]:
        raise Refusal(
            f"nbgrader could not release the feedback: {(result.get('log') or result.get('error') or '').strip()[-300:]}"
        )
