"""Follow-through marking: a function that calls earlier ones is judged by what it does with them, not by what they do.

Where a result is wrong, the learner's function is asked once more, with a stand-in in the place of each earlier function that it
calls: a function of the same arguments and results whose numbers mean nothing, so that nothing is given away, and in which every
number of a result depends on every number of the arguments. What is right then comes from a right answer over the same
stand-in. So a slip in a cell costs once, whatever it is: a wrong number, an exception, results in another order. Only a count of 0
stays 0, since what becomes of it is part of what is asked.
"""

from __future__ import annotations

import inspect
import pickle
import types
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

Function = Callable[..., Any]

# Runs beside the student, too: it must be complete in itself and hold no secret.
SOURCE = '''
import inspect
import zlib
import numpy as np

def all_numbers(given, names, unread):
    """Every number of the arguments, their shapes and their texts, as one vector."""
    def numbers(value, *place):
        if place in unread:
            return []
        if isinstance(value, dict):
            return [number for key in sorted(value) for number in numbers(value[key], *place, key)]
        if isinstance(value, (tuple, list)):
            return [number for i, item in enumerate(value) for number in numbers(item, *place, i)]
        if isinstance(value, (np.ndarray, np.number, int, float)):
            return [np.array(np.shape(value)), np.ravel(value)]
        return [np.frombuffer(value.encode(), np.uint8)] if isinstance(value, str) else []

    return np.concatenate([np.zeros(1), *numbers({name: given[name] for name in names if name in given})])

def stand_in(defaults, names, results, unread=(), zeros={}):
    """A function of the arguments `names`, some with defaults, and `results`: shapes of arrays, in dicts and lists as they are returned.

    In the place of a shape stands the name of an argument that is returned as it came, or the number of an array that is returned again;
    "a count" stands for a whole number from 1 on, "a share" for a number between 0 and 1, in a set, which no shape is;
    ("below", n, *shape) for an array of whole numbers from 0 to n - 1.
    unread: where in the arguments something stands that makes no difference, ("cache", 0) for the first item of cache.
    zeros: for arguments, known by the checksum of their numbers, the places in `results` of the counts that are 0 there.
    """
    def function(*args, **kwargs):
        given = {**defaults, **dict(zip(names, args)), **kwargs}
        values = all_numbers(given, names, unread)
        none, j, made = zeros.get(zlib.crc32(values.tobytes()), ()), np.arange(len(values)), []

        def filled(form, start):
            if isinstance(form, dict):
                return {key: filled(form[key], start + 1000 * i) for i, key in enumerate(form)}
            if isinstance(form, list):
                return tuple(filled(item, start + 1000 * i) for i, item in enumerate(form))
            if isinstance(form, str):
                return given[form]
            if isinstance(form, set):
                mixed = np.sin(np.sin(0.7 * start + 1.3 * j + 0.31 * start * j) @ values) / 2 + 0.5
                count = 0 if start in none else 1 + int(998 * mixed)
                return count if form == {"a count"} else 0.01 + 0.98 * float(mixed)
            if isinstance(form, int):
                return made[form]
            if form is None:
                return None
            whole, shape = form[:1] == ("below",), form[2:] if form[:1] == ("below",) else form
            i = np.arange(np.prod(shape, dtype=int))[:, None] + start
            mixed = np.sin(np.sin(0.7 * i + 1.3 * j + 0.31 * i * j) @ values).reshape(shape)
            made.append((1e4 * (mixed + 1)).astype(int) % form[1] if whole else mixed)
            return made[-1]

        return filled(results, 1)

    return function

def probe(function, *args, **kwargs):
    namespace = getattr(inspect.unwrap(function), "__globals__", {})
    before = {name: namespace[name] for name in STAND_INS if name in namespace}
    namespace.update({name: stand_in(*form) for name, form in STAND_INS.items()})
    try:
        return function(*args, **kwargs)
    finally:
        for name in STAND_INS:
            namespace.pop(name, None)
        namespace.update(before)
'''


