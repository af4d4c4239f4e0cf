"""The guide's first term is what happens: every command as written, with the output that is shown."""

from __future__ import annotations

import csv
import re
import zipfile
from pathlib import Path

from .conftest import LESSON
from .guide import PAGE, term


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
