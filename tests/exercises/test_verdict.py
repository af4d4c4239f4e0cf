"""The verdict: gates, partial credit, diagnoses, and answers that are no answers."""

import numpy as np
import pytest

from seqlib.exercises import calls, codec
from seqlib.exercises.cases import load, save
from seqlib.exercises.checks import Case, Check, Part
from seqlib.exercises.outputs import cell_outputs
from seqlib.exercises.verdict import Verdict, judge

PAIR = Check(
    "pair", 4.0, parts=(Part("first", 0, 3), Part("second", 1, 1)), messages={"swapped": "the two are swapped."}
)
X = np.array([1.0, 2.0])


def pair_cases():
    return tuple(
        Case(f"x = {x}", (x,), (x + 1, x * 2, None), mistakes={"swapped": {"value": (x * 2, x + 1, None)}})
        for x in (X, X[:1])
    )


def run(check, cases, **namespace):
    return judge(check, cases, calls.LocalRunner(namespace))


def test_a_right_answer_earns_all_points_whatever_its_container():
    assert run(PAIR, pair_cases(), pair=lambda x: [x + 1, 2 * x, object()]) == Verdict(
        4.0, 4.0, "pair: right in all 2 cases."
    )


def test_a_part_that_is_right_everywhere_earns_its_share():
    assert run(PAIR, pair_cases(), pair=lambda x: (x + 1, x * 3, None)).points == 3.0
    assert run(PAIR, pair_cases(), pair=lambda x: (x, x * 2, None)).points == 1.0


def test_a_part_that_is_wrong_in_one_case_earns_nothing():
    assert run(PAIR, pair_cases(), pair=lambda x: (x + (x.size > 1), x * 2, None)).points == 1.0


def test_fewer_digits_are_told_even_where_the_smallest_case_hides_them():
    def pair(x):
        first = np.float16(x / 3)  # the smallest input, 1.5 / 3, has no digit to lose
        return first, first.astype(float) + (x.size == 1), None

    cases = tuple(Case(f"x = {x}", (x,), (x / 3, x / 3, None)) for x in (np.array([1.5]), np.array([1.0, 2.0])))
    message = run(PAIR, cases, pair=pair).message
    assert "In another case: first" in message and "the result is float16, the inputs are float64" in message


def test_a_known_mistake_is_named_and_only_that():
    verdict = run(PAIR, pair_cases(), pair=lambda x: (x * 2, x + 1, None))
    assert verdict.diagnoses == ("swapped",)
    assert "Likely mistake: the two are swapped." in verdict.message
    assert run(PAIR, pair_cases(), pair=lambda x: (x, x, None)).diagnoses == ()


def test_a_mistake_that_would_fail_where_the_answer_is_right_is_not_named():
    cases = (
        *pair_cases(),
        Case(
            "zero",
            (np.zeros(2),),
            (np.zeros(2), np.ones(2), None),
            mistakes={"swapped": {"value": (np.ones(2), np.zeros(2), None)}},
        ),
    )
    verdict = run(PAIR, cases, pair=lambda x: (x * 2, x + 1, None))
    assert verdict.diagnoses == ()


def test_a_mistake_that_raises_is_recognised_by_its_exception():
    cases = (
        Case(
            "x",
            (X,),
            1.0,
            mistakes={"index": {"error": "IndexError", "message": "index 5 is out of bounds for axis 0 with size 2"}},
        ),
    )
    check = Check("f", 1.0, messages={"index": "counts from 1."})
    assert run(check, cases, f=lambda x: x[5]).diagnoses == ("index",)
    assert run(check, cases, f=lambda x: x[6]).diagnoses == ()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda x: None, "None (is a return missing?)"),
        (lambda x: (x + 1, x * 2), "expected 3 values (first, second, ...), got 2"),
        (lambda x: x + 1, "as a tuple, got a ndarray"),
        (lambda x: 1 / 0, "it raised ZeroDivisionError: division by zero"),
        (lambda x: (object(), x * 2, None), "got an object of type builtins.object"),
        (lambda x: np.array([object()]), "dtype object"),
        (lambda x: exec("import sys; sys.exit(0)"), "it raised SystemExit: 0"),
    ],
)
def test_the_message_says_what_came(answer, said):
    verdict = run(PAIR, pair_cases(), pair=answer)
    assert said in verdict.message
    assert verdict.points <= 1.0


