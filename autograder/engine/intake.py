"""Notebooks as they come: which file is meant, and what a person could read made what a program can read.

What is certain is taken, with a note. What is not is set aside, with a reason that names the files.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from autograder import strangers
from autograder.contract import BEGIN_SOLUTION, DEMONSTRATION_TAG
from autograder.engine import markup, weigh
from autograder.engine.bindings import Reader, checked_functions
from autograder.engine.errors import GradingError
from autograder.engine.order import Contract
from autograder.engine.submissions import OWN
from autograder.sandbox.limits import Limits

_MANY = 8  # names that a reason tells


@dataclass(frozen=True)
class _Notebook:
    """One notebook that was handed in. `known`: cells of the lesson are in it; `answered`: and something of the student's."""

    name: str
    content: dict[str, Any]
    known: bool
    answered: bool


def prepare(
    files: dict[str, bytes], contracts: dict[str, Contract], limits: Limits
) -> tuple[dict[str, bytes], list[str]]:
    """The files with every notebook of the lesson in its place, and notes.

    Raises GradingError where it is not certain which it is, and where it is larger than the limits allow.
    contracts: that of each notebook of the lesson, by its name
    """
    own = {name: files[name] for name in OWN if name in files}
    files, notes = {name: content for name, content in files.items() if name not in own}, []
    places = {f"{name}.ipynb" for name in contracts}
    given = {name: content for name, content in files.items() if name.lower().endswith(".ipynb")}
    weigh.check_all(given, limits)
    reader = Reader()
    for name, contract in contracts.items():
        mine = {path: content for path, content in given.items() if path == f"{name}.ipynb" or path not in places}
        notebook, note = _choose(name, contract, mine, files, limits.cells, reader)
        notes += note
        if _is_marked(notebook.content):
            notes.append(f"has lines {BEGIN_SOLUTION!r}, as the instructors' solution has: have a look")
        for path in mine:
            files.pop(path, None)
        if folder := str(PurePosixPath(notebook.name).parent).removeprefix("."):
            files = {path.removeprefix(f"{folder}/"): content for path, content in files.items()}
        files[f"{name}.ipynb"] = json.dumps(notebook.content).encode()
    kept = {path: content for path, content in files.items() if not _is_below(path, files) and not _is_own(path)}
    return {**kept, **own}, notes


def _is_marked(notebook: dict[str, Any]) -> bool:
    """Whether a line of the code marks the beginning of a solution, which nothing that is handed out has."""
    code = ("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code")
    return any(line.strip() == BEGIN_SOLUTION for source in code for line in source.splitlines())


def _is_own(path: str) -> bool:
    """Whether a file takes one of the exchange's names, or has one for its first folder; what goes back needs those."""
    return PurePosixPath(path).parts[0] in OWN


def _is_below(path: str, files: Container[str]) -> bool:
    """Whether a file has another file's name for a folder; both cannot be written."""
    return any(str(folder) in files for folder in PurePosixPath(path).parents)


def _choose(
    name: str, contract: Contract, given: dict[str, bytes], files: Iterable[str], max_cells: int, reader: Reader
) -> tuple[_Notebook, list[str]]:
    """The one notebook that is meant, and what there is to say about it."""
    expected = f"{name}.ipynb"
    read, broken = _read_all(given, contract, max_cells, reader)
    known = {path: notebook for path, notebook in read.items() if notebook.known}
    answered = {path: notebook for path, notebook in known.items() if notebook.answered}
    if expected in answered or (expected in known and not answered):
        others = [path for path in answered if path != expected and answered[path].content != known[expected].content]
        return known[expected], [f"also handed in, and not graded: {names(others)}"] if others else []
    choice = list((answered or known).values())
    if choice and all(notebook.content == choice[0].content for notebook in choice):
        state = "is as it was handed out" if expected in known else _state(expected, read, broken)
        return choice[0], [f"{expected} {state}; graded was {names([choice[0].name])}"]
    if choice:
        raise GradingError(
            f"{expected} {_state(expected, read, broken)}; it is not certain which of {names(answered)} is meant"
        )
    if expected in broken:
        raise GradingError(f"{expected} {broken[expected]}")
    if expected in read:
        others = [cell for cell in _grade_ids(read[expected].content["cells"]) if cell not in contract]
        raise GradingError(
            f"{expected} has no check of {name}" + (f", but cells named {names(others)}" if others else "")
        )
    there = sorted(files)
    raise GradingError(f"no {expected}; found {names(there)}" if there else f"no {expected}; the folder is empty")


def _read_all(
    given: dict[str, bytes], contract: Contract, max_cells: int, reader: Reader
) -> tuple[dict[str, _Notebook], dict[str, str]]:
    read, broken = {}, {}
    functions = checked_functions(source for _, source in contract.values())
    for path, content in sorted(given.items()):
        try:
            notebook = repaired(parsed(content), max_cells)
        except ValueError as error:
            broken[path] = str(error)
            continue
        cells = notebook["cells"]
        read[path] = _Notebook(
            path, notebook, belongs(cells, contract, functions, reader), _is_answered(cells, contract)
        )
    return read, broken


