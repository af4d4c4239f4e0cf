"""Tar archives that strangers made, with gzip or without, read entry by entry within a budget."""

from __future__ import annotations

import contextlib
import gzip
import tarfile
import tempfile
from collections.abc import Iterator
from typing import IO

from autograder.unpacking.entry import MAX_ENTRY, MIB, Broken, Budget, Entry, normal, too_large, unsafe


@contextlib.contextmanager
def expanded(source: IO[bytes], budget: Budget) -> Iterator[IO[bytes]]:
    """A tar as it is without gzip. Raises Broken where that is too much."""
    is_packed = source.read(2) == b"\x1f\x8b"
    source.seek(0)
    if not is_packed:
        yield source
        return
    room = budget.total + 4 * tarfile.BLOCKSIZE * budget.entries
    with tempfile.TemporaryFile() as plain, gzip.GzipFile(fileobj=source) as packed:
        while part := packed.read(MIB):
            if (room := room - len(part)) < 0:
                raise Broken(budget.too_much())
            plain.write(part)
        plain.seek(0)
        yield plain


def read(source: IO[bytes], budget: Budget) -> Iterator[Entry]:
    """The files in a tar. Raises Broken or an error of the library's where it is damaged."""
    seen: set[str] = set()
    with tarfile.open(fileobj=source, mode="r:", encoding="utf-8", errors="surrogateescape") as archive:
        for info in archive:
            if not 0 <= info.size < 2**60:
                raise Broken("an entry has a size that cannot be")
            name = normal(info.name)
            reason = unsafe(info.name.removeprefix("./")) or _refused(info)
            reason = reason or ("a second entry has the same name" if name in seen else "")
            if gone := budget.take(0 if reason or info.isdir() else info.size):
                yield Entry(name, refused=gone)
                return
            if reason:
                yield Entry(name, refused=reason)
            elif not info.isdir():
                seen.add(name)
                yield Entry(name, _content(archive, info))
        source.seek(archive.offset)  # where the library ends without a word, be it at the end or at what is no header
        if source.read(tarfile.BLOCKSIZE).strip(b"\0"):
            raise Broken("a header in it is damaged")


def _refused(info: tarfile.TarInfo) -> str:
    if info.issym() or info.islnk():
        return "it is a link"
    if info.issparse():
        return "it is stored with holes in it"
    if not info.isreg() and not info.isdir():
        return "it is no file"
    return too_large() if info.size > MAX_ENTRY else ""


def _content(archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(info)
    assert file is not None, info  # as of every regular file
    return file.read()
