"""Losses, clipping, optimisers, gradient checking and the training loop."""

from __future__ import annotations

import numpy as np
import pytest

import seqlib
from seqlib import SGD, Adam, Momentum, gradient_check, sequence_cross_entropy, train
from seqlib.clipping import global_norm
from seqlib.training import History, example_batches, load_checkpoint, save_checkpoint

torch = pytest.importorskip("torch")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def masked(rng, m, T_x):
    return (np.arange(T_x) < rng.integers(1, T_x + 1, size=(m, 1))).astype(float)


@pytest.mark.parametrize("reduction", ["sentence", "token", "sum"])
@pytest.mark.parametrize(("m", "T_x"), [(1, 1), (3, 4)])
def test_cross_entropies_equal_torch(rng, m, T_x, reduction):
    mask = masked(rng, m, T_x)
    parts = {"sentence": m, "token": mask.sum(), "sum": 1}[reduction]
    y, bits = rng.integers(0, 5, (m, T_x)), rng.integers(0, 2, (m, T_x))
    z = torch.tensor(rng.normal(size=(5, m, T_x)), requires_grad=True)
    each = torch.nn.functional.cross_entropy(z.permute(1, 0, 2), torch.tensor(y), reduction="none")
    (each * torch.tensor(mask)).sum().div(parts).backward()
    loss, dlogits = sequence_cross_entropy(z.detach().numpy(), y, mask, reduction=reduction)
    np.testing.assert_allclose(loss, (each.detach().numpy() * mask).sum() / parts, rtol=1e-12)
    np.testing.assert_allclose(dlogits, z.grad.numpy(), rtol=1e-9, atol=1e-15)
    b = torch.tensor(rng.normal(size=(1, m, T_x)), requires_grad=True)
    each = torch.nn.functional.binary_cross_entropy_with_logits(b[0], torch.tensor(bits).double(), reduction="none")
    (each * torch.tensor(mask)).sum().div(parts).backward()
    loss, dlogits = seqlib.binary_cross_entropy(b.detach().numpy(), bits, mask, reduction=reduction)
    np.testing.assert_allclose(loss, (each.detach().numpy() * mask).sum() / parts, rtol=1e-12)
    np.testing.assert_allclose(dlogits, b.grad.numpy(), rtol=1e-9, atol=1e-15)


def test_losses_stay_finite_and_keep_float32():
    z = np.array([[[1e4, -1e4]]], dtype=np.float32)
    loss, dlogits = seqlib.binary_cross_entropy(z, np.array([[0, 0]]))
    assert loss == 1e4 and dlogits.dtype == np.float32
    loss, dlogits = sequence_cross_entropy(np.concatenate([z, -z]), np.array([[1, 1]]))
    assert loss == 2e4 and dlogits.dtype == np.float32 and np.isfinite(dlogits).all()


@pytest.mark.parametrize("padded", [False, True])
def test_the_log_probability_of_each_sentence_is_minus_its_loss(rng, padded):
    mask = masked(rng, 4, 5) if padded else None
    logits, y = rng.normal(size=(3, 4, 5)), rng.integers(0, 3, (4, 5))
    log_p = seqlib.sequence_log_probability(logits, y, mask)
    assert log_p.shape == (4,)
    for i in range(4):
        row = None if mask is None else mask[i : i + 1]
        loss, _ = sequence_cross_entropy(logits[:, i : i + 1], y[i : i + 1], row, reduction="sum")
        np.testing.assert_allclose(log_p[i], -loss, rtol=1e-12)
    far = 1e4 * logits
    assert np.isfinite(seqlib.sequence_log_probability(far, y)).all()


def test_perplexity_of_equal_probabilities_is_the_number_of_words():
    loss, _ = sequence_cross_entropy(np.zeros((8, 2, 3)), np.ones((2, 3), dtype=int), reduction="sum")
    np.testing.assert_allclose(seqlib.perplexity(loss, 6), 8)
    np.testing.assert_allclose(seqlib.bits_per_character(loss, 6), 3)


def test_clipping():
    gradients = {"dW": np.array([3.0, -0.5]), "db": np.array([[-4.0]])}
    cut = seqlib.clip_elementwise(gradients, 1)
    assert cut["dW"].tolist() == [1, -0.5] and cut["db"].tolist() == [[-1]] and gradients["dW"][0] == 3
    cut = seqlib.clip_by_norm(gradients, 1)
    np.testing.assert_allclose(global_norm(cut), 1)
    np.testing.assert_allclose(cut["dW"] / cut["dW"][0], gradients["dW"] / 3)
    assert seqlib.clip_by_norm(gradients, 100)["db"] == -4
    assert seqlib.clip_by_norm({"dW": np.ones(3, np.float32)}, 1)["dW"].dtype == np.float32


