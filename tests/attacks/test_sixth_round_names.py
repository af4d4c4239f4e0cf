"""What a sixth reading of the source found of whose a hand-in is and when it came: each was tried and succeeded once."""

from __future__ import annotations

import csv
import datetime
import io
import json
import os
import shutil
import zipfile
import zoneinfo
from pathlib import Path
from types import SimpleNamespace

import pytest

from autograder.classroom import collect, folders, new_class, received, roster, sources, status
from autograder.classroom.hand_in import HandIn
from autograder.classroom.lms import canvas, moodle
from autograder.classroom.people import People, plain
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import Room, enter
from autograder.classroom.roster import Student
from autograder.sample_class import ROOT
from autograder.unpacking.entry import Entry

LESSON = "lesson-03"
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
BOB, MALLORY = Student("bob", "Bob", "Adams", lms_id="5002"), Student("mjones", "Mallory", "Jones", lms_id="5003")
NUMBERED = People([BOB, MALLORY])
NAMED = People([Student("bob", "Bob", "Adams"), Student("mjones", "Mallory", "Jones")])


def grouped(people: People, *names: str, student: str = "", worksheet: Path | None = None) -> list[HandIn]:
    """What names in an archive are taken for; each file holds its own name."""
    found = [Entry(name, name.encode()) for name in names]
    options = sources.Options(worksheet=worksheet, student=student)
    return sources._grouped(found, SimpleNamespace(zone=BERLIN), people, options)  # type: ignore[arg-type]


def owned(people: People, *names: str) -> list[tuple[str, bool]]:
    """Whose each file is, and whether it is late."""
    whose = {data.decode(): (one.student, one.late) for one in grouped(people, *names) for data in one.files.values()}
    return [whose[name] for name in names]


def as_canvas_writes(name: str, user: str, file: str, late: bool = False) -> str:
    """A name in Canvas's archive, of a sortable name without "_" before and behind digits."""
    called = "".join(sign for sign in name.lower() if sign.isalnum() or sign == "_")
    return f"{called}_{'LATE_' if late else ''}{user}_77_{file}"


@pytest.mark.parametrize("name", ["anon_bob", "anon, Bob", "anon_mjones"])
def test_a_display_name_that_begins_with_anon_is_no_anonymous_id(name: str) -> None:
    """`anon_ben_101_77_f` was Ben's, whose id is a part of it; and its LATE was lost."""
    theirs, ours = "adamsbob_5002_70_a.ipynb", as_canvas_writes(name, "5003", "a.ipynb", late=True)
    assert owned(NUMBERED, theirs, ours) == [("bob", False), ("mjones", True)]


def test_in_an_anonymous_archive_no_name_of_a_file_is_a_number() -> None:
    names = ["anon_x8Kd2_77_adamsbob_5002_70_a.ipynb", "LATE_anon_Ab3de_78_a.ipynb", "anon_abcde_5003_77_a.ipynb"]
    assert [student for student, _ in owned(NUMBERED, *names)] == ["", "", ""]


@pytest.mark.parametrize(
    "name",
    ["Jones, Mallory_5002", "Adams, Bob_5002", "Adams, Bob_-5002_-70_x", "Jones, Mallory_-5002_-7", "bob_5002"],
)
def test_another_ones_number_in_a_display_name_makes_it_nobodys(name: str) -> None:
    """`lovelaceada_102_101_77_f`, of user 101, lay in the group of user 102; with Ben's name before it, it was his."""
    theirs, ours = "adamsbob_5002_70_a.ipynb", as_canvas_writes(name, "5003", "a.ipynb")
    assert owned(NUMBERED, theirs, ours) == [("bob", False), ("", False)]
    assert "can be read in two ways" in grouped(NUMBERED, ours)[0].unknown


@pytest.mark.parametrize("name", ["Jones, Mallory_-5003_-7", "Jones, Mallory_-5002_-7"])
def test_a_number_in_a_display_name_does_not_take_lateness_away(name: str) -> None:
    (found,) = grouped(NUMBERED, as_canvas_writes(name, "5003", "a.ipynb", late=True))
    assert not found.student and "whether it is late" in found.unknown
    (found,) = grouped(NAMED, as_canvas_writes("Jones, Mallory_-1_-7", "5003", "a.ipynb", late=True))
    assert not found.student


