"""nbgrader's Execute, replaced: students' cells run in the sandbox, graded cells are judged outside it."""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Dict, Unicode
from traitlets.utils.importstring import import_item

from autograder.contract import DEMONSTRATION_TAG, graded_call, is_check
from autograder.engine import outputs
from autograder.engine.errors import GradingError
from autograder.engine.records import Report
from autograder.engine.restore import OWN_TEXT_TAG
from autograder.engine.sandboxes import discard, sandbox_for
from autograder.engine.session import Session
from autograder.engine.submissions import read_files
from autograder.sandbox import BUBBLEWRAP, Limits
from seqlib.exercises import score
from seqlib.exercises.calls import StudentGone
from seqlib.exercises.checks import Case, Check
from seqlib.exercises.outputs import cell_outputs
from seqlib.exercises.verdict import Verdict, generators_seed, judge

FindCheck = Callable[[str, bool, int], tuple[Check, tuple[Case, ...]]]
LOOK = "0" * 32  # the checksum of no text: nbgrader then leaves a cell to a person
MANY_MODULES = 10  # that notes tell by name
_NO_MODULE = re.compile(r"No module named '([\w.]{1,60})'", re.ASCII)
_CALLED_WITHOUT = re.compile(rf"raised ModuleNotFoundError: {_NO_MODULE.pattern}", re.ASCII)
_IMPORTS_TORCH = re.compile(rb"\b(import|from)[ \t]+(torch|seqlib\.torch)\b")


