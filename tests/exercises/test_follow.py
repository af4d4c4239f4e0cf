"""Follow-through marking: a mistake in a learner's cell is marked at the cell, and only there."""

import numpy as np
import pytest

import seqlib
from autograder.lessons import find, find_check
from seqlib.exercises import calls, follow
from seqlib.exercises.calls import LocalRunner
from seqlib.exercises.verdict import judge


def judged(name, seed=3, **functions):
    check, cases = find_check(name, hidden=True, seed=seed)
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
    verdict = judged("rnn_backward", **calling_globals(LOOP, rnn_cell_backward=no_tanh))
    assert verdict.passed and "Your own rnn_cell_backward" in verdict.message
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


def scalar(da_next, cache):
    raise ValueError("a slip")


def unwritten(da_next, cache):
    raise NotImplementedError


SLIPS = {
    "raises": scalar,
    "is not written": unwritten,
    "returns no dict": lambda da_next, cache: 0,
    "lacks a gradient": lambda da_next, cache: {"dx_t": no_tanh(da_next, cache)["dx_t"]},
    "another shape": lambda da_next, cache: {name: value.T for name, value in no_tanh(da_next, cache).items()},
    "changes its arguments": lambda da_next, cache: (cache[0].fill(0), no_tanh(da_next, cache))[1],
    "only zeros": lambda da_next, cache: {name: 0 * value for name, value in no_tanh(da_next, cache).items()},
}


def calling_globals(code, **namespace):
    """Functions defined as a notebook defines them: they find each other in one namespace."""
    scope = {"np": np, **namespace}
    exec(code, scope)
    return scope


LOOP = """
def rnn_backward(da, caches, steps=None):
    states, x, params, _ = caches
    dx, total, da_next = np.zeros(x.shape), {"dWax": 0, "dWaa": 0, "dba": 0}, np.zeros(states[:, :, 0].shape)
    for t in reversed(range(x.shape[2])):
        if steps and (t + 1) % steps == 0:
            da_next = 0 * da_next
        step = rnn_cell_backward(da_next + da[:, :, t], (states[:, :, t + 1], states[:, :, t], x[:, :, t], params))
        dx[:, :, t], da_next = step["dx_t"], step["da_prev"]
        total = {name: total[name] + step[name] for name in total}
    return {"dx": dx, "da0": da_next, **total}
"""


@pytest.mark.parametrize("slip", SLIPS)
def test_whatever_is_wrong_in_the_cell_costs_nothing_in_a_right_loop(slip):
    verdict = judged("rnn_backward", **calling_globals(LOOP, rnn_cell_backward=SLIPS[slip]))
    assert verdict.passed and "Your own rnn_cell_backward has a mistake" in verdict.message


@pytest.mark.parametrize("slip", SLIPS)
@pytest.mark.parametrize(
    ("piece", "wrong"), [("da_next + da[", "da["), ("reversed(", "("), ("states[:, :, t],", "states[:, :, 0],")]
)
def test_a_wrong_loop_over_a_wrong_cell_earns_nothing_more(slip, piece, wrong):
    verdict = judged("rnn_backward", **calling_globals(LOOP.replace(piece, wrong), rnn_cell_backward=SLIPS[slip]))
    assert not verdict.passed


def test_results_in_another_order_cost_once():
    cell = """
def rnn_cell_forward(x_t, a_prev, params):
    a_next = np.tanh(params["Waa"] @ a_prev + params["Wax"] @ x_t + params["ba"])
    return params["Wya"] @ a_next, a_next, None
"""
    loop = """
def rnn_forward(x, a0, params):
    states, outputs, a = [], [], a0
    for t in range(x.shape[2]):
        a, y_hat, cache = rnn_cell_forward(x_t=x[:, :, t], a_prev=a, params=params)
        states.append(a)
        outputs.append(y_hat)
    return np.stack(states, axis=2), np.stack(outputs, axis=2), None
"""
    assert judged("rnn_forward", **calling_globals(cell + loop)).passed
    verdict = judged("rnn_forward", **calling_globals(cell + loop.replace("a_prev=a,", "a_prev=a0,")))
    assert not verdict.passed and "your rnn_cell_forward" not in verdict.message.splitlines()[0]


