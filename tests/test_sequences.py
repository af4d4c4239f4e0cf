"""Forward passes: equal to torch.nn, and worked by hand."""

import math

import numpy as np
import pytest

import seqlib
from seqlib import cells, fast
from tests.parity import KINDS, output, random_mask, split, weights

N_X, N_A, N_Y, M, T_X = 3, 4, 2, 5, 6


def problem(kind, seed=0, dtype=float):
    rng = np.random.default_rng(seed)
    p = {**weights(kind, rng, N_X, N_A), **output(kind, rng, N_Y, N_A)}
    x, a0, c0 = rng.normal(size=(N_X, M, T_X)), rng.normal(size=(N_A, M)), rng.normal(size=(N_A, M))
    return {name: value.astype(dtype) for name, value in p.items()}, x.astype(dtype), a0.astype(dtype), c0.astype(dtype)


def forward(kind, p, x, a0, c0, **options):
    cell, _ = split(kind)
    if cell == "rnn":
        return seqlib.rnn_forward(x, a0, p, **options)[:2]
    if cell == "lstm":
        return seqlib.lstm_forward(x, a0, p, c0=c0, **options)[:2]
    return seqlib.gru_forward(x, a0, p, cells.RESETS[cell], **options)[:2]


SWAPS = {name: getattr(seqlib, name) for name in seqlib.support.swap.CELLS}


