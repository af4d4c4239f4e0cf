"""What a sixth reading of the source found in the engine: each was tried and succeeded once. All ideas are in sixth-round.md."""

import shutil

import nbformat
import pytest

from autograder.engine import markup, outputs
from autograder.engine.errors import GradingError
from autograder.engine.folder import ClassFolder
from autograder.sandbox import CellReply, SandboxError, bubblewrap
from tests.engine.conftest import LESSON
from tests.engine.test_sandbox import printed

UNACCOUNTED = """
import ctypes, errno, fcntl, os, struct
libc = ctypes.CDLL(None, use_errno=True)
open("x", "wb").write(bytes(9))
file = open("x", "r+b")
entries = [(1, 7, -1), (2, 7, os.getuid()), (4, 7, -1), (16, 7, -1), (32, 7, -1)]
acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0)
context = ctypes.c_ulong()
tried = {
    "terminal": os.openpty,
    "access list": lambda: os.setxattr("x", "system.posix_acl_access", acl),
    "access list of a link": lambda: os.setxattr("x", "system.posix_acl_access", acl, follow_symlinks=False),
    "access list of an open file": lambda: os.setxattr(file.fileno(), "system.posix_acl_access", acl),
    "lock": lambda: fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1),
    "waiting lock": lambda: fcntl.lockf(file, fcntl.LOCK_EX, 1),
    "lock of an open file": lambda: fcntl.fcntl(file, 37, lock),
    "waiting lock of an open file": lambda: fcntl.fcntl(file, 38, lock),
    "rules of access": lambda: call(444, 0, 0, 1),
    "asynchronous input": lambda: call(206, 1, ctypes.byref(context)),
    "all disks": lambda: call(306, file.fileno()),
}
def call(*given):
    if libc.syscall(*given) < 0:
        raise OSError(ctypes.get_errno(), "")
done = []
for name, attempt in tried.items():
    try:
        attempt()
        done.append(name)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOLCK, errno.ENOENT, errno.EIO):
            done.append(f"{name}: {error}")
print(done)
"""
PLACES = ("lib/python3.11/site-packages", "local/lib/python3.11/dist-packages")


def test_the_kernel_keeps_nothing_in_nobodys_account(open_box):
    """Each took memory or processor time of the machine that no limit counted. (Numbers of calls are x86's.)"""
    with open_box().student(1) as student:
        assert printed(student, UNACCOUNTED) == "[]\n"


def test_a_whole_file_can_be_locked_and_read(open_box):
    source = (
        "import fcntl, os\nfile = open('x', 'w')\nfcntl.flock(file, fcntl.LOCK_EX)\nprint(os.listxattr('x'), os.sync())"
    )
    with open_box().student(1) as student:
        assert printed(student, source) == "[] None\n"


@pytest.mark.parametrize("package", ["rapidfuzz.distance", "sacrebleu.metrics"])
def test_what_solves_an_exercise_is_not_there(open_box, package):
    """`from rapidfuzz.distance import Levenshtein` had all points of lesson 1's edit distance; nbgrader brings it along."""
    source = f"try:\n    import {package}\nexcept ImportError as error:\n    print(error)"
    with open_box().student(1) as student:
        assert printed(student, source).startswith("No module named")


def test_the_project_is_hidden_wherever_it_is_installed(tmp_path, monkeypatch):
    """In the interpreter's own packages it lay open, checks and all, beside the copy that was hidden."""
    for place in PLACES:
        (tmp_path / "base" / place / "autograder" / "lessons").mkdir(parents=True)
    sources = bubblewrap.Sources(tmp_path, base=tmp_path / "base")
    assert {f"/opt/python/{place}/autograder" for place in PLACES} <= set(sources.hidden())
    monkeypatch.setattr(bubblewrap, "PROJECT", tmp_path / "base" / "project")
    (tmp_path / "base" / "project" / "autograder").mkdir(parents=True)
    assert "/opt/python/project" not in sources.hidden()
    (tmp_path / "base" / "project" / "pyproject.toml").touch()
    assert "/opt/python/project" in sources.hidden()
    installed = bubblewrap.Sources(tmp_path, base=tmp_path / "base", packages=tmp_path / "base" / "project" / "site")
    (installed.packages / "autograder").mkdir(parents=True)
    assert {"/opt/python/project", "/opt/site/autograder"} <= set(installed.hidden())


def test_no_file_beside_the_packages_says_where_the_project_lies(open_box):
    source = """
import glob
for path in glob.glob("/opt/site/__editable__*") + glob.glob("/opt/site/*.dist-info/direct_url.json"):
    try:
        print(open(path).read(), end="")
    except PermissionError:
        pass
"""
    with open_box().student(1) as student:
        assert printed(student, source) == ""


def test_a_class_among_programs_is_refused(whole_class, tmp_path, monkeypatch):
    folder = tmp_path / "usr" / "class"
    shutil.copytree(whole_class, folder)
    monkeypatch.setattr(bubblewrap, "BASE", tmp_path / "usr")
    monkeypatch.setattr(bubblewrap.Sources, "shown", lambda self: {"/opt/python": tmp_path / "usr"})
    with pytest.raises((GradingError, SandboxError), match=r"students' code can read .*class"):
        ClassFolder(folder).course_for(LESSON, "bubblewrap")
    bubblewrap.require_unseen(whole_class)


def display(kind: str, text: str) -> dict:
    return {"msg_type": kind, "content": {"data": {"text/plain": text}, "transient": {"display_id": "a"}}}


def recorded(*messages: dict) -> nbformat.NotebookNode:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x")])
    outputs.Recorder(notebook).record(notebook.cells[0], 0, CellReply(list(messages), 1))
    return notebook


def test_an_update_of_many_displays_is_charged_for_each_of_them():
    """950 small ones, then an update of a megabyte: a notebook of 815 MiB from one of a kilobyte, or set aside at will."""
    large = recorded(*[display("display_data", "x")] * 950, display("update_display_data", "y" * 900_000))
    assert len(nbformat.writes(large)) < 2 * outputs.MAX_TEXT
    assert outputs.LEFT_OUT in nbformat.writes(large).encode().decode("unicode_escape")


def test_an_update_of_a_few_displays_is_shown_in_all_of_them():
    few = recorded(*[display("display_data", "x")] * 3, display("update_display_data", "y"))
    assert [output.data["text/plain"] for output in few.cells[0].outputs] == ["y"] * 3


def test_a_picture_is_shown_once_however_often_it_is_asked_for():
    """An attached picture of 4 MiB, mentioned 60 times, made a page of 240 MiB."""
    attached = {"x": {"image/png": "A" * 10_000}}
    page = markup.rendered("![first](attachment:x) ![again](attachment:x) " * 50, attached)
    assert page.count("<img") == 1 and page.count("again") == 50
    assert attached == {"x": {"image/png": "A" * 10_000}}


@pytest.mark.parametrize("sign", ["y", "&", '"'])
def test_long_addresses_are_written_only_so_often(sign):
    """49 kB of Markdown made a page of 143 MiB."""
    page = markup.rendered(f"[a]: https://x/{sign * 25_000}\n\n" + "[a] " * 6_000)
    assert len(page) < 40 * markup.MAX_MARKDOWN


def test_a_cell_of_ordinary_links_keeps_them_all():
    page = markup.rendered("".join(f"[name {n}](https://example.org/{n}?a=1&b=2) " for n in range(900)))
    assert page.count("<a ") == 900
