"""How a lesson went: scores, each function's difficulty and discrimination, known mistakes, time and attempts, in one page.

Difficulty is the mean share of points. Discrimination is the correlation between a function's points and those of the rest of the
lesson: near 0, it says nothing about who can do the others. Known mistakes are those that the checks named to the student.
"""

from __future__ import annotations

import json
import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.classroom import files, grades, page, plots, questions, spreadsheet, status
from autograder.classroom.feedback import read_sections
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import Room
from autograder.classroom.status import Standing
from autograder.lessons import lessons
from seqlib.exercises.wording import LIKELY, PRINTED

MANY = 0.25  # of a class: what so many get wrong is taught again


@dataclass
class Function:
    """One function or question. shares: each student's part of its points; mistakes: how many made each known one"""

    name: str
    title: str
    points: float
    shares: dict[str, float] = field(default_factory=dict)
    mistakes: Counter[str] = field(default_factory=Counter)
    unexplained: int = 0
    unwritten: int = 0
    timeouts: int = 0
    discrimination: float | None = None

    @property
    def difficulty(self) -> float | None:
        """The mean share of points; None where nobody has any yet."""
        return statistics.fmean(self.shares.values()) if self.shares else None

    @property
    def full(self) -> int:
        """How many have all points."""
        return sum(share >= 1 - 1e-9 for share in self.shares.values())


@dataclass
class Report:
    """A lesson's statistics. scores: the totals of everybody whose total is final; seconds: CPU time of each notebook"""

    lesson: str
    points: float
    students: int
    handed_in: int
    scores: dict[str, float]
    functions: list[Function]
    seconds: dict[str, float]
    attempts: dict[str, int]
    late: int = 0

    @property
    def again(self) -> list[tuple[str, str, float]]:
        """What to teach again: function, mistake and the share of the class that made it."""
        found = [
            (function.name, text, count / len(function.shares))
            for function in self.functions
            if function.shares
            for text, count in function.mistakes.most_common()
            if count / len(function.shares) >= MANY
        ]
        return sorted(found, key=lambda entry: -entry[2])


def read(room: Room, lesson: str, progress: Callable[..., Iterable[Standing]]) -> Report:
    """The statistics of a lesson. Raises Refusal where nobody is graded."""
    one = status.read(room, lesson)
    graded = [s for s in one.standings if s.graded and not s.aside and s.sheet is not None]
    if not graded:
        raise Refusal(f"nobody's {lesson} is graded yet: autograder grade {lesson}")
    messages = _messages(lesson)
    functions: dict[str, Function] = {}
    outline = questions.outline(room, lesson, one.lesson.cells)
    for standing in progress(graded, len(graded), "statistics"):
        _count(room, one.lesson, outline, standing, functions, messages)
    for function in functions.values():
        function.discrimination = _discrimination(function, functions)
    log = status.log_lines(room, lesson)
    enrolled = [s for s in one.standings if s.enrolled or s.handed_in]
    return Report(
        lesson,
        one.lesson.points,
        len(enrolled),
        sum(s.handed_in for s in enrolled),
        {s.student: s.sheet.total for s in graded if s.final and s.sheet is not None},
        list(functions.values()),
        {
            s: sum(float(r.get("cpu", 0)) for r in line.get("reports", [])) or float(line.get("cpu", 0))
            for s, line in log.items()
        },
        _attempts(room, lesson, [s.student for s in graded]),
        sum(bool(s.late) or s.timeless for s in enrolled),
    )


def _messages(lesson: str) -> dict[str, list[str]]:
    """The sentence of each known mistake, by function."""
    return {e.name: [mistake.message for mistake in e.mistakes.values()] for e in lessons().get(lesson, ())}