def test_numbers_in_a_files_name_leave_it_its_owner() -> None:
    honest = {
        "jonesmallory_5003_77_lesson_2026_11_02.ipynb": ("mjones", False),
        "jonesmallory_LATE_5003_78_2026_3_a.ipynb": ("mjones", True),
        "jonesmallory_5003_79_hw_3_2_final.ipynb": ("mjones", False),
        "jonesmallory_5003_80_adamsbob-x_5002_70_a.ipynb": ("mjones", False),
        "kingmallory_5003_81_my_2_3_x.ipynb": ("mjones", False),
        "adamsbob_5002_99_adamsbob_5002_70_a.ipynb": ("bob", False),
    }
    for people in (NUMBERED, NAMED):
        for name, owner in honest.items():
            if people is NUMBERED or not name.startswith("king"):
                assert owned(people, name) == [owner], name
    assert owned(NUMBERED, "bob_2026_11_a.ipynb", "mjones_2026_03_a.ipynb") == [("bob", False), ("mjones", False)]


def test_a_file_that_is_called_like_another_ones_hand_in_is_nobodys() -> None:
    """Canvas's user with this name and this number may be the one or the other."""
    assert owned(NUMBERED, "jonesmallory_5003_77_bob_5002_5001_x.ipynb") == [("", False)]
    assert owned(NUMBERED, "somebodyelse_777_5004_adamsbob_5002_5001_x.ipynb") == [("", False)]


@pytest.mark.parametrize("name", ["bob", "bobadams", "adamsbob"])
def test_a_name_leads_to_nobody_whose_number_is_another_one(name: str) -> None:
    (found,) = grouped(NUMBERED, f"{name}_6666_77_a.ipynb")
    assert not found.student and "'bob', who is called so, has another one" in found.unknown


def test_of_two_numbers_with_one_students_name_neither_is_taken() -> None:
    theirs, ours = "adamsbob_5002_70_a.ipynb", "bobadams_5003_77_a.ipynb"
    assert owned(NAMED, theirs) == owned(NAMED, ours) == [("bob", False)]
    assert owned(NAMED, theirs, ours, "jonesmallory_5004_78_a.ipynb") == [("", False), ("", False), ("mjones", False)]
    assert all("by a name alone" in one.unknown for one in grouped(NAMED, theirs, ours))


def test_an_id_that_is_canvas_number_is_one_where_the_name_fits() -> None:
    people = People([Student("5002"), Student("5003", "Mallory", "Jones")])
    names = ["adamsbob_5002_70_a.ipynb", "jonesmallory_5003_71_a.ipynb", "kingcarol_5003_72_a.ipynb"]
    assert [student for student, _ in owned(people, *names)] == ["5002", "5003", ""]


MARK = "{}_{}_assignsubmission_file_/lesson-03.ipynb"


@pytest.mark.parametrize("name", ["BobAdams", "B.o.b Ad-ams", "bob  ADAMS"])
def test_of_two_participants_with_one_students_name_neither_is_taken(name: str) -> None:
    theirs, ours = MARK.format("Bob Adams", 8), MARK.format(name, 9)
    assert owned(NUMBERED, theirs) == [("bob", False)]
    found = grouped(NUMBERED, theirs, ours)
    assert [one.student for one in found] == ["", ""]
    assert all("by a name alone" in one.unknown and "--worksheet" in one.unknown for one in found)


def worksheet(path: Path, *rows: tuple[int, str, str, str]) -> Path:
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Identifier", "Full name", "Email address", "Grade", "Last modified (submission)"])
        writer.writerows([f"Participant {number}", name, mail, "", when] for number, name, mail, when in rows)
    return path


def test_in_the_worksheet_an_address_stands_before_a_name(tmp_path: Path) -> None:
    people = People([Student("bob", "Bob", "Adams", "bob@u.edu"), MALLORY])
    rows = [(8, "Bob Adams", "bob@u.edu", "-"), (9, "BobAdams", "m@u.edu", "-"), (10, "Mallory Jones", "", "-")]
    names = [MARK.format(name, number) for number, name, _, _ in rows]
    found = grouped(people, *names, worksheet=worksheet(tmp_path / "w.csv", *rows))
    assert [one.student for one in found] == ["bob", "", "mjones"] and "another row of the worksheet" in found[
        1
    ].unknown
    rows = [(8, "Bob Adams", "", "-"), (9, "BobAdams", "", "-")]
    found = grouped(people, *names[:2], worksheet=worksheet(tmp_path / "w.csv", *rows))
    assert [one.student for one in found] == ["", ""]


def test_who_names_the_student_is_believed_of_moodles_names_as_well() -> None:
    (found,) = grouped(NUMBERED, MARK.format("Some Body", 8), student="bob")
    assert found.student == "bob" and not found.unknown
    (found,) = grouped(NUMBERED, as_canvas_writes("Adams, Bob_-5002_-7", "5003", "a", late=True), student="mjones")
    assert found.student == "mjones" and found.late


