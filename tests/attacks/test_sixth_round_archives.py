"""What a sixth reading of the source found in archives, in files that are written, in backups and on the way back: each succeeded once."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from autograder.classroom import archives, backup, files, folders, returned, shares
from autograder.classroom.hand_in import HandIn
from autograder.classroom.lms import upload
from autograder.classroom.people import People
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import Room, enter
from autograder.classroom.roster import Student
from autograder.commands.release import _hand_out
from autograder.unpacking import containers, entry
from autograder.unpacking.entry import Budget, Entry
from tests.classroom.conftest import (
    LESSON,
    ROSTER,
    needs_a_name,
    notebook,
    populate,
    refused,
    release_in,
    run,
    write_csv,
)

MIB = 2**20
PEOPLE = People([Student("ada", "Ada", "Lovelace", lms_id="101"), Student("ben", "Ben", "Bitdiddle", lms_id="102")])
BY_NAME = People([Student("ada", "Ada", "Lovelace"), Student("ben", "Ben", "Bitdiddle")])


@pytest.fixture(scope="module")
def _released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = release_in(tmp_path_factory.mktemp("sixth") / "class").root
    header = ["id", "first_name", "last_name", "email", "section", "lms_id"]
    run("roster", write_csv(folder.parent / "roster.csv", header, ROSTER), "--course", folder)
    return folder


@pytest.fixture
def room(tmp_path: Path, _released: Path) -> Room:
    shutil.copytree(_released, tmp_path / "class")
    return enter(tmp_path / "class")


@pytest.fixture(scope="module")
def _graded(tmp_path_factory: pytest.TempPathFactory, _released: Path) -> Path:
    folder = tmp_path_factory.mktemp("graded")
    shutil.copytree(_released, folder / "class")
    populate(enter(folder / "class"), 3)
    return folder / "class"


@pytest.fixture
def graded(tmp_path: Path, _graded: Path) -> Room:
    """Three students, s000 and on, called Student 0 and on, with the numbers 1000 and on."""
    shutil.copytree(_graded, tmp_path / "class")
    return enter(tmp_path / "class")


def zipped(*content: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content:
            archive.writestr(name, data)
    return packed.getvalue()


def tarred(*content: tuple[str, bytes], mode: str = "w", folders: Iterable[str] = ()) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        for name in folders:
            info = tarfile.TarInfo(name)
            info.type = tarfile.DIRTYPE
            archive.addfile(info)
        for name, data in content:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


def read(content: bytes, budget: Budget | None = None) -> list[Entry]:
    return list(containers.read(io.BytesIO(content), budget or Budget()))


# Archives


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_is_read_as_a_tar_whatever_lies_at_its_end(tmp_path: Path, mode: str) -> None:
    """The last student's zip, with folders called as other students, was read in place of the whole class's archive."""
    theirs = zipped(("ben/a.ipynb", b"not ben's"))
    (tmp_path / "all").write_bytes(tarred(("ben/a.ipynb", b"ben's"), ("dana/work.zip", theirs), mode=mode))
    found = list(archives.entries(tmp_path / "all"))
    assert found == [Entry("ben/a.ipynb", b"ben's"), Entry("dana/work.zip", theirs)]


def test_a_zip_that_was_cut_off_is_not_the_archive_inside_it() -> None:
    """The library looks for a zip's list from the end, and finds the one of the hand-in that lies there."""
    theirs = zipped(("ben/a.ipynb", b"not ben's"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("ben/a.ipynb", b"ben's")
        archive.writestr("dana/work.zip", theirs)
    whole = packed.getvalue()
    assert len(read(whole)) == 2
    with pytest.raises(containers.Broken, match="cut off"):
        read(whole[: whole.index(theirs) + len(theirs)])


@pytest.mark.parametrize("before", [b"MZ" + bytes(600), b"Rar!\x1a\x07" + bytes(600)])
def test_what_begins_as_another_kind_is_no_zip(tmp_path: Path, before: bytes) -> None:
    (tmp_path / "all.zip").write_bytes(before + zipped(("ben/a.ipynb", b"{}")))
    with pytest.raises(Refusal, match="no archive"):
        list(archives.entries(tmp_path / "all.zip"))


def test_an_empty_zip_is_an_archive_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_bytes(zipped())
    assert list(archives.entries(tmp_path / "all.zip")) == []


def test_what_one_person_handed_in_leaves_room_for_everybodys(monkeypatch: pytest.MonkeyPatch) -> None:
    """66 files of 64 MiB, 20 MiB as they were uploaded, used up what may be read of all: who came behind was not there."""
    monkeypatch.setattr(entry, "SHARE", MIB)
    monkeypatch.setattr(entry, "SHARE_ENTRIES", 30)
    hers = [(f"lovelaceada_101_{number}_a.bin", os.urandom(1000) + bytes(900_000)) for number in range(1, 21)]
    small = ("lovelaceada_101_99_a.ipynb", b"{}")
    more = [(f"lovelaceada_101_{number}_b.bin", b"") for number in range(100, 150)]
    his = ("bitdiddleben_102_90_a.ipynb", bytes(1000))
    for content in ([*hers, small, *more, his], [his, *hers, small, *more]):
        for packed in (zipped(*content), tarred(*content)):
            budget = Budget(3 * MIB, 60, owner=shares.budget(PEOPLE, "").owner)
            found = {one.name: one for one in read(packed, budget)}
            assert len(found) == len(content) and not any(one.ends for one in found.values())
            assert found[his[0]].data == his[1] and found[small[0]].data == small[1]
            assert sum(bool(one.data) for one in found.values()) == 3
            refusals = {one.refused for one in found.values() if one.refused}
            assert refusals == {"more than 1 MiB were handed in", "more than 30 files and folders were handed in"}


def test_in_a_folder_each_has_a_share_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "SHARE", MIB)
    for name in [f"ada/{number}.bin" for number in range(9)] + ["ben/a.ipynb"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(os.urandom(600_000))
    budget = Budget(2 * MIB, 100, owner=shares.budget(PEOPLE, "").owner)
    assert [one.name for one in folders.in_folder(tmp_path, budget) if one.data] == ["ada/0.bin", "ben/a.ipynb"]


def test_300_honest_hand_ins_of_20_mib_have_room() -> None:
    people = People([Student(f"s{i}", lms_id=str(i)) for i in range(300)])
    budget = shares.budget(people, "the archive")
    names = [f"name_{i}_{number}_a.bin" for i in range(300) for number in range(20)]
    assert not any(budget.refusal(name, MIB) for name in names)


def test_all_of_ones_own_is_one_share_and_nothing_of_another_ones() -> None:
    owner = shares.budget(PEOPLE, "").owner
    assert owner is not None
    mine = [
        {f"jonesm_111_{number}_{name}" for number, name in ((1, "a"), (2, "x_102_5_b"), (3, "lovelaceada_101_9_c"))},
        {
            f"M Jones_7_assignsubmission_file_/{name}"
            for name in ("a", "ben/b", "Ben Bitdiddle_8_assignsubmission_file/c")
        },
        {
            f"M Jones_7_assignsubmission_file_{name}"
            for name in ("8_assignsubmission_file_a", "9_assignsubmission_file_b")
        },
        {"ben/a", "ben/ada/b", "ben/x/c"},
    ]
    assert [len({owner(name) for name in names}) for names in mine] == [1] * len(mine)
    others = [
        "bitdiddleben_102_5_b",
        "Ben Bitdiddle_8_assignsubmission_file/c",
        "Ben Bitdiddle_8_assignsubmission_file_c",
    ]
    names = [*(next(iter(names)) for names in mine), *others, "ada/a", "M Jones/ben/a"]
    assert len({owner(name) for name in names}) == len(names)


def test_what_was_not_read_is_a_line_of_its_own(room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind twenty other problems of the one at whose file the reading ended, nobody saw it."""
    bad = [(f"lovelaceada_101_{number}_a.bin", bytes(2 * MIB)) for number in range(1, 31)]
    mine = ("lovelaceada_101_99_lesson-03.ipynb", notebook())
    (tmp_path / "all.zip").write_bytes(zipped(*bad, mine, ("bitdiddleben_102_90_lesson-03.ipynb", os.urandom(MIB))))
    monkeypatch.setattr(shares, "budget", lambda people, what: Budget(MIB, what=what))
    output = run("collect", LESSON, tmp_path / "all.zip", "--course", room.root, status=1)
    (line,) = [line for line in output.splitlines() if "and what follows" in line]
    assert "not taken" in line and "bitdiddleben_102_90" in line
    words = " ".join(output.split())
    assert "expands to more than 1 MiB; nothing from here on was read" in words
    (reason,) = (room.root / "received" / LESSON / "not-taken").glob("*/reason.txt")
    assert "collect the rest apart" in reason.read_text()


REPOSITORY = {".git/config": b"[core]", ".git/HEAD": b"ref: x", ".bashrc": b"x", "a/.envrc": b"x", "a.ipynb": b"{}"}


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_hidden_files_of_an_archive_are_left_out_as_those_of_a_folder_are(pack) -> None:  # type: ignore[no-untyped-def]
    """`git status` in such a folder, as prompts run it by themselves, ran what its settings said."""
    assert read(pack(*REPOSITORY.items())) == [Entry("a.ipynb", b"{}")]
    assert [one.refused for one in read(pack(("../.git/config", b""), ("../a", b"")))] == [
        "its name leads out of the archive"
    ]


@pytest.mark.parametrize("name", ["HEAD", "bare/HEAD", ".git", "a/.GIT", ".git/config"])
def test_nothing_makes_a_folder_a_repository(tmp_path: Path, name: str) -> None:
    """Without a dot as well: a folder with HEAD, objects and refs is one, and a name in Canvas's archive is no path."""
    hand_in = HandIn("x", "ada")
    hand_in.add(name, Entry(f"lovelaceada_101_1_{name}", b"x"))
    assert not hand_in.files and "repository of Git's" in hand_in.problems[0]
    if name.endswith("HEAD"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
        assert "repository" in next(folders.in_folder(tmp_path)).refused
        assert "repository" in read(zipped((name, b"x")))[0].refused


def header(size: int, kind: bytes) -> bytes:
    info = tarfile.TarInfo("x")
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    "kind,size", [(b"x", 400_000), (b"g", 400_000), (b"X", 400_000), (b"L", 3 * MIB), (b"K", 3 * MIB)]
)
def test_a_header_of_any_length_is_not_read(
    tmp_path: Path, kind: bytes, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """400,000 digits, 1.9 KB as they were packed, took the library more than a minute; a long name took a GiB."""
    for reader in ("_proc_pax", "_proc_gnulong"):
        monkeypatch.setattr(tarfile.TarInfo, reader, lambda *_: pytest.fail("the library was to read it"))
    content = header(size, kind) + b"1" * size + bytes(-size % 512) + header(0, b"0") + bytes(1024)
    with pytest.raises(containers.Broken, match="more memory than an honest one"):
        read(content)
    (tmp_path / "b.tar").write_bytes(content)
    with pytest.raises(Refusal, match="more memory"):
        backup.restore(tmp_path / "b.tar", tmp_path / "new")


def test_the_archive_of_one_student_is_read_apart(room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --student it is a student's own archive, and it was read with the memory and time of the whole class."""
    (tmp_path / "a.zip").write_bytes(zipped(("lesson-03.ipynb", notebook())))
    monkeypatch.setattr(containers, "read", lambda *_: pytest.fail("read in this process"))
    assert "1 collected" in run("collect", LESSON, tmp_path / "a.zip", "--student", "ada", "--course", room.root)
    (tmp_path / "b.zip").write_bytes(b"PK\3\4" + bytes(60))
    assert "broken" in refused("collect", LESSON, tmp_path / "b.zip", "--student", "ada", "--course", room.root)


def test_the_folder_that_an_archive_is_made_of_is_nobody() -> None:
    """`tar czf x.tgz -C dir .` begins with the folder itself: a row without a name, and exit status 1."""
    content = tarred(("./ada/a.ipynb", b"{}"), mode="w:gz", folders=(".", "./ada", "/"))
    assert read(content) == [Entry("ada/a.ipynb", b"{}")]
    assert read(zipped(("./", b""), ("./ada/", b""), ("./ada/a.ipynb", b"{}"))) == [Entry("ada/a.ipynb", b"{}")]


def test_student_says_whose_it_is_in_moodles_archive_too(room: Room, tmp_path: Path) -> None:
    mark = "_assignsubmission_file_"
    for number, name in enumerate((f"Benny B_8{mark}/lesson-03.ipynb", f"Ada Lovelace_71{mark}9{mark}lesson-03.ipynb")):
        (tmp_path / "m.zip").write_bytes(zipped((name, notebook(lambda nb: nb["metadata"].update(n=number)))))  # noqa: B023
        run("collect", LESSON, tmp_path / "m.zip", "--student", "ben", "--course", room.root)
        assert len(list((room.root / "received" / LESSON / "ben").iterdir())) == number + 1
    assert not (room.root / "received" / LESSON / "ada").exists()


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_second_archive_behind_the_first_is_told(mode: str) -> None:
    one, two = tarred(("a", b"1"), mode=mode), tarred(("b", b"2"), mode=mode)
    assert len(read(one)) == 1
    with pytest.raises(containers.Broken, match="such as a second archive"):
        read(one + two)


def test_of_one_name_in_a_tar_the_later_file_counts() -> None:
    """`tar -r` writes a newer file behind the older one, and `tar` unpacks the newer one; the older one was taken."""
    hand_in = HandIn("x", "ada")
    for one in read(tarred(("a.ipynb", b"older"), ("./a.ipynb", b"newer"))):
        hand_in.add(one.name, one)
    assert hand_in.files == {"a.ipynb": b"newer"} and not hand_in.problems


# Files


def test_a_link_where_a_file_is_about_to_be_written_is_not_followed(tmp_path: Path, graded: Room) -> None:
    """What it led to was overwritten, as its name could be foreseen."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    for name in ("g.csv", "b.tar.gz", "p.zip"):
        (tmp_path / f".{name}.new").symlink_to(victim)
    files.put(tmp_path / "g.csv", b"x")
    backup.write(graded, tmp_path / "b.tar.gz", lambda items, *_: items)
    (tmp_path / "s.zip").write_bytes(zipped(("student0_1000_55_a.ipynb", b"")))
    way = ["--to", "canvas", "--submissions", tmp_path / "s.zip", "--out", tmp_path / "p.zip", "--unmarked"]
    run("return", LESSON, *way, "--course", graded.root)
    assert victim.read_text() == "precious"
    assert not any((tmp_path / name).is_symlink() for name in ("g.csv", "b.tar.gz", "p.zip"))


def test_a_file_that_only_its_owner_reads_stays_so(tmp_path: Path) -> None:
    path = tmp_path / "g.csv"
    files.put(path, b"1")
    path.chmod(0o600)
    files.put(path, b"2")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with files.replacing(path) as file:
        (fresh,) = tmp_path.glob(".g.csv.*")
        assert stat.S_IMODE(fresh.stat().st_mode) == 0o600
        file.write(b"3")
    assert path.read_bytes() == b"3" and list(tmp_path.iterdir()) == [path]


def test_what_goes_wrong_leaves_the_file_and_nothing_beside_it(tmp_path: Path) -> None:
    files.put(tmp_path / "a", b"1")
    with pytest.raises(ZeroDivisionError), files.replacing(tmp_path / "a") as file:
        file.write(b"2")
        raise ZeroDivisionError
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"1")]


def test_a_backup_is_its_owners_alone_while_it_is_written(graded: Room, tmp_path: Path) -> None:
    seen = []

    def look(items: Iterable[Path], *_: object) -> Iterator[Path]:
        seen.extend(stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir())
        yield from items

    backup.write(graded, tmp_path / "out" / "b.tar.gz", look)
    assert seen == [0o600] and stat.S_IMODE((tmp_path / "out" / "b.tar.gz").stat().st_mode) == 0o600


def test_a_folder_takes_a_links_place_as_often_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a").write_bytes(b"0")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for number in (b"1", b"2", b"3"):
        files.put_folder(tmp_path / "link", {"a": number})
        assert (tmp_path / "link" / "a").read_bytes() == number
    assert (tmp_path / "real" / "a").read_bytes() == b"0"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_a_run_that_ended_between_two_renames_lost_nothing(tmp_path: Path) -> None:
    (tmp_path / ".f.old").mkdir()
    (tmp_path / ".f.old" / "a").write_bytes(b"before")
    with pytest.raises(TypeError):
        files.put_folder(tmp_path / "f", {"a": None})  # type: ignore[dict-item]
    assert (tmp_path / "f" / "a").read_bytes() == b"before"


def test_a_folder_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced, real, rename = [], os.fsync, os.rename
    monkeypatch.setattr(
        os, "fsync", lambda file: synced.append(os.path.realpath(f"/proc/self/fd/{file}")) or real(file)
    )

    def renamed(one: Path, other: Path) -> None:
        assert {f"{one}", f"{one}/a", f"{one}/d", f"{one}/d/b"} == set(synced)
        rename(one, other)

    monkeypatch.setattr(os, "rename", renamed)
    files.put_folder(tmp_path / "f", {"a": b"1", "d/b": b"2"})
    assert synced[-1] == str(tmp_path)


def test_settings_are_those_of_when_the_class_is_held(room: Room) -> None:
    """What another command had noted between reading and holding was written over, the gradebook's place too."""
    one, two = enter(room.root), enter(room.root)
    assert one.zone and two.zone
    with two.writing():
        two.save(late={"lesson-09": "zero"})
    with one.writing():
        one.save(distribution=["lesson-03"])
    noted = json.loads((room.root / "class.json").read_text())
    assert noted["late"] == {"lesson-09": "zero"} and noted["distribution"] == ["lesson-03"]
    with two.writing():
        two.save(gradebook="sqlite:////elsewhere.db")
    with one.writing():
        assert one.folder.course.db_url == "sqlite:////elsewhere.db"


# Backups


def test_what_students_called_like_our_files_is_in_a_backup(graded: Room, tmp_path: Path) -> None:
    """Such files were missing after a restore that said that all were as they were."""
    place = graded.place("submitted", "s000", LESSON)
    names = ["lock", "gradebook.db.txt", "data/gradebook.db", "manifest.json"]
    for path in (*(place / name for name in names), graded.root / "manifest.json"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(path.name)
    backup.write(graded, tmp_path / "b.tar.gz", lambda items, *_: items)
    backup.restore(tmp_path / "b.tar.gz", tmp_path / "new")
    one, two = (files.contents(root) for root in (graded.root, tmp_path / "new"))
    one.pop("gradebook.db"), two.pop("gradebook.db")
    assert one == two and not (tmp_path / "new" / ".autograder" / "lock").exists()


def backed_up(path: Path, content: dict[str, bytes], listed: bytes | None = None, mtime: str = "0") -> Path:
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}
    listed = json.dumps({"version": 1, "files": sums}).encode() if listed is None else listed
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for name, data in {**content, "manifest.json": listed}.items():
            info = tarfile.TarInfo(name)
            info.size, info.pax_headers = len(data), {"mtime": mtime}
            archive.addfile(info, io.BytesIO(data))
    return path


DAMAGED = {
    "a list as its list": ({"a": b"1"}, b"[1]", "0"),
    "no text as its list": ({"a": b"1"}, b"\xff", "0"),
    "a deep list": ({"a": b"1"}, b"[" * 100_000, "0"),
    "broken settings": ({"class.json": b"{"}, None, "0"),
    "settings without names": ({"class.json": b"[]"}, None, "0"),
    "deep settings": ({"class.json": b"[" * 100_000}, None, "0"),
    "a time that cannot be": ({"a": b"1"}, None, "1e300"),
    "a name for nothing": ({"\1" * 300: b"1"}, None, "0"),
    "more than it can be": ({"a": bytes(3 * MIB)}, None, "0"),
}


@pytest.mark.parametrize("content,listed,mtime", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_backup_is_refused(
    tmp_path: Path, content: dict[str, bytes], listed: bytes | None, mtime: str
) -> None:
    """Five kinds of damage ended in a traceback, and nothing bounded what was unpacked."""
    path = backed_up(tmp_path / "b.tgz", content, listed, mtime)
    assert "b.tgz" in refused("restore", path, tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["b.tgz"]


def test_what_a_restored_class_would_run_or_share_is_told(graded: Room, tmp_path: Path) -> None:
    own = {name: (graded.root / name).read_bytes() for name in ("class.json", "nbgrader_config.py")}
    plain = run("restore", backed_up(tmp_path / "a.tgz", own), tmp_path / "a")
    assert "every command runs it" not in plain and "exchange" not in plain
    other = {
        "nbgrader_config.py": own["nbgrader_config.py"] + b"# more\n",
        "class.json": b'{"exchange": "/srv/exchange"}',
    }
    output = " ".join(run("restore", backed_up(tmp_path / "b.tgz", other), tmp_path / "b").split())
    assert "every command runs it" in output and "/srv/exchange" in output


# The way back


def test_return_and_release_remove_nothing_but_their_own(graded: Room, tmp_path: Path) -> None:
    """`--out ~/Documents` put the pages in the place of all that was there."""
    thesis = tmp_path / "documents" / LESSON / "thesis" / "final.tex"
    thesis.parent.mkdir(parents=True)
    thesis.write_text("years of work")
    giving_back = ["return", LESSON, "--to", "folder", "--unmarked", "--course", graded.root, "--out"]
    releasing = ["release", LESSON, "--to", "folder", "--course", graded.root, "--out"]
    for command in ([*giving_back, thesis.parents[1]], [*giving_back, graded.root], [*releasing, thesis.parents[2]]):
        assert "has not written there" in refused(*command)
    assert thesis.read_text() == "years of work" and not list((graded.root / "feedback").iterdir())
    (tmp_path / "empty").mkdir()
    for _ in range(2):
        run(*giving_back, tmp_path / "empty")
        run(*giving_back, graded.root / "returned" / LESSON)
    assert {path.name for path in tmp_path.glob("empty/[!.]*")} == {"s000", "s001", "s002"}
    for _ in range(2):
        _hand_out(graded, LESSON, "folder", tmp_path / "out")
        _hand_out(graded, LESSON, "folder", graded.root / "handout")
    assert (tmp_path / "out" / LESSON / f"{LESSON}.ipynb").is_file()
    assert "has not written there" in refused(*giving_back, tmp_path / "out" / LESSON)


def test_a_page_goes_to_the_account_whose_number_the_roster_has() -> None:
    """An account called like a student, and first in the archive, was given the student's page."""
    found = upload.in_canvas(["lovelaceada_666_54_x.ipynb", "lovelaceada_101_55_a.ipynb"], PEOPLE)
    assert found.prefixes == {"ada": "lovelaceada_101_55_"}
    assert upload.in_canvas(["lovelaceada_666_54_x.ipynb"], PEOPLE) == upload.Upload()
    found = upload.in_canvas(
        ["lovelaceada_666_54_x.ipynb", "lovelaceada_101_55_a.ipynb", "bitdiddleben_7_8_a"], BY_NAME
    )
    assert found.prefixes == {"ben": "bitdiddleben_7_8_"} and found.reason("ada") == upload.SEVERAL
    found = upload.in_canvas(["lovelaceada_101_54_x.ipynb", "lovelaceada_101_55_a.ipynb"], BY_NAME)
    assert found.prefixes == {"ada": "lovelaceada_101_54_"}
    # Canvas goes by the first two pieces of a name that are numbers.
    assert not upload.in_canvas(["7_lovelaceada_101_55_a.ipynb"], PEOPLE).prefixes


def test_two_participants_of_one_name_are_given_no_page() -> None:
    mark = "_assignsubmission_file_/a"
    names = [f"Ada Lovelace_7{mark}", f"AdaLovelace_8{mark}", f"Ben Bitdiddle_9{mark}"]
    found = upload.in_moodle(names, PEOPLE, {})
    assert found.prefixes == {"ben": "Ben Bitdiddle_9_assignfeedback_file/"} and found.reason("ada") == upload.SEVERAL
    found = upload.in_moodle([f"A L_7{mark}"], PEOPLE, {f"moodle {f'A L_7{mark}'[:-1]}": "ada"})
    assert found.prefixes == {"ada": "A L_7_assignfeedback_file/"}
    assert not upload.in_moodle([f"x_8_Ada Lovelace_7{mark}"], PEOPLE, {}).prefixes


def test_who_handed_in_a_text_in_canvas_is_told_not_returned(graded: Room, tmp_path: Path) -> None:
    """All of them had one name in the upload, and Canvas takes a file only beside a file."""
    names = [
        "0student_1000_text.html",
        "1student_1001_link.html",
        "2student_1002_55_a.ipynb",
        "student0_666_54_x.ipynb",
    ]
    (tmp_path / "s.zip").write_bytes(zipped(*((name, b"x") for name in names)))
    way = ["--to", "canvas", "--submissions", tmp_path / "s.zip", "--out", tmp_path / "p.zip", "--unmarked"]
    output = run("return", LESSON, *way, "--course", graded.root)
    with zipfile.ZipFile(tmp_path / "p.zip") as archive:
        assert archive.namelist() == [f"2student_1002_55_{LESSON}.html"]
    assert "the pages of 1 student," in output and f"{upload.TEXT}: 2 (s000, s001)" in output


def test_two_pages_of_one_name_are_refused(graded: Room, tmp_path: Path) -> None:
    for student in ("s000", "s001"):
        place = graded.place("feedback", student, LESSON)
        place.mkdir(parents=True)
        (place / "a.html").write_text(student)
    done = returned.Returned(tmp_path / "p.zip", ["s000", "s001"])
    with pytest.raises(Refusal, match="two students' pages"):
        returned._zip(graded, LESSON, done, upload.Upload({"s000": "x_", "s001": "x_"}))
    assert not done.place.exists()


@needs_a_name
def test_an_id_with_a_comma_or_a_star_is_one_students(graded: Room, tmp_path: Path) -> None:
    """Left out by a list with commas, `s000,s001` left out two others, whose pages counted as returned."""
    ids = ["s000", "s001", "s000,s001", "s*", "s[0]"]
    for student in ids:
        place = graded.place("feedback", student, LESSON)
        place.mkdir(parents=True)
        (graded.place("submitted", student, LESSON)).mkdir(parents=True, exist_ok=True)
        for where in (place, graded.place("submitted", student, LESSON)):
            (where / "submission_secret.txt").write_text(student)
        (place / "timestamp.txt").write_text("2026-03-01 10:00:00 UTC")
        (place / f"{LESSON}.html").write_text(student)
    for wanted in (["s000", "s001"], ["s*"], ["s000,s001", "s[0]"]):
        shutil.rmtree(graded.root / "exchange")
        (graded.root / "exchange").mkdir()
        done = returned.Returned(tmp_path, list(wanted))
        returned._into_exchange(graded, LESSON, done)
        assert done.students == wanted and sorted(path.read_text() for path in done.place.iterdir()) == sorted(wanted)
