"""The guide's first term is what happens: every command as written, with the output that is shown."""

from __future__ import annotations

import csv
import re
import zipfile
from pathlib import Path

import pytest

from .conftest import LESSON, untouched, write_csv
from .guide import PAGE, run, term
from .test_play import points_of, right


def test_the_first_term_is_as_the_guide_says(tmp_path: Path) -> None:
    # Where this fails because a text was changed: python -m tests.classroom.guide
    page = PAGE.read_text(encoding="utf-8")
    assert term(tmp_path.resolve()) == page
    assert len(re.findall(r"^\$ ", page, re.MULTILINE)) < 15
    with open(tmp_path / "autumn" / f"grades-{LESSON}-canvas.csv", newline="") as file:
        scores = {row[3]: row[5] for row in csv.reader(file)}
    assert scores["ada"] == "17" and scores["ben"] == "15.33" and scores["lou"] == scores["kim"] == ""
    with zipfile.ZipFile(tmp_path / "autumn" / "returned" / f"{LESSON}-canvas.zip") as archive:
        assert len(archive.namelist()) == 10


@pytest.mark.soak
def test_a_whole_term_is_the_commands_that_the_guide_lists(tmp_path: Path) -> None:
    """For 30 students: what the block holds, the last three commands once for each lesson."""
    (block,) = re.findall(r"```sh\n(autograder new-class.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    *once, collect, marking, back = block.strip().splitlines()
    lessons = [f"lesson-{number:02}" for number in range(1, 5)]
    header = [
        "Student",
        "ID",
        "SIS User ID",
        "SIS Login ID",
        "Section",
        *(f"{name} ({i})" for i, name in enumerate(lessons)),
    ]
    points = ["    Points Possible", "", "", "", "", *(f"{points_of(name):g}" for name in lessons)]
    people = [[f"Last{i}, First{i}", str(100 + i), "", f"s{i}", "A", "", "", "", ""] for i in range(30)]
    write_csv(tmp_path / "gradebook.csv", header, [points, *people])
    for lesson in lessons:
        with zipfile.ZipFile(tmp_path / f"{lesson}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for i in range(30):
                data = untouched(lesson) if i == 3 else right(lesson)[f"{lesson}.ipynb"]
                archive.writestr(f"last{i}first{i}_{100 + i}_{900 + i}_{lesson}.ipynb", data)
    repeated = [
        line.replace("lesson-01", name) for name in lessons for line in (collect, f"{marking} --no-browser", back)
    ]
    commands = [line for line in (*once, *repeated) if not line.startswith("cd ")]
    assert len(commands) < 15
    for number, command in enumerate(commands):
        assert "Nothing was" not in run(command, tmp_path / ("autumn" if number else ""))
    for lesson in lessons:
        with open(tmp_path / "autumn" / f"grades-{lesson}-canvas.csv", newline="") as file:
            at = header.index(f"{lesson} ({lessons.index(lesson)})")
            scores = {row[3]: float(row[at]) for row in list(csv.reader(file))[2:]}
        assert (
            scores["s3"] == 0 and min(value for name, value in scores.items() if name != "s3") > points_of(lesson) / 2
        )
