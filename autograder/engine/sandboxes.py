"""The sandbox of each assignment, started once in a process and used for all its submissions."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.engine import scratch_folder
from autograder.sandbox import Limits, Sandbox, SandboxError, probe

_open: dict[tuple[Any, ...], tuple[Sandbox, Path]] = {}


def sandbox_for(
    assignment: str, kind: str, limits: Limits, tree: Callable[[Path, str], Path], *, torch: bool = False
) -> Sandbox:
    """The sandbox of an assignment, probed when it starts; with `torch`, that is imported once for all its submissions.

    tree: writes what students may import for an assignment into a folder
    Raises SandboxError where it does not isolate.
    """
    key = (assignment, kind, tree, torch, limits)
    if key in _open:
        try:
            _open[key][0].settle()
        except SandboxError:
            discard()  # the one before spoiled it: no fault of the one that comes now
    if key not in _open:
        folder = scratch_folder.make()
        preload = ("matplotlib.pyplot", *(["torch"] if torch else []))
        sandbox = Sandbox(tree(folder / "tree", assignment), limits, kind=kind, preload=preload)
        _open[key] = sandbox, folder
        try:
            probe.check(sandbox, kind)
        except BaseException:
            discard()
            raise
    return _open[key][0]


def discard() -> None:
    """End all sandboxes of this process; the next submission starts a new one."""
    while _open:
        sandbox, folder = _open.popitem()[1]
        try:
            sandbox.close()
        finally:
            scratch_folder.remove(folder)


atexit.register(discard)
