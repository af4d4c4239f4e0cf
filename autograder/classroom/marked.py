"""What each mark was given for: it stands while the answer, its question and its points are the same.

Whenever a submission is graded again, nbgrader asks for a second look at every mark in it, and so does the engine. Here that is
taken back where nothing that the mark is about has changed. A mark without a second look asked for was given for what is there.
"""

from __future__ import annotations

import functools
import hashlib
import json
from typing import Any

from nbgrader.api import Gradebook

from autograder.classroom import files, questions
from autograder.classroom.grades import Lesson
from autograder.classroom.room import Room

AGAIN = ""  # in the place of what a mark was given for: somebody is to look at it again
Noted = dict[str, dict[str, str]]  # what marks were given for, by student and cell


def follow(room: Room, book: Gradebook, lesson: Lesson) -> bool:
    """Let marks stand that are about what is there now; returns whether there is something to commit.

    lesson: as read from the gradebook; follows
    """
    path = room.notes / f"{lesson.name}.marks.json"
    before: Noted = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    given = [
        (student, cell.name, sheet.marks[cell.name])
        for student, sheet in lesson.sheets.items()
        for cell in lesson.written
        if cell.name in sheet.marks and sheet.marks[cell.name].manual is not None
    ]
    if not given and not before:
        return False
    answers = _Answers(room, book, lesson)
    now: Noted = {}
    written = False
    for student, name, mark in given:
        known = before.get(student, {}).get(name)
        if not mark.needs:
            known = known or answers.about(student, name)
        elif known:
            written = True
            known = answers.still(student, name, known)
            mark.needs = known == AGAIN
        now.setdefault(student, {})[name] = known or AGAIN
    if now != before:
        files.put(path, json.dumps(now, indent=1, sort_keys=True).encode())
    return written


class _Answers:
    """The written answers of one lesson, with what was asked."""

    def __init__(self, room: Room, book: Gradebook, lesson: Lesson) -> None:
        self._room, self._book, self._lesson = room, book, lesson.name
        self._questions = questions.outline(room, lesson.name, lesson.cells).questions

    @functools.cached_property
    def _texts(self) -> dict[str, str]:
        """The lesson's own texts as answers are graded by them: the source may have changed since."""
        notebooks = self._book.find_assignment(self._lesson).notebooks
        return {cell.name: cell.source for notebook in notebooks for cell in notebook.source_cells}

    def still(self, student: str, name: str, known: str) -> str:
        """What a mark is for that was given for `known`; AGAIN where that has changed.

        The row is written, and with that locked, before the answer is read: grading shows an answer first and then writes its row,
        so that none comes between the two.
        """
        grade = self._book.find_grade(name, self._questions[name].notebook, self._lesson, student)
        grade.needs_manual_grade = False
        self._book.db.flush()
        if known == self.about(student, name):
            return known
        grade.needs_manual_grade = True
        return AGAIN

    def about(self, student: str, name: str) -> str:
        """What a mark given now is for; AGAIN where the answer cannot be read."""
        if (question := self._questions.get(name)) is None:
            return AGAIN
        path = self._room.place("autograded", student, self._lesson) / f"{question.notebook}.ipynb"
        cells = questions.cells_of(path)
        answers = ["".join(cell["source"]) for cell in cells if questions.name_of(cell) == name]
        if not answers:
            return AGAIN
        if question.is_blank(answers[0]):  # then the marker has judged what stands in other cells
            answers += questions.elsewhere(cells)
        asked = self._texts.get(question.asked_in, question.asked)
        seen: list[Any] = [float(question.cell.points), _words(asked), *map(_words, answers)]
        return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:20]


def _words(text: str) -> list[str]:
    """A text without its layout, and without the space that keeps "<UNK>" from being taken for a tag."""
    return text.replace("< ", "<").split()