def test_an_exception_is_told_of_the_function_that_raised_it():
    wrong_loop = LOOP.replace("da_next + da[", "da[")
    verdict = judged("rnn_backward", **calling_globals(wrong_loop, **calling_globals(WRONG_CELLS["by for ba"])))
    assert "your rnn_cell_backward, which it calls, raised KeyError: 'ab'" in verdict.message
    verdict = judged("rnn_backward", **calling_globals(wrong_loop, **calling_globals(WRONG_CELLS["unwritten"])))
    assert verdict.unwritten and verdict.message == "rnn_cell_backward is not written yet; rnn_backward calls it."


WRONG_CELLS = {
    "by for ba": "def rnn_cell_backward(da_next, cache):\n    return cache[3]['ab']",
    "unwritten": "def rnn_cell_backward(da_next, cache):\n    raise NotImplementedError",
}


class NoAnswer(calls.LocalRunner):
    """A runner that counts its requests and gets no answer where the learner's code does not come to an end."""

    def __init__(self, namespace):
        super().__init__(namespace)
        self.asked = self.ended = 0

    def request(self, data):
        self.asked += 1
        try:
            return super().request(data)
        except KeyboardInterrupt:
            self.ended += 1
            raise calls.StudentGone("used more than 6 s of CPU time (an endless loop?)") from None


ENDLESS = "def rnn_cell_backward(da_next, cache):\n    raise KeyboardInterrupt"  # as a runner's interrupt does
ENDLESS_LOOP = "def rnn_backward(da, caches, steps=None):\n    raise KeyboardInterrupt"
ALONE = LOOP.replace("rnn_cell_backward(", "own(")


@pytest.mark.parametrize("silent", [None, {"rnn_cell_backward"}, {"rnn_cell_backward", "rnn_backward"}])
@pytest.mark.parametrize("loop", [LOOP, LOOP.replace("da_next + da[", "da["), ENDLESS_LOOP])
def test_an_endless_loop_in_the_cell_costs_its_limit_once_and_nothing_in_the_loop(loop, silent):
    runner = NoAnswer(calling_globals(loop, **calling_globals(ENDLESS)))
    check, cases = find_check("rnn_backward", hidden=True, seed=3)
    verdict = judge(check, cases, runner, silent=silent)
    assert verdict.passed == (loop is LOOP) and verdict.silent == (loop is ENDLESS_LOOP)
    if loop is LOOP:
        assert "Your own rnn_cell_backward has a mistake" in verdict.message
        assert runner.ended == (silent is None)  # nobody knew that the cell gives no answer
    elif loop is not ENDLESS_LOOP:
        assert runner.ended == (silent is None or len(silent) == 1)
    else:
        assert runner.ended == (1 if silent and len(silent) == 2 else 2)  # with the cell and over a stand-in


def test_a_loop_that_does_not_call_the_endless_cell_is_right():
    runner = NoAnswer(calling_globals(ALONE, own=seqlib.rnn_cell_backward, **calling_globals(ENDLESS)))
    check, cases = find_check("rnn_backward", hidden=True, seed=3)
    verdict = judge(check, cases, runner, silent={"rnn_cell_backward"})
    assert verdict.passed and "Your own" not in verdict.message
    assert runner.ended == 0 and runner.asked == len(cases) + 1


def test_the_namespace_is_as_before_after_a_stand_in():
    scope = calling_globals(LOOP, rnn_cell_backward=no_tanh)
    judged("rnn_backward", **scope)
    assert scope["rnn_backward"].__globals__["rnn_cell_backward"] is no_tanh


