"""What goes to a worker and what comes back: plain values, so that any machine can do it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from autograder.engine.records import Marks, Report, Rows
from autograder.sandbox.limits import Limits


@dataclass(frozen=True)
class Course:
    """What all jobs of one run share: the scratch gradebook, nbgrader's settings, the sandbox.

    torch: some submission may import PyTorch
    """

    assignment: str
    course_id: str
    scratch: bytes
    demonstrations: dict[str, frozenset[str]]
    config: dict[str, Any]
    sandbox: str
    limits: Limits = field(default_factory=Limits)
    shared_files: dict[str, bytes] = field(default_factory=dict)
    torch: bool = False


@dataclass(frozen=True)
class Job:
    """One submission: its files, its seed, and the marks that people gave it before."""

    student: str
    files: dict[str, bytes]
    seed: int
    timestamp: str | None = None
    marks: Marks = field(default_factory=Marks)


@dataclass(frozen=True)
class Result:
    """One graded submission, or the reason why it was set aside; `rows` are there unless there is an error."""

    student: str
    rows: Rows | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    reports: tuple[Report, ...] = ()
    error: str | None = None
    notes: tuple[str, ...] = ()
    wall: float = 0.0
    cpu: float = 0.0
