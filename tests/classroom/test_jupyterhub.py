"""A term's step on a real JupyterHub: two students and an instructor, each on a server of their own account.

The students' servers have an environment without the project, which the guide's own commands make ready.

The accounts exist in a mount namespace of the Hub alone, so nothing of this machine's is changed; that takes root. HUB_LOG names a file
for the Hub's log; tests/trials/jupyterhub.md has that of one run.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from autograder import home
from tests.servers import free_ports

from .conftest import LESSON, ROOT, cell, notebook, write_csv, wrong_axis

PEOPLE = {"ada": 61001, "ben": 61002, "teacher": 61003}
COURSE = "sequence-models"
CONFIG = Path(__file__).with_name("jupyterhub_config.py")
GUIDE = ROOT / "book" / "many-machines.md"


@dataclass
class Hub:
    """A running Hub: its address, the token of its service, and the folder in which everything of it lies."""

    address: str
    token: str
    place: Path

    def ask(self, path: str, body: object = None, method: str = "", form: bool = False) -> Any:
        """A request to the Hub or, through its proxy, to a person's server; returns what JSON came back."""
        data = None
        headers = {"Authorization": f"token {self.token}"}
        if form:
            data = urllib.parse.urlencode(body).encode()  # type: ignore[arg-type]
        elif body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        request = urllib.request.Request(f"{self.address}{path}", data, headers, method=method or None)
        with urllib.request.urlopen(request, timeout=300) as reply:
            content = reply.read()
        return json.loads(content) if content else None

    def enter(self, name: str) -> Desk:
        """Start somebody's server; returns it once it is there."""
        self.ask(f"/hub/api/users/{name}/server", {}, "POST")
        deadline = time.monotonic() + 300
        while not self.ask(f"/hub/api/users/{name}")["servers"].get("", {}).get("ready"):
            assert time.monotonic() < deadline, f"the server of {name} did not start"
            time.sleep(0.5)
        token = self.ask(f"/hub/api/users/{name}/tokens", {"note": "test"}, "POST")["token"]
        server = Desk(f"{self.address}/user/{name}", token, self.place, name)
        server.kernel = server.ask("/api/kernels", {"name": "python3"}, "POST")["id"]
        return server


@dataclass
class Desk(Hub):
    """One person's server."""

    name: str = ""
    kernel: str = ""

    def run(self, code: str) -> str:
        """Run some code in the person's kernel; returns what it printed."""
        return asyncio.run(asyncio.wait_for(self._run(code), 300))

    async def _run(self, code: str) -> str:
        address = f"{self.address.replace('http', 'ws', 1)}/api/kernels/{self.kernel}/channels"
        channel = await websocket_connect(HTTPRequest(address, headers={"Authorization": f"token {self.token}"}))
        header = {
            "msg_id": secrets.token_hex(8),
            "msg_type": "execute_request",
            "username": self.name,
            "version": "5.3",
        }
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False, "stop_on_error": True}
        asked = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        await channel.write_message(json.dumps(asked))
        told = []
        while (text := await channel.read_message()) is not None:
            message = json.loads(text)
            if message["parent_header"].get("msg_id") != header["msg_id"]:
                continue
            found = message["content"]
            told.append(found.get("text", "") + "\n".join(found.get("traceback", ())))
            if message["msg_type"] == "status" and found["execution_state"] == "idle":
                break
        channel.close()
        return "".join(told)

    def command(self, *words: str, folder: str = "") -> str:
        """Run the command in a folder of the person's; returns what it printed and its exit status."""
        given = [sys.executable, "-m", "autograder", *words]
        return self.run(
            f"import os, subprocess\n"
            f"done = subprocess.run({given!r}, cwd=os.path.expanduser({'~/' + folder!r}), capture_output=True, text=True, "
            f"env=os.environ | {{'COLUMNS': '200', 'PYTHONPATH': {str(ROOT)!r}}})\n"
            f"print(done.stdout, done.stderr, 'status', done.returncode)"
        )

    def hand_in(self, content: bytes) -> None:
        """Save a notebook in the place of the one that was fetched, as JupyterLab does, and submit it."""
        body = {"type": "notebook", "format": "json", "content": json.loads(content)}
        self.ask(f"/api/contents/{LESSON}/{LESSON}.ipynb", body, "PUT")
        assert self.assignments("submit")["success"]

    def assignments(self, action: str) -> dict[str, Any]:
        """What a button of JupyterLab's *Assignment List* does: fetch, submit or fetch_feedback."""
        given = {"course_id": COURSE, "assignment_id": LESSON}
        found: dict[str, Any] = self.ask(f"/assignments/{action}", given, "POST", form=True)
        return found


