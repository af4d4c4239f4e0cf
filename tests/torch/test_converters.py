"""Parameters go from the NumPy path to the modules, to torch.nn and back without a change, and the same model comes out."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch, which is not installed")

from seqlib import deep_forward, initialise_lstm  # noqa: E402
from seqlib import torch as st  # noqa: E402
from seqlib.cells import part  # noqa: E402
from tests.torch.networks import FORMS, KINDS, network_of  # noqa: E402

IN_TORCH = ("rnn", "gru_after", "gru_after with brc", "lstm")
TORCH = {"rnn": torch.nn.RNN, "gru_after": torch.nn.GRU, "lstm": torch.nn.LSTM}


def equal(found, expected):
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert found[name].dtype == value.dtype
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def torch_network(cell, n_x, n_a, layers, both, **options):
    return TORCH[cell](n_x, n_a, layers, bidirectional=both, dtype=torch.float64, **options)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_numpy_to_module_and_back(kind, form):
    layers, both = FORMS[form]
    params = st.params_of(network_of(kind, layers=layers, bidirectional=both))
    other = network_of(kind, layers=layers, bidirectional=both, rng=np.random.default_rng(9))
    with torch.no_grad():
        for value in other.parameters():
            value.mul_(2)
    st.load_params(other, params)
    equal(st.params_of(other), params)


@pytest.mark.parametrize("numbered", [True, False])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", IN_TORCH)
def test_numpy_to_torch_nn_and_back(kind, form, numbered):
    layers, both = FORMS[form]
    cell = kind.partition(" ")[0]
    params = st.params_of(network_of(kind, layers=layers, bidirectional=both, numbered=numbered))
    state = st.to_torch(params, cell)
    net = torch_network(cell, 3, 4, layers, both)
    net.load_state_dict(state)
    equal(st.from_torch(net.state_dict(), cell, numbered=numbered), params)
    rng = np.random.default_rng(3)
    x = rng.normal(size=(3, 2, 5))
    rows, _ = net(torch.tensor(x).permute(2, 1, 0))
    deep = params if numbered or layers > 1 else {"1/" + name: value for name, value in params.items()}
    a, _, _ = deep_forward(x, deep, cell)
    np.testing.assert_allclose(rows.detach().permute(2, 1, 0).numpy(), a, atol=1e-12)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cell", TORCH)
def test_torch_nn_to_numpy_and_module(cell, form, bias):
    """torch.nn's own two biases: the sum of both, and brc; a second time there and back nothing changes any more."""
    layers, both = FORMS[form]
    net = torch_network(cell, 3, 4, layers, both, bias=bias)
    params = st.from_torch(net.state_dict(), cell, numbered=True)
    assert ("1/brc" in params or "1/forward/brc" in params) == (cell == "gru_after" and bias)
    x = torch.randn(3, 2, 5, dtype=torch.float64)
    expected, _ = net(x.permute(2, 1, 0))
    a, _, _ = deep_forward(x.numpy(), params, cell)
    np.testing.assert_allclose(a, expected.detach().permute(2, 1, 0).numpy(), atol=1e-12)
    ours = network_of(cell + " with brc" * (cell == "gru_after" and bias), layers=layers, bidirectional=both)
    st.load_params(ours, params)
    np.testing.assert_allclose(ours(x)[0].detach().numpy(), a, atol=1e-12)
    again = st.to_torch(params, cell)
    assert all(torch.equal(again[name], value) for name, value in net.state_dict().items() if "weight" in name)
    equal(st.from_torch(again, cell, numbered=True), params)


