"""What goes to a worker and what comes back: plain values, so that any machine can do it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


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
    limits: dict[str, float] = field(default_factory=dict)
    shared_files: dict[str, bytes] = field(default_factory=dict)
    torch: bool = False


@dataclass(frozen=True)
class Job:
    """One submission: its files, its seed, and the marks that people gave it before."""

    student: str
    files: dict[str, bytes]
    seed: int
    timestamp: str | None = None
    marks: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """One graded submission, or the reason why it was set aside."""

    student: str
    rows: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    reports: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None
    wall: float = 0.0
    cpu: float = 0.0
