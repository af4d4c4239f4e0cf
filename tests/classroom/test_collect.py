"""Hand-ins from everywhere: whose they are, what they are, which one counts, and that nothing is lost."""

from __future__ import annotations

import json
import os
import pwd
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autograder.classroom import archives, files, identify, roster, status
from autograder.classroom.people import People
from autograder.classroom.room import Room

from .conftest import LESSON, cell, notebook, refused, run, untouched, write_csv

NAME = f"{LESSON}.ipynb"


def zipped(path: Path, content: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def placed(folder: Path, content: dict[str, bytes]) -> Path:
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def submitted(room: Room, student: str) -> dict[str, bytes]:
    return files.contents(room.root / "submitted" / student / LESSON)


def collect(room: Room, origin: object, *options: object, status: int = 0) -> str:
    # Wide enough for each note to stand in one line.
    return run("collect", LESSON, origin, *options, "--course", room.root, status=status, width=400)


def reasons(room: Room) -> list[str]:
    return sorted(
        path.read_text().splitlines()[0]
        for path in (room.root / "received" / LESSON / "not-taken").glob("*/reason.txt")
    )


def test_the_archive_of_canvas(enrolled: Room, tmp_path: Path) -> None:
    solved = notebook()
    archive = zipped(
        tmp_path / "submissions.zip",
        {
            "lovelaceada_101_9001_lesson-03-1.ipynb": solved,
            "bitdiddleben_LATE_102_9002_Untitled.ipynb": notebook(
                lambda nb: cell(nb, "written").update(source="two reasons")
            ),
            "lichen_103_9003_lesson-03.ipynb": untouched(),
            "somebodyelse_999_9004_lesson-03.ipynb": solved,
            "mllerldenscheiddana_104_9005_solution.pdf": b"%PDF-1.7",
        },
    )
    output = collect(enrolled, archive, status=1)
    assert "1 not taken, 1 unknown, 3 collected" in output
    assert submitted(enrolled, "ada") == {NAME: solved}
    assert (
        "renamed from 'lesson-03-1.ipynb'" in output
        and "late, by an unknown time" in output
        and "empty: no answer was changed" in output
    )
    assert "a PDF only" in reasons(enrolled)[0] and "nobody in the roster has the number 999" in reasons(enrolled)[1]
    kept = list((enrolled.root / "received" / LESSON / "not-taken").glob("*/files/*"))
    assert {path.read_bytes() for path in kept} == {solved, b"%PDF-1.7"}
    others = zipped(tmp_path / "others.zip", {"lovelaceada_101_9001_lesson-03-1.ipynb": solved})
    (line,) = [line for line in collect(enrolled, others).splitlines() if "dana" in line]
    assert "not handed in" in line and "before, not taken: " in line and "a PDF only" in line
    before = {path: path.read_bytes() for path in enrolled.root.rglob("*") if path.is_file()}
    assert "3 unchanged" in collect(enrolled, archive, status=1)
    assert {path: path.read_bytes() for path in enrolled.root.rglob("*") if path.is_file()} == before


def test_who_joins_the_roster_later_is_taken_then(enrolled: Room, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "s.zip", {"x_999_1_a.ipynb": notebook()})
    collect(enrolled, archive, status=1)
    run(
        "roster",
        write_csv(tmp_path / "r.csv", ["id", "lms_id"], [["eli", "999"]]),
        "--partial",
        "--course",
        enrolled.root,
    )
    collect(enrolled, archive)
    assert NAME in submitted(enrolled, "eli") and not reasons(enrolled)


MOODLE = "{}_{}_assignsubmission_file_/"


def worksheet(path: Path) -> Path:
    header = [
        "Identifier",
        "Full name",
        "Email address",
        "Status",
        "Grade",
        "Maximum Grade",
        "Last modified (submission)",
        "Last modified (grade)",
    ]
    return write_csv(
        path,
        header,
        [
            [
                "Participant 71",
                "Ada Lovelace",
                "ada@example.org",
                "Submitted",
                "",
                "18.00",
                "Monday, 2 March 2026, 11:58 PM",
                "-",
            ],
            [
                "Participant 72",
                "Ben Bitdiddle",
                "ben@example.org",
                "Submitted",
                "",
                "18.00",
                "Thursday, 5 March 2026, 1:00 AM",
                "-",
            ],
        ],
    )


def test_the_archive_of_moodle_with_its_worksheet(enrolled: Room, tmp_path: Path) -> None:
    archive = zipped(
        tmp_path / "m.zip",
        {
            MOODLE.format("Ada Lovelace", 71) + "lesson-03.ipynb": notebook(),
            MOODLE.format("Ada Lovelace", 71) + "data/notes.txt": b"notes",
            "Benjamin Bitdiddle_72_assignsubmission_file_lesson 3.ipynb": notebook(),
            "Ada Lovelace_71_assignsubmission_onlinetext_onlinetext.html": b"<p>hello",
        },
    )
    output = collect(enrolled, archive, "--worksheet", worksheet(tmp_path / "w.csv"))
    assert submitted(enrolled, "ada")["timestamp.txt"] == b"2026-03-02T22:58:00+00:00"
    assert submitted(enrolled, "ada")["data/notes.txt"] == b"notes"
    assert "late by 2 d 1 h" in output and "2 not handed in" in output


def test_a_worksheet_in_another_language_is_asked_for_in_english(enrolled: Room, tmp_path: Path) -> None:
    german = ["ID", "Vollständiger Name", "E-Mail-Adresse", "Status", "Bewertung", "Bestwertung"]
    sheet = write_csv(tmp_path / "w.csv", german, [["Teilnehmer/in77", "Ada L", "ada@example.org", "", "", "18,00"]])
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(f"Ada L_77_assignsubmission_file_/{LESSON}.ipynb", notebook())
    at = ("--course", enrolled.root)
    for command in (
        ("collect", LESSON, tmp_path / "a.zip", "--worksheet", sheet),
        ("export", LESSON, "--to", "moodle", "--template", sheet),
    ):
        assert "set Moodle to English, download it again" in refused(*command, *at)


def test_moodle_without_a_worksheet_goes_by_names(enrolled: Room, tmp_path: Path) -> None:
    archive = zipped(
        tmp_path / "m.zip",
        {
            MOODLE.format("Dana Muller-Ludenscheid", 74) + NAME: notebook(),
            MOODLE.format("Participant", 75) + NAME: notebook(),
        },
    )
    assert "--worksheet" in collect(enrolled, archive, status=1)
    assert list(submitted(enrolled, "dana")) == [NAME]
    collect(enrolled, archive, "--worksheet", worksheet(tmp_path / "w.csv"), status=1)


def test_a_time_that_becomes_known_later_is_no_new_hand_in(enrolled: Room, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "m.zip", {MOODLE.format("Ada Lovelace", 71) + NAME: notebook()})
    collect(enrolled, archive)
    assert "timestamp.txt" not in submitted(enrolled, "ada")
    collect(enrolled, archive, "--worksheet", worksheet(tmp_path / "w.csv"))
    assert "timestamp.txt" in submitted(enrolled, "ada")
    assert len(list((enrolled.root / "received" / LESSON / "ada").iterdir())) == 1


def test_the_exchange_keeps_all_and_the_latest_counts(enrolled: Room) -> None:
    inbound = enrolled.root / "exchange" / "sequence-models" / "inbound"
    first, second = notebook(), notebook(lambda nb: cell(nb, "written").update(source="later"))
    for stamp, content in (("2026-03-02 10:00:00.000000 UTC", second), ("2026-03-01 10:00:00.000000 UTC", first)):
        placed(
            inbound / f"ada+{LESSON}+{stamp}+x",
            {NAME: content, "timestamp.txt": b"1999-01-01 00:00:00 UTC", "submission_secret.txt": b"s"},
        )
    placed(inbound / f"mallory+{LESSON}+2026-03-01 10:00:00 UTC", {NAME: first})
    output = collect(enrolled, "exchange", status=1)
    assert "2 hand-ins, the latest counts" in output and "lies there since" in output
    assert submitted(enrolled, "ada") == {
        NAME: second,
        "timestamp.txt": b"2026-03-02T10:00:00+00:00",
        "submission_secret.txt": b"s",
    }
    kept = {path.read_bytes() for path in (enrolled.root / "received" / LESSON / "ada").glob(f"*/files/{NAME}")}
    assert kept == {first, second}


def test_who_may_be_meant_is_said_where_a_name_is_nobodys() -> None:
    people = People(
        [roster.Student("0012345"), roster.Student("am1", "Anna", "Müller"), roster.Student("am2", "Anna", "Müller")]
    )
    assert people.by_path("0012345.ipynb.txt")[0] == "0012345"
    assert people.near(("12345", "x.ipynb")) == "; did you mean 0012345?"
    assert people.near(("Anna Müller", "x.ipynb")) == "; am1 and am2 are both called 'Anna Müller'"
    assert people.near(("zzz",)) == ""


def test_a_name_that_leads_nowhere_is_refused(enrolled: Room) -> None:
    """It was filed as somebody's hand-in."""
    for name in ("missing.ipynb", "missing.zip", "missing"):
        assert f"no file or folder {name}" in refused("collect", LESSON, name, "--course", enrolled.root)


def test_in_the_exchange_the_account_that_wrote_a_hand_in_decides(
    enrolled: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbound = enrolled.root / "exchange" / "sequence-models" / "inbound"
    placed(inbound / f"ada+{LESSON}+2026-03-01 10:00:00 UTC+x", {NAME: notebook()})
    monkeypatch.setattr(pwd, "getpwuid", lambda number: SimpleNamespace(pw_name="ben"))
    output = collect(enrolled, "exchange", status=1)
    assert "the account 'ben' wrote it" in output and not submitted(enrolled, "ada")
    monkeypatch.setattr(pwd, "getpwuid", lambda number: SimpleNamespace(pw_name="mallory"))
    assert "written by the account 'mallory', which is in no roster" in collect(enrolled, "exchange")
    for own in ("ada", "ada@example.org"):
        monkeypatch.setattr(pwd, "getpwuid", lambda number, own=own: SimpleNamespace(pw_name=own))
        assert "written by" not in collect(enrolled, "exchange")


@pytest.mark.parametrize(
    "layout",
    [
        "{}/lesson-03.ipynb",
        "{}/lesson-03/lesson-03.ipynb",
        "lesson-03_{}.ipynb",
        "{}.ipynb",
        "{} (1).ipynb",
        "submitted/{}/lesson-03/x.ipynb",
    ],
)
def test_folders_are_understood_by_ids(enrolled: Room, tmp_path: Path, layout: str) -> None:
    folder = placed(tmp_path / "in", {layout.format("ada"): notebook(), layout.format("nobody"): notebook()})
    output = collect(enrolled, folder, status=1)
    assert submitted(enrolled, "ada")[NAME] == notebook()
    assert "1 unknown, 1 collected" in output


def test_the_late_ones_of_canvas_have_no_time_until_one_is_given(enrolled: Room, tmp_path: Path) -> None:
    names = {
        "bitdiddleben_LATE_102_9002_lesson-03.ipynb": notebook(),
        "lovelaceada_101_9001_lesson-03.ipynb": notebook(),
    }
    archive = zipped(tmp_path / "submissions.zip", names)
    unknown = "without a penalty until --received gives one: 1 (ben)"
    output = collect(enrolled, archive)
    assert unknown in output and f"Next: autograder grade {LESSON}" in output
    standings = {s.student: s for s in status.read(enrolled, LESSON).standings}
    assert standings["ben"].timeless and not standings["ada"].timeless
    table = run("status", LESSON, "--course", enrolled.root)
    assert "unknown" in table and "1 late" in table
    assert unknown not in collect(enrolled, archive, "--received", "2026-03-03 12:00")
    assert submitted(enrolled, "ben")["timestamp.txt"] == b"2026-03-03T11:00:00+00:00"
    assert "timestamp.txt" not in submitted(enrolled, "ada")
    assert "unknown" not in run("status", LESSON, "--course", enrolled.root)
    one = "bitdiddleben_LATE_102_9002_lesson-03.ipynb"
    collect(enrolled, placed(tmp_path / "one", {one: names[one]}) / one, "--received", "2026-03-04 12:00")
    assert submitted(enrolled, "ben")["timestamp.txt"] == b"2026-03-04T11:00:00+00:00"
    assert unknown not in collect(enrolled, archive)


def test_one_file_with_its_student(enrolled: Room, tmp_path: Path) -> None:
    path = placed(tmp_path, {"Untitled12.ipynb": notebook()}) / "Untitled12.ipynb"
    assert "is the id or address of one student" in collect(enrolled, path, status=1)
    output = collect(enrolled, path, "--student", "ada", "--received", "2026-03-03 00:30")
    assert "1 collected" in output and "not handed in" not in output
    assert submitted(enrolled, "ada")["timestamp.txt"] == b"2026-03-02T23:30:00+00:00"


def test_a_hand_in_that_somebody_placed_is_kept(enrolled: Room, tmp_path: Path) -> None:
    by_hand = notebook(lambda nb: cell(nb, "written").update(source="by hand"))
    placed(enrolled.root / "submitted" / "ada" / LESSON, {NAME: by_hand})
    collect(enrolled, placed(tmp_path / "in", {f"ada/{NAME}": notebook()}))
    assert submitted(enrolled, "ada") == {NAME: notebook()}
    assert by_hand in {path.read_bytes() for path in (enrolled.root / "received").rglob("*.ipynb")}


def test_times_are_never_the_students(enrolled: Room, tmp_path: Path) -> None:
    folder = placed(tmp_path / "in", {f"ada/{NAME}": notebook(), "ada/timestamp.txt": b"2026-01-01 00:00:00 UTC"})
    os.utime(folder / "ada" / NAME, (0, 0))
    collect(enrolled, folder)
    assert list(submitted(enrolled, "ada")) == [NAME]


KINDS = {
    "done beside the untouched one": ({NAME: untouched(), "lesson-03-done.ipynb": notebook()}, ""),
    "the same twice": ({NAME: notebook(), "lesson-03 (1).ipynb": notebook()}, ""),
    "without any metadata": ({"x.ipynb": notebook(lambda nb: [c.update(metadata={}) for c in nb["cells"]])}, ""),
    "saved as text": ({"lesson-03.ipynb.txt": notebook()}, ""),
    "in an archive": ({"homework.zip": b""}, ""),
    "with a byte-order mark": ({NAME: b"\xef\xbb\xbf" + notebook()}, ""),
    "two that differ": (
        {NAME: notebook(), "b.ipynb": notebook(lambda nb: cell(nb, "written").update(source="x"))},
        "2 different solved notebooks",
    ),
    "another lesson's": (
        {NAME: notebook(lesson="lesson-02")},
        "no notebook of lesson-03, but 'lesson-03.ipynb' (lesson-02, solved)",
    ),
    "html": ({NAME: b"<html><body>"}, "is a web page"),
    "pdf": ({"a.pdf": b"%PDF-1"}, "a PDF only"),
    "empty file": ({NAME: b""}, "only empty files"),
    "cut off": ({NAME: notebook()[:5000]}, "is broken: line 1"),
    "deep": ({NAME: b"[" * 200_000}, "it is nested too deeply"),
    "not a notebook": ({NAME: b'{"a": 1}'}, "is no notebook: it has no cells"),
    "latin": ({NAME: b'{"cells": "\xe9"}'}, "is no text: line 1 is not in UTF-8"),
    "a text": ({"a.txt": b"here"}, "no notebook; found 'a.txt'"),
}


@pytest.mark.parametrize("content,reason", KINDS.values(), ids=KINDS)
def test_what_a_hand_in_is_decides_not_its_name(
    enrolled: Room, tmp_path: Path, content: dict[str, bytes], reason: str
) -> None:
    if "homework.zip" in content:
        content = {"homework.zip": zipped(tmp_path / "h.zip", {"x/y.ipynb": notebook()}).read_bytes()}
    folder = placed(tmp_path / "in", {f"ada/{name}": data for name, data in content.items()})
    collect(enrolled, folder, status=bool(reason))
    if reason:
        assert reason in reasons(enrolled)[0] and not submitted(enrolled, "ada")
        kept = {
            path.read_bytes()
            for path in (enrolled.root / "received" / LESSON / "not-taken").glob("*/files/**/*")
            if path.is_file()
        }
        assert kept == set(content.values())
    else:
        sources = ["".join(c["source"]) for c in json.loads(submitted(enrolled, "ada")[NAME])["cells"]]
        assert "".join(cell(json.loads(notebook()), "rnn_forward")["source"]) in sources


def test_wrong_places_are_refused(enrolled: Room, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"<html>")
    assert "web page" in refused("collect", LESSON, tmp_path / "a.zip", "--course", enrolled.root)
    assert "no file" in refused("collect", LESSON, tmp_path / "none.zip", "--course", enrolled.root)
    assert "no exchange" in refused("collect", LESSON, "exchange", "--course", enrolled.root)
    assert "no lesson" in refused("collect", "lesson-9", tmp_path, "--course", enrolled.root)
    assert "no student" in refused("collect", LESSON, tmp_path, "--student", "x", "--course", enrolled.root)


def test_without_a_roster_nobody_is_known(room: Room, tmp_path: Path) -> None:
    assert "roster is empty" in refused("collect", LESSON, tmp_path, "--course", room.root)


def test_a_student_who_names_a_file_like_ours_changes_nothing(enrolled: Room, tmp_path: Path) -> None:
    extra = {
        "about.json": b'{"time": null}',
        "reason.txt": b"x",
        "counts/lesson-03.ipynb": b"{}",
        ".about.json.new": b"x",
    }
    folder = placed(tmp_path / "in", {f"ada/{name}": data for name, data in {NAME: notebook(), **extra}.items()})
    collect(enrolled, folder)
    assert submitted(enrolled, "ada")[NAME] == notebook()
    assert "unchanged" in collect(enrolled, folder)


def test_one_hand_in_that_cannot_be_taken_leaves_the_others(
    enrolled: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever went wrong with one, by its student's will or the disk's, ended the collection of the class."""
    folder = placed(tmp_path / "in", {f"{student}/{NAME}": notebook() for student in ("ada", "ben", "chen")})
    choose, contents = identify.choose, files.contents

    def choose_badly(given: dict[str, bytes], *rest: Any) -> identify.Choice:
        if "bad" in given:
            raise MemoryError
        return choose(given, *rest)

    def contents_badly(place: Path) -> dict[str, bytes]:
        if place == enrolled.root / "submitted" / "ben" / LESSON:
            raise PermissionError(13, "Permission denied")
        return contents(place)

    placed(folder, {"ada/bad": b"x"})
    monkeypatch.setattr(identify, "choose", choose_badly)
    monkeypatch.setattr(files, "contents", contents_badly)
    output = collect(enrolled, folder, status=1)
    assert "2 not taken, 1 collected" in output
    assert reasons(enrolled) == ["it cannot be taken: MemoryError", "it cannot be taken: Permission denied"]
    assert submitted(enrolled, "chen")
    monkeypatch.undo()
    assert "2 collected, 1 unchanged" in collect(enrolled, folder) and not reasons(enrolled)


@pytest.mark.parametrize("secret", [b"\xff\xfe", b"", b"x" * 129, b"a/b", b"a\nb"])
def test_a_secret_is_as_nbgrader_makes_it_or_none(enrolled: Room, secret: bytes) -> None:
    """nbgrader reads it as text: one student's in other bytes kept everybody's page from being released."""
    inbound = enrolled.root / "exchange" / "sequence-models" / "inbound"
    for student, content in (("ada", secret), ("ben", b"0af" * 42)):
        place = inbound / f"{student}+{LESSON}+2026-03-01 10:00:00 UTC+x"
        placed(place, {NAME: notebook(), "submission_secret.txt": content})
    collect(enrolled, "exchange")
    assert "submission_secret.txt" not in submitted(enrolled, "ada")
    assert submitted(enrolled, "ben")["submission_secret.txt"] == b"0af" * 42


def test_who_hands_in_again_and_again_fills_no_disk(enrolled: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that took up no room in the exchange were kept in full, each time."""
    inbound = enrolled.root / "exchange" / "sequence-models" / "inbound"
    monkeypatch.setattr("autograder.classroom.collect.MAX_KEPT", 3 * 2**20 + 2**19)
    for day in range(1, 7):
        mine = notebook(lambda nb, day=day: cell(nb, "written").update(source=f"day {day}"))
        placed(inbound / f"ada+{LESSON}+2026-03-0{day} 10:00:00 UTC+x", {NAME: mine})
    placed(inbound / f"ben+{LESSON}+2026-03-01 10:00:00 UTC+x", {NAME: notebook()})
    output = collect(enrolled, "exchange", status=1)
    assert "3 not taken, 2 collected" in output and "hand-ins of 'ada' fill" in output
    assert len(list((enrolled.root / "received" / LESSON / "ada").iterdir())) == 3


def test_archives_of_one_student_take_only_so_much(
    enrolled: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = zipped(tmp_path / "h.zip", {"x.txt": b"x"}).read_bytes()
    folder = placed(tmp_path / "in", {f"ada/{i}.zip": good for i in range(7)})
    read: list[bytes] = []
    monkeypatch.setattr(archives, "inner", lambda data: read.append(data) or iter(()))
    assert "7 archives were handed in; the first 5 of them were read" in collect(enrolled, folder, status=1)
    assert len(read) == 5

    def dear(data: bytes) -> None:
        read.append(data)
        raise archives.Dear("it takes more")

    monkeypatch.setattr(archives, "inner", dear)
    collect(enrolled, folder, status=1)
    assert len(read) == 6