@pytest.mark.parametrize("kind", KINDS)
def test_the_backward_pass_after_a_readable_loop_is_the_same(kind):
    p, x, a0, c0 = problem(kind)
    cell = split(kind)[0]
    own = {name: value for name, value in p.items() if name in cells.weight_names(cell)}
    da = np.random.default_rng(5).normal(size=(N_A, M, T_X))
    mask = random_mask(np.random.default_rng(1), M, T_X)
    results = []
    for swaps in ({}, SWAPS):
        with seqlib.using(**swaps):
            _, caches = cells.sequence_forward(cell, x, own, a0=a0, mask=mask)
            results.append(cells.sequence_backward(da, caches, steps=4))
    for name, gradient in results[0].items():
        np.testing.assert_allclose(results[1][name], gradient, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_float32_stays_float32_and_float64_float64(kind):
    for dtype in (np.float32, np.float64):
        p, x, a0, c0 = problem(kind, dtype=dtype)
        a, y_hat = forward(kind, p, x, a0, c0)
        assert (a.dtype, y_hat.dtype) == (dtype, dtype)
        cell = split(kind)[0]
        own = {name: value for name, value in p.items() if name in cells.weight_names(cell)}
        _, caches = cells.sequence_forward(cell, x, own, a0=a0)
        assert all(gradient.dtype == dtype for gradient in cells.sequence_backward(np.ones_like(a), caches).values())


@pytest.mark.parametrize("kind", KINDS)
def test_padding_changes_nothing(kind):
    """A sequence beside longer ones gives the same states, outputs and gradients as alone; its last state is carried on."""
    p, x, a0, c0 = problem(kind)
    mask = np.ones((M, T_X))
    mask[0, 3:] = 0
    a, y_hat = forward(kind, p, x, a0, c0, mask=mask)
    alone, y_alone = forward(kind, p, x[:, :1, :3], a0[:, :1], c0[:, :1])
    np.testing.assert_allclose(a[:, :1, :3], alone, rtol=1e-11)
    np.testing.assert_allclose(y_hat[:, :1, :3], y_alone, rtol=1e-12)
    np.testing.assert_array_equal(a[:, 0, 3:], np.repeat(a[:, 0, 2:3], T_X - 3, axis=1))
    cell = split(kind)[0]
    own = {name: value for name, value in p.items() if name in cells.weight_names(cell)}
    da = np.random.default_rng(5).normal(size=a.shape)
    together = cells.sequence_backward(da, cells.sequence_forward(cell, x, own, a0=a0, mask=mask)[1])
    da_alone = np.dstack([da[:, :1, :2], da[:, :1, 2:].sum(axis=2)])  # the last state is that of the padding too
    alone = cells.sequence_backward(da_alone, cells.sequence_forward(cell, x[:, :1, :3], own, a0=a0[:, :1])[1])
    np.testing.assert_allclose(together["dx"][:, :1, :3], alone["dx"], rtol=1e-10)
    np.testing.assert_allclose(together["da0"][:, :1], alone["da0"], rtol=1e-10)
    assert not together["dx"][:, 0, 3:].any()


@pytest.mark.parametrize("kind", KINDS)
def test_inputs_are_not_changed(kind):
    p, x, a0, c0 = problem(kind)
    before = {name: value.copy() for name, value in {**p, "x": x, "a0": a0, "c0": c0}.items()}
    cell = split(kind)[0]
    own = {name: value for name, value in p.items() if name in cells.weight_names(cell)}
    forward(kind, p, x, a0, c0)
    a, caches = cells.sequence_forward(cell, x, own, a0=a0)
    da = np.ones_like(a)
    cells.sequence_backward(da, caches)
    for name, value in {**p, "x": x, "a0": a0, "c0": c0}.items():
        np.testing.assert_array_equal(value, before[name])
    np.testing.assert_array_equal(da, np.ones_like(a))


def torch_weights(kind, p, prefix=""):
    """A direction's parameters as torch.nn names and orders them: W_ih, W_hh, b_ih, b_hh."""
    n_a = p[prefix + ("Waa" if kind == "rnn" else "Wu")].shape[0]
    if kind == "rnn":
        return p[prefix + "Wax"], p[prefix + "Waa"], p[prefix + "ba"][:, 0], np.zeros(n_a)
    order = [("u", 1), ("f", 1), ("c", 1), ("o", 1)] if kind == "lstm" else [("r", 1), ("u", -1), ("c", 1)]
    W = np.concatenate([sign * p[f"{prefix}W{gate}"] for gate, sign in order])
    b = np.concatenate([sign * p[f"{prefix}b{gate}"][:, 0] for gate, sign in order])
    b_hh = np.zeros_like(b)
    if kind != "lstm":
        b_hh[2 * n_a :] = p[prefix + "brc"][:, 0]
    return W[:, n_a:], W[:, :n_a], b, b_hh


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize(("kind", "module"), [("rnn", "RNN"), ("gru_after with brc", "GRU"), ("lstm", "LSTM")])
def test_equal_to_torch_nn(kind, module, layers, both):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    cell = split(kind)[0]
    net = getattr(torch.nn, module)(N_X, N_A, num_layers=layers, bidirectional=both, dtype=torch.float64)
    directions = ("forward/", "backward/") if both else ("",)
    p, width = {}, N_X
    for layer in range(layers):
        for direction, suffix in zip(directions, ("", "_reverse"), strict=False):
            own = weights(kind, rng, width, N_A)
            p |= {f"{layer + 1}/{direction}{name}": value for name, value in own.items()}
            values = torch_weights(cell, own)
            for name, value in zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), values, strict=True):
                getattr(net, f"{name}_l{layer}{suffix}").data = torch.tensor(value)
        width = N_A * len(directions)
    x = rng.normal(size=(N_X, M, T_X))
    start = rng.normal(size=(layers * len(directions), M, N_A))
    c_start = rng.normal(size=start.shape)
    state = (torch.tensor(start), torch.tensor(c_start)) if cell == "lstm" else torch.tensor(start)
    expected = net(torch.tensor(x.transpose(2, 1, 0).copy()), state)[0].detach().numpy().transpose(2, 1, 0)

    def stacked(values):
        return [
            np.concatenate([values[layer * len(directions) + i].T for i in range(len(directions))])
            for layer in range(layers)
        ]

    a, _, _ = seqlib.deep_forward(x, p, cell, a0=stacked(start), c0=stacked(c_start) if cell == "lstm" else None)
    np.testing.assert_allclose(a, expected, atol=1e-12, rtol=0)


