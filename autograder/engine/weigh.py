"""What a notebook weighs before anybody reads it, and what of it is worth reading: nothing else reaches nbgrader's pipeline."""

from __future__ import annotations

import io
import itertools
import json
import logging
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter

from autograder import patches, strangers
from autograder.engine.errors import GradingError
from autograder.engine.execute import SandboxExecute
from autograder.engine.submissions import MAX_BYTES, MAX_COUNT
from autograder.sandbox import Limits

MIB = 2**20
_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
MAX_METADATA = 10_000
TOGETHER = 3  # a submission's notebooks may be as large as so many of the largest: earlier states, a browser's copy


def check(name: str, content: bytes, limits: Limits) -> None:
    """Raise GradingError for a notebook that is too large, or has too many cells."""
    if problem := too_large(len(content), limits) or too_many(content.count(b'"cell_type"'), limits.cells):
        raise GradingError(f"{_printable(name)} {problem}")


def check_all(notebooks: dict[str, bytes], limits: Limits) -> None:
    """The same for each of the notebooks that lie beside each other, and for all of them together."""
    for name, content in notebooks.items():
        check(name, content, limits)
    if (size := sum(map(len, notebooks.values()))) > (most := TOGETHER * limits.notebook_size):
        raise GradingError(f"its notebooks have {size / MIB:.3g} MiB together; at most {most / MIB:.3g} MiB are read")


def too_large(size: int, limits: Limits) -> str:
    """What is too much about a notebook of this size; the empty text where nothing is."""
    most = limits.notebook_size
    return f"has {size / MIB:.3g} MiB; at most {most / MIB:.3g} MiB can be graded" if size > most else ""


def too_many(cells: int, most: int) -> str:
    """The same for a number of cells."""
    return f"has {cells} cells; at most {most} can be graded" if cells > most else ""


def count(notebook: dict[str, Any]) -> int:
    """How many cells a notebook of either format has. Raises what it likes on one that is none."""
    if "cells" in notebook:
        return len(notebook["cells"])
    return sum(len(sheet["cells"]) for sheet in notebook["worksheets"])


def _printable(text: str, beside: str = "") -> str:
    return "".join(sign if sign.isprintable() or sign in beside else "?" for sign in text)


def upgraded(notebook: dict[str, Any]) -> dict[str, Any]:
    """A notebook of format 3 in format 4, with what grading needs. Raises whatever nbformat does, and ValueError where it would grow."""
    sheets = [{"cells": [_old(cell) for cell in sheet["cells"]], "metadata": {}} for sheet in notebook["worksheets"]]
    old = {"worksheets": sheets, "metadata": {}, "nbformat": 3, "nbformat_minor": 0}
    converted: dict[str, Any] = nbformat.convert(nbformat.from_dict(old), 4)
    return converted


def _old(cell: dict[str, Any]) -> dict[str, Any]:
    """A cell of format 3 without its outputs."""
    if cell.get("level", 1) not in range(1, 7):
        raise ValueError("a heading of no level")  # as many signs as its level says
    made: dict[str, Any] = {key: cell[key] for key in ("cell_type", "level", "language") if key in cell}
    made |= {key: "".join(cell[key]) for key in ("input", "source") if key in cell}
    return {**made, "metadata": _needed(cell.get("metadata")), **({"outputs": []} if "outputs" in cell else {})}


