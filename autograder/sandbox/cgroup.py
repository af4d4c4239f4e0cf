"""A control group of version 2 for each student process, where this account may make one.

The kernel then counts the CPU time of the whole tree, also of processes that nobody waited for, and ends the tree at once; with
the controllers for memory and for processes it bounds both, whatever they are made of. Where no group can be made, the limits of
`inside/confine.py` and the counts of `meter.py` stand alone, as they do beside one.
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
from pathlib import Path

from autograder.sandbox.limits import Limits

PREFIX = "autograder-"
CONTROLLERS = frozenset({"memory", "pids"})
PROCESSES = "cgroup.procs"


class Group:
    """A group of one student process and of what that will start. Raises OSError where it cannot be made.

    parent: the group's parent's folder
    """

    def __init__(self, parent: Path, pid: int, limits: Limits) -> None:
        self._folder = parent / f"{PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
        self._folder.mkdir()
        # What lies in the temporary folders is memory, too.
        memory = limits.memory + 3 * limits.disk
        try:
            for name, value in (
                ("memory.max", memory),
                ("memory.swap.max", 0),
                ("memory.oom.group", 1),
                ("pids.max", limits.processes),
            ):
                if (self._folder / name).exists():
                    (self._folder / name).write_text(str(value))
            (self._folder / PROCESSES).write_text(str(pid))
        except OSError:
            self.remove()
            raise

    def cpu(self) -> float:
        """CPU seconds of all that was ever in it; 0 where the kernel does not say."""
        return self._number("cpu.stat", "usage_usec") / 1e6

    def out_of_memory(self) -> bool:
        """Whether the kernel ended it since it wanted more memory than it may have."""
        return self._number("memory.events", "oom_kill") > 0

    def kill(self) -> None:
        """End all that is in it, if anything is; Linux 5.14 and later."""
        with contextlib.suppress(OSError):
            (self._folder / "cgroup.kill").write_text("1")

    def remove(self) -> bool:
        """Remove it; returns whether it is gone. It stays while something of it is still about to end."""
        try:
            self._folder.rmdir()
        except OSError:
            return not self._folder.exists()
        return True

    def _number(self, table: str, name: str) -> int:
        try:
            lines = (self._folder / table).read_bytes().split(b"\n")
            return next(int(line.split()[1]) for line in lines if line.startswith(f"{name} ".encode()))
        except (OSError, ValueError, StopIteration):
            return 0


@functools.cache
def parent() -> Path | None:
    """The folder in which this process may make groups for its children, None where there is none.

    The nearest one above this process's own group that hands down both controllers, otherwise the nearest.
    """
    try:
        around = _around(Path("/proc/self/mountinfo").read_text(), Path("/proc/self/cgroup").read_text())
    except (OSError, UnicodeDecodeError):
        return None
    possible = [folder for folder in around if _may_make(folder)]
    best = next((folder for folder in possible if handed_down(folder) >= CONTROLLERS), None)
    found = best or next(iter(possible), None)
    if found is not None:
        sweep(found)
    return found


def _around(mounts: str, groups: str) -> list[Path]:
    """The folders of a process's group and of those above it, from what the kernel says of its mounts and groups."""
    own = next((line.removeprefix("0::") for line in groups.splitlines() if line.startswith("0::")), None)
    for line in mounts.splitlines():
        place, _, kind = line.partition(" - ")
        root, mounted = place.split()[3:5]
        if own is None or not kind.startswith("cgroup2 ") or not Path(own).is_relative_to(root) or ".." in own:
            continue
        inner = Path(own).relative_to(root)
        return [Path(mounted, part) for part in (inner, *inner.parents)]
    return []


def _may_make(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK) and os.access(folder / PROCESSES, os.W_OK)


def handed_down(folder: Path) -> set[str]:
    """The controllers that a group's children have."""
    try:
        return set((folder / "cgroup.subtree_control").read_text().split())
    except OSError:
        return set()


def sweep(folder: Path) -> None:
    """Remove the empty groups of engines that have ended."""
    for old in folder.glob(f"{PREFIX}*-*"):
        if not Path("/proc", old.name.split("-")[1]).exists():
            with contextlib.suppress(OSError):
                old.rmdir()


def enter(pid: int, limits: Limits) -> Group | None:
    """Put a process that has not run anybody's code yet into a group of its own, where that is possible."""
    if (folder := parent()) is None:
        return None
    try:
        return Group(folder, pid, limits)
    except OSError:
        return None
