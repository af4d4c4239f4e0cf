"""Isolation never goes away quietly: a class whose settings cannot be read as a whole is not graded, whoever starts it."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder import sample_class, settings

from .conftest import LESSON, ROOT, autograder, hand_in, nbgrader

# As it was written before classes stood for themselves; the project has been moved since.
OLD = """\
# Written by `autograder new-class`. The course's settings come from the project; below is what belongs to this class.
from pathlib import Path

c = get_config()  # noqa: F821
load_subconfig('/home/teacher/seq/nbgrader_config.py')  # noqa: F821

here = Path(__file__).parent
c.CourseDirectory.root = str(here)
c.CourseDirectory.source_directory = "source"
c.CourseDirectory.release_directory = "release"
c.CourseDirectory.db_url = f"sqlite:///{here}/gradebook.db"
c.Exchange.root = str(here / "exchange")
"""
DAMAGED = {
    "an older one, whose project is gone": (OLD, "it loads /home/teacher/seq/nbgrader_config.py, which is not there"),
    "a further file that is not there": (
        "{today}\nload_subconfig('limits.py')\n",
        "it loads limits.py, which is not there",
    ),
    "no Python": ("{today}\nc.SandboxExecute.limits = {\n", "SyntaxError"),
    "an error in it": ("{today}\nc.SandboxExecute.limits = LIMITS\n", "NameError: name 'LIMITS' is not defined"),
    "a line that ends it": ("{today}\nraise SystemExit\n", "SystemExit"),
    "cut off": ("c = get_config()\n", "does not say how students' code is run"),
    "a limit that is none": (
        '{today}\nc.SandboxExecute.limits = {"lesson-03": {"cells": 0}}\n',
        "lesson-03: cells has to be a whole number above 0, not '0'",
    ),
    "a limit for no assignment": (
        '{today}\nc.SandboxExecute.limits.update({"cells": 20})\n',
        "limits have to be given by assignment",
    ),
    "empty": ("", "does not say how students' code is run"),
}


@pytest.fixture
def escape(tmp_path: Path, new_class: Callable[..., Path]) -> Path:
    """A class in which bob's notebook leaves a file on the host where nothing isolates it."""
    folder = new_class("ada")

    def write(notebook):
        notebook.cells[1].source = f"open({str(tmp_path / 'ESCAPED')!r}, 'w').close()\n" + notebook.cells[1].source
        notebook.cells[1].cell_type, notebook.cells[1].metadata = "code", {}
        notebook.cells[1].outputs, notebook.cells[1].execution_count = [], None

    hand_in(folder, "bob", write)
    shutil.rmtree(folder / "submitted" / "ada")
    return folder


def grades(folder: Path) -> list[str]:
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        return [submission.student_id for submission in book.assignment_submissions(LESSON)]


def test_this_environment_isolates_whatever_a_class_says():
    """`make` installs it: nbgrader reads it before a class's settings, and also where those cannot be read."""
    installed = Path(sys.prefix) / "etc" / "jupyter" / settings.NAME
    assert installed.read_text() == (ROOT / "autograder" / "templates" / "jupyter" / settings.NAME).read_text()


def test_the_environments_settings_are_the_courses(tmp_path):
    (tmp_path / settings.NAME).write_text(settings.class_text())
    installed, whole = settings.read(ROOT / "autograder" / "templates" / "jupyter"), settings.read(tmp_path)
    assert {name: whole[name] | section for name, section in installed.items()} == {
        name: whole[name] for name in installed
    }
    of_a_class = whole.Autograde
    assert installed.Autograde == of_a_class
    assert set(installed) == {"Autograde", "HTMLExporter", "GenerateFeedback"}
    assert of_a_class.sanitize_preprocessors[0] == "autograder.engine.guard.Guard"
    assert of_a_class.autograde_preprocessors[0] == "autograder.engine.execute.SandboxExecute"


@pytest.mark.parametrize("damage", DAMAGED)
def test_settings_that_cannot_be_read_as_a_whole_are_refused_with_the_reason(tmp_path, damage):
    text, reason = DAMAGED[damage]
    (tmp_path / settings.NAME).write_text(text.replace("{today}", settings.class_text()))
    with pytest.raises(settings.SettingsError) as told:
        settings.read(tmp_path)
    assert reason in str(told.value) and str(tmp_path / settings.NAME) in str(told.value)
    assert "\n" not in str(told.value)


def test_a_folder_without_settings_is_no_class_and_gets_no_gradebook(tmp_path):
    done = autograder("grade", LESSON, "--course", tmp_path)
    assert done.returncode == 2 and "isnoclassfolder" in "".join(done.stdout.split())
    assert list(tmp_path.iterdir()) == []


