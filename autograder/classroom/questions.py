"""What a lesson asks in writing, as the class's source has it, and what a student wrote anywhere else than was asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.classroom.grades import Cell
from autograder.classroom.room import Room
from autograder.contract import without_markers
from autograder.engine import markup, outputs

_HEADING = re.compile(r"^#{1,4}\s+(?:\d+\.\s+)?(.+)$", re.MULTILINE)  # lists of contents have numbers of their own


@dataclass(frozen=True)
class Question:
    """One written question: what was asked, and in which cell; what the source says of the answer; what its cell holds at first."""

    cell: Cell
    notebook: str
    title: str
    asked: str
    asked_in: str
    key: str
    handed_out: str

    def is_blank(self, answer: str) -> bool:
        """Whether an answer is what was handed out, or nothing."""
        return answer.split() in ([], self.handed_out.split())


@dataclass(frozen=True)
class Outline:
    """A lesson as its source has it: its title, its cells in order, its written questions by name."""

    title: str = ""
    order: dict[str, int] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)


def outline(room: Room, lesson: str, cells: Mapping[str, Cell]) -> Outline:
    """The outline of a lesson. cells: those with points, by name"""
    title = ""
    order: dict[str, int] = {}
    questions: dict[str, Question] = {}
    for path in sorted(room.place("source", ".", lesson).glob("*.ipynb")):
        handed_out = texts(room.place("release", ".", lesson) / path.name)
        heading = asked = asked_in = ""
        for cell in cells_of(path):
            source, name = "".join(cell["source"]), name_of(cell)
            order.setdefault(name, len(order))
            if name in cells and cells[name].written:
                question = _HEADING.sub("", asked)
                questions[name] = Question(
                    cells[name],
                    path.stem,
                    heading or name,
                    question,
                    asked_in,
                    without_markers(source),
                    handed_out.get(name, ""),
                )
            elif cell["cell_type"] == "markdown":
                asked, asked_in, headings = source, name, _HEADING.findall(source)
                title = title or (headings[0] if headings else "")
                heading = headings[-1] if headings else heading
    return Outline(title, order, questions)


def cells_of(path: Path) -> list[dict[str, Any]]:
    """The cells of a notebook; none where it cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return list(found)


def name_of(cell: dict[str, Any]) -> str:
    """A cell's name in the lesson; "" for one of the student's own."""
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def texts(path: Path) -> dict[str, str]:
    """The texts of a notebook's named cells."""
    return {name_of(cell): "".join(cell["source"]) for cell in cells_of(path) if name_of(cell)}


def elsewhere(cells: list[dict[str, Any]]) -> list[str]:
    """What a student wrote in a graded notebook outside the cells that ask for it; the engine has tagged it."""
    from autograder.engine.restore import OWN_TEXT_TAG

    return ["".join(cell["source"]) for cell in cells if OWN_TEXT_TAG in cell["metadata"].get("tags", ())]


def as_written(graded: str, path: Path, name: str) -> str:
    """The answer as it was handed in, where it is the one that was graded; to be cleaned before it is shown.

    The graded notebook has spaces in it that keep other programs from taking "<UNK>" for a tag.
    """
    if "< " not in graded or not path.is_file():
        return graded
    try:
        for cell in json.loads(path.read_bytes())["cells"]:
            source = "".join(cell["source"])
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == name and _defused(source, cell) == graded:
                return source
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):  # it is as a student wrote it
        return graded
    return graded


def _defused(source: str, cell: dict[str, Any]) -> str:
    return markup.markdown(outputs.writable(source), cell.get("attachments"))[0]
