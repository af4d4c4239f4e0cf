"""What the notebook says at home is what the grade will be: the same names missing, the same limits, the same verdicts and messages."""

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

import seqlib
from autograder import library
from autograder.lessons import conditions, find, find_check, lessons, needs
from autograder.sandbox import Limits, Sandbox, bubblewrap, tree
from seqlib.exercises import CheckFailed, calls, check
from seqlib.exercises.checks import Case, Check, Conditions
from seqlib.exercises.home import HomeRunner
from seqlib.exercises.verdict import judge
from tests.answers import LESSONS, right_answers, setup_cell, wrong_answers
from tests.folders import opened

ROOT = Path(__file__).parents[2]
MODULES = conditions("lesson-03").modules


def at_home(function, **namespace):
    """What a call of the learner's function `f` gives at home."""
    runner = HomeRunner({"f": function, "seqlib": seqlib, **namespace}, Conditions(MODULES, 2.0))
    return calls.call(runner, "f", ())


def test_a_part_of_the_library_that_is_not_graded_is_missed_at_once():
    before = dict(vars(seqlib)), set(sys.modules)
    reply = at_home(lambda: seqlib.rnn_forward(np.ones((1, 1, 1)), np.ones((1, 1)), {}))
    assert (
        reply.error == "ImportError" and "seqlib.rnn_forward is not there while a notebook is graded" in reply.message
    )
    assert "log_softmax, sigmoid, softmax" in reply.message
    assert (dict(vars(seqlib)), set(sys.modules)) == before
    assert seqlib.rnn_forward.__name__ == "rnn_forward"


def test_what_is_there_can_be_called_at_home():
    assert np.allclose(at_home(lambda: seqlib.softmax(np.zeros((2, 1)))).value, 0.5)


@pytest.mark.parametrize("held", [seqlib.rnn_forward, seqlib.gradients, seqlib.Vocabulary, seqlib.batches])
def test_what_was_imported_at_the_top_of_the_notebook_is_missed_too(held):
    namespace = {"held": held}
    runner = HomeRunner({"f": lambda: namespace["held"](), "held": held}, Conditions(MODULES, 2.0))
    scope = runner._namespace
    scope["f"] = eval("lambda: held.anything()", scope)
    reply = calls.call(runner, "f", ())
    assert reply.error == "ImportError" and "is not there while a notebook is graded" in reply.message
    assert scope["held"] is held


def test_the_learners_own_state_is_kept():
    scope = {"count": 0}
    exec("def f():\n    global count\n    count += 1\n    return count", scope)
    runner = HomeRunner(scope, Conditions(MODULES, 2.0))
    assert [calls.call(runner, "f", ()).value for _ in range(3)] == [1, 2, 3]


LINES = (
    *(f"seqlib.{name}" for name in sorted({*library.public(), *library.everything(), "nothing"})),
    *(f"from seqlib import {name}" for name in ("rnn_forward", "softmax", "gradients", "fast")),
    *(f"import seqlib.{name}" for name in ("rnn", "activations", "gradients", "torch", "nothing", "exercises.verdict")),
    "from seqlib.rnn import rnn_forward",
    "from seqlib.activations import softmax",
    "import seqlib.exercises.cases as c; c.find",
)
ASKED = """
import sys
import seqlib
for line in {lines!r}:
    try:
        exec(line)
        print("there")
    except BaseException as error:
        print(type(error).__name__, error)
"""


def test_the_same_names_are_missing_at_home_and_in_the_sandbox_and_say_the_same(tmp_path):
    place = tree.build(tmp_path / "tree", "lesson-03")
    script = f"import sys; sys.path.insert(0, {str(place)!r})" + ASKED.format(lines=LINES)
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import site, sys\nsite.main()\n{script}"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    graded = done.stdout.splitlines()

    def outcomes():
        for line in LINES:
            try:
                exec(line, {"seqlib": seqlib})
                yield "there"
            except BaseException as error:
                yield f"{type(error).__name__} {error}"

    home = at_home(lambda: list(outcomes())).value
    assert dict(zip(LINES, home, strict=True)) == dict(zip(LINES, graded, strict=True))
    assert graded.count("there") >= 6


def test_a_call_that_takes_too_long_is_stopped_at_home_and_says_what_the_grade_says():
    def f():
        while True:
            try:
                sum(range(1000))
            except Exception:
                pass

    verdict = judge(Check("f", 1.0), (Case("x", (), 1),), HomeRunner({"f": f}, Conditions(MODULES, 0.2)))
    assert verdict.points == 0
    assert (
        verdict.message == "f was not checked to the end: the call used more than 0.2 s of CPU time (an endless loop?)"
    )


def test_a_call_that_takes_a_good_part_of_the_limit_is_told_so(monkeypatch, capsys):
    clock = iter(np.arange(0, 1000, 4.0))
    monkeypatch.setattr("seqlib.exercises.home.time.process_time", lambda: next(clock))
    eval("check('stack_weights')", {"check": check, "stack_weights": find("stack_weights").right})
    assert "The slowest call took 4.0 s of CPU time; one that takes more than 6 s fails" in capsys.readouterr().out


