"""Case files: the visible checks of a lesson as data, `cases/lesson-NN.npz`. No reference and no mistake as code."""

from __future__ import annotations

import functools
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from seqlib.exercises import codec
from seqlib.exercises.checks import Case, Check, Conditions, Part

FOLDER = Path(__file__).parent / "cases"


def save(path: Path, checks: dict[str, tuple[Check, tuple[Case, ...]]]) -> None:
    """Write the visible checks of one lesson. An array that many mistakes leave as it is stands in the file once."""
    places: dict[tuple[str, tuple[int, ...], bytes], int] = {}
    arrays: list[np.ndarray] = []

    def piece(value: Any) -> tuple[Any, list[int]]:
        tree, own = codec.split(value)
        for array in own:
            if places.setdefault(_content(array), len(arrays)) == len(arrays):
                arrays.append(array)
        return tree, [places[_content(array)] for array in own]

    pieces = {
        name: [piece(asdict(check)), *(piece(fields(case)) for case in cases)]
        for name, (check, cases) in checks.items()
    }
    names = {f"array_{i}": array for i, array in enumerate(arrays)}
    np.savez_compressed(path, pieces=np.array(json.dumps(pieces)), names=np.array(sorted(checks)), **names)  # type: ignore[arg-type]


def _content(array: np.ndarray) -> tuple[str, tuple[int, ...], bytes]:
    return array.dtype.str, array.shape, array.tobytes()


def fields(case: Case) -> dict[str, Any]:
    """A case as plain values."""
    follow = None if case.follow is None else dict(case.follow)
    return {**vars(case), "mistakes": dict(case.mistakes), "follow": follow}


def load(path: Path) -> dict[str, tuple[Check, tuple[Case, ...]]]:
    """Read the visible checks of one lesson: from a function's name to its check and cases."""
    with np.load(path, allow_pickle=False) as file:
        arrays = [file[f"array_{i}"] for i in range(len(file.files) - 2)]
        pieces = json.loads(str(file["pieces"]))
    table = {
        name: [codec.join(tree, [arrays[i] for i in places]) for tree, places in some] for name, some in pieces.items()
    }
    return {name: (_check(check), tuple(Case(**case) for case in cases)) for name, (check, *cases) in table.items()}


def _check(fields: dict[str, Any]) -> Check:
    parts = tuple(Part(**part) for part in fields["parts"])
    return Check(**{**fields, "parts": parts, "conditions": Conditions(**fields["conditions"])})


@functools.cache
def find(name: str) -> tuple[Check, tuple[Case, ...]]:
    """The visible check of the function `name`, from the lesson that has it. Raises LookupError if no lesson does."""
    for path in sorted(FOLDER.glob("lesson-*.npz")):
        with np.load(path, allow_pickle=False) as file:
            if name not in file["names"]:
                continue
        return load(path)[name]
    raise LookupError(f"no exercise is called {name!r}; the name in check(...) is that of the function to be checked")
