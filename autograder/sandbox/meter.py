"""What a process and its descendants use, read from /proc."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """CPU seconds (children that ended included) and resident private memory in bytes."""

    cpu: float
    memory: int


def tree(pid: int) -> list[int]:
    """A process and all its descendants."""
    found, todo = [], [pid]
    while todo:
        current = todo.pop()
        found.append(current)
        try:
            for thread in os.listdir(f"/proc/{current}/task"):
                todo += map(int, Path(f"/proc/{current}/task/{thread}/children").read_text().split())
        except OSError:
            continue
    return found


def usage(pid: int) -> Usage:
    """What the tree of `pid` uses now; shared pages are counted for each process."""
    cpu, memory = 0.0, 0
    for member in tree(pid):
        try:
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
            status = Path(f"/proc/{member}/status").read_text()
        except OSError:
            continue
        cpu += sum(map(int, fields[11:15])) / _TICK
        memory += sum(
            1024 * int(line.split()[1]) for line in status.splitlines() if line.startswith(("RssAnon", "RssShmem"))
        )
    return Usage(cpu, memory)


def shared_out(pid: int) -> int | None:
    """The tree's memory with shared pages divided among their users; None where the kernel does not tell."""
    total = 0
    for member in tree(pid):
        try:
            text = Path(f"/proc/{member}/smaps_rollup").read_text()
        except PermissionError:
            return None
        except OSError:
            continue
        total += sum(
            1024 * int(line.split()[1]) for line in text.splitlines() if line.startswith(("Pss_Anon:", "Pss_Shmem:"))
        )
    return total
