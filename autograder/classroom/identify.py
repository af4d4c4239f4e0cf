"""What a handed-in file is, by its cells and not by its name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.classroom.new_class import ROOT, available
from autograder.classroom.room import Room
from autograder.engine import weigh

_CHECK = re.compile(r"check\(\s*[\"'](\w+)[\"']")
_DEFINED = re.compile(r"^[ \t]*def (\w+)\(", re.MULTILINE)
MAX_NOTEBOOK = 64 * 2**20


@dataclass(frozen=True)
class Contract:
    """What a release consists of: its cells' names, its graded functions, and what students may change."""

    lesson: str
    name: str
    cells: frozenset[str]
    functions: frozenset[str]
    answers: Mapping[str, str]


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
    answers = {name: _text(cell) for name, cell in named.items() if cell["metadata"]["nbgrader"]["solution"]}
    functions = {name for cell in cells for name in _CHECK.findall(_text(cell))}
    return Contract(lesson, path.stem, frozenset(named), frozenset(functions), answers)


def look(name: str, data: bytes, known: list[Contract]) -> Found | None:
    """What a file is, where it is or should be a notebook; None for any other file."""
    is_named = name.lower().endswith(".ipynb")
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not is_named and start[:1] != b"{":
        return None
    try:
        notebook, content = _parse(data)
    except ValueError as error:
        return Found(name, problem=str(error)) if is_named else None
    lesson, answered = _whose(notebook, known)
    problem = "" if lesson else "has no cell of any lesson"
    return Found(name, lesson, answered, problem, content)


def _parse(data: bytes) -> tuple[dict[str, Any], bytes]:
    """A notebook and its bytes as today's format. Raises ValueError with what a person can act on."""
    if not data.strip():
        raise ValueError("is empty")
    if data.lstrip()[:1] == b"<":
        raise ValueError("is a web page, not a notebook")
    if data[:5] == b"%PDF-":
        raise ValueError("is a PDF, not a notebook")
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        notebook = json.loads(data.decode(encoding))
    except UnicodeDecodeError:
        raise ValueError("is no text in UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"is broken JSON at line {error.lineno}: {error.msg}") from None
    except RecursionError:
        raise ValueError("is nested too deeply for a notebook") from None
    if isinstance(notebook, dict) and "worksheets" in notebook:
        notebook = _upgraded(notebook)
        return notebook, json.dumps(notebook).encode()
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise ValueError("is JSON, but no notebook")
    return notebook, data if encoding == "utf-8-sig" and data[:1] == b"{" else json.dumps(notebook).encode()


def _upgraded(notebook: dict[str, Any]) -> dict[str, Any]:
    try:
        return dict(weigh.upgraded(notebook))
    except Exception:  # whatever is wrong in it, nbformat says with its own errors of many kinds
        raise ValueError("is a notebook in an old format that cannot be read") from None


def _whose(notebook: dict[str, Any], known: list[Contract]) -> tuple[str, int]:
    """The lesson to which most cells belong, and how many answers in it are the student's; "" where none or two fit."""
    names: set[str] = set()
    sources: list[tuple[str, str]] = []
    for cell in notebook["cells"]:
        given = cell.get("metadata")
        given = given.get("nbgrader") if isinstance(given, dict) else None
        name = given.get("grade_id") if isinstance(given, dict) else None
        name = name if isinstance(name, str) else ""
        names.add(name)
        sources.append((name, _text(cell)))
    code = "\n".join(text for _, text in sources)
    functions = {*_CHECK.findall(code), *_DEFINED.findall(code)}
    scores = sorted(
        ((len(names & c.cells) + 2 * len(functions & c.functions), c.lesson, c) for c in known), key=lambda s: s[0]
    )
    if not scores or scores[-1][0] == 0 or (len(scores) > 1 and scores[-2][0] == scores[-1][0]):
        return "", 0
    best = scores[-1][2]
    untouched = {text.strip() for text in best.answers.values()}
    kept = {name for name, text in sources if name in best.answers and text.strip() == best.answers[name].strip()}
    own = {name for name, text in sources if name in best.answers} - kept
    defined = {name for name in best.functions if re.search(rf"def {name}\(", code)} if not own else set()
    stripped = not names & best.cells
    fresh = {text for _, text in sources if text.strip() and text.strip() not in untouched and _DEFINED.search(text)}
    return best.lesson, len(own) or (len(defined) if stripped and fresh else 0)


def _text(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    if isinstance(source, list):
        return "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""


def choose(files: dict[str, bytes], lesson: str, known: list[Contract]) -> Choice:
    """Which of the files is the lesson's notebook. What is not certain has a reason instead."""
    looked = [found for name, data in files.items() if (found := look(name, data, known)) is not None]
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
    reserved = {"timestamp.txt", "submission_secret.txt"}
    choice.files |= {k: v for k, v in files.items() if k not in taken and Path(k).name not in reserved and k != target}
    return choice


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
