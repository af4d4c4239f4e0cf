"""One exercise on the trusted side: its reference, its known mistakes, and how its inputs are drawn."""

from __future__ import annotations

import copy
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seqlib.exercises import calls, codec
from seqlib.exercises.verdict import Case, Check, Part


def rnn_parameters(rng: np.random.Generator, n_x: int, n_a: int, n_y: int) -> dict[str, np.ndarray]:
    """The weights of a plain recurrent network, and biases that are not zero, so that a forgotten one shows."""
    return {
        "Wax": rng.normal(size=(n_a, n_x)),
        "Waa": rng.normal(size=(n_a, n_a)),
        "Wya": rng.normal(size=(n_y, n_a)),
        "ba": rng.normal(size=(n_a, 1)),
        "by": rng.normal(size=(n_y, 1)),
    }


@dataclass(frozen=True)
class Inputs:
    """Arguments of one call; `aspect` groups calls that earn their points together."""

    label: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    aspect: str = ""


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that learners write, and the sentence that tells them so."""

    message: str
    function: Callable[..., Any]


def telling(draw: Callable[[], list[Inputs]], right: Callable[..., Any], mistakes: dict[str, Mistake]) -> list[Inputs]:
    """Draw again until all mistakes can be told from the right function and from each other.

    For inputs so small that two mistakes may give the same result by chance. Raises RuntimeError where that does not end.
    """
    functions = [right, *(mistake.function for mistake in mistakes.values())]
    for _ in range(1000):
        drawn = draw()
        if len({tuple(_seen(function, inputs) for inputs in drawn) for function in functions}) == len(functions):
            return drawn
    raise RuntimeError("in 1000 draws two mistakes always gave the same results")


def _seen(function: Callable[..., Any], inputs: Inputs) -> str:
    """A result as a text, in which values that a check takes for equal are equal."""
    try:
        return repr(_plain(function(*inputs.args, **inputs.kwargs)))
    except Exception as error:
        return repr(error)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted((repr(key), _plain(item)) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "f", value.shape, (value.round(6) + 0).tobytes()  # -0.0 + 0 is 0.0
    return round(float(value), 6) if isinstance(value, (int, float, np.number)) else value


@dataclass(frozen=True)
class Exercise:
    """A graded function. `visible` and `hidden` are the points of its two cells."""

    name: str
    reference: Callable[..., Any]
    draw: Callable[[np.random.Generator], Iterator[Inputs]]
    visible: float
    hidden: float
    mistakes: dict[str, Mistake]
    parts: tuple[Part, ...] = (Part("the result"),)
    follow: str | None = None
    probe: str | None = None
    rtol: float = 1e-7
    atol: float = 1e-9

    def check(self, hidden: bool) -> Check:
        """The check of one of the two graded cells."""
        messages = {name: mistake.message for name, mistake in self.mistakes.items()}
        return Check(
            self.name,
            self.hidden if hidden else self.visible,
            hidden,
            self.parts,
            messages,
            self.follow,
            self.rtol,
            self.atol,
        )

    def cases(self, seed: int) -> tuple[Case, ...]:
        """Inputs drawn from `seed`, with the reference's results, and on demand those of every known mistake."""
        rng = np.random.default_rng([seed, zlib.crc32(self.name.encode())])
        return tuple(self._case(inputs) for inputs in self.draw(rng))

    def _case(self, inputs: Inputs) -> Case:
        outcome = self._outcome(self.reference, inputs)
        if "error" in outcome:
            raise RuntimeError(f"the reference of {self.name} raised on {inputs.label}: {outcome['message']}")
        mistakes = _Outcomes({name: (self, mistake.function, inputs) for name, mistake in self.mistakes.items()})
        return Case(inputs.label, inputs.args, outcome["value"], inputs.kwargs, mistakes, inputs.aspect, self.probe)

    def _outcome(self, function: Callable[..., Any], inputs: Inputs) -> dict[str, Any]:
        args, kwargs = copy.deepcopy((inputs.args, inputs.kwargs))
        try:
            with np.errstate(all="ignore"):
                value = self._run(function, args, kwargs)
        except Exception as error:
            return {"error": calls.builtin_name(error), "message": str(error)}
        return {"value": codec.decode(codec.encode(self._graded(value), opaque=True))}

    def _run(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self.probe is None:
            return function(*args, **kwargs)
        scope: dict[str, Any] = {}
        exec(self.probe, scope)
        return scope["probe"](function, *args, **kwargs)

    def _graded(self, value: Any) -> Any:
        """The value without what no part looks at: caches are large and of no interest."""
        keys = {part.key for part in self.parts}
        if None in keys or not isinstance(value, tuple):
            return value
        return tuple(item if i in keys else None for i, item in enumerate(value))


class _Outcomes(Mapping[str, dict[str, Any]]):
    """What each known mistake gives on one case's inputs, worked out when it is first asked for: right answers need none."""

    def __init__(self, wanted: dict[str, tuple[Exercise, Callable[..., Any], Inputs]]) -> None:
        self._wanted = wanted
        self._known: dict[str, dict[str, Any]] = {}

    def __getitem__(self, name: str) -> dict[str, Any]:
        if name not in self._known:
            exercise, function, inputs = self._wanted[name]
            self._known[name] = exercise._outcome(function, inputs)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._wanted)

    def __len__(self) -> int:
        return len(self._wanted)
