"""A wrong answer that learners write: what is wrong in it, as an edit of the right answer, and the sentence that tells them so."""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

Function = Callable[..., Any]
Edit = tuple[str, str]


class Mistake:
    """The sentence that a learner reads, and the wrong code.

    message: what is wrong, and what is right in its place
    wrong: edits of the right answer (old, new), made one after the other, each `old` standing there exactly once; or one
        function, where no edit can say it
    """

    def __init__(self, message: str, *wrong: Edit | Function) -> None:
        self.message = message
        self.edits: tuple[Edit, ...] = tuple(edit for edit in wrong if not callable(edit))
        self._function = next((function for function in wrong if callable(function)), None)

    def function(self, right: Function) -> Function:
        """The wrong function, made from the right one. Raises ValueError where an edit does not fit."""
        return self._function or edited(right, self.edits)


@functools.cache
def source_of(function: Function) -> str:
    """A function's source as it stands in its module."""
    return textwrap.dedent(inspect.getsource(function))


@functools.cache
def edited(right: Function, edits: tuple[Edit, ...]) -> Function:
    """The right answer with some pieces of its source replaced. Raises ValueError where a piece is not there exactly once."""
    source = source_of(right)
    for old, new in edits:
        if source.count(old) != 1:
            raise ValueError(f"{right.__name__}: {old!r} stands there {source.count(old)} times; an edit needs it once")
        source = source.replace(old, new)
    scope = dict(right.__globals__)
    exec(compile(source, f"<a wrong {right.__name__}>", "exec"), scope)
    wrong: Function = scope[right.__name__]
    return wrong
