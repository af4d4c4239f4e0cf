"""Scratch folders in memory that carry their owner's process number, so that those of a killed process can be removed."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "autograder-"


def make() -> Path:
    """A fresh folder that everybody may enter and only this account may change; those of dead processes are removed first."""
    base = Path("/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir())
    for old in base.glob(f"{PREFIX}*-*"):
        owner = old.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists() and old.lstat().st_uid == os.geteuid():
            shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=base))
    folder.chmod(0o755)
    return folder
