"""solutions/, exercises/ and the case files are in step, and every check recognises every known mistake."""

import ast
import copy
import dataclasses
import itertools
import shutil
from collections import Counter, defaultdict

import nbformat
import numpy as np
import pytest

from autograder import cases, release
from autograder.contract import graded_call, is_check
from autograder.lessons import find_check, lessons
from autograder.lessons.drawing import Inputs, seen
from autograder.lint import lint
from seqlib.exercises.calls import LocalRunner
from seqlib.exercises.cases import FOLDER
from seqlib.exercises.parts import has_part, piece, telling
from seqlib.exercises.verdict import judge
from tests.nothing import nothings

LESSONS = sorted(lessons())
EXERCISES = [exercise for name in LESSONS for exercise in lessons()[name]]
SOLUTIONS = {name: release.ROOT / "solutions" / name / f"{name}.ipynb" for name in LESSONS}


@pytest.mark.parametrize("lesson", LESSONS)
def test_exercises_are_what_nbgrader_makes_of_the_solutions(lesson):
    assert release.out_of_step(lesson) == [], "run `make exercises`; exercises/ is never edited by hand"


@pytest.mark.parametrize("change", ["a word", "a file more", "a file less"])
def test_an_edit_by_hand_is_noticed(tmp_path, change):
    lesson = "lesson-03"
    shutil.copytree(release.ROOT / "exercises" / lesson, tmp_path / lesson)
    notebook = tmp_path / lesson / f"{lesson}.ipynb"
    if change == "a word":
        notebook.write_text(notebook.read_text().replace("raise NotImplementedError", "pass", 1))
    elif change == "a file more":
        (tmp_path / lesson / "notes.txt").write_text("more")
    else:
        notebook.unlink()
    assert release.out_of_step(lesson, exercises=tmp_path)


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_case_file_is_in_step(lesson):
    assert cases.in_step(lesson, FOLDER / f"{lesson}.npz"), "run `autograder cases`"


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_solution_keeps_the_contract(lesson):
    assert lint(SOLUTIONS[lesson]) == []


BREAKS = {
    "must hold two statements": lambda nb: graded(nb).update(source="x = 1\n" + graded(nb).source),
    "must hold two": lambda nb: graded(nb).update(source='check("stack_weights")'),
    "ends with `;`": lambda nb: graded(nb).update(source=graded(nb).source + ";"),
    "bare expression": lambda nb: graded(nb).update(source=graded(nb).source.replace('check("', 'x = check("')),
    "is not Python": lambda nb: graded(nb).update(source="check("),
    "does not have": lambda nb: graded(nb).update(source='from seqlib.exercises import check\ncheck("softmax")'),
    "points in its metadata": lambda nb: graded(nb).metadata.nbgrader.update(points=7),
    "full marks unseen": lambda nb: graded(nb).metadata.update(tags=["skip-execution"]),
    "0 cells hold the": lambda nb: nb.cells.remove(graded(nb)),
    "2 cells hold the": lambda nb: nb.cells.append(copy.deepcopy(graded(nb))),
    "occurs more than once": lambda nb: nb.cells.append(copy.deepcopy(graded(nb))),
    "lacks the tag": lambda nb: demonstration(nb).metadata.update(tags=[]),
    "no region between": lambda nb: solution(nb).update(source="pass"),
    "one of the cells ended the process": lambda nb: first_code(nb).update(source="import os\nos._exit(0)"),
    "raises while it is graded: SystemExit": lambda nb: first_code(nb).update(source="raise SystemExit(3)"),
    "raises while it is graded: EOFError": lambda nb: first_code(nb).update(source="input()\n1 / 0"),
}


def first_code(notebook):
    return next(cell for cell in notebook.cells if cell.cell_type == "code")


def graded(notebook):
    return next(cell for cell in notebook.cells if is_check(cell))


def demonstration(notebook):
    return next(cell for cell in notebook.cells if "skip-execution" in cell.metadata.get("tags", []))


def solution(notebook):
    return next(
        cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code"
    )


@pytest.mark.parametrize("said", BREAKS)
def test_the_lint_notices(tmp_path, said):
    notebook = nbformat.read(SOLUTIONS["lesson-03"], as_version=4)
    BREAKS[said](notebook)
    path = tmp_path / "lesson-03.ipynb"
    nbformat.write(notebook, path)
    assert any(said in problem for problem in lint(path))


def test_a_cell_with_a_magic_is_a_demonstration_to_the_lint(tmp_path):
    notebook = nbformat.read(SOLUTIONS["lesson-03"], as_version=4)
    demonstration(notebook).update(source="%matplotlib inline")
    demonstration(notebook).metadata.update(tags=[])
    path = tmp_path / "lesson-03.ipynb"
    nbformat.write(notebook, path)
    assert any("lacks the tag" in problem for problem in lint(path))


def test_the_lint_knows_only_lessons_that_there_are(tmp_path):
    path = tmp_path / "lesson-99.ipynb"
    shutil.copy(SOLUTIONS["lesson-03"], path)
    assert any("has no lesson-99" in problem for problem in lint(path))


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_solution_is_left_in_the_release(lesson):
    released = nbformat.read(release.ROOT / "exercises" / lesson / f"{lesson}.ipynb", as_version=4)
    for cell in released.cells:
        assert "SOLUTION" not in cell.source
        if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code":
            assert cell.source.endswith("raise NotImplementedError")
        assert not cell.get("outputs")


def namespace(lesson, **replaced):
    return {exercise.name: exercise.reference or exercise.library for exercise in lessons()[lesson]} | replaced


