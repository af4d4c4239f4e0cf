"""The folder that a student process may import from: the library without what the learner is to write."""

from __future__ import annotations

import shutil
from pathlib import Path

from autograder import lessons, library

_INIT = '''"""The library of the book, without what this notebook asks for."""

import sys

{imports}
from seqlib.exercises.missing import Finder, name_missing

_MODULES, _THERE, _LEFT_OUT = {modules!r}, {there!r}, {left_out!r}
sys.meta_path.insert(0, Finder(_MODULES, _THERE))


def __getattr__(name):
    if name in _LEFT_OUT:
        raise ImportError(name_missing(name, _THERE))
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
    """Write the tree of one assignment into the folder `target`; returns it.

    It holds what the lesson's `USES` names and all that these modules import; a lesson that names nothing, or none, gets the least.
    """
    modules = lessons.conditions(assignment).modules
    package = target / "seqlib"
    for name in modules:
        path = library.source(name)
        place = package / path.relative_to(library.LIBRARY)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    (package / "exercises" / "__init__.py").write_text(_CHECK)
    (package / "__init__.py").write_text(_init(modules))
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return target


def _init(modules: tuple[str, ...]) -> str:
    public = library.public()
    there = library.names(modules)
    left_out = {*public, *library.everything()} - {*there, *modules}
    imports = "\n".join(f"from seqlib.{public[name]} import {name}" for name in there)
    return _INIT.format(imports=imports, modules=modules, there=there, left_out=tuple(sorted(left_out)))
