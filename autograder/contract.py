"""What a graded cell may say, and how the cells of an exercise are told apart: lint holds the course to it, the engine reads by it."""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass
from typing import Any

IMPORT = "from seqlib.exercises import check"
DEMONSTRATION_TAG = "skip-execution"
BEGIN_SOLUTION, END_SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"  # nbgrader's own
_MARKERS = (BEGIN_SOLUTION, END_SOLUTION, "=== BEGIN MARK SCHEME ===", "=== END MARK SCHEME ===")
MAX_LENGTH = 2_000  # of a graded cell; what is longer may be anybody's, and a parser fails on some of it


@dataclass(frozen=True)
class GradedCall:
    """The one thing that a graded cell says: which function, and whether on fresh inputs."""

    name: str
    hidden: bool


def without_markers(source: str) -> str:
    """A cell of a source without the lines that mark what a release leaves out: a solution's as a student would have written it."""
    return "\n".join(line for line in source.splitlines() if line.strip() not in _MARKERS)


@functools.lru_cache(256)
def graded_call(source: str) -> GradedCall:
    """Read a graded cell. Raises ValueError that says what in it breaks the contract."""
    if len(source) > MAX_LENGTH:
        raise ValueError(f"must hold two statements, and has {len(source)} characters")
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"is not Python: {error}") from None
    if len(body) != 2 or ast.unparse(body[0]) != IMPORT:
        raise ValueError(f"must hold two statements, `{IMPORT}` and check(...)")
    if source.rstrip().endswith(";"):
        raise ValueError("ends with `;`, which hides the score from nbgrader")
    match body[1]:
        case ast.Expr(ast.Call(func=ast.Name("check"), args=[ast.Constant(str(name))], keywords=[])):
            return GradedCall(name, hidden=False)
        case ast.Expr(
            ast.Call(
                func=ast.Name("check"),
                args=[ast.Constant(str(name))],
                keywords=[ast.keyword("hidden", ast.Constant(True))],
            )
        ):
            return GradedCall(name, hidden=True)
    raise ValueError('must end in the bare expression check("name") or check("name", hidden=True)')


def is_check(cell: Any) -> bool:
    """Whether a cell is graded by a check (and not an answer that a person marks)."""
    meta = cell.metadata.get("nbgrader", {})
    return bool(meta.get("grade")) and not meta.get("solution") and cell.cell_type == "code"