def lesson_of(exercise):
    return next(name for name in LESSONS if exercise in lessons()[name])


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_the_reference_earns_everything_and_each_known_mistake_is_named(exercise, hidden):
    lesson = lesson_of(exercise)
    for seed in (1, 2, 3):
        check, drawn = find_check(exercise.name, hidden, seed)
        assert judge(check, drawn, LocalRunner(namespace(lesson))).passed
        for name, wrong in exercise.wrong.items():
            verdict = judge(check, drawn, LocalRunner(namespace(lesson, **{exercise.name: wrong})))
            assert verdict.diagnoses == (name,), f"{name}: {verdict.message}"
            assert verdict.points < verdict.max_points


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_the_code_of_every_known_mistake_runs(exercise):
    """An edit that uses a name which its module lacks would be a mistake of another kind."""
    for case in exercise.cases(seed=1):
        for name, outcome in case.mistakes.items():
            assert outcome.get("error") not in ("NameError", "ImportError"), f"{name}: {outcome['message']}"


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_the_right_answer_gives_what_the_reference_gives(exercise):
    for seed in (1, 2, 3):
        assert judge(*find_check(exercise.name, True, seed), LocalRunner({exercise.name: exercise.right})).passed


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_stored_outputs_are_those_of_a_right_solution(lesson):
    notebook = nbformat.read(SOLUTIONS[lesson], as_version=4)
    for cell in notebook.cells:
        if is_check(cell):
            call = graded_call(cell.source)
            text = "".join(output.get("text", "") for output in cell.outputs)
            assert ("after you submit" if call.hidden else "right in all") in text


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_no_draw_asks_what_another_asked(exercise):
    """The answers at home, kept in a table, are worth nothing at grading: no group of inputs comes twice, but by the rarest chance."""
    asked = Counter[tuple[str, frozenset[str]]]()
    for seed in range(200):
        groups = defaultdict(set)
        for inputs in exercise.draw(np.random.default_rng(seed)):
            groups[inputs.aspect].add(repr((inputs.args, inputs.kwargs)))
        asked.update((aspect, frozenset(group)) for aspect, group in groups.items())
    twice = {aspect for (aspect, _), times in asked.items() if times > 1}
    pairs = sum(times * (times - 1) // 2 for times in asked.values())
    assert pairs <= 1, f"of 19,900 pairs of draws {pairs} ask the same of: {', '.join(twice)}"


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_no_result_is_guessed(exercise):
    """Of what earns points together, all results are right by a guess, the best there is, in one draw of twenty at most."""
    if exercise.limits:
        pytest.skip("drawn at random: what is expected are limits of counts")
    check, drawn_once = find_check(exercise.name, True, 0)[0], dataclasses.replace(exercise, again=False)
    came: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for seed in range(100):
        drawn, tells = drawn_once.cases(seed, hidden=True), set()
        results = defaultdict(list)
        for case, part in itertools.product(drawn, check.parts):
            stated = exercise.facts and isinstance(case.expected, dict)  # what is true of many right results
            if has_part(part, case.expected) and not stated:
                results[case.aspect, part.name].append(seen(piece, Inputs("", (part, case.expected))))
                tells |= {(case.aspect, part.name)} if telling(part, case) else set()
        for pair in tells:
            came[pair][repr(results[pair])] += 1
    if not came:
        pytest.skip("many results are right: what is expected is true of all of them")
    assert {pair: most for pair, results in came.items() if (most := results.most_common(1)[0][1]) > 5} == {}


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_what_computes_nothing_earns_nothing(exercise, hidden):
    """Nor does one entry of a result that is made of many, with nothing in it."""
    check, drawn = find_check(exercise.name, hidden, 7)
    keys = next((list(case.expected) for case in drawn if isinstance(case.expected, dict)), [])
    for nothing in ({}, (), [], "", *({key: np.zeros((1, 1))} for key in keys)):
        verdict = judge(check, drawn, LocalRunner({exercise.name: lambda *given, _nothing=nothing, **named: _nothing}))
        assert verdict.points == 0, nothing


# Both checks of an exercise draw and judge in one way, and share their aspects; they differ in points alone.
@pytest.mark.parametrize("hidden", [pytest.param(False, marks=pytest.mark.soak), True])
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_what_computes_nothing_earns_nothing_by_its_form_or_by_what_it_raises(exercise, hidden):
    """Arguments as they came, zeros and ones of the right shape and type, the answers to other inputs: all raise where that is right.

    By chance one of them hits a small number; in three draws none does.
    """
    for name, answer in nothings(exercise).items():
        earned = (
            judge(*find_check(exercise.name, hidden, seed), LocalRunner({exercise.name: answer(hidden, seed)})).points
            for seed in (7, 11, 15)
        )
        assert not all(earned), name


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_a_check_has_what_only_a_computation_gets_right(exercise, hidden):
    check, drawn = find_check(exercise.name, hidden, 7)
    assert any(telling(part, case) for case in drawn for part in check.parts)


@pytest.mark.parametrize(
    "path", sorted((release.ROOT / "autograder" / "lessons").rglob("*.py")), ids=lambda path: path.stem
)
def test_a_module_of_a_lesson_has_no_name_that_nobody_uses(path):
    tree = ast.parse(path.read_text("utf-8"))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    named = {
        name.id
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        for name in ast.walk(target)
        if isinstance(name, ast.Name)
    }
    told = {"EXERCISE", "EXERCISES", "USES", "SWAPS", "ITEMS", "NEEDS", "CHAPTER"}
    elsewhere = path.parent.name == "lessons"  # what the lessons share is used by them
    beside = {
        name.name
        for other in path.parent.glob("*.py")
        for statement in ast.parse(other.read_text("utf-8")).body
        if isinstance(statement, ast.ImportFrom)
        and (statement.module or "").endswith(f"{path.parent.name}.{path.stem}")
        for name in statement.names
    }
    assert elsewhere or named - used - beside <= told
