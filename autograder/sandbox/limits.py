"""What a submission may use, and what it has used."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

MIB = 2**20
EVERYWHERE = "*"
_MAY_BE_NOTHING = ("restarts", "interrupt_grace")


@dataclass(frozen=True)
class Limits:
    """Limits of one submission; sizes in bytes, times in seconds. CPU time decides, wall time is the backstop.

    Wall time counts only while something is asked of the student's code, and not while other programs have the processors.
    stalled: seconds after which a machine that gives no processor time is at fault
    reply: one reply of the student process; replies: all of them together
    reading_cpu: what the grader itself needs to read and to judge a notebook's answers and to measure its processes
    notebook_size, cells: of a notebook as it is handed in; a larger one is set aside
    """

    cell_cpu: float = 6
    cell_wall: float = 60
    notebook_cpu: float = 60
    notebook_wall: float = 120
    stalled: float = 300
    interrupt_grace: float = 1
    memory: int = 2048 * MIB
    address_space: int = 8192 * MIB
    processes: int = 32
    open_files: int = 128
    file_size: int = 64 * MIB
    disk: int = 128 * MIB
    inodes: int = 10_000
    output: int = MIB
    reply: int = 8 * MIB
    replies: int = 96 * MIB
    reading_cpu: float = 10
    restarts: int = 2
    notebook_size: int = 8 * MIB
    cells: int = 1_000

    @classmethod
    def of(cls, table: Any, assignment: str) -> Limits:
        """Those of an assignment. Raises ValueError that names what cannot be a limit.

        table: from an assignment's name, or "*" for all of them, to limits by name
        """
        check(table)
        given = {**table.get(EVERYWHERE, {}), **table.get(assignment, {})}
        return cls(**{name: int(value) if name in _WHOLE else value for name, value in given.items()})


_NAMES = tuple(one.name for one in fields(Limits))
_WHOLE = frozenset(one.name for one in fields(Limits) if one.type == "int")


def check(table: Any) -> None:
    """Raise ValueError that names what cannot be a limit in a table of limits by assignment."""
    if not isinstance(table, Mapping) or not all(isinstance(given, Mapping) for given in table.values()):
        raise ValueError('limits have to be given by assignment: {"*": {"cell_cpu": 6}}')
    for assignment, given in table.items():
        for name, value in given.items():
            if name not in _NAMES:
                raise ValueError(f"{assignment}: there is no limit {name!r}; there are {', '.join(_NAMES)}")
            if not _is_limit(name, value):
                least = "of at least 0" if name in _MAY_BE_NOTHING else "above 0"
                kind = "a whole number" if name in _WHOLE else "a number"
                raise ValueError(f"{assignment}: {name} has to be {kind} {least}, not {str(value)[:40]!r}")


def _is_limit(name: str, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2**63:
        return False
    return (value > 0 or name in _MAY_BE_NOTHING) and (name not in _WHOLE or value == int(value))


@dataclass
class Spent:
    """What a submission has used so far, in all its student processes."""

    wall: float = 0.0
    cpu: float = 0.0
    replies: int = 0
    peak_memory: int = 0
    begun: float = field(default_factory=time.process_time)  # this process's own CPU time from which on it counts

    @contextlib.contextmanager
    def left_out(self) -> Iterator[None]:
        """What this process does in the block is not for the submission's answers, and does not count."""
        started = time.process_time()
        try:
            yield
        finally:
            self.begun += time.process_time() - started

    def used_up(self, limits: Limits) -> str | None:
        """Which of a notebook's limits is exceeded, in words; None where there is something left."""
        if self.wall > limits.notebook_wall:
            return "the notebook ran out of time"
        if self.cpu > limits.notebook_cpu:
            return f"the notebook used more than {limits.notebook_cpu:g} s of CPU time"
        if self.replies > limits.replies:
            return f"the notebook's answers have more than {limits.replies / MIB:.0f} MiB together"
        return self.too_dear(limits)

    def too_dear(self, limits: Limits) -> str | None:
        """Whether this process itself has had too much to do for the submission, in words."""
        if time.process_time() - self.begun <= limits.reading_cpu:
            return None
        return f"the grader needed more than {limits.reading_cpu:g} s for the notebook's answers and processes"