@pytest.mark.parametrize(
    "text,moment,doubt",
    [
        ("Sunday, 25 October 2026, 2:30 AM", "2026-10-25T00:30+00:00", "on the clocks of Europe/Berlin twice"),
        ("Sunday, 29 March 2026, 2:30 AM", "", "never on the clocks"),
        ("Sonntag, 25. Oktober 2026, 02:30", "", "cannot be read"),
        ("Sunday, 25 October 2026, 4:30 AM", "2026-10-25T03:30+00:00", ""),
        ("-", "", ""),
    ],
)
def test_a_time_of_moodles_that_may_be_another_is_told(tmp_path: Path, text: str, moment: str, doubt: str) -> None:
    assert moodle.time_of(text, BERLIN) == (datetime.datetime.fromisoformat(moment) if moment else None)
    sheet = worksheet(tmp_path / "w.csv", (8, "Bob Adams", "", text))
    (found,) = grouped(NUMBERED, MARK.format("Bob Adams", 8), worksheet=sheet)
    assert len(found.notes) == bool(doubt) and all(doubt in note for note in found.notes)


def test_two_folders_of_one_student_hide_nothing_of_each_other() -> None:
    (found,) = grouped(NUMBERED, "Bob Adams/a.ipynb", "B.o.b Ad-ams/a.ipynb")
    assert sorted(data.decode() for data in found.files.values()) == ["B.o.b Ad-ams/a.ipynb", "Bob Adams/a.ipynb"]


def test_in_an_archive_that_was_packed_again_no_name_of_a_file_decides() -> None:
    """Inside a folder nothing was Canvas's or Moodle's, and a file's own name was tried as an id."""
    names = ["in/jonesmallory_LATE_5003_77_bob.ipynb", "in/adamsbob_5002_70_a.ipynb"]
    assert owned(NUMBERED, *names) == [("mjones", True), ("bob", False)]
    names = [f"in/{MARK.format('Mallory Jones', 9)}".replace(LESSON, "bob"), f"in/{MARK.format('Bob Adams', 8)}"]
    assert owned(NUMBERED, *names) == [("mjones", False), ("bob", False)]
    # Of two assignments the same number may be two participants'.
    names = [f"one/{MARK.format('Bob Adams', 8)}", f"two/{MARK.format('Mallory Jones', 8)}"]
    assert owned(NUMBERED, *names) == [("bob", False), ("mjones", False)]
    # A folder that names somebody is theirs, and one that names nobody may be a hand-in.
    assert owned(NUMBERED, "mjones/adamsbob_5002_70_a.ipynb") == [("mjones", False)]
    assert owned(NUMBERED, "bob/a.ipynb", "Mallory X/adamsbob_5002_70_a.ipynb") == [("bob", False), ("", False)]


def test_names_without_end_are_read_at_once() -> None:
    """Each place in a name was looked at to the name's end."""
    assert canvas.readings("_1_1" * 2**18) == []
    assert grouped(NUMBERED, "/".join("_1_1" for _ in range(2**12)))[0].student == ""


def test_names_differ_by_their_vowel_signs() -> None:
    """`plain` left out every mark, and with it the vowels of many scripts."""
    people = People([Student("r", "राम")])
    assert people.by_name("राम") == "r" and people.by_name("रमा") == people.by_name("रीम") == ""
    assert people.by_path("रमा/lesson-03.ipynb")[0] == ""
    assert plain("Élodie Müller-Ångström") == plain("elodie mullerangstrom") and plain("Ёлка") == plain("елка")


def test_an_address_takes_no_id_away() -> None:
    people = People(
        [Student("bob@u.edu", "Bob"), Student("m", "Mallory", email="BOB@u.edu"), Student("c", email="c@u.edu")]
    )
    assert (people.by_key("bob@u.edu"), people.by_key("c@u.edu")) == ("bob@u.edu", "c")
    assert people.by_address("bob@u.edu") == ""


def test_a_number_of_5000_digits_is_none_of_canvas() -> None:
    assert canvas.parse_name(f"m_5003_{'1' * 5000}_x.ipynb") is None
    (found,) = canvas.readings(f"m_{'1' * 18}_77_x.ipynb")
    assert (found.user, found.file) == ("1" * 18, 77)


def table(path: Path, *rows: tuple[str, str]) -> Path:
    path.write_text("id,first_name\n" + "".join(f"{student},{name}\n" for student, name in rows), encoding="utf-8")
    return path


