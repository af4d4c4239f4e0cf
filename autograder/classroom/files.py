"""Files that are there whole or not at all, whenever the power goes."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from autograder.classroom.refusal import Refusal

SIGN = ".made-by-autograder"  # in a folder outside of the class that a command may replace


@contextlib.contextmanager
def replacing(path: Path, mode: int | None = None) -> Iterator[IO[bytes]]:
    """A new file that takes a path's place once it is whole; where anything goes wrong, what was there stays.

    mode: who may read it; else as the file before it, or as any new file
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if mode is None and path.is_file():
        mode = stat.S_IMODE(path.stat().st_mode)
    # Nobody can have put a link to another file where a name cannot be guessed.
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(fresh, flags, 0o666 if mode is None else 0o600)
    try:
        with open(descriptor, "wb") as file:
            if mode is not None:
                os.fchmod(descriptor, mode)
            yield file
            file.flush()
            os.fsync(descriptor)
        os.replace(fresh, path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    _keep(path.parent)


def put(path: Path, content: bytes) -> bool:
    """Write a file in one step; returns whether anything changed."""
    if path.is_file() and path.read_bytes() == content:
        return False
    with replacing(path) as file:
        file.write(content)
    return True


def put_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder in the place of what is there; a run that ends between the two steps is healed by the next one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh, old = (folder.with_name(f".{folder.name}.{kind}") for kind in ("new", "old"))
    if not os.path.lexists(folder) and old.is_dir():
        os.rename(old, folder)
    for path in (fresh, old):
        remove(path)
    fresh.mkdir()
    for name, content in files.items():
        path = fresh / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    for path in (*fresh.rglob("*"), fresh):
        if path.is_dir():
            _keep(path)
    if os.path.lexists(folder):
        os.rename(folder, old)
    os.rename(fresh, folder)
    _keep(folder.parent)
    remove(old)


def lay_out(folder: Path, files: Mapping[str, bytes], command: str, own: Path) -> None:
    """Write a folder that a person may have named. Raises Refusal as `check_replaceable` does."""
    check_replaceable(folder, command, own)
    sign = {} if _same(folder, own) else {SIGN: f"{command}\n".encode()}
    put_folder(folder, {**files, **sign})


def check_replaceable(folder: Path, command: str, own: Path) -> None:
    """Raises Refusal where a folder holds something that a command would remove and has not written itself.

    own: the class's own place for what the command writes
    """
    if not os.path.lexists(folder) or _same(folder, own) or (folder.is_dir() and not any(folder.iterdir())):
        return
    sign = folder / SIGN
    if not (sign.is_file() and sign.read_text(encoding="utf-8", errors="replace").strip() == command):
        raise Refusal(
            f"{folder} holds something that `autograder {command}` has not written there and would remove: "
            "name a new or an empty folder, or empty this one yourself"
        )


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _keep(folder: Path) -> None:
    """See to it that the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a folder with what is in it, read-only files too; of a link the link alone."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        for inner in path.rglob("*"):
            if inner.is_dir() and not inner.is_symlink():
                inner.chmod(0o755)
        shutil.rmtree(path)


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder by name, hidden ones and links left out."""
    found = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        relative = path.relative_to(folder)
        if path.is_file() and not path.is_symlink() and not any(part.startswith(".") for part in relative.parts):
            found[relative.as_posix()] = path.read_bytes()
    return found
