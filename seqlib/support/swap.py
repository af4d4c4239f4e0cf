"""Put a learner's function into the library for the length of a `with` block."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

CELLS = tuple(f"{cell}_cell_{way}" for cell in ("rnn", "gru", "lstm") for way in ("forward", "backward"))
Function = TypeVar("Function", bound=Callable[..., Any])
_swapped: dict[str, Callable[..., Any]] = {}
_replaceable = dict.fromkeys(CELLS)  # and what `replaceable` decorates, in order


def swapped(name: str) -> Callable[..., Any] | None:
    """The learner's function that stands in for `name` at present, or None."""
    return _swapped.get(name)


def replaceable(function: Function) -> Function:
    """Decorate a function of the library so that, inside `using`, each call of it goes to the learner's.

    The learner's need not have every option: one that it lacks is left out where it has the library's default.
    """
    _replaceable[function.__name__] = None

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        learners = swapped(function.__name__)
        if learners is None:
            return function(*args, **kwargs)
        return learners(*args, **_taken_by(learners, function, kwargs)) if kwargs else learners(*args)

    return cast(Function, call)


def _taken_by(learners: Callable[..., Any], function: Callable[..., Any], options: dict[str, Any]) -> dict[str, Any]:
    """The options of a call without the defaults of `function` that the learner's function has no parameter for."""
    try:
        parameters = inspect.signature(learners).parameters
    except ValueError:  # a builtin that does not say
        return options
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return options
    own = inspect.signature(function).parameters
    return {
        name: value
        for name, value in options.items()
        if name in parameters or name not in own or not _is_default(value, own[name].default)
    }


def _is_default(value: Any, default: Any) -> bool:
    """Whether a value is the default itself or, of plain values, its equal: 0.7 stands in several modules."""
    if value is default:
        return True
    if type(value) is not type(default) or not isinstance(value, int | float | str | tuple):
        return False
    if not isinstance(value, tuple):
        return bool(value == default)
    return len(value) == len(default) and all(map(_is_default, value, default))


def is_replaceable(name: str) -> bool:
    """Whether `using` takes a function of this name."""
    return name in _replaceable


@contextlib.contextmanager
def using(**functions: Callable[..., Any]) -> Iterator[None]:
    """Let functions of the library be replaced: `with using(rnn_cell_forward=mine): ...`.

    The sequence functions then run their readable loop, which calls the cell; other functions are replaced wherever the
    library calls them. An exception in a learner's function comes out as it is.
    Raises ValueError for a name that cannot be replaced, TypeError for a value that cannot be called.
    """
    for name, function in functions.items():
        if not is_replaceable(name):
            raise ValueError(f"{name!r} cannot be replaced; these can: {', '.join(_replaceable)}")
        if not callable(function):
            raise TypeError(f"{name} must be a function, got {type(function).__name__}")
    before = dict(_swapped)
    _swapped.update(functions)
    try:
        yield
    finally:
        _swapped.clear()
        _swapped.update(before)
