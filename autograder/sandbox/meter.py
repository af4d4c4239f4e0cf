"""What a process and its descendants use, read from /proc. Everything there is bytes: a process may call itself anything."""

from __future__ import annotations

import os
from dataclasses import dataclass

_TICK = os.sysconf("SC_CLK_TCK")
_HELD = (b"RssAnon:", b"RssShmem:", b"VmSwap:", b"VmPTE:")  # a page table of 2 MiB can hold but one page
_SHARED_OUT = (b"Pss_Anon:", b"Pss_Shmem:", b"SwapPss:")
_SOCKET = 2 * 212_992  # what Linux lets the ends of a socket hold unread, in no process's account
_FEW_SOCKETS = 64


@dataclass(frozen=True)
class Usage:
    """CPU seconds (children that ended included) and memory in bytes: pages of its own, page tables, unread sockets."""

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
                todo += map(int, _read(f"/proc/{current}/task/{thread}/children").split())
        except OSError:
            continue
    return found


def _read(path: str) -> bytes:
    with open(path, "rb", 0) as file:
        return file.read()


def usage(pid: int, *, own_network: bool = False) -> Usage:
    """What the tree of `pid` uses now; shared pages are counted for each process.

    own_network: it has a network namespace of its own, so that all sockets there are its
    """
    cpu, memory = 0.0, sockets(pid) if own_network else 0
    for member in tree(pid):
        try:
            fields = _read(f"/proc/{member}/stat").rpartition(b")")[2].split()
            status = _read(f"/proc/{member}/status")
        except OSError:
            continue
        cpu += sum(map(int, fields[11:15])) / _TICK
        memory += _sum_of(status, _HELD)
    return Usage(cpu, memory)


def shared_out(pid: int, *, own_network: bool = False) -> int | None:
    """The tree's memory with shared pages divided among their users; None where the kernel does not say."""
    total = sockets(pid) if own_network else 0
    for member in tree(pid):
        try:
            rollup = _read(f"/proc/{member}/smaps_rollup")
            status = _read(f"/proc/{member}/status")
        except PermissionError:
            return None
        except OSError:
            continue
        total += _sum_of(rollup, _SHARED_OUT) + _sum_of(status, (b"VmPTE:",))
    return total


def stopped(pid: int) -> bool:
    """Whether a process and all its descendants stand still, or have ended."""
    for member in tree(pid):
        try:
            if _read(f"/proc/{member}/stat").rpartition(b")")[2].split()[0] not in (b"T", b"Z", b"X"):
                return False
        except (OSError, IndexError):
            continue
    return True


def sockets(pid: int) -> int:
    """What the sockets of a process's network namespace can hold, also those that are in flight and in no process's table."""
    try:
        first = _read(f"/proc/{pid}/net/sockstat").splitlines()[0]
        return max(0, int(first.split()[2]) - _FEW_SOCKETS) * _SOCKET
    except (OSError, IndexError, ValueError):
        return 0


def waited(pid: int) -> float:
    """Seconds for which a process could have run but others had the processors; 0 where the kernel does not count."""
    try:
        return int(_read(f"/proc/{pid}/schedstat").split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def _sum_of(table: bytes, names: tuple[bytes, ...]) -> int:
    return sum(1024 * int(line.split()[1]) for line in table.splitlines() if line.startswith(names))
