"""Scratch folders in memory, each locked by its owner, so that those of a killed process can be told and removed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "autograder-scratch-"  # nobody else names a folder so
_locks: dict[Path, int] = {}


def make() -> Path:
    """A fresh folder that everybody may enter and only this account may change; those of dead processes are removed first."""
    base = Path("/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir())
    for old in base.glob(f"{PREFIX}*"):
        if (lock := _lock(old)) is not None:
            shutil.rmtree(old, ignore_errors=True)
            os.close(lock)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
        # Somebody who tidies up may have found it before it was locked.
        if (lock := _lock(folder)) is not None and folder.exists():
            _locks[folder] = lock
            folder.chmod(0o755)
            return folder


def remove(folder: Path) -> None:
    """Remove a folder that `make` made."""
    shutil.rmtree(folder, ignore_errors=True)
    os.close(_locks.pop(folder))


def _lock(folder: Path) -> int | None:
    """Lock an own folder as long as this process lives. None where another process has it, in whatever namespace."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_uid == os.geteuid():
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None
