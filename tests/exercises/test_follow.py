"""Follow-through marking: a mistake in a learner's cell is marked at the cell, and only there."""

import numpy as np
import pytest

import seqlib
from autograder.lessons import find_check
from seqlib.exercises import follow
from seqlib.exercises.calls import LocalRunner
from seqlib.exercises.verdict import judge


def judged(name, **functions):
    check, cases = find_check(name, hidden=True, seed=3)
    return judge(check, cases, LocalRunner(functions))


def no_tanh(da_next, cache):
    """rnn_cell_backward that forgets to undo tanh."""
    _, a_prev, x_t, params = cache
    return {
        "dx_t": params["Wax"].T @ da_next,
        "da_prev": params["Waa"].T @ da_next,
        "dWax": da_next @ x_t.T,
        "dWaa": da_next @ a_prev.T,
        "dba": da_next.sum(axis=1, keepdims=True),
    }


def loop(cell, carry=True):
    """rnn_backward over a cell; without `carry` it forgets the gradient that comes from the step after."""

    def rnn_backward(da, caches, steps=None):
        states, x, params, _ = caches
        dx, total, da_next = np.zeros(x.shape), {"dWax": 0, "dWaa": 0, "dba": 0}, np.zeros(states[:, :, 0].shape)
        for t in reversed(range(x.shape[2])):
            if steps and (t + 1) % steps == 0:
                da_next = 0 * da_next
            step = cell(da_next * carry + da[:, :, t], (states[:, :, t + 1], states[:, :, t], x[:, :, t], params))
            dx[:, :, t], da_next = step["dx_t"], step["da_prev"]
            total = {name: total[name] + step[name] for name in total}
        return {"dx": dx, "da0": da_next, **total}

    return rnn_backward


def test_a_right_loop_over_a_wrong_cell_earns_everything_and_the_cell_loses():
    verdict = judged("rnn_backward", rnn_backward=loop(no_tanh), rnn_cell_backward=no_tanh)
    assert verdict.passed and "your own earlier function" in verdict.message
    assert judged("rnn_cell_backward", rnn_cell_backward=no_tanh).diagnoses == ("no_tanh",)


def test_a_wrong_loop_earns_nothing_by_its_cell():
    for cell in (no_tanh, seqlib.rnn_cell_backward):
        verdict = judged("rnn_backward", rnn_backward=loop(cell, carry=False), rnn_cell_backward=cell)
        assert verdict.points < verdict.max_points
    assert verdict.diagnoses == ("not_carried",)


def test_a_loop_that_does_not_use_the_wrong_cell_is_judged_by_itself():
    assert judged("rnn_backward", rnn_backward=seqlib.rnn_backward, rnn_cell_backward=no_tanh).passed
    verdict = judged("rnn_backward", rnn_backward=loop(no_tanh), rnn_cell_backward=seqlib.rnn_cell_backward)
    assert verdict.points < verdict.max_points


def ignoring(da_next, cache):
    return no_tanh(np.ones_like(da_next), cache)


UNFIT = {
    "raises": lambda da_next, cache: 1 / 0,
    "is not written": None,
    "returns no dict": lambda da_next, cache: 0,
    "lacks a gradient": lambda da_next, cache: {"dx_t": no_tanh(da_next, cache)["dx_t"]},
    "another shape": lambda da_next, cache: {
        **no_tanh(da_next, cache),
        "da_prev": no_tanh(da_next, cache)["da_prev"][:, :1],
    },
    "whole numbers": lambda da_next, cache: {k: v.astype(int) for k, v in no_tanh(da_next, cache).items()},
    "ignores its inputs": ignoring,
    "one gradient of zeros": lambda da_next, cache: {
        **no_tanh(da_next, cache),
        "dba": 0 * no_tanh(da_next, cache)["dba"],
    },
}


@pytest.mark.parametrize("why", UNFIT)
def test_a_cell_that_proves_nothing_does_not_stand_in(why):
    case = find_check("rnn_backward", hidden=True, seed=3)[1][0]
    runners = [LocalRunner({"rnn_cell_backward": cell} if cell else {}) for cell in (UNFIT[why], no_tanh)]
    unfit, fit = (follow.rnn_backward(case.args, {}, case.expected, runner) for runner in runners)
    assert unfit is None
    assert {name: value.shape for name, value in fit.items()} == {
        name: value.shape for name, value in case.expected.items()
    }