def test_changed_arguments_earn_nothing():
    def pair(x):
        x += 1
        return x, 2 * (x - 1), None

    verdict = run(PAIR, pair_cases(), pair=pair)
    assert verdict.points == 0
    assert "argument 1 is changed after the call; work on a copy" in verdict.message


def test_every_changed_argument_is_told_and_that_a_probe_may_stand_an_array_for_a_function():
    def total(x, y, z):
        x += 1
        z += 1
        return (x + y + z).sum() - 4

    given, check = (np.ones(2), np.ones(2), np.ones(2)), Check("total", 1)
    probe = "def probe(function, x, y, z):\n    return function(x, y, z)"
    for source, told in (
        (None, "argument 1 is changed after the call, and so is argument 3;"),
        (probe, "and so is argument 3 (or, where that is a function, an array that it returned);"),
    ):
        verdict = run(check, (Case("three", given, 6.0, probe=source),), total=total)
        assert verdict.points == 0 and told in verdict.message


@pytest.mark.parametrize(
    ("case", "line"),
    [
        (Case("x", ("ab", ["c"]), 0, kwargs={"size": 2}), "  f('ab', ['c'], size=2)"),
        (Case("x", (X,), 0), "  f(np.array([1., 2.]))"),
        (Case("x", (np.eye(2)[None],), 0), "  f(np.array([[[1., 0.], [0., 1.]]]))"),
        (Case("x", ({"W": X},), 0), "  f({'W': np.array([1., 2.])})"),
        (Case("x", (np.array([0.1 + 0.2]), [(1,)]), 0), "  f(np.array([0.30000000000000004]), [(1,)])"),
        (
            Case("x", (np.array([[np.inf, -np.inf], [np.nan, 0.0]]), np.inf), 0),
            "  f(np.array([[ np.inf, -np.inf], [ np.nan,   0.]]), np.inf)",
        ),
        (Case("x", ("inf", ["nan"]), 0), "  f('inf', ['nan'])"),
        (Case("x", (np.zeros(200),), 0), None),
        (Case("x", ("a" * 400,), 0), None),
        (Case("x", (1,), 0, probe="def probe(function, n):\n    return function(n)"), None),
    ],
)
def test_a_short_call_is_shown_so_that_the_learner_can_repeat_it(case, line):
    lines = run(Check("f", 1.0), (case,), f=lambda *args, **kwargs: 1).message.splitlines()
    assert [text for text in lines if text.startswith("  f(")] == ([line] if line else [])
    assert run(Check("f", 1.0), (case,), f=lambda *args, **kwargs: 0).message == "f: right in all 1 cases."


def test_an_unwritten_and_a_missing_function():
    def pair(x):
        raise NotImplementedError

    assert run(PAIR, pair_cases(), pair=pair).unwritten
    verdict = run(PAIR, pair_cases())
    assert verdict.unwritten
    assert "not defined" in verdict.message


def test_aspects_earn_points_apart():
    cases = tuple(Case(kind, (kind,), len(kind), aspect=kind) for kind in ("one", "three"))
    check = Check("f", 2.0)
    assert run(check, cases, f=lambda kind: 3).points == 1.0


def test_what_tells_nothing_earns_its_points_only_beside_what_tells_something():
    check = Check("f", 4.0, parts=(Part("y", "y"), Part("type", "type", dependent=True)))
    cases = (
        Case("x", (X,), {"y": 2 * X, "type": "float64"}, aspect="numbers"),
        Case("0 x", (0 * X,), {"y": 0 * X, "type": "float64"}, aspect="zeros", dependent=True),
    )
    assert run(check, cases, f=lambda x: {"y": x, "type": "float64"}).points == 0
    assert run(check, cases, f=lambda x: {"y": 2 * x, "type": "float32"}).points == 2.0
    assert run(check, cases, f=lambda x: {"y": 2 * x if x.any() else x + 1, "type": "float64"}).points == 3.0
    assert run(check, cases, f=lambda x: {"y": 2 * x, "type": "float64"}).passed


