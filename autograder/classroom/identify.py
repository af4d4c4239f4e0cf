"""What a handed-in file is, by its cells and not by its name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.classroom.new_class import ROOT, available
from autograder.classroom.room import Room
from autograder.contract import MAX_LENGTH
from autograder.engine import intake, weigh
from autograder.engine.bindings import MAX_CODE, Reader, checked_functions
from autograder.engine.errors import GradingError
from autograder.engine.submissions import OWN
from autograder.sandbox.limits import Limits

MAX_CHECKED = MAX_CODE // 4  # signs of cells that may be checks; those of a lesson have some thousands


@dataclass(frozen=True)
class Contract:
    """What a release consists of: its cells' names, its graded functions, and what students may change."""

    lesson: str
    name: str
    cells: frozenset[str]
    functions: frozenset[str]
    answers: Mapping[str, str]

    def as_handed_out(self, name: str, text: str) -> bool:
        """Whether an answer's cell holds what was handed out."""
        return text.strip() == self.answers[name].strip()


@dataclass(frozen=True)
class Found:
    """A file that was looked at. lesson: whose notebook it is; answered: how many answers differ from the release"""

    name: str
    lesson: str = ""
    answered: int = 0
    problem: str = ""
    content: bytes = b""


@dataclass
class Choice:
    """What is taken of a hand-in, under the release's name, or why nothing is."""

    files: dict[str, bytes] = field(default_factory=dict)
    reason: str = ""
    notes: list[str] = field(default_factory=list)
    empty: bool = False


def contracts(room: Room) -> list[Contract]:
    """The contracts of a class's lessons, and of the project's others: what is none of this class is known as such."""
    places = {lesson: ROOT / "exercises" / lesson for lesson in available()}
    places |= {lesson: room.place("release", ".", lesson) for lesson in room.lessons()}
    return [contract(lesson, path) for lesson, place in places.items() for path in sorted(place.glob("*.ipynb"))]


def contract(lesson: str, path: Path) -> Contract:
    """The contract of one released notebook."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    named = {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in cells if "nbgrader" in cell["metadata"]}
    sources = {name: "".join(cell["source"]) for name, cell in named.items()}
    answers = {name: text for name, text in sources.items() if named[name]["metadata"]["nbgrader"]["solution"]}
    return Contract(lesson, path.stem, frozenset(named), checked_functions(sources.values()), answers)


class Reading:
    """How much of one hand-in's code is read as Python, in however many notebooks it stands."""

    def __init__(self) -> None:
        self.reader = Reader()
        self._room = MAX_CHECKED

    def checked(self, sources: Iterable[str]) -> frozenset[str]:
        """The functions that cells check which look like checks."""
        likely = []
        for source in sources:
            if "check(" in source and len(source) <= min(MAX_LENGTH, self._room):
                self._room -= len(source)
                likely.append(source)
        return checked_functions(likely)


def look(name: str, data: bytes, known: list[Contract], limits: Limits, reading: Reading | None = None) -> Found | None:
    """What a file is, where it is or should be a notebook within the limits; None for any other file."""
    is_named = name.lower().endswith(".ipynb")
    if not is_named and not _may_be_notebook(data):
        return None
    try:
        cells, content = _parse(data, limits)
    except ValueError as error:
        return Found(name, problem=str(error)) if is_named else None
    lesson, answered = _whose(cells, known, reading or Reading())
    problem = "" if lesson else "has no cell of any lesson"
    return Found(name, lesson, answered, problem, content)


def _may_be_notebook(data: bytes) -> bool:
    return data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"


def _parse(data: bytes, limits: Limits) -> tuple[list[dict[str, Any]], bytes]:
    """A notebook's cells as the grader reads them, and its bytes as today's format. Raises ValueError with the grader's reason."""
    if problem := weigh.too_large(len(data), limits):
        raise ValueError(problem)
    notebook = intake.parsed(data)
    cells = intake.repaired(notebook, limits.cells)["cells"]
    if "cells" not in notebook:
        return cells, json.dumps(weigh.upgraded(notebook)).encode()
    return cells, data if data[:1] == b"{" else json.dumps(notebook).encode()


