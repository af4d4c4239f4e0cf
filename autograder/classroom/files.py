"""Files that are there whole or not at all, whenever the power goes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from autograder.classroom.refusal import Refusal


def put(path: Path, content: bytes) -> bool:
    """Write a file in one step; returns whether anything changed."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    with open(fresh, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    return True


def put_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder in one step, in the place of what is there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh, old = (folder.with_name(f".{folder.name}.{kind}") for kind in ("new", "old"))
    for path in (fresh, old):
        remove(path)
    fresh.mkdir()
    for name, content in files.items():
        path = fresh / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if folder.exists():
        os.rename(folder, old)
    os.rename(fresh, folder)
    remove(old)


def remove(folder: Path) -> None:
    """Remove a folder with what is in it, read-only files too."""
    if not folder.is_symlink() and folder.is_dir():
        for inner in folder.rglob("*"):
            if inner.is_dir() and not inner.is_symlink():
                inner.chmod(0o755)
        shutil.rmtree(folder)


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder by name, hidden ones and links left out."""
    found = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        relative = path.relative_to(folder)
        if path.is_file() and not path.is_symlink() and not any(part.startswith(".") for part in relative.parts):
            found[relative.as_posix()] = path.read_bytes()
    return found


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold a lock that ends with this process. Raises Refusal where another one holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refusal(f"another run holds {path}; wait until it has ended") from None
        yield
