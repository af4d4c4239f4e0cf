"""What stock nbgrader does with each attack on a wrong answer, found by running it: `python -m tests.attacks.stock`.

Each runs in a class folder of its own, behind bubblewrap without a network and with limits, since stock nbgrader has none.
"""

import concurrent.futures
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath
from nbgrader.api import Gradebook

from autograder.environment import put_programs_on_path
from tests.course.test_class import STOCK

from .attacks import ATTACKS
from .pages import dangers
from .test_attacks import CANARY, LESSON, ORDINARY_USER, as_ordinary_user, hand_in, name_of

RECORD = Path(__file__).with_name("stock.json")
SECONDS = 150
WORKERS = 2
SETTINGS = """
c.Execute.timeout = c.ExecutePreprocessor.timeout = 10
c.Autograde.exporter_class = "nbconvert.exporters.NotebookExporter"
"""
LIMITS = ["prlimit", "--nproc=200", f"--data={2**31}", f"--fsize={2**28}", "--core=0"]
LOOT = ("root:x:0", CANARY, "gradebook.db'", "'expected':")


def sandboxed(folder: Path, command: list[str]) -> list[str]:
    """A command that sees the system read-only, has `folder` to write in, and ends after SECONDS."""
    box = "bwrap --unshare-pid --unshare-ipc --unshare-uts --unshare-net --die-with-parent --ro-bind / / --dev /dev --proc /proc"
    private = "--size 268435456 --tmpfs /dev/shm --size 268435456 --tmpfs /tmp".split()
    inside = ["--bind", str(folder), str(folder), "--chdir", str(folder), "--setenv", "HOME", str(folder / "home")]
    # A file that root owns and nobody else may read, on a system that is not read-only to its owner.
    inside += ["--bind", str(folder.parent / "shadow"), "/etc/shadow"]
    limited = [*LIMITS, "--", "timeout", "-k", "1", str(SECONDS), *command]
    return [*as_ordinary_user(folder), *box.split(), *private, *inside, "--", *limited]


def run(attack: str, base: Path) -> str:
    """Grade one attack with stock nbgrader; one line that says what happened."""
    folder = base.parent / name_of(attack, "stock")
    student = name_of(attack, "wrong")
    shutil.copytree(base, folder, ignore=lambda place, names: names if Path(place).name == "submitted" else [])
    shutil.copytree(base / "submitted" / student, folder / "submitted" / student)
    (folder / "home").mkdir()
    subprocess.run(["chown", "-R", f"{ORDINARY_USER}:{ORDINARY_USER}", folder], check=True)
    command = [sys.executable, "-m", "nbgrader", "autograde", LESSON, "--student", student]
    try:
        return observed(folder, student, *ended(folder, command))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def ended(folder: Path, command: list[str]) -> tuple[int, str]:
    """Run a command in the box; its exit status, 124 where it had to be ended, and what it said."""
    try:
        done = subprocess.run(
            sandboxed(folder, command),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            start_new_session=True,
            timeout=2 * SECONDS,
        )
    except subprocess.TimeoutExpired:
        return 124, ""
    return done.returncode, done.stderr.strip()


def observed(folder: Path, student: str, status: int, said: str) -> str:
    """The score, what the outputs show, what of a page would run."""
    path = folder / "autograded" / student / LESSON / f"{LESSON}.ipynb"
    if status in (124, 137):
        return f"no grade: still running after {SECONDS} s"
    if status != 0 or not path.exists():
        errors = [
            line.strip()
            for line in said.splitlines()
            if re.match(r"[\w.]+(Error|Exception|Died|Entry)\b", line.strip())
        ]
        return f"no grade: {(errors or ['nbgrader stopped'])[-1].replace(f'{folder}/', '')[:120]}"
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        submission = book.find_submission(LESSON, student)
        score = sum(grade.auto_score or 0 for notebook in submission.notebooks for grade in notebook.grades)
    cells = nbformat.read(path, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    found = [f"{score:g} of 15 points"]
    own = [o for cell in cells if "nbgrader" not in cell.metadata for o in cell.get("outputs", [])]
    found += [f"its cell raised {output.ename}" for output in own if output.output_type == "error"][:1]
    if any(word in str(outputs) for word in LOOT):
        found.append("shows what it read of the host or of the class")
    texts = [shown(cell) for cell in cells if cell.cell_type != "code"]
    texts += ["".join(o.get("data", {}).get("text/html", "")) for o in outputs]
    scripts = any("application/javascript" in o.get("data", {}) for o in outputs)
    if scripts or any(dangers(text[:4_000]) for text in texts):  # a parser may need hours for more
        found.append("reaches the instructor's browser live")
    if (size := path.stat().st_size) > 5 * 2**20:
        found.append(f"its notebook has {size / 2**20:.0f} MiB")
    return "; ".join(found)


def shown(cell: nbformat.NotebookNode) -> str:
    """A written cell as nbconvert puts it on a page."""
    if cell.cell_type == "raw":
        return str(cell.source)
    renderer = IPythonRenderer(escape=False, attachments=cell.get("attachments", {}))
    try:
        return MarkdownWithMath(renderer=renderer).render(cell.source)
    except (InvalidNotebook, KeyError):  # a picture that is missing
        return str(cell.source)


def main() -> None:
    """Run every attack and write the record; those named as arguments only, where there are some."""
    put_programs_on_path()
    wanted = sys.argv[1:] or list(ATTACKS)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place:
        Path(place).chmod(0o755)
        base = Path(place) / "class"
        (Path(place) / "shadow").touch(0o640)
        hand_in(base, [(attack, "wrong") for attack in wanted])
        with (base / "nbgrader_config.py").open("a") as config:
            config.write(STOCK + SETTINGS)
        subprocess.run(
            [sys.executable, "-m", "nbgrader", "generate_assignment", LESSON, "--force"],
            cwd=base,
            check=True,
            capture_output=True,
        )
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for attack, text in zip(wanted, pool.map(lambda attack: run(attack, base), wanted), strict=True):
                record(attack, text)


def record(attack: str, text: str) -> None:
    """Write one result, so that a run that is cut off has not been in vain."""
    known = {**(json.loads(RECORD.read_text()) if RECORD.exists() else {}), attack: text}
    RECORD.write_text(json.dumps({name: known[name] for name in ATTACKS if name in known}, indent=1) + "\n")


if __name__ == "__main__":
    main()
