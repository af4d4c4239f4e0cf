"""A class in one file while it is in use, and back again."""

from __future__ import annotations

import datetime
import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from autograder.classroom import files, move
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import Room

MANIFEST = "manifest.json"
LEFT_OUT = ("backups", "handout", "exchange")
VERSION = 1


def write(room: Room, target: Path, progress: Callable[..., Iterable[Path]]) -> int:
    """Write a class into one archive, whole or not at all; returns how many files are in it.

    The gradebook is copied as it was at one moment, whatever is written to it meanwhile. The class's lock is the caller's.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    found = list(_files(room.root))
    sums: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch:
        book = _gradebook(room, Path(scratch))
        fresh = target.with_name(f".{target.name}.new")
        with tarfile.open(fresh, "w:gz", compresslevel=6) as archive:
            for path in progress(found, len(found), "backup"):
                _add(archive, path.relative_to(room.root).as_posix(), path.read_bytes(), path.stat().st_mtime, sums)
            _add(archive, "gradebook.db", book.read_bytes(), book.stat().st_mtime, sums)
            about = {"version": VERSION, "time": datetime.datetime.now(datetime.UTC).isoformat(), "files": sums}
            _add(archive, MANIFEST, json.dumps(about).encode(), 0, {})
    with open(fresh, "rb") as file:
        os.fsync(file.fileno())
    fresh.chmod(0o600)
    os.replace(fresh, target)
    return len(sums)


def _files(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        inside = (
            relative.parts[0] not in LEFT_OUT
            and not relative.name.startswith("gradebook.db")
            and relative.name != "lock"
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
        sums, about = _unpack(source, fresh)
        if about is None or about.get("version") != VERSION or about.get("files") != sums:
            raise Refusal(f"{source} is no whole backup: what is in it is not what its list says")
        for name in ("source", "release", "submitted", "autograded", "feedback", "exchange", "received"):
            (fresh / name).mkdir(exist_ok=True)
        _own_gradebook(fresh)
        if folder.exists():
            folder.rmdir()
        os.rename(fresh, folder)
    finally:
        files.remove(fresh)
    return len(sums)


def _unpack(source: Path, target: Path) -> tuple[dict[str, str], dict[str, object] | None]:
    sums: dict[str, str] = {}
    about = None
    try:
        with tarfile.open(source) as archive:
            for info in archive:
                parts = Path(info.name).parts
                file = (
                    archive.extractfile(info)
                    if info.isreg() and not Path(info.name).is_absolute() and ".." not in parts
                    else None
                )
                if file is None:
                    raise Refusal(f"{source} is no backup of a class: it holds {info.name!r}")
                data = file.read()
                if info.name == MANIFEST:
                    about = json.loads(data)
                    continue
                path = target / info.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                os.utime(path, (info.mtime, info.mtime))
                sums[info.name] = hashlib.sha256(data).hexdigest()
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise Refusal(f"{source} is damaged or no backup: {error}") from None
    return sums, about


def _own_gradebook(folder: Path) -> None:
    """A restored class uses the gradebook that came with it, not the database from which it was copied."""
    path = folder / "class.json"
    settings = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if settings.pop(move.SETTING, None) is not None:
        path.write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n")
