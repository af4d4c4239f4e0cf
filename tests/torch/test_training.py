"""The training loop for torch modules: resumes to the same result, seeds, devices, precision, errors."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is an extra of seqlib: pip install -e '.[torch]'")

from seqlib.clipping import clip_by_norm as numpy_clip  # noqa: E402
from seqlib.torch import training  # noqa: E402


class Model(torch.nn.Module):
    """Words to words, with dropout, so that a resumed run has to draw the same random numbers."""

    def __init__(self, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        self.table, self.drop, self.out = torch.nn.Embedding(5, 8), torch.nn.Dropout(0.3), torch.nn.Linear(8, 5)

    def forward(self, words):
        return self.out(self.drop(self.table(words)))


def loss(model, batch):
    words, targets = batch
    return torch.nn.functional.cross_entropy(model(words).flatten(0, 1), targets.flatten())


def batches(rng):
    for _ in range(4):
        words = rng.integers(0, 5, size=(3, 6))
        yield words, (words + 1) % 5


def fit(model, epochs=4, **options):
    return training.train(model, loss, batches, epochs=epochs, device="cpu", progress=False, **options)


def weights(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def equal(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def test_training_makes_the_loss_small():
    model = Model()
    history = fit(model, epochs=30, optimiser=torch.optim.Adam(model.parameters(), 0.05))
    assert history.losses[-1] < 0.5 < history.losses[0]


def test_a_killed_run_goes_on_to_the_same_result(tmp_path):
    whole, cut = Model(), Model()
    history = fit(whole)
    fit(cut, epochs=2, checkpoint=tmp_path / "run.pt")
    fresh = Model(seed=9)
    resumed = fit(fresh, epochs=4, checkpoint=tmp_path / "run.pt")
    assert equal(weights(whole), weights(fresh))
    assert resumed == history


def test_a_checkpoint_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    fit(Model(), epochs=1, checkpoint=path)
    before = path.read_bytes()

    def killed(state, file):
        file.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        fit(Model(), epochs=2, checkpoint=path)
    assert path.read_bytes() == before


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    fit(Model(), epochs=1, checkpoint=tmp_path / "run.pt")
    other = torch.nn.Linear(2, 2)
    with pytest.raises(ValueError, match="another model"):
        fit(other, checkpoint=tmp_path / "run.pt")


def test_the_seed_decides_batches_and_dropout():
    one, same, other = Model(), Model(), Model()
    fit(one, seed=1), fit(same, seed=1), fit(other, seed=2)
    assert equal(weights(one), weights(same)) and not equal(weights(one), weights(other))


def test_the_callers_random_numbers_are_left_alone():
    model = Model()
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    fit(model, epochs=1)
    assert torch.equal(torch.rand(4), expected)


def test_evaluation_is_without_dropout_and_gradients():
    seen = []

    def evaluate(model):
        seen.append((model.training, torch.is_grad_enabled()))
        return 0.5

    history = fit(Model(), epochs=2, evaluate=evaluate)
    assert seen == [(False, False)] * 2 and history.scores == [0.5, 0.5]


def test_bfloat16_is_close_and_keeps_the_weights_type():
    whole, lower = Model(), Model()
    exact, rough = fit(whole), fit(lower, precision="bfloat16")
    assert lower.out.weight.dtype == torch.float32
    assert exact.losses != rough.losses
    np.testing.assert_allclose(rough.losses, exact.losses, rtol=0.02)


@pytest.mark.parametrize("limit", [0.01, 1e6])
def test_clipping_is_numpys(limit):
    model = Model()
    words = torch.arange(5)[None]
    loss(model.eval(), (words, words)).backward()
    gradients = {f"d{name}": p.grad.double().numpy().copy() for name, p in model.named_parameters()}
    training.clip_by_norm(model.parameters(), limit)
    for (_, p), expected in zip(model.named_parameters(), numpy_clip(gradients, limit).values(), strict=True):
        np.testing.assert_allclose(p.grad.numpy(), expected, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("limit", [5.0, 1e30])
@pytest.mark.parametrize(
    ("value", "dtype"), [(1e20, torch.float32), (3e38, torch.float32), (3e38, torch.bfloat16), (1e200, torch.float64)]
)
def test_the_direction_stays_where_squares_overflow(value, dtype, limit):
    model = torch.nn.Linear(2, 1).to(dtype)
    model.weight.grad = torch.tensor([[value, -value / 2]], dtype=dtype)
    model.bias.grad = torch.tensor([value / 4], dtype=dtype)
    gradients = {name: p.grad.double().numpy().copy() for name, p in model.named_parameters()}
    training.clip_by_norm(model.parameters(), limit)
    for (name, p), expected in zip(model.named_parameters(), numpy_clip(gradients, limit).values(), strict=True):
        np.testing.assert_allclose(p.grad.double().numpy(), expected, rtol=2 * torch.finfo(dtype).eps, err_msg=name)


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_gradients_that_are_not_finite_are_an_error(value):
    model = torch.nn.Linear(2, 1)
    model.weight.grad, model.bias.grad = torch.tensor([[1.0, value]]), torch.tensor([3.0])
    with pytest.raises(FloatingPointError, match="a gradient has NaN or infinite elements"):
        training.clip_by_norm(model.parameters(), 1.0)
    assert model.bias.grad.tolist() == [3.0]


def test_a_gradient_that_is_not_finite_stops_training():
    model = torch.nn.Linear(1, 1)

    def root(model, batch):
        return model(batch[0]).square().sum().mul(0).sqrt()  # 0, with the slope 0 / 0

    with pytest.raises(FloatingPointError, match="the loss or a gradient is nan in epoch 1"):
        training.train(
            model, root, lambda rng: iter([(np.ones((1, 1), np.float32),)]), epochs=1, device="cpu", progress=False
        )


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.Adam])
def test_a_gradient_that_is_not_finite_spoils_no_weight(kind, value):
    model = torch.nn.Linear(2, 1)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    batch = (torch.tensor([[1.0, value]]),)
    loss = training.training_step(
        model, lambda model, batch: model(batch[0]).sum(), batch, kind(model.parameters(), 0.1), "cpu"
    )
    assert torch.isnan(loss)
    for name, p in model.named_parameters():
        assert torch.equal(p, before[name]), name


def test_a_zero_gradient_stays_zero():
    model = torch.nn.Linear(2, 1)
    model(torch.zeros(1, 2)).sum().mul(0).backward()
    training.clip_by_norm(model.parameters(), 1.0)
    assert all(not p.grad.any() for p in model.parameters())


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"epochs": 0}, ValueError, "epochs must be at least 1"),
        ({"precision": "float8"}, ValueError, "precision must be one of"),
        ({"clip": 0.0}, ValueError, "limit must be positive"),
    ],
)
def test_wrong_options_are_refused(options, error, said):
    with pytest.raises(error, match=said):
        fit(Model(), **options)


def test_no_batch_is_refused():
    with pytest.raises(ValueError, match="no batch"):
        training.train(Model(), loss, lambda rng: iter(()), epochs=1, device="cpu", progress=False)


def test_an_exploded_loss_stops_training():
    with pytest.raises(FloatingPointError, match="epoch 1"):
        training.train(
            Model(),
            lambda model, batch: loss(model, batch) * float("nan"),
            batches,
            epochs=1,
            device="cpu",
            progress=False,
        )


def test_the_progress_bar_tells_tokens_per_second(monkeypatch):
    said = []
    monkeypatch.setattr(training, "LOOKS", 2)
    monkeypatch.setattr(training.Progress, "update", lambda bar, task, **changes: said.append(changes["description"]))
    training.train(Model(), loss, batches, epochs=1, device="cpu", evaluate=lambda model: 1.0)
    assert len(said) == 3 and all("tokens/s" in text for text in said)
    assert "epoch 1" in said[0] and "held out 1.000" in said[-1]


def test_auto_takes_a_gpu_where_there_is_one():
    assert training.pick_device().type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cuda:99", "'cuda:99' is not there"),
        ("gpu", "\"cuda:1\" or the like, got 'gpu'"),
        ("mps", "'mps' is not there"),
    ],
)
def test_a_device_that_is_not_there_is_refused(name, said, monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ValueError, match=said):
        training.pick_device(name)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_trains_to_about_the_same_loss():
    here, there = fit(Model()), training.train(Model(), loss, batches, epochs=4, device="cuda", progress=False)
    np.testing.assert_allclose(there.losses, here.losses, rtol=0.1)