def test_our_command_refuses_an_older_class_whose_project_is_gone(escape, tmp_path):
    (escape / settings.NAME).write_text(OLD)
    done = autograder("grade", LESSON, "--course", escape)
    assert done.returncode == 2 and "/home/teacher/seq/nbgrader_config.py" in "".join(done.stdout.split())
    assert not (tmp_path / "ESCAPED").exists() and grades(escape) == []


@pytest.mark.parametrize("damage", ["an older one, whose project is gone", "no Python", "a limit that is none"])
def test_nbgraders_command_refuses(escape, tmp_path, damage):
    (escape / settings.NAME).write_text(DAMAGED[damage][0].replace("{today}", settings.class_text()))
    done = nbgrader(escape, "autograde", LESSON, "--force")
    assert done.returncode != 0 and DAMAGED[damage][1] in done.stderr
    assert not (tmp_path / "ESCAPED").exists()
    assert not (escape / "autograded" / "bob" / LESSON).exists()


@pytest.fixture
def formgrader(escape: Path, tmp_path: Path) -> Iterator[str]:
    """Formgrader in an older class whose project is gone: the server's address."""
    (escape / settings.NAME).write_text(OLD)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {"port": port, "port_retries": 0, "root_dir": escape, "open_browser": False, "allow_root": True}
    options |= {"jpserver_extensions": "{'nbgrader.server_extensions.formgrader': True}", "disable_check_xsrf": True}
    command = [sys.executable, "-m", "jupyter_server", "--IdentityProvider.token="]
    command += [f"--ServerApp.{name}={value}" for name, value in options.items()]
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "JUPYTER_CONFIG_DIR": str(tmp_path),
        "IPYTHONDIR": str(tmp_path),
    }
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(command, cwd=escape, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{address}/api", timeout=2)
            break
        except OSError:
            assert process.poll() is None, (tmp_path / "server.log").read_text()
            time.sleep(0.2)
    yield address
    process.terminate()
    process.wait(30)


def test_formgraders_button_refuses(formgrader, escape, tmp_path):
    page = urllib.request.urlopen(f"{formgrader}/formgrader/manage_assignments", timeout=120).read().decode()
    token = re.search(r'"X-Formgrader-Token": "([^"]+)"', page)  # what the page's own script sends
    request = urllib.request.Request(
        f"{formgrader}/formgrader/api/submission/{LESSON}/bob/autograde",
        method="POST",
        data=b"",
        headers={"X-Formgrader-Token": token[1]} if token else {},
    )
    answer = json.loads(urllib.request.urlopen(request, timeout=120).read())
    assert answer["success"] is False and "/home/teacher/seq/nbgrader_config.py" in answer["log"]
    assert not (tmp_path / "ESCAPED").exists()


def test_a_class_stands_for_itself_and_can_be_moved(escape, tmp_path):
    """Its settings name no other file, so no project has to lie where it once lay."""
    moved = tmp_path / "elsewhere" / "a class of 2026"
    moved.parent.mkdir()
    shutil.move(escape, moved)
    assert "load_subconfig" not in (moved / settings.NAME).read_text()
    assert str(ROOT) not in (moved / settings.NAME).read_text()
    done = nbgrader(moved, "autograde", LESSON, "--force")
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ESCAPED").exists() and grades(moved) == ["bob"]


def test_the_sample_class_overwrites_nobodys_class(escape):
    (escape / "sample.txt").write_text("mine")
    before = {path: path.read_bytes() for path in escape.rglob("*") if path.is_file()}
    done = autograder("sample-class", escape)
    assert done.returncode == 2 and "a class is never overwritten" in done.stderr
    assert {path: path.read_bytes() for path in escape.rglob("*") if path.is_file()} == before


def test_the_sample_class_can_be_made_again_but_replaces_nothing_of_anybodys(tmp_path):
    for _ in range(2):
        sample_class.claim(tmp_path)
        students = sample_class.submit(tmp_path, LESSON)
    ada = tmp_path / "submitted" / "ada" / LESSON / f"{LESSON}.ipynb"
    own = tmp_path / "submitted" / "me" / LESSON / f"{LESSON}.ipynb"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    sample_class.submit(tmp_path, LESSON)
    assert own.read_text() == "mine" and len(students) == len(list((tmp_path / "submitted").iterdir())) - 1
    ada.write_text("somebody has tried something")
    with pytest.raises(sample_class.NotASample, match="was changed since it was made"):
        sample_class.submit(tmp_path, LESSON)
    assert ada.read_text() == "somebody has tried something"
