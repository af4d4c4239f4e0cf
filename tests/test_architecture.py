"""The pages for people who change this project name files that exist."""

from __future__ import annotations

import os
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOT_IN_GIT = {".venv", "class/", "submitted/"}
EXAMPLE = re.compile("05")  # the lesson that CONTRIBUTING makes as an example


def _files() -> list[str]:
    skipped = {".git", ".venv", "class", "_build", "_vendor", ".make", "build"}
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in skipped]
        found += ["/" + str((Path(folder) / name).relative_to(ROOT)) for name in names]
    return found


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    words = re.findall(
        r"`([\w./*-]+(?:\.(?:py|md|toml|ya?ml|js|json|cfg)|/[\w.-]*))`", (ROOT / page).read_text("utf-8")
    )
    names = {
        re.sub(r"NN(-name)?|NAME", "*", word) for word in words if word not in NOT_IN_GIT and not EXAMPLE.search(word)
    }
    assert len(names) > 10
    files = _files()
    missing = {name for name in names if not any(fnmatch(file, f"*/{name}*") for file in files)}
    assert not missing
