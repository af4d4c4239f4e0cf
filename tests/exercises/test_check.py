"""`check` in its three environments: a notebook, `nbgrader validate`, and `nbgrader autograde`."""

import collections
import decimal
import fractions
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from autograder.lessons import lessons
from seqlib.exercises import CheckFailed, calls, case, check, codec

right = SimpleNamespace(**{e.name: e.right for es in lessons().values() for e in es})
NAMES = ("count_parameters", "stack_weights", "rnn_cell_forward", "rnn_forward")


@pytest.fixture
def environment(monkeypatch):
    def use(execution, seed=None):
        monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
        monkeypatch.delenv("AUTOGRADER_SEED", raising=False)
        if execution:
            monkeypatch.setenv("NBGRADER_EXECUTION", execution)
        if seed is not None:
            monkeypatch.setenv("AUTOGRADER_SEED", str(seed))

    return use


def cell(source, **namespace):
    """What the last expression of a graded cell gives in a namespace."""
    scope = {"check": check, **namespace}
    return eval(source, scope)


@pytest.mark.parametrize("execution", [None, "validate"])
@pytest.mark.parametrize("name", NAMES)
def test_a_right_answer_prints_a_line_and_returns_nothing(environment, capsys, execution, name):
    environment(execution)
    namespace = {n: getattr(right, n) for n in NAMES}
    assert cell(f"check({name!r})", **namespace) is None
    assert f"{name}: right in all" in capsys.readouterr().out


@pytest.mark.parametrize("execution", [None, "validate"])
def test_a_hidden_check_only_says_that_it_comes_later(environment, capsys, execution):
    environment(execution)
    assert cell("check('stack_weights', hidden=True)") is None
    assert "after you submit" in capsys.readouterr().out


@pytest.mark.parametrize("execution", [None, "validate"])
def test_a_partly_right_answer_raises_there(environment, execution):
    environment(execution)
    with pytest.raises(CheckFailed, match="5 of 5 cases wrong"):
        cell("check('rnn_cell_forward')", rnn_cell_forward=without_softmax)


def without_softmax(x_t, a_prev, params):
    a_next, _, cache = right.rnn_cell_forward(x_t, a_prev, params)
    return a_next, params["Wya"] @ a_next + params["by"], cache


@pytest.mark.parametrize(("hidden", "points"), [(False, 2.0), (True, 3.0)])
def test_autograde_returns_the_points_as_a_plain_float(environment, capsys, hidden, points):
    environment("autograde", seed=7)
    source = f"check('rnn_cell_forward', hidden={hidden})"
    full = cell(source, rnn_cell_forward=right.rnn_cell_forward)
    assert (type(full), full) == (float, points)
    partial = cell(source, rnn_cell_forward=without_softmax)
    assert partial == round(points * 2 / 3, 6)
    assert "the softmax is missing" in capsys.readouterr().out


def test_autograde_raises_where_nothing_is_earned(environment):
    environment("autograde")
    for source in ("check('stack_weights')", "check('stack_weights', hidden=True)"):
        with pytest.raises(CheckFailed):
            cell(source, stack_weights=lambda Waa, Wax: Waa)


def test_the_released_stub_gives_a_not_implemented_error(environment):
    environment("autograde")

    def stack_weights(Waa, Wax):
        raise NotImplementedError

    with pytest.raises(NotImplementedError, match="not written yet") as caught:
        cell("check('stack_weights')", stack_weights=stack_weights)
    assert type(caught.value).__name__ == "NotImplementedError"


def test_zeros_score_zero(environment):
    environment("autograde", seed=1)
    import numpy as np

    def rnn_cell_forward(x_t, a_prev, params):
        return np.zeros_like(a_prev), np.zeros((params["by"].size, x_t.shape[1])), None

    def rnn_forward(x, a0, params):
        return np.zeros((*a0.shape, x.shape[2])), np.zeros((params["by"].size, x.shape[1], x.shape[2])), None

    for name in ("rnn_cell_forward", "rnn_forward"):
        for hidden in (False, True):
            with pytest.raises(CheckFailed):
                cell(f"check({name!r}, hidden={hidden})", rnn_cell_forward=rnn_cell_forward, rnn_forward=rnn_forward)


def test_follow_through_pays_for_a_right_loop_over_a_wrong_cell(environment):
    environment("autograde", seed=1)

    def wrong_cell(x_t, a_prev, params):
        return right.rnn_cell_forward(x_t, a_prev, {**params, "Waa": params["Waa"].T})

    loop = """
import numpy as np
def rnn_forward(x, a0, params):
    states, outputs, a = [], [], a0
    for t in range(x.shape[2]):
        a, y_hat_t, _ = CELL(x[:, :, t], a, params)
        states.append(a)
        outputs.append(y_hat_t)
    return np.stack(states, axis=2), np.stack(outputs, axis=2), None
"""
    own, another = {"rnn_cell_forward": wrong_cell}, {"wrong_cell": wrong_cell}
    exec(loop.replace("CELL", "rnn_cell_forward"), own)
    exec(loop.replace("CELL", "wrong_cell"), another)
    for hidden, points in ((False, 2.0), (True, 3.0)):
        assert cell(f"check('rnn_forward', hidden={hidden})", **own) == points
        with pytest.raises(CheckFailed):
            cell(f"check('rnn_forward', hidden={hidden})", **another)


def test_fresh_inputs_differ_from_run_to_run_and_a_seed_repeats_them(environment):
    runs = []

    def stack_weights(Waa, Wax):
        runs[-1].append(Wax.sum())
        return right.stack_weights(Waa, Wax)

    for seed in (None, None, 5, 5):
        environment("autograde", seed=seed)
        runs.append([])
        cell("check('stack_weights', hidden=True)", stack_weights=stack_weights)
    assert runs[0] != runs[1]
    assert runs[2] == runs[3]