def test_every_number_of_a_stand_ins_result_depends_on_every_number_of_its_arguments():
    scope = {}
    exec(follow.SOURCE, scope)
    stand_in = scope["stand_in"]({}, ["x", "params"], [(2, 3), {"dW": (4,)}, None])
    x, params = np.ones((2, 2)), {"b": np.ones(3), "a": np.ones(1)}
    first = stand_in(x, params)
    assert first[0].shape == (2, 3) and first[1]["dW"].shape == (4,) and first[2] is None
    assert np.array_equal(first[0], stand_in(x, params=params)[0])
    for array in (x, params["a"], params["b"]):
        for place in np.ndindex(array.shape):
            array[place] += 0.1
            again = stand_in(x, params)
            assert (again[0] != first[0]).all() and (again[1]["dW"] != first[1]["dW"]).all()
            array[place] -= 0.1


def test_a_stand_in_knows_a_text_and_a_default_from_another():
    scope = {}
    exec(follow.SOURCE, scope)
    stand_in = scope["stand_in"]({"reset": "before"}, ["x", "reset"], (2,))
    x = np.ones(3)
    first = stand_in(x)
    assert np.array_equal(first, stand_in(x, "before")) and np.array_equal(first, stand_in(x, reset="before"))
    assert (first != stand_in(x, "after")).all() and (first != stand_in(x, None)).all()


def test_the_whole_numbers_of_a_stand_in_are_whole():
    scope = {}
    exec(follow.SOURCE, scope)
    y, p, again = scope["stand_in"]({}, ["x"], [("below", 4, 50, 2), (3,), 0])(np.ones(3))
    assert y.dtype.kind == "i" and y.shape == (50, 2) and set(y.ravel().tolist()) == {0, 1, 2, 3}
    assert p.shape == (3,) and again is y


ENDING = """
def encoder_decoder_forward(x, mask, encoder, decoder, T_y):
    a, _, _ = rnn_forward(x, np.zeros((len(encoder["ba"]), x.shape[1])), encoder)
    y, y_hat = one_to_many_forward(np.zeros((len(decoder["by"]), x.shape[1])), final_states(a, mask), decoder, T_y)
    return RESULT, y_hat
"""


@pytest.mark.parametrize("seed", range(1, 6))
def test_what_becomes_of_a_stand_ins_whole_numbers_is_not_forgiven(seed):
    names = ("rnn_forward", "final_states", "one_to_many_forward")
    scope = {"np": np, **{name: getattr(seqlib, name) for name in names}}
    exec(ENDING.replace("RESULT", "y"), scope)
    assert judged("encoder_decoder_forward", seed, **scope).passed
    exec(ENDING.replace("RESULT", "np.where(np.cumsum(y == 0, axis=1) > 0, 0, y)"), scope)
    assert judged("encoder_decoder_forward", seed, **scope).diagnoses == ("ends_at_zero",)


FORWARD = """
def rnn_forward(x, a0, params, mask=None):
    caches, a = [], a0
    for t in range(x.shape[2]):
        a_next, y_hat, cache = rnn_cell_forward(x[:, :, t], a, params)
        if mask is not None:
            cache = (np.where(mask[:, t] > 0, cache[0], cache[1]), *cache[1:])
        a = cache[0]
        caches.append((cache, y_hat))
    return np.stack([cache[0] for cache, _ in caches], 2), np.stack([y_hat for _, y_hat in caches], 2), caches
"""


def test_a_loop_that_reads_its_results_from_the_caches_is_right_over_any_cell():
    def no_bias(x_t, a_prev, params):
        a, _, cache = seqlib.rnn_cell_forward(x_t, a_prev, {**params, "ba": 0 * params["ba"]})
        return a, seqlib.output_forward(a[:, :, None], params)[:, :, 0], (a, *cache[1:])

    for cell in (seqlib.rnn_cell_forward, no_bias, lambda *given: None):
        verdict = judged("rnn_forward", **calling_globals(FORWARD, rnn_cell_forward=cell))
        assert verdict.passed, verdict.message


