"""The gradebook into another database: every row, counted and compared, and only then does the class use it."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.api import Base
from sqlalchemy import Connection, Engine, Table, create_engine, func, insert, inspect, select, text
from sqlalchemy.engine import URL, make_url

from autograder.classroom.refusal import Refusal
from autograder.classroom.room import GRADEBOOK, Room
from autograder.engine import gradebook

PASSWORD = "PGPASSWORD"
CHUNK = 1000


@dataclass(frozen=True)
class Moved:
    """What was moved: rows by table, and the address without its password. own: whether it is the class's own file again"""

    rows: dict[str, int]
    address: str
    own: bool


def address_of(given: str, root: Path) -> URL:
    """A database's address: sqlite for the class's own file, or one of PostgreSQL, whose password is in the environment.

    Raises Refusal for another kind, and for a password in the address, which a command line shows to everybody.
    """
    if given == "sqlite":
        return make_url(f"sqlite:///{root / 'gradebook.db'}")
    try:
        url = make_url(given)
    except Exception:  # SQLAlchemy's own kinds of error for what is no address
        raise Refusal(f"{given!r} is no address of a database, such as postgresql+psycopg://user@host/class") from None
    if url.get_backend_name() not in ("postgresql", "sqlite"):
        raise Refusal(f"{url.get_backend_name()}: sqlite or postgresql+psycopg://user@host/name")
    if url.password:
        raise Refusal(f"no password in the address: everybody sees a command line; set {PASSWORD} instead")
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise Refusal(f"{given} names no file: write sqlite:////folder/name.db, or sqlite for the class's own")
        url = url.set(database=str(Path(url.database).absolute()))  # the class may be used from any folder
    return url


def move(room: Room, given: str, progress: Callable[..., Iterable[Table]]) -> Moved:
    """Copy the gradebook, compare both, and let the class use the new one. The old one stays as it is.

    Raises Refusal where the new one is not empty and not a copy, cannot be reached, or differs afterwards.
    """
    target = address_of(given, room.root)
    source = make_url(room.folder.course.db_url)
    if target.set(password=None) == source.set(password=None):
        raise Refusal(f"the gradebook is there already: {target}")
    own = target.get_backend_name() == "sqlite" and target.database == str(room.root / "gradebook.db")
    if own:
        _keep_aside(room.root / "gradebook.db")
    try:
        old, new = create_engine(source), create_engine(target)
    except ImportError:
        raise Refusal("the package for PostgreSQL is not installed: pip install 'psycopg[binary]'") from None
    try:
        with old.connect() as reading:
            _hold(reading)
            rows = copy_all(reading, new, progress)
            wrong = [name for name, digest in _digests(reading).items() if digest != _digests_of(new)[name]]
        if wrong:
            raise Refusal(f"after copying, these tables differ: {', '.join(wrong)}; the class still uses {source}")
    finally:
        old.dispose()
        new.dispose()
    gradebook.forget(room.folder.course.db_url)
    if own:
        room.settings.pop(GRADEBOOK, None)
        room.save()
    else:
        room.save(**{GRADEBOOK: target.render_as_string(hide_password=False)})
    return Moved(rows, str(target), own)


def _keep_aside(path: Path) -> None:
    """Keep the file that the class used before it moved away, under a name of its own."""
    if path.exists():
        number = next(n for n in range(1, 1000) if not path.with_name(f"gradebook-old-{n}.db").exists())
        path.rename(path.with_name(f"gradebook-old-{number}.db"))


def _hold(connection: Connection) -> None:
    """See one state of the old database, and let nobody change it meanwhile."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        for table in Base.metadata.sorted_tables:
            connection.execute(text(f'LOCK TABLE "{table.name}" IN SHARE MODE'))


def copy_all(reading: Connection, new: Engine, progress: Callable[..., Iterable[Table]]) -> dict[str, int]:
    """All rows in one transaction: a run that ends early leaves an empty database, or none."""
    tables = list(Base.metadata.sorted_tables)
    rows = {}
    with new.begin() as writing:
        known = set(inspect(writing).get_table_names())
        if any(writing.scalar(select(func.count()).select_from(t)) for t in tables if t.name in known):
            if _digests(writing) == _digests(reading):
                return {t.name: reading.scalar(select(func.count()).select_from(t)) or 0 for t in tables}
            raise Refusal(
                "the database holds another gradebook already; name an empty one, or remove that one yourself"
            )
        Base.metadata.create_all(writing)
        for table in progress(tables, len(tables), "move"):
            found = [dict(row) for row in reading.execute(select(table)).mappings()]
            for at in range(0, len(found), CHUNK):
                writing.execute(insert(table), found[at : at + CHUNK])
            rows[table.name] = len(found)
        _copy_version(reading, writing)
    return rows


def _copy_version(reading: Connection, writing: Connection) -> None:
    version = (
        reading.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if "alembic_version" in inspect(reading).get_table_names()
        else None
    )
    if version is not None:
        if "alembic_version" not in inspect(writing).get_table_names():
            writing.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        writing.execute(text("DELETE FROM alembic_version"))
        writing.execute(text("INSERT INTO alembic_version VALUES (:v)"), {"v": version})


def _digests_of(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        return _digests(connection)


def _digests(connection: Connection) -> dict[str, str]:
    """A fingerprint of each table's rows, whatever database holds them."""
    found = {}
    for table in Base.metadata.sorted_tables:
        rows = sorted(repr(tuple(map(_plain, row))) for row in connection.execute(select(table)))
        found[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, bool):
        return int(value)
    return float(value) if isinstance(value, int) else value
