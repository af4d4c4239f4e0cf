"""Locks on files of a class. They end with the process that holds them, however it ends, and say which process that is."""

from __future__ import annotations

import datetime
import fcntl
import itertools
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from autograder.engine.errors import GradingError

PAUSE = 0.02  # seconds between two tries
MAX_SHOWN = 300


@contextmanager
def held(path: Path, *, shared: bool = False, patience: float = 0.0) -> Iterator[None]:
    """Hold a lock. Raises GradingError, which says what runs since when, where another one holds it.

    shared: beside all who share it, without a name in it; patience: for how many seconds to wait
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + patience
    while (file := _taken(path, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)) is None:
        if time.monotonic() >= end:
            raise GradingError(f"another run holds {path}{_holder(path)}; wait until it has ended, then try again")
        time.sleep(PAUSE)
    with file:
        if shared:
            yield
            return
        file.truncate(0)  # of a run that was killed
        file.write(_own())
        file.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _taken(path: Path, kind: int) -> IO[str] | None:
    """The file, locked; None where another one holds it."""
    while True:
        file = open(path, "a+", encoding="utf-8")
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        except BlockingIOError:
            file.close()
            return None
        except FileNotFoundError:
            pass
        file.close()  # its holder has removed it meanwhile


def _own() -> str:
    """Which command this process is, without its options: one of them may be an address with a password."""
    program = Path(sys.argv[0])
    name = program.parent.name if program.name == "__main__.py" else program.name
    words = itertools.takewhile(lambda word: not word.startswith("-"), sys.argv[1:])
    since = datetime.datetime.now().astimezone().isoformat(" ", timespec="seconds")
    return f"`{' '.join([name, *words])}`, process {os.getpid()} on {os.uname().nodename}, since {since}"


def _holder(path: Path) -> str:
    """What the holder has written of itself, for people."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")[:MAX_SHOWN]
    except FileNotFoundError:  # it has ended just now
        return ""
    return f" ({text})" if text else ""
