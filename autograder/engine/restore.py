"""A sanitizing preprocessor: what decides about grading comes from the instructor's version, never from a submission.

What a submission says to the instructor's browser is made harmless at the same time, before anything of it is written.
"""

from __future__ import annotations

import functools
import re
import secrets
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.contract import DEMONSTRATION_TAG
from autograder.engine import markup, outputs
from autograder.engine.scratch import open_gradebook

Contract = dict[str, tuple[dict[str, Any], str]]  # from a cell's name to its metadata and source
_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
EXECUTION_TAGS = {DEMONSTRATION_TAG, "raises-exception"}


class RestoreContract(NbGraderPreprocessor):  # type: ignore[misc]
    """Restores every cell's grading metadata, adds lost graded cells, and takes execution tags from the source.

    contracts: the contract of each notebook, where it is read once for many submissions
    """

    def __init__(
        self,
        *args: Any,
        demonstrations: frozenset[str] | None = None,
        contracts: dict[str, Contract] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._demonstrations = demonstrations
        self._contracts = {} if contracts is None else contracts

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Make the metadata of `nb` what the gradebook says; the last cell of a name counts, as in nbgrader."""
        names = resources["nbgrader"]
        if (known := self._contracts.get(names["notebook"])) is None:
            with open_gradebook(names["db_url"]) as gradebook:
                known = contract(gradebook, names["notebook"], names["assignment"])
            self._contracts[names["notebook"]] = known
        demonstrations = self._demonstrations
        if demonstrations is None:
            demonstrations = source_demonstrations(source_path(self.config, names["assignment"], names["notebook"]))
        seen: set[str] = set()
        for cell in reversed(nb.cells):
            given = cell.metadata.pop("nbgrader", None)
            name = given.get("grade_id") if isinstance(given, dict) else None
            if isinstance(name, str) and name in known and name not in seen:
                seen.add(name)
                cell.metadata["nbgrader"] = NotebookNode(known[name][0])
            _defuse(cell, cell.metadata["nbgrader"]["cell_type"] if "nbgrader" in cell.metadata else cell.cell_type)
            _tag(cell, isinstance(name, str) and name in seen and name in demonstrations)
        _add_missing(nb, known, seen)
        # The kernel is nbgrader's to restore; a title or a widget of a student's is shown to nobody.
        nb.metadata = NotebookNode(language_info=NotebookNode(name="python", pygments_lexer="ipython3"))
        return nb, resources


def contract(gradebook: Gradebook, notebook: str, assignment: str) -> Contract:
    """For each cell of the instructor's version, in order: its metadata and its source."""
    row = gradebook.find_notebook(notebook, assignment)
    graded = {cell.name: cell for cell in row.grade_cells}
    tasks = {cell.name: cell for cell in row.task_cells}
    solutions = {cell.name for cell in row.solution_cells}
    table = {}
    for cell in row.source_cells:
        metadata = {
            "grade_id": cell.name,
            "grade": cell.name in graded,
            "solution": cell.name in solutions,
            "task": cell.name in tasks,
            "locked": cell.locked,
            "schema_version": 3,
            "cell_type": cell.cell_type,
            "checksum": cell.checksum,
        }
        if scored := graded.get(cell.name) or tasks.get(cell.name):
            metadata["points"] = scored.max_score
        table[cell.name] = metadata, cell.source
    return table


def _defuse(cell: NotebookNode, kind: str) -> None:
    """Keep of a cell what grading needs; `kind` is the cell's in the end, since nbgrader restores a changed one.

    The instructor's own text is restored later: a locked cell's source always comes from the gradebook.
    """
    cell.source = outputs.writable(cell.source)
    if "id" in cell and not _CELL_ID.fullmatch(str(cell.id)):
        cell.id = secrets.token_hex(4)
    cell.metadata = NotebookNode({key: cell.metadata[key] for key in ("nbgrader", "tags") if key in cell.metadata})
    attachments = cell.pop("attachments", None)
    if kind != "code" or cell.cell_type != "code":
        cell.source, kept = markup.markdown(cell.source, attachments)
        if kept and cell.cell_type == "markdown":
            cell.attachments = NotebookNode(kept)


def _tag(cell: NotebookNode, demonstration: bool) -> None:
    tags = cell.metadata.get("tags")
    texts = [outputs.writable(tag) for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    kept = [tag for tag in texts if tag not in EXECUTION_TAGS]
    cell.metadata["tags"] = [*kept, DEMONSTRATION_TAG] if demonstration else kept


def _add_missing(nb: NotebookNode, known: dict[str, tuple[dict[str, Any], str]], seen: set[str]) -> None:
    """Put graded cells that were deleted behind the cell that they followed."""
    place = 0
    at = {cell.metadata["nbgrader"]["grade_id"]: cell for cell in nb.cells if "nbgrader" in cell.metadata}
    for name, (metadata, source) in known.items():
        if name in at:
            place = max(place, next(i for i, cell in enumerate(nb.cells) if cell is at[name]) + 1)
        elif metadata["grade"]:
            make: Any = nbformat.v4.new_code_cell if metadata["cell_type"] == "code" else nbformat.v4.new_markdown_cell
            cell = make(source, metadata={"nbgrader": metadata})
            if nb.nbformat_minor < 5:
                cell.pop("id", None)
            nb.cells.insert(place, cell)
            place += 1


def source_path(config: Any, assignment: str, notebook: str) -> Path:
    """Where the instructor's version lies."""
    course = CourseDirectory(config=config)
    return Path(course.format_path(course.source_directory, ".", assignment)) / f"{notebook}.ipynb"


@functools.cache
def source_demonstrations(path: Path) -> frozenset[str]:
    """The cells that the instructor's version tags as demonstrations."""
    nb = nbformat.read(path, as_version=4)
    return frozenset(
        cell.metadata.nbgrader.grade_id
        for cell in nb.cells
        if "nbgrader" in cell.metadata and DEMONSTRATION_TAG in cell.metadata.get("tags", [])
    )