def lay_out(place: Path) -> None:
    """Homes, an exchange that all reach, nbgrader's settings for everybody, and the accounts."""
    place.chmod(0o755)
    for name, number in PEOPLE.items():
        home = place / "home" / name
        home.mkdir(parents=True, mode=0o700)
        os.chown(home, number, number)
    for path in (place / "home", place / "config"):
        path.mkdir(exist_ok=True)
        path.chmod(0o755)
    (place / "exchange").mkdir()
    (place / "exchange").chmod(0o777)
    (place / "config" / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.Exchange.root = {str(place / 'exchange')!r}\nc.CourseDirectory.course_id = {COURSE!r}\n"
    )
    for file, line in (("passwd", "{n}:x:{u}:{u}::{h}/{n}:/bin/sh\n"), ("group", "{n}:x:{u}:\n")):
        added = "".join(line.format(n=name, u=number, h=place / "home") for name, number in PEOPLE.items())
        (place / file).write_text(Path("/etc", file).read_text() + added)


def students_environment(place: Path) -> None:
    """What the students' servers start from: JupyterHub's and nbgrader's packages, and what the guide has an instructor add."""
    (found,) = re.findall(r"```sh\n(sudo [^`]*exercises\.zip.*?)```", GUIDE.read_text(), re.DOTALL)
    home.write(place / "build" / "exercises.zip")
    packages = "python -m pip install -q -c constraints.txt jupyterhub jupyterlab nbgrader"
    for folder, script in (
        (ROOT, packages),
        (place, found.replace("sudo ", "").replace("/srv/course", f"{place}/course")),
    ):
        subprocess.run(
            ["sh", "-ec", f"umask 022\n{script}"],
            cwd=folder,
            env={**os.environ, "PATH": f"{students_python(place).parent}:{os.environ['PATH']}"},
            check=True,
        )


def students_python(place: Path) -> Path:
    """The interpreter of the students' environment."""
    return place / "students" / "bin" / "python"


