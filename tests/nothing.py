"""Answers that compute nothing of an exercise: an argument as it came, zeros and ones, what another draw expects.

They know the shapes and structures of right results, and raise where that is right: what they lack is the exercise's idea.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.lessons import find_check
from autograder.lessons.exercise import Exercise
from seqlib.exercises.calls import LocalRunner
from seqlib.exercises.verdict import judge

Function = Callable[..., Any]

# what no general answer of this kind can say: written by hand, for the results in which there is more to guess
WRITTEN = {
    "clipped_matches": {
        "all n-grams match": "def clipped_matches(hypothesis, references, n):\n    k = max(0, len(hypothesis) - n + 1)\n    return k, k",
    },
    "gradient_check": {
        "every gradient passes": "def gradient_check(loss, arrays, gradients, **options):\n"
        "    return [(name, False, 0.0, 0.0, True) for name in sorted(gradients)]",
    },
    "training_step": {
        "the loss alone": "def training_step(model, loss, batch, optimiser, device, *, clip=5.0, precision=None):\n"
        "    import torch\n"
        "    with torch.autocast('cpu', dtype=torch.bfloat16, enabled=precision == 'bfloat16'):\n"
        "        return loss(model, tuple(tensor.to(device) for tensor in batch)).detach()",
    },
}


def nothings(exercise: Exercise) -> dict[str, Callable[[bool, int], Function]]:
    """Answers that compute nothing, by name, each for the hidden or the visible check that is drawn from a seed."""
    known: dict[str, Callable[[bool, int], Function]] = {}
    for name, result in {
        "None": lambda given, right: None,
        "zeros": lambda given, right: filled(right, 0),
        "ones": lambda given, right: filled(right, 1),
        **{f"argument {i + 1}": lambda given, right, i=i: given[i] for i in range(_fewest_arguments(exercise))},
    }.items():
        known[name] = lambda hidden, seed, result=result: _instead(_reference(exercise), result)
    if not exercise.facts:  # of these many results are right, another draw's among them
        known["what another draw expects"] = lambda hidden, seed: _replayed(calls_of(exercise, hidden, seed + 1)[1])
    for name, source in WRITTEN.get(exercise.name, {}).items():
        known[name] = lambda hidden, seed, source=source: _written(exercise.name, source)
    return known


def calls_of(exercise: Exercise, hidden: bool, seed: int) -> tuple[list[tuple[Any, ...]], list[Any]]:
    """The arguments of all calls of the reference in a check, by a probe or without, and the results; an exception is one, too."""
    right, given, results = _reference(exercise), [], []

    def noting(*args: Any, **kwargs: Any) -> Any:
        given.append((*args, *kwargs.values()))
        try:
            results.append(right(*args, **kwargs))
        except Exception as error:
            results.append(error)
            raise
        return results[-1]

    judge(*find_check(exercise.name, hidden, seed), LocalRunner({exercise.name: noting}))
    return given, results


def _reference(exercise: Exercise) -> Function:
    return exercise.reference or exercise.library


def _fewest_arguments(exercise: Exercise) -> int:
    given, _ = calls_of(exercise, False, 1)
    return min(map(len, given))


def filled(value: Any, number: int) -> Any:
    """The same structure with one number in every place, and without its texts."""
    if isinstance(value, dict):
        return {key: filled(item, number) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(filled(item, number) for item in value)
    if isinstance(value, (str, bool, int, float, np.number)):
        return type(value)("" if isinstance(value, str) else number)
    if isinstance(value, np.ndarray):
        return np.full_like(value, "" if value.dtype.kind == "U" else number)
    if callable(value):
        return lambda *args, **kwargs: filled(value(*args, **kwargs), number)
    return value.new_full(value.shape, number) if hasattr(value, "new_full") else value  # a tensor


def _instead(right: Function, result: Callable[[tuple[Any, ...], Any], Any]) -> Function:
    """What raises where the right answer does, and gives another result, made of the arguments and of the right one."""

    def nothing(*args: Any, **kwargs: Any) -> Any:
        copied, named = copy.deepcopy((args, kwargs))
        return result((*args, *kwargs.values()), right(*copied, **named))

    return nothing


def _replayed(results: list[Any]) -> Function:
    """What answers each call with the next of these results."""
    replay = iter(results)

    def nothing(*args: Any, **kwargs: Any) -> Any:
        result = next(replay)
        if isinstance(result, Exception):
            raise result
        return result

    return nothing


def _written(name: str, source: str) -> Function:
    scope: dict[str, Any] = {}
    exec(source, scope)
    function: Function = scope[name]
    return function