def test_an_exception_that_is_right_earns_nothing_by_itself():
    def f(x):
        if x < 0:
            raise ValueError("x must not be negative")
        return x

    cases = (
        Case("2", (2,), 4, aspect="numbers"),
        Case("below 0", (-1,), "raised ValueError", aspect="below 0", raises="ValueError"),
    )
    assert run(Check("f", 2.0), cases, f=f).points == 0
    assert run(Check("f", 2.0), cases, f=lambda x: x * x).points == 1.0
    assert run(Check("f", 2.0), cases, f=lambda x: 2 * f(x)).passed


def test_none_in_a_tuple_earns_nothing_by_itself():
    check = Check("f", 4.0, parts=(Part("a", 0), Part("y_hat", 1)))
    cases = (Case("x", (X,), (2 * X, None)),)
    assert run(check, cases, f=lambda x: (x, None)).points == 0
    assert run(check, cases, f=lambda x: (2 * x, x)).points == 2.0
    assert run(check, cases, f=lambda x: (2 * x, None)).passed


def test_warnings_and_prints_are_shown_with_a_failure():
    def f(x):
        print("debugging", x)
        return np.log(x - 5)

    verdict = run(Check("f", 1.0), (Case("x", (X,), X),), f=f)
    assert "warning: RuntimeWarning" in verdict.message
    assert "It printed: debugging" in verdict.message


def test_entries_of_a_dict():
    check = Check("f", 2.0, parts=(Part("dW", "dW"), Part("db", "db")))
    cases = (Case("x", (X,), {"dW": X, "db": X + 1}),)
    assert run(check, cases, f=lambda x: {"dW": x, "db": x + 1, "more": 1}).passed
    verdict = run(check, cases, f=lambda x: {"dW": x})
    assert verdict.points == 1.0
    assert "db is missing from the dict" in verdict.message
    assert "expected a dict" in run(check, cases, f=lambda x: x).message


def test_an_entry_that_only_some_results_have_earns_points_there_alone():
    check = Check("f", 3.0, parts=(Part("dW", "dW"), Part("dr", "dr")))
    cases = (
        Case("with dr", (X, True), {"dW": X, "dr": X + 1}, aspect="full"),
        Case("without", (X, False), {"dW": X}, aspect="simplified"),
    )
    assert run(check, cases, f=lambda x, full: {"dW": x, **({"dr": x + 1} if full else {})}).passed
    assert run(check, cases, f=lambda x, full: {"dW": x, "dr": x + 1}).passed
    assert run(check, cases, f=lambda x, full: {"dW": x}).points == pytest.approx(2.0)
    assert run(check, cases, f=lambda x, full: {"dW": 0 * x, "dr": 0 * x}).points == 0


def test_a_probe_runs_beside_the_function():
    source = "def probe(function, n):\n    return [function(i) for i in range(n)]"
    cases = (Case("calls", (3,), [0, 1, 4], probe=source),)
    assert run(Check("f", 1.0), cases, f=lambda i: i * i).passed
    assert not run(Check("f", 1.0), cases, f=lambda i: i).passed


class Answering:
    def __init__(self, reply):
        self.reply = reply

    def request(self, data):
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"garbage",
        codec.encode(5),
        codec.encode({}),
        codec.encode({"value": 1.0}),
        codec.encode({"points": 99, "passed": True}),
        codec.encode(
            {
                "value": None,
                "error": 5,
                "digests": 7,
                "warnings": 3,
                "stdout": 1,
                "message": 2,
                "trace": [],
            }
        ),
    ],
)
def test_a_forged_reply_earns_nothing(reply):
    verdict = judge(PAIR, pair_cases(), Answering(reply))
    assert verdict.points == 0


