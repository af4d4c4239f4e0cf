"""What a submission may use."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """Limits of one submission; sizes in bytes, times in seconds. CPU time decides, wall time is the backstop."""

    cell_cpu: float = 6
    cell_wall: float = 60
    notebook_cpu: float = 60
    notebook_wall: float = 600
    interrupt_grace: float = 1
    memory: int = 2048 * MIB
    processes: int = 64
    open_files: int = 256
    file_size: int = 64 * MIB
    disk: int = 128 * MIB
    inodes: int = 10_000
    output: int = MIB
    reply: int = 24 * MIB
    restarts: int = 2