def test_an_id_in_another_case_is_the_same_student(tmp_path: Path) -> None:
    """`Ada` for `ada` was added beside it, and then every command refused the roster."""
    _, new = roster.read(table(tmp_path / "r.csv", ("Ada", "Ada"), ("ben", "Ben")))
    change = roster.compare([Student("ada", "A."), Student("BEN", "Ben")], "plain CSV", new)
    assert [(s.id, s.first_name) for s in change.students] == [("ada", "Ada"), ("BEN", "Ben")]
    assert (change.added, [s.id for s in change.changed], change.gone) == ([], ["ada"], [])


@pytest.mark.parametrize(
    "name,shown",
    [
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("Ann\u00a0Marie", "Ann Marie"),
        ("Jo\u00adhn", "John"),
        ("evil\u202e", "evil"),
        ("a\ue000b\u2028c", "ab c"),
    ],
)
def test_an_unseen_sign_in_one_name_refuses_nobody(tmp_path: Path, name: str, shown: str) -> None:
    _, (found, other) = roster.read(table(tmp_path / "r.csv", ("gil", name), ("ada", "Ada")))
    assert (found.first_name, other.first_name) == (shown, "Ada")
    with pytest.raises(Refusal, match="cannot be printed"):
        roster.read(table(tmp_path / "r.csv", (f"g{name[4:]}\u00ad", "Gil")))


