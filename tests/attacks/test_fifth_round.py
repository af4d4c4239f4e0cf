"""What a fifth reading of the source found on the way in: each was tried and succeeded once. All ideas are in fifth-round.md."""

from __future__ import annotations

import datetime
from types import SimpleNamespace

import pytest

from autograder.classroom import sources
from autograder.classroom.archives import Entry
from autograder.classroom.roster import Student

PEOPLE = sources.People(
    [
        Student("bob", "Bob", "Adams", lms_id="999"),
        Student("mjones", "Mallory", "Jones", lms_id="111"),
        Student("5002", "Carol", "Chen", lms_id="5002"),
    ]
)
ROOM = SimpleNamespace(zone=datetime.UTC)


def grouped(*names: str, student: str = "") -> list[sources.HandIn]:
    """What names in an archive are taken for; each file holds its own name."""
    found = [Entry(name, name.encode()) for name in names]
    return sources._grouped(found, ROOM, PEOPLE, sources.Options(student=student))  # type: ignore[arg-type]


def students(*names: str) -> dict[str, str]:
    """Whose each file is."""
    return {name.decode(): found.student for found in grouped(*names) for name in found.files.values()}


@pytest.mark.parametrize(
    "own", ["bob.ipynb", "for_bob.ipynb", "lesson-03_(bob).ipynb", "bob_999_5001_x.ipynb", "5002.ipynb"]
)
def test_in_canvas_archive_the_name_of_an_upload_is_nobodys(own: str) -> None:
    """`bob.ipynb`, uploaded by Mallory, took the place of Bob's hand-in: the later upload counts."""
    theirs, ours = "adamsbob_999_5001_lesson-03.ipynb", f"jonesmallory_111_5003_{own}"
    assert students(theirs, ours) == {theirs: "bob", ours: "mjones"}
    stranger = f"somebodyelse_777_5004_{own}"
    assert students(stranger) == {stranger: ""}


def test_ones_own_id_in_the_name_does_not_take_lateness_away() -> None:
    (found,) = grouped("jonesmallory_LATE_111_5002_lesson-03_mjones.ipynb")
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