def test_the_plain_recursion_of_the_formula_passes_with_room():
    scope = {}
    exec(
        "def edit_distance(a, b):\n"
        "    if len(a) == 0 or len(b) == 0:\n"
        "        return len(a) + len(b)\n"
        "    return min(\n"
        "        edit_distance(a[:-1], b) + 1, edit_distance(a, b[:-1]) + 1, edit_distance(a[:-1], b[:-1]) + (a[-1] != b[-1])\n"
        "    )",
        scope,
    )
    for seed in range(3):
        what, cases = find_check("edit_distance", seed > 0, seed)
        runner = HomeRunner(scope, what.conditions)
        assert judge(what, cases, runner).passed
        # what it costs grows by the lengths alone: these take a tenth of the limit on a slow machine
        assert max(len(case.args[0]) + len(case.args[1]) for case in cases) <= 14


def test_recursion_goes_as_deep_from_a_deep_kernel():
    scope = {}
    exec("def f(n=0):\n    try:\n        return f(n + 1)\n    except RecursionError:\n        return n", scope)

    def deeper(n):
        return deeper(n - 1) if n else calls.call(calls.LocalRunner(scope), "f", ()).value

    assert deeper(0) == deeper(200) > 900


def cells(answer):
    """What a student runs before the checks: the set-up, the other functions solved, the answer."""
    others = {other.function: other.code for other in right_answers(answer.lesson)[::-1]}
    return [setup_cell(answer.lesson), *(code for name, code in others.items() if name != answer.function), answer.code]


def home_runner(answer):
    shell = InteractiveShell.instance()
    shell.reset(new_session=False)
    for source in cells(answer):
        with contextlib.redirect_stdout(io.StringIO()):
            shell.run_cell(source)
    return HomeRunner(shell.user_ns, conditions(answer.lesson))


def compare(lesson, answers, folder):
    place = tree.build(folder / "tree", lesson)
    with Sandbox(place, Limits(cell_wall=120, interrupt_grace=20), preload=needs(lesson)) as sandbox:
        for answer in answers:
            for hidden in (False, True):
                what, cases = find_check(answer.function, hidden, 1)
                home = judge(what, cases, home_runner(answer))
                with sandbox.student(1) as student:
                    for source in cells(answer):
                        student.run_cell(source)
                    graded = judge(what, cases, student)
                assert (home.points, home.diagnoses) == (graded.points, graded.diagnoses), answer
                assert home.message == graded.message, answer


@pytest.fixture
def open_folder(tmp_path):
    return opened(tmp_path)


DELEGATED = {
    "a call of the library": "def stack_weights(Waa, Wax):\n    return seqlib.stack_weights(Waa, Wax)",
    "an import inside": "def stack_weights(Waa, Wax):\n    from seqlib.parameters import stack_weights\n    return stack_weights(Waa, Wax)",
    "a module inside": "def stack_weights(Waa, Wax):\n    import seqlib.gradients\n    return seqlib.gradients",
}


def compare_from(lesson, step, folder):
    """Every step-th answer, in a process with the hash seed that a home project is started with."""
    code = f"from tests.course import test_home_and_graded as t; t.compare({lesson!r}, t.answers({lesson!r})[::{step}], t.Path({str(folder)!r}))"
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]


def answers(lesson):
    return [*right_answers(lesson), *wrong_answers(lesson)]


@pytest.mark.parametrize("lesson", LESSONS)
def test_some_answers_meet_the_same_verdict_and_message_on_both_sides(lesson, open_folder):
    compare_from(lesson, 20, open_folder)


def test_a_home_project_is_started_with_the_hash_seed_of_grading():
    for name in ("start.sh", "start.bat"):
        assert "PYTHONHASHSEED=0" in (ROOT / "autograder/templates/home" / name).read_text("utf-8")
    assert bubblewrap.ENVIRONMENT["PYTHONHASHSEED"] == "0"


def test_a_delegated_answer_meets_the_same_verdict_and_message_on_both_sides(open_folder):
    first = right_answers("lesson-03")[0]
    compare(
        "lesson-03",
        [type(first)("lesson-03", "stack_weights", what, code) for what, code in DELEGATED.items()],
        open_folder,
    )


@pytest.mark.soak
@pytest.mark.parametrize("lesson", LESSONS)
def test_all_answers_meet_the_same_verdict_and_message_on_both_sides(lesson, open_folder):
    compare_from(lesson, 1, open_folder)


def test_a_check_with_a_missing_part_fails_at_home():
    with pytest.raises(CheckFailed, match="not there while a notebook is graded"):
        eval("check('stack_weights')", {"check": check, "stack_weights": seqlib.stack_weights})


def test_every_lesson_has_the_least_of_the_library_and_what_it_uses():
    least = set(library.modules(()))
    assert all(least <= set(conditions(lesson).modules) for lesson in lessons())
    assert set(library.modules(("vocabulary",))) == least | {"vocabulary", "words", "support.swap"}


@pytest.mark.parametrize(
    ("uses", "said"),
    [
        (("nothing",), "'nothing', and seqlib has no such module"),
        (("rnn",), "the graded function rnn_forward along, of seqlib.rnn"),
        (("bidirectional",), "of seqlib.rnn, imported by seqlib.cells, imported by seqlib.bidirectional"),
    ],
)
def test_what_a_lesson_cannot_use_is_refused(uses, said):
    with pytest.raises(ValueError, match=said):
        library.modules(uses, ["rnn_forward"])