def test_a_notebook_shows_the_message_and_nothing_else(environment):
    environment(None)
    shell = InteractiveShell()
    shell.user_ns["stack_weights"] = lambda Waa, Wax: Waa
    shown = []
    shell._showtraceback = lambda etype, evalue, stb: shown.extend(stb)
    shell.run_cell("from seqlib.exercises import check\ncheck('stack_weights')")
    assert shown[0].startswith("stack_weights: ")
    assert not any("Traceback" in line or "File" in line for line in shown)


def test_an_unknown_name_is_a_clear_error(environment):
    environment(None)
    with pytest.raises(LookupError, match="no exercise is called 'rnn'"):
        cell("check('rnn')")


@pytest.mark.parametrize("providers", [(), ("one", "two")])
def test_hidden_checks_come_from_one_installed_package(environment, monkeypatch, providers):
    import seqlib.exercises as exercises

    environment("autograde", seed=1)
    monkeypatch.setattr(
        exercises, "entry_points", lambda group: [EntryPoint(name, "json:loads", group) for name in providers]
    )
    with pytest.raises(LookupError, match=f"found {', '.join(providers) or 'none'}"):
        cell("check('stack_weights', hidden=True)", stack_weights=right.stack_weights)


Pair = collections.namedtuple("Pair", "a y_hat caches")


@pytest.mark.parametrize(
    ("name", "wrap"),
    [
        ("build_vocabulary", collections.OrderedDict),
        ("build_vocabulary", lambda table: collections.defaultdict(int, table)),
        ("build_vocabulary", collections.Counter),
        ("rnn_forward", lambda values: Pair(*values)),
        ("majority_baseline", fractions.Fraction),
        ("majority_baseline", decimal.Decimal),
    ],
)
def test_a_right_answer_of_a_subclass_or_an_exact_type_is_right(environment, capsys, name, wrap):
    environment("autograde")
    for hidden in (False, True):
        source = f"check({name!r}, hidden={hidden})"
        points = cell(source, **{name: getattr(right, name)})
        assert points and cell(source, **{name: lambda *a, **k: wrap(getattr(right, name)(*a, **k))}) == points


@pytest.mark.parametrize("after", [None, [], [np.zeros(2), 1, 2], "x", [np.ones(2)], [np.zeros(2, "f4")], [[0.0, 0.0]]])
def test_arguments_that_do_not_come_back_count_as_changed(after):
    class Sends:
        def request(self, data):
            return codec.encode({"value": 1, "arguments": after})

    assert calls.call(Sends(), "f", (np.zeros(2),)).changed == ("argument 1",)


@pytest.mark.parametrize(
    "value", ["half \ud800", type("Odd", (), {"__reduce__": None})(), np.array([object()]), 10**2000]
)
def test_a_result_that_cannot_cross_is_a_wrong_answer_everywhere(environment, value):
    environment("autograde")
    with pytest.raises(CheckFailed, match="stack_weights"):
        cell("check('stack_weights')", stack_weights=lambda Waa, Wax: value)


def test_a_result_whose_own_methods_raise_is_a_wrong_answer(environment):
    environment("autograde")

    class Tensor:
        def detach(self):
            raise RuntimeError("\ud800")

    Tensor.__module__ = "torch"
    with pytest.raises(CheckFailed, match="cannot be read: RuntimeError"):
        cell("check('stack_weights')", stack_weights=lambda Waa, Wax: Tensor())


def test_an_argument_that_cannot_come_back_is_named_as_changed(environment):
    environment("autograde")

    def rnn_cell_forward(x_t, a_prev, params):
        result = right.rnn_cell_forward(x_t, a_prev, params)
        params["Wax"] = np.array([object()])
        return result

    with pytest.raises(CheckFailed, match="changed after the call"):
        cell("check('rnn_cell_forward')", rnn_cell_forward=rnn_cell_forward)


def test_a_failed_check_says_how_to_get_its_case_into_the_notebook(environment):
    environment(None)
    with pytest.raises(CheckFailed) as caught:
        cell("check('stack_weights')", stack_weights=lambda Waa, Wax: Waa)
    line = str(caught.value).splitlines()[-1]
    assert line == 'To repeat it: from seqlib.exercises import case, then stack_weights(*case("stack_weights", 2)).'
    Waa, Wax = case("stack_weights", 2)
    assert Waa.shape == Wax.shape == (1, 1)
    Waa[:] = 0
    assert case("stack_weights", 2)[0] != 0
    with pytest.raises(LookupError, match="cases 1 to 3, got 4"):
        case("stack_weights", 4)


def test_the_options_of_a_case_are_in_the_line(environment):
    environment(None)
    with pytest.raises(CheckFailed, match=r'rnn_backward\(\*case\("rnn_backward", 3\), steps=4\)'):
        cell(
            "check('rnn_backward')",
            rnn_backward=lambda da, caches, *, steps=None: right.rnn_backward(da, caches),
        )


def test_a_line_to_repeat_a_case_runs_where_an_argument_by_name_is_an_array(environment):
    environment(None)
    wrong = {"lstm_backward": lambda da, caches, *, dc=None: right.lstm_backward(da, caches)}
    with pytest.raises(CheckFailed) as caught:
        cell("check('lstm_backward')", **wrong)
    how, _, call = (
        str(caught.value).splitlines()[-1].removeprefix("To repeat it: ").removesuffix(".").partition(", then ")
    )
    assert "named=True" in call
    scope = {"lstm_backward": right.lstm_backward}
    exec(how, scope)
    assert "dWf" in eval(call, scope)
    number = int(call.split(", ")[1].rstrip(")"))
    assert set(case("lstm_backward", number, named=True)) == {"dc"}
