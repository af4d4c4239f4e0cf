"""Tables for a terminal of any width: nothing is cut, columns that say nothing go, and a last column of sentences stands below."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

WORD, KEY = 24, 40  # signs before a word is folded, and before one of the first column is
PROSE = 24  # of a line of sentences, at least


def show(
    console: Console, header: Sequence[str], rows: Iterable[Sequence[str]], title: str = "", styles: Sequence[str] = ()
) -> None:
    """Print a table as wide as the terminal is. styles: of the rows"""
    cells = [list(row) for row in rows]
    below: list[str] = []
    header = list(header)
    if not _fits(header, cells, console.width):
        header, cells = _without_blanks(header, cells)
    if not _fits(header, cells, console.width) and _needs(header, cells)[-1][1] > PROSE:
        what = "" if header[-1] in ("note", "notes") else f", {header[-1]}"
        below = [f"  {row[0]}{what}: {row[-1]}" for row in cells if row[-1]]
        header, cells = header[:-1], [row[:-1] for row in cells]
    console.print(_grid(header, cells, title, styles, console.width))
    for line in below:
        console.print(Text(line), soft_wrap=True)


def _grid(header: list[str], cells: list[list[str]], title: str, styles: Sequence[str], width: int) -> Table:
    fits = _fits(header, cells, width)
    # Without lines between the columns there is room for some more of them.
    look = {} if fits else {"box": box.SIMPLE_HEAD, "show_edge": False, "padding": 0}
    grid = Table(title=Text(title) if title else None, title_justify="left", **look)  # type: ignore[arg-type]
    frame = _frame(header) if fits else len(header) - 1
    for name, size in zip(header, _sizes(header, cells, width - frame), strict=True):
        grid.add_column(name, width=size, overflow="fold")
    for row, style in zip(cells, styles or [""] * len(cells), strict=True):
        grid.add_row(*map(Text, row), style=style)
    return grid


def _frame(header: list[str]) -> int:
    """What lines and spaces take."""
    return 3 * len(header) + 1


def _fits(header: list[str], cells: list[list[str]], width: int) -> bool:
    return sum(least for least, _ in _needs(header, cells)) + _frame(header) <= width


def _needs(header: list[str], cells: list[list[str]]) -> list[tuple[int, int]]:
    """How wide each column has to be, and how wide it would be by itself."""
    needs = []
    for at, name in enumerate(header):
        texts = [name, *(row[at] for row in cells)]
        natural = max(cell_len(line) for text in texts for line in text.split("\n"))
        # A score, such as "12.50 / 18", is one word.
        word = max(cell_len(word) for text in texts for word in re.split(r"(?<! /)\s+(?!/ )", text))
        least = min(word, WORD if at else KEY)
        needs.append((min(natural, max(least, min(natural // 3, PROSE))), natural))
    return needs


def _sizes(header: list[str], cells: list[list[str]], room: int) -> list[int]:
    """The columns' widths: what they would take, and where that is too much, the widest give way first."""
    needs = _needs(header, cells)
    sizes = [natural for _, natural in needs]
    while sum(sizes) > room:
        wide = [(size, at) for at, size in enumerate(sizes) if size > needs[at][0]]
        if not wide:
            return sizes  # no terminal for this table: words are folded
        sizes[max(wide)[1]] -= 1
    return sizes


def _without_blanks(header: list[str], cells: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """The columns in which something stands, the first one in any case."""
    says = [at for at in range(len(header)) if not at or any(row[at] not in ("", "0") for row in cells)]
    return [header[at] for at in says], [[row[at] for at in says] for row in cells]
