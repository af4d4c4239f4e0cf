"""What a student gets back: one page with the code, what each check said, marks and comments, lateness and the score."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any

from markupsafe import Markup

from autograder.classroom import files, page, plots, questions, rendering, roster, status, times, voids
from autograder.classroom.grades import Lesson, Mark
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import Room
from autograder.classroom.status import Standing, Status
from autograder.contract import GradedCall, graded_call
from autograder.engine.submissions import OWN

DISTRIBUTION = "distribution"


@dataclass
class Part:
    """One check or written answer on the page.

    blank: whether an answer is as it was handed out; voided: why a check counts in full for everybody, None where it does not
    """

    label: str
    points: float
    mark: Mark
    message: str = ""
    written: bool = False
    blank: bool = False
    answer: Markup | None = None
    voided: str | None = None

    @property
    def waiting(self) -> bool:
        """Whether it is an answer that nobody has marked."""
        return self.written and self.mark.manual is None and (self.mark.score is None or bool(self.mark.needs))

    @property
    def again(self) -> bool:
        """Whether it is an answer whose mark was given for another one, for another question or out of other points."""
        return self.written and self.mark.manual is not None and self.mark.needs

    @property
    def verdict(self) -> str:
        """The class of its colour."""
        if self.mark.score is None or self.waiting or self.again:
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
    lesson = shared(room, one, distribution)
    graded = [s for s in fitting if s.shown]
    changed = 0
    for standing in progress(graded, len(graded), "feedback"):
        content = {f"{name}.html": data for name, data in _pages(room, one, standing, lesson)}
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


@dataclass(frozen=True)
class Shared:
    """What the pages of a lesson have in common.

    totals: the class's scores, where pages show them; people: names by id; voided: why checks count in full, by cell
    """

    totals: list[float]
    people: Mapping[str, str]
    outline: questions.Outline
    voided: Mapping[str, str]


def shared(room: Room, one: Status, distribution: bool | None = None) -> Shared:
    """What the pages of a lesson have in common. distribution: as for `write`"""
    totals = []
    if _with_distribution(room, one.lesson.name, distribution):
        totals = [s.sheet.total for s in one.standings if s.final and s.sheet is not None]
    outline = questions.outline(room, one.lesson.name, one.lesson.cells)
    return Shared(totals, _names(room), outline, voids.voided(room, one.lesson.name))


def _with_distribution(room: Room, lesson: str, wanted: bool | None) -> bool:
    """Whether pages show the class's scores; what is asked for is remembered, so that `return` writes the same pages."""
    shown = set(room.settings.get(DISTRIBUTION, []))
    if wanted is not None and wanted != (lesson in shown):
        shown ^= {lesson}
        room.save(**{DISTRIBUTION: sorted(shown)})
    return lesson in shown


def _names(room: Room) -> dict[str, str]:
    """What a page calls everybody, by id: two students of one name have different ids or sections."""
    named = {}
    for student in roster.load(room):
        more = [part for part in (student.id if student.name != student.id else "", student.section) if part]
        named[student.id] = f"{student.name} ({', '.join(more)})" if more else student.name
    return named


def _pages(room: Room, one: Status, standing: Standing, lesson: Shared) -> Iterator[tuple[str, bytes]]:
    for path in sorted(room.place("autograded", standing.student, one.lesson.name).glob("*.ipynb")):
        yield path.stem, render(room, one, standing, json.loads(path.read_text(encoding="utf-8")), lesson)


