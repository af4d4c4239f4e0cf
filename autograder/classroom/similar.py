"""Answers that are nearly the same, after names, comments and layout are normalised and what was handed out is left out.

An answer becomes the set of its runs of K tokens. Names that it binds become numbers in the order in which they appear in the run, so
that a statement more or less changes few runs; comments, docstrings and annotations go, and so do runs of the release. Two answers
are as similar as the share of their runs that they have in common (Jaccard). What that says depends on the function: one that
everybody writes in one line is always the same. So each function has its threshold from answers that are known to be independent.
Where those have the same form, answers are compared as they are written, names and comments included; and where even these are as
alike as copies would be, nothing is shown. `python -m benchmarks.similar_answers` compares this with copydetect.

A pair over the threshold is a reason to talk, not a proof.
"""

from __future__ import annotations

import ast
import difflib
import io
import itertools
import json
import re
import tokenize
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.classroom import files, page, roster
from autograder.classroom.feedback import read_sections
from autograder.classroom.grades import Lesson, Mark
from autograder.classroom.identify import contract
from autograder.classroom.new_class import ROOT
from autograder.classroom.refusal import Refusal
from autograder.classroom.rendering import plain
from autograder.classroom.room import Room
from autograder.contract import without_markers

K = 5
FLOOR, MARGIN, HIGHEST, UNCALIBRATED = 0.6, 0.1, 0.98, 0.85
MIN_RUNS = 25  # answers of fewer runs are too short to say anything
MAX_SOURCE = 20_000
MAX_LINES, MAX_ALIKE = 1_000, 20_000  # of an answer, and equal lines of two, each with each: aligning takes their cube
OWN = "own_name_"  # before a name that the answer binds


@dataclass(frozen=True)
class Answer:
    """One student's code for one function. runs: what it is compared by; written: its text with names and comments"""

    student: str
    source: str
    runs: frozenset[tuple[str, ...]]
    written: frozenset[tuple[str, ...]]


@dataclass(frozen=True)
class Calibration:
    """What independent answers to a function say.

    threshold: from which share a pair is shown; None where independent answers are as alike as copies
    as_written: whether names and comments are compared, too
    answers, pairs: how many there are; false: how many of these pairs would have been shown
    """

    threshold: float | None
    highest: float
    answers: int
    pairs: int
    false: int
    as_written: bool = False

    @property
    def told(self) -> str:
        """What the threshold is, for people."""
        if self.threshold is None:
            return "independent answers are as alike as copies: not shown"
        return f"threshold {self.threshold:.2f}{', with names and comments' if self.as_written else ''}"


@dataclass(frozen=True)
class Pair:
    """Two answers over the threshold. written: how similar they are with names, comments and all"""

    function: str
    one: Answer
    two: Answer
    share: float
    written: float


@dataclass
class Report:
    """A lesson's pairs, the most similar first, and each function's calibration."""

    lesson: str
    calibrations: dict[str, Calibration]
    pairs: list[Pair] = field(default_factory=list)
    compared: dict[str, int] = field(default_factory=dict)
    short: dict[str, int] = field(default_factory=dict)


def tokens(source: str, *, normalised: bool = True) -> list[str]:
    """The tokens of some code. normalised: without comments, docstrings, layout and names of one's own."""
    source = source[:MAX_SOURCE]
    if normalised:
        try:
            return _normalised(ast.parse(source))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass  # what Python cannot read is compared by its text
    return _lexed(source, comments=not normalised)


def _lexed(source: str, *, comments: bool) -> list[str]:
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT and not comments:
                continue
            if token.string.strip():
                found.append(token.string)
    except (tokenize.TokenError, SyntaxError):
        found = re.findall(r"\w+|\S", source)
    return found