def test_a_silent_student_earns_nothing_and_the_message_says_why():
    verdict = judge(PAIR, pair_cases(), Answering(calls.StudentGone("no answer for 10 s")))
    assert verdict.points == 0
    assert "no answer for 10 s" in verdict.message


def test_the_seed_sets_the_global_generators():
    import random

    cases = (Case("draw", (), 0.0),)
    seen = []
    for _ in range(2):
        judge(
            Check("f", 1.0),
            cases,
            calls.LocalRunner({"f": lambda: seen.append((np.random.rand(), random.random())) or 0.0}),
            seed=2**63 - 1,
        )
    assert seen[0] == seen[1]


def test_outputs_read_as_the_points_by_nbgrader():
    utils = pytest.importorskip("nbgrader.utils")
    import nbformat
    from nbformat.v4 import new_code_cell, output_from_msg  # noqa: F401

    for points in (0.0, 1 / 3, 1.0, 2.0):
        cell = new_code_cell(
            "check('f')", outputs=[nbformat.from_dict(o) for o in cell_outputs(Verdict(points, 2.0, "text"))]
        )
        cell.metadata.nbgrader = dict(
            grade=True, solution=False, points=2, grade_id="f", schema_version=3, locked=True, task=False
        )
        assert utils.determine_grade(cell)[0] == pytest.approx(points, abs=1e-6)


def test_the_student_never_sees_the_seed_of_the_hidden_inputs():
    seen = []

    class Listening(calls.LocalRunner):
        def request(self, data):
            seen.append(codec.decode(data)["seed"])
            return super().request(data)

    judge(Check("f", 1.0), (Case("x", (X,), X),), Listening({"f": lambda x: x}), seed=12345)
    assert seen[0] != 12345
    assert 0 <= seen[0] < 2**32


def test_nothing_more_is_asked_where_nothing_is_wrong():
    class LastWords(calls.LocalRunner):
        def requests(self, data):
            if self._namespace.pop("asked", None):
                raise calls.StudentGone("the notebook's answers have more than 96 MiB together")
            self._namespace["asked"] = True
            yield from map(self.request, data)

    case = Case("x", (X,), X, follow={"probe": "def probe(f, *a): return f(*a)", "expected": X})
    verdict = judge(Check("f", 1.0, follow=("g",)), (case,), LastWords({"f": lambda x: x}), silent=())
    assert verdict.passed


def test_of_the_cases_that_fail_the_smallest_is_shown():
    cases = tuple(Case(f"n = {n}", (np.ones(n),), np.zeros(1)) for n in (9, 3, 5))
    verdict = run(Check("f", 1.0), cases, f=lambda x: x[:1])
    assert "3 of 3 cases wrong. The smallest of them: n = 3." in verdict.message and verdict.case == 2
    verdict = run(Check("f", 1.0), cases, f=lambda x: np.zeros(1) if x.size == 3 else x[:1])
    assert "The smallest of them: n = 5." in verdict.message and verdict.case == 3


def test_small_arrays_stand_side_by_side():
    expected = np.array([[1.0, 2.0], [3.0, 4.0]])
    lines = run(Check("f", 1.0), (Case("x", (), expected),), f=lambda: expected.T).message.splitlines()
    at = next(place for place, line in enumerate(lines) if line.split() == ["expected", "returned"])
    assert [line.split("   ")[-1].strip() for line in lines[at + 1 : at + 3]] == ["[[1. 3.]", "[2. 4.]]"]


def test_a_place_in_a_row_is_named_by_what_stands_there():
    check = Check("f", 1.0, parts=(Part("the rows", columns=("the name", "the relative error")),))
    cases = (Case("x", (), [("dW", 0.5), ("db", 0.25)]),)
    message = run(check, cases, f=lambda: [("dW", 0.5), ("db", 0.75)]).message
    assert "the relative error of db: expected 0.25, got 0.75" in message
    assert "the rows: expected 2 values, got 1" in run(check, cases, f=lambda: [("dW", 0.5)]).message


