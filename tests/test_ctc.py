"""CTC: equal to the sum over every path, to torch, and its gradient to central differences."""

from __future__ import annotations

from itertools import groupby, product

import numpy as np
import pytest

from seqlib.activations import softmax
from seqlib.ctc import ctc_decode, ctc_loss


def spelled(path, blank=0):
    """What a path spells."""
    return [symbol for symbol, _ in groupby(path) if symbol != blank]


def by_enumeration(logits, target, blank=0):
    """-log of the sum of the probabilities of every path that spells the target: logits (n_y, T_x)."""
    y = softmax(logits)
    n_y, T_x = y.shape
    paths = (path for path in product(range(n_y), repeat=T_x) if spelled(path, blank) == list(target))
    return -np.log(sum(np.prod(y[list(path), range(T_x)]) for path in paths))


@pytest.mark.parametrize("blank", [0, 2])
@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_the_loss_sums_over_every_path(length, blank):
    rng = np.random.default_rng(length)
    symbols = [symbol for symbol in range(3) if symbol != blank]
    for target in product(symbols, repeat=length):
        logits = rng.normal(size=(3, 1, 6))
        loss, _ = ctc_loss(logits, [target], blank=blank)
        np.testing.assert_allclose(loss, by_enumeration(logits[:, 0], target, blank), rtol=1e-12)


def test_an_empty_target_beside_a_longer_one_is_all_blanks():
    logits = np.random.default_rng(0).normal(size=(3, 2, 6))
    loss, _ = ctc_loss(logits, [[], [1]])
    alone = [by_enumeration(logits[:, 0], []), by_enumeration(logits[:, 1], [1])]
    np.testing.assert_allclose(loss, np.mean(alone), rtol=1e-12)


def test_a_target_that_fits_exactly_has_one_path():
    logits = np.random.default_rng(0).normal(size=(4, 1, 3))
    y = softmax(logits)[:, 0]
    np.testing.assert_allclose(ctc_loss(logits, [[1, 2, 3]])[0], -np.log(y[1, 0] * y[2, 1] * y[3, 2]))
    np.testing.assert_allclose(ctc_loss(logits, [[1, 1]])[0], -np.log(y[1, 0] * y[0, 1] * y[1, 2]))


def batch(seed, dtype=np.float64):
    """Five examples of different lengths, one of them an empty target, with repeats."""
    rng = np.random.default_rng(seed)
    n_y, T_x = int(rng.integers(3, 7)), 12
    steps = [12, 7, 9, 12, 5]
    targets = [[int(s) for s in rng.integers(1, n_y, size=k)] for k in (4, 3, 0, 5, 2)]
    mask = (np.arange(T_x) < np.array(steps)[:, None]).astype(float)
    return rng.normal(size=(n_y, 5, T_x)).astype(dtype), targets, mask, steps


@pytest.mark.parametrize("seed", range(5))
def test_padding_changes_nothing(seed):
    logits, targets, mask, steps = batch(seed)
    loss, dlogits = ctc_loss(logits, targets, mask=mask)
    alone = [ctc_loss(logits[:, [i], : steps[i]], [targets[i]]) for i in range(5)]
    np.testing.assert_allclose(loss, np.mean([one for one, _ in alone]), rtol=1e-12)
    for i in range(5):
        np.testing.assert_allclose(5 * dlogits[:, i, : steps[i]], alone[i][1][:, 0], atol=1e-13)
        assert not dlogits[:, i, steps[i] :].any()


@pytest.mark.parametrize("seed", range(5))
def test_the_gradient_equals_central_differences(seed):
    logits, targets, mask, _ = batch(seed)
    _, dlogits = ctc_loss(logits, targets, mask=mask)
    step, numeric = 1e-5, np.zeros_like(logits)
    for place in np.ndindex(logits.shape):
        moved = logits.copy()
        moved[place] += step
        above, _ = ctc_loss(moved, targets, mask=mask)
        moved[place] -= 2 * step
        below, _ = ctc_loss(moved, targets, mask=mask)
        numeric[place] = (above - below) / (2 * step)
    assert np.linalg.norm(numeric - dlogits) / np.linalg.norm(dlogits) < 1e-7


