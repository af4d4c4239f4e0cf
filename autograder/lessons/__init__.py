"""The hidden side of every lesson: references, known mistakes and fresh inputs. Never in a student's sandbox.

A lesson is a folder: its `__init__.py` names the graded functions in the notebook's order (`EXERCISES`), the modules of
seqlib that a student may import while graded (`USES`), the functions that the notebook's last cell puts into the library
(`SWAPS`) and how many items the curriculum numbers in it (`ITEMS`); each graded function has a module of its own.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import pkgutil
from types import ModuleType

from autograder.lessons.exercise import Exercise
from autograder.library import modules
from autograder.sandbox.limits import Limits
from seqlib.exercises.verdict import Case, Check, Conditions

VISIBLE_SEED = 20_171_103


@functools.cache
def _folders() -> dict[str, ModuleType]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name.startswith("lesson_"))
    return {name.replace("_", "-"): importlib.import_module(f"{__name__}.{name}") for name in names}


@functools.cache
def lessons() -> dict[str, tuple[Exercise, ...]]:
    """Every lesson's exercises, by the assignment's name ("lesson-03")."""
    return {
        lesson: tuple(importlib.import_module(f"{folder.__name__}.{name}").EXERCISE for name in folder.EXERCISES)
        for lesson, folder in _folders().items()
    }


def uses(lesson: str) -> tuple[str, ...]:
    """The modules of seqlib that a student of this lesson may import while graded; none for an unknown lesson."""
    folder = _folders().get(lesson)
    return () if folder is None else tuple(folder.USES)


def swaps(lesson: str) -> tuple[str, ...]:
    """The functions of seqlib that the lesson's last cell replaces by the learner's."""
    folder = _folders().get(lesson)
    return () if folder is None else tuple(folder.SWAPS)


def items_of(lesson: str) -> int:
    """How many items the curriculum numbers in a lesson."""
    return int(_folders()[lesson].ITEMS)


@functools.cache
def find(name: str) -> Exercise:
    """The exercise of one function. Raises LookupError for a name that no lesson has."""
    for exercises in lessons().values():
        for exercise in exercises:
            if exercise.name == name:
                return exercise
    raise LookupError(f"no exercise is called {name!r}")


@functools.cache
def conditions(lesson: str) -> Conditions:
    """What a learner's functions meet while graded: the modules that `USES` brings, and the sandbox's limit of a call.

    Raises ValueError where `USES` names what is not there, or brings a graded function along.
    """
    graded = [exercise.name for exercise in lessons().get(lesson, ())]
    return Conditions(modules(uses(lesson), graded), Limits().cell_cpu)


def check_of(exercise: Exercise, hidden: bool) -> Check:
    """One of an exercise's two checks, under its lesson's conditions."""
    lesson = next(name for name, exercises in lessons().items() if exercise in exercises)
    return exercise.check(hidden, conditions(lesson))


def find_check(name: str, hidden: bool, seed: int | None) -> tuple[Check, tuple[Case, ...]]:
    """The check of one graded cell, with inputs drawn from `seed`; None is that of the case files, which everybody has."""
    exercise = find(name)
    if seed is None:
        return check_of(exercise, hidden), exercise.cases(VISIBLE_SEED)
    return check_of(exercise, hidden), exercise.cases(seed if hidden else _visible_seed(seed))


def find_hidden(name: str, seed: int, hidden: bool = True) -> tuple[Check, tuple[Case, ...]]:
    """`find_check` for `seqlib.exercises`, which learns of it by an entry point."""
    return find_check(name, hidden, seed)


def _visible_seed(seed: int) -> int:
    """The seed of a visible check's inputs while grading: those of the hidden check do not follow from what it says."""
    return int.from_bytes(hashlib.sha256(f"visible {seed}".encode()).digest()[:8], "big")