def test_an_rnn_worked_by_hand():
    """n_x = n_a = 1: a<1> = tanh(0.5 + 2 * 0.25 + 0.1), a<2> = tanh(0.5 a<1> - 0.1 * 2 + 0.1), y_hat = softmax([a, -a])."""
    params = {
        "Wax": np.array([[2.0]]),
        "Waa": np.array([[0.5]]),
        "ba": np.array([[0.1]]),
        "Wya": np.array([[1.0], [-1.0]]),
        "by": np.zeros((2, 1)),
    }
    x, a0 = np.array([[[0.25, -0.1]]]), np.array([[1.0]])
    a, y_hat, _ = seqlib.rnn_forward(x, a0, params)
    first = math.tanh(0.5 * 1 + 2 * 0.25 + 0.1)
    second = math.tanh(0.5 * first - 0.2 + 0.1)
    np.testing.assert_allclose(a[0, 0], [first, second], rtol=1e-15)
    np.testing.assert_allclose(
        y_hat[0, 0], [1 / (1 + math.exp(-2 * first)), 1 / (1 + math.exp(-2 * second))], rtol=1e-14
    )


def test_the_gates_at_their_limits():
    """Gamma_u near 0 keeps the memory of a GRU; Gamma_f near 1 and Gamma_u near 0 keep that of an LSTM."""
    p, x, a0, c0 = problem("gru")
    p["bu"][:] = -60.0
    np.testing.assert_allclose(forward("gru", p, x, a0, c0)[0], np.repeat(a0[:, :, None], T_X, axis=2), atol=1e-12)
    p, x, a0, c0 = problem("lstm")
    p["bu"][:], p["bf"][:] = -60.0, 60.0
    _, _, c, _ = seqlib.lstm_forward(x, a0, p, c0=c0)
    np.testing.assert_allclose(c, np.repeat(c0[:, :, None], T_X, axis=2), atol=1e-12)


def test_the_two_full_grus_differ():
    p, x, a0, c0 = problem("gru")
    assert np.abs(forward("gru", p, x, a0, c0)[0] - forward("gru_after", p, x, a0, c0)[0]).max() > 0.01


def test_without_an_output_layer_there_is_no_y_hat():
    for kind in KINDS:
        p, x, a0, c0 = problem(kind)
        own = {name: value for name, value in p.items() if name not in ("Wya", "Wy", "by")}
        assert forward(kind, own, x, a0, c0)[1] is None


def test_output_backward_undoes_the_output_layer():
    rng = np.random.default_rng(0)
    a, W, b = rng.normal(size=(N_A, M, T_X)), rng.normal(size=(N_Y, N_A)), rng.normal(size=(N_Y, 1))
    dlogits = rng.normal(size=(N_Y, M, T_X))
    for name in ("Wya", "Wy"):
        gradients = seqlib.output_backward(dlogits, a, {name: W, "by": b})
        np.testing.assert_allclose(gradients["da"], np.einsum("yn,ymt->nmt", W, dlogits))
        np.testing.assert_allclose(gradients["d" + name], np.einsum("ymt,nmt->yn", dlogits, a))
        np.testing.assert_allclose(gradients["dby"], dlogits.sum(axis=(1, 2))[:, None])


@pytest.mark.parametrize(("cell", "expected"), [("rnn", 1_110), ("gru", 3_330), ("lstm", 4_440)])
def test_the_course_counts_its_parameters(cell, expected):
    assert seqlib.count_parameters(cell, 100, 10) == expected
    assert seqlib.count_parameters(cell, 100, 10, biases=2) == expected + expected // 111


