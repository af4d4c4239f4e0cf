"""What a fifth reading of the source found on the way in: each was tried and succeeded once. All ideas are in fifth-round.md."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import os
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from autograder.classroom import archives, files, folders, identify, sources, times
from autograder.classroom.hand_in import HandIn
from autograder.classroom.people import People
from autograder.classroom.refusal import Refusal
from autograder.classroom.roster import Student
from autograder.sample_class import ROOT
from autograder.sandbox.limits import Limits
from autograder.unpacking import containers
from autograder.unpacking.entry import Budget, Entry

MIB = 2**20
RELEASE = ROOT / "exercises" / "lesson-03" / "lesson-03.ipynb"
KNOWN = [identify.contract("lesson-03", RELEASE)]
PEOPLE = People(
    [
        Student("bob", "Bob", "Adams", lms_id="999"),
        Student("mjones", "Mallory", "Jones", lms_id="111"),
        Student("5002", "Carol", "Chen", lms_id="5002"),
    ]
)
ROOM = SimpleNamespace(zone=datetime.UTC)


def grouped(*names: str, student: str = "") -> list[HandIn]:
    """What names in an archive are taken for; each file holds its own name."""
    found = [Entry(name, name.encode()) for name in names]
    return sources._grouped(found, ROOM, PEOPLE, sources.Options(student=student))  # type: ignore[arg-type]


def students(*names: str) -> dict[str, str]:
    """Whose each file is."""
    return {name.decode(): found.student for found in grouped(*names) for name in found.files.values()}


@pytest.mark.parametrize(
    "own", ["bob.ipynb", "for_bob.ipynb", "lesson-03_(bob).ipynb", "bob-999_5001_x.ipynb", "5002.ipynb"]
)
def test_in_canvas_archive_the_name_of_an_upload_is_nobodys(own: str) -> None:
    """`bob.ipynb`, uploaded by Mallory, took the place of Bob's hand-in: the later upload counts."""
    theirs, ours = "adamsbob_999_5001_lesson-03.ipynb", f"jonesmallory_111_5003_{own}"
    assert students(theirs, ours) == {theirs: "bob", ours: "mjones"}
    stranger = f"somebodyelse_777_5004_{own}"
    assert students(stranger) == {stranger: ""}


def test_ones_own_id_in_the_name_does_not_take_lateness_away() -> None:
    (found,) = grouped("jonesmallory_LATE_111_5009_lesson-03_mjones.ipynb")
    assert (found.student, found.late, found.folder) == ("mjones", True, "canvas 111")


def test_files_of_ones_own_that_look_like_canvas_stay_apart() -> None:
    (one, two) = grouped("mjones_2026_03_a.ipynb", "bob_2026_03_a.ipynb")
    assert [(found.student, found.folder) for found in (one, two)] == [("mjones", ""), ("bob", "")]
    assert [found.student for found in grouped("x_2026_03_a.ipynb", student="bob")] == ["bob"]


def test_a_folder_inside_a_hand_in_is_nobodys() -> None:
    """The folder 5002 in Mallory's own counted as Carol's hand-in."""
    assert students("Mallory Jones/5002/a.ipynb") == {"Mallory Jones/5002/a.ipynb": "mjones"}
    assert students("mjones/bob/a.ipynb") == {"mjones/bob/a.ipynb": "mjones"}
    # Whose own folder names nobody cannot be told from a folder around all, but by where the others' names stand.
    names = ["Bob Adams/a.ipynb", "Mallory X Jones/5002/a.ipynb", "Mallory X Jones/5002.ipynb"]
    found = grouped(*names)
    assert [one.student for one in found] == ["bob", ""]
    assert all("stands only inside 'Mallory X Jones'" in one.unknown for one in found[1:])
    assert students("all/bob/a.ipynb", "all/mjones/b/a.ipynb") == {
        "all/bob/a.ipynb": "bob",
        "all/mjones/b/a.ipynb": "mjones",
    }