def test_a_stand_in_hands_back_what_the_cell_hands_back():
    def cell(x, params, reset="before"):
        a = 2 * x
        return a, params, (a, x, reset, params), {"again": a, "other": 3 * x}

    scope = {"cell": cell, "seen": None}
    exec("def right(x, params):\n    return cell(x, params)", scope)
    x, params = np.ones((2, 3)), {"b": np.ones(1)}
    asked = follow.question(scope["right"], ("cell",), (x, params), {})
    a, same, cache, more = asked["expected"]
    assert a.shape == (2, 3) and not np.array_equal(a, 2 * x) and same is params
    assert cache[0] is a and cache[1] is x and cache[2] == "before" and cache[3] is params
    assert more["again"] is a and not np.array_equal(more["other"], a)


BACKWARD = """
def rnn_backward(da, caches, steps=None):
    states, x, params, _ = caches
    only = {name: params[name] for name in ("Wax", "Waa", "ba")}
    dx, total, da_next = np.zeros(x.shape), {"dWax": 0, "dWaa": 0, "dba": 0}, np.zeros(states[:, :, 0].shape)
    for t in reversed(range(x.shape[2])):
        if steps and (t + 1) % steps == 0:
            da_next = 0 * da_next
        step = rnn_cell_backward(da_next + da[:, :, t], (states[:, :, t + 1], states[:, :, t], x[:, :, t], only))
        dx[:, :, t], da_next = step["dx_t"], step["da_prev"]
        total = {name: total[name] + step[name] for name in total}
    return {"dx": dx, "da0": da_next, **total}
"""


def test_what_a_cell_does_not_read_may_be_left_out():
    verdict = judged("rnn_backward", **calling_globals(BACKWARD, rnn_cell_backward=no_tanh))
    assert verdict.passed, verdict.message


def test_what_a_cell_reads_is_found_out():
    def cell(x, cache, scale=2.0):
        a, unused, params = cache
        return x * scale + params["W"] * a

    scope = {"cell": cell}
    exec("def right(x, cache):\n    return cell(x, cache)", scope)
    cache = (np.ones(2), np.ones(3), {"W": np.ones(2), "b": np.ones(1)})
    probe = follow.question(scope["right"], ("cell",), (np.ones(2), cache), {})["probe"]
    seen = {}
    exec(probe, seen)
    unread = seen["STAND_INS"]["cell"][3]
    assert unread == (("cache", 1), ("cache", 2, "b"))
    stand_in = seen["stand_in"](*seen["STAND_INS"]["cell"])
    first = stand_in(np.ones(2), cache)
    assert np.array_equal(first, stand_in(np.ones(2), (cache[0], None, {"W": cache[2]["W"]})))
    assert (first != stand_in(np.ones(2), (2 * cache[0], *cache[1:]))).all()


def arithmetic(hypotheses, references, max_n=4):
    """bleu with the arithmetic mean of the precisions."""
    pairs = list(zip(hypotheses, references, strict=True))
    counts = [[seqlib.clipped_matches(*pair, n) for pair in pairs] for n in range(1, max_n + 1)]
    shares = [sum(found for found, _ in some) / max(1, sum(total for _, total in some)) for some in counts]
    return seqlib.brevity_penalty(hypotheses, references) * sum(shares) / max_n if all(shares) else 0.0


BLEU = """
from math import exp, log
def bleu(hypotheses, references, max_n=4):
    logarithms = 0.0
    for n in range(1, max_n + 1):
        counts = [clipped_matches(h, r, n) for h, r in zip(hypotheses, references)]
        matches, total = sum(found for found, _ in counts), sum(there for _, there in counts)
        if matches == 0:
            ZERO
        logarithms += log(matches / total)
    return brevity_penalty(hypotheses, references) * exp(logarithms / max_n)
"""


def calling_bleu(zero, code=BLEU, **earlier):
    scope = dict(earlier)
    exec(code.replace("ZERO", zero), scope)
    return {**earlier, "bleu": scope["bleu"]}


