"""What a submission may use, and what it has used."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """Limits of one submission; sizes in bytes, times in seconds. CPU time decides, wall time is the backstop.

    Wall time counts only while something is asked of the student's code, and not while other programs have the processors.
    stalled: seconds after which a machine that gives no processor time is at fault
    reply: one reply of the student process; replies: all of them together
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
    restarts: int = 2


@dataclass
class Spent:
    """What a submission has used so far, in all its student processes."""

    wall: float = 0.0
    cpu: float = 0.0
    replies: int = 0
    peak_memory: int = 0

    def used_up(self, limits: Limits) -> str | None:
        """Which of a notebook's limits is exceeded, in words; None where there is something left."""
        if self.wall > limits.notebook_wall:
            return "the notebook ran out of time"
        if self.cpu > limits.notebook_cpu:
            return f"the notebook used more than {limits.notebook_cpu:g} s of CPU time"
        if self.replies > limits.replies:
            return f"the notebook's answers have more than {limits.replies / MIB:.0f} MiB together"
        return None
