"""Archives that strangers made, read entry by entry within a budget.

`main` is the process in which what was handed in is read: the archive on its standard input, its answer on its standard output.
"""

from __future__ import annotations

import json
import resource
import stat
import zipfile
from collections.abc import Iterator
from typing import IO

from autograder.unpacking import tars
from autograder.unpacking.entry import (
    HANDED_IN,
    HANDED_IN_ENTRIES,
    MAX_ENTRY,
    MAX_NAME,
    MAX_RATIO,
    MIB,
    Broken,
    Budget,
    Entry,
    is_hidden,
    normal,
    too_large,
    unsafe,
)

MEMORY, CPU = 1024 * MIB, 20  # of the process
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def is_archive(data: bytes) -> bool:
    """Whether some bytes are an archive of a known kind."""
    return _is_zip(data) or data[:2] == b"\x1f\x8b" or data[257:262] == b"ustar"


def _is_zip(start: bytes) -> bool:
    return start[:4] in (b"PK\x03\x04", b"PK\x05\x06")  # an entry, or the end of one without any


def read(source: IO[bytes], budget: Budget) -> Iterator[Entry]:
    """The files in an archive, hidden ones left out. Raises Broken where it cannot be read, or not to its end."""
    try:
        # By how it begins: what was handed in and lies at an archive's end may be an archive as well.
        source.seek(0)
        is_zip = _is_zip(source.read(4))
        source.seek(0)
        if is_zip:
            with zipfile.ZipFile(source) as archive:
                yield from _zip(archive, budget)
            return
        with tars.expanded(source, budget) as plain:
            yield from tars.read(plain, budget)
    except Broken:
        raise
    except MemoryError:
        raise Broken("it takes more memory than an honest one") from None
    except RecursionError:  # the library goes down a level for each header before an entry
        raise Broken("its headers go on without end") from None
    except Exception as error:  # whatever the library raises on what nobody's program wrote
        raise Broken(str(error) or type(error).__name__) from None


def _zip(archive: zipfile.ZipFile, budget: Budget) -> Iterator[Entry]:
    infos = archive.infolist()
    # The library looks for the list from the end, and so finds that of an archive which lies there.
    if infos and 0 < min(info.header_offset for info in infos) < archive.start_dir:
        raise Broken("its list is that of another archive inside it: it was cut off, so download it again")
    seen: set[str] = set()
    for info in infos:
        raw = _zip_name(info)
        name = normal(raw)
        is_left_out = raw.endswith("/") or is_hidden(name)
        reason = "" if is_left_out else unsafe(raw) or _refused(info)
        reason = reason or ("a second entry has the same name" if name in seen else "")
        if (refusal := budget.refusal(name, 0 if is_left_out else info.file_size, reason)) is not None:
            yield refusal
            if refusal.ends:
                return
        elif not is_left_out:
            seen.add(name)
            yield _unpacked(archive, info, name)


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Entry:
    try:
        with archive.open(info) as file:
            return Entry(name, file.read(info.file_size))
    except Exception as error:
        return Entry(name, refused=f"it cannot be unpacked: {error}")


def _refused(info: zipfile.ZipInfo) -> str:
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a link"
    if info.flag_bits & 1:
        return "it is encrypted"
    if info.compress_type not in _METHODS:
        method = zipfile.compressor_names.get(info.compress_type, f"method {info.compress_type}")  # type: ignore[attr-defined]
        return f"it is compressed by {method}, and only deflate is read, as nearly all programs write it"
    if info.file_size > MIB and info.file_size > MAX_RATIO * max(info.compress_size, 1):
        return f"it would grow from {info.compress_size:,} to {info.file_size:,} bytes"
    return too_large() if info.file_size > MAX_ENTRY else ""


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The name as it was meant: many programs write UTF-8 and do not say so."""
    if info.flag_bits & 0x800:
        return info.orig_filename.replace("\\", "/") if "/" not in info.orig_filename else info.orig_filename
    try:
        name = info.orig_filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        name = info.orig_filename
    return name.replace("\\", "/") if "/" not in name else name


def main() -> None:
    """Read what was handed in: a line of JSON for each entry, [name, size, reason], and its bytes; last ["", -1, why it is broken]."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * HANDED_IN, 2 * HANDED_IN))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    broken = ""
    with open(0, "rb") as source, open(1, "wb") as answer:
        try:
            for entry in read(source, Budget(HANDED_IN, HANDED_IN_ENTRIES)):
                line = json.dumps([entry.name[:MAX_NAME], len(entry.data), entry.refused[:MAX_NAME]])
                answer.write(line.encode() + b"\n" + entry.data)
        except Broken as error:
            broken = str(error)[:MAX_NAME]
        answer.write(json.dumps(["", -1, broken]).encode() + b"\n")