def test_in_moodles_archive_a_display_name_is_no_number() -> None:
    """With a name that ends like another one's folder, a hand-in lay in the other one's group."""
    mark = "_assignsubmission_file_"
    flat = f"Bob Adams_8{mark}q Jones_71{mark}lesson-03.ipynb"
    (found,) = grouped(flat)
    assert not found.student and "two numbers of participants" in found.unknown
    theirs, ours = f"Bob Adams_8{mark}/a.ipynb", f"Bob Adams_8{mark}q Jones_71{mark}/bob_8{mark}x.ipynb"
    one, two = grouped(theirs, ours)
    assert (one.student, list(one.files)) == ("bob", ["a.ipynb"])
    assert (two.student, list(two.files)) == ("", [f"bob_8{mark}x.ipynb"])


def zipped(*content: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, data in content:
            archive.writestr(name, data)
    return packed.getvalue()


def raw_zip(method: int, content: bytes, size: int, extra: bytes = b"", at: int = 0) -> bytes:
    """A zip of one entry a.txt that tells what it likes of itself."""
    local = b"PK\3\4" + struct.pack("<H", 20) + struct.pack("<4H3L2H", 0, method, 0, 0, 0, len(content), size, 5, 0)
    local += b"a.txt" + content
    entry = b"PK\1\2" + struct.pack(
        "<6H3L5H2L", 20, 20, 0, method, 0, 0, 0, len(content), size, 5, len(extra), 0, 0, 0, 0, at
    )
    entry += b"a.txt" + extra
    return local + entry + b"PK\5\6" + struct.pack("<4H2LH", 0, 0, 1, 1, len(entry), len(local), 0)


def header(name: str = "a", size: int = 0, kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = size, kind, link
    return info.tobuf(tarfile.GNU_FORMAT)


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 512)


def negative(size: int) -> bytes:
    made = bytearray(header())
    made[124:136] = b"\xff" + (2**88 + size).to_bytes(11, "big")
    made[148:156] = b"%06o\0 " % (256 + sum(made[:148]) + sum(made[156:512]))
    return bytes(made)


def pax(**said: str) -> bytes:
    text = b""
    for key, value in said.items():
        name = key.replace("__", ".")
        length = len(name) + len(value) + 5  # with two digits
        text += f"{length} {name}={value}\n".encode()
    return header("pax", len(text), tarfile.XHDTYPE) + padded(text)


def read(content: bytes, budget: Budget | None = None) -> list[Entry]:
    return list(containers.read(io.BytesIO(content), budget or Budget(4 * MIB, 100)))


END = bytes(1024)
BROKEN = {
    "a size of -512": (header() + negative(-512) + END, "a size that cannot be"),
    "a size of 2**70": (header(size=2**70) + END, "a size that cannot be"),
    "500 headers of pax": (pax(mtime="100000000") * 500 + header() + END, "headers go on without end"),
    "600 long names": (
        (header("././@LongLink", 4, b"L") + padded(b"abc\0")) * 600 + header() + END,
        "headers go on without end",
    ),
    "a header larger than the archive": (header("pax", 2**40, b"x") + END, "more memory than an honest one"),
    "pax without lengths": (header("pax", 6, b"x") + padded(b"0 a=b\n") + header() + END, "invalid header"),
    "cut off": (header(size=2000) + bytes(512), "unexpected end of data"),
    "no header behind the first": (header() + b"x" * 512 + END, "a header in it is damaged"),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("content,reason", BROKEN.values(), ids=BROKEN)
def test_a_tar_that_leads_its_reader_astray_is_broken(content: bytes, reason: str, packed: bool) -> None:
    """Without end, by recursion until Python gave up, or with as much memory as a header says."""
    with pytest.raises(Refusal, match=reason):
        list(archives.inner(gzip.compress(content) if packed else content))


def test_a_name_of_a_mebibyte_is_one_entrys_problem() -> None:
    found = read(header("././@LongLink", MIB, b"L") + b"x" * MIB + header() + header("good", 2) + padded(b"{}") + END)
    assert [entry.refused for entry in found] == ["its name cannot be a file's", ""]


def test_gzip_grows_to_no_more_than_may_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    content = gzip.compress(header(size=30 * MIB) + bytes(30 * MIB) + END)
    assert len(content) < MIB
    with pytest.raises(containers.Broken, match="expands to more than 4 MiB"):
        read(content)


def test_holes_in_a_tar_are_not_filled() -> None:
    """Blocks of a sparse file were put together one by one, each behind all before it."""
    by_pax = pax(GNU__sparse__map="0,1,5,1", GNU__sparse__size="10") + header("b", 2) + padded(b"xy")
    old = bytearray(header("c", 1024, tarfile.GNUTYPE_SPARSE))
    old[482] = 1
    old[148:156] = b"%06o\0 " % (256 + sum(old[:148]) + sum(old[156:512]))
    more = bytes(504) + b"\1" + bytes(7) + bytes(512)  # two more blocks with the list of holes
    found = read(by_pax + bytes(old) + more + bytes(1024) + header("good", 2) + padded(b"{}") + END)
    assert [(entry.name, entry.refused) for entry in found] == [
        ("b", "it is stored with holes in it"),
        ("c", "it is stored with holes in it"),
        ("good", ""),
    ]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_an_honest_tar_is_read_as_it_was(form: int) -> None:
    names = ["a.ipynb", f"{'d' * 90}/{'e' * 60}.txt"] + (
        [] if form == tarfile.USTAR_FORMAT else [f"{'ü' * 100}/{'x' * 99}", "é" * 60]
    )
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", format=form) as tar:
        folder = tarfile.TarInfo("d")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for name in names:
            info = tarfile.TarInfo(f"./{name}")
            info.size, info.mtime = len(name.encode()), 1.5 if form == tarfile.PAX_FORMAT else 1
            tar.addfile(info, io.BytesIO(name.encode()))
    assert list(archives.inner(packed.getvalue())) == [Entry(name, name.encode()) for name in names]


@pytest.mark.parametrize("method,told", [(12, "bzip2"), (14, "lzma"), (93, "method 93")])
def test_only_deflate_is_unpacked(method: int, told: str) -> None:
    """316 bytes of bzip2 grew without bound; a dictionary of LZMA took 4 GiB at once."""
    for size in (10, 2**20):
        (found,) = read(raw_zip(method, b"x" * 100, size))
        assert f"compressed by {told}" in found.refused


def test_a_place_that_no_file_has_is_one_entrys_problem() -> None:
    (found,) = archives.inner(raw_zip(0, b"{}", 2, struct.pack("<HHQ", 1, 8, 2**63), 0xFFFFFFFF))
    assert "cannot be unpacked" in found.refused


@pytest.mark.parametrize("kind", [tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.FIFOTYPE, tarfile.REGTYPE])
def test_every_entry_of_an_archive_counts(kind: bytes) -> None:
    """100,000 folders or links made as many lines, or were read to their end."""
    found = read(b"".join(header(f"d{i}", 0, kind, "x") for i in range(500)) + END, Budget(MIB, 20))
    assert len(found) <= 21 and "more than 20 entries; nothing from here on was read" in found[-1].refused
    kinds = [(f"d{i}/" if kind == tarfile.DIRTYPE else f"../{i}", b"") for i in range(500)]
    found = read(zipped(*kinds), Budget(MIB, 20))
    assert len(found) <= 21 and "more than 20 entries" in found[-1].refused


def test_what_no_longer_fits_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries that share their bytes were each unpacked to the end, and then refused."""
    content = zipped(*((f"{i}.bin", os.urandom(400_000)) for i in range(9)))
    opened = []
    monkeypatch.setattr(
        zipfile.ZipFile, "open", lambda self, info: opened.append(info.filename) or io.BytesIO(bytes(info.file_size))
    )
    found = read(content, Budget(MIB, 100))
    assert opened == ["0.bin", "1.bin"] and len(found) == 3 and "expands to more than 1 MiB" in found[-1].refused


def test_problems_are_told_in_a_few_lines() -> None:
    hand_in = HandIn("x")
    for i in range(1_000):
        hand_in.add(f"{i}", Entry(f"{i}", refused="it is a link"))
    assert len(hand_in.told()) == 21 and hand_in.told()[-1] == "and 980 more"


class Counted(dict[str, bytes]):
    """The files of a hand-in, which count how often somebody goes through all of them."""

    walks = 0

    def __iter__(self) -> Iterator[str]:
        self.walks += 1
        return super().__iter__()

    def values(self):  # type: ignore[no-untyped-def]
        self.walks += 1
        return super().values()


def test_a_file_more_is_no_walk_through_all() -> None:
    hand_in = HandIn("x", files=Counted())
    before = hand_in.files.walks  # type: ignore[attr-defined]
    for i in range(50):
        hand_in.add(f"d/{i}", Entry(f"d/{i}", b"x"))
    assert len(hand_in.files) == 50 and hand_in.files.walks == before  # type: ignore[attr-defined]


def test_nothing_but_an_answer_is_believed_of_the_process_that_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was handed in was read where everybody's is: its MemoryError, or its endless loop, was the class's."""
    good = zipped(("a.ipynb", b"{}"))
    assert list(archives.inner(good)) == [Entry("a.ipynb", b"{}")]
    for reader in ("import os; os.abort()", "bytearray(2**62)", "print('x' * 10**6)", "print('[[[]]]')", ""):
        monkeypatch.setattr(archives, "_READER", reader)
        with pytest.raises(Refusal, match="cannot be read"):
            list(archives.inner(good))
    for line in ('["../x", 1, ""]\nz["", -1, ""]', '["/etc/x", 0, ""]\n["", -1, ""]'):
        monkeypatch.setattr(archives, "_READER", f"print({line!r})")
        assert [entry.refused for entry in archives.inner(good)] == ["its name leads out of the archive"]
    monkeypatch.setattr(archives, "_READER", "import time; time.sleep(600)")
    monkeypatch.setattr(archives, "WALL", 0.5)
    with pytest.raises(archives.Dear, match="more time or memory"):
        list(archives.inner(good))


def test_the_process_that_reads_has_little_memory_and_time() -> None:
    code = (
        "import sys, resource; sys.path.append(sys.argv[1]); from autograder.unpacking import containers as c; c.main();"
        "print(resource.getrlimit(resource.RLIMIT_AS)[1], resource.getrlimit(resource.RLIMIT_CPU)[1], file=sys.stderr)"
    )
    command = [sys.executable, "-I", "-S", "-c", code, str(ROOT)]
    done = subprocess.run(command, stdin=open(RELEASE, "rb"), capture_output=True)
    assert done.stderr.split() == [b"1073741824", b"20"]


@pytest.mark.parametrize(
    "one,two", [("./a", "a/b"), ("d//a", "d/a/b"), ("d/./a", "d/a/b"), ("a", "./a"), ("a/b", ".//a")]
)
def test_names_for_one_place_are_one_name(tmp_path: Path, one: str, two: str) -> None:
    """Written as two, they ended the collection of the class."""
    hand_in = HandIn("x", "bob")
    for entry in archives.inner(zipped((one, b"1"), (two, b"2"))):
        hand_in.add(entry.name, entry)
    files.put_folder(tmp_path / "x", {f"files/{name}": data for name, data in hand_in.files.items()})
    assert len(hand_in.files) == 1 and len(hand_in.problems) == 1


@pytest.mark.parametrize(
    "name", ["lesson-03.ipynb/x", "timestamp.txt/x", "submission_secret.txt/x/y", "d/timestamp.txt"]
)
def test_nothing_stands_where_a_file_of_ours_will(tmp_path: Path, name: str) -> None:
    """A folder called like a file that is written beside it ended the collection of the class."""
    handed_in = {"mine.ipynb": RELEASE.read_bytes(), name: b"x", "data/x": b"x"}
    choice = identify.choose(handed_in, "lesson-03", KNOWN, Limits())
    assert list(choice.files) == ["lesson-03.ipynb", "data/x"]
    ours = {"timestamp.txt": b"2026-03-02", "submission_secret.txt": b"s"}
    files.put_folder(tmp_path / "x", {**choice.files, **ours})


@pytest.fixture
def inbound(tmp_path: Path) -> Path:
    (tmp_path / "instructor").mkdir()
    (tmp_path / "instructor" / "x.py").write_text("the instructor's")
    (tmp_path / "inbound" / "z").mkdir(parents=True)
    (tmp_path / "inbound" / "a").write_text("a")
    (tmp_path / "inbound" / "z" / "x.py").write_text("x")
    return tmp_path / "inbound"


def test_a_folder_that_becomes_a_link_while_it_is_read_is_not_followed(inbound: Path) -> None:
    """All paths were listed first and opened later: what lies where the instructor may read came into a hand-in."""
    found = folders.in_folder(inbound)
    assert next(found).name == "a"
    (inbound / "z").rename(inbound.parent / "gone")
    (inbound / "z").symlink_to(inbound.parent / "instructor")
    assert list(found) == [Entry("z", refused="it is a link")]


def test_a_file_that_becomes_a_fifo_is_not_waited_for(inbound: Path) -> None:
    (inbound / "b").write_text("b")
    found = folders.in_folder(inbound)
    assert next(found).name == "a"
    (inbound / "b").unlink()
    os.mkfifo(inbound / "b")
    assert [(entry.name, entry.refused) for entry in found] == [("b", "it is no file"), ("z/x.py", "")]


def test_a_folder_that_may_not_be_entered_leaves_the_others(inbound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`chmod 744` in one's own hand-in ended the collection for everybody, where the grader is not root."""
    real = os.open

    def may_not(name, flags, *rest, **more):  # type: ignore[no-untyped-def]
        if name == "x.py":
            raise PermissionError(13, "Permission denied")
        return real(name, flags, *rest, **more)

    monkeypatch.setattr(os, "open", may_not)
    monkeypatch.setattr(Path, "is_file", lambda self: may_not(self.name, 0) and False)
    assert list(folders.in_folder(inbound)) == [
        Entry("a", b"a"),
        Entry("z/x.py", refused="it cannot be read: Permission denied"),
    ]


def test_holes_in_a_file_are_not_read(inbound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of 64 MiB that takes up no room cost its writer nothing, and the grader 64 MiB each."""
    for i in range(9):
        with open(inbound / f"h{i}", "wb") as file:
            file.truncate(64 * MIB)
    found = list(folders.in_folder(inbound))
    assert ["ever written" in entry.refused for entry in found] == [False, *[True] * 9, False]
    (inbound / "real").write_bytes(os.urandom(3 * MIB))
    assert not next(entry for entry in folders.in_folder(inbound) if entry.name == "real").refused


def test_a_folder_is_read_within_its_budget(inbound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file was read in full and then refused; and folders, hidden files and links did not count."""
    for i in range(50):
        (inbound / f"f{i:02}").write_bytes(bytes(1000))
        (inbound / f".h{i:02}").write_bytes(b"")
    read = []
    real = folders._read
    monkeypatch.setattr(folders, "_read", lambda *given: read.append(given[1]) or real(*given))
    found = list(folders.in_folder(inbound, Budget(2_500, 100)))
    assert (
        len(read) == 4
        and "expands to more than" in found[-1].refused
        and sum(map(bool, (e.refused for e in found))) == 1
    )
    found = list(folders.in_folder(inbound, Budget(MIB, 20)))
    assert len(found) <= 20 and "more than 20 entries" in found[-1].refused


def test_the_exchange_is_read_one_hand_in_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All were held in memory at once; and one that could not be read ended the collection of all."""
    for i in range(3):
        place = tmp_path / "exchange" / "c" / "inbound" / f"bob+lesson-03+2026-03-0{i + 1} 10:00:00 UTC+x"
        place.mkdir(parents=True)
        (place / "a").write_text("a")
    config = SimpleNamespace(Exchange={})
    room = SimpleNamespace(root=tmp_path, folder=SimpleNamespace(config=config, course=SimpleNamespace(course_id="c")))
    found, count = sources.gather(room, "lesson-03", "exchange", PEOPLE, sources.Options())  # type: ignore[arg-type]
    assert count == 3
    begun = []
    real = folders.in_folder
    monkeypatch.setattr(folders, "in_folder", lambda *given: begun.append(given) or real(*given))
    hand_ins = iter(found)
    next(hand_ins)
    assert len(begun) == 1
    monkeypatch.setattr(folders, "in_folder", lambda *given: 1 / 0)
    assert "cannot be read" in next(hand_ins).failed
    monkeypatch.setattr(folders, "in_folder", real)
    assert next(hand_ins).files == {"a": b"a"}


@pytest.mark.parametrize(
    "stamp",
    [
        "9999-12-31 23:59:59 UTC",
        "0001-01-01 00:00:00 UTC",
        "0001-01-01 00:00:00 Europe/Berlin",
        "3000-01-01 00:00:00 UTC",
    ],
)
def test_a_year_in_which_nobody_hands_in_is_told(stamp: str) -> None:
    """The table at the end could not be shown: there is no such moment in the zone of the class."""
    hand_in = HandIn("x", "bob")
    sources._check_time(hand_in, stamp, 0)
    assert hand_in.when == datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    assert len(hand_in.notes) == 1 and "cannot be" in hand_in.notes[0]


def test_every_moment_can_be_shown() -> None:
    for moment in (datetime.datetime.min, datetime.datetime.max):
        for zone in ("Europe/Berlin", "America/New_York"):
            assert times.show(moment.replace(tzinfo=datetime.UTC), times.zone(zone))


def cells(*sources: str) -> bytes:
    made = [{"cell_type": "code", "source": source, "metadata": {}} for source in sources]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def test_the_code_of_a_hand_in_is_parsed_once_for_all_its_notebooks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each notebook had a parser's budget of its own, and cells that look like checks had none."""
    parsed = []
    monkeypatch.setattr(identify, "checked_functions", lambda sources: parsed.extend(sources) or frozenset())
    given = {f"{i}.ipynb": cells(*(f"check('{i}')#{'x' * 1800}{j}" for j in range(20))) for i in range(9)}
    identify.choose(given, "lesson-03", KNOWN, Limits())
    assert 0 < sum(map(len, parsed)) <= identify.MAX_CHECKED
    made = []
    real = identify.Reader
    monkeypatch.setattr(identify, "Reader", lambda: made.append(1) or real())
    identify.choose(given, "lesson-03", KNOWN, Limits())
    assert len(made) == 1


def test_notebooks_beside_each_other_are_weighed_together() -> None:
    mine = RELEASE.read_bytes()
    limits = Limits(notebook_size=len(mine) + 100)
    others = {f"{i}.ipynb": b"{" + b" " * len(mine) for i in range(3)}
    assert (
        "leave earlier versions out"
        in identify.choose({"lesson-03.ipynb": mine, **others}, "lesson-03", KNOWN, limits).reason
    )
    too_large = {"large.ipynb": mine + b" " * 10**6, **{f"{i}.json": b"{" + b" " * len(mine) for i in range(9)}}
    choice = identify.choose({"lesson-03.ipynb": mine, **too_large}, "lesson-03", KNOWN, limits)
    assert "lesson-03.ipynb" in choice.files and "8.json" in choice.files
