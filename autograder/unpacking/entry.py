"""What a stranger's archive or folder holds, how much of it may be read, and which names a file may have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

MIB = 2**20
MAX_ENTRY = 64 * MIB
MAX_TOTAL = 8 * 2**30  # 300 hand-ins of 20 MiB are 6 GiB
MAX_ENTRIES = 500_000
SHARE, SHARE_ENTRIES = MAX_ENTRY, 5000  # of one person's in what a whole class handed in
MAX_RATIO = 300  # an entry over a mebibyte that grows more than this is made to fill a disk
HANDED_IN, HANDED_IN_ENTRIES = 4 * MAX_ENTRY, 1000  # of what one person handed in as an archive
MAX_NAME = 1000


class Broken(Exception):
    """An archive that cannot be read on."""


@dataclass(frozen=True)
class Entry:
    """A file of an archive or folder: its name with "/" between parts, and its bytes, or why it was not taken.

    ends: whether nothing behind it was read either
    changed: when the file system last saw it change, in seconds; 0 in an archive
    """

    name: str
    data: bytes = b""
    refused: str = ""
    ends: bool = False
    changed: float = field(default=0.0, compare=False)


@dataclass
class Budget:
    """What may still be read. what: of which it is; owner: whose share of it a file's name counts to, where many have one"""

    total: int = MAX_TOTAL
    entries: int = MAX_ENTRIES
    what: str = "the archive"
    owner: Callable[[str], str] | None = None
    _shares: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._most = (self.total, self.entries)

    def refusal(self, name: str, size: int, reason: str = "") -> Entry | None:
        """What is said of a file that is not read: for a reason, or because its person or all have used up theirs; else None."""
        size = 0 if reason else size
        # What is beyond one person's share costs the others nothing.
        if beyond := self._beyond_share(name, size):
            return Entry(name, refused=beyond)
        self.entries -= 1
        self.total -= size
        if self.entries < 0:
            reason = f"{self.what} has more than {self._most[1]:,} entries"
        elif self.total < 0:
            reason = self.too_much()
        if self.is_gone():
            return Entry(name, refused=f"{reason}; nothing from here on was read", ends=True)
        return Entry(name, refused=reason) if reason else None

    def _beyond_share(self, name: str, size: int) -> str:
        if self.owner is None:
            return ""
        owner = self.owner(name)
        total, entries = self._shares.get(owner, (SHARE, SHARE_ENTRIES))
        if not entries:
            return f"more than {SHARE_ENTRIES:,} files and folders were handed in"
        self._shares[owner] = (total - size if size <= total else total, entries - 1)
        return f"more than {SHARE // MIB} MiB were handed in" if size > total else ""

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


def is_hidden(name: str) -> bool:
    """Whether a name's file, or a folder above it, is one of those that programs keep for themselves."""
    return any(part.startswith(".") and part not in (".", "..") for part in name.split("/"))


def unsafe(name: str) -> str:
    """Why a name could lead somewhere else, or do harm, or says nothing; "" where it is plain."""
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
    # A folder with such a file is a repository, and `git status` in it runs what its settings say.
    if any(part == "HEAD" or part.casefold() == ".git" for part in parts):
        return "its name belongs to a repository of Git's, whose settings can run commands"
    return ""