def test_other_counts():
    count = seqlib.count_parameters
    assert count("embedding", 10_000, 100) == 1_000_000
    assert count("dense", 10, 1) == 11
    assert count("rnn", 100, 10, 1) == 1_121
    assert count("lstm", 3, 4, peephole=True) == count("lstm", 3, 4) + 12
    for kind in KINDS:
        cell, extra = split(kind)
        own = sum(value.size for value in weights(cell, np.random.default_rng(0), N_X, N_A).values())
        assert count(cell, N_X, N_A) == own
    for bad in (("rnn", 0, 1), ("rnn", 1, -1), ("tree", 1, 1)):
        with pytest.raises(ValueError, match="must be"):
            count(*bad)
    with pytest.raises(ValueError, match="only an lstm"):
        count("gru", 1, 1, peephole=True)


@pytest.mark.parametrize("cell", ["embedding", "dense"])
@pytest.mark.parametrize(
    "option", [{"n_y": 3}, {"layers": 4}, {"bidirectional": True}, {"biases": 2}, {"peephole": True}]
)
def test_one_layer_has_no_options_of_a_network(cell, option):
    with pytest.raises(ValueError, match=f"cell='{cell}' is one layer without n_y, layers"):
        seqlib.count_parameters(cell, 10, 5, **option)


@pytest.mark.parametrize("biases", [1, 2])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("cell", ["RNN", "GRU", "LSTM"])
def test_counts_equal_to_torch(cell, both, layers, biases):
    torch = pytest.importorskip("torch")
    net = getattr(torch.nn, cell)(7, 5, num_layers=layers, bidirectional=both)
    total = sum(value.numel() for value in net.parameters())
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}[cell] * 5 * layers * (1 + both)
    assert (
        seqlib.count_parameters(cell.lower(), 7, 5, layers=layers, bidirectional=both, biases=biases)
        == total - (2 - biases) * gates
    )


def test_stacked_weights_give_the_sum_of_the_two_products():
    rng = np.random.default_rng(0)
    Waa, Wax, a, x = rng.normal(size=(4, 4)), rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=3)
    np.testing.assert_allclose(seqlib.stack_weights(Waa, Wax) @ np.concatenate([a, x]), Waa @ a + Wax @ x)
    with pytest.raises(ValueError, match="Waa must be"):
        seqlib.stack_weights(Wax, Waa)


def test_activations():
    z = np.array([-1000.0, -1.0, 0.0, 1.0, 1000.0])
    with np.errstate(all="raise", under="ignore"):
        np.testing.assert_allclose(seqlib.sigmoid(z), [0, 1 / (1 + math.e), 0.5, math.e / (1 + math.e), 1], atol=1e-15)
        np.testing.assert_allclose(seqlib.softmax(z).sum(), 1)
        np.testing.assert_allclose(seqlib.log_softmax(z)[:2], [-2000, -1001])
    table = np.random.default_rng(0).normal(size=(3, 4))
    np.testing.assert_allclose(seqlib.softmax(table).sum(axis=0), np.ones(4))
    np.testing.assert_allclose(np.exp(seqlib.log_softmax(table, axis=1)).sum(axis=1), np.ones(3))


def test_using_swaps_and_restores():
    p, x, a0, _ = problem("rnn")
    calls = []

    def mine(x_t, a_prev, params):
        calls.append(x_t.shape)
        return seqlib.rnn_cell_forward(x_t, a_prev, params)

    with seqlib.using(rnn_cell_forward=mine):
        seqlib.rnn_forward(x, a0, p)
    assert calls == [(N_X, M)] * T_X
    seqlib.rnn_forward(x, a0, p)
    assert len(calls) == T_X
    with pytest.raises(ZeroDivisionError), seqlib.using(rnn_cell_forward=lambda *_: 1 / 0):
        seqlib.rnn_forward(x, a0, p)
    with pytest.raises(ValueError, match="'cell' cannot be replaced"), seqlib.using(cell=mine):
        pass
    for name in ("rnn", "gru", "lstm"):
        q, x, a0, _ = problem(name)
        made = getattr(seqlib, f"{name}_cell_forward")
        narrow = {f"{name}_cell_forward": lambda *args, made=made: (made(*args)[0][:1], *made(*args)[1:])}
        with pytest.raises(ValueError, match="must return a state of shape"), seqlib.using(**narrow):
            getattr(seqlib, f"{name}_forward")(x, a0, q)
        nothing = {f"{name}_cell_forward": lambda *args, made=made: tuple(None for _ in made(*args))}
        with pytest.raises(TypeError, match="must return an array"), seqlib.using(**nothing):
            getattr(seqlib, f"{name}_forward")(x, a0, q)
    with pytest.raises(ValueError, match="cannot be replaced"), seqlib.using(lstm_forward=mine):
        pass
    with pytest.raises(TypeError, match="must be a function"), seqlib.using(rnn_cell_forward=3):
        pass


