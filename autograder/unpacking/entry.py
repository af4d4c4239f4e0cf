"""What a stranger's archive or folder holds, how much of it may be read, and which names a file may have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

MIB = 2**20
MAX_ENTRY = 64 * MIB
MAX_TOTAL = 4 * 2**30
MAX_ENTRIES = 50_000
MAX_RATIO = 300  # an entry over a mebibyte that grows more than this is made to fill a disk
HANDED_IN, HANDED_IN_ENTRIES = 4 * MAX_ENTRY, 1000  # of what one person handed in as an archive
MAX_NAME = 1000


class Broken(Exception):
    """An archive that cannot be read on."""


@dataclass(frozen=True)
class Entry:
    """A file of an archive or folder: its name with "/" between parts, and its bytes, or why it was not taken."""

    name: str
    data: bytes = b""
    refused: str = ""


@dataclass
class Budget:
    """What may still be read. what: of which it is"""

    total: int = MAX_TOTAL
    entries: int = MAX_ENTRIES
    what: str = "the archive"

    def __post_init__(self) -> None:
        self._most = (self.total, self.entries)

    def take(self, size: int) -> str:
        """Why an entry that would have this size, and all behind it, cannot be read any more; "" where it can."""
        self.entries -= 1
        self.total -= size
        if self.entries < 0:
            return f"{self.what} has more than {self._most[1]:,} entries; nothing from here on was read"
        return f"{self.too_much()}; nothing from here on was read" if self.total < 0 else ""

    def is_gone(self) -> bool:
        """Whether nothing may be read any more."""
        return self.entries < 0 or self.total < 0

    def too_much(self) -> str:
        """The reason where its files together are too large."""
        most = self._most[0]
        size = f"{most // 2**30} GiB" if most >= 2**30 else f"{most / MIB:.3g} MiB"
        return f"{self.what} expands to more than {size}"


def too_large() -> str:
    """The reason for a file that is larger than a submission may be."""
    return f"it is larger than {MAX_ENTRY // MIB} MiB"


def normal(name: str) -> str:
    """A name without what a file system overlooks in it, so that equal places have equal names."""
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def unsafe(name: str) -> str:
    """Why a name could lead somewhere else, or says nothing; "" where it is plain."""
    parts = PurePosixPath(name).parts
    if name.startswith(("/", "\\")) or name[1:2] == ":" or ".." in parts or ".." in name.split("\\"):
        return "its name leads out of the archive"
    if (
        not parts
        or "\0" in name
        or len(name.encode(errors="replace")) > MAX_NAME
        or any(len(p.encode(errors="replace")) > 255 for p in parts)
    ):
        return "its name cannot be a file's"
    try:
        name.encode()
    except UnicodeError:
        return "its name is in no known encoding"
    return ""
