"""Folders into which strangers write, perhaps at this moment: what is looked at is what is read, and no link is followed."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from autograder.unpacking.entry import MAX_ENTRY, MAX_RATIO, MIB, Budget, Entry, is_hidden, normal, too_large, unsafe

MAX_DEPTH = 100
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_REASONS = {errno.ELOOP: "it is a link", errno.ENXIO: "it is no file"}


@contextlib.contextmanager
def opened(name: str | Path, inside: int | None = None) -> Iterator[int]:
    """A file or folder, without waiting for anybody; inside an open folder: never through a link. Raises OSError."""
    descriptor = os.open(name, _FLAGS | (os.O_NOFOLLOW if inside is not None else 0), dir_fd=inside)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def in_folder(place: Path | int, budget: Budget | None = None) -> Iterator[Entry]:
    """The files in a folder, or in one that is open; links refused, hidden ones left out."""
    budget = budget or Budget(what="the folder")
    with contextlib.nullcontext(place) if isinstance(place, int) else opened(place) as descriptor:
        yield from _walk(descriptor, "", budget)


def from_file(path: Path, name: str) -> Entry:
    """One file that a person named."""
    try:
        with opened(path) as descriptor:
            return _read(descriptor, name, Budget())
    except OSError as error:
        return Entry(name, refused=f"it cannot be read: {error.strerror}")


def _walk(folder: int, above: str, budget: Budget) -> Iterator[Entry]:
    with os.scandir(folder) as found:  # one more than may be read tells that there are more
        names = sorted(entry.name for entry in itertools.islice(found, budget.entries + 1))
    for name in names:
        if budget.is_gone():
            return
        whole = f"{above}{name}"
        try:
            yield from _entry(folder, name, whole, budget)
        except OSError as error:
            reason = _REASONS.get(error.errno or 0, f"it cannot be read: {error.strerror}")
            yield from _said(budget.refusal(whole, 0, reason))


def _entry(folder: int, name: str, whole: str, budget: Budget) -> Iterator[Entry]:
    """What has a name in a folder that is open: a file, or those in it. Raises OSError where it cannot be opened."""
    if is_hidden(name):
        yield from _said(budget.refusal(whole, 0))
        return
    with opened(name, folder) as descriptor:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            yield _read(descriptor, whole, budget)
            return
        reason = "its folders are nested too deeply" if whole.count("/") >= MAX_DEPTH else ""
        if (refusal := budget.refusal(whole, 0, reason)) is not None:
            yield from _said(refusal)
        else:
            yield from _walk(descriptor, f"{whole}/", budget)


def _said(refusal: Entry | None) -> list[Entry]:
    """What is said of a file that is not read, under a name that can be written."""
    return [] if refusal is None else [replace(refusal, name=refusal.name.encode(errors="replace").decode())]


def _read(descriptor: int, name: str, budget: Budget) -> Entry:
    """A file that is open, unless it is none, or larger than it may be."""
    found = os.fstat(descriptor)
    reason = unsafe(name) or ("" if stat.S_ISREG(found.st_mode) else "it is no file")
    if not reason and found.st_size > MAX_ENTRY:
        reason = too_large()
    if not reason and _is_hollow(descriptor, found):
        reason = f"nearly nothing of its {found.st_size:,} bytes was ever written"
    if (refusal := budget.refusal(name, found.st_size, reason)) is not None:
        return _said(refusal)[0]
    with open(descriptor, "rb", closefd=False) as file:
        data = file.read(found.st_size)
    return Entry(normal(name), data, changed=os.fstat(descriptor).st_ctime)


def _is_hollow(descriptor: int, found: os.stat_result) -> bool:
    """Whether a large file takes up nearly no room, and by holes, not because its file system packs well."""
    if found.st_size <= MIB or found.st_blocks * 512 * MAX_RATIO >= found.st_size:
        return False
    return os.lseek(descriptor, 0, os.SEEK_HOLE) < found.st_size
