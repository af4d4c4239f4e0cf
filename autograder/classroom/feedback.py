"""What a student gets back: one page with the code, what each check said, marks and comments, lateness and the score."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any

from markupsafe import Markup

from autograder.classroom import files, page, plots, rendering, roster, status, times
from autograder.classroom.grades import Lesson, Mark
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import Room
from autograder.classroom.status import Standing, Status
from autograder.contract import GradedCall, graded_call
from autograder.engine.submissions import OWN

_HEADING = re.compile(r"^#{1,4}\s+(?:\d+\.\s+)?(.+)$", re.MULTILINE)  # the list of contents has numbers of its own
DISTRIBUTION = "distribution"


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
    def waiting(self) -> bool:
        """Whether it is an answer that nobody has marked."""
        return self.written and self.mark.manual is None and (self.mark.score is None or bool(self.mark.needs))

    @property
    def verdict(self) -> str:
        """The class of its colour."""
        if self.mark.score is None or self.waiting:
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
    def waiting(self) -> bool:
        """Whether it has an answer that nobody has marked."""
        return any(part.waiting for part in self.parts)

    @property
    def score(self) -> float:
        """The points of its parts."""
        return sum(part.mark.score or 0.0 for part in self.parts)

    @property
    def points(self) -> float:
        """What they are worth."""
        return sum(part.points for part in self.parts)


def write(
    room: Room, one: Status, pattern: str, distribution: bool | None, progress: Callable[..., Iterable[Standing]]
) -> int:
    """Write the page of everybody who is graded; returns how many pages changed.

    pattern: of the ids; distribution: whether pages show the class's scores; None for what was last asked for
    Raises Refusal where nobody's id fits.
    """
    fitting = [s for s in one.standings if s.student == pattern or fnmatch(s.student, pattern)]
    if pattern != "*" and not fitting:
        raise Refusal(f"no student's id fits {pattern!r}; give an id, or a pattern such as 'a*'")
    totals = totals_shown(room, one, distribution)
    graded = [s for s in fitting if s.shown]
    people = names(room)
    changed = 0
    for standing in progress(graded, len(graded), "feedback"):
        content = {f"{name}.html": data for name, data in _pages(room, one, standing, totals, people)}
        for name in OWN:
            # Those of the hand-in that was graded: the student may have handed in again.
            path = room.place("autograded", standing.student, one.lesson.name) / name
            if path.is_file():
                content[name] = path.read_bytes()
        place = room.place("feedback", standing.student, one.lesson.name)
        if files.contents(place) != content:
            files.put_folder(place, content)
            changed += 1
    return changed


def totals_shown(room: Room, one: Status, distribution: bool | None = None) -> list[float]:
    """The scores that pages show beside the student's own: the class's, or none."""
    if not _with_distribution(room, one.lesson.name, distribution):
        return []
    return [s.sheet.total for s in one.standings if s.final and s.sheet is not None]


def _with_distribution(room: Room, lesson: str, wanted: bool | None) -> bool:
    """Whether pages show the class's scores; what is asked for is remembered, so that `return` writes the same pages."""
    shown = set(room.settings.get(DISTRIBUTION, []))
    if wanted is not None and wanted != (lesson in shown):
        shown ^= {lesson}
        room.save(**{DISTRIBUTION: sorted(shown)})
    return lesson in shown


def names(room: Room) -> dict[str, str]:
    """What a page calls everybody, by id: two students of one name have different ids or sections."""
    named = {}
    for student in roster.load(room):
        more = [part for part in (student.id if student.name != student.id else "", student.section) if part]
        named[student.id] = f"{student.name} ({', '.join(more)})" if more else student.name
    return named


def _pages(
    room: Room, one: Status, standing: Standing, totals: list[float], people: Mapping[str, str]
) -> Iterator[tuple[str, bytes]]:
    for path in sorted(room.place("autograded", standing.student, one.lesson.name).glob("*.ipynb")):
        yield path.stem, render(room, one, standing, json.loads(path.read_text(encoding="utf-8")), totals, people)


def render(
    room: Room,
    one: Status,
    standing: Standing,
    notebook: dict[str, Any],
    totals: list[float],
    people: Mapping[str, str],
) -> bytes:
    """The page of one graded notebook. totals: the class's, where the page shows them"""
    sheet = standing.sheet
    assert sheet is not None
    due = one.lesson.due and one.lesson.due + (sheet.extension or datetime.timedelta(0))
    title, sections = read_sections(notebook, one.lesson, sheet.marks)
    late = one.lesson.late(sheet)
    return page.render(
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
        due=times.show(due, room.zone),
        late=status.span(late) if late else "",
        timeless=standing.timeless,
        histogram=plots.histogram(totals, one.lesson.points, mark=sheet.total) if totals else None,
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
            try:
                call = graded_call(source)
            except ValueError:  # a check of another kind
                call = GradedCall(name, hidden=False)
            section = sections.setdefault(call.name, Section(call.name, call.name))
            section.code += waiting
            waiting = []
            label = "hidden check" if call.hidden else "check"
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