@pytest.mark.parametrize("name", ["rnn", "gru", "lstm"])
def test_a_learners_outputs_are_those_that_come_out(name):
    p, x, a0, _ = problem(name)
    library = getattr(seqlib, f"{name}_cell_forward")

    def mine(*args):
        *states, y_hat_t, cache = library(*args)
        return *states, 1 - y_hat_t, cache

    mask = np.ones((M, T_X))
    mask[0, 2:] = 0
    expected = getattr(seqlib, f"{name}_forward")(x, a0, p, mask=mask)[1]
    with seqlib.using(**{f"{name}_cell_forward": mine}):
        y_hat = getattr(seqlib, f"{name}_forward")(x, a0, p, mask=mask)[1]
    np.testing.assert_allclose(y_hat, np.where(mask > 0, 1 - expected, expected), rtol=1e-10)


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_a_learners_cell_backward_gets_the_caches_of_the_cell_forward(kind):
    p, x, a0, _ = problem(kind)
    library = getattr(seqlib, f"{kind}_cell_backward")
    forward, seen = [], []

    def ahead(*args):
        results = getattr(seqlib, f"{kind}_cell_forward")(*args)
        forward.append(results[-1])
        return results

    def back(*args):
        seen.insert(0, args[-1])
        return library(*args)

    with seqlib.using(**{f"{kind}_cell_forward": ahead, f"{kind}_cell_backward": back}):
        *_, caches = getattr(seqlib, f"{kind}_forward")(x, a0, p)
        getattr(seqlib, f"{kind}_backward")(np.ones((N_A, M, T_X)), caches)
    assert len(seen) == len(forward) == T_X
    for mine, expected in zip(seen, forward, strict=True):
        for one, other in zip(mine, expected, strict=True):
            if isinstance(other, np.ndarray):
                np.testing.assert_allclose(one, other, rtol=1e-10)
            else:
                assert one is other or one == other


@pytest.mark.parametrize("name", ["rnn", "gru", "lstm"])
def test_what_a_learners_cell_returns_is_checked(name):
    p, x, a0, _ = problem(name)
    forward, backward = (getattr(seqlib, f"{name}_{way}") for way in ("forward", "backward"))
    cell_forward, cell_backward = (getattr(seqlib, f"{name}_cell_{way}") for way in ("forward", "backward"))
    *_, caches = forward(x, a0, p)
    da = np.ones((N_A, M, T_X))

    def wrong_y(*args):
        *states, y_hat_t, cache = cell_forward(*args)
        return *states, y_hat_t[:, :1], cache

    for wrong, error, said in (
        (wrong_y, ValueError, "must return y_hat_t of shape"),
        (lambda *args: cell_forward(*args)[:-1], TypeError, "values .next state, y_hat_t, cache., got"),
        (lambda *args: None, TypeError, "got NoneType"),
    ):
        with pytest.raises(error, match=said), seqlib.using(**{f"{name}_cell_forward": wrong}):
            forward(x, a0, p)
    for wrong, error, said in (
        (lambda *args: None, TypeError, "must return a dict of gradients"),
        (lambda *args: {k: v for k, v in cell_backward(*args).items() if k != "dx_t"}, ValueError, "dx_t missing"),
        (lambda *args: {**cell_backward(*args), "dx_t": 0.0}, TypeError, "for dx_t, got float"),
        (lambda *args: {**cell_backward(*args), "dx_t": np.ones((1, M))}, ValueError, "must return dx_t of shape"),
    ):
        with pytest.raises(error, match=said), seqlib.using(**{f"{name}_cell_backward": wrong}):
            backward(da, caches)


