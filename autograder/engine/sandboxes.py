"""The sandbox of each assignment, started once in a process and used for all its submissions."""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.sandbox import Limits, Sandbox, probe, tree

_open: dict[tuple[Any, ...], tuple[Sandbox, Callable[[], None]]] = {}


def sandbox_for(assignment: str, kind: str, limits: dict[str, float]) -> Sandbox:
    """The sandbox of an assignment, probed when it starts. Raises SandboxError where it does not isolate."""
    key = (assignment, kind, tuple(sorted(limits.items())))
    if key not in _open:
        folder = tempfile.TemporaryDirectory(prefix="autograder-")
        Path(folder.name).chmod(0o755)
        sandbox = Sandbox(tree.build(Path(folder.name) / "tree", assignment), Limits(**limits), kind=kind)  # type: ignore[arg-type]
        _open[key] = sandbox, folder.cleanup
        try:
            probe.check(sandbox, kind)
        except BaseException:
            discard()
            raise
    return _open[key][0]


def discard() -> None:
    """End all sandboxes of this process; the next submission starts a new one."""
    while _open:
        sandbox, cleanup = _open.popitem()[1]
        sandbox.close()
        cleanup()


atexit.register(discard)