LARGE = [(1e20, np.float32), (3e38, np.float32), (1e200, np.float64), (1.7e308, np.float64)]


@pytest.mark.parametrize("limit", [5.0, 1e-3, 1e30])
@pytest.mark.parametrize(("value", "dtype"), LARGE)
def test_the_direction_stays_where_squares_overflow(value, dtype, limit):
    gradients = {"dW": np.array([value, -value / 2], dtype), "db": np.array([[value / 4]], dtype)}
    before = {name: gradient.copy() for name, gradient in gradients.items()}
    cut = seqlib.clip_by_norm(gradients, limit)
    whole = np.concatenate([gradient.ravel() for gradient in cut.values()]).astype(float)
    size = min(limit, value * np.sqrt(1.3125)) if value < 1e300 else limit  # the common norm
    np.testing.assert_allclose(whole, size / np.sqrt(1.3125) * np.array([1, -0.5, 0.25]), rtol=1e-6)
    for name, gradient in cut.items():
        assert gradient.dtype == dtype and gradient is not gradients[name]
        np.testing.assert_array_equal(gradients[name], before[name])


@pytest.mark.parametrize(("value", "dtype"), [(1e-25, np.float32), (1e-170, np.float64)])
def test_a_limit_holds_where_squares_are_rounded_to_zero(value, dtype):
    gradients = {"dW": np.array([4 * value, 0], dtype), "db": np.array([3 * value], dtype)}
    cut = seqlib.clip_by_norm(gradients, value)
    np.testing.assert_allclose(np.concatenate([cut["dW"], cut["db"]]).astype(float) / value, [0.8, 0, 0.6], rtol=1e-6)
    assert seqlib.clip_by_norm(gradients, 10 * value)["db"] == gradients["db"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_gradients_that_are_not_finite_are_an_error(value, dtype):
    gradients = {"dW": np.ones(3, dtype), "db": np.array([[1, value]], dtype)}
    with pytest.raises(FloatingPointError, match=r"gradients\['db'\] has 1 NaN or infinite of 2 elements"):
        seqlib.clip_by_norm(gradients, 1.0)
    if np.isnan(value):
        with pytest.raises(FloatingPointError, match=r"gradients\['db'\] has 1 NaN of 2 elements"):
            seqlib.clip_elementwise(gradients, 1.0)
    else:
        assert np.abs(seqlib.clip_elementwise(gradients, 1.0)["db"]).tolist() == [[1, 1]]


@pytest.mark.parametrize(
    "call", [lambda g: seqlib.clip_by_norm(g, 1), lambda g: seqlib.clip_elementwise(g, 1), global_norm]
)
@pytest.mark.parametrize("dtype", [np.int8, np.int64, bool, complex])
def test_gradients_are_floats(call, dtype):
    with pytest.raises(TypeError, match=rf"gradients\['db'\] must hold floats, got dtype {np.dtype(dtype)}"):
        call({"dW": np.ones(2), "db": np.full(3, 100).astype(dtype)})


@pytest.mark.parametrize("clip", [seqlib.clip_by_norm, seqlib.clip_elementwise])
@pytest.mark.parametrize("limit", [1, 1.0, np.float64(1), np.float32(1)])
def test_the_limits_type_changes_nothing(clip, limit):
    cut = clip({"dW": np.array([3.0, -4.0], np.float32)}, limit)["dW"]
    assert cut.dtype == np.float32
    np.testing.assert_array_equal(cut, clip({"dW": np.array([3.0, -4.0], np.float32)}, 1.0)["dW"])


def test_nothing_to_clip():
    assert seqlib.clip_by_norm({}, 1.0) == {} and global_norm({}) == 0
    assert seqlib.clip_by_norm({"dW": np.zeros(2), "db": np.zeros((0, 1))}, 1.0)["dW"].tolist() == [0, 0]
    np.testing.assert_allclose(global_norm({"dW": np.full(4, 1e200)}), 2e200, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (SGD(0.1), lambda p: torch.optim.SGD(p, 0.1)),
        (Momentum(0.1, 0.8), lambda p: torch.optim.SGD(p, 0.1, momentum=0.8)),
        (Adam(0.1), lambda p: torch.optim.Adam(p, 0.1)),
    ],
)
def test_optimisers_equal_torch(rng, ours, theirs, dtype):
    ours.state = {k: np.zeros(()) for k in ours.state if k == "steps"}
    start = rng.normal(size=(2, 3)).astype(dtype)
    params = {"W": start.copy()}
    parameter = torch.nn.Parameter(torch.tensor(start))
    optimiser = theirs([parameter])
    for _ in range(5):
        gradient = rng.normal(size=(2, 3)).astype(dtype)
        ours.update(params, {"dW": gradient, "dx": gradient})
        parameter.grad = torch.tensor(gradient)
        optimiser.step()
    np.testing.assert_allclose(params["W"], parameter.detach().numpy(), rtol=1e-12 if dtype == np.float64 else 1e-4)
    assert params["W"].dtype == dtype


