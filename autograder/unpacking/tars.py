"""Tar archives that strangers made, with gzip or without, read entry by entry within a budget."""

from __future__ import annotations

import contextlib
import gzip
import tarfile
import tempfile
from collections.abc import Iterator
from typing import IO, Literal

from autograder.unpacking.entry import MAX_ENTRY, MIB, Broken, Budget, Entry, is_hidden, normal, too_large, unsafe

MAX_PAX, MAX_LONG_NAME = MIB // 16, 2 * MIB  # bytes; a file's name has at most some thousands


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


class _Header(tarfile.TarInfo):
    """A header of an entry, and those before it, which may have any length: the library reads them whole, and by slow patterns."""

    def _proc_member(
        self, archive: tarfile.TarFile
    ) -> tarfile.TarInfo | None:  # the library lets a subclass override it
        most = {tarfile.GNUTYPE_LONGNAME: MAX_LONG_NAME, tarfile.GNUTYPE_LONGLINK: MAX_LONG_NAME}
        most |= dict.fromkeys((tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE), MAX_PAX)
        if self.size > most.get(self.type, self.size):
            raise Broken(f"a header of {self.size:,} bytes takes more memory than an honest one")
        return super()._proc_member(archive)  # type: ignore[misc, no-any-return]


def opened(source: IO[bytes], mode: Literal["r:", "r:*"] = "r:") -> tarfile.TarFile:
    """A tar; "r:*" for one that may be compressed. Reading it raises Broken for headers that no honest program writes."""
    return tarfile.open(fileobj=source, mode=mode, encoding="utf-8", errors="surrogateescape", tarinfo=_Header)


def read(source: IO[bytes], budget: Budget) -> Iterator[Entry]:
    """The files in a tar; of two with one name the later one counts, as for `tar`. Hidden ones are left out.

    Raises Broken or an error of the library's where it is damaged.
    """
    with opened(source) as archive:
        for info in archive:
            if not 0 <= info.size < 2**60:
                raise Broken("an entry has a size that cannot be")
            name = normal(info.name)
            is_left_out = info.isdir() or is_hidden(name)
            reason = "" if is_left_out else unsafe(info.name.removeprefix("./")) or _refused(info)
            if (refusal := budget.refusal(name, 0 if is_left_out else info.size, reason)) is not None:
                yield refusal
                if refusal.ends:
                    return
            elif not is_left_out:
                yield Entry(name, _content(archive, info))
        source.seek(archive.offset)  # where the library ends without a word, be it at the end or at what is no header
        _check_end(source)


def _check_end(source: IO[bytes]) -> None:
    """Raises Broken where an archive is not all that is there."""
    if source.read(tarfile.BLOCKSIZE).strip(b"\0"):
        raise Broken("a header in it is damaged")
    while part := source.read(MIB):
        if part.strip(b"\0"):
            raise Broken("behind its end there is more, such as a second archive; make one archive of both")


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
