"""The desk at which answers are marked: what is asked, what was answered, what each mark is, and how a new one is written."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from nbgrader.api import Gradebook

from autograder.classroom import grades, late, questions, rendering, roster
from autograder.classroom.grades import Mark
from autograder.classroom.marking.aliases import Aliases
from autograder.classroom.questions import Question
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import Room
from autograder.classroom.status import read
from autograder.engine.gradebook import begin_writing

MAX_COMMENT = 10_000


class Conflict(Exception):
    """This answer has another mark by now, or another text; both, as the page shows them, are in `mark` and `html`."""

    def __init__(self, mark: dict[str, Any], html: str) -> None:
        super().__init__("somebody else has marked this answer meanwhile, or another text of it has been graded")
        self.mark, self.html = mark, html


class Desk:
    """One lesson's written answers."""

    def __init__(self, room: Room, lesson: str, *, anonymous: bool = False) -> None:
        self.room, self.lesson, self.anonymous = room, lesson, anonymous
        status = read(room, lesson)
        graded = [s.student for s in status.standings if s.graded and s.sheet is not None]
        self.questions = list(questions.outline(room, lesson, status.lesson.cells).questions.values())
        if not self.questions:
            raise Refusal(f"{lesson} has no answers that a person marks")
        if not graded:
            raise Refusal(f"nobody's {lesson} is graded yet: autograder grade {lesson}")
        self._names = {student.id: student.name for student in roster.load(room)}
        # Without names the order must say nothing either.
        self._aliases = Aliases(room, lesson)
        self._order = sorted(graded, key=self._aliases.order if anonymous else str)

    def overview(self) -> list[dict[str, Any]]:
        """The questions, with how many answers are left."""
        self.room.refresh()
        found = self._marks()
        return [
            {
                "name": q.cell.name,
                "title": q.title,
                "points": q.cell.points,
                "answers": len(self._order),
                "left": sum(_left(found[student].get(q.cell.name)) for student in self._order),
            }
            for q in self.questions
        ]

    def question(self, name: str) -> dict[str, Any]:
        """A question with all answers, as the page shows them. Raises LookupError for an unknown one."""
        self.room.refresh()
        q = self._find(name)
        found = self._marks()
        return {
            "name": name,
            "title": q.title,
            "points": q.cell.points,
            "asked": str(rendering.text(q.asked)),
            "key": str(rendering.text(q.key)),
            "answers": [
                self._answer(q, n, student, found[student].get(name)) for n, student in enumerate(self._order, 1)
            ],
        }

    def _find(self, name: str) -> Question:
        for question in self.questions:
            if question.cell.name == name:
                return question
        raise LookupError(f"no question {name!r}")

    def _marks(self) -> dict[str, dict[str, Mark]]:
        with self.room.folder.gradebook() as book:
            sheets = grades.read(book, self.lesson).sheets
        return {student: sheets[student].marks if student in sheets else {} for student in self._order}

    def _answer(self, q: Question, number: int, student: str, mark: Mark | None) -> dict[str, Any]:
        name = self._names.get(student, student)
        graded = self._graded(q, student)
        # The token stands for the student, so that a page without names has none in its data either.
        return {
            "token": self._aliases.token(student),
            "who": f"answer {number}" if self.anonymous else (name if name == student else f"{name} ({student})"),
            "html": self._html(q, student, graded),
            **self._elsewhere(q, student),
            "mark": _shown(mark or Mark(needs=True), graded),
        }

    def _html(self, q: Question, student: str, graded: str) -> str:
        handed_in = self.room.place("submitted", student, self.lesson) / f"{q.notebook}.ipynb"
        return str(rendering.text(questions.as_written(graded, handed_in, q.cell.name)))

    def _graded(self, q: Question, student: str) -> str:
        """The answer as it stands in the graded notebook."""
        path = self.room.place("autograded", student, self.lesson) / f"{q.notebook}.ipynb"
        try:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        except (OSError, ValueError, KeyError):
            return "[the graded notebook cannot be read]"
        named = {cell["metadata"].get("nbgrader", {}).get("grade_id"): cell for cell in cells}
        return "".join(named[q.cell.name]["source"]) if q.cell.name in named else ""

    def _elsewhere(self, q: Question, student: str) -> dict[str, Any]:
        """What the student wrote outside the cells that ask for it, and whether the answer's own cell is blank."""
        cells = questions.cells_of(self.room.place("autograded", student, self.lesson) / f"{q.notebook}.ipynb")
        own = ["".join(cell["source"]) for cell in cells if questions.name_of(cell) == q.cell.name]
        others = [str(rendering.text(text)) for text in questions.elsewhere(cells)]
        return {"others": others, "blank": bool(own) and q.is_blank(own[0])}

    def save(self, name: str, token: str, seen: str, score: float | None, comment: str) -> dict[str, Any]:
        """Write a mark; returns it as it is then.

        seen: the version of the mark that the page showed
        Raises Conflict where it, or the answer, is another one by now, LookupError for an unknown question or answer, ValueError
        for no mark, GradingError while the gradebook is moved.
        """
        q = self._find(name)
        student = next((s for s in self._order if self._aliases.token(s) == token), None)
        if student is None:
            raise LookupError("no such answer")
        if score is not None and not 0 <= score <= q.cell.points:
            raise ValueError(f"from 0 to {q.cell.points:g} points")
        if len(comment) > MAX_COMMENT:
            raise ValueError(f"a comment has at most {MAX_COMMENT:,} characters")
        with self.room.marking(), self.room.folder.gradebook() as book:
            return self._write(book, q, student, seen, score, rendering.plain(comment).strip())

    def _write(
        self, book: Gradebook, q: Question, student: str, seen: str, score: float | None, comment: str
    ) -> dict[str, Any]:
        book.db.rollback()
        begin_writing(book.db.connection())
        where = (q.cell.name, q.notebook, self.lesson, student)
        grade, note = book.find_grade(*where), book.find_comment(*where)
        book.db.refresh(grade, with_for_update=True)
        graded = self._graded(q, student)
        there = _shown(_mark(grade, note), graded)
        if there["version"] != seen:
            book.db.rollback()
            raise Conflict(there, self._html(q, student, graded))
        grade.manual_score = None if score is None else float(score)
        grade.needs_manual_grade = score is None
        note.manual_comment = comment or None
        book.db.flush()
        late.settle(book, self.lesson, late.policy_of(self.room.settings, self.lesson))
        saved = _shown(_mark(grade, note), graded)
        book.db.commit()
        return saved


def _mark(grade: Any, note: Any) -> Mark:
    given = (grade.auto_score, grade.manual_score, grade.extra_credit, grade.needs_manual_grade)
    return Mark(*given, note.auto_comment or "", note.manual_comment or "")


def _shown(mark: Mark, graded: str) -> dict[str, Any]:
    """A mark as the page has it, with a version that changes with it and with the answer's text."""
    seen = repr((mark.auto, mark.manual, bool(mark.needs), mark.comment, graded))
    version = hashlib.sha256(seen.encode()).hexdigest()[:16]
    return {
        "score": mark.manual if mark.manual is not None else mark.auto,
        "comment": mark.comment,
        "open": _open(mark),
        "again": bool(mark.needs and mark.manual is not None),
        "version": version,
    }


def _open(mark: Mark | None) -> bool:
    return mark is None or bool(mark.needs and mark.manual is None)


def _left(mark: Mark | None) -> bool:
    """Whether somebody is to mark the answer, or to look at its mark again."""
    return mark is None or bool(mark.needs)
