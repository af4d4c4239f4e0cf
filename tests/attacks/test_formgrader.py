"""What an instructor's browser gets from formgrader itself: the real server, on a class in which hostile notebooks were handed in."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from nbgrader.api import Gradebook

from .pages import dangers
from .test_attacks import LESSON, PAGES, Graded, grade, hand_in, name_of

KINDS = ("right", "wrong")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    folder = tmp_path_factory.mktemp("formgrader") / "class"
    hand_in(folder, [(attack, kind) for attack in PAGES for kind in KINDS])
    return grade(folder)


@pytest.fixture(scope="module")
def server(hostile: Graded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Formgrader on the class, with settings of its own: the server's address."""
    own = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "port": port,
        "port_retries": 0,
        "root_dir": hostile.folder,
        "open_browser": False,
        "allow_root": True,
        "jpserver_extensions": "{'nbgrader.server_extensions.formgrader': True}",
    }
    command = [sys.executable, "-m", "jupyter_server", "--IdentityProvider.token="]
    command += [f"--ServerApp.{name}={value}" for name, value in settings.items()]
    places = {"HOME": own, "JUPYTER_CONFIG_DIR": own / "config", "IPYTHONDIR": own / "ipython"}
    environment = {**os.environ, **{name: str(place) for name, place in places.items()}}
    log = own / "log"
    with log.open("w") as told:
        process = subprocess.Popen(command, cwd=hostile.folder, env=environment, stdout=told, stderr=told)
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{address}/api", timeout=2)
            break
        except OSError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.2)
    yield address
    process.terminate()
    process.wait(30)


@pytest.fixture(scope="module")
def shown(server: str, hostile: Graded) -> Callable[[str], list[str]]:
    """What could run of the page on which a student's notebook is graded by hand."""

    def get(student: str) -> list[str]:
        with Gradebook(f"sqlite:///{hostile.folder}/gradebook.db") as book:
            number = book.find_submission_notebook(LESSON, LESSON, student).id
        page = urllib.request.urlopen(f"{server}/formgrader/submissions/{number}/", timeout=60).read().decode()
        assert "save_score" in page or "nbgrader_cell" in page, page[:500]
        found = [danger.replace(number, "NUMBER").replace(student, "STUDENT") for danger in dangers(page)]
        return sorted(found)

    return get


@pytest.fixture(scope="module")
def honest(shown: Callable[[str], list[str]]) -> list[str]:
    return shown("zoe")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("attack", PAGES)
def test_nothing_of_a_students_runs_in_formgrader(shown, honest, attack, kind):
    """Whatever runs on the page is formgrader's own, as on an honest student's page."""
    assert shown(name_of(attack, kind)) == honest


def test_the_page_has_what_formgrader_needs(honest):
    assert any(found.startswith("<script>") for found in honest)


def test_a_notebook_that_was_not_made_harmless_would_run(hostile, shown, honest):
    """The same page on the notebook as it was handed in."""
    student = name_of("script in Markdown", "wrong")
    path = hostile.folder / "autograded" / student / LESSON / f"{LESSON}.ipynb"
    kept = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes((hostile.folder / "submitted" / student / LESSON / path.name).read_bytes())
    try:
        assert shown(student) != honest
    finally:
        path.write_bytes(kept)