def mounts(place: Path) -> str:
    """The lines of a shell that give the Hub's namespace its accounts, and let these reach Python and the project."""
    lines = [f'mount --bind "$HUB_PLACE/{file}" /etc/{file}' for file in ("passwd", "group")]
    needed = [path.resolve() for path in (Path(sys.base_prefix), Path(sys.prefix), ROOT, place)]
    closed = {next((p for p in reversed(path.parents) if not p.stat().st_mode & 0o001), None) for path in needed}
    for folder in filter(None, closed):
        inside = [(path, place / "kept" / str(n)) for n, path in enumerate(needed) if path.is_relative_to(folder)]
        lines += [
            f"mkdir -p {shlex.quote(str(k))}; mount --bind {shlex.quote(str(p))} {shlex.quote(str(k))}"
            for p, k in inside
        ]
        lines.append(f"mount -t tmpfs -o mode=755 tmpfs {shlex.quote(str(folder))}")
        lines += [
            f"mkdir -p {shlex.quote(str(p))}; mount --bind {shlex.quote(str(k))} {shlex.quote(str(p))}"
            for p, k in inside
        ]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    """A JupyterHub with three accounts, in a folder that these can reach, which pytest's own are not."""
    pytest.importorskip("jupyterhub")
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("a Hub with accounts takes root")
    place = Path(tempfile.mkdtemp(prefix="hub-"))
    lay_out(place)
    venv.create(place / "students", with_pip=True)
    students_environment(place)
    secret = secrets.token_hex(16)
    outer, inner, proxy = (f"http://127.0.0.1:{port}" for port in free_ports(3))
    given = {"HUB_PLACE": str(place), "HUB_SECRET": secret, "HUB_ADDRESS": outer, "HUB_INNER_ADDRESS": inner}
    given["HUB_STUDENTS_PYTHON"] = str(students_python(place))
    command = [sys.executable, "-m", "jupyterhub", "-f", str(CONFIG)]
    with open(place / "log", "w") as log:
        process = subprocess.Popen(
            [
                "unshare",
                "--mount",
                "--propagation",
                "private",
                "sh",
                "-ec",
                f'umask 022\n{mounts(place)}\nexec "$@"',
                "sh",
                *command,
            ],
            env={**os.environ, **given, "HUB_PROXY_ADDRESS": proxy, "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(16)},
            cwd=place,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    running = Hub(outer, secret, place)
    try:
        _wait(running, process)
        yield running
    finally:
        process.terminate()
        process.wait(timeout=120)
        if "HUB_LOG" in os.environ:
            shutil.copy(place / "log", os.environ["HUB_LOG"])
        shutil.rmtree(place)


def _wait(hub: Hub, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 300
    while True:
        assert process.poll() is None and time.monotonic() < deadline, (hub.place / "log").read_text()[-3000:]
        try:
            hub.ask("/hub/api/")
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.5)


@pytest.mark.soak
def test_fetch_solve_submit_collect_grade_and_feedback(hub: Hub) -> None:
    write_csv(hub.place / "people.csv", ["id", "first_name"], [["ada", "Ada"], ["ben", "Ben"]])
    teacher = hub.enter("teacher")
    made = ["new-class", "autumn", f"--lesson={LESSON}", "--timezone=UTC", f"--exchange={hub.place / 'exchange'}"]
    assert "2 students in the class" in teacher.command(*made, f"--roster={hub.place / 'people.csv'}")
    released = teacher.command("release", LESSON, "--due", "2036-03-02", "--to", "exchange", folder="autumn")
    assert "students fetch it from the exchange" in released and "status 0" in released

    ada, ben = hub.enter("ada"), hub.enter("ben")
    for student, change in ((ada, written), (ben, wrong_axis)):
        assert student.assignments("fetch")["success"]
        fetched = student.ask(f"/api/contents/{LESSON}/{LESSON}.ipynb")["content"]
        assert any("NotImplementedError" in "".join(c["source"]) for c in fetched["cells"])
        student.hand_in(notebook(change))
    # The notebook runs on the student's own server, with its checks, beside a library without the solutions.
    assert "No module named 'autograder'" in ada.run("import seqlib, autograder")
    assert str(hub.place / "course" / "exercises") in ada.run("import seqlib; print(seqlib.__file__)")
    assert "status 0" in ada.run(
        "import subprocess, sys\n"
        f"done = subprocess.run([sys.executable, '-m', 'nbconvert', '--execute', '--to', 'notebook', '--output', 'run.ipynb', '{LESSON}/{LESSON}.ipynb'])\n"
        "print('status', done.returncode)"
    )
    assert "PermissionError" in ben.run(f"import os; os.listdir({str(hub.place / 'exchange' / COURSE / 'inbound')!r})")
    assert "PermissionError" in ben.run(f"import os; os.listdir({str(hub.place / 'home' / 'teacher' / 'autumn')!r})")

    taken = teacher.command("collect", LESSON, "exchange", "--grade", folder="autumn")
    assert "2 collected" in taken and "2 graded" in taken and "status 0" in taken and "lies there since" not in taken
    assert (
        urllib.request.urlopen(
            urllib.request.Request(f"{teacher.address}/formgrader", headers={"Authorization": f"token {teacher.token}"})
        ).status
        == 200
    )
    returned = teacher.command("return", LESSON, "--to", "exchange", "--unmarked", folder="autumn")
    assert "the pages of 2 students" in returned and "status 0" in returned

    pages = {}
    for student in (ada, ben):
        assert student.assignments("fetch_feedback")["success"]
        (place,) = (hub.place / "home" / student.name / LESSON / "feedback").iterdir()
        pages[student.name] = (place / f"{LESSON}.html").read_text()
    assert "partly passed" in pages["ben"] and "partly passed" not in pages["ada"]
    assert "Ada" in pages["ada"] and "Ben" not in pages["ada"]


def written(nb: dict[str, Any]) -> None:
    """A right notebook with a written answer."""
    cell(nb, "written")["source"] = "The weights are shared over time."
