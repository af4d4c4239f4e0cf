"""Where this process finds the programs that nbgrader starts by name (it runs `alembic` for a new gradebook)."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def put_programs_on_path() -> None:
    """Let this environment's own programs be found first, also when Python was started by its full path."""
    here = str(Path(sys.executable).parent)
    parts = os.environ.get("PATH", os.defpath).split(os.pathsep)
    if parts[0] != here:
        os.environ["PATH"] = os.pathsep.join([here, *parts])