def _count(
    room: Room,
    lesson: grades.Lesson,
    outline: questions.Outline,
    standing: Standing,
    functions: dict[str, Function],
    messages: dict[str, list[str]],
) -> None:
    assert standing.sheet is not None
    for path in sorted(room.place("autograded", standing.student, lesson.name).glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for section in read_sections(notebook, lesson, standing.sheet.marks, outline, rendered=False)[1]:
            function = functions.setdefault(section.name, Function(section.name, section.title, section.points))
            written = any(part.written for part in section.parts)
            if written and section.name in (*standing.to_mark, *standing.again):
                continue
            function.shares[standing.student] = section.score / section.points if section.points else 1.0
            said = "\n".join(part.message.partition(f"\n{PRINTED}")[0] for part in section.parts)
            named = {text for text in messages.get(section.name, ()) if _named(text, said)}
            function.mistakes.update(named)
            if "is not written yet" in said and not function.shares[standing.student]:
                function.unwritten += 1
            elif not named and not written and function.shares[standing.student] < 1 - 1e-9:
                function.unexplained += 1
            function.timeouts += "endless loop" in said


def _named(sentence: str, said: str) -> bool:
    """Whether a message to a student names the mistake of this sentence; both may be wrapped."""
    return " ".join(f"{LIKELY}{sentence}".split()) in " ".join(said.split())


def _discrimination(function: Function, functions: dict[str, Function]) -> float | None:
    """The correlation of a function's share with the points of the rest; None where one of them does not vary."""
    own, rest = [], []
    for student, share in function.shares.items():
        others = [f.shares[student] * f.points for f in functions.values() if f is not function and student in f.shares]
        own.append(share)
        rest.append(math.fsum(others))
    if len(own) < 3 or max(own) - min(own) < 1e-9 or max(rest) - min(rest) < 1e-9:
        return None
    return statistics.correlation(own, rest)


def _attempts(room: Room, lesson: str, students: list[str]) -> dict[str, int]:
    """How many hand-ins of each student there are."""
    folder = room.root / "received" / lesson
    return {student: max(1, sum(1 for _ in (folder / student).glob("*/about.json"))) for student in students}


def table(report: Report) -> list[tuple[str, ...]]:
    """The functions' table: name, points, mean, all points, discrimination, timeouts, the most frequent mistake."""
    rows: list[tuple[str, ...]] = []
    for f in report.functions:
        most = f.mistakes.most_common(1)
        mistake = f"{most[0][1]} x {most[0][0]}" if most else ""
        value = "" if f.discrimination is None else f"{f.discrimination:.2f}"
        rows.append(
            (
                f.name,
                f"{f.points:g}",
                "" if f.difficulty is None else f"{f.difficulty:.0%}",
                f"{f.full} of {len(f.shares)}" if f.shares else "",
                value,
                str(f.timeouts or ""),
                mistake,
            )
        )
    return rows


HEADER = ("function", "points", "mean", "all points", "discrimination", "timeouts", "most frequent mistake")


def write_html(path: Path, report: Report) -> None:
    """The page: one file, with plots."""
    mistakes = [
        (f, [(text, count, count / len(f.shares)) for text, count in f.mistakes.most_common()])
        for f in report.functions
        if f.mistakes or f.unexplained or f.unwritten
    ]
    scores = list(report.scores.values())
    shown: dict[str, Any] = {
        "report": report,
        "plots": _plots(report),
        "mistakes": mistakes,
        "middle": statistics.median(scores) if scores else None,
        "rows": table(report),
        "header": HEADER,
    }
    files.put(path, page.render("statistics.html", "statistics", **shown))


def _plots(report: Report) -> dict[str, str | None]:
    """The page's plots, by name; None for one that would show nothing."""
    scores, seconds = list(report.scores.values()), list(report.seconds.values())
    apart = (
        (f.title, 0.0, "does not vary")
        if f.discrimination is None
        else (f.title, max(0.0, f.discrimination), f"{f.discrimination:.2f}")
        for f in report.functions
    )
    hand_ins = (
        (f"{n} hand-in{'s' if n > 1 else ''}", float(count), str(count))
        for n, count in sorted(Counter(report.attempts.values()).items())
    )
    longest = max(seconds, default=0.0)
    return {
        "scores": plots.histogram(scores, report.points) if scores else None,
        "difficulty": plots.bars(
            [
                (f.title, f.difficulty or 0.0, "not marked" if f.difficulty is None else f"{f.difficulty:.0%}")
                for f in report.functions
            ]
        ),
        "discrimination": plots.bars(list(apart), kind="bar-3"),
        "seconds": plots.histogram(seconds, longest, unit="seconds of CPU time") if longest > 0 else None,
        "attempts": plots.bars(list(hand_ins), highest=float(len(report.attempts)), kind="bar-3"),
    }


def write_csv(folder: Path, report: Report) -> list[Path]:
    """The tables: one of the functions, one of the known mistakes, one of the scores by student and function."""
    by_student = [
        [student, *(f"{f.shares[student] * f.points:.4g}" if student in f.shares else "" for f in report.functions)]
        for student in sorted({student for f in report.functions for student in f.shares}, key=str.casefold)
    ]
    mistakes = [
        [f.name, text, count, len(f.shares)] for f in report.functions for text, count in f.mistakes.most_common()
    ]
    tables: dict[str, tuple[Iterable[str], list[Any]]] = {
        "functions": (HEADER, table(report)),
        "mistakes": (("function", "mistake", "students", "of"), mistakes),
        "students": (("student", *(f.name for f in report.functions)), by_student),
    }
    written = []
    for name, (header, rows) in tables.items():
        written.append(folder / f"{report.lesson}-{name}.csv")
        files.put(written[-1], spreadsheet.as_csv([header, *rows]))
    return written