@pytest.mark.parametrize("name", ["rnn", "gru", "lstm"])
def test_a_gradient_of_another_type_than_the_pass_forward_is_refused(name):
    p, x, a0, _ = problem(name)
    *_, caches = getattr(seqlib, f"{name}_forward")(x, a0, p)
    with pytest.raises(TypeError, match="use one dtype throughout"):
        getattr(seqlib, f"{name}_backward")(np.ones((N_A, M, T_X), np.float32), caches)


@pytest.mark.parametrize("steps", [2.5, True, "2"])
def test_a_block_is_a_whole_number_of_steps(steps):
    p, x, a0, _ = problem("rnn")
    *_, caches = seqlib.rnn_forward(x, a0, p)
    with pytest.raises(TypeError, match="steps must be a whole number"):
        seqlib.rnn_backward(np.ones((N_A, M, T_X)), caches, steps=steps)


def test_an_output_layer_without_its_bias_is_named():
    with pytest.raises(ValueError, match=r"no output layer: expected Wya or Wy .* and by"):
        seqlib.output_forward(np.ones((2, 1, 1)), {"Wy": np.ones((3, 2))})


@pytest.mark.parametrize("kind", KINDS)
def test_the_outputs_of_a_cell_are_those_of_the_sequence(kind):
    p, x, a0, c0 = problem(kind)
    cell = split(kind)[0]
    y_hat = forward(kind, p, x[:, :, :1], a0, c0)[1]
    if cell == "rnn":
        one = seqlib.rnn_cell_forward(x[:, :, 0], a0, p)[1]
    elif cell == "lstm":
        one = seqlib.lstm_cell_forward(x[:, :, 0], a0, c0, p)[2]
    else:
        one = seqlib.gru_cell_forward(x[:, :, 0], a0, p, cells.RESETS[cell])[1]
    np.testing.assert_allclose(one, y_hat[:, :, 0], rtol=1e-12)


@pytest.mark.parametrize("functions", [seqlib, fast], ids=["loop", "fast"])
def test_the_memory_cell_is_carried_over_padding(functions):
    p, x, a0, c0 = problem("lstm")
    mask = np.ones((M, T_X))
    mask[0, 2:] = 0
    _, _, c, _ = functions.lstm_forward(x, a0, p, c0=c0, mask=mask)
    np.testing.assert_array_equal(c[:, 0, 2:], np.repeat(c[:, 0, 1:2], T_X - 2, axis=1))
    np.testing.assert_allclose(c[:, 1:], functions.lstm_forward(x, a0, p, c0=c0)[2][:, 1:], rtol=1e-12)


