"""What a check is made of: the parts of a result, the cases with what they should give, and the conditions of a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Part:
    """One graded piece of a result: the whole result (key None), one place of a tuple, or one entry of a dict.

    axes: the names of an array's axes; columns: of a list of rows that begin with a name, what stands in each place of a row
    counted: the result is drawn at random, and its value says how often each result came; what is expected are the fewest and the most
        times, (2, n), and a text in place of counts says what is wrong
    dependent: right also in what computes nothing, as a type, a name or a place in memory is: it earns points only beside other parts
    """

    name: str
    key: int | str | None = None
    weight: float = 1.0
    axes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    counted: bool = False
    dependent: bool = False


@dataclass(frozen=True)
class Case:
    """One call and what it should give.

    `aspect` groups cases that earn their points together; `mistakes` holds what each known mistake gives on these
    inputs, either {"value": ...} or {"error": name, "message": text}; `follow` is a question of seqlib.exercises.follow.
    `unusual`: a promise that few think of. It is shown, and helps to name a mistake, only where all other cases are right.
    `raises`: a builtin exception that stands for the text `raised(...)`, whatever its words: `expected` is that text where it is right.
    `dependent`: what computes nothing gets it right, too, since the result is an argument as it came, or the same in every draw.
    """

    label: str
    args: tuple[Any, ...]
    expected: Any
    kwargs: dict[str, Any] = field(default_factory=dict)
    mistakes: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    aspect: str = ""
    probe: str | None = None
    follow: Mapping[str, Any] | None = None
    unusual: bool = False
    raises: str = ""
    dependent: bool = False


@dataclass(frozen=True)
class Conditions:
    """What a learner's function meets while it is graded.

    modules: those of seqlib that are there, without "seqlib."; cpu: seconds of CPU time that one call may use
    packages: those that it needs and not everybody installs, such as torch
    """

    modules: tuple[str, ...] = ()
    cpu: float = 6.0
    packages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """What one graded cell asks of one function, without its cases; `follow` names the earlier functions that it calls.

    facts: where many results are right, the source of a function `facts(value, *args, **options)` that says what is true of one,
        in the value's place. The judge runs it, and never the learner's side, whose word it would be.
    """

    name: str
    points: float
    hidden: bool = False
    parts: tuple[Part, ...] = (Part("the result"),)
    messages: dict[str, str] = field(default_factory=dict)
    follow: tuple[str, ...] = ()
    rtol: float = 1e-7
    atol: float = 1e-9
    conditions: Conditions = Conditions()
    facts: str = ""
