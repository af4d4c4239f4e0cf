"""Which modules of seqlib a student has while graded: those of every lesson, those that the lesson uses, and what these import."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator
from pathlib import Path

import seqlib

LIBRARY = Path(seqlib.__file__).parent
ALWAYS = ("activations", "support.validate")
CONTRACT = ("exercises.calls", "exercises.missing")
CHECKS = "exercises"  # the package that is written anew for students


def modules(uses: Iterable[str], graded: Iterable[str] = ()) -> tuple[str, ...]:
    """The names, without "seqlib.", of the modules that are there for a lesson with these `USES`.

    Raises ValueError for a module that seqlib lacks, and where one of them holds a function that the lesson grades.
    """
    came_by: dict[str, str] = {}
    wanted = [(name, "") for name in (*ALWAYS, *CONTRACT, *uses)]
    while wanted:
        name, by = wanted.pop()
        if name in came_by or name == CHECKS:
            continue
        if _path(name) is None:
            raise ValueError(f"USES names {name!r}, and seqlib has no such module")
        came_by[name] = by
        wanted += [(other, name) for other in sorted(_imports(name))]
    for function in graded:
        if (home := public().get(function)) in came_by:
            raise ValueError(f"USES brings the graded function {function} along, of seqlib.{_way(home, came_by)}")
    return tuple(sorted({*came_by, CHECKS}))


def names(there: Iterable[str]) -> tuple[str, ...]:
    """The names that `seqlib` itself has where these modules are there."""
    return tuple(sorted(name for name, home in public().items() if home in set(there)))


@functools.cache
def public() -> dict[str, str]:
    """Every name of `seqlib` with the module that it comes from."""
    found: dict[str, str] = {}
    for statement in _parsed("").body:
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith("seqlib."):
            home = (statement.module or "").removeprefix("seqlib.")
            found |= {alias.asname or alias.name: home for alias in statement.names}
    return found


def everything() -> tuple[str, ...]:
    """The names of all modules at the top of seqlib."""
    found = {path.stem for path in LIBRARY.glob("*.py")} | {path.parent.name for path in LIBRARY.glob("*/__init__.py")}
    return tuple(sorted(found - {"__init__", CHECKS}))


def source(name: str) -> Path:
    """The file of a module. Raises ValueError where there is none."""
    path = _path(name)
    if path is None:
        raise ValueError(f"seqlib has no module {name!r}")
    return path


def _way(name: str, came_by: dict[str, str]) -> str:
    way = [name]
    while came_by[way[-1]]:
        way.append(came_by[way[-1]])
    return ", imported by seqlib.".join(way)


def _path(name: str) -> Path | None:
    place = LIBRARY.joinpath(*name.split(".")) if name else LIBRARY
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


@functools.cache
def _parsed(name: str) -> ast.Module:
    return ast.parse(source(name).read_text("utf-8"))


@functools.cache
def _imports(name: str) -> frozenset[str]:
    """What a module of seqlib imports of seqlib, and the packages that these lie in."""
    found = set()
    for statement in _statements(_parsed(name)):
        if isinstance(statement, ast.Import):
            found |= {
                alias.name.removeprefix("seqlib.") for alias in statement.names if alias.name.startswith("seqlib.")
            }
        elif isinstance(statement, ast.ImportFrom) and statement.module == "seqlib":
            found |= {public().get(alias.name, alias.name) for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith("seqlib."):
            home = (statement.module or "").removeprefix("seqlib.")
            inner = {f"{home}.{alias.name}" for alias in statement.names}
            found |= {home} | {module for module in inner if _path(module)}
    packages = {module.rpartition(".")[0] for module in {*found, name} if "." in module}
    return frozenset((found | packages) - {name, ""})


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """All statements that may run: not those for type checkers."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from (inner for other in node.orelse for inner in ast.walk(other))
        else:
            yield node
            yield from _statements(node)
