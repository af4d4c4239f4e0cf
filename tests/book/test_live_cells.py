"""The networks that run in the page give what seqlib gives: every cell and function, on random numbers, in Chromium."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqlib
from seqlib.book import live
from seqlib.cells import CELLS, sequence_backward, sequence_forward
from seqlib.language_model import next_word
from seqlib.output import output_forward

LIVE = Path(__file__).parents[2] / "book" / "_static" / "live"
EQUAL: dict[str, Any] = {"rtol": 0, "atol": 1e-9}  # the book promises 1e-6
CALL = """async ([name, values]) => {
  const cells = await import("/cells.js");
  const revive = (value) => {
    if (Array.isArray(value)) return value.map(revive);
    if (value && value.matrix) return cells.matrix(...value.matrix);
    if (value && value.vector) return Float64Array.from(value.vector);
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, revive(v)]));
    return value;
  };
  const plain = (value) => {
    if (value instanceof Float64Array) return Array.from(value);
    if (Array.isArray(value)) return value.map(plain);
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]));
    return value;
  };
  const made = { ...cells, words: (params, cell, tokens) => {
    const step = cells.next_word(params, cell);
    let [log_p, state] = step(null, null);
    for (const token of tokens) [log_p, state] = step(state, token);
    return log_p;
  }, search: (name, params, cell, end, options) => cells[name](cells.next_word(params, cell), null, end, options),
  numbers: (seed, count) => { const random = cells.generator(seed); return Array.from({ length: count }, random); },
  back_through: (cell, da, x, params, options) =>
    cells.sequence_backward(cell, da, cells.sequence_forward(cell, x, params, options), x, params, options),
  drawn: (p, numbers, options) => numbers.map((number) => cells.sample(p, () => number, options)) };
  return plain(made[name](...revive(values)));
}"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def call(browser: Any) -> Iterator[Callable[..., Any]]:
    """Call a function of cells.js in the browser, with plain values and what `js` makes of arrays."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=LIVE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{server.server_port}/cells.js")
    yield lambda name, *values: page.evaluate(CALL, [name, list(values)])
    page.close()
    server.shutdown()
    server.server_close()


def js(value: Any) -> Any:
    """Matrices, vectors and sequences (n, 1, T) as cells.js takes them; a dict of them likewise."""
    if isinstance(value, dict):
        return {name: js(array) for name, array in value.items()}
    if value.ndim == 3:
        return [{"vector": value[:, 0, t].tolist()} for t in range(value.shape[2])]
    return {"vector": value.tolist()} if value.ndim == 1 else {"matrix": [*value.shape, value.ravel().tolist()]}


def random_params(cell: str, rng: np.random.Generator, n_x: int, n_a: int, n_y: int, **how: Any) -> Any:
    """Parameters without a zero, biases too."""
    params = seqlib.initialise_deep(cell, n_x, [n_a, n_a + 1], rng, n_y=n_y, **how)
    return {name: value + 0.3 * rng.normal(size=value.shape) for name, value in params.items()}


def extra(cell: str, n_a: int, rng: np.random.Generator) -> Any:
    names = {"gru_after": ["brc"], "lstm": ["pf", "pu", "po"]}.get(cell, [])
    return {name: rng.normal(size=(n_a, 1)) for name in names}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("seed", range(3))
def test_a_sequence_of_any_cell(call: Any, cell: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_x, n_a, n_y, T_x = (int(n) for n in rng.integers(1, 7, size=4))
    params = {"by": rng.normal(size=(n_y, 1)), ("Wya" if cell == "rnn" else "Wy"): rng.normal(size=(n_y, n_a))}
    own = seqlib.initialise_cell(cell, n_x, n_a, rng)
    own = {name: value + 0.3 * rng.normal(size=value.shape) for name, value in own.items()}
    own |= extra(cell, n_a, rng) if seed else {}
    x, a0 = 3 * rng.normal(size=(n_x, 1, T_x)), rng.normal(size=(n_a, 1))
    c0 = rng.normal(size=(n_a, 1)) if cell == "lstm" else None
    mask = (rng.random((1, T_x)) < 0.7).astype(float) if seed == 2 else None
    a, _ = sequence_forward(cell, x, own, a0=a0, c0=c0, mask=mask)
    start = {"a0": js(a0[:, 0]), "c0": None if c0 is None else js(c0[:, 0])}
    answer = call(
        "sequence_forward", cell, js(x), js(own), {**start, "mask": None if mask is None else mask[0].tolist()}
    )
    np.testing.assert_allclose(answer["a"], a[:, 0].T, **EQUAL)
    for logits in (False, True):
        y = call("output_forward", js(a[:, 0, -1]), js(params), {"logits": logits})
        np.testing.assert_allclose(y, output_forward(a, params, logits=logits)[:, 0, -1], **EQUAL)


@pytest.mark.parametrize("peepholes", [False, True])
def test_the_gates_of_an_lstm(call: Any, peepholes: bool) -> None:
    rng = np.random.default_rng(4)
    params = {name: rng.normal(size=value.shape) for name, value in seqlib.initialise_lstm(3, 5, rng, n_y=2).items()}
    params |= extra("lstm", 5, rng) if peepholes else {}
    x, a, c = rng.normal(size=(3, 1)), rng.normal(size=(5, 1)), rng.normal(size=(5, 1))
    cache = seqlib.lstm_cell_forward(x, a, c, params)[3]
    answer = call("lstm_cell_forward", js(x[:, 0]), js(a[:, 0]), js(c[:, 0]), js(params))
    for i, name in enumerate(("a_next", "c_next", None, None, "gamma_f", "gamma_u", "gamma_o", "c_tilde")):
        if name:
            np.testing.assert_allclose(answer[name], cache[i][:, 0], **EQUAL, err_msg=name)


@pytest.mark.parametrize("reset", ["before", "after", None])
def test_the_gates_of_a_gru(call: Any, reset: str | None) -> None:
    rng = np.random.default_rng(5)
    shapes = seqlib.initialise_gru(3, 4, rng, n_y=2)
    params = {name: rng.normal(size=value.shape) for name, value in shapes.items()}
    if reset is None:
        del params["Wr"], params["br"]
    x, c = rng.normal(size=(3, 1)), rng.normal(size=(4, 1))
    _, _, cache = seqlib.gru_cell_forward(x, c, params, reset)
    answer = call("gru_cell_forward", js(x[:, 0]), js(c[:, 0]), js(params), reset)
    for i, name in ((0, "a_next"), (2, "gamma_u"), (3, "gamma_r"), (4, "c_tilde")):
        if cache[i] is None:
            assert answer[name] is None
        else:
            np.testing.assert_allclose(answer[name], cache[i][:, 0], **EQUAL, err_msg=name)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("both", [False, True], ids=["one way", "both ways"])
def test_deep_networks(call: Any, cell: str, both: bool) -> None:
    rng = np.random.default_rng(6)
    params = random_params(cell, rng, 3, 4, 2, bidirectional=both)
    x, mask = rng.normal(size=(3, 1, 6)), np.array([[1.0, 1, 1, 1, 0, 0]])
    for some in (None, mask):
        a, y_hat, _ = seqlib.deep_forward(x, params, cell, mask=some)
        answer = call("deep_forward", cell, js(x), js(params), {"mask": None if some is None else some[0].tolist()})
        np.testing.assert_allclose(answer["a"], a[:, 0].T, **EQUAL)
        top = call("output_forward", {"vector": answer["a"][3]}, js(params))
        np.testing.assert_allclose(top, y_hat[:, 0, 3], **EQUAL)


@pytest.mark.parametrize(("steps", "masked"), [(None, False), (2, False), (None, True), (3, True)])
def test_the_backward_pass(call: Any, steps: int | None, masked: bool) -> None:
    rng = np.random.default_rng(7)
    params = {"Wax": rng.normal(size=(4, 3)), "Waa": rng.normal(size=(4, 4)), "ba": rng.normal(size=(4, 1))}
    x, da = rng.normal(size=(3, 1, 7)), rng.normal(size=(4, 1, 7))
    mask = np.array([[1.0, 1, 0, 1, 1, 1, 0]]) if masked else None
    a, _, caches = seqlib.rnn_forward(x, np.zeros((4, 1)), params, mask=mask)
    gradients = seqlib.rnn_backward(da, caches, steps=steps)
    options = {"steps": steps, "mask": None if mask is None else mask[0].tolist()}
    answer = call("rnn_backward", js(da), js(a), js(params), options)
    np.testing.assert_allclose(answer["dx"], gradients["dx"][:, 0].T, **EQUAL)
    np.testing.assert_allclose(answer["da0"], gradients["da0"][:, 0], **EQUAL)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("seed", range(4))
def test_the_backward_pass_of_any_cell(call: Any, cell: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_x, n_a, T_x = (int(n) for n in rng.integers(1, 6, size=3))
    params = {name: rng.normal(size=value.shape) for name, value in seqlib.initialise_cell(cell, n_x, n_a, rng).items()}
    params |= extra(cell, n_a, rng) if seed % 2 else {}
    x, da, a0 = rng.normal(size=(n_x, 1, T_x)), rng.normal(size=(n_a, 1, T_x)), rng.normal(size=(n_a, 1))
    c0 = rng.normal(size=(n_a, 1)) if cell == "lstm" else None
    mask = (rng.random((1, T_x)) < 0.7).astype(float) if seed > 1 else None
    _, caches = sequence_forward(cell, x, params, a0=a0, c0=c0, mask=mask)
    expected = sequence_backward(da, caches)
    options = {"a0": js(a0[:, 0]), "c0": None if c0 is None else js(c0[:, 0])}
    options["mask"] = None if mask is None else mask[0].tolist()
    answer = call("back_through", cell, js(da), js(x), js(params), options)
    np.testing.assert_allclose(answer["dx"], expected["dx"][:, 0].T, **EQUAL)
    for name in ("da0", "dc0") if cell == "lstm" else ("da0",):
        np.testing.assert_allclose(answer[name], expected[name][:, 0], **EQUAL, err_msg=name)
    for name in params if mask is None or mask.any() else ():
        gradient = answer["gradients"]["d" + name]
        np.testing.assert_allclose(gradient, expected["d" + name].ravel(), **EQUAL, err_msg=name)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_gradient_of_each_state_is_that_of_the_jacobians(call: Any, cell: str) -> None:
    rng = np.random.default_rng(10)
    params = {name: rng.normal(size=value.shape) for name, value in seqlib.initialise_cell(cell, 2, 3, rng).items()}
    x, da = rng.normal(size=(2, 1, 6)), np.zeros((3, 1, 6))
    da[:, 0, -1] = rng.normal(size=3)
    last = np.concatenate([da[:, 0, -1], np.zeros(3 if cell == "lstm" else 0)])
    answer = call("back_through", cell, js(da), js(x), js(params), {})
    states = [one["da"] + (one["dc"] or []) for one in answer["states"]]
    np.testing.assert_allclose(states, last @ seqlib.state_jacobians(cell, x[:, 0], params), **EQUAL)


def test_activations_without_overflow(call: Any) -> None:
    z = np.array([-800.0, -30.0, -1e-3, 0.0, 2.0, 800.0])
    for name in ("sigmoid", "softmax", "log_softmax"):
        np.testing.assert_allclose(call(name, js(z)), getattr(seqlib, name)(z), **EQUAL)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_drawn_from(call: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = seqlib.softmax(3 * rng.normal(size=9))
    p[rng.integers(9)] = p[rng.integers(9)]  # two that are equally probable
    p /= p.sum()
    options = {
        "temperature": float(rng.choice([0.1, 0.7, 1.0, 3.0])),
        "top_k": None if seed % 3 else int(rng.integers(1, 10)),
        "nucleus": None if seed % 2 else float(rng.uniform(0.1, 1)),
        "reject": rng.choice(9, size=seed % 4, replace=False).tolist(),
    }
    expected = seqlib.filter_probabilities(p, **options)
    np.testing.assert_allclose(call("filter_probabilities", js(p), options), expected, **EQUAL)
    numbers = rng.random(200)
    drawn = np.searchsorted(np.cumsum(expected), numbers, side="right")
    assert call("drawn", js(p), numbers.tolist(), options) == drawn.tolist()


@pytest.mark.parametrize("options", [{"top_k": 2}, {"nucleus": 0.5}])
def test_of_equally_probable_indices_the_first_are_kept(call: Any, options: Any) -> None:
    p = np.full(4, 0.25)
    assert call("filter_probabilities", js(p), options) == [0.5, 0.5, 0, 0]
    np.testing.assert_array_equal(seqlib.filter_probabilities(p, **options), [0.5, 0.5, 0, 0])


def test_a_bad_temperature_and_nothing_left_are_errors(call: Any) -> None:
    for options in ({"temperature": 0}, {"reject": [0, 1]}):
        with pytest.raises(Exception, match=r"temperature must be|leaves no index"):
            call("filter_probabilities", {"vector": [0.5, 0.5]}, options)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_language_models_and_searches(call: Any, cell: str) -> None:
    rng = np.random.default_rng(8)
    params = random_params(cell, rng, 3, 4, 6) | {"E": rng.normal(size=(3, 6))}
    step = next_word(params, cell)
    log_p, state = step(None, None)
    for token in (2, 5, 0):
        log_p, state = step(state, token)
    np.testing.assert_allclose(call("words", js(params), cell, [2, 5, 0]), log_p, **EQUAL)
    for reject in ([], [3]):
        greedy = seqlib.greedy_search(step, None, 1, max_length=7, reject=reject)
        assert call("search", "greedy_search", js(params), cell, 1, {"max_length": 7, "reject": reject}) == greedy
        for width, alpha in ((1, 0.7), (3, 0.0), (5, 1.0)):
            how = {"width": width, "alpha": alpha, "max_length": 6, "reject": reject}
            found = seqlib.beam_search(step, None, 1, **how)
            answer = call("search", "beam_search", js(params), cell, 1, how)
            assert [one["tokens"] for one in answer] == [one.tokens for one in found]
            np.testing.assert_allclose([one["score"] for one in answer], [one.score for one in found], **EQUAL)


def test_stored_parameters_are_the_same_numbers(call: Any) -> None:
    rng = np.random.default_rng(9)
    stored = {"W": live.pack(rng.normal(size=(5, 7))), "b": live.pack_exactly(rng.normal(size=(4, 1)), 6)}
    stored["zero"] = live.pack(np.zeros((2, 2)))
    answer = call("unpack_params", stored)
    for name, value in stored.items():
        own = live.unpack(value)
        assert answer[name]["data"] == own.ravel().tolist()
        assert (answer[name]["rows"], answer[name]["cols"]) == own.shape


def test_random_numbers_are_repeated_by_their_seed_and_even(call: Any) -> None:
    numbers = np.array(call("numbers", 7, 4000))
    assert (numbers == call("numbers", 7, 4000)).all() and (numbers != call("numbers", 8, 4000)).any()
    assert numbers.min() >= 0 and numbers.max() < 1
    counts = np.histogram(numbers, bins=8, range=(0, 1))[0]  # 500 in each; 7 standard deviations are 146
    assert (abs(counts - 500) < 146).all()