def render(room: Room, one: Status, standing: Standing, notebook: dict[str, Any], lesson: Shared) -> bytes:
    """The page of one graded notebook."""
    sheet = standing.sheet
    assert sheet is not None
    due = one.lesson.due and one.lesson.due + (sheet.extension or datetime.timedelta(0))
    notebook = _as_handed_in(room, standing.student, one.lesson.name, notebook, lesson.outline)
    title, sections = read_sections(notebook, one.lesson, sheet.marks, lesson.outline, voided=lesson.voided)
    others = [rendering.text(text) for text in questions.elsewhere(notebook["cells"])]
    late = one.lesson.late(sheet)
    return page.render(
        "feedback.html",
        "feedback",
        title=title or one.lesson.name,
        lesson=one.lesson.name,
        student=lesson.people.get(standing.student, standing.student),
        sections=sections,
        sheet=sheet,
        points=one.lesson.points,
        to_mark=standing.to_mark,
        again=standing.again,
        others=others,
        blank=any(part.blank for section in sections for part in section.parts),
        handed_in=times.show(sheet.when, room.zone),
        due=times.show(due, room.zone),
        late=status.span(late) if late else "",
        timeless=standing.timeless,
        histogram=plots.histogram(lesson.totals, one.lesson.points, mark=sheet.total) if lesson.totals else None,
    )


def _as_handed_in(
    room: Room, student: str, lesson: str, notebook: dict[str, Any], outline: questions.Outline
) -> dict[str, Any]:
    """A graded notebook with its written answers as the student wrote them; they are cleaned before they are shown."""
    cells = []
    for cell in notebook["cells"]:
        if (question := outline.questions.get(questions.name_of(cell))) is not None:
            path = room.place("submitted", student, lesson) / f"{question.notebook}.ipynb"
            cell = {**cell, "source": questions.as_written("".join(cell["source"]), path, question.cell.name)}
        cells.append(cell)
    return {**notebook, "cells": cells}


def read_sections(
    notebook: dict[str, Any],
    lesson: Lesson,
    marks: dict[str, Mark],
    outline: questions.Outline | None = None,
    *,
    voided: Mapping[str, str] | None = None,
    rendered: bool = True,
) -> tuple[str, list[Section]]:
    """A graded notebook as a page shows it: its title, and a section for each function and question.

    outline: the lesson's own titles, questions and order, which a notebook that came back without nbgrader's metadata has lost
    voided: why checks count in full for everybody, by cell
    rendered: with texts and code as HTML, which takes most of the time
    """
    as_text: Callable[[str], Markup] = rendering.text if rendered else Markup
    as_code: Callable[[str], Markup] = rendering.code if rendered else Markup
    outline = outline or questions.Outline()
    waiting: list[Markup] = []
    sections: dict[str, Section] = {}
    place: dict[str, int] = {}
    for cell in notebook["cells"]:
        source, name = "".join(cell["source"]), questions.name_of(cell)
        given = cell["metadata"].get("nbgrader", {})
        if name in lesson.cells and (mark := marks.get(name)) is not None:
            points = lesson.cells[name].points
            if cell["cell_type"] == "code" and given.get("grade"):
                call = _call(source, name)
                section = sections.setdefault(call.name, Section(call.name, call.name))
                section.code += waiting
                waiting = []
                label, reason = "hidden check" if call.hidden else "check", (voided or {}).get(name)
                section.parts.append(Part(label, points, mark, message_of(cell), voided=reason))
            else:
                question = outline.questions.get(name)
                section = sections.setdefault(name, Section(name, question.title if question else "written answer"))
                section.question = as_text(question.asked) if question else None
                blank = question is not None and question.is_blank(source)
                answer = as_text(source)
                section.parts.append(Part("written answer", points, mark, written=True, blank=blank, answer=answer))
            place.setdefault(section.name, outline.order.get(name, len(outline.order)))
        elif cell["cell_type"] == "code" and not given.get("locked", False) and source.strip():
            waiting.append(as_code(source))
    return outline.title, sorted(sections.values(), key=lambda section: place[section.name])


def _call(source: str, name: str) -> GradedCall:
    try:
        return graded_call(source)
    except ValueError:  # a check of another kind
        return GradedCall(name, hidden=False)


def message_of(cell: dict[str, Any]) -> str:
    """What a check printed, as text."""
    pieces = []
    for output in cell.get("outputs", []):
        if output["output_type"] == "error":
            pieces.append("\n".join(output.get("traceback", [])))
        elif output["output_type"] == "stream":
            pieces.append("".join(output["text"]))
    return rendering.plain("\n".join(piece.strip("\n") for piece in pieces if piece.strip()))