@pytest.fixture(scope="module")
def _class(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class with a lesson that has no due date, two students and an empty gradebook."""
    folder = tmp_path_factory.mktemp("names") / "class"
    new_class.create(folder, [LESSON], "sequence-models", "Europe/Berlin")
    students = [("ada", "Ada", "Lovelace", 101), ("ben", "Ben", "Bitdiddle", 102)]
    rows = "".join(f"{student},{first},{last},{number}\n" for student, first, last, number in students)
    (folder / "roster.csv").write_text(f"id,first_name,last_name,lms_id\n{rows}")
    with enter(folder).folder.gradebook():
        return folder


@pytest.fixture
def room(tmp_path: Path, _class: Path) -> Room:
    """A copy of the class."""
    shutil.copytree(_class, tmp_path / "class")
    return enter(tmp_path / "class")


def notebook(answer: str) -> bytes:
    """The release of the lesson with a written answer."""
    released = json.loads((ROOT / "exercises" / LESSON / f"{LESSON}.ipynb").read_text())
    for cell in released["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "written":
            cell["source"] = answer
    return json.dumps(released).encode()


def take(room: Room, received: str = "", **content: bytes) -> dict[str, str]:
    """Collect an archive of Canvas's; returns what is said of each student's lateness."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in content.items():
            archive.writestr(f"{name}_lesson-03.ipynb", data)
    (room.root.parent / "in.zip").write_bytes(packed.getvalue())
    when = datetime.datetime.fromisoformat(received) if received else None
    origin = str(room.root.parent / "in.zip")
    report = collect.collect(room, LESSON, origin, sources.Options(when), lambda found, count, name: found)
    return {row.student: row.late for row in report.rows}


def counting(room: Room, student: str) -> bytes:
    return (room.place("submitted", student, LESSON) / f"{LESSON}.ipynb").read_bytes()


def test_what_is_handed_in_again_counts_again(room: Room) -> None:
    """A, then B, then A: B counted, since A was known already. The numbers of Canvas's uploads grow with time."""
    a, b = notebook("A"), notebook("B")
    take(room, bitdiddleben_102_700=a)
    take(room, bitdiddleben_102_701=b)
    assert counting(room, "ben") == b
    take(room, bitdiddleben_102_702=a)
    assert counting(room, "ben") == a
    take(room, bitdiddleben_102_701=b)
    assert counting(room, "ben") == a


def test_of_canvas_uploads_the_time_of_collecting_decides_nothing(room: Room) -> None:
    first, second = notebook("first"), notebook("second")
    take(room, bitdiddleben_102_700=first)
    take(room, "2026-03-03T12:00+00:00", bitdiddleben_LATE_102_701=second)
    assert counting(room, "ben") == second
    # From elsewhere a hand-in has a time, and is compared by that.
    place = room.root.parent / "later" / "ben"
    place.mkdir(parents=True)
    (place / "x.ipynb").write_bytes(third := notebook("third"))
    when = datetime.datetime(2026, 3, 4, tzinfo=datetime.UTC)
    collect.collect(room, LESSON, str(place.parent), sources.Options(when), lambda found, count, name: found)
    assert counting(room, "ben") == third


def test_who_is_late_in_canvas_no_longer_has_no_penaltys_time(room: Room) -> None:
    work = notebook("work")
    assert take(room, bitdiddleben_LATE_102_700=work)["ben"] == collect.TIMELESS
    take(room, "2026-03-09T12:00+00:00", bitdiddleben_LATE_102_700=work)
    stamp = room.place("submitted", "ben", LESSON) / "timestamp.txt"
    assert stamp.read_text() == "2026-03-09T12:00:00+00:00"
    take(room, bitdiddleben_LATE_102_700=work)
    assert stamp.is_file()
    assert take(room, bitdiddleben_102_700=work)["ben"] == "" and not stamp.exists()
    # And late again, where an upload of the same file is.
    assert take(room, bitdiddleben_LATE_102_702=work)["ben"] == collect.TIMELESS


def test_no_student_has_the_id_of_a_folder_of_ours(room: Room, tmp_path: Path) -> None:
    """`status` ended with a KeyError for the class."""
    for student in (received.NOT_TAKEN, "Not-Taken"):
        with pytest.raises(Refusal, match="is the name of the folder of what was not taken"):
            roster.read(table(tmp_path / "r.csv", ("ada", "Ada"), (student, "N")))
    place = room.root / "received" / LESSON / received.NOT_TAKEN
    for name, said in (("a", {"time": None}), ("b", {"student": "ada", "reason": "a PDF only"})):
        (place / name).mkdir(parents=True)
        (place / name / received.ABOUT).write_text(json.dumps(said))
    assert {s.student: s.not_taken for s in status.read(room, LESSON).standings} == {"ada": "a PDF only", "ben": ""}


@pytest.mark.parametrize(
    "stamp", [b"yesterday", b"\xff\xfe", b"0001-01-01 00:00:00 +1400", b"9999-12-31 23:59:59 -1200", b""]
)
def test_a_timestamp_that_cannot_be_read_is_its_students_state(room: Room, stamp: bytes) -> None:
    """nbgrader's parser of it ended `status`, and whatever asks it, for the class."""
    for student, content in (("ada", stamp), ("ben", b"2026-03-02 10:00:00.000000 UTC")):
        place = room.place("submitted", student, LESSON)
        place.mkdir(parents=True)
        (place / "timestamp.txt").write_bytes(content)
    ada, ben = status.read(room, LESSON).standings
    assert ada.state == "set aside" and "holds no time that can be read" in ada.aside
    assert ben.state == "not graded"


def handed_in(tmp_path: Path, stamp: str) -> Path:
    place = tmp_path / f"bob+{LESSON}+{stamp}+x"
    place.mkdir()
    (place / "a.ipynb").write_text("{}")
    return place


@pytest.mark.parametrize("stamp", ["never", "0001-01-01 00:00:00 UTC", "2026-03-02 10:00:00 CET"])
def test_in_the_exchange_a_folder_has_a_time_whatever_its_name(tmp_path: Path, stamp: str) -> None:
    """Without one a hand-in was never late."""
    place = handed_in(tmp_path, stamp)
    found = sources._submitted(place, "bob", stamp, NUMBERED)
    changed = max(place.stat().st_ctime, (place / "a.ipynb").stat().st_ctime)
    assert found.when == datetime.datetime.fromtimestamp(changed, datetime.UTC)
    assert any(f"its time {stamp!r} can" in note and "which counts" in note for note in found.notes)


def test_in_the_exchange_a_file_that_was_changed_later_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the folder's own time was looked at, which a file that is written to in its place leaves as it is."""
    now = datetime.datetime.now(datetime.UTC)
    place = handed_in(tmp_path, f"{now:%Y-%m-%d %H:%M:%S} UTC")

    def told(later: int) -> list[str]:
        real = os.fstat
        seen = (place / "a.ipynb").stat().st_ino

        def fstat(descriptor: int) -> object:
            found = real(descriptor)
            if found.st_ino != seen:
                return found
            kept = {name: getattr(found, name) for name in ("st_mode", "st_size", "st_blocks", "st_uid", "st_ctime")}
            return SimpleNamespace(**{**kept, "st_ctime": found.st_ctime + later})

        with monkeypatch.context() as patch:
            patch.setattr(folders.os, "fstat", fstat)
            return sources._submitted(place, "bob", f"{now:%Y-%m-%d %H:%M:%S} UTC", NUMBERED).notes

    assert not any("was changed at" in note for note in told(0))
    assert any("was changed at" in note for note in told(3600))
