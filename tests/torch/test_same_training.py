"""The same training, 200 steps in NumPy and in torch from the same weights, ends at the same held-out loss."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is an extra of seqlib: pip install -e '.[torch]'")

import seqlib  # noqa: E402
from seqlib.torch import LanguageModel, load_params  # noqa: E402
from seqlib.torch import training as torch_training  # noqa: E402

N_WORDS, STEPS = 9, 200
SIZES = {"n_a": 7, "layers": 2}


def batches(rng):
    """Sums modulo N_WORDS: something that can be learnt; some words are padding."""
    for _ in range(STEPS // 4):
        first = rng.integers(0, N_WORDS, size=(6, 2))
        words = np.concatenate([first, np.zeros((6, 8), np.int64)], axis=1)
        for t in range(2, 10):
            words[:, t] = (words[:, t - 1] + words[:, t - 2]) % N_WORDS
        yield words, (np.arange(10) < rng.integers(3, 11, size=(6, 1))).astype(float)


HELD_OUT = next(batches(np.random.default_rng(99)))


@pytest.mark.parametrize("implementation", ["fused", "explicit"])
@pytest.mark.parametrize("cell", ["rnn", "gru", "gru_after", "lstm"])
def test_the_same_training_ends_at_the_same_loss(cell, implementation):
    params = seqlib.network_parameters(
        np.random.default_rng(1), n_x=5, n_y=N_WORDS, n_words=N_WORDS, cell=cell, **SIZES
    )
    model = LanguageModel(
        n_words=N_WORDS, n_e=5, cell=cell, implementation=implementation, dtype=torch.float64, **SIZES
    )
    load_params(model, params)
    shared = {"epochs": 4, "clip": 0.5, "seed": 3, "progress": False}
    here = seqlib.train(
        params,
        lambda p, batch: seqlib.language_model_loss(p, *batch, cell=cell),
        batches,
        optimiser=seqlib.Adam(0.01),
        evaluate=lambda p: seqlib.language_model_loss(p, *HELD_OUT, cell=cell)[0],
        **shared,
    )
    there = torch_training.train(
        model,
        lambda model, batch: model.loss(*batch),
        batches,
        optimiser=torch.optim.Adam([p for p in model.parameters() if p.requires_grad], 0.01),
        evaluate=lambda model: model.loss(*map(torch.from_numpy, HELD_OUT)),
        device="cpu",
        **shared,
    )
    assert (
        here.scores[-1]
        < 0.8
        * seqlib.language_model_loss(
            seqlib.network_parameters(
                np.random.default_rng(1), n_x=5, n_y=N_WORDS, n_words=N_WORDS, cell=cell, **SIZES
            ),
            *HELD_OUT,
            cell=cell,
        )[0]
    )
    np.testing.assert_allclose(there.losses, here.losses, rtol=0, atol=1e-8)
    np.testing.assert_allclose(there.scores, here.scores, rtol=0, atol=1e-8)
