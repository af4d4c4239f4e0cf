"""Put a learner's function into the library for the length of a `with` block."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

_swapped: dict[str, Callable[..., Any]] = {}


def swapped(name: str) -> Callable[..., Any] | None:
    """The learner's function that stands in for `name` at present, or None."""
    return _swapped.get(name)


@contextlib.contextmanager
def using(**functions: Callable[..., Any]) -> Iterator[None]:
    """Let functions of the library be replaced: `with using(rnn_cell_forward=mine): ...`.

    The sequence functions then run their readable loop, which calls the cell. An exception in a learner's function comes out
    as it is. Raises ValueError for a name that the library does not have, TypeError for a value that cannot be called.
    """
    import seqlib

    for name, function in functions.items():
        if not hasattr(seqlib, name):
            raise ValueError(f"seqlib has no function {name!r} to be replaced")
        if not callable(function):
            raise TypeError(f"{name} must be a function, got {type(function).__name__}")
    before = dict(_swapped)
    _swapped.update(functions)
    try:
        yield
    finally:
        _swapped.clear()
        _swapped.update(before)
