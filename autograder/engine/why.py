"""Why a score is not what it was when the submission was graded before."""

from __future__ import annotations

import functools
from pathlib import Path

from autograder.engine.records import Entry
from autograder.engine.submissions import digest
from autograder.engine.writer import Changes

ROOT = Path(__file__).parents[2]


@functools.cache
def engine_version() -> str:
    """A fingerprint of all that judges: the grader, the library and the cases of the visible checks; not what runs a class."""
    files = (path for name in ("autograder", "seqlib") for path in (ROOT / name).rglob("*.*"))
    beside = {ROOT / "autograder" / name for name in ("classroom", "commands")}
    files = (path for path in files if beside.isdisjoint(path.parents))
    return digest({str(path.relative_to(ROOT)): path.read_bytes() for path in files if path.suffix in (".py", ".npz")})


def reasons(before: Entry | None, now: Entry, changes: Changes) -> str:
    """One line: each score that changed and why; nothing where none did or the submission had no score.

    changes: from a cell's name to the gradebook's old score and the new one
    """
    moved = {cell: change for cell, change in changes.items() if change[0] is not None}
    if not moved:
        return ""
    told = ", ".join(
        f"{cell}: {old:g} -> {'none' if new is None else f'{new:g}'}" for cell, (old, new) in sorted(moved.items())
    )
    return f"{'; '.join(_why(before, now, moved))}: {told}"


def _why(before: Entry | None, now: Entry, moved: Changes) -> list[str]:
    if before is None:
        return ["the log knows nothing of the score before"]
    logged = {cell: score for grades in before.scores.values() for cell, score in grades.items()}
    told = [
        f"the gradebook's score of {cell} was no more the {logged[cell]} of the log: changed by hand, or with its points"
        for cell, (old, _) in moved.items()
        if cell in logged and logged[cell] != old
    ]
    if all(logged.get(cell) == new for cell, (_, new) in moved.items()):
        return told
    if before.digest != now.digest:
        return [*told, "another submission"]
    if before.versions.get("source") != now.versions["source"]:
        told.append("the assignment's source has changed")
    if before.versions.get("engine") != now.versions["engine"]:
        told.append("the grader or its checks have changed")
    if before.seeds != now.seeds:
        told.append("other hidden inputs")
    told += [f"a limit was hit: {text}" for text in dict.fromkeys([*before.refused, *now.refused])]
    return told or ["the same submission, inputs and checks: the answer is not deterministic"]
