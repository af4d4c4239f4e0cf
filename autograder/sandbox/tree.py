"""The folder that a student process may import from: the library without what the learner is to write."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import seqlib

LIBRARY = Path(seqlib.__file__).parent
# Modules without a graded function in any lesson; a lesson may name more.
ALLOWED = ("support", "support.types", "support.validate", "activations")
CONTRACT = ("codec", "calls")
MORE: dict[str, tuple[str, ...]] = {}

_INIT = '''"""The library of the book, without what this notebook asks for."""

{imports}

_LEFT_OUT = {left_out!r}


def __getattr__(name):
    if name in _LEFT_OUT:
        raise ImportError(f"seqlib.{{name}} is not there while a notebook is graded: call the one that you wrote in it.")
    raise AttributeError(f"module 'seqlib' has no attribute {{name!r}}")
'''
_CHECK = '''"""While a notebook is graded, the checks are made elsewhere."""


class CheckFailed(Exception):
    pass


def check(name, *, hidden=False):
    """Stand for the check in cells that are not graded."""
    print(f"{name}: checked elsewhere while the notebook is graded")
'''


def build(target: Path, assignment: str) -> Path:
    """Write the tree of one assignment into the folder `target`; returns it."""
    allowed = {*ALLOWED, *MORE.get(assignment, ())}
    package = target / "seqlib"
    (package / "exercises").mkdir(parents=True)
    for name in sorted(allowed):
        _copy(LIBRARY, package, name)
    for name in CONTRACT:
        _copy(LIBRARY / "exercises", package / "exercises", name)
    (package / "exercises" / "__init__.py").write_text(_CHECK)
    (package / "__init__.py").write_text(_init(allowed))
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return target


def _copy(source: Path, target: Path, name: str) -> None:
    path = Path(*name.split("."))
    if (source / path).is_dir():
        path /= "__init__"
    path = path.with_suffix(".py")
    (target / path).parent.mkdir(exist_ok=True)
    shutil.copyfile(source / path, target / path)


def _init(allowed: set[str]) -> str:
    kept, left_out = [], []
    for statement in ast.parse((LIBRARY / "__init__.py").read_text()).body:
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith("seqlib."):
            if (statement.module or "").removeprefix("seqlib.") in allowed:
                kept.append(ast.unparse(statement))
            else:
                left_out += [alias.asname or alias.name for alias in statement.names]
    return _INIT.format(imports="\n".join(kept), left_out=tuple(sorted(left_out)))