class _Names(ast.NodeTransformer):
    """Names that the code binds are marked; docstrings and annotations go."""

    def __init__(self, bound: set[str]) -> None:
        self._bound = bound

    def _name(self, name: str) -> str:
        return OWN + name if name in self._bound else name

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._name(node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg, node.annotation = self._name(node.arg), None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name, node.returns = self._name(node.name), None
        if isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant):
            node.body = node.body[1:] or [ast.Pass()]
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return ast.Pass()
        return self.generic_visit(ast.Assign([node.target], node.value))


def _normalised(tree: ast.Module) -> list[str]:
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    bound |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    tree = ast.fix_missing_locations(_Names(bound).visit(tree))
    return _lexed(ast.unparse(tree), comments=False)


def runs(found: list[str]) -> frozenset[tuple[str, ...]]:
    """The runs of K tokens, names of one's own numbered in each."""
    return frozenset(_numbered(found[i : i + K]) for i in range(max(1, len(found) - K + 1)))


def _numbered(run: list[str]) -> tuple[str, ...]:
    numbers: dict[str, str] = {}
    return tuple(numbers.setdefault(t, f"{OWN}{len(numbers)}") if t.startswith(OWN) else t for t in run)


def answer(student: str, source: str, release: str) -> Answer:
    """An answer without what was handed out."""
    both = [runs(tokens(source, normalised=n)) - runs(tokens(release, normalised=n)) for n in (True, False)]
    return Answer(student, source, *both)


def share(one: frozenset[tuple[str, ...]], two: frozenset[tuple[str, ...]]) -> float:
    """The part of all runs that both have."""
    union = len(one | two)
    return len(one & two) / union if union else 0.0


def calibrate(answers: list[Answer]) -> Calibration:
    """A function's threshold from independent answers.

    Its false pairs are counted as it would have been without the pair that is judged: else there could be none.
    """
    form = _calibrated([share(one.runs, two.runs) for one, two in itertools.combinations(answers, 2)], len(answers))
    if form.threshold is not None:
        return form
    text = _calibrated(
        [share(one.written, two.written) for one, two in itertools.combinations(answers, 2)], len(answers)
    )
    return replace(text, as_written=True)


def _calibrated(shares: list[float], answers: int) -> Calibration:
    if len(shares) < 3:
        return Calibration(UNCALIBRATED, max(shares, default=0.0), answers, len(shares), 0)
    *_, second, highest = sorted(shares)
    threshold = max(FLOOR, highest + MARGIN)
    false = int(highest >= max(FLOOR, second + MARGIN))
    return Calibration(threshold if threshold <= HIGHEST else None, highest, answers, len(shares), false)


def independent(lesson: str, releases: Mapping[str, str]) -> dict[str, list[Answer]]:
    """Right answers by people who had not seen each other's: those that the project's tests keep, and the solution."""
    found: dict[str, dict[str, str]] = {}
    path = ROOT / "tests" / "right_answers" / f"{lesson}.toml"
    for i, entry in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["right"] if path.is_file() else ()):
        found.setdefault(entry["function"], {})[f"right {i}"] = entry["code"]
    for where in ("solutions", "tests/trials"):
        path = ROOT / where / lesson / f"{lesson}.ipynb"
        for name, source in _code_of(path).items() if path.is_file() else ():
            if name in releases:
                found.setdefault(name, {})[where] = source
    made = {
        name: [answer(who, code, releases.get(name, "")) for who, code in codes.items()]
        for name, codes in found.items()
    }
    return {name: [a for a in answers if len(a.runs) >= MIN_RUNS] for name, answers in made.items()}


