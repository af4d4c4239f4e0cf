"""One exercise on the trusted side: its reference, its right answer with the known mistakes, and how its inputs are drawn."""

from __future__ import annotations

import builtins
import copy
import functools
import importlib
import itertools
import types
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.lessons.drawing import Inputs, seen_parts, telling
from autograder.lessons.mistake import Function, Mistake
from seqlib.exercises import calls, codec, follow
from seqlib.exercises.checks import Case, Check, Conditions, Part
from seqlib.exercises.facts import facts_of, raised

Outcome = dict[str, Any]
_ATOMS = (int, float, str, bool, type(None))


@dataclass(frozen=True)
class Exercise:
    """A graded function. `visible` and `hidden` are the points of its two cells.

    right: a readable right answer, which the known mistakes are edits of; the function's name is the exercise's
    draw: the inputs of one check; `again`: drawn again until no two mistakes give the same results
    practice: the inputs of the visible check, where what the hidden one asks must not lie in the case file
    home: the module in which the library's function of the same name stands
    reference: what makes the expected results; the library's function where none is given
    facts: where many results are right, what is true of one: `Check.facts`, of the value that the probe brings
    limits: where the result is drawn at random, the fewest and the most times that each result may come, (2, n), of a function that draws
        right, or as a known mistake does; the facts then are how often each came, or a text that says what is wrong
    follow: the earlier functions of the lesson that the right answer calls by name, whose mistakes are not marked here again
    """

    right: Function
    draw: Callable[[np.random.Generator], Iterable[Inputs]]
    visible: float
    hidden: float
    mistakes: dict[str, Mistake] = field(default_factory=dict)
    parts: tuple[Part, ...] = (Part("the result"),)
    again: bool = False
    home: str = "seqlib"
    reference: Function | None = None
    limits: Function | None = None
    follow: tuple[str, ...] = ()
    practice: Callable[[np.random.Generator], Iterable[Inputs]] | None = None
    probe: str | None = None
    facts: str = ""
    rtol: float = 1e-7
    atol: float = 1e-9

    @property
    def name(self) -> str:
        """The name of the graded function."""
        return self.right.__name__

    @property
    def library(self) -> Function:
        """The library's function of that name."""
        function: Function = getattr(importlib.import_module(self.home), self.name)
        return function

    @property
    def wrong(self) -> dict[str, Function]:
        """The wrong function of each known mistake."""
        return {name: mistake.function(self.right) for name, mistake in self.mistakes.items()}

    def points(self, hidden: bool) -> float:
        """The points of one of the two graded cells."""
        return self.hidden if hidden else self.visible

    def check(self, hidden: bool, conditions: Conditions) -> Check:
        """The check of one of the two graded cells, for functions that run under some conditions."""
        messages = {name: mistake.message for name, mistake in self.mistakes.items()}
        return Check(
            self.name,
            self.points(hidden),
            hidden,
            self.parts,
            messages,
            self.follow,
            self.rtol,
            self.atol,
            conditions,
            self.facts,
        )

    def cases(self, seed: int, hidden: bool = False) -> tuple[Case, ...]:
        """Inputs of one check drawn from `seed`, with the reference's results, and on demand those of every known mistake."""
        rng = np.random.default_rng([seed, zlib.crc32(self.name.encode())])
        draw = self.draw if hidden or self.practice is None else self.practice
        if not self.again:
            return tuple(self._case(inputs) for inputs in draw(rng))
        wrong = list(self.wrong.values())
        run = functools.partial(_run, self.probe)
        right, *others = (self._answering(function, run) for function in (self.right, *wrong))
        drawn = telling(lambda: list(draw(rng)), right, others, functools.partial(self._forgives_nothing, wrong))
        return tuple(self._case(inputs) for inputs in drawn)

    def outcome(self, function: Function, inputs: Inputs) -> Outcome:
        """What a function gives on some inputs: {"value": ...} or {"error": a builtin's name, "message": text}."""
        args, kwargs = _copied((inputs.args, inputs.kwargs))
        try:
            with np.errstate(all="ignore"):
                value = _run(self.probe, function, args, kwargs)
        except Exception as error:
            if inputs.raises and isinstance(error, getattr(builtins, inputs.raises)):
                return {"value": raised(inputs.raises)}
            return {"error": calls.builtin_name(error), "message": str(error)}
        value = codec.join(*codec.split(self._graded(value), opaque=True))  # as a learner's comes back
        if self.facts:
            value = facts_of(self.facts, value, inputs.args, inputs.kwargs)
        if self.limits is not None and isinstance(value, np.ndarray):
            args, kwargs = _copied((inputs.args, inputs.kwargs))
            value = self.limits(function, *args, **kwargs)
        return {"value": value}

    def _case(self, inputs: Inputs) -> Case:
        outcome = self.outcome(self.reference or self.library, inputs)
        if "error" in outcome:
            raise RuntimeError(f"the reference of {self.name} raised on {inputs.label}: {outcome['message']}")
        mistakes = _Lazy(self.mistakes, lambda name: self.outcome(self.mistakes[name].function(self.right), inputs))
        asked = functools.cache(lambda: self._question(inputs))
        question = _Lazy(("probe", "expected"), lambda name: asked()[name]) if self.follow else None
        return Case(
            inputs.label,
            inputs.args,
            outcome["value"],
            inputs.kwargs,
            mistakes,
            inputs.aspect,
            self.probe,
            question,
            inputs.unusual,
            inputs.raises,
            inputs.dependent,
        )

    def _question(self, inputs: Inputs) -> dict[str, Any]:
        question = follow.question(self.right, self.follow, inputs.args, inputs.kwargs)
        return question | {"expected": self._graded(question["expected"])}

    def _forgives_nothing(self, wrong: list[Function], inputs: Inputs, showing: list[int]) -> bool:
        """Whether every mistake that shows in some inputs shows behind stand-ins for the earlier functions, too, in as many parts.

        By chance a stand-in's numbers can hide one, such as two equal counts whose share is 1. showing: places in `wrong`
        """
        if not (self.follow and showing):
            return True

        def shown_by(run: Callable[..., Any]) -> list[int]:
            functions = (self.right, *(wrong[i] for i in showing))
            right, *others = (seen_parts(self._answering(function, run), inputs) for function in functions)
            return [sum(one != part for one, part in itertools.zip_longest(other, right)) for other in others]

        plain = shown_by(functools.partial(_run, self.probe))
        behind = shown_by(follow.asking(self._question(inputs)["probe"]))
        return all(parts >= before for parts, before in zip(behind, plain, strict=True))

    def _answering(self, function: Function, run: Callable[..., Any]) -> Function:
        """What a check sees of a function: as `run` asks it, on copies of the arguments, without what no part looks at."""
        return lambda *args, **kwargs: self._graded(run(function, *_copied((args, kwargs))))

    def _graded(self, value: Any) -> Any:
        """The value without what no part looks at: caches are large and of no interest."""
        keys = {part.key for part in self.parts}
        if None in keys or not isinstance(value, tuple):
            return value
        return tuple(item if i in keys else None for i, item in enumerate(value))


def _copied(value: Any) -> Any:
    """A copy of plain values as `copy.deepcopy` makes it, in a fraction of the time."""
    kind = type(value)
    if kind is np.ndarray:
        return value.copy("K")
    if kind is tuple or kind is list:
        return kind(map(_copied, value))
    if kind is dict:
        return {key: _copied(item) for key, item in value.items()}
    return value if kind in _ATOMS else copy.deepcopy(value)


@functools.lru_cache(maxsize=64)
def _compiled(probe: str) -> types.CodeType:
    return compile(probe, "<probe>", "exec")


def _run(probe: str | None, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if probe is None:
        return function(*args, **kwargs)
    scope: dict[str, Any] = {}
    exec(_compiled(probe), scope)
    return scope["probe"](function, *args, **kwargs)


class _Lazy(Mapping[str, Any]):
    """Values that are worked out when they are first asked for: right answers need none."""

    def __init__(self, names: Collection[str], value: Callable[[str], Any]) -> None:
        self._names, self._value = names, value
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._known:
            self._known[name] = self._value(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
