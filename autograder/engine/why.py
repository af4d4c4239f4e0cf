"""Why a score is not what it was when the submission was graded before."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from autograder.engine.grader import digest
from autograder.engine.writer import Changes

ROOT = Path(__file__).parents[2]


@functools.cache
def engine_version() -> str:
    """A fingerprint of all that judges: the grader, the library and the cases of the visible checks."""
    files = (path for name in ("autograder", "seqlib") for path in (ROOT / name).rglob("*.*"))
    return digest({str(path.relative_to(ROOT)): path.read_bytes() for path in files if path.suffix in (".py", ".npz")})


def reasons(before: dict[str, Any], now: dict[str, Any], changes: Changes) -> str:
    """One line: each score that changed and why; nothing where none did or the submission had no score.

    before, now: the log's lines of the last time and of this time
    changes: from a cell's name to the gradebook's old score and the new one
    """
    moved = {cell: change for cell, change in changes.items() if change[0] is not None}
    if not moved:
        return ""
    told = ", ".join(
        f"{cell}: {old:g} -> {'none' if new is None else f'{new:g}'}" for cell, (old, new) in moved.items()
    )
    return f"{told} ({'; '.join(_why(before, now, moved))})"


def _why(before: dict[str, Any], now: dict[str, Any], moved: Changes) -> list[str]:
    if not before:
        return ["the log knows nothing of the score before"]
    logged = {cell: score for grades in before["scores"].values() for cell, score in grades.items()}
    found = [
        f"the gradebook's score of {cell} was changed by hand from {logged[cell]}"
        for cell, (old, _) in moved.items()
        if cell in logged and logged[cell] != old
    ]
    if all(logged.get(cell) == new for cell, (_, new) in moved.items()):
        return found
    if before["digest"] != now["digest"]:
        return [*found, "another submission"]
    if before.get("versions", {}).get("source") != now["versions"]["source"]:
        found.append("the assignment's source has changed")
    if before.get("versions", {}).get("engine") != now["versions"]["engine"]:
        found.append("the grader or its checks have changed")
    if _seeds(before) != _seeds(now):
        found.append("other hidden inputs")
    limits = dict.fromkeys(text for line in (before, now) for report in line["reports"] for text in report["refused"])
    found += [f"a limit was hit: {text}" for text in limits]
    return found or ["the same submission, inputs and checks: the answer is not deterministic"]


def _seeds(line: dict[str, Any]) -> list[int]:
    return [report["seed"] for report in line["reports"]]