def question(
    right: Function, earlier: tuple[str, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """What to ask a learner's function with stand-ins for the earlier functions, and what is right then.

    right: a right answer that calls the earlier functions by their names. Returns {"probe": source, "expected": value}.
    """
    scope: dict[str, Any] = {}
    exec(SOURCE, scope)
    forms: dict[str, tuple[dict[str, Any], list[str], Any, tuple[tuple[Any, ...], ...], dict[int, list[int]]]] = {}

    def noting(name: str) -> Function:
        original = right.__globals__[name]

        def call(*given: Any, **named: Any) -> Any:
            result = original(*given, **named)
            signature = inspect.signature(original)
            defaults = {key: one.default for key, one in signature.parameters.items() if one.default is not one.empty}
            arguments = {**defaults, **signature.bind(*given, **named).arguments}
            if name not in forms:
                form = _form(result, arguments, [])
                forms[name] = defaults, list(signature.parameters), form, _unread(original, arguments, result), {}
            if none := _zeros(result):
                _, names, _, unread, zeros = forms[name]
                zeros[zlib.crc32(scope["all_numbers"](arguments, names, unread).tobytes())] = none
            return result

        return call

    _over(right, {name: noting(name) for name in earlier})(*args, **kwargs)
    expected = _over(right, {name: scope["stand_in"](*form) for name, form in forms.items()})(*args, **kwargs)
    return {"probe": f"{SOURCE}\nSTAND_INS = {forms!r}\n", "expected": expected}


def asking(probe: str) -> Callable[[Function, tuple[Any, ...], dict[str, Any]], Any]:
    """A question's probe for many functions, one after the other: stand-ins that are asked the same again know the answer."""
    scope: dict[str, Any] = {}
    exec(probe, scope)
    known = {name: _remembering(scope["stand_in"](*form)) for name, form in scope["STAND_INS"].items()}
    scope.update(STAND_INS={name: (name,) for name in known}, stand_in=known.__getitem__)
    return lambda function, args, kwargs: scope["probe"](function, *args, **kwargs)


def _remembering(function: Function) -> Function:
    results: dict[bytes, bytes] = {}

    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            asked = pickle.dumps((args, kwargs))
        except Exception:  # a generator, say
            return function(*args, **kwargs)
        if asked not in results:
            results[asked] = pickle.dumps(function(*args, **kwargs))
        return pickle.loads(results[asked])

    return call


def _over(function: Function, others: dict[str, Function]) -> Function:
    """The function with other functions in its module's place."""
    assert isinstance(function, types.FunctionType)
    scope = {**function.__globals__, **others}
    made = types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__, function.__closure__)
    made.__kwdefaults__ = function.__kwdefaults__
    return made


def _form(result: Any, arguments: dict[str, Any], made: list[Any]) -> Any:
    """What a stand-in makes its results from. made: the arrays that stand in the result already; grows."""
    if isinstance(result, (np.ndarray, dict)) and (name := _place(result, list(arguments.values()))) is not None:
        return list(arguments)[name]
    if isinstance(result, dict):
        return {key: _form(value, arguments, made) for key, value in result.items()}
    if isinstance(result, (tuple, list)):
        return [_form(value, arguments, made) for value in result]
    if isinstance(result, (int, float, np.number)) and not isinstance(result, bool):
        return {"a count" if isinstance(result, (int, np.integer)) else "a share"}
    if not isinstance(result, np.ndarray):
        return next((key for key, value in arguments.items() if isinstance(value, str) and value == result), None)
    if (again := _place(result, made)) is not None:
        return again
    made.append(result)
    if result.dtype.kind in "iu" and result.size:
        return ("below", max(2, int(result.max()) + 1), *result.shape)
    return tuple(result.shape)


def _zeros(result: Any, start: int = 1) -> list[int]:
    """Where in a result a count of 0 stands, by the numbers that a stand-in begins its values with."""
    if isinstance(result, (tuple, list)):
        return [place for i, item in enumerate(result) for place in _zeros(item, start + 1000 * i)]
    return [start] if type(result) is int and result == 0 else []


def _place(one: Any, others: list[Any]) -> int | None:
    return next((i for i, other in enumerate(others) if other is one), None)


def _unread(function: Function, arguments: dict[str, Any], result: Any) -> tuple[tuple[Any, ...], ...]:
    """Where in the arguments an array of floats stands whose numbers do not show in the result."""
    found = []
    for place, array in _arrays(arguments):
        if array.dtype.kind != "f" or not array.size:
            continue
        try:
            with np.errstate(all="ignore"):
                other = function(**_replaced(arguments, place, np.full_like(array, np.nan)))
        except Exception:  # it was read
            continue
        pairs = zip(_arrays(result), _arrays(other), strict=True)
        if all(np.array_equal(one, another) for (_, one), (_, another) in pairs):
            found.append(place)
    return tuple(found)


def _arrays(value: Any, *place: Any) -> list[tuple[tuple[Any, ...], np.ndarray]]:
    """Every array in dicts, tuples and lists, with the keys and indices that lead to it."""
    if isinstance(value, np.ndarray):
        return [(place, value)]
    if isinstance(value, (dict, tuple, list)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [one for key, item in items for one in _arrays(item, *place, key)]
    return []


def _replaced(value: Any, place: tuple[Any, ...], new: np.ndarray) -> Any:
    """The same dicts, tuples and lists with another array at one place."""
    if not place:
        return new
    if isinstance(value, dict):
        return {key: _replaced(item, place[1:], new) if key == place[0] else item for key, item in value.items()}
    return type(value)(_replaced(item, place[1:], new) if i == place[0] else item for i, item in enumerate(value))