def test_the_order_of_the_gates_and_the_sign_of_the_update_gate():
    """Each gate in a place of its own: a bias alone tells which rows are whose."""
    lstm = {f"{kind}{gate}": np.zeros((1, 2 if kind == "W" else 1)) for gate in "fuoc" for kind in "Wb"}
    for gate, value in zip("fuoc", (1.0, 2.0, 3.0, 4.0), strict=True):
        lstm["b" + gate][:] = value
    assert st.to_torch(lstm, "lstm")["bias_ih_l0"].tolist() == [2.0, 1.0, 4.0, 3.0]  # i, f, g, o
    assert st.to_torch(lstm, "lstm")["bias_hh_l0"].tolist() == [0.0] * 4
    gru = {f"{kind}{gate}": np.zeros((1, 2 if kind == "W" else 1)) for gate in "urc" for kind in "Wb"}
    for gate, value in zip("urc", (1.0, 2.0, 3.0), strict=True):
        gru["b" + gate][:] = value
    gru["brc"] = np.full((1, 1), 4.0)
    state = st.to_torch(gru, "gru_after")
    assert state["bias_ih_l0"].tolist() == [2.0, -1.0, 3.0]  # r, z = 1 - Gamma_u, n
    assert state["bias_hh_l0"].tolist() == [0.0, 0.0, 4.0]


@pytest.mark.parametrize(
    ("convert", "message"),
    [
        (lambda: st.to_torch({}, "gru"), "resets after the product"),
        (lambda: st.from_torch({}, "gru"), "resets after the product"),
        (lambda: st.to_torch({}, "gru_simplified"), "always has a reset gate"),
        (lambda: st.to_torch({}, "elman"), "cell must be one of"),
        (lambda: st.to_torch(initialise_lstm(2, 3, np.random.default_rng(0), peephole=True), "lstm"), "no peepholes"),
        (
            lambda: st.to_torch({"1/Wax": np.zeros((2, 2)), "3/Wax": np.zeros((2, 2))}, "rnn"),
            "must be those of a layer",
        ),
        (lambda: st.to_torch({"forward/Wax": np.zeros((2, 2))}, "rnn"), "must be those of a layer"),
        (lambda: st.to_torch({"Wax": np.zeros((2, 2))}, "rnn"), "lack Waa, ba"),
        (
            lambda: st.to_torch({**initialise_lstm(2, 3, np.random.default_rng(0), n_y=2)}, "lstm"),
            "unknown Wy, by",
        ),
        (lambda: st.from_torch({}, "rnn"), "must be that of torch.nn"),
        (
            lambda: st.from_torch({"weight_ih_l0": torch.zeros(3, 2)}, "rnn"),
            "state lacks weight_hh_l0; it holds weight_ih",
        ),
        (lambda: st.from_torch(torch.nn.LSTM(2, 3).state_dict(), "gru_after"), "not that of a gru_after"),
        (lambda: st.from_torch(torch.nn.LSTM(2, 3, proj_size=2).state_dict(), "lstm"), "no projection"),
        (lambda: st.from_torch(torch.nn.GRU(2, 3).state_dict(), "gru_after", inner_bias=False), "brc"),
        (lambda: st.load_params(st.RNN(2, 3), {"Waa": np.zeros((3, 3))}), "lack Wax, ba"),
        (
            lambda: st.load_params(st.RNN(2, 3), {**st.params_of(st.RNN(2, 3)), "Wy": np.zeros((1, 3))}),
            "have the unknown Wy",
        ),
        (lambda: st.load_params(st.RNN(2, 3), st.params_of(st.RNN(2, 4))), r"params\['Wax'\] must have shape \(3, 2\)"),
    ],
)
def test_what_cannot_be_expressed(convert, message):
    with pytest.raises(ValueError, match=message):
        convert()


def test_a_gru_without_brc_can_be_asked_for_it():
    params = st.params_of(network_of("gru_after", numbered=False))
    state = st.to_torch(params, "gru_after")
    equal(st.from_torch(state, "gru_after", inner_bias=False), params)
    with_it = st.from_torch(state, "gru_after", inner_bias=True)
    equal({name: value for name, value in with_it.items() if name != "brc"}, params)
    assert not with_it["brc"].any()


# ---- state dicts


