"""The zip for home: what is in it works without the project, and a broken cell can be put back."""

import ast
import copy
import json
import shutil
import subprocess
import sys
import zipfile

import nbformat
import pytest

from autograder import library
from autograder.home import files, write
from autograder.lessons import chapter, conditions, lessons
from autograder.release import ROOT

LESSONS = sorted(lessons())


def project(folder):
    """What the zip is made of, without settings: nobody knows where the book is on the web."""
    folder.mkdir(exist_ok=True)
    for name in ("exercises", "seqlib", "LICENSE", "LICENSE-text"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("at home")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GITHUB_REPOSITORY", raising=False)
        write(folder / "exercises.zip", project(folder / "project"))
    with zipfile.ZipFile(folder / "exercises.zip") as archive:
        archive.extractall(folder)
    return folder / "exercises"


def python(home, *arguments):
    return subprocess.run([sys.executable, *arguments], cwd=home, capture_output=True, text=True, timeout=120)


def code(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    return [cell.source for cell in cells if "skip-execution" not in cell.metadata.get("tags", [])]


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_solved_notebook_passes_its_checks_with_what_is_in_the_zip(home, lesson):
    (home / "solved.py").write_text(
        "\n".join(code(ROOT / "solutions" / lesson / f"{lesson}.ipynb")) + "\nprint(seqlib.__file__)"
    )
    done = python(home, "solved.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith(str(home / "seqlib" / "__init__.py"))


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_notebooks_are_the_releases_and_unsolved(home, lesson):
    released = (ROOT / "exercises" / lesson / f"{lesson}.ipynb").read_bytes()
    assert (home / f"{lesson}.ipynb").read_bytes() == (home / "originals" / f"{lesson}.ipynb").read_bytes() == released
    (home / "unsolved.py").write_text("\n".join(code(home / f"{lesson}.ipynb")))
    assert "NotImplementedError" in python(home, "unsolved.py").stderr


def test_the_same_files_give_the_same_zip(tmp_path):
    write(tmp_path / "one.zip")
    write(tmp_path / "other.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()


def test_each_system_has_a_start_line(home):
    readme = (home / "README.md").read_text()
    for system, start in (("Windows", "start.bat"), ("macOS", "sh start.sh"), ("Linux", "sh start.sh")):
        assert f"| {system} |" in readme and start in readme
    assert (home / "start.bat").read_bytes().count(b"\r\n") == (home / "start.bat").read_bytes().count(b"\n")
    assert subprocess.run(["sh", "-n", home / "start.sh"]).returncode == 0
    for line in (home / "requirements.txt").read_text().splitlines():
        assert any(line in declared for declared in (ROOT / "pyproject.toml").read_text().splitlines()), line


def pretend(path, script):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def start(home, folder, *arguments):
    """start.sh, in another folder than its own, where `python3` is the one in `folder`."""
    command = ["sh", home / "start.sh", *arguments]
    return subprocess.run(command, cwd=folder, env={"PATH": f"{folder}:/usr/bin:/bin"}, capture_output=True, text=True)


def test_an_old_python_is_told_and_nothing_is_left(home, tmp_path):
    pretend(tmp_path / "python3", "exit 1")
    done = start(home, tmp_path)
    assert done.returncode == 1 and "Python 3.11 or later is needed" in done.stderr
    assert not (home / ".venv").exists()


def test_the_first_start_installs_and_the_next_one_only_starts(home, tmp_path):
    log = tmp_path / "log"
    pretend(tmp_path / "pretended", f'echo "$@" >> "{log}"')
    pretend(
        tmp_path / "python3",
        f'[ "$1" = -c ] && exec "{sys.executable}" "$@"\n'
        f'echo "$@" >> "{log}"; mkdir -p .venv/bin; cp "{tmp_path}/pretended" .venv/bin/python',
    )
    try:
        for _ in range(2):
            done = start(home, tmp_path, "--no-browser", "a b")
            assert done.returncode == 0, done.stderr
    finally:
        shutil.rmtree(home / ".venv")
    install = ["-m venv .venv", "-m pip install --quiet --requirement requirements.txt"]
    assert log.read_text().splitlines() == [*install, *2 * ["-m jupyterlab --no-browser a b"]]


def test_a_notebook_of_the_class_s_zip_finds_the_library_where_it_is_unpacked(home, tmp_path):
    """The zip of a lesson has a folder, in which Jupyter starts the notebook's kernel."""
    pretend(
        home / ".venv/bin/python", f"cd lesson-03 && exec {sys.executable} -c 'import seqlib; print(seqlib.__file__)'"
    )
    (home / ".venv/ready").touch()
    (home / "lesson-03").mkdir()
    try:
        done = start(home, tmp_path)
    finally:
        shutil.rmtree(home / ".venv")
        (home / "lesson-03").rmdir()
    assert done.stdout.strip() == str(home / "seqlib" / "__init__.py"), done.stderr
    windows = (home / "start.bat").read_text()
    assert windows.index("set PYTHONPATH=%CD%") < windows.index("-m jupyterlab")


def test_the_start_for_windows_does_the_same_steps(home):
    """It is read here, not run: no line leads to a label that is missing, and nothing goes on after a step that failed."""
    lines = (home / "start.bat").read_bytes().decode("ascii").splitlines()
    labels = {line[1:] for line in lines if line.startswith(":")}
    assert labels == {line.split()[-1] for line in lines if " goto " in line}
    steps = [line for line in lines if " -m " in line or " -c " in line]
    assert all(" || goto " in step for step in steps)
    unix = [line.strip() for line in (home / "start.sh").read_text().splitlines() if " -m " in line]
    assert [step.partition(" -m ")[2].partition(" || ")[0].replace("%*", '"$@"') for step in steps[1:]] == [
        line.partition(" -m ")[2].partition(" || ")[0] for line in unix
    ]
    assert not any("(" in line and '"' not in line for line in lines)  # in a block, variables would be read too early


def test_the_requirements_are_what_the_library_imports(home):
    named = {line.split(">")[0] for line in (home / "requirements.txt").read_text().splitlines()}
    imported = set()
    for path in (path for path in (home / "seqlib").rglob("*.py") if "torch" not in path.parts):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add(node.module.split(".")[0])
    assert imported - set(sys.stdlib_module_names) - {"seqlib", "torch", "IPython", "autograder"} == named - {
        "jupyterlab"
    }


def cells(path):
    return json.loads(path.read_text("utf-8"))["cells"]


def find(notebook, grade_id):
    return next((cell for cell in notebook if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id), None)


@pytest.fixture
def broken(home):
    """Lesson 3 with an answer, a broken function, an edited check, a missing cell and a cell of the learner's own."""
    path = home / "lesson-03.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    find(notebook["cells"], "rnn_cell_forward")["source"] = ["my answer"]
    find(notebook["cells"], "rnn_forward")["source"] = ["broken"]
    find(notebook["cells"], "rnn_forward-visible")["source"] = ["pass"]
    notebook["cells"].remove(find(notebook["cells"], "setup"))
    own = copy.deepcopy(notebook["cells"][0])
    own["metadata"], own["source"] = {}, ["my notes"]
    notebook["cells"].insert(3, own)
    path.write_text(json.dumps(notebook))
    yield path
    path.write_bytes((home / "originals" / path.name).read_bytes())


def test_one_cell_is_put_back_and_all_else_stays(home, broken):
    before = cells(broken)
    assert python(home, "restore.py", "lesson-03", "rnn_forward").returncode == 0
    original = cells(home / "originals/lesson-03.ipynb")
    expected = [find(original, "rnn_forward") if cell["source"] == ["broken"] else cell for cell in before]
    assert cells(broken) == expected
    assert cells(broken.with_suffix(".before.ipynb")) == before


def test_locked_and_missing_cells_are_put_back_and_answers_stay(home, broken):
    assert python(home, "restore.py", "lesson-03").returncode == 0
    original, now = cells(home / "originals/lesson-03.ipynb"), cells(broken)
    assert [cell["metadata"]["nbgrader"]["grade_id"] for cell in now if cell["metadata"]] == [
        cell["metadata"]["nbgrader"]["grade_id"] for cell in original
    ]
    assert find(now, "rnn_forward-visible") == find(original, "rnn_forward-visible")
    assert find(now, "rnn_cell_forward")["source"] == ["my answer"] and find(now, "rnn_forward")["source"] == ["broken"]
    assert [cell["source"] for cell in now].count(["my notes"]) == 1


def test_a_notebook_in_a_folder_is_restored_there(home, broken):
    """Which of two is meant is asked; nothing is written before that."""
    inner = home / "lesson-03" / broken.name
    inner.parent.mkdir()
    try:
        inner.write_bytes(broken.read_bytes())
        before = broken.read_bytes()
        done = python(home, "restore.py", "lesson-03", "rnn_forward")
        assert done.returncode == 2 and "say which one: lesson-03.ipynb, lesson-03/lesson-03.ipynb" in done.stderr
        assert not list(home.rglob("*.before*"))
        assert python(home, "restore.py", "lesson-03/lesson-03.ipynb", "rnn_forward").returncode == 0
        assert find(cells(inner), "rnn_forward")["source"] != ["broken"] and broken.read_bytes() == before
        assert python(home, "restore.py", "lesson-03.ipynb", "rnn_forward").returncode == 0
        assert find(cells(broken), "rnn_forward")["source"] != ["broken"]
        broken.unlink()
        assert python(home, "restore.py", "3").returncode == 0 and not broken.exists()
    finally:
        shutil.rmtree(inner.parent)


def test_no_earlier_version_is_replaced(home, broken):
    versions = [broken.read_bytes()]
    for name in ("rnn_forward", "rnn_cell_forward", "setup"):
        assert python(home, "restore.py", "lesson-03", name).returncode == 0
        versions.append(broken.read_bytes())
    kept = [home / f"lesson-03.before{suffix}.ipynb" for suffix in ("", "-2", "-3")]
    assert [path.read_bytes() for path in kept] == versions[:-1]


@pytest.fixture(autouse=True)
def no_versions_left(home):
    yield
    for path in home.glob("*.before*.ipynb"):
        path.unlink()


@pytest.mark.parametrize(
    "given",
    ["lesson-03", "lesson-3", "lesson-03.ipynb", "Lesson_3", "3", "./lesson-03.ipynb", "lesson-torch", "torch.ipynb"],
)
def test_a_lesson_is_understood_however_it_is_written(home, given):
    assert python(home, "restore.py", given, "--list").stdout.split()[0] == "introduction"


@pytest.mark.parametrize("given", ["lesson-99", "lesson", ".."])
def test_a_lesson_that_is_not_there_is_said_so(home, given):
    done = python(home, "restore.py", given)
    assert done.returncode == 2 and "there is no" in done.stderr


def test_a_notebook_without_names_is_put_in_order_and_keeps_its_answers(home, broken):
    notebook = json.loads(broken.read_text("utf-8"))
    find(notebook["cells"], "rnn_cell_forward")["source"] = [
        "def rnn_cell_forward(x_t, a_prev, params):\n",
        "    return 1",
    ]
    for cell in notebook["cells"]:
        cell["metadata"] = {}
    broken.write_text(json.dumps(notebook))
    assert python(home, "restore.py", "lesson-03").returncode == 0
    names = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in cells(broken)]
    original = [cell["metadata"]["nbgrader"]["grade_id"] for cell in cells(home / "originals/lesson-03.ipynb")]
    assert [name for name in names if name] == original
    assert find(cells(broken), "rnn_cell_forward")["source"][1] == "    return 1"


SOLVED = {
    cell.metadata.nbgrader.grade_id: cell.source
    for cell in nbformat.read(ROOT / "solutions" / "lesson-03" / "lesson-03.ipynb", as_version=4).cells
    if "nbgrader" in cell.metadata
}
FUNCTIONS = ("count_parameters", "stack_weights", "rnn_cell_forward", "rnn_forward")


def cell(source, kind="code", **metadata):
    more = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "metadata": metadata, "source": source, **more}


def named(name):
    return {"nbgrader": {"grade_id": name, "solution": True, "grade": False, "locked": False}}


AS_THEY_COME = {
    "one cell of one's own": [cell("\n\n".join([SOLVED["setup"], *map(SOLVED.get, FUNCTIONS)]))],
    "a cell for each, the last first": [cell(SOLVED["setup"]), *(cell(SOLVED[name]) for name in reversed(FUNCTIONS))],
    "two cells, and the answer as text": [
        cell(SOLVED["setup"]),
        cell(SOLVED["count_parameters"] + "\n\n" + SOLVED["stack_weights"]),
        cell(SOLVED["rnn_cell_forward"] + "\n\n" + SOLVED["rnn_forward"]),
        cell("## 5. In your own words\n\nAs it was worded last year.", "markdown"),
        cell("My answer.", "markdown"),
    ],
    "a copy of each, the first not solved": [
        cell(SOLVED["setup"]),
        *(cell(f"def {name}(*args, **kwargs):\n    raise NotImplementedError", **named(name)) for name in FUNCTIONS),
        *(cell(SOLVED[name], **named(name)) for name in FUNCTIONS),
    ],
    "functions given by a name": [
        cell("\n\n".join([SOLVED["setup"], *map(SOLVED.get, FUNCTIONS)]).replace("def stack", "def my_stack")),
        cell("stack_weights = my_stack_weights"),
    ],
}


@pytest.mark.parametrize("cells_of", AS_THEY_COME)
def test_a_right_notebook_is_right_after_restoring_however_its_cells_are_named(home, broken, cells_of):
    notebook = {"cells": copy.deepcopy(AS_THEY_COME[cells_of]), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    broken.write_text(json.dumps(notebook))
    assert python(home, "restore.py", "lesson-03").returncode == 0
    (home / "restored.py").write_text("\n".join(code(broken)))
    done = python(home, "restored.py")
    assert done.returncode == 0 and done.stdout.count("right in all") == 4, done.stderr
    headings = [source.split("\n")[0] for one in cells(broken) if (source := "".join(one["source"])).startswith("## ")]
    assert len(headings) == len(set(headings)) >= 6
    if cells_of.endswith("as text"):
        assert "".join(find(cells(broken), "written")["source"]) == "My answer."


def test_a_file_that_is_no_notebook_is_left_alone(home, broken):
    broken.write_text("{ broken")
    done = python(home, "restore.py", "lesson-03")
    assert done.returncode == 2 and "is no notebook any more" in done.stderr and broken.read_text() == "{ broken"


def test_the_first_start_says_what_it_does_and_what_is_missing(home):
    for name in ("start.sh", "start.bat"):
        assert "The first start" in (home / name).read_text()
    assert "python3-venv" in (home / "start.sh").read_text() and "python3-venv" in (home / "README.md").read_text()


def test_the_files_have_the_day_s_date(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    write(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2026, 1, 1, 0, 0, 0)}


def test_a_date_before_all_zips_is_their_first(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    write(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_notebook_names_its_chapter_and_what_there_is_of_the_library(home, lesson):
    introduction = "".join(cells(home / f"{lesson}.ipynb")[0]["source"])
    assert f"({chapter(lesson).stem}.html)" in introduction
    assert f"restore.py {lesson}`" in introduction and ".venv/bin/python" in introduction
    for name in library.names(conditions(lesson).modules):
        assert f"`{name}`" in introduction
    assert "Matplotlib" in introduction and "Other packages may not be." in introduction


@pytest.mark.parametrize(
    ("configured", "repository", "page"),
    [
        ("https://book.example/", "some/book", "https://book.example/03-rnn.html"),
        ("", "Some/book", "https://some.github.io/book/03-rnn.html"),
        ("", "", "03-rnn.html"),
    ],
)
def test_notebooks_lead_to_their_chapters_where_the_book_is(tmp_path, monkeypatch, configured, repository, page):
    config, given = (ROOT / "_config.yml").read_text("utf-8"), 'site_address: ""'
    assert config.count(given) == 1
    root = project(tmp_path)
    (root / "_config.yml").write_text(config.replace(given, f'site_address: "{configured}"'), "utf-8")
    monkeypatch.setenv("GITHUB_REPOSITORY", repository)
    assert f"({page})" in files(root)["lesson-03.ipynb"].decode()


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_last_cell_can_be_changed(home, lesson):
    last = find(cells(home / f"{lesson}.ipynb"), "demonstration")
    assert "editable" not in last["metadata"] and not last["metadata"]["nbgrader"]["locked"]


def test_a_cell_that_is_not_there_is_said_so(home):
    done = python(home, "restore.py", "lesson-03", "nothing")
    assert done.returncode == 2 and "has no cell nothing" in done.stderr
    assert python(home, "restore.py", "lesson-03", "--list").stdout.split()[0] == "introduction"
