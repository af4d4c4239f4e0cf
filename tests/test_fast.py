"""The fast functions give what the plain loops give: every result and every gradient, to 1e-12 in float64."""

import inspect
import subprocess
import sys

import numpy as np
import pytest

import seqlib
from seqlib import cells, fast
from tests.parity import KINDS, output, random_mask, split, weights

SEQUENCES = [name for name in fast.__all__ if name.partition("_")[0] in ("rnn", "lstm", "gru")]


def assert_equal(one, other, where=""):
    """Nested results, arrays to 1e-12."""
    if isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for key in one:
            assert_equal(one[key], other[key], f"{where} {key}")
    elif isinstance(one, tuple | list):
        assert len(one) == len(other), where
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_equal(a, b, f"{where} {i}")
    elif isinstance(one, np.ndarray):
        assert one.shape == other.shape and one.dtype == other.dtype, where
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12, err_msg=where)
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=1e-12), where
    else:
        assert one == other, where


def problem(kind, seed):
    """A random problem: sizes from 1 to 6, biases that are not zero, states to start from; sometimes without an output layer."""
    rng = np.random.default_rng(seed)
    n_x, n_a, n_y, m, T_x = rng.integers(1, 7, size=5)
    cell, _ = split(kind)
    p = weights(kind, rng, n_x, n_a) | (output(kind, rng, n_y, n_a) if seed % 3 else {})
    x, a0, c0 = rng.normal(size=(n_x, m, T_x)), rng.normal(size=(n_a, m)), rng.normal(size=(n_a, m))
    options = {"mask": random_mask(rng, m, T_x) if seed % 2 else None, "logits": bool(seed % 4 == 3)}
    positional = () if cell in ("rnn", "lstm") else (cells.RESETS[cell],)
    if cell == "lstm" and seed % 5:
        options["c0"] = c0
    da, dc = rng.normal(size=(2, n_a, m, T_x))
    back = {"steps": [None, 1, 2, 3, 9][seed % 5]} | ({"dc": dc} if cell == "lstm" and seed % 2 else {})
    return cell.partition("_")[0], (x, a0, p, *positional), options, da, back


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", KINDS)
def test_equal_to_the_plain_loops(kind, seed):
    name, args, options, da, back = problem(kind, seed)
    plain = getattr(seqlib, f"{name}_forward")(*args, **options)
    quick = getattr(fast, f"{name}_forward")(*args, **options)
    assert_equal(plain, quick)
    # either backward pass takes the caches of either forward pass
    expected = getattr(seqlib, f"{name}_backward")(da, plain[-1], **back)
    for module in (fast, seqlib):
        assert_equal(expected, getattr(module, f"{name}_backward")(da, quick[-1], **back))
    assert_equal(expected, getattr(fast, f"{name}_backward")(da, plain[-1], **back))


@pytest.mark.parametrize("seed", range(6))
def test_the_layers_around_them_are_equal(seed):
    rng = np.random.default_rng(seed)
    n, n_y, m, T_x = rng.integers(1, 7, size=4)
    a, dz = rng.normal(size=(n, m, T_x)), rng.normal(size=(n_y, m, T_x))
    for name in ("Wya", "Wy"):
        p = {name: rng.normal(size=(n_y, n)), "by": rng.normal(size=(n_y, 1))}
        for logits in (False, True):
            assert_equal(seqlib.output_forward(a, p, logits=logits), fast.output_forward(a, p, logits=logits))
        assert_equal(seqlib.output_backward(dz, a, p), fast.output_backward(dz, a, p))
    words, mask = rng.integers(0, n_y, size=(m, T_x)), random_mask(rng, m, T_x) if seed % 2 else None
    for reduction in ("sentence", "token", "sum"):
        args = (dz * 10, words, mask)
        assert_equal(
            seqlib.sequence_cross_entropy(*args, reduction=reduction),
            fast.sequence_cross_entropy(*args, reduction=reduction),
        )
    E = rng.normal(size=(n, n_y))
    assert_equal(seqlib.embedding_forward(words, E), fast.embedding_forward(words, E))
    assert_equal(seqlib.embedding_backward(a, words, n_y), fast.embedding_backward(a, words, n_y))


def test_large_logits_stay_finite():
    z = np.array([[[1e4, -1e4]], [[0.0, 0.0]]])
    for words, expected in (([[0, 1]], 0.0), ([[1, 0]], 2e4)):
        loss, dlogits = fast.sequence_cross_entropy(z, np.array(words))
        assert loss == expected and np.isfinite(dlogits).all()
        assert_equal(seqlib.sequence_cross_entropy(z, np.array(words)), (loss, dlogits))


@pytest.mark.parametrize("name", fast.__all__)
def test_the_signatures_are_the_same(name):
    assert inspect.signature(getattr(fast, name)) == inspect.signature(getattr(seqlib, name))


@pytest.mark.parametrize("name", fast.__all__)
def test_single_precision_stays(name):
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(3, 2, 4)).astype(np.float32), rng.integers(0, 3, size=(2, 4))
    if name in SEQUENCES:
        kind, args, options, da, _ = problem(name.partition("_")[0], 1)
        x, a0, p, *rest = args
        p = {key: value.astype(np.float32) for key, value in p.items()}
        options = {"mask": options["mask"]}
        *results, caches = getattr(fast, f"{kind}_forward")(
            x.astype(np.float32), a0.astype(np.float32), p, *rest, **options
        )
        back = getattr(fast, f"{kind}_backward")(da.astype(np.float32), caches)
        arrays = [*results, *back.values()]
    elif name.startswith("output"):
        p = {"Wy": np.ones((3, 3), np.float32), "by": np.ones((3, 1), np.float32)}
        arrays = [fast.output_forward(z, p), *fast.output_backward(z, z, p).values()]
    elif name.startswith("embedding"):
        arrays = [fast.embedding_forward(y, z.reshape(2, 12)), fast.embedding_backward(z, y, 3)]
    else:
        arrays = [fast.sequence_cross_entropy(z, y)[1]]
    assert all(array.dtype == np.float32 for array in arrays)


def test_an_unknown_function_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'rnn_cell'"):
        _ = fast.rnn_cell


LOADED = """
import sys, numpy as np, seqlib
def loaded():
    return sorted(name for name in sys.modules if name.startswith("seqlib.fast."))
assert loaded() == [], loaded()
for name in ("matplotlib", "torch", "seqlib.book", "seqlib.data", "seqlib.exercises"):
    assert name not in sys.modules, name
params = seqlib.network_parameters(np.random.default_rng(0), n_x=2, n_a=3, n_y=2, cell="rnn")
x, y = np.zeros((2, 1, 4)), np.zeros((1, 4), int)
with seqlib.using(rnn_cell_forward=seqlib.rnn_cell_forward, rnn_cell_backward=seqlib.rnn_cell_backward):
    seqlib.tagger_loss(params, x, y, cell="rnn")
assert "seqlib.fast.rnn" not in sys.modules
seqlib.tagger_loss(params, x, y, cell="rnn")
assert "seqlib.fast.rnn" in sys.modules and not {"seqlib.fast.gru", "seqlib.fast.lstm"} & set(sys.modules)
"""


def test_a_fast_module_is_loaded_when_it_is_used():
    subprocess.run([sys.executable, "-c", LOADED], check=True)