def lighten(content: bytes, max_cells: int) -> bytes:
    """A notebook without outputs, and without metadata that grading does not need; what is no notebook stays as it is.

    Raises GradingError for one with too many cells, however they are written down.
    """
    try:
        notebook = strangers.loads(content)
        if problem := too_many(count(notebook), max_cells):
            raise GradingError(f"the notebook {problem}")
        if "cells" not in notebook:
            notebook = upgraded(notebook)
        cells = notebook["cells"]
        for cell, name in zip(cells, ids(cells), strict=True):
            cell["metadata"], cell["id"] = _needed(cell.get("metadata")), name
            if "outputs" in cell:
                cell["outputs"] = []
        notebook |= {"nbformat": 4, "nbformat_minor": 5}
        notebook["metadata"] = {
            key: notebook["metadata"][key] for key in ("kernelspec", "language_info") if key in notebook["metadata"]
        }
        if len(json.dumps(notebook["metadata"])) > MAX_METADATA:
            notebook["metadata"] = {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return content
    return json.dumps(notebook).encode()


def ids(cells: list[Any]) -> list[str]:
    """For each cell its own id, where it is one and no cell before has it, otherwise a fresh one."""
    given = [cell.get("id") if isinstance(cell, dict) else None for cell in cells]
    taken = {name for name in given if isinstance(name, str) and _CELL_ID.fullmatch(name)}
    fresh = (free for number in itertools.count() if (free := f"cell-{number}") not in taken)
    made: dict[str, None] = {}
    for name in given:
        made[name if isinstance(name, str) and name in taken and name not in made else next(fresh)] = None
    return list(made)


def tags(metadata: Any) -> dict[str, list[str]]:
    """The entry of a cell's tags, where these are tags."""
    found = metadata.get("tags") if isinstance(metadata, dict) else None
    return {"tags": found} if isinstance(found, list) and all(isinstance(tag, str) for tag in found) else {}


def _needed(metadata: Any) -> dict[str, Any]:
    found = {"nbgrader": metadata["nbgrader"]} if isinstance(metadata, dict) and "nbgrader" in metadata else {}
    found |= tags(metadata)
    return found if len(json.dumps(found)) <= MAX_METADATA else {}


def _entries(folder: Path) -> Iterator[os.stat_result]:
    for here, folders, names in os.walk(folder):
        for name in (*folders, *names):
            yield os.lstat(os.path.join(here, name))


def look(folder: Path) -> None:
    """Raise GradingError for a folder that was handed in and is not to be read or copied: links, or more than may be handed in.

    Hidden files count, too. A file can have a size without taking up room, and a copy of it takes up all there is.
    """
    size = count = 0
    for place in (folder.parent, folder):
        _refuse_link(place.lstat().st_mode)
    try:
        for found in _entries(folder):
            _refuse_link(found.st_mode)
            if stat.S_ISDIR(found.st_mode):
                continue
            if not stat.S_ISREG(found.st_mode):
                raise GradingError("what was handed in is not all files and folders")
            size, count = size + found.st_size, count + 1
    except RecursionError:
        raise GradingError("what was handed in cannot be read: its folders are nested too deeply") from None
    if size > MAX_BYTES:
        raise GradingError(f"more than {MAX_BYTES // MIB} MiB were handed in")
    if count > MAX_COUNT:
        raise GradingError(f"more than {MAX_COUNT} files were handed in")


def _refuse_link(mode: int) -> None:
    if stat.S_ISLNK(mode):
        raise GradingError("a link lies in what was handed in: nothing behind one is read")


class GuardedExporter(NotebookExporter):
    """nbgrader's own autograde reads notebooks through this: measured first, and never through a link.

    The converter whose exporter it is looks at the folder before it copies what lies there, and names of files steer no terminal.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        if self.parent is not None:
            patches.require("nbgrader")
            patches.replace(self.parent, "init_assignment", _looking_first(self.parent))
            self.parent.log.addFilter(_make_printable)

    def from_filename(self, filename: str, resources: Any = None, **kwargs: Any) -> Any:
        """The notebook after the exporter's preprocessors. Raises GradingError where it is not to be read."""
        path = Path(filename)
        look(path.parent)
        if problem := too_large(path.stat().st_size, self._limits(resources)):
            raise GradingError(f"{_printable(path.name)} {problem}")
        return super().from_filename(filename, resources=resources, **kwargs)

    def from_file(self, file_stream: Any, resources: Any = None, **kwargs: Any) -> Any:
        """The same for a file that has been opened."""
        content, limits = file_stream.read().encode(errors="replace"), self._limits(resources)
        check("the notebook", content, limits)
        light = lighten(content, limits.cells).decode()
        return super().from_file(io.StringIO(light), resources=resources, **kwargs)

    def _limits(self, resources: Any) -> Limits:
        return SandboxExecute(config=self.config).limits_of(resources["nbgrader"]["assignment"])


def _make_printable(record: logging.LogRecord) -> bool:
    """A filter of nbgrader's log, which tells the names of files as they are: none of them adds a line or steers a terminal."""
    if isinstance(record.args, tuple):
        record.args = tuple(_printable(part) if isinstance(part, str) else part for part in record.args)
    record.msg, record.args = _printable(record.getMessage(), "\n\t"), ()
    if record.exc_info:
        record.exc_text = _printable(logging.Formatter().formatException(record.exc_info), "\n\t")
    return True


def _looking_first(converter: Any) -> Callable[[str, str], None]:
    """A converter's `init_assignment`, which copies every file beside a notebook, after a look at them."""
    copy = converter.init_assignment

    def init_assignment(assignment: str, student: str) -> None:
        look(Path(converter._format_source(assignment, student)))
        copy(assignment, student)

    return init_assignment
