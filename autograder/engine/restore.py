"""A sanitizing preprocessor: what decides about grading comes from the instructor's version, never from a submission.

What a submission says to the instructor's browser is made harmless at the same time, before anything of it is written.
"""

from __future__ import annotations

import ast
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
from autograder.engine import markup, order, outputs
from autograder.engine.bindings import Reader
from autograder.engine.order import Contract
from autograder.engine.scratch import open_gradebook

_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_TAG = re.compile(r"[\w-]{1,40}")  # nbconvert makes classes of tags, so a space would begin any other
OWN_TEXT_TAG = "own-text"  # words of the student's outside the cells that ask for some
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
        # A demonstration that a learner may change is no cell of the gradebook's: it loses its name here, and must not run.
        shown = {id(cell) for cell in nb.cells if _given_name(cell) in demonstrations}
        _name_cells(nb, known)
        handed_out, reader = {source.strip() for _, source in known.values()}, Reader()
        for cell in nb.cells:
            name = order.name_of(cell)
            _tag(
                cell,
                name in demonstrations or (not name and id(cell) in shown),
                not name and _is_own_text(cell, handed_out, reader),
            )
            _defuse(cell, known[name][0]["cell_type"] if name else cell.cell_type)
        order.settle(nb, known)
        # The kernel is nbgrader's to restore; a title or a widget of a student's is shown to nobody.
        nb.metadata = NotebookNode(language_info=NotebookNode(name="python", pygments_lexer="ipython3"))
        return nb, resources


def _name_cells(nb: NotebookNode, known: Contract) -> None:
    """Give the last cell of each name the instructor's metadata, and every other cell none.

    Words in a cell whose text will be restored are kept in a cell behind it.
    """
    seen: set[str] = set()
    cells: list[NotebookNode] = []
    for cell in reversed(nb.cells):
        name = _given_name(cell)
        cell.metadata.pop("nbgrader", None)
        if name in known and name not in seen:
            seen.add(name)
            cell.metadata["nbgrader"] = NotebookNode(known[name][0])
            if (kept := _overwritten(cell, *known[name])) is not None:
                cells.append(kept if nb.nbformat_minor < 5 else NotebookNode(kept, id=secrets.token_hex(4)))
        cells.append(cell)
    nb.cells = cells[::-1]


def _given_name(cell: NotebookNode) -> str:
    """The name that a submitted cell claims; empty where it claims none."""
    given = cell.metadata.get("nbgrader")
    name = given.get("grade_id") if isinstance(given, dict) else None
    return name if isinstance(name, str) else ""


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


def _tag(cell: NotebookNode, demonstration: bool, own_text: bool) -> None:
    tags = cell.metadata.get("tags")
    texts = [tag for tag in tags if isinstance(tag, str) and _TAG.fullmatch(tag)] if isinstance(tags, list) else []
    kept = [tag for tag in texts if tag not in EXECUTION_TAGS and tag != OWN_TEXT_TAG]
    cell.metadata["tags"] = kept + [DEMONSTRATION_TAG] * demonstration + [OWN_TEXT_TAG] * own_text


def _is_own_text(cell: NotebookNode, handed_out: set[str], reader: Reader) -> bool:
    """Whether a cell of the student's own holds words that a person might want to read: text, or code that is none."""
    if not (text := cell.source.strip()) or text in handed_out:
        return False
    if cell.cell_type != "code":
        return True
    tree = reader.parse(cell.source)
    return tree is None or all(
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
        for statement in tree.body
    )


def _overwritten(cell: NotebookNode, metadata: dict[str, Any], source: str) -> NotebookNode | None:
    """What a student wrote into a text cell that will get the instructor's text back, as a cell of its own."""
    if not metadata["locked"] or metadata["cell_type"] == "code" or cell.source.split() == source.split():
        return None
    return NotebookNode(cell_type="markdown", source=cell.source, metadata=NotebookNode())


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
