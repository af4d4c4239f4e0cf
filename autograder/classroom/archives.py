"""Archives that strangers made: read in memory, entry by entry, within limits; nothing in them decides where anything is written."""

from __future__ import annotations

import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.classroom.refusal import Refusal

MAX_ENTRY = 64 * 2**20
MAX_TOTAL = 4 * 2**30
MAX_ENTRIES = 50_000
MAX_RATIO = 300  # an entry over a mebibyte that grows more than this is made to fill a disk
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, NotImplementedError, ValueError)


@dataclass(frozen=True)
class Entry:
    """A file of an archive or folder: its name with "/" between parts, and its bytes, or why it was not taken."""

    name: str
    data: bytes = b""
    refused: str = ""


@dataclass
class Budget:
    """What may still be read."""

    total: int = MAX_TOTAL
    entries: int = MAX_ENTRIES

    def take(self, size: int) -> str:
        """Why something of this size cannot be read any more; "" where it can."""
        self.entries -= 1
        if self.entries < 0:
            return f"the archive has more than {MAX_ENTRIES:,} entries"
        self.total -= size
        return f"the archive expands to more than {MAX_TOTAL // 2**30} GiB" if self.total < 0 else ""


def is_archive(data: bytes) -> bool:
    """Whether some bytes are an archive of a known kind."""
    return data[:4] == b"PK\x03\x04" or data[:2] == b"\x1f\x8b" or data[257:262] == b"ustar"


def entries(path: Path) -> Iterator[Entry]:
    """The files in an archive. Raises Refusal where it cannot be read at all."""
    if not path.is_file():
        raise Refusal(f"no file {path}")
    with open(path, "rb") as file:
        start = file.read(512)
    if not start:
        raise Refusal(f"{path} is empty")
    if not is_archive(start) and not zipfile.is_zipfile(path):
        what = (
            "a web page: you may have been logged out when it was downloaded"
            if b"<html" in start.lower()
            else "no archive"
        )
        raise Refusal(f"{path} is {what}")
    yield from _read(path, str(path), Budget())


def inner(data: bytes, budget: Budget | None = None) -> Iterator[Entry]:
    """The files in an archive that was handed in. Raises Refusal where it cannot be read at all."""
    yield from _read(
        io.BytesIO(data), "the archive that was handed in", budget or Budget(total=4 * MAX_ENTRY, entries=1000)
    )


def _read(source: Path | io.BytesIO, told: str, budget: Budget) -> Iterator[Entry]:
    try:
        if zipfile.is_zipfile(source):
            with zipfile.ZipFile(source) as archive:
                yield from _zip(archive, budget)
        else:
            if isinstance(source, io.BytesIO):
                source.seek(0)
            opened = tarfile.open(source) if isinstance(source, Path) else tarfile.open(fileobj=source)
            with opened as tar:
                yield from _tar(tar, budget)
    except (*_BROKEN, OSError) as error:
        raise Refusal(f"{told} is broken: {error}") from None


def _zip(archive: zipfile.ZipFile, budget: Budget) -> Iterator[Entry]:
    seen: set[str] = set()
    for info in archive.infolist():
        name = _zip_name(info)
        if name.endswith("/"):
            continue
        mode = info.external_attr >> 16
        reason = unsafe(name) or _link(stat.S_ISLNK(mode)) or ("it is encrypted" if info.flag_bits & 1 else "")
        if not reason and name in seen:
            reason = "a second entry has the same name"
        if not reason and info.file_size > 2**20 and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            reason = f"it would grow from {info.compress_size:,} to {info.file_size:,} bytes"
        if reason:
            yield Entry(name, refused=reason)
            continue
        seen.add(name)
        try:
            with archive.open(info) as file:
                yield _entry(name, file, budget)
        except (*_BROKEN, RuntimeError, OSError) as error:
            yield Entry(name, refused=f"it cannot be unpacked: {error}")


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The name as it was meant: many programs write UTF-8 and do not say so."""
    if info.flag_bits & 0x800:
        return info.orig_filename.replace("\\", "/") if "/" not in info.orig_filename else info.orig_filename
    try:
        name = info.orig_filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        name = info.orig_filename
    return name.replace("\\", "/") if "/" not in name else name


def _tar(tar: tarfile.TarFile, budget: Budget) -> Iterator[Entry]:
    seen: set[str] = set()
    for info in tar:
        name = info.name.removeprefix("./")
        if info.isdir():
            continue
        reason = unsafe(name) or _link(info.issym() or info.islnk()) or ("" if info.isreg() else "it is no file")
        if not reason and name in seen:
            reason = "a second entry has the same name"
        file = None if reason else tar.extractfile(info)
        if file is None:
            yield Entry(name, refused=reason or "it is no file")
            continue
        seen.add(name)
        yield _entry(name, file, budget)


def _entry(name: str, file: object, budget: Budget) -> Entry:
    data = file.read(MAX_ENTRY + 1)  # type: ignore[attr-defined]
    reason = budget.take(len(data))
    if len(data) > MAX_ENTRY:
        reason = too_large()
    return Entry(name, refused=reason) if reason else Entry(name, data)


def too_large() -> str:
    """The reason for a file that is larger than a submission may be."""
    return f"it is larger than {MAX_ENTRY // 2**20} MiB"


def _link(is_link: bool) -> str:
    return "it is a link" if is_link else ""


def unsafe(name: str) -> str:
    """Why a name could lead somewhere else, or says nothing; "" where it is plain."""
    parts = PurePosixPath(name).parts
    if name.startswith(("/", "\\")) or name[1:2] == ":" or ".." in parts or ".." in name.split("\\"):
        return "its name leads out of the archive"
    if (
        not parts
        or "\0" in name
        or len(name.encode(errors="replace")) > 1000
        or any(len(p.encode(errors="replace")) > 255 for p in parts)
    ):
        return "its name cannot be a file's"
    try:
        name.encode()
    except UnicodeError:
        return "its name is in no known encoding"
    return ""


def in_folder(folder: Path) -> Iterator[Entry]:
    """The files in a folder, links and hidden ones refused or left out."""
    budget = Budget()
    try:
        found = sorted(folder.rglob("*"))
    except RecursionError:
        yield Entry(folder.name, refused="its folders are nested too deeply")
        return
    for path in found:
        relative = path.relative_to(folder)
        if any(part.startswith(".") for part in relative.parts):
            continue
        name = relative.as_posix()
        if path.is_symlink():
            yield Entry(name, refused="it is a link")
        elif path.is_file():
            yield from_file(path, name, budget)


def from_file(path: Path, name: str, budget: Budget) -> Entry:
    """One file of a folder."""
    if reason := unsafe(name):
        return Entry(name.encode(errors="replace").decode(), refused=reason)
    if path.stat().st_size > MAX_ENTRY:
        return Entry(name, refused=too_large())
    try:
        with open(path, "rb") as file:
            return _entry(name, file, budget)
    except OSError as error:
        return Entry(name, refused=f"it cannot be read: {error.strerror}")
