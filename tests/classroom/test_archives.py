"""Archives made to do harm are read without harm: every entry that is not taken has its reason."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from autograder.classroom import folders
from autograder.classroom.archives import entries
from autograder.classroom.refusal import Refusal
from autograder.unpacking import containers
from autograder.unpacking.entry import Budget, Entry


def zipped(path: Path, *files: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return path


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


def read(content: bytes, budget: Budget) -> list[Entry]:
    return list(containers.read(io.BytesIO(content), budget))


OUT = "its name leads out of the archive"


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/passwd", "C:/x", "..\\x", "a\\..\\..\\x"])
def test_names_that_lead_out_are_not_taken(tmp_path: Path, name: str) -> None:
    found = list(entries(zipped(tmp_path / "a.zip", (name, b"x"), ("good.ipynb", b"{}"))))
    assert found[0].refused == OUT and found[1] == Entry("good.ipynb", b"{}")


def test_links_are_not_followed(tmp_path: Path) -> None:
    assert next(entries(zipped(tmp_path / "a.zip", (link("x.ipynb"), b"/etc/passwd")))).refused == "it is a link"
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        for kind, name in (
            (tarfile.SYMTYPE, "s"),
            (tarfile.LNKTYPE, "h"),
            (tarfile.FIFOTYPE, "f"),
            (tarfile.CHRTYPE, "c"),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
        info = tarfile.TarInfo("./good.ipynb")
        info.size = 2
        tar.addfile(info, io.BytesIO(b"{}"))
    *bad, good = entries(tmp_path / "a.tar.gz")
    assert all(entry.refused and not entry.data for entry in bad) and good == Entry("good.ipynb", b"{}")


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "a.zip", ("bomb.ipynb", bytes(80 * 2**20)), ("good.ipynb", b"{}"))
    assert bomb.stat().st_size < 2**20
    first, second = entries(bomb)
    assert "would grow" in first.refused and second.data == b"{}"


def test_a_bomb_that_lies_about_its_size_stops_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "MAX_ENTRY", 2**20)
    path = zipped(tmp_path / "a.zip", ("a.ipynb", b"ab" * 2**20))
    content = bytearray(path.read_bytes())
    size = (2 * 2**20).to_bytes(4, "little")
    while (at := content.find(size)) >= 0:
        content[at : at + 4] = (100).to_bytes(4, "little")
    path.write_bytes(content)
    (found,) = entries(path)
    assert found.refused and len(found.data) == 0


def test_what_is_too_large_or_too_much_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "MAX_ENTRY", 1000)
    stored = zipped(tmp_path / "a.zip", ("a", bytes(1001)), ("b", b"b"), method=zipfile.ZIP_STORED)
    assert [bool(entry.refused) for entry in entries(stored)] == [True, False]
    many = zipped(tmp_path / "m.zip", *((str(i), b"") for i in range(5)))
    found = read(many.read_bytes(), Budget(total=100, entries=3))
    assert ["more than 3 entries; nothing from here on" in entry.refused for entry in found] == [False] * 3 + [True]
    full = zipped(tmp_path / "f.zip", *((str(i), bytes(40)) for i in range(3)))
    assert "expands" in read(full.read_bytes(), Budget(total=100))[-1].refused


def test_names_in_other_encodings_are_read_as_meant(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("xxxxxxxx.ipynb")
    path = zipped(tmp_path / "a.zip", (info, b"{}"), method=zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"xxxxxxxx", "Müller!".encode()))
    assert [entry.name for entry in entries(path)] == ["Müller!.ipynb"]
    path.write_bytes(path.read_bytes().replace("Müller!".encode(), b"M\x81ller!!"))
    assert [entry.name for entry in entries(path)] == ["Müller!!.ipynb"]


def test_the_same_name_twice_is_taken_once(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = zipped(tmp_path / "a.zip", ("a.ipynb", b"1"), ("a.ipynb", b"2"))
    first, second = entries(path)
    assert first.data == b"1" and "same name" in second.refused


def test_an_encrypted_or_damaged_entry_leaves_the_others(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("a.ipynb", b"A" * 50), ("b.ipynb", b"B" * 50), method=zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"A" * 50, b"A" * 49 + b"Z"))
    first, second = entries(path)
    assert "cannot be unpacked" in first.refused and second.data == b"B" * 50
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    path.write_bytes(content)
    assert "encrypted" in next(entries(path)).refused


@pytest.mark.parametrize(
    "content,reason",
    [
        (b"", "empty"),
        (b"<!doctype html><HTML>", "web page"),
        (b"hello", "no archive"),
        (b"PK\x03\x04" + bytes(60), "broken"),
        (b"\x1f\x8b" + bytes(60), "broken"),
    ],
)
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(Refusal, match=reason):
        list(entries(tmp_path / "a.zip"))


def test_a_folder_is_read_without_links_and_hidden_files(tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "a.ipynb").write_bytes(b"{}")
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "ada" / "l.ipynb").symlink_to("/etc/passwd")
    found = list(folders.in_folder(tmp_path))
    assert found == [Entry("ada/a.ipynb", b"{}"), Entry("ada/l.ipynb", refused="it is a link")]
