"""Tar archives that strangers made, with gzip or without, read header by header within a budget."""

from __future__ import annotations

import contextlib
import gzip
import tarfile
import tempfile
from collections.abc import Iterator
from typing import IO

from autograder.unpacking.entry import MAX_ENTRY, MAX_NAME, MIB, Broken, Budget, Entry, normal, too_large, unsafe

MAX_HEADER, MAX_CHAIN = MIB, 8  # bytes of a header, and headers before one entry
_LONG = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
_HEADERS = (*_LONG, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)


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
    """Headers one behind the other; Python's own reader goes down a level for each, and takes sizes on trust."""
    seen: set[str] = set()
    for info in _members(source):
        name = normal(info.name)
        reason = unsafe(info.name.removeprefix("./")) or _refused_in_tar(info)
        reason = reason or ("a second entry has the same name" if name in seen else "")
        if gone := budget.take(0 if reason or info.isdir() else info.size):
            yield Entry(name, refused=gone)
            return
        if info.isdir():
            continue
        if reason:
            yield Entry(name, refused=reason)
            continue
        seen.add(name)
        source.seek(info.offset_data)
        yield Entry(name, _exactly(source, info.size))


def _refused_in_tar(info: tarfile.TarInfo) -> str:
    if info.issym() or info.islnk():
        return "it is a link"
    if info.type == tarfile.GNUTYPE_SPARSE:
        return "it is stored with holes in it"
    if not info.isreg() and not info.isdir():
        return "it is no file"
    return too_large() if info.size > MAX_ENTRY else ""


def _members(source: IO[bytes]) -> Iterator[tarfile.TarInfo]:
    """What a tar's headers tell, long names and sizes of the headers before them put in."""
    said: dict[str, str] = {}
    chain = 0
    if not source.read(1):
        raise Broken("it is empty")
    source.seek(0)
    while block := source.read(tarfile.BLOCKSIZE):
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            return
        info.offset_data = source.tell()
        if info.size < 0:
            raise Broken("an entry has a size below zero")
        if info.type in _HEADERS:
            if (chain := chain + 1) > MAX_CHAIN:
                raise Broken(f"more than {MAX_CHAIN} headers stand before an entry")
            said |= _more(info.type, _header(source, info))
            continue
        if any(key.startswith("GNU.sparse.") for key in said):
            info.type = tarfile.GNUTYPE_SPARSE
        info.name = said.get("path", info.name)
        info.size = _whole(said.get("size", info.size))
        if info.type == tarfile.GNUTYPE_SPARSE:
            _skip_holes(source, info, block)
        has_data = info.isreg() or info.type not in tarfile.SUPPORTED_TYPES
        behind = info.offset_data + (-(-info.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE if has_data else 0)
        yield info
        source.seek(behind)
        said, chain = {}, 0


def _header(source: IO[bytes], info: tarfile.TarInfo) -> bytes:
    """The text of a header that says more about the entry behind it."""
    is_long = info.type in _LONG
    if info.size > (MAX_NAME + 1 if is_long else MAX_HEADER):
        raise Broken(f"a name in it has more than {MAX_NAME:,} bytes" if is_long else "a header in it is too large")
    content = _exactly(source, info.size)
    source.seek(-info.size % tarfile.BLOCKSIZE, 1)
    return content


def _more(kind: bytes, content: bytes) -> dict[str, str]:
    """What such a header says, by pax's names; of links, and of all entries together, nothing is needed."""
    if kind == tarfile.GNUTYPE_LONGNAME:
        return {"path": content.partition(b"\0")[0].decode(errors="surrogateescape")}
    said: dict[str, str] = {}
    at = 0
    while at < len(content) and kind in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE):
        digits = content[at : at + 20].partition(b" ")[0]
        begin, end = at + len(digits) + 1, at + int(digits)
        if not begin < end <= len(content):
            raise Broken("a header in it is damaged")
        key, _, value = content[begin:end].removesuffix(b"\n").partition(b"=")
        said[key.decode(errors="replace")] = value.decode(errors="surrogateescape")
        at = end
    return said


def _whole(size: str | int) -> int:
    if not 0 <= (found := int(size)) < 2**60:
        raise Broken("an entry has a size that cannot be")
    return found


def _skip_holes(source: IO[bytes], info: tarfile.TarInfo, block: bytes) -> None:
    """Go behind the list of holes of GNU's older form, which goes on while a byte says so."""
    goes_on = block[482] if block[257:265] == tarfile.GNU_MAGIC else 0
    while goes_on:
        goes_on = _exactly(source, tarfile.BLOCKSIZE)[504]
    info.offset_data = source.tell()


def _exactly(source: IO[bytes], size: int) -> bytes:
    content = source.read(size)
    if len(content) < size:
        raise Broken("it ends too early")
    return content