class SandboxExecute(NbGraderPreprocessor):  # type: ignore[misc]
    """Runs a notebook's cells in order: the student's in the sandbox, the graded ones through the judge.

    reports: where to put how each notebook ran
    """

    sandbox = Unicode(BUBBLEWRAP, help='"bubblewrap", or "none" for no isolation.').tag(config=True)
    limits = Dict(help='Limits by assignment: {"lesson-03": {"cell_cpu": 20}}; "*" holds for all.').tag(config=True)
    checks = Unicode(
        "autograder.lessons.find_check",
        help="Where checks come from: a function of a name, whether hidden, and a seed that gives a Check and its cases.",
    ).tag(config=True)
    tree = Unicode(
        "autograder.sandbox.tree.build",
        help="What students may import of the course: a function that writes it for an assignment into a folder.",
    ).tag(config=True)

    def __init__(
        self,
        *args: Any,
        seed: int | None = None,
        torch: bool = False,
        reports: list[Report] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._seed, self._torch = seed, torch
        self._reports = [] if reports is None else reports

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Give every code cell its outputs. Raises GradingError where the course or the engine is at fault."""
        assignment = resources["nbgrader"]["assignment"]
        seed = self._seed if self._seed is not None else int(os.environ.get("AUTOGRADER_SEED") or secrets.randbits(63))
        report = Report(resources["nbgrader"]["notebook"], seed)
        self._reports.append(report)
        limits = self.limits_of(assignment)
        started = time.perf_counter()
        try:
            code = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "code")
            torch = self._torch or imports_torch(code.encode(errors="replace"))
            sandbox = sandbox_for(assignment, self.sandbox, limits, import_item(self.tree), torch=torch)
            session = Session(sandbox, generators_seed(seed), submitted_files(resources))
            try:
                self._run(nb, session, report)
            finally:
                session.close()
                report.wall, report.cpu = time.perf_counter() - started, session.spent.cpu
                report.peak_memory, report.refused = session.spent.peak_memory, session.ended
        except BaseException:
            discard()  # whatever it was, nothing of this submission is left to the next one
            raise
        ask_for_a_look(nb, report)
        return nb, resources

    def limits_of(self, assignment: str) -> Limits:
        """The limits of an assignment. Raises GradingError for what cannot be one."""
        try:
            return Limits.of(self.limits, assignment)
        except ValueError as error:
            raise GradingError(f"c.SandboxExecute.limits: {error}") from None

    def _run(self, nb: NotebookNode, session: Session, report: Report) -> None:
        find_check = import_item(self.checks)
        recorder, silent, missing = outputs.Recorder(nb), Silent(), list[str]()
        for index, cell in enumerate(nb.cells):
            if cell.cell_type != "code":
                continue
            cell.outputs, cell.execution_count = [], None
            if is_check(cell):
                cell.outputs = graded_outputs(cell, session, report.seed, find_check, silent)
                missing += modules_of_calls(cell)
            elif cell.source.strip() and DEMONSTRATION_TAG not in cell.metadata.get("tags", []):
                try:
                    recorder.record(cell, index, session.run_cell(cell.source))
                    missing += missing_modules(cell)
                except StudentGone as gone:
                    cell.outputs = outputs.gone(gone)
        report.notes += not_there(missing)
        outputs.shorten(nb)


@dataclass
class Silent:
    """A notebook's functions that gave no answer (an endless loop, an ended process), so that each costs its limit once.

    checks: from a function that is not asked again to the reason
    calls: those of which a call got no answer; where the fault is an earlier function's, they are asked with another in its place
    """

    checks: dict[str, str] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)


def graded_outputs(
    cell: NotebookNode, session: Session, seed: int, find_check: FindCheck, silent: Silent
) -> list[NotebookNode]:
    """The outputs of a graded cell, rendered from its verdict; nbgrader must read the verdict's points from them."""
    name = cell.metadata.nbgrader.grade_id
    try:
        call = graded_call(cell.source)
        with session.spent.left_out():  # drawing inputs takes as long as it takes
            check, cases = find_check(call.name, call.hidden, seed)
    except (ValueError, LookupError, ImportError) as error:
        raise GradingError(f"graded cell {name}: {error}") from None
    check = replace(check, points=float(cell.metadata.nbgrader.points))  # a class may have given it others
    if call.name in silent.checks:
        verdict = Verdict(0.0, check.points, f"{call.name} was not called again: {silent.checks[call.name]}")
    else:
        session.notice()
        endings = len(session.ended)
        verdict = judge(check, cases, session, seed=seed, silent=silent.calls)
        if len(session.ended) > endings:
            silent.calls.add(call.name)
        if verdict.silent:
            silent.checks[call.name] = session.ended[-1]
    verdict = replace(verdict, message=outputs.writable(verdict.message))
    made = [NotebookNode(output) for output in cell_outputs(verdict)]
    read, _ = utils.determine_grade(NotebookNode(cell, outputs=made))
    if read != score(verdict):
        raise GradingError(f"graded cell {name}: nbgrader would read {read} for a verdict of {score(verdict)}")
    return made


def missing_modules(cell: NotebookNode) -> list[str]:
    """The modules that a cell failed to import."""
    told = (_NO_MODULE.match(output.evalue) for output in cell.outputs if output.output_type == "error")
    return [match[1] for match in told if match]


def modules_of_calls(cell: NotebookNode) -> list[str]:
    """The module that a function failed to import when it was called: the first that a graded cell tells of."""
    told: dict[str, Any] = next(iter(cell.outputs), {})
    found = _CALLED_WITHOUT.search(told.get("evalue") or told.get("text") or "")
    return [found[1]] if found else []


def not_there(modules: list[str]) -> list[str]:
    """A note for each module that could not be imported: the student's code is right perhaps. Of many, how many more there are."""
    names = list(dict.fromkeys(modules))
    notes = [f"{name} cannot be imported while a notebook is graded" for name in names[:MANY_MODULES]]
    return [*notes, f"and {len(names) - MANY_MODULES} more modules"] if len(names) > MANY_MODULES else notes


def ask_for_a_look(nb: NotebookNode, report: Report) -> None:
    """Let a person mark a written answer that was left as it was handed out where other words of the student's are there.

    nbgrader gives zero to a cell whose text has the checksum of the one handed out.
    """
    if not any(OWN_TEXT_TAG in cell.metadata.get("tags", ()) for cell in nb.cells):
        return
    for cell in nb.cells:
        if not (utils.is_grade(cell) and utils.is_solution(cell)):
            continue
        if cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell):
            cell.metadata.nbgrader["checksum"] = LOOK
            name = cell.metadata.nbgrader["grade_id"]
            report.notes.append(f"{name}: nothing in its cell, but text in another: have a look")


def imports_torch(code: bytes) -> bool:
    """Whether some code may import PyTorch, which is then imported once, before anybody's code runs."""
    return _IMPORTS_TORCH.search(code) is not None


def submitted_files(resources: dict[str, Any]) -> dict[str, bytes]:
    """What lies beside the notebook, by name."""
    folder = Path(resources.get("metadata", {}).get("path") or "/nowhere")
    files = read_files(folder) if folder.is_dir() else {}
    return {name: content for name, content in files.items() if not name.endswith(".ipynb")}