def _whose(cells: list[dict[str, Any]], known: list[Contract], reading: Reading) -> tuple[str, int]:
    """The lesson to which most cells belong, and how many answers in it are the student's; "" where none or two fit."""
    named = [(str(cell["metadata"].get("nbgrader", {}).get("grade_id", "")), cell["source"]) for cell in cells]
    names, sources = {name for name, _ in named}, [source for _, source in named]
    bound = [
        reading.reader.binds(cell["source"]) if cell["cell_type"] == "code" else frozenset[str]() for cell in cells
    ]
    defined = frozenset[str]().union(*bound)
    functions = reading.checked(sources) | defined
    scores = sorted(
        ((len(names & c.cells) + 2 * len(functions & c.functions), c.lesson, c) for c in known), key=lambda s: s[0]
    )
    if not scores or scores[-1][0] == 0 or (len(scores) > 1 and scores[-2][0] == scores[-1][0]):
        return "", 0
    best = scores[-1][2]
    if names & best.answers.keys():
        return best.lesson, sum(name in best.answers and not best.as_handed_out(name, text) for name, text in named)
    # No answer has its name any more: an answer is a function that no cell of the release defines in these words.
    handed_out = {text.strip() for text in best.answers.values()}
    own = (given & best.functions for given, text in zip(bound, sources, strict=True) if text.strip() not in handed_out)
    return best.lesson, len(frozenset[str]().union(*own))


def choose(files: dict[str, bytes], lesson: str, known: list[Contract], limits: Limits) -> Choice:
    """Which of the files is the lesson's notebook. What is not certain has a reason instead."""
    try:
        looked = _look_at_all(files, known, limits)
    except GradingError as error:
        return Choice(reason=str(error))
    mine = [found for found in looked if found.lesson == lesson]
    if not mine:
        return Choice(reason=_why_none(files, looked, lesson))
    solved = [found for found in mine if found.answered] or mine[:1]
    if len({found.content for found in solved}) > 1:
        names = ", ".join(repr(found.name) for found in solved)
        return Choice(
            reason=f"{len(solved)} different solved notebooks of {lesson}, and which one counts is not said: {names}"
        )
    best = solved[0]
    target = f"{next(c.name for c in known if c.lesson == lesson)}.ipynb"
    choice = Choice({target: best.content}, empty=not best.answered)
    if Path(best.name).name != target:
        choice.notes.append(f"renamed from {best.name!r}")
    others = [found for found in looked if found is not best and found.content != best.content]
    if others:
        choice.notes.append(f"beside it: {', '.join(_told(found) for found in others)}")
    taken = {found.name for found in looked}
    kept = {name: data for name, data in files.items() if name not in taken and not _is_reserved(name, target)}
    choice.files |= kept
    return choice


def _look_at_all(files: dict[str, bytes], known: list[Contract], limits: Limits) -> list[Found]:
    """What the files are, in their order. Raises GradingError where its notebooks together are more than is read.

    Files of other names may be notebooks as well, and are looked at while there is room.
    """
    named = {name: len(data) for name, data in files.items() if name.lower().endswith(".ipynb")}
    size = sum(length for length in named.values() if length <= limits.notebook_size)
    if size > (most := weigh.TOGETHER * limits.notebook_size):
        told = f"{size / weigh.MIB:.3g} MiB together; at most {most / weigh.MIB:.3g} MiB are read"
        raise GradingError(f"{len(named)} notebooks were handed in, with {told}: leave earlier versions out")
    reading, room = Reading(), most - size
    found = []
    for name, data in files.items():
        if name not in named:
            if len(data) > min(room, limits.notebook_size):
                continue
            room -= len(data) if _may_be_notebook(data) else 0
        if (one := look(name, data, known, limits, reading)) is not None:
            found.append(one)
    return found


def _is_reserved(name: str, target: str) -> bool:
    """Whether a name is the notebook's, or that of a file which says when and under which secret, or lies below one of them."""
    first, last = PurePosixPath(name).parts[0], PurePosixPath(name).name
    return first == target or bool({first, last} & set(OWN))


def _told(found: Found) -> str:
    if found.lesson and not found.problem:
        return f"{found.name!r} ({found.lesson}, {'solved' if found.answered else 'untouched'})"
    return f"{found.name!r} {found.problem}"


def _why_none(files: dict[str, bytes], looked: list[Found], lesson: str) -> str:
    if not files:
        return "nothing was handed in"
    if all(not data.strip() for data in files.values()):
        return f"only empty files: {_names(files)}"
    others = [found for found in looked if found.lesson]
    if others:
        return f"no notebook of {lesson}, but {', '.join(_told(found) for found in others)}"
    if looked:
        return "; ".join(_told(found) for found in looked)
    if all(data[:5] == b"%PDF-" for data in files.values()):
        return f"a PDF only: {_names(files)}"
    return f"no notebook; found {_names(files)}"


def _names(files: dict[str, bytes]) -> str:
    shown = [repr(name) for name in list(files)[:5]]
    return ", ".join(shown) + (f" and {len(files) - 5} more" if len(files) > 5 else "")
