"""The networks equal the NumPy path, forward and in every gradient, in both implementations and with every option."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch, which is not installed")

from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence  # noqa: E402

from seqlib import torch as st  # noqa: E402
from tests.torch.networks import FORMS, KINDS, network_of, sides  # noqa: E402


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.mark.parametrize("implementation", ["fused", "explicit"])
@pytest.mark.parametrize("masked", ["no mask", "padding", "gaps"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_values_and_gradients_equal_the_numpy_path(kind, form, masked, implementation):
    layers, both = FORMS[form]
    net = network_of(kind, layers=layers, bidirectional=both, implementation=implementation)
    found, expected = sides(net, masked=masked)
    assert set(found) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-10, atol=1e-10, err_msg=name)
        assert np.abs(value).max() > 1e-3, name


@pytest.mark.parametrize("implementation", ["fused", "explicit"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("m", "T_x"), [(1, 1), (1, 5), (3, 1)])
def test_smallest_sizes(kind, m, T_x, implementation):
    found, expected = sides(network_of(kind, n_x=1, n_a=1, implementation=implementation), m=m, T_x=T_x)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-10, atol=1e-10, err_msg=name)


# ---- variable lengths


@pytest.mark.parametrize("implementation", ["fused", "explicit"])
@pytest.mark.parametrize("kind", KINDS)
def test_lengths_and_packed_sequences_are_masks(kind, implementation):
    net = network_of(kind, layers=2, bidirectional=True, implementation=implementation)
    lengths = torch.tensor([2, 5, 1, 5])
    x = torch.randn(3, 4, 5, dtype=torch.float64)
    mask = torch.arange(5) < lengths[:, None]
    expected, (last, last_c) = net(x, mask=mask)
    a, _ = net(x, lengths=lengths)
    assert torch.equal(a, expected)
    for order, sort in ((slice(None), False), (torch.argsort(lengths, descending=True), True)):
        packed = pack_padded_sequence(x.permute(2, 1, 0)[:, order], lengths[order], enforce_sorted=sort)
        out, states = net(packed)
        padded, counts = pad_packed_sequence(out)
        assert torch.equal(counts, lengths[order])
        assert torch.allclose(padded, (expected * mask).permute(2, 1, 0)[:, order], atol=1e-12)
        assert torch.allclose(states[0], last[:, :, order], atol=1e-12)
        assert last_c is None or torch.allclose(states[1], last_c[:, :, order], atol=1e-12)


def test_what_stands_at_padding_does_not_matter():
    for kind in KINDS:
        net = network_of(kind, bidirectional=True)
        x, other = torch.randn(2, 3, 4, 5, dtype=torch.float64)
        mask = torch.arange(5) < torch.tensor([[3], [5], [1], [2]])
        assert torch.equal(net(x, mask=mask)[0], net(torch.where(mask, x, other), mask=mask)[0])


# ---- states


@pytest.mark.parametrize("implementation", ["fused", "explicit"])
@pytest.mark.parametrize("kind", KINDS)
def test_two_halves_give_the_same_as_the_whole(kind, implementation):
    net = network_of(kind, layers=2, implementation=implementation)
    x = torch.randn(3, 2, 6, dtype=torch.float64)
    whole, last = net(x)
    first, states = net(x[:, :, :4])
    second, states = net(x[:, :, 4:], *states)
    assert torch.allclose(torch.cat([first, second], dim=2), whole, atol=1e-12)
    assert all(
        torch.allclose(one, other, atol=1e-12) for one, other in zip(states, last, strict=True) if one is not None
    )
    assert (last[1] is None) == (net.cell != "lstm")


def test_one_layers_state_needs_no_axis_of_layers():
    net, x = network_of("lstm"), torch.randn(3, 2, 6, dtype=torch.float64)
    a0, c0 = torch.randn(2, 4, 2, dtype=torch.float64)
    assert torch.equal(net(x, a0, c0)[0], net(x, a0[None], [c0])[0])


# ---- dropout


@pytest.mark.parametrize("implementation", ["fused", "explicit"])
@pytest.mark.parametrize(("network", "Waa", "Wax"), [("rnn", "Waa", "Wax"), ("gru", "Wu", "Wc")])
def test_dropout_only_between_layers_and_only_in_training(network, Waa, Wax, implementation):
    """The second layer hands its input on in a way that can be read: what it gets are the first layer's outputs, dropped or scaled."""
    n, p = 8, 0.25
    net = network_of(network, n, n, layers=2, dropout=p, implementation=implementation)
    params = st.params_of(net)
    for name in params:
        if name.startswith("2/"):
            params[name][:] = 0
    if network == "rnn":
        params["2/Wax"][:] = np.eye(n)  # a = tanh(below)
    else:
        params["2/bu"][:] = 50  # Gamma_u = 1: c = c_tilde = tanh(below)
        params["2/Wc"][:, n:] = np.eye(n)
    st.load_params(net, params)
    below = network_of(network, n, n, implementation=implementation)
    st.load_params(below, {name: value for name, value in params.items() if name.startswith("1/")})
    x = 0.3 * torch.randn(n, 16, 12, dtype=torch.float64)
    first = below(x)[0].detach()
    torch.manual_seed(0)
    ratio = torch.atanh(net.train()(x)[0].detach()) / first
    dropped = ratio.abs() < 1e-9
    assert 0.2 < float(dropped.double().mean()) < 0.3
    assert torch.allclose(ratio[~dropped], torch.tensor(1 / (1 - p), dtype=torch.float64), rtol=1e-6)
    assert torch.allclose(torch.atanh(net.eval()(x)[0]), first, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_one_layer_has_nothing_between(kind):
    net = network_of(kind, dropout=0.9).train()
    x = torch.randn(3, 2, 6, dtype=torch.float64)
    assert torch.equal(net(x)[0], net.eval()(x)[0])


# ---- types, layout, options


@pytest.mark.parametrize("implementation", ["fused", "explicit"])
@pytest.mark.parametrize("kind", KINDS)
def test_mixed_precision(kind, implementation):
    net = network_of(kind, layers=2, bidirectional=True, implementation=implementation, dtype=torch.float32)
    x = torch.randn(3, 2, 6)
    mask = torch.arange(6) < torch.tensor([[6], [3]])
    exact = net(x, mask=mask)[0]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        a, _ = net(x, mask=mask)
    a.float().square().sum().backward()
    assert torch.allclose(a.float(), exact, atol=0.1)
    gradients = st.gradients_of(net)
    assert all(g.dtype == np.float32 and np.isfinite(g).all() and g.any() for g in gradients.values())


@pytest.mark.parametrize("kind", KINDS)
def test_bfloat16_throughout(kind):
    net = network_of(kind, dtype=torch.bfloat16)
    a, _ = net(torch.randn(3, 2, 6, dtype=torch.bfloat16))
    assert a.dtype == torch.bfloat16
    assert {value.dtype.name for value in st.params_of(net).values()} == {"float32"}


@pytest.mark.parametrize("kind", KINDS)
def test_results_are_views_of_time_first_memory(kind):
    a, (last, _) = network_of(kind, layers=2)(torch.randn(3, 5, 6, dtype=torch.float64))
    assert a.shape == (4, 5, 6) and a.permute(2, 1, 0).is_contiguous() and last.shape == (2, 4, 5)


@pytest.mark.parametrize("reset", [None, "none"])
def test_the_simplified_gru_by_both_of_its_names(reset):
    assert set(st.params_of(st.GRU(3, 4, reset=reset))) == {"Wu", "bu", "Wc", "bc"}


def test_names_of_parameters():
    assert set(st.params_of(st.RNN(3, 4, bidirectional=True))) == {
        f"{way}/{name}" for way in ("forward", "backward") for name in ("Wax", "Waa", "ba")
    }
    assert set(st.params_of(st.RNN(3, 4, layers=2))) == {f"{n}/{name}" for n in (1, 2) for name in ("Wax", "Waa", "ba")}
    assert {n: v.shape for n, v in st.params_of(st.LSTM(3, 4, peephole=True)).items() if n in ("Wf", "bf", "po")} == {
        "Wf": (4, 7),
        "bf": (4, 1),
        "po": (4, 1),
    }


def test_the_forget_gates_bias_starts_at_one():
    params = st.params_of(st.LSTM(3, 4, peephole=True))
    assert (params["bf"] == 1).all() and not params["bu"].any() and not params["pf"].any()


# ---- errors


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: st.RNN(0, 4), "n_x must be at least 1"),
        (lambda: st.RNN(3, 4, layers=0), "layers must be at least 1"),
        (lambda: st.RNN(3, 4, dropout=1.0), "dropout must be"),
        (lambda: st.RNN(3, 4, implementation="cudnn"), "implementation must be"),
        (lambda: st.GRU(3, 4, reset="behind"), "reset must be"),
        (lambda: st.GRU(3, 4, inner_bias=True), "only a GRU with reset"),
        (lambda: st.network("elman", 3, 4), "cell must be one of"),
        (lambda: st.network("rnn", 3, 4, peephole=True), "only an lstm has peepholes"),
        (lambda: st.RNN(3, 4)(torch.zeros(2, 2, 5)), "n_x = 3"),
        (lambda: st.RNN(3, 4)(torch.zeros(3, 5)), "must be .n_x, m, T_x."),
        (lambda: st.RNN(3, 4)(torch.zeros(3, 2, 0)), "nothing of it empty"),
        (lambda: st.RNN(3, 4)(torch.zeros(3, 2, 5), torch.zeros(4, 3)), "a0 must hold 1 states"),
        (lambda: st.RNN(3, 4, layers=2)(torch.zeros(3, 2, 5), [torch.zeros(4, 2)]), "one for each layer"),
        (lambda: st.GRU(3, 4)(torch.zeros(3, 2, 5), None, torch.zeros(4, 2)), "only an LSTM has a memory cell"),
        (lambda: st.RNN(3, 4)(torch.zeros(3, 2, 5), mask=torch.ones(5, 2)), "mask must be"),
        (lambda: st.RNN(3, 4)(torch.zeros(3, 2, 5), mask=torch.full((2, 5), 0.5)), r"only zeros .*, got 0\.5"),
        (lambda: st.RNN(3, 4)(torch.zeros(3, 2, 5), lengths=torch.ones(5)), "lengths must be"),
        (
            lambda: st.RNN(3, 4)(torch.zeros(3, 2, 5), mask=torch.ones(2, 5), lengths=torch.ones(2)),
            "one of the two must be left out",
        ),
        (
            lambda: st.RNN(3, 4)(pack_padded_sequence(torch.zeros(5, 1, 3), [5]), lengths=torch.ones(1)),
            "knows its lengths",
        ),
        *(
            (
                lambda lengths=lengths: st.RNN(3, 4)(torch.zeros(3, 2, 4), lengths=torch.tensor(lengths)),
                rf"lengths must be whole numbers from 0 to T_x = 4, got {lengths[0]}",
            )
            for lengths in ([99, 2], [-3, 2], [1.5, 2])
        ),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