def _state(expected: str, read: dict[str, _Notebook], broken: dict[str, str]) -> str:
    if expected in broken:
        return broken[expected]
    return "is of another lesson" if expected in read else "was not handed in"


def belongs(cells: list[Any], contract: Contract, functions: frozenset[str], reader: Reader) -> bool:
    """Whether a notebook is one of this lesson: it has its checks, or only cells of its, or none and a function that is checked.

    functions: those that the lesson checks
    reader: the submission's, so that many notebooks take no longer than one
    """
    checks = {name for name, (metadata, _) in contract.items() if metadata["grade"] and not metadata["solution"]}
    given = set(_grade_ids(cells))
    if not checks or checks & given:
        return True
    if given and given <= contract.keys():
        return True
    return any(cell["cell_type"] == "code" and functions & reader.binds(cell["source"]) for cell in cells)


def _grade_ids(cells: list[Any]) -> list[str]:
    return [name for cell in cells if isinstance(name := (cell["metadata"].get("nbgrader") or {}).get("grade_id"), str)]


def _is_answered(cells: list[Any], contract: Contract) -> bool:
    """Whether anything in it was not handed out so."""
    handed_out = {source.strip() for _, source in contract.values()}
    own = [cell["source"].strip() for cell in cells if not _demonstrates(cell)]
    return any(text and text not in handed_out for text in own)


def _demonstrates(cell: Any) -> bool:
    """Whether a cell is a demonstration, which no gradebook knows and a learner may change: no work to be graded."""
    tags = cell["metadata"].get("tags") if isinstance(cell.get("metadata"), dict) else None
    return isinstance(tags, list) and DEMONSTRATION_TAG in tags


def names(paths: Iterable[str]) -> str:
    """Names as a reason tells them: nothing in them can steer a terminal or mean markup."""
    paths = list(paths)
    told = ", ".join(json.dumps(path[:80]) if path.isascii() else repr(path[:80]) for path in paths[:_MANY])
    return told + (f" and {len(paths) - _MANY} more" if len(paths) > _MANY else "")


def parsed(content: bytes) -> dict[str, Any]:
    """A notebook's JSON. Raises ValueError that says what is there instead, and where."""
    if not content.strip():
        raise ValueError("is empty")
    if content.startswith(b"%PDF-"):
        raise ValueError("is a PDF and no notebook")
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"is no text: line {content.count(bytes([10]), 0, error.start) + 1} is not in UTF-8") from None
    try:
        notebook = strangers.loads(text)
    except json.JSONDecodeError as error:
        if text.lstrip().startswith("<"):
            raise ValueError("is a web page and no notebook") from None
        what = error.msg.removesuffix(" starting at")  # the place stands before it
        raise ValueError(f"is broken: line {error.lineno}, column {error.colno}: {what}") from None
    except RecursionError:
        raise ValueError("is broken: it is nested too deeply") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells", notebook.get("worksheets")), list):
        raise ValueError("is no notebook: it has no cells")
    return notebook


def repaired(notebook: dict[str, Any], max_cells: int) -> dict[str, Any]:
    """The same notebook in today's format with what grading needs: cells, their text, names, tags and attached pictures.

    Raises ValueError that says what is wrong with it, or that it has more cells than it may have.
    """
    if "cells" not in notebook:
        notebook = _from_version_3(notebook, max_cells)
    cells = [cell for cell in notebook["cells"] if cell is not None]
    if problem := weigh.too_many(len(cells), max_cells):
        raise ValueError(problem)
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict):
            raise ValueError(f"is broken: cell {number} is no cell")
    names = zip(cells, weigh.ids(cells), strict=True)
    repaired = [{**_cell(cell, number), "id": name} for number, (cell, name) in enumerate(names, 1)]
    return {"cells": repaired, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def _from_version_3(notebook: dict[str, Any], max_cells: int) -> dict[str, Any]:
    try:
        problem = weigh.too_many(weigh.count(notebook), max_cells)
        converted = {} if problem else weigh.upgraded(notebook)
    except Exception:
        problem = "is in a format that cannot be read any more: open it in Jupyter and save it"
    if problem:
        raise ValueError(problem)
    return converted


def _cell(cell: dict[str, Any], number: int) -> dict[str, Any]:
    kind = cell.get("cell_type")
    if kind not in ("code", "markdown", "raw"):
        kind = "code" if "outputs" in cell else "markdown"
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if source is not None and not isinstance(source, str):
        raise ValueError(f"is broken: cell {number} has a source that is no text")
    metadata = cell.get("metadata") if isinstance(cell.get("metadata"), dict) else {}
    given = metadata.get("nbgrader") if metadata else None
    kept: dict[str, Any] = {**weigh.tags(metadata)}
    if isinstance(given, dict) and isinstance(given.get("grade_id"), str):
        kept["nbgrader"] = {"grade_id": given["grade_id"]}
    made: dict[str, Any] = {"cell_type": kind, "metadata": kept, "source": source or ""}
    if kind == "code":
        return {**made, "outputs": [], "execution_count": None}
    pictures = markup.pictures(cell.get("attachments"))
    return {**made, "attachments": pictures} if pictures else made