def _code_of(path: Path) -> dict[str, str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return {
        cell["metadata"]["nbgrader"]["grade_id"]: without_markers("".join(cell["source"]))
        for cell in cells
        if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("solution")
    }


def read(room: Room, lesson: str, threshold: float | None, progress: Callable[..., Iterable[str]]) -> Report:
    """The pairs of a lesson. Raises Refusal where fewer than two have handed in.

    threshold: in the place of each function's own
    """
    students = [s for s in room.folder.students(lesson, "*") if room.place("autograded", s, lesson).is_dir()]
    if len(students) < 2:
        raise Refusal(f"fewer than two students are graded in {lesson}")
    from autograder.classroom import grades

    with room.folder.gradebook() as book:
        found = grades.read(book, lesson)
    releases = {
        name: text
        for path in room.place("release", ".", lesson).glob("*.ipynb")
        for name, text in contract(lesson, path).answers.items()
    }
    answers: dict[str, list[Answer]] = {}
    for student in progress(students, len(students), "similar"):
        for function, source in _answers(room, found, student).items():
            answers.setdefault(function, []).append(answer(student, source, releases.get(function, "")))
    known = independent(lesson, releases)
    report = Report(lesson, {name: calibrate(known.get(name, [])) for name in answers})
    for name, given in answers.items():
        found_for = report.calibrations[name]
        limit = threshold if threshold is not None else found_for.threshold
        long = [a for a in given if len(a.runs) >= MIN_RUNS]
        report.compared[name], report.short[name] = len(long), len(given) - len(long)
        if limit is not None:
            report.pairs += _pairs(name, long, limit, as_written=found_for.as_written and threshold is None)
    report.pairs.sort(key=lambda pair: (-pair.share, -pair.written, pair.function, pair.one.student))
    return report


def _answers(room: Room, lesson: Lesson, student: str) -> dict[str, str]:
    found = {}
    for path in sorted(room.place("autograded", student, lesson.name).glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        marks = {name: Mark() for name in lesson.cells}
        for section in read_sections(notebook, lesson, marks, rendered=False)[1]:
            if section.code:
                found[section.name] = without_markers("\n\n".join(section.code))
    return found


def _pairs(function: str, answers: list[Answer], limit: float, *, as_written: bool) -> list[Pair]:
    def compared(one: Answer) -> frozenset[tuple[str, ...]]:
        return one.written if as_written else one.runs

    found = []
    ordered = sorted(answers, key=lambda a: len(compared(a)))
    for i, one in enumerate(ordered):
        for two in ordered[i + 1 :]:
            # Two sets can be no more alike than their sizes are.
            if len(compared(one)) < limit * len(compared(two)):
                break
            if share(compared(one), compared(two)) >= limit:
                first, second = sorted((one, two), key=lambda a: a.student.casefold())
                alike = share(one.runs, two.runs), share(one.written, two.written)
                found.append(Pair(function, first, second, *alike))
    return found


def sides(pair: Pair) -> list[tuple[str, str, bool]]:
    """The two answers line by line: left, right, and whether they differ. `not_aligned` says where their lines stand as they come."""
    left, right = (plain(a.source).splitlines() for a in (pair.one, pair.two))
    if not_aligned(pair):
        together = itertools.zip_longest(left[:MAX_LINES], right[:MAX_LINES], fillvalue="")
        return [(one, two, one != two) for one, two in together]
    lines = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        for one, two in itertools.zip_longest(left[a:b], right[c:d], fillvalue=""):
            lines.append((one, two, kind != "equal"))
    return lines


def not_aligned(pair: Pair) -> str:
    """Why the lines of two answers are not aligned; the empty text where they are."""
    left, right = (plain(a.source).splitlines() for a in (pair.one, pair.two))
    if max(len(left), len(right)) > MAX_LINES:
        return (
            f"Lines are not aligned: expected at most {MAX_LINES} an answer, and there are {len(left)} and {len(right)}. "
            f"Shown are the first {MAX_LINES}."
        )
    counts = Counter(right)
    if (alike := sum(counts[line] for line in left)) > MAX_ALIKE:
        return f"Lines are not aligned: the same ones are there too often ({alike} pairs of equal lines)."
    return ""


def write_html(path: Path, room: Room, report: Report) -> None:
    """The page: every pair side by side, and what the thresholds rest on."""
    names = {student.id: student.name for student in roster.load(room)}
    files.put(
        path, page.render("similar.html", "similar", report=report, sides=sides, not_aligned=not_aligned, names=names)
    )