@pytest.mark.parametrize("seed", range(5))
def test_loss_and_gradient_equal_torch(seed):
    torch = pytest.importorskip("torch")
    logits, targets, mask, steps = batch(seed)
    loss, dlogits = ctc_loss(logits, targets, mask=mask)
    given = torch.tensor(logits.transpose(2, 1, 0), requires_grad=True)
    theirs = torch.nn.functional.ctc_loss(
        given.log_softmax(-1),
        torch.tensor([symbol for target in targets for symbol in target]),
        torch.tensor(steps),
        torch.tensor([len(target) for target in targets]),
        reduction="sum",
    )
    (theirs / 5).backward()
    np.testing.assert_allclose(loss, theirs.item() / 5, rtol=1e-12)
    np.testing.assert_allclose(dlogits, given.grad.numpy().transpose(2, 1, 0), rtol=1e-9, atol=1e-12)


def test_float32_stays_float32():
    logits, targets, mask, _ = batch(0, np.float32)
    loss, dlogits = ctc_loss(logits, targets, mask=mask)
    assert dlogits.dtype == np.float32
    np.testing.assert_allclose(loss, ctc_loss(logits.astype(float), targets, mask=mask)[0], rtol=1e-5)


def test_a_long_input_does_not_underflow():
    logits = np.random.default_rng(0).normal(size=(20, 1, 2000)) * 5
    loss, dlogits = ctc_loss(logits, [[3, 3, 5, 7]])
    assert np.isfinite(loss) and np.isfinite(dlogits).all()


def test_decoding_merges_repeats_and_drops_blanks():
    path = [0, 1, 1, 0, 1, 2, 2, 0]
    logits = np.eye(3)[path].T[:, None, :]  # (3, 1, 8)
    assert ctc_decode(logits) == [[1, 1, 2]]
    assert ctc_decode(logits, blank=1) == [[0, 0, 2, 0]]
    assert ctc_decode(logits, mask=np.array([[1, 1, 1, 0, 0, 0, 0, 0]])) == [[1]]
    assert ctc_decode(logits, mask=np.zeros((1, 8))) == [[]]


@pytest.mark.parametrize(
    ("targets", "mask", "message"),
    [
        ([[1]], None, "2 sequences"),
        ([[1], [2]], np.ones((2, 3)), r"mask must be \(m, T_x\) = \(2, 4\)"),
        ([[1], [2]], np.full((2, 4), 0.5), r"only zeros .* and ones .*, got 0\.5"),
        ([[1], [0]], None, "without the blank"),
        ([[1], [3]], None, "has 3, outside 0 to 2"),
        ([[1], [1, 1, 2, 1]], None, r"targets\[1\] needs at least 5 steps; its input has 4"),
        ([[1], []], np.array([[1, 1, 1, 1], [0, 0, 0, 0]]), "at least 1 steps"),
    ],
)
def test_what_does_not_fit_is_refused(targets, mask, message):
    with pytest.raises(ValueError, match=message):
        ctc_loss(np.zeros((3, 2, 4)), targets, mask=mask)


@pytest.mark.parametrize("call", [lambda z, **o: ctc_loss(z, [[1], [2]], **o), ctc_decode], ids=["loss", "decode"])
@pytest.mark.parametrize(
    ("change", "options", "error", "message"),
    [
        (lambda z: z, {"blank": -1}, ValueError, "blank must be the index of one of the n_y symbols, 0 to 2, got -1"),
        (lambda z: z, {"blank": 3}, ValueError, "0 to 2, got 3"),
        (lambda z: z, {"blank": 0.0}, ValueError, r"0 to 2, got 0\.0"),
        (lambda z: z.astype(int), {}, TypeError, "logits must hold floats, got dtype int64"),
        (lambda z: z * np.nan, {}, ValueError, "logits has 24 NaN"),
        (lambda z: z[:, :0], {}, ValueError, "the axis m is empty"),
        (lambda z: z, {"mask": np.full((2, 4), 2.0)}, ValueError, r"only zeros .* and ones .*, got 2"),
    ],
)
def test_the_loss_and_decoding_refuse_the_same_arguments(call, change, options, error, message):
    with pytest.raises(error, match=message):
        call(change(np.zeros((3, 2, 4))), **options)


def test_a_target_of_floats_is_not_cut_to_integers():
    with pytest.raises(TypeError, match=r"targets\[1\] must hold integers, got dtype float64"):
        ctc_loss(np.zeros((3, 2, 4)), [[1], [1.7]])
