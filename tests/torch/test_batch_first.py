"""Between the course's columns and torch.nn's rows: there and back, an LSTM step, its weights, and a step of training."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is an extra of seqlib: pip install -e '.[torch]'")

import seqlib  # noqa: E402
from seqlib import initialise_lstm, lstm_forward  # noqa: E402
from seqlib.clipping import clip_by_norm  # noqa: E402
from seqlib.torch import lstm_cell_batch_first, to_batch_first, to_columns, to_torch_lstm  # noqa: E402
from seqlib.torch.training import train, training_step  # noqa: E402

SIZES = [(1, 1, 1, 1), (3, 5, 2, 7), (4, 4, 4, 4), (1, 6, 3, 2)]  # n_x, n_a, m, T_x


@pytest.mark.parametrize(("n_x", "n_a", "m", "T_x"), SIZES)
def test_columns_come_back_as_they_went(n_x, n_a, m, T_x):
    x = np.random.default_rng(0).normal(size=(n_x, m, T_x))
    tensor = to_batch_first(x, dtype=torch.float64)
    assert tensor.shape == (m, T_x, n_x)
    assert all(tensor[i, t, k] == x[k, i, t] for k, i, t in np.ndindex(x.shape))
    np.testing.assert_array_equal(to_columns(tensor), x)
    assert to_batch_first(x).dtype == torch.float32 and to_batch_first(x, device="meta").device.type == "meta"


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_neither_way_shares_memory(dtype):
    x = np.ones((1, 2, 3))
    tensor = to_batch_first(x, dtype=dtype)
    back = to_columns(tensor.requires_grad_())
    x[:] = 2
    assert (to_columns(tensor) == 1).all()
    with torch.no_grad():
        tensor.fill_(3)
    assert (back == 1).all() and back.dtype == (np.float64 if dtype == torch.float64 else np.float32)


@pytest.mark.parametrize(("n_x", "n_a", "m", "T_x"), SIZES)
def test_weights_of_the_numpy_path_give_its_numbers_in_the_cell_and_in_torch_nn(n_x, n_a, m, T_x):
    rng = np.random.default_rng(1)
    params = initialise_lstm(n_x, n_a, rng)
    for name in ("bf", "bu", "bc", "bo"):
        params[name] = rng.normal(size=(n_a, 1))
    x = rng.normal(size=(n_x, m, T_x))
    a0, c0 = rng.normal(size=(n_a, m)), rng.normal(size=(n_a, m))
    expected, _, memory, _ = lstm_forward(x, a0, params, c0=c0)
    layer = torch.nn.LSTM(n_x, n_a, batch_first=True, dtype=torch.float64)
    layer.load_state_dict(to_torch_lstm(params))
    inputs = to_batch_first(x, dtype=torch.float64)
    a, c = torch.tensor(a0.T), torch.tensor(c0.T)
    states, _ = layer(inputs, (a[None].contiguous(), c[None].contiguous()))
    np.testing.assert_allclose(to_columns(states), expected, atol=1e-12)
    weights = {name.removesuffix("_l0"): value for name, value in layer.state_dict().items()}
    for t in range(T_x):
        a, c = lstm_cell_batch_first(inputs[:, t], a, c, weights)
        np.testing.assert_allclose(a.numpy().T, expected[:, :, t], atol=1e-12)
        np.testing.assert_allclose(c.numpy().T, memory[:, :, t], atol=1e-12)


def test_the_cell_s_gradients_are_those_of_torch_s_own():
    torch.manual_seed(0)
    names = {"weight_ih": (8, 3), "weight_hh": (8, 2), "bias_ih": (8,), "bias_hh": (8,)}
    given = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in ((4, 3), (4, 2), (4, 2))]
    weights = {name: torch.randn(shape, dtype=torch.float64, requires_grad=True) for name, shape in names.items()}
    tensors = [*given, *weights.values()]
    ours = lstm_cell_batch_first(*given, weights)
    theirs = torch.lstm_cell(given[0], given[1:], *weights.values())
    for one, other in zip(
        torch.autograd.grad(sum(y.square().sum() for y in ours), tensors),
        torch.autograd.grad(sum(y.square().sum() for y in theirs), tensors),
        strict=True,
    ):
        torch.testing.assert_close(one, other)


def test_names_that_are_missing_are_said():
    with pytest.raises(ValueError, match="bo"):
        to_torch_lstm({name: value for name, value in params().items() if name != "bo"})


def params():
    return initialise_lstm(3, 2, np.random.default_rng(0))


def squares(model, batch):
    x, y = batch
    return (model(x).to(y.dtype) - y).square().mean()


def problem(dtype=torch.float64):
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2, dtype=dtype)
    batch = torch.randn(5, 3, dtype=dtype), torch.randn(5, 2, dtype=dtype)
    return model, batch, torch.optim.SGD(model.parameters(), 0.5)


@pytest.mark.parametrize("clip", [None, 0.1, 100.0])
def test_a_step_is_the_clipped_gradient_times_the_rate(clip):
    model, batch, sgd = problem()
    before = [p.detach().clone() for p in model.parameters()]
    squares(model, batch).backward()
    gradients = {str(i): p.grad.numpy().copy() for i, p in enumerate(model.parameters())}
    expected = clip_by_norm(gradients, clip) if clip else gradients
    loss = squares(model, batch).detach()
    result = training_step(model, squares, batch, sgd, "cpu", clip=clip)  # what backward() left does not count
    torch.testing.assert_close(result, loss)
    assert not result.requires_grad
    for i, (old, new) in enumerate(zip(before, model.parameters(), strict=True)):
        np.testing.assert_allclose((old - new.detach()).numpy(), 0.5 * expected[str(i)], atol=1e-12)


def test_mixed_precision_multiplies_in_bfloat16_and_keeps_weights_in_float32():
    model, batch, sgd = problem(torch.float32)
    types = []

    def loss(model, batch):
        types.append(model(batch[0]).dtype)
        return squares(model, batch)

    for precision in ("bfloat16", "float32", None):
        training_step(model, loss, batch, sgd, torch.device("cpu"), precision=precision)
    assert types == [torch.bfloat16, torch.float32, torch.float32] and model.weight.dtype == torch.float32
    with pytest.raises(ValueError, match="precision must be one of"):
        training_step(model, loss, batch, sgd, "cpu", precision="float16")


def test_training_runs_a_learner_s_step():
    model, batch, sgd = problem()
    seen = []

    def mine(model, loss, batch, optimiser, device, *, clip, precision):
        seen.append((type(batch[0]), device.type, clip, precision))
        return torch.zeros(())

    with seqlib.using(training_step=mine):
        train(
            model, squares, lambda rng: iter([tuple(b.numpy() for b in batch)]), epochs=2, optimiser=sgd, clip=0.3,
            device="cpu", precision="bfloat16", progress=False,
        )  # fmt: skip
    assert seen == 2 * [(torch.Tensor, "cpu", 0.3, "bfloat16")]


# The exercise's last cell


@pytest.fixture(scope="module")
def solved():
    """What the solved notebook's cells leave behind, the last one included, and what that printed."""
    import contextlib
    import io
    import json
    from pathlib import Path

    path = Path(seqlib.__file__).parents[1] / "solutions/lesson-torch/lesson-torch.ipynb"
    scope, said = {}, io.StringIO()
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        own = cell["metadata"]["nbgrader"]
        if cell["cell_type"] == "code" and not own["grade"]:
            with contextlib.redirect_stdout(said):
                exec("".join(cell["source"]), scope)
    return scope, said.getvalue()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device, which there is none of")
def test_the_last_cell_trains_on_a_gpu(solved):
    scope, said = solved
    assert scope["device"].type == "cuda" and torch.cuda.get_device_name() in said
    assert said.count("100% of 400 new sentences right") == 3
    assert next(scope["model"].parameters()).is_cuda


@pytest.mark.soak
def test_what_the_notebook_says_about_ten_seeds(solved):
    scope, _ = solved

    def learnt(**options):
        return sum(scope["learn"](seed, **options)[1] > 0.95 for seed in range(1, 11))

    assert learnt() == learnt(precision=None) == 10
    scope["sentences"] = seqlib.data.agreement_sentences(gap=32)
    assert learnt() <= 5 and learnt(scale=0.1) >= 9 and learnt(precision=None, scale=0.1) >= 9
