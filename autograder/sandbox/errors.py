"""What can go wrong between the engine and a student process."""

from __future__ import annotations

from seqlib.exercises.calls import StudentGone


class SandboxError(RuntimeError):
    """The sandbox itself failed: never the student's fault, so no grade follows from it."""


class Interrupted(StudentGone):
    """A cell or call used up its time and was interrupted; the student process lives on."""


class Killed(StudentGone):
    """The student process ended, by itself or because it broke a limit."""