@pytest.mark.parametrize("kind", [SGD, Momentum, Adam])
@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda p, g: g.pop("db"), ValueError, "lacks db"),
        (lambda p, g: g.update(db=np.ones(3)), ValueError, r"gradients\['db'\] must have the shape"),
        (lambda p, g: g.update(db=np.ones(2, int)), TypeError, r"gradients\['db'\] must hold floats, got dtype int64"),
        (lambda p, g: p.update(b=np.ones(2, int)), TypeError, r"params\['b'\] must hold floats, got dtype int64"),
    ],
)
def test_an_update_changes_all_parameters_or_none(kind, change, error, said):
    params, gradients = {"W": np.ones(2), "b": np.ones(2)}, {"dW": np.ones(2), "db": np.ones(2)}
    optimiser = kind(0.1)
    optimiser.update(params, gradients)
    change(params, gradients)
    before = {name: value.copy() for name, value in {**params, **optimiser.state}.items()}
    with pytest.raises(error, match=said):
        optimiser.update(params, gradients)
    for name, value in {**params, **optimiser.state}.items():
        np.testing.assert_array_equal(value, before[name], err_msg=name)


def test_the_numbers_of_a_comparison():
    row = seqlib.gradients.compare_gradients("dW", np.array([3.0, 4.0]), np.array([1.0, -4.0]))
    assert row.relative_error == pytest.approx(68**0.5 / (5 + 17**0.5)) and row.largest_difference == 8
    assert not row.passed and not row.exact


def test_gradient_check_finds_the_wrong_one(rng, capsys):
    arrays = {"W": rng.normal(size=(2, 3)), "b": rng.normal(size=(2, 1)), "x": np.ones(2)}

    def loss(p):
        return float(np.sin(p["W"]).sum() + (p["b"] ** 2).sum())

    right = {"dW": np.cos(arrays["W"]), "db": 2 * arrays["b"]}
    assert all(row.passed for row in gradient_check(loss, arrays, right))
    before = {name: value.copy() for name, value in arrays.items()}
    rows = gradient_check(loss, arrays, right | {"db": 2.001 * arrays["b"]}, verbose=False)
    assert [(row.name, row.passed) for row in rows] == [("dW", True), ("db", False)]
    assert all((arrays[name] == before[name]).all() for name in arrays)
    assert "relative error" in capsys.readouterr().out
    row = seqlib.gradients.compare_gradients("dW", np.zeros(2), np.zeros(2))
    assert row.exact and row.passed and row.relative_error == 0
    assert "differs" in seqlib.gradients.gradient_table(rows)


def quadratic(params, batch):
    """The mean of (W - batch)^2 and its gradient."""
    difference = params["W"] - batch.mean(axis=0)
    return float((difference**2).sum()), {"dW": 2 * difference}


def batches_of(values):
    return example_batches(list(values), 3, np.array)


def test_training_lowers_the_loss_and_a_resumed_run_is_the_same(rng, tmp_path):
    batches = batches_of(rng.normal(2, 0.1, size=(8, 4)))
    whole, halves = {"W": np.zeros(4)}, {"W": np.zeros(4)}
    args = {"evaluate": lambda p: float(p["W"].mean()), "seed": 3, "progress": False}
    history = train(whole, quadratic, batches, epochs=6, optimiser=Adam(0.1), **args)
    assert history.losses[-1] < history.losses[0] and len(history.scores) == 6
    path = tmp_path / "c.npz"
    train(halves, quadratic, batches, epochs=2, optimiser=Adam(0.1), checkpoint=path, **args)
    halves = {"W": np.full(4, 9.0)}
    resumed = train(halves, quadratic, batches, epochs=6, optimiser=Adam(0.1), checkpoint=path, **args)
    np.testing.assert_array_equal(halves["W"], whole["W"])
    assert resumed == history and [file.name for file in tmp_path.iterdir()] == ["c.npz"]
    with pytest.raises(ValueError, match="another model"):
        load_checkpoint(path, {"V": np.zeros(4)}, Adam())