def first_reference(hypothesis, references, n):
    return seqlib.clipped_matches(hypothesis, references[:1], n)


def test_functions_whose_results_are_counts_and_numbers_are_followed_too():
    penalty = seqlib.brevity_penalty
    verdict = judged("bleu", **calling_bleu("return 0.0", clipped_matches=first_reference, brevity_penalty=penalty))
    assert verdict.passed and "Your own clipped_matches or brevity_penalty" in verdict.message
    wrong = {"clipped_matches": first_reference, "brevity_penalty": penalty, "bleu": arithmetic}
    assert judged("bleu", **wrong).points < 2


def test_stand_ins_that_remember_answer_as_those_that_do_not():
    exercise = find("rnn_backward")
    inputs = next(iter(exercise.draw(np.random.default_rng(1))))
    probe = exercise.cases(1)[0].follow["probe"]
    scope = {}
    exec(probe, scope)
    ask = follow.asking(probe)
    for function in (exercise.right, exercise.wrong["not_carried"], exercise.right):
        one, other = ask(function, inputs.args, inputs.kwargs), scope["probe"](function, *inputs.args, **inputs.kwargs)
        assert all(np.array_equal(one[name], other[name]) for name in other)
        one["dWaa"] += 1  # changes nothing that is remembered


def test_a_stand_in_that_is_asked_the_same_again_is_not_run_again():
    calls = []
    remembering = follow._remembering(lambda x, n=1: calls.append(n) or [x, n])
    first = remembering(np.ones(2), n=2)
    first.append(3)
    assert len(remembering(np.ones(2), n=2)) == 2 and calls == [2]
    remembering(np.ones(2), n=3), remembering(np.zeros(2), n=2)
    assert calls == [2, 3, 2]
    passed_on = (one for one in "ab")
    assert remembering(passed_on)[0] is passed_on  # it has no bytes to be known by


def test_what_becomes_of_a_count_of_zero_is_not_forgiven():
    right = {"clipped_matches": seqlib.clipped_matches, "brevity_penalty": seqlib.brevity_penalty}
    assert judged("bleu", **calling_bleu("return 0.0", **right)).passed
    verdict = judged("bleu", **calling_bleu("continue", **right))
    assert not verdict.passed and verdict.diagnoses == ("zero_skipped",)


def no_total_below_zero(hypothesis, references, n):
    return seqlib.clipped_matches(hypothesis, references, n)[0], len(hypothesis) - n + 1


HASTY = BLEU.replace(
    "        if matches",
    "        if any(there == 0 for _, there in counts):\n            return 0.0\n        if matches",
)


def test_a_count_of_zero_is_one_behind_a_stand_in_too():
    earlier = {"clipped_matches": no_total_below_zero, "brevity_penalty": seqlib.brevity_penalty}
    verdict = judged("bleu", **calling_bleu("return 0.0", **earlier))
    assert verdict.passed and "Your own" in verdict.message  # where a total is 0 as well
    for clipped_matches in (seqlib.clipped_matches, no_total_below_zero):
        verdict = judged("bleu", **calling_bleu("return 0.0", HASTY, **{**earlier, "clipped_matches": clipped_matches}))
        assert verdict.diagnoses == ("short_gives_zero",)


@pytest.mark.parametrize(
    ("seed", "mistake", "edit"),
    [
        (182, "words_left_out", ("range(1,", "range(2,")),
        (183, "add_one", ("log(matches / total)", "log((matches + 1) / (total + 1))")),
    ],
)
def test_numbers_of_stand_ins_hide_no_mistake_by_chance(seed, mistake, edit):
    """In the first inputs that these seeds draw, a share is 1, and a product of shares is as before with 1 more match each."""
    scope = {"clipped_matches": seqlib.clipped_matches, "brevity_penalty": seqlib.brevity_penalty}
    exec(BLEU.replace("ZERO", "return 0.0").replace(*edit), scope)
    assert judged("bleu", seed, **scope).diagnoses == (mistake,)
