"""A class in one file while it is in use, and back again."""

from __future__ import annotations

import datetime
import hashlib
import io
import json
import os
import re
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from autograder.classroom import files, move
from autograder.classroom.new_class import FOLDERS, configuration
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import GRADEBOOK, SETTINGS, Room
from autograder.settings import NAME
from autograder.unpacking import tars
from autograder.unpacking.entry import MAX_RATIO, MIB

MANIFEST = "manifest.json"
LEFT_OUT = ("backups", "handout", "exchange")
# Locks, and the page that leads a browser to the marks, which knows a secret while it is open.
OF_NOW = re.compile(r"\.autograder/(?:lock(?:-[^/]*)?|[^/]*\.lock|mark-[^/]*\.html)")
VERSION = 1


def require_free(room: Room, target: Path) -> None:
    """Raise Refusal where a backup would replace a file, or lie among those that it holds."""
    if target.exists():
        raise Refusal(f"{target} is there already, and no file is replaced: name another one")
    inside = target.resolve()
    if inside.is_relative_to(room.root) and inside.relative_to(room.root).parts[0] not in LEFT_OUT:
        raise Refusal(
            f"{target} would lie among the files of the class, and be in the next backup: backups/ is for them"
        )


def write(room: Room, target: Path, progress: Callable[..., Iterable[Path]]) -> int:
    """Write a class into one archive, whole or not at all; returns how many files are in it.

    The gradebook is copied as it was at one moment, whatever is written to it meanwhile. The class's lock is the caller's.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    found = list(_files(room.root))
    sums: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch:
        book = _gradebook(room, Path(scratch))
        with files.replacing(target, 0o600) as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as archive:
                for path in progress(found, len(found), "backup"):
                    _add(archive, path.relative_to(room.root).as_posix(), path.read_bytes(), path.stat().st_mtime, sums)
                _add(archive, "gradebook.db", book.read_bytes(), book.stat().st_mtime, sums)
                about = {"version": VERSION, "time": datetime.datetime.now(datetime.UTC).isoformat(), "files": sums}
                _add(archive, MANIFEST, json.dumps(about).encode(), 0, {})
    return len(sums)


def _files(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        name = relative.as_posix()
        # The gradebook is copied by itself; what students handed in may have any of these names further down.
        inside = (
            relative.parts[0] not in LEFT_OUT and not name.startswith("gradebook.db") and not OF_NOW.fullmatch(name)
        )
        if inside and path.is_file() and not path.is_symlink():
            yield path


def _gradebook(room: Room, scratch: Path) -> Path:
    """A copy of the gradebook at one moment, in SQLite whatever it is in."""
    target = scratch / "gradebook.db"
    url = make_url(room.folder.course.db_url)
    if url.get_backend_name() == "sqlite":
        with sqlite3.connect(str(url.database), timeout=60) as source, sqlite3.connect(target) as copy:
            source.backup(copy)
        return target
    server, copied = create_engine(url), create_engine(f"sqlite:///{target}")
    with server.connect() as reading:
        move.copy_all(reading, copied, lambda items, *_: items)
    server.dispose()
    copied.dispose()
    return target


def _add(archive: tarfile.TarFile, name: str, data: bytes, when: float, sums: dict[str, str]) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = len(data), int(when), 0o600
    archive.addfile(info, io.BytesIO(data))
    sums[name] = hashlib.sha256(data).hexdigest()


def restore(source: Path, folder: Path) -> int:
    """Make a class from a backup in a new folder; returns how many files are in it.

    Raises Refusal where the folder is not empty, or the archive is damaged or none of `backup`'s: then nothing is left behind.
    """
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refusal(f"{folder} exists and is not empty; a backup is restored into a new folder")
    if not source.is_file():
        raise Refusal(f"no file {source}")
    fresh = folder.with_name(f".{folder.name}.new-{os.getpid()}")
    fresh.parent.mkdir(parents=True, exist_ok=True)
    fresh.mkdir(mode=0o700)
    try:
        count = _fill(source, fresh)
        if folder.exists():
            folder.rmdir()
        os.rename(fresh, folder)
    finally:
        files.remove(fresh)
    return count


def _fill(source: Path, folder: Path) -> int:
    try:
        sums, about = _unpack(source, folder)
        if not isinstance(about, dict) or about.get("version") != VERSION or about.get("files") != sums:
            raise Refusal(f"{source} is no whole backup: what is in it is not what its list says")
        for name in FOLDERS:
            (folder / name).mkdir(exist_ok=True)
        _own_gradebook(folder)
    except Refusal:
        raise
    except Exception as error:  # whatever the libraries raise on what `backup` has not written
        reason = str(error) or type(error).__name__
        raise Refusal(
            f"{source} cannot be restored: {reason}. It is damaged or no backup, or the disk is full; nothing was left behind"
        ) from None
    return len(sums)


def _unpack(source: Path, target: Path) -> tuple[dict[str, str], object]:
    """Write the files of a backup; returns their digests and the list that stands behind them."""
    sums: dict[str, str] = {}
    lists: list[bytes] = []
    room = MAX_RATIO * source.stat().st_size + MIB
    with open(source, "rb") as packed, tars.opened(packed, "r:*") as archive:
        for info in archive:
            is_inside = not Path(info.name).is_absolute() and ".." not in Path(info.name).parts
            file = archive.extractfile(info) if info.isreg() and is_inside else None
            if file is None:
                raise Refusal(f"{source} is no backup of a class: it holds {info.name!r}")
            if (room := room - info.size) < 0:
                raise Refusal(f"{source} is no backup of a class: it grows to more than {MAX_RATIO} times its size")
            if info.name == MANIFEST:
                lists.append(file.read())
            else:
                sums[info.name] = _write(target / info.name, file, info.mtime)
    for data in lists[:-1]:  # the class has a file of this name as well, and the list comes last
        sums[MANIFEST] = _write(target / MANIFEST, io.BytesIO(data), 0)
    return sums, json.loads(lists[-1]) if lists else None


def _write(path: Path, content: IO[bytes], when: float) -> str:
    seen = hashlib.sha256()
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        while part := content.read(MIB):
            seen.update(part)
            file.write(part)
    os.utime(path, (when, when))
    return seen.hexdigest()


def _own_gradebook(folder: Path) -> None:
    """A restored class uses the gradebook that came with it, not the database from which it was copied."""
    settings = _settings(folder)
    if settings.pop(GRADEBOOK, None) is not None:
        (folder / SETTINGS).write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n")


def _settings(folder: Path) -> dict[str, object]:
    path = folder / SETTINGS
    settings = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if not isinstance(settings, dict):
        raise ValueError(f"its {SETTINGS} holds no table")
    return settings


def hints(folder: Path) -> list[str]:
    """What a person should know of a class that was restored before using it."""
    found = []
    path = folder / NAME
    if not path.is_file() or path.read_text(encoding="utf-8", errors="replace") != configuration():
        found.append(
            f"Its {NAME} is not the one that this version writes, and every command runs it: "
            "read it first where the backup is not your own."
        )
    if exchange := _settings(folder).get("exchange"):
        found.append(
            f"It uses the exchange {exchange}, as the class from which it came: name another one in {SETTINGS} where both go on."
        )
    return found
