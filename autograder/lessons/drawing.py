"""What the lessons share in drawing inputs: parameters, samples, and "draw again until every mistake shows"."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seqlib.exercises.checks import Part

Generator = np.random.Generator
MOST_DRAWS = 1000
RAISED = """
def probe(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except {error}:
        return "raised {error}"
"""


def mask_of(lengths: Sequence[int], T_x: int | None = None) -> np.ndarray:
    """A mask (m, T_x) of sequences with these lengths, padded at the end; T_x: that of the longest where none is given."""
    return np.asarray(np.arange(T_x or max(lengths)) < np.array(lengths)[:, None], float)


@dataclass(frozen=True)
class Inputs:
    """Arguments of one call.

    `aspect` groups calls that earn their points together, `unusual` and `dependent` ones are those of a Case; `raises`: the builtin exception
    that is right here, or, where another result is, is one like any other, so that the mistake behind it is named.
    """

    label: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    aspect: str = ""
    unusual: bool = False
    raises: str = ""
    dependent: bool = False


def rnn_parameters(rng: Generator, n_x: int, n_a: int, n_y: int) -> dict[str, np.ndarray]:
    """The weights of a plain recurrent network, and biases that are not zero, so that a forgotten one shows."""
    return {
        "Wax": rng.normal(size=(n_a, n_x)),
        "Waa": rng.normal(size=(n_a, n_a)),
        "Wya": rng.normal(size=(n_y, n_a)),
        "ba": rng.normal(size=(n_a, 1)),
        "by": rng.normal(size=(n_y, 1)),
    }


def gru_parameters(rng: Generator, n_x: int, n_a: int, n_y: int, reset: str | None = "before") -> dict[str, np.ndarray]:
    """The weights of a GRU, as lesson 9 names them, and biases that are not zero; without those of a reset gate for reset=None."""
    gates = "uc" if reset is None else "urc"
    return {
        **{f"W{gate}": rng.normal(size=(n_a, n_a + n_x)) for gate in gates},
        **{f"b{gate}": rng.normal(size=(n_a, 1)) for gate in gates},
        "Wy": rng.normal(size=(n_y, n_a)),
        "by": rng.normal(size=(n_y, 1)),
    }


def different(items: Sequence[Any], count: int, rng: Generator) -> list[str]:
    """Some of the items, none of them twice."""
    return [str(item) for item in rng.choice(items, count, replace=False)]


def shuffled(items: Sequence[Any], rng: Generator) -> list[Any]:
    """The items in random order."""
    return [items[int(i)] for i in rng.permutation(len(items))]


def unsorted(lengths: Sequence[int], rng: Generator) -> list[int]:
    """Three lengths or more in random order, but so that whoever sorts them, longest first, must sort back, and the right way.

    They are not in order, rising or falling, and the order that sorts them is not the one that sorts back.
    """
    while True:
        mixed = shuffled(lengths, rng)
        order = np.argsort(-np.array(mixed))
        if mixed != sorted(mixed) and (order != np.argsort(order)).any():
            return mixed


def listed(labels: Iterable[Any], counts: Iterable[int], rng: Generator) -> list[Any]:
    """Each label as often as its count says, in random order."""
    return shuffled([label for label, count in zip(labels, counts, strict=True) for _ in range(count)], rng)


def lstm_parameters(rng: Generator, n_x: int, n_a: int, n_y: int, *, peepholes: bool = False) -> dict[str, np.ndarray]:
    """The weights of an LSTM, as lesson 10 names them, and biases that are not zero; small enough that its gates do not saturate."""
    return {
        **{f"W{gate}": 0.6 * rng.normal(size=(n_a, n_a + n_x)) for gate in "fuco"},
        **{f"b{gate}": rng.normal(size=(n_a, 1)) for gate in "fuco"},
        **{f"p{gate}": rng.normal(size=(n_a, 1)) for gate in ("fuo" if peepholes else "")},
        "Wy": rng.normal(size=(n_y, n_a)),
        "by": rng.normal(size=(n_y, 1)),
    }


def telling(
    draw: Callable[[], list[Inputs]],
    right: Callable[..., Any],
    wrong: list[Callable[..., Any]],
    suits: Callable[[Inputs, list[int]], bool] = lambda inputs, showing: True,
) -> list[Inputs]:
    """Draw again until all wrong functions can be told from the right one and from each other, and all inputs suit.

    suits: asked about inputs and the places in `wrong` of the functions whose results there differ from the right one.
    For inputs so small that two mistakes may give the same result by chance. Raises RuntimeError where that does not end.
    """
    for _ in range(MOST_DRAWS):
        drawn = draw()
        expected, *others = ([seen(function, inputs) for inputs in drawn] for function in (right, *wrong))
        told = {_told_by(results, expected, drawn) for results in (expected, *others)}
        if len(told) == 1 + len(wrong) and all(
            suits(inputs, [place for place, results in enumerate(others) if results[i] != expected[i]])
            for i, inputs in enumerate(drawn)
        ):
            return drawn
    raise RuntimeError(f"in {MOST_DRAWS} draws two mistakes always gave the same results")


def _told_by(results: list[str], expected: list[str], drawn: list[Inputs]) -> tuple[str, ...]:
    """The results that a mistake is told by: those of unusual inputs only where all others are right."""
    shown = list(zip(results, expected, (inputs.unusual for inputs in drawn), strict=True))
    only_unusual = all(unusual or result == right for result, right, unusual in shown)
    return tuple(result for result, _, unusual in shown if only_unusual or not unusual)


def seen(function: Callable[..., Any], inputs: Inputs) -> str:
    """A result as a text, in which values that a check takes for equal are equal."""
    return repr(_outcome(function, inputs))


def seen_parts(function: Callable[..., Any], inputs: Inputs) -> list[str]:
    """The same, with a text for each item where the result has some."""
    outcome = _outcome(function, inputs)
    return [repr(item) for item in outcome] if isinstance(outcome, list) else [repr(outcome)]


def _outcome(function: Callable[..., Any], inputs: Inputs) -> Any:
    try:
        with np.errstate(all="ignore"):
            return _plain(function(*inputs.args, **inputs.kwargs))
    except Exception as error:
        return error


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted((repr(key), _plain(item)) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "f", value.shape, (value.round(6) + 0).tobytes()  # -0.0 + 0 is 0.0
    return round(float(value), 6) if isinstance(value, (int, float, np.number)) else value


def gradient_parts(gates: str, weight: float) -> tuple[Part, ...]:
    """The gradients of each gate's matrix and bias, in the parts of a check."""
    named = [(f"d{kind}{gate}", "n_a + n_x" if kind == "W" else "1") for gate in gates for kind in "Wb"]
    return tuple(Part(name, name, weight, ("n_a", columns)) for name, columns in named)