@pytest.mark.parametrize(("one", "other"), [(Adam, Momentum), (Momentum, Adam), (SGD, Adam)])
def test_a_checkpoint_of_another_optimiser_is_refused_and_changes_nothing(one, other, tmp_path):
    path, params = tmp_path / "c.npz", {"W": np.zeros(4)}
    save_checkpoint(path, {"W": np.ones(4)}, one(0.1), History([1.0], []))
    optimiser = other(0.1)
    state = dict(optimiser.state)
    with pytest.raises(ValueError, match=f"holds the state of {one.__name__}, got the optimiser {other.__name__}"):
        load_checkpoint(path, params, optimiser)
    assert not params["W"].any() and optimiser.state == state
    load_checkpoint(path, params, one(0.1))
    assert params["W"].all()


def test_a_checkpoint_that_does_not_name_its_optimiser_still_loads(tmp_path):
    path, params = tmp_path / "old.npz", {"W": np.zeros(4)}
    np.savez(path, **{"params/W": np.ones(4), "optimiser/v/W": np.full(4, 2.0), "losses": [0.5], "scores": []})
    optimiser = Momentum(0.1)
    assert load_checkpoint(path, params, optimiser) == History([0.5], [])
    assert params["W"].all() and optimiser.state["v/W"].tolist() == [2.0] * 4


def test_training_stops_at_once_on_nan():
    with pytest.raises(FloatingPointError, match="epoch 1, batch 1: lower the learning rate"):
        train({"W": np.full(4, np.inf)}, quadratic, batches_of(np.ones((2, 4))), epochs=1, clip=None, progress=False)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: seqlib.perplexity(1.0, 0), ValueError, "tokens must be a positive"),
        (lambda: sequence_cross_entropy(np.zeros((3, 1, 2)), [[0, 3]]), ValueError, "targets has 3, outside 0 to 2"),
        (lambda: sequence_cross_entropy(np.zeros((3, 1, 2)), [0, 1]), ValueError, "targets must be"),
        (lambda: sequence_cross_entropy(np.zeros((3, 1, 1)), [[0]], np.zeros((1, 1))), ValueError, "all zeros"),
        (lambda: sequence_cross_entropy(np.zeros((3, 1, 1)), [[0]], reduction="mean"), ValueError, "one of sentence"),
        (lambda: sequence_cross_entropy(np.zeros((3, 1)), [[0]]), ValueError, "logits must have the axes"),
        (
            lambda: seqlib.binary_cross_entropy(np.zeros((1, 1, 2)), np.array([[0.0, 1.0]])),
            TypeError,
            r"targets must be the integers 0 and 1, got dtype float64: use \.astype\(int\)",
        ),
        (
            lambda: seqlib.binary_cross_entropy(np.zeros((1, 1, 2)), [[0, 2]]),
            ValueError,
            "targets has 2, outside 0 to 1",
        ),
        (lambda: seqlib.clip_by_norm({}, 0), ValueError, "limit must be positive"),
        (
            lambda: seqlib.clip_by_norm({"dW": [1.0]}, 1),
            TypeError,
            r"gradients\['dW'\] must be a NumPy array, got list",
        ),
        (lambda: SGD(0), ValueError, "learning_rate must be positive"),
        (lambda: SGD().update({"W": np.ones(2)}, {"db": np.ones(2)}), ValueError, "lacks dW"),
        (lambda: SGD().update({"W": np.ones(2)}, {"dW": np.ones(3)}), ValueError, "shape"),
        (lambda: gradient_check(lambda p: 0.0, {"W": np.ones(2)}, {}), ValueError, "must hold dW"),
        (
            lambda: gradient_check(lambda p: np.nan, {"W": np.ones(2)}, {"dW": np.ones(2)}),
            ValueError,
            "must be finite.*got nan",
        ),
        (lambda: gradient_check(lambda p: 0.0, {"W": np.ones(2)}, {"dW": np.ones(3)}), ValueError, "shape"),
        (lambda: gradient_check(lambda p: 0.0, {"W": np.ones(2, "f4")}, {"dW": np.ones(2)}), TypeError, "float64"),
        (lambda: train({}, quadratic, lambda r: iter([]), epochs=0), ValueError, "epochs"),
        (lambda: train({}, quadratic, lambda r: iter([]), epochs=1), ValueError, "no batch"),
    ],
)
def test_errors_say_what_was_expected(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_a_history_starts_empty():
    assert History() == History([], [])


def test_every_epoch_has_its_own_order_and_a_seed_repeats_them():
    def draws(seed):
        drawn = []

        def batches(generator):
            drawn.append(generator.integers(1 << 30))
            return iter([np.ones((1, 4))])

        train({"W": np.zeros(4)}, quadratic, batches, epochs=3, seed=seed, progress=False)
        return drawn

    assert draws(0) == draws(0) and len(set(draws(0) + draws(1))) == 6