def test_gradients_of_memory_cells_pass_through_networks_of_several():
    p, x, a0, _ = problem("lstm")
    own = {name: value for name, value in p.items() if name not in ("Wy", "by")}
    rng = np.random.default_rng(0)
    da, dc = rng.normal(size=(2, N_A, M, T_X))
    *_, caches = seqlib.lstm_forward(x, np.zeros_like(a0), own)
    alone = seqlib.lstm_backward(da, caches, dc=dc)
    *_, caches = seqlib.deep_forward(x, {f"1/{name}": value for name, value in own.items()}, "lstm")
    deep = seqlib.deep_backward(da, caches, dc=dc)
    np.testing.assert_allclose(deep["dx"], alone["dx"], rtol=1e-12)
    np.testing.assert_allclose(deep["d1/Wf"], alone["dWf"], rtol=1e-12)
    both = {f"{way}/{name}": value for way in ("forward", "backward") for name, value in own.items()}
    *_, caches = seqlib.bidirectional_forward(x, both, "lstm")
    turned = seqlib.bidirectional_backward(
        np.concatenate([da, da[..., ::-1]]), caches, dc=np.concatenate([dc, dc[..., ::-1]])
    )
    np.testing.assert_allclose(turned["dforward/Wf"], alone["dWf"], rtol=1e-12)
    *_, caches = seqlib.lstm_forward(x[..., ::-1], np.zeros_like(a0), own)
    np.testing.assert_allclose(turned["dbackward/Wf"], seqlib.lstm_backward(da, caches, dc=dc)["dWf"], rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_sequences_are_reversed_within_their_lengths(seed):
    rng = np.random.default_rng(seed)
    x, mask = rng.normal(size=(N_X, M, T_X)), random_mask(rng, M, T_X)
    before = x.copy()
    turned = seqlib.reverse_padded(x, mask)
    for i in range(M):
        real = mask[i] == 1
        np.testing.assert_array_equal(turned[:, i, real], before[:, i, real][:, ::-1])
        np.testing.assert_array_equal(turned[:, i, ~real], before[:, i, ~real])
    np.testing.assert_array_equal(seqlib.reverse_padded(turned, mask), x)
    np.testing.assert_array_equal(x, before)
    labels = rng.integers(5, size=(1, M, T_X))
    assert seqlib.reverse_padded(labels, mask).dtype == labels.dtype


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_both_ways_to_read_a_padded_batch_from_the_right_agree_at_its_words(cell):
    p, x, a0, _ = problem(cell)
    own = {name: value for name, value in p.items() if name in cells.weight_names(cell)}
    mask = (np.arange(T_X) < np.array([6, 4, 1, 3, 2])[:, None]).astype(float)
    both = {f"{way}/{name}": value for way in ("forward", "backward") for name, value in own.items()}
    a, _, _ = seqlib.bidirectional_forward(x, both, cell, a0=np.concatenate([a0, a0]), mask=mask)
    turned, _ = cells.sequence_forward(cell, seqlib.reverse_padded(x, mask), own, a0=a0, mask=mask)
    backward = seqlib.reverse_padded(turned, mask)
    np.testing.assert_allclose(a[N_A:] * mask, backward * mask, rtol=1e-12)
    for i, length in enumerate(mask.sum(axis=1).astype(int)):
        alone, _, _ = seqlib.bidirectional_forward(
            x[:, i : i + 1, :length], both, cell, a0=np.concatenate([a0, a0])[:, i : i + 1]
        )
        np.testing.assert_allclose(a[:, i, :length], alone[:, 0], rtol=1e-12)


def test_a_network_reads_both_ways_through_a_learners_functions():
    rng = np.random.default_rng(0)
    params = seqlib.initialise_deep("gru", N_X, [3, 3], rng, n_y=N_Y, bidirectional=True)
    x, mask, da = rng.normal(size=(N_X, M, T_X)), random_mask(rng, M, T_X), rng.normal(size=(6, M, T_X))
    expected, _, caches = seqlib.deep_forward(x, params, "gru", mask=mask)
    gradients = seqlib.deep_backward(da, caches)
    library, calls = (seqlib.bidirectional_forward, seqlib.bidirectional_backward), []

    def forward(x, params, cell="rnn", *, a0=None, mask=None):
        calls.append("forward")
        return library[0].__wrapped__(x, params, cell, a0=a0, mask=mask)

    def backward(da, caches):
        calls.append("backward")
        return library[1].__wrapped__(da, caches)

    with seqlib.using(bidirectional_forward=forward, bidirectional_backward=backward):
        a, _, caches = seqlib.deep_forward(x, params, "gru", mask=mask)
        again = seqlib.deep_backward(da, caches)
    assert calls == ["forward", "forward", "backward", "backward"]
    np.testing.assert_array_equal(a, expected)
    np.testing.assert_array_equal(again["dx"], gradients["dx"])
