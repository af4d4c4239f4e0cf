"""Lesson 5: one vector from a padded batch and its gradient, and the forms of a network, against networks run one sequence at a time."""

import numpy as np
import pytest

import seqlib
from seqlib import fast
from seqlib.encoder_decoder import translate, translator_parameters
from seqlib.pooling import POOLS, pool_states, pool_states_backward
from seqlib.rnn import WEIGHTS
from tests.parity import pooling_problem, random_mask, relative

N_X, N_A, N_Y, M, T_X = 3, 4, 5, 6, 7


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def network(rng, n_x, n_y, n_a=N_A):
    shapes = {"Wax": (n_a, n_x), "Waa": (n_a, n_a), "ba": (n_a, 1), "Wya": (n_y, n_a), "by": (n_y, 1)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def padded(rng, n_x=N_X, m=M, T_x=T_X):
    """Inputs whose padding is noise, and their mask: no result may depend on it."""
    return rng.normal(size=(n_x, m, T_x)), random_mask(rng, m, T_x)


# ------------------------------------------------------------------------------------------------ one vector for a sequence


@pytest.mark.parametrize("seed", range(5))
def test_final_states_are_those_of_each_sequence_alone(seed):
    rng = np.random.default_rng(seed)
    x, mask = padded(rng)
    params, a0 = network(rng, N_X, N_Y), rng.normal(size=(N_A, M))
    states = seqlib.final_states(seqlib.rnn_forward(x, a0, params)[0], mask)
    for i, length in enumerate(mask.sum(axis=1).astype(int)):
        alone = seqlib.rnn_forward(x[:, i : i + 1, :length], a0[:, i : i + 1], params)[0]
        np.testing.assert_allclose(states[:, i], alone[:, 0, -1], rtol=1e-12)
    carried = seqlib.rnn_forward(x, a0, params, mask=mask)[0]
    np.testing.assert_allclose(states, carried[:, :, -1], rtol=1e-12)


@pytest.mark.parametrize("kind", [float, int, bool])
def test_the_last_step_whose_mask_is_one_is_read_wherever_padding_stands(kind):
    a = np.arange(12.0).reshape(1, 3, 4)
    mask = np.array([[0, 0, 1, 1], [1, 1, 0, 0], [0, 1, 0, 0]]).astype(kind)
    assert seqlib.final_states(a, mask).tolist() == [[3, 5, 9]]
    da = seqlib.final_states_backward(np.array([[1.0, 2.0, 3.0]]), mask)
    assert da.tolist() == [[[0, 0, 0, 1], [0, 2, 0, 0], [0, 3, 0, 0]]]


@pytest.mark.parametrize("pool", POOLS)
def test_the_gradient_of_pooling_three_ways(pool):
    pytest.importorskip("torch")
    for seed in range(3):
        problem = pooling_problem(pool, np.random.default_rng(seed))
        for other, limit in ((problem.numerical(), 1e-8), (problem.autograd(), 1e-12)):
            assert relative(problem.gradients["a"], other["a"]) < limit


@pytest.mark.parametrize("pool", POOLS)
def test_pooling_does_not_see_padding(rng, pool):
    a, mask = padded(rng, n_x=N_A)
    noise = np.where(mask > 0, a, 1e3 * rng.normal(size=a.shape))
    np.testing.assert_array_equal(pool_states(a, mask, pool), pool_states(noise, mask, pool))
    da = pool_states_backward(rng.normal(size=(N_A, M)), noise, mask, pool)
    assert not da[:, mask == 0].any() and da[:, mask == 1].any()


def test_of_equal_largest_states_the_first_gets_the_gradient():
    a, mask = np.array([[[0.2, 0.7, 0.7, 0.9]]]), np.array([[1.0, 1.0, 1.0, 0.0]])
    assert pool_states_backward(np.array([[2.0]]), a, mask, "max").tolist() == [[[0, 2, 0, 0]]]


@pytest.mark.parametrize("pool", POOLS)
def test_pooling_keeps_the_dtype(rng, pool):
    a, mask = (array.astype(np.float32) for array in padded(rng, n_x=N_A))
    pooled = pool_states(a, mask, pool)
    assert pooled.dtype == pool_states_backward(pooled, a, mask, pool).dtype == np.float32


# ------------------------------------------------------------------------------------------------ the forms


def test_many_to_one_answers_each_sequence_as_it_would_alone(rng):
    x, mask = padded(rng)
    params, a0 = network(rng, N_X, N_Y), rng.normal(size=(N_A, M))
    y_hat = seqlib.many_to_one_forward(x, a0, params, mask)
    for i, length in enumerate(mask.sum(axis=1).astype(int)):
        alone = seqlib.rnn_forward(x[:, i : i + 1, :length], a0[:, i : i + 1], params)[1]
        np.testing.assert_allclose(y_hat[:, i], alone[:, 0, -1], rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_one_to_many_is_the_network_on_its_own_outputs(seed):
    rng = np.random.default_rng(seed)
    params, x1, a0 = network(rng, N_X, N_X), rng.normal(size=(N_X, M)), rng.normal(size=(N_A, M))
    y, y_hat = seqlib.one_to_many_forward(x1, a0, params, 5)
    np.testing.assert_array_equal(y, y_hat.argmax(axis=0))
    x = np.concatenate([x1[:, :, None], seqlib.one_hot(y[:, :-1], N_X)], axis=2)
    np.testing.assert_allclose(y_hat, fast.rnn_forward(x, a0, params)[1], rtol=1e-12)


def test_encoder_and_decoder_are_the_translator_of_lesson_15(rng):
    words, target = 6, 5
    params = translator_parameters(rng, n_source=words, n_target=target, n_e=4, n_a=8, cell="rnn")
    params = {name: 2 * value + 0.1 * rng.normal(size=value.shape) for name, value in params.items()}
    halves = {}
    for half in ("encoder/", "decoder/"):
        own = {name: params[f"{half}1/{name}"] for name in WEIGHTS}
        halves[half] = own | {"Wax": own["Wax"] @ params[f"{half}E"]}
    halves["decoder/"] |= {"Wya": params["decoder/Wy"], "by": params["decoder/by"]}
    sentences = [[1, 2, 3, 4], [5], [0, 3]]
    indices, mask = seqlib.pad_batch(sentences)
    y, _ = seqlib.encoder_decoder_forward(seqlib.one_hot(indices, words), mask, *halves.values(), 6)
    for row, sentence in zip(y.tolist(), sentences, strict=True):
        end = 0
        written = row[: row.index(end)] if end in row else row
        assert written == translate(params, sentence, end, cell="rnn", max_length=6)


def test_what_the_decoder_writes_depends_on_what_was_read_and_not_on_padding():
    rng = np.random.default_rng(4)
    x, mask = padded(rng)
    encoder = {name: value for name, value in network(rng, N_X, N_Y).items() if name in WEIGHTS}
    decoder = network(rng, N_Y, N_Y)
    y_hat = seqlib.encoder_decoder_forward(x, mask, encoder, decoder, 4)[1]
    noise = np.where(mask > 0, x, rng.normal(size=x.shape))
    np.testing.assert_array_equal(y_hat, seqlib.encoder_decoder_forward(noise, mask, encoder, decoder, 4)[1])
    other = seqlib.encoder_decoder_forward(-x, mask, encoder, decoder, 4)[1]
    assert (np.abs(other - y_hat).max(axis=(0, 2)) > 1e-6).all()


def test_a_learners_functions_stand_in():
    rng = np.random.default_rng(5)
    x, mask = padded(rng)
    encoder = {name: value for name, value in network(rng, N_X, N_Y).items() if name in WEIGHTS}
    decoder = network(rng, N_Y, N_Y)
    with seqlib.using(final_states=lambda a, mask: np.zeros((N_A, M))):
        y_hat = seqlib.encoder_decoder_forward(x, mask, encoder, decoder, 2)[1]
        assert np.ptp(y_hat, axis=1).max() < 1e-12  # every sequence gets the same
    with seqlib.using(one_to_many_forward=lambda x1, a0, params, T_y: (x1, a0)):
        assert not seqlib.encoder_decoder_forward(x, mask, encoder, decoder, 2)[0].any()
    with seqlib.using(final_states_backward=lambda da_last, mask: "mine"):
        assert pool_states_backward(np.ones((N_A, M)), np.ones((N_A, M, T_X)), mask, "last") == "mine"


# ------------------------------------------------------------------------------------------------ errors

A, MASK = np.ones((2, 3, 4)), np.ones((3, 4))
NET = network(np.random.default_rng(0), 5, 5)
ENCODER = {name: NET[name] for name in WEIGHTS}
X5 = np.ones((5, 3, 4))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: seqlib.final_states(A.tolist(), MASK), TypeError, "a must be a NumPy array"),
        (lambda: seqlib.final_states(A, None), TypeError, "mask must be a NumPy array .* all ones"),
        (lambda: seqlib.final_states(A, MASK[:2]), ValueError, "mask must be .* with m = 3 as in a"),
        (lambda: seqlib.final_states(A, MASK[:, :3]), ValueError, "T_x = 4 as in a"),
        (lambda: seqlib.final_states(A, 2 * MASK), ValueError, "only zeros"),
        (lambda: seqlib.final_states(A, MASK * [[1], [0], [1]]), ValueError, "sequence 1 has no real step"),
        (lambda: seqlib.final_states_backward(A, MASK), ValueError, "da_last must have the axes"),
        (lambda: seqlib.final_states_backward(A[:, :2, 0], MASK), ValueError, "mask must be .* with m = 2"),
        (lambda: seqlib.pool_states(A, MASK, "sum"), ValueError, "pool must be one of last, mean, max"),
        (lambda: pool_states_backward(A[:, :, 0], A, MASK, "sum"), ValueError, "pool must be"),
        (lambda: pool_states_backward(A[:1, :, 0], A, MASK, "mean"), ValueError, "dpooled must be .* n_a = 2 as in a"),
        (lambda: pool_states_backward(A[:1, :, 0], A, MASK, "max"), ValueError, "dpooled must be"),
        (lambda: pool_states_backward(A[:1, :, 0], A, MASK, "last"), ValueError, "dpooled must be"),
        (lambda: pool_states_backward(A[:, :, 0], A, MASK[:, 1:], "last"), ValueError, "mask must be"),
        (lambda: seqlib.many_to_one_forward(X5, np.ones((4, 3)), ENCODER, MASK), ValueError, "lacks Wya, by"),
        (
            lambda: seqlib.one_to_many_forward(X5[:, :, 0], np.ones((4, 3)), NET, 0),
            ValueError,
            "T_y must be at least 1",
        ),
        (lambda: seqlib.one_to_many_forward(X5[:, :, 0], np.ones((4, 2)), NET, 1), ValueError, "a0 must be"),
        (
            lambda: seqlib.one_to_many_forward(
                X5[:, :, 0], np.ones((4, 3)), {**NET, "Wya": NET["Wya"][:2], "by": NET["by"][:2]}, 1
            ),
            ValueError,
            "n_y must be n_x = 5, got n_y = 2",
        ),
        (lambda: seqlib.one_to_many_forward(X5[:, :, 0], np.ones((4, 3)), ENCODER, 1), ValueError, "lacks Wya, by"),
        (
            lambda: seqlib.encoder_decoder_forward(X5[:, :, 0], MASK, ENCODER, NET, 1),
            ValueError,
            "x must have the axes",
        ),
        (lambda: seqlib.encoder_decoder_forward(X5, MASK, NET, NET, 1), ValueError, "unknown 'Wya'"),
        (lambda: seqlib.encoder_decoder_forward(X5, MASK, ENCODER, ENCODER, 1), ValueError, "lacks Wya, by"),
        (
            lambda: seqlib.encoder_decoder_forward(X5, MASK, ENCODER, network(np.random.default_rng(0), 5, 5, 3), 1),
            ValueError,
            "as many units; got n_a = 4 and 3",
        ),
    ],
)
def test_errors_say_what_was_expected(call, error, words):
    with pytest.raises(error, match=words):
        call()
