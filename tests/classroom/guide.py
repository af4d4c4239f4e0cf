"""The guide's first term, run as it stands: `python -m tests.classroom.guide` writes what the commands print into the page."""

from __future__ import annotations

import ast
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from autograder.classroom.marking.desk import Desk
from autograder.classroom.room import enter

from .conftest import LESSON, cell, notebook, untouched, write_csv, wrong_axis

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "book" / "first-term.md"
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
PEOPLE = [
    ("ada", "Lovelace, Ada"), ("ben", "Bitdiddle, Ben"), ("chen", "Li, Chen"), ("dana", "Dubois, Dana"), ("eli", "Eliot, Eli"), ("fay", "Faraday, Fay"),
    ("gus", "Gauss, Gus"), ("hana", "Hamilton, Hana"), ("ivo", "Ito, Ivo"), ("june", "Jung, June"), ("kim", "Kim, Kim"), ("lou", "Lee, Lou"),
]  # fmt: skip


def prepare(folder: Path) -> None:
    """The two files that Canvas gives, beside the class."""
    header = [
        "Student",
        "ID",
        "SIS User ID",
        "SIS Login ID",
        "Section",
        "Lesson 3: the forward pass (4711)",
        "Current Score",
    ]
    rows = [["    Points Possible", "", "", "", "", "18.00", "(read only)"]]
    rows += [[name, str(100 + i), "", login, "Monday", "", ""] for i, (login, name) in enumerate(PEOPLE)]
    write_csv(folder / "gradebook.csv", header, rows)
    content = {login: notebook(_own_style(i)) for i, (login, _) in enumerate(PEOPLE)}
    content |= {
        "ben": notebook(wrong_axis),
        "eli": untouched(),
        "gus": notebook(wrong_axis),
        "ivo": notebook(wrong_axis),
        "kim": b"<html><body>My notebook",
    }
    del content["lou"]
    with zipfile.ZipFile(folder / "submissions.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for i, (login, name) in enumerate(PEOPLE):
            if login in content:
                plain = re.sub(r"\W", "", name).lower()
                late = "LATE_" if login == "hana" else ""
                archive.writestr(
                    f"{plain}_{late}{100 + i}_{9000 + i}_{LESSON}{'-1' if login == 'chen' else ''}.ipynb",
                    content[login],
                )
        archive.writestr(f"strangersam_999_9999_{LESSON}.ipynb", content["ada"])


def _own_style(number: int) -> Callable[[dict[str, Any]], None]:
    """A right answer in one of the styles that the tests keep."""
    found = tomllib.loads((ROOT / "tests" / "right_answers" / f"{LESSON}.toml").read_text())["right"]

    def change(nb: dict[str, Any]) -> None:
        for name in ("count_parameters", "rnn_forward", "rnn_cell_forward"):
            styles = [entry["code"] for entry in found if entry["function"] == name]
            cell(nb, name)["source"] = _in_own_words(styles[number % len(styles)], number)
        cell(nb, "written")["source"] = f"The weights are shared over time, for example in sentence {number}."

    return change


def _in_own_words(code: str, number: int) -> str:
    """The same code with names that nobody else has."""
    tree = ast.parse(code)
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound -= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in bound:
            node.id = f"{node.id}_{number}"
    return ast.unparse(tree)


def _mark_all(course: Path, lesson: str) -> None:
    """What a person does in the page."""
    desk = Desk(enter(course), lesson)
    for question in desk.overview():
        for answer in desk.question(question["name"])["answers"]:
            if answer["mark"]["open"]:
                desk.save(question["name"], answer["token"], answer["mark"]["version"], 2, "One reason is missing.")


def run(command: str, place: Path) -> str:
    """One command of the page, with what it prints; `mark` is ended when everything is marked."""
    environment = {
        **os.environ,
        "COLUMNS": "110",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "NO_COLOR": "1",
    }
    words = shlex.split(command)
    process = subprocess.Popen(
        words, cwd=place, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    first = ""
    if words[1] == "mark":
        first = process.stdout.readline() + process.stdout.readline()  # what is read ahead is lost to communicate()
        _mark_all(place, words[2])
        process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=600)
    assert process.returncode in (0, 1), f"{command}\n{output}\n{errors}"
    return (first + output).rstrip() + "\n"


def term(folder: Path) -> str:
    """The page with what its commands print today."""
    prepare(folder)
    place = folder

    def block(found: re.Match[str]) -> str:
        nonlocal place
        lines = []
        for command in re.findall(r"^\$ (.*)$", found[1], re.MULTILINE):
            lines.append(f"$ {command}\n")
            if command.startswith("cd "):
                place = place / command[3:]
            else:
                lines.append(told(run(command, place), folder))
        return f"```console\n{''.join(lines)}```"

    return _BLOCK.sub(block, PAGE.read_text(encoding="utf-8"))


def told(output: str, folder: Path) -> str:
    """Output without what differs from run to run: places, times, ports, secrets, sizes."""
    output = output.replace(f"{folder}/", "/home/teacher/").replace(str(folder.resolve()) + "/", "/home/teacher/")
    output = re.sub(r"http://127\.0\.0\.1:\d+/\?secret=\S+", "http://127.0.0.1:54321/?secret=...", output)
    output = re.sub(r"\d{4}-\d\d-\d\d-\d{6}\.tar\.gz", "2026-03-12-101500.tar.gz", output)
    output = re.sub(r"\d+ files, [\d.]+ MB", "101 files, 0.1 MB", output)
    lines = [line.rstrip() for line in output.splitlines() if line.strip() and not re.match(r"^\w\S* +[━╸╺]", line)]
    return "\n".join(_same_seconds(lines)) + "\n"


def _same_seconds(lines: list[str]) -> Iterator[str]:
    """The lines; in a table that has a column of seconds, all of these are the same."""
    at = None
    for line in lines:
        cells = re.split("[┃│]", line)
        if line.startswith("┃"):
            at = next((i for i, cell in enumerate(cells) if cell.strip() == "seconds"), None)
        elif line.startswith("│") and at is not None:
            cells[at] = re.sub(r"\d+\.\d\d", "0.10", cells[at])
            line = "│".join(cells)
        yield line


def main() -> None:
    """Write the page anew."""
    with tempfile.TemporaryDirectory() as folder:
        text = term(Path(folder).resolve())
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
