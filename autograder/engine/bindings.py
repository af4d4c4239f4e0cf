"""Which names a cell gives a meaning to, read without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from autograder.contract import IMPORT, MAX_LENGTH, graded_call

MAX_CODE = 200_000  # signs of one submission, each as often as it is parsed; a parser needs about a kilobyte and four microseconds for each
LIBRARY = IMPORT.split()[1].partition(".")[0]
_ASSIGNED = re.compile(r"^(?:def|class)[ \t]+(\w+)|^(\w+)[ \t]*=(?!=)", re.MULTILINE)


class Reader:
    """Reads the cells of one submission as Python, as far as one that people write may go."""

    def __init__(self) -> None:
        self._room = MAX_CODE

    def parse(self, source: str) -> ast.Module | None:
        """A cell as Python, magics and shell lines left out; None where it is none, or beyond what is read."""
        tree = self._parsed(source)
        if tree is None and len(source) <= self._room and (plain := _without_magics(source)) != source:
            tree = self._parsed(plain)
        return tree

    def _parsed(self, source: str) -> ast.Module | None:
        if len(source) > self._room:
            return None
        self._room -= len(source)
        try:
            return ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    def binds(self, source: str) -> frozenset[str]:
        """The names that a cell defines, assigns or imports at its top level, also below `if`, `try`, `with` and loops."""
        if (tree := self.parse(source)) is None:
            return frozenset(first or second for first, second in _ASSIGNED.findall(source))
        return frozenset(_bound(tree.body))


def _without_magics(source: str) -> str:
    return "\n".join("" if _is_magic(line) else line for line in source.split("\n"))


def _is_magic(line: str) -> bool:
    """Whether a line is IPython's own: a magic, a shell's, or a question about a name."""
    text = line.strip()
    return text[:1] in ("%", "!", "?") or (text.endswith("?") and text.strip("#'\"? \t") != "")


def _bound(body: list[ast.stmt]) -> Iterator[str]:
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield statement.name
        elif isinstance(statement, ast.Import):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            if (statement.module or "").partition(".")[0] != LIBRARY:  # where what is checked is not a student's own
                yield from (alias.asname or alias.name for alias in statement.names)
        else:
            for node in ast.iter_child_nodes(statement):
                if isinstance(node, ast.stmt):
                    yield from _bound([node])
                elif isinstance(node, ast.ExceptHandler):
                    yield from _bound(node.body)
                else:
                    yield from (
                        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
                    )


def checked_functions(sources: Iterable[str]) -> frozenset[str]:
    """The functions that graded cells check, as far as a notebook that people write may go."""
    functions, room = set(), MAX_CODE
    for source in sources:
        if len(source) > min(MAX_LENGTH, room):
            continue
        room -= len(source)
        try:
            functions.add(graded_call(source).name)
        except ValueError:
            continue
    return frozenset(functions)
