"""How a notebook is made hostile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import nbformat

Change = Callable[[Any], None]


@dataclass(frozen=True)
class Attack:
    """`harmless`: a right answer beside it still scores full. `aside`: a person is asked to look, which gains nothing."""

    change: Change
    harmless: bool = True
    aside: bool = False


def cell(source: str) -> Change:
    """Insert a code cell before the first graded one."""

    def change(notebook: Any) -> None:
        first = next(
            i
            for i, c in enumerate(notebook.cells)
            if c.metadata.get("nbgrader", {}).get("grade") and c.cell_type == "code"
        )
        notebook.cells.insert(first, nbformat.v4.new_code_cell(source))

    return change


def last(source: str) -> Change:
    """Redefine all answers at the end of the first solution cell's neighbours: a cell before each graded one."""

    def change(notebook: Any) -> None:
        cells = []
        for c in notebook.cells:
            if c.metadata.get("nbgrader", {}).get("grade") and c.cell_type == "code":
                cells.append(nbformat.v4.new_code_cell(source))
            cells.append(c)
        notebook.cells = cells

    return change


def graded(edit: Change) -> Change:
    """Edit every graded cell."""

    def change(notebook: Any) -> None:
        for c in notebook.cells:
            if c.metadata.get("nbgrader", {}).get("grade") and c.cell_type == "code":
                edit(c)

    return change


def source(text: str) -> Change:
    return graded(lambda c: c.__setitem__("source", text))


def metadata(**fields: Any) -> Change:
    return graded(lambda c: c.metadata.nbgrader.update(fields))


def shown(kind: str, source: str, **fields: Any) -> Change:
    """Insert a Markdown or raw cell, which a browser gets to see."""

    def change(notebook: Any) -> None:
        notebook.cells.insert(1, nbformat.v4.new_code_cell(source))
        notebook.cells[1].pop("outputs")
        notebook.cells[1].pop("execution_count")
        notebook.cells[1].update(cell_type=kind, **fields)

    return change


def many(source: str) -> Change:
    """Insert sixty times the same code cell."""

    def change(notebook: Any) -> None:
        notebook.cells[1:1] = [nbformat.v4.new_code_cell(source) for _ in range(60)]

    return change


ANSWERS = ("count_parameters", "stack_weights", "rnn_cell_forward", "rnn_forward")
EVERY = "for name in {names!r}: globals()[name] = {value}"


def answers(value: str) -> Change:
    """Make every answer this value, also where it was right."""
    return last(EVERY.format(names=ANSWERS, value=value))
