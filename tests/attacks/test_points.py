"""Points are given for what was written: answers that are looked up, replayed or made up earn nothing."""

from pathlib import Path

import numpy as np
import pytest

from autograder.engine.session import Session
from autograder.lessons import find_check, lessons
from autograder.sandbox import Limits, Sandbox
from seqlib.exercises import cases
from seqlib.exercises.verdict import Verdict, judge

NETWORK = """
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)
"""
# The whole sequence is made up, and the cell afterwards gives back what was made up for the step that it is asked for.
REPLAYED = (
    NETWORK
    + """
told = {}

def rnn_forward(x, a0, params):
    rng = np.random.default_rng()
    n_a, n_y, (n_x, m, T_x) = len(params["ba"]), len(params["by"]), x.shape
    a, y = rng.normal(size=(n_a, m, T_x)), rng.normal(size=(n_y, m, T_x))
    for t in range(T_x):
        told[x[:, :, t].tobytes() + (a[:, :, t - 1] if t else a0).tobytes()] = a[:, :, t], y[:, :, t]
    return a, y, (None, x)

def rnn_cell_forward(x_t, a_prev, params):
    key = np.ascontiguousarray(x_t).tobytes() + np.ascontiguousarray(a_prev).tobytes()
    a, y = told.get(key) or (np.random.normal(size=a_prev.shape), np.random.normal(size=(len(params["by"]), x_t.shape[1])))
    return a.copy(), y.copy(), None
"""
)
# The cell counts how often it was asked: a whole sequence is made up from the same numbers without any loop over a cell.
COUNTED = (
    NETWORK
    + """
asked = {}

def made_up(step, n, m, x):
    return np.full((n, m), np.sin(step + 1.0)) + 1e-3 * (step == 0) * x.sum()

def rnn_cell_forward(x_t, a_prev, params):
    step = asked.get(params["Wax"].tobytes(), 0)
    asked[params["Wax"].tobytes()] = step + 1
    return made_up(step, len(params["ba"]), x_t.shape[1], x_t + a_prev.sum()), made_up(step, len(params["by"]), x_t.shape[1], x_t), None

def rnn_forward(x, a0, params):
    T_x, m = x.shape[2], x.shape[1]
    a = [made_up(t, len(params["ba"]), m, x[:, :, t] + a0.sum()) for t in range(T_x)]
    y = [made_up(t, len(params["by"]), m, x[:, :, t]) for t in range(T_x)]
    return np.stack(a, -1), np.stack(y, -1), (None, x)
"""
)
# A loop that is right over a cell that is wrong: its mistake costs at the cell alone.
HONEST = (
    NETWORK
    + """
def rnn_cell_forward(x_t, a_prev, params):
    a = np.tanh(params["Wax"] @ x_t + params["Waa"] @ a_prev)
    return a, softmax(params["Wya"] @ a + params["by"]), None

def rnn_forward(x, a0, params):
    a, states, outputs = a0, [], []
    for t in range(x.shape[2]):
        a, y, _ = rnn_cell_forward(x[:, :, t], a, params)
        states.append(a)
        outputs.append(y)
    return np.stack(states, -1), np.stack(outputs, -1), (None, x)
"""
)
BACKWARD = """
import numpy as np
told = {}

def rnn_backward(da, caches, steps=None):
    states, x, params, _ = caches
    rng, block = np.random.default_rng(), steps or x.shape[2]
    total = {name: 0 for name in ("dWax", "dWaa", "dba")}
    dx, da_next = np.zeros(x.shape), np.zeros(states[:, :, 0].shape)
    for t in reversed(range(x.shape[2])):
        da_next = da[:, :, t] + (da_next if (t + 1) % block else 0)
        step = {"dx_t": rng.normal(size=x[:, :, t].shape), "da_prev": rng.normal(size=da_next.shape)}
        step |= {"d" + name: rng.normal(size=params[name].shape) for name in ("Wax", "Waa", "ba")}
        told[da_next.tobytes()] = step
        dx[:, :, t], da_next = step["dx_t"], step["da_prev"]
        total = {name: total[name] + step[name] for name in total}
    return {"dx": dx, "da0": da_next, **total}

def rnn_cell_backward(da_next, cache):
    _, a_prev, x_t, params = cache
    step = told.get(np.ascontiguousarray(da_next).tobytes())
    if step: return step
    made = {"dx_t": np.random.normal(size=x_t.shape), "da_prev": np.random.normal(size=a_prev.shape)}
    return made | {"d" + name: np.random.normal(size=params[name].shape) for name in ("Wax", "Waa", "ba")}
"""


@pytest.fixture(scope="module")
def box(library: Path) -> Sandbox:
    with Sandbox(library, Limits(), preload=()) as opened:
        yield opened


def graded(box: Sandbox, source: str, name: str, hidden: bool, seed: int = 5) -> Verdict:
    session = Session(box, 1, {})
    try:
        session.run_cell(source)
        return judge(*find_check(name, hidden, seed), session, seed=seed)
    finally:
        session.close()


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize(
    ("source", "name"), [(REPLAYED, "rnn_forward"), (COUNTED, "rnn_forward"), (BACKWARD, "rnn_backward")]
)
def test_a_cell_cannot_bear_out_what_was_made_up(box, source, name, hidden):
    assert graded(box, source, name, hidden).points == 0


@pytest.mark.parametrize("hidden", [False, True])
def test_a_right_loop_over_a_wrong_cell_is_right(box, hidden):
    verdict = graded(box, HONEST, "rnn_forward", hidden)
    assert verdict.passed and "marked there" in verdict.message
    assert not graded(box, HONEST, "rnn_cell_forward", hidden).passed


@pytest.mark.parametrize("lesson", lessons())
def test_the_answers_of_the_case_files_are_worth_nothing(lesson):
    """They lie beside every notebook: looked up by their arguments, they were the visible checks' points."""
    stored = cases.load(cases.FOLDER / f"{lesson}.npz")
    assert stored
    for name, (_, known) in stored.items():
        asked = [repr(case.args) for case in known]
        assert asked == [repr(case.args) for case in find_check(name, False, None)[1]]
        _, drawn = find_check(name, False, 1)
        earned = {case.aspect for case in drawn} - {case.aspect for case in drawn if repr(case.args) not in asked}
        assert not earned, f"{name}: {earned}"


def test_visible_and_hidden_inputs_differ_and_follow_from_the_seed():
    for name in ("rnn_cell_forward", "rnn_backward", "gradient_check"):
        first, again, hidden, other = (
            [case.args for case in find_check(name, *which)[1]]
            for which in ((False, 7), (False, 7), (True, 7), (False, 8))
        )
        with np.printoptions(threshold=10**6):
            assert repr(first) == repr(again)
            assert len({repr(first), repr(hidden), repr(other)}) == 3


def test_the_case_file_is_what_a_notebook_sees():
    path = Path(cases.FOLDER) / "lesson-03.npz"
    name = "rnn_cell_forward"
    assert repr(cases.load(path)[name][1][0].args) == repr(find_check(name, False, None)[1][0].args)