def models():
    options = {"layers": 2, "dtype": torch.float64}
    yield "E 1/Wf 2/bc Wy by".split(), st.LanguageModel(n_words=5, n_e=4, n_a=3, **options)
    yield ["1/forward/Wu", "2/backward/br"], st.Tagger(n_x=4, n_a=3, n_y=2, cell="gru", bidirectional=True, **options)
    yield ["1/Waa", "E"], st.Classifier(n_x=4, n_a=3, n_y=2, n_words=6, cell="rnn", **options)
    yield (
        ["encoder/E", "decoder/2/pf"],
        st.EncoderDecoder(n_source=5, n_target=6, n_e=4, n_a=3, peephole=True, **options),
    )
    yield ["Wi", "bi", "E", "2/Wc"], st.Captioner(n_f=7, n_words=5, n_e=4, n_a=3, cell="gru_after", **options)
    yield ["brc"], st.GRU(3, 4, reset="after", inner_bias=True)
    yield ["Wax"], torch.nn.ModuleDict({"net": st.RNN(3, 4)})


@pytest.mark.parametrize(("names", "model"), list(models()))
def test_state_dict_has_the_courses_names(names, model):
    state = model.state_dict()
    above = "net." if isinstance(model, torch.nn.ModuleDict) else ""
    assert {above + name.replace("/", ".") for name in names} <= set(state)
    if not above:
        assert set(state) == {name.replace("/", ".") for name in st.params_of(model)}
    other = copy.deepcopy(model)
    with torch.no_grad():
        for value in other.parameters():
            value.add_(1)
    assert not any(torch.equal(other.state_dict()[name], value) for name, value in state.items())
    assert not any(other.load_state_dict(state))
    again = other.state_dict()
    assert list(again) == list(state) and all(torch.equal(again[name], value) for name, value in state.items())


def test_a_state_dict_of_another_model_is_refused():
    with pytest.raises(RuntimeError, match="lack 2/Wax, 2/Waa, 2/ba"):
        st.RNN(3, 4, layers=2).load_state_dict(st.RNN(3, 4, numbered=True).state_dict())
    with pytest.raises(RuntimeError, match=r"params\['Wax'\] must have shape \(4, 3\), got \(4, 2\)"):
        st.RNN(3, 4).load_state_dict(st.RNN(2, 4).state_dict())


@pytest.mark.parametrize("make", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_a_copy_trains_only_the_courses_parameters(make):
    """Of torch.nn's second bias nothing but brc is trained, in a copy as well."""
    for kind in ("lstm", "gru_after", "gru_after with brc"):
        net = make(network_of(kind, bidirectional=True))
        before = st.params_of(net)
        optimiser = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.1)
        net(torch.randn(3, 2, 5, dtype=torch.float64))[0].square().sum().backward()
        optimiser.step()
        after = st.params_of(net)
        second = net.weights.bias_hh_l0_reverse.detach()
        assert not second[: -net.n_a].any() and bool(second[-net.n_a :].any()) == (kind == "gru_after with brc")
        assert all(not np.array_equal(after[name], value) for name, value in before.items())
        gradients = st.gradients_of(net)
        for name, value in part(before, "").items():
            np.testing.assert_allclose(after[name], value - 0.1 * gradients["d" + name], atol=1e-12)


class Measured(st.Tagger):
    """A learner's network: a parameter and a buffer of its own, and an attention beside the layers."""

    def __init__(self):
        super().__init__(n_x=3, n_a=2, n_y=2, n_words=4, rng=np.random.default_rng(0))
        self.scale = torch.nn.Parameter(torch.tensor(2.0))
        self.register_buffer("seen", torch.tensor(7))
        self.attention = torch.nn.Linear(2, 2)


def test_what_a_subclass_adds_is_saved_and_loaded():
    one, other = Measured(), Measured()
    own = {"scale", "seen", "attention.weight", "attention.bias"}
    state = one.state_dict()
    assert set(state) == {name.replace("/", ".") for name in one.named_tensors()} | own
    with torch.no_grad():
        for value in (*one.parameters(), one.seen):
            value += 1
    other.load_state_dict(one.state_dict())
    for name, value in other.state_dict().items():
        assert torch.equal(value, one.state_dict()[name]), name
