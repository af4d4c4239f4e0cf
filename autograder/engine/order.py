"""Where checks stand in a notebook whose cells were moved, deleted or pasted into another: behind what they check."""

from __future__ import annotations

from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.contract import graded_call, is_check
from autograder.engine.bindings import Reader

Contract = dict[str, tuple[dict[str, Any], str]]  # from a cell's name to its metadata and source


def settle(nb: NotebookNode, contract: Contract) -> None:
    """Put graded cells that are missing behind the cell that they followed, and checks behind the functions that they check.

    A notebook with all its answers and checks in the order of the release stays as it is.
    """
    wanted = [name for name, (metadata, _) in contract.items() if metadata["grade"] or metadata["solution"]]
    there = {name_of(cell) for cell in nb.cells}
    if [name for cell in nb.cells if (name := name_of(cell)) in contract and name in wanted] == wanted:
        return
    _add_missing(nb, contract)
    reader = Reader()
    bound = {
        id(cell): reader.binds(cell.source) for cell in nb.cells if cell.cell_type == "code" and not is_check(cell)
    }
    for cell in [cell for cell in nb.cells if is_check(cell)]:
        try:
            function = graded_call(contract[name_of(cell)][1]).name
        except ValueError:
            continue
        _put_behind(
            nb, cell, [other for other in nb.cells if function in bound.get(id(other), ())], name_of(cell) in there
        )


def name_of(cell: NotebookNode) -> str:
    """A cell's name in the instructor's version; the empty text for one of the student's own."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def _put_behind(nb: NotebookNode, check: NotebookNode, definitions: list[NotebookNode], was_there: bool) -> None:
    """Move a check behind the last of the cells that define its function, unless one of them stands before it.

    Where nothing is seen to define the function, a check that had to be added stands at the end: all code has run there.
    """
    place = _index(nb, check)
    if any(_index(nb, cell) < place for cell in definitions) or (was_there and not definitions):
        return
    nb.cells.pop(place)
    place = _index(nb, definitions[-1]) + 1 if definitions else len(nb.cells)
    while place < len(nb.cells) and is_check(nb.cells[place]):
        place += 1
    nb.cells.insert(place, check)


def _index(nb: NotebookNode, cell: NotebookNode) -> int:
    return next(i for i, other in enumerate(nb.cells) if other is cell)


def _add_missing(nb: NotebookNode, contract: Contract) -> None:
    place = 0
    at = {name: cell for cell in nb.cells if (name := name_of(cell))}
    for name, (metadata, source) in contract.items():
        if name in at:
            place = max(place, _index(nb, at[name]) + 1)
        elif metadata["grade"]:
            make: Any = nbformat.v4.new_code_cell if metadata["cell_type"] == "code" else nbformat.v4.new_markdown_cell
            cell = make(source, metadata={"nbgrader": metadata})
            if nb.nbformat_minor < 5:
                cell.pop("id", None)
            nb.cells.insert(place, cell)
            place += 1
