"""The hidden side of every lesson: references, known mistakes and fresh inputs. Never in a student's sandbox.

A lesson is a folder: its `__init__.py` names the graded functions in the notebook's order (`EXERCISES`), the modules of
seqlib that a student may import while graded (`USES`), the functions that the notebook's last cell puts into the library
(`SWAPS`) and how many items the curriculum numbers in it (`ITEMS`); each graded function has a module of its own, which is
imported when it is first asked for. A lesson that is not one of the curriculum's numbered ones also names the page of the book that it
belongs to (`CHAPTER`), and one whose functions need a package that not everybody installs names that (`NEEDS`): where it is missing,
the lesson is left out.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

from autograder.lessons.exercise import Exercise
from autograder.library import modules
from autograder.sandbox.limits import Limits
from seqlib.exercises.checks import Case, Check, Conditions
from seqlib.exercises.missing import missing_packages

VISIBLE_SEED = 20_171_103
BOOK = Path(__file__).parents[2] / "book"


@functools.cache
def _folders() -> dict[str, ModuleType]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name.startswith("lesson_"))
    return {name.replace("_", "-"): importlib.import_module(f"{__name__}.{name}") for name in names}


class _Lessons(Mapping[str, tuple[Exercise, ...]]):
    """The lessons that can be run here, each imported when it is first asked for."""

    def __iter__(self) -> Iterator[str]:
        return (lesson for lesson in _folders() if not missing_packages(needs(lesson)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, lesson: str) -> tuple[Exercise, ...]:
        if lesson not in tuple(self):
            raise KeyError(lesson)
        return tuple(_exercise(lesson, name) for name in _folders()[lesson].EXERCISES)


def lessons() -> Mapping[str, tuple[Exercise, ...]]:
    """The exercises of every lesson that can be run here, by the assignment's name ("lesson-03")."""
    return _Lessons()


def left_out() -> dict[str, str]:
    """The other lessons, and why they cannot be run here."""
    return {lesson: text for lesson in _folders() if (text := why_left_out(lesson))}


def why_left_out(lesson: str) -> str:
    """Why a lesson cannot be run here, in a sentence; the empty text where it can, and for an unknown lesson."""
    absent = missing_packages(needs(lesson))
    return f"{lesson} is left out: it needs {' '.join(absent)}, which is not installed here" if absent else ""


def _exercise(lesson: str, name: str) -> Exercise:
    if text := why_left_out(lesson):
        raise ModuleNotFoundError(text, name=missing_packages(needs(lesson))[0])
    exercise: Exercise = importlib.import_module(f"{_folders()[lesson].__name__}.{name}").EXERCISE
    return exercise


def needs(lesson: str) -> tuple[str, ...]:
    """The packages that a lesson's functions import beside those that every installation has; none for an unknown lesson."""
    return tuple(getattr(_folders().get(lesson), "NEEDS", ()))


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


def chapter(lesson: str) -> Path:
    """The page of the book that a lesson belongs to: that of its number, where it does not name one."""
    name = getattr(_folders()[lesson], "CHAPTER", "")
    return BOOK / f"{name}.md" if name else next(BOOK.glob(f"{lesson.removeprefix('lesson-')}-*.md"))


@functools.cache
def find(name: str) -> Exercise:
    """The exercise of one function. Raises LookupError for a name that no lesson has, ModuleNotFoundError where its lesson is left out."""
    return _exercise(_lesson_of(name), name)


def _lesson_of(name: str) -> str:
    for lesson, folder in _folders().items():
        if name in folder.EXERCISES:
            return lesson
    raise LookupError(f"no exercise is called {name!r}")


@functools.cache
def conditions(lesson: str) -> Conditions:
    """What a learner's functions meet while graded: the modules that `USES` brings, the packages of `NEEDS`, the sandbox's limit of a call.

    Raises ValueError where `USES` names what is not there, or brings a graded function along.
    """
    graded = getattr(_folders().get(lesson), "EXERCISES", ())
    return Conditions(modules(uses(lesson), graded), Limits().cell_cpu, needs(lesson))


def check_of(exercise: Exercise, hidden: bool) -> Check:
    """One of an exercise's two checks, under its lesson's conditions."""
    return exercise.check(hidden, conditions(_lesson_of(exercise.name)))


def find_check(name: str, hidden: bool, seed: int | None) -> tuple[Check, tuple[Case, ...]]:
    """The check of one graded cell, with inputs drawn from `seed`; None is that of the case files, which everybody has."""
    exercise = find(name)
    if seed is None:
        return check_of(exercise, hidden), exercise.cases(VISIBLE_SEED)
    return check_of(exercise, hidden), exercise.cases(seed if hidden else _visible_seed(seed), hidden)


def find_hidden(name: str, seed: int, hidden: bool = True) -> tuple[Check, tuple[Case, ...]]:
    """`find_check` for `seqlib.exercises`, which learns of it by an entry point."""
    return find_check(name, hidden, seed)


def _visible_seed(seed: int) -> int:
    """The seed of a visible check's inputs while grading: those of the hidden check do not follow from what it says."""
    return int.from_bytes(hashlib.sha256(f"visible {seed}".encode()).digest()[:8], "big")
