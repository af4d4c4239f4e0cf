"""What the exercise notebooks need: `check(name)`, the same in a notebook, under nbgrader and in the grading engine."""

from __future__ import annotations

import copy
import os
import secrets
import sys
from dataclasses import replace
from importlib.metadata import entry_points
from typing import Any

from seqlib.exercises import cases
from seqlib.exercises.checks import Case, Check
from seqlib.exercises.home import HomeRunner
from seqlib.exercises.missing import missing_packages
from seqlib.exercises.verdict import Verdict, judge

__all__ = ["CheckFailed", "case", "check", "score"]

PROVIDERS = "seqlib.hidden_checks"
SLOW = "The slowest call took {:.1f} s of CPU time; one that takes more than {:g} s fails, here and when it is graded."
ABSENT = "{0} is left out here: it needs {1}, which is not installed. In a terminal: python -m pip install {1}; then restart the kernel."
LATER = "{}: checked on fresh inputs after you submit."


class CheckFailed(Exception):
    """A failed check. A notebook shows its message alone, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


class NotWritten(CheckFailed, NotImplementedError):
    """The function is missing or still the one that was handed out."""


# A notebook shows the class's name: the learner should read the builtin's.
NotWritten.__name__ = NotWritten.__qualname__ = "NotImplementedError"


def score(verdict: Verdict) -> float:
    """The verdict's points as nbgrader takes them: a plain float that never exceeds the maximum."""
    return float(min(verdict.max_points, round(verdict.points, 6)))


def failure(verdict: Verdict) -> CheckFailed:
    """The exception that stands for a verdict without full marks."""
    return (NotWritten if verdict.unwritten else CheckFailed)(verdict.message)


def case(name: str, number: int = 1, *, named: bool = False) -> Any:
    """The arguments of one case of a function's visible check: `rnn_forward(*case("rnn_forward", 2))` repeats it.

    named: in place of these a dict of the arguments that are given by name.

    Raises LookupError for a name that no lesson has and for a number that the check does not have.
    """
    drawn = cases.find(name)[1]
    if not 1 <= number <= len(drawn):
        raise LookupError(f"the check of {name} has the cases 1 to {len(drawn)}, got {number}")
    asked = drawn[number - 1]
    return copy.deepcopy(asked.kwargs if named else asked.args)


def _repeatable(verdict: Verdict, what: Check, drawn: tuple[Case, ...]) -> Verdict:
    """The verdict with a line that says how to get the case that it shows into the notebook."""
    if verdict.case is None:
        return verdict
    shown = drawn[verdict.case - 1]
    call = f'case("{what.name}", {verdict.case})'
    options = "".join(f", {name}={value!r}" for name, value in shown.kwargs.items())
    if not all(isinstance(value, int | float | str | None) for value in shown.kwargs.values()):
        options = f", **{call[:-1]}, named=True)"
    how = f"{call} shows what the case is made of" if shown.probe else f"{what.name}(*{call}{options})"
    return replace(verdict, message=f"{verdict.message}\nTo repeat it: from seqlib.exercises import case, then {how}.")


def _drawn_check(name: str, hidden: bool, seed: int) -> tuple[Check, tuple[Case, ...]]:
    """The check of a function on inputs drawn from `seed`, from whatever package provides that here.

    Raises LookupError where none does, or several do.
    """
    providers = tuple(entry_points(group=PROVIDERS))
    if len(providers) != 1:
        names = ", ".join(provider.name for provider in providers) or "none"
        raise LookupError(f"hidden checks need one installed package with an entry point {PROVIDERS!r}; found {names}")
    drawn: tuple[Check, tuple[Case, ...]] = providers[0].load()(name, seed, hidden)
    return drawn


def _refuse_without(what: Check) -> None:
    """Raise CheckFailed where a package that a check needs is not installed."""
    if absent := missing_packages(what.conditions.packages):
        raise CheckFailed(ABSENT.format(what.name, " ".join(absent)))


def check(name: str, *, hidden: bool = False) -> float | None:
    """Check the function `name` of the notebook that calls this.

    In a notebook and under `nbgrader validate` a wrong answer raises CheckFailed, which shows the message alone, and a right
    one prints a line; hidden checks only say that they come later. A check that needs a package which is not installed raises, too,
    and says which. Under `nbgrader autograde` a verdict of zero raises, any
    other prints its message and returns the points. Raises LookupError for a name that no lesson has.
    """
    namespace = sys._getframe(1).f_globals
    grading = os.environ.get("NBGRADER_EXECUTION") == "autograde"
    if hidden and not grading:
        _refuse_without(cases.find(name)[0])
        print(LATER.format(name))
        return None
    seed = int(os.environ.get("AUTOGRADER_SEED") or secrets.randbits(63)) if grading else None
    # While grading, the inputs of the case files count for nothing: the answers to them lie beside the notebook.
    what, drawn = cases.find(name) if seed is None else _drawn_check(name, hidden, seed)
    _refuse_without(what)
    runner = HomeRunner(namespace, what.conditions)
    verdict = judge(what, drawn, runner, seed=seed)
    if verdict.points == 0 or not (grading or verdict.passed):
        raise failure(verdict if grading else _repeatable(verdict, what, drawn))
    print(verdict.message)
    if runner.slowest > what.conditions.cpu / 2:
        print(SLOW.format(runner.slowest, what.conditions.cpu))
    return score(verdict) if grading else None