def test_two_mistakes_in_two_parts_are_both_named():
    check = Check(
        "pair",
        4.0,
        parts=(Part("first", 0), Part("second", 1)),
        messages={"a": "the first is 0.", "b": "the second is 0.", "c": "the second is 1."},
    )
    wrong = {"a": (0.0, 2.0), "b": (1.0, 0.0), "c": (1.0, 1.0)}
    cases = (Case("x", (), (1.0, 2.0), mistakes={name: {"value": value} for name, value in wrong.items()}),)
    assert run(check, cases, pair=lambda: (0.0, 0.0)).diagnoses == ("a", "b")
    assert run(check, cases, pair=lambda: (0.0, 5.0)).diagnoses == ("a",)
    assert run(check, cases, pair=lambda: (7.0, 5.0)).diagnoses == ()


def with_unusual(mistakes):
    """The pair's cases and an unusual one of shorter arguments, in which a mistake of its own shows."""
    whole = np.array([5])
    return Check("pair", 4.0, parts=PAIR.parts, messages={"swapped": "swapped.", "typed": "typed."}), (
        *pair_cases(),
        Case("whole numbers", (whole,), (whole + 1, whole * 2, None), mistakes=mistakes, unusual=True),
    )


def test_an_unusual_case_neither_hides_a_mistake_of_the_others_nor_is_shown_for_it():
    check, cases = with_unusual({"swapped": {"value": None}})
    verdict = run(check, cases, pair=lambda x: (x * 2, x + 1, None))
    assert verdict.diagnoses == ("swapped",) and "2 of 3 cases wrong" in verdict.message
    assert verdict.case == 1 and "The smallest of them: x = [1. 2.]." in verdict.message


def test_a_mistake_that_an_unusual_case_alone_shows_is_named_by_it():
    typed = {"value": (np.array([5]), np.array([10]), None)}
    check, cases = with_unusual({"typed": typed})
    cases = (
        *(Case(c.label, c.args, c.expected, mistakes={"typed": {"value": c.expected}}) for c in cases[:2]),
        cases[2],
    )
    verdict = run(check, cases, pair=lambda x: (x + (x.dtype == float), x * 2, None))
    assert verdict.diagnoses == ("typed",) and verdict.case == 3


def test_a_mistake_that_gives_the_right_result_does_not_explain_a_changed_argument():
    cases = tuple(Case(c.label, c.args, c.expected, mistakes={"swapped": {"value": c.expected}}) for c in pair_cases())

    def pair(x):
        result = x + 1, x * 2, None
        x += 1
        return result

    verdict = run(PAIR, cases, pair=pair)
    assert verdict.points == 0 and verdict.diagnoses == () and "is changed after the call" in verdict.message


def test_a_case_file_holds_an_array_once_and_gives_back_what_was_written(tmp_path):
    check = Check("f", 1.0, messages={name: name for name in ("a", "b")})
    stored = Case("x", (X,), X + 1, mistakes={"a": {"value": X}, "b": {"value": {"list": [X, X + 1]}}})
    save(tmp_path / "lesson-00.npz", {"f": (check, (stored, stored))})
    with np.load(tmp_path / "lesson-00.npz") as file:
        assert sum(name.startswith("array") for name in file.files) == 2
    again, cases = load(tmp_path / "lesson-00.npz")["f"]
    assert again == check and len(cases) == 2
    assert np.array_equal(cases[1].expected, X + 1) and np.array_equal(cases[1].mistakes["b"]["value"]["list"][0], X)


def test_a_library_s_not_implemented_error_is_no_unwritten_function():
    def pair(x):
        if x.size == 1:
            raise NotImplementedError("Cannot copy out of meta tensor; no data!")
        return x + 1, x * 2, None

    verdict = run(PAIR, pair_cases(), pair=pair)
    assert not verdict.unwritten and "no data!" in verdict.message
