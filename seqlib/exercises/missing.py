"""Parts of seqlib that are not there while code is graded, told in the same words at home; packages that are not installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Container, Iterable, Sequence


def name_missing(name: str, there: Sequence[str]) -> str:
    """What `seqlib.name` raises; `there` are the names that seqlib has while a notebook is graded."""
    return (
        f"seqlib.{name} is not there while a notebook is graded; for what the notebook asks, call the one that you wrote in it. "
        f"Of seqlib there are {', '.join(there)}."
    )


def missing_packages(packages: Iterable[str]) -> tuple[str, ...]:
    """Those of some packages that are not installed here; none is imported."""
    return tuple(name for name in packages if importlib.util.find_spec(name) is None)


class Finder:
    """Says of the modules of seqlib that are not there that they are not; for sys.meta_path."""

    def __init__(self, modules: Container[str], there: Sequence[str]) -> None:
        self._modules, self._there = modules, there

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Raise ModuleNotFoundError for a module of seqlib that is not there; anything else is left to others."""
        package, _, module = name.partition(".")
        if package == "seqlib" and module and module not in self._modules:
            text = f"No module named {name!r} while a notebook is graded: of seqlib there are {', '.join(self._there)}."
            raise ModuleNotFoundError(text, name=name)
