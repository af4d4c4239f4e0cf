"""The models equal the NumPy path: the loss, every gradient, and what they predict."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch, which is not installed")

import seqlib  # noqa: E402
from seqlib import captioning, encoder_decoder, language_model, models  # noqa: E402
from seqlib import torch as st  # noqa: E402
from seqlib.pooling import POOLS  # noqa: E402

CELLS = ["rnn", "gru", "gru_after", "gru_simplified", "lstm"]
m, T_x, N = 3, 4, 5


def options(implementation, layers=1, **more):
    return {
        "dtype": torch.float64,
        "rng": np.random.default_rng(0),
        "implementation": implementation,
        "layers": layers,
        **more,
    }


def shaken(model):
    """Move every parameter away from zero."""
    rng = np.random.default_rng(1)
    st.load_params(model, {n: v + 0.2 * rng.normal(size=v.shape) for n, v in st.params_of(model).items()})
    return st.params_of(model)


def data(seed=2):
    rng = np.random.default_rng(seed)
    mask = (np.arange(T_x) < np.array([[4], [2], [1]])).astype(float)
    return rng.integers(0, N, (m, T_x)), rng.integers(0, N, (m, T_x)), mask, rng.normal(size=(6, m, T_x))


def tensors(*arrays):
    return [None if value is None else torch.tensor(value) for value in arrays]


def same(model, loss, expected):
    """Loss and gradients of both paths; a parameter that the NumPy path has no gradient for has none here."""
    value, gradients = expected
    model.zero_grad()
    loss.backward()
    assert float(loss.detach()) == pytest.approx(value, rel=1e-10)
    found = st.gradients_of(model)
    assert set(found) == {"d" + name for name in st.params_of(model)} <= set(gradients)
    for name in found:
        np.testing.assert_allclose(found[name], gradients[name], rtol=1e-10, atol=1e-10, err_msg=name)
    assert max(np.abs(g).max() for g in found.values()) > 1e-3


@pytest.mark.parametrize("implementation", ["fused", "explicit"])
@pytest.mark.parametrize(("layers", "both"), [(1, False), (2, True)])
@pytest.mark.parametrize("cell", CELLS)
def test_tagger(cell, layers, both, implementation):
    words, labels, mask, features = data()
    for n_words, inputs in ((N, words), (None, features)):
        model = st.Tagger(
            n_x=6, n_a=3, n_y=N, n_words=n_words, cell=cell, **options(implementation, layers, bidirectional=both)
        )
        params = shaken(model)
        for seen in (None, mask):
            for reduction in ("token", "sentence", "sum"):
                x, y, keep = tensors(inputs, labels, seen)
                expected = models.tagger_loss(params, inputs, labels, seen, cell=cell, reduction=reduction)
                same(model, model.loss(x, y, keep, reduction=reduction), expected)
        y_hat = torch.softmax(model(x, keep), dim=0).detach().numpy()
        np.testing.assert_allclose(y_hat, models.tag(params, inputs, mask, cell=cell), atol=1e-12)


@pytest.mark.parametrize("implementation", ["fused", "explicit"])
@pytest.mark.parametrize(("layers", "both"), [(1, False), (2, True)])
@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("cell", CELLS)
def test_classifier(cell, pool, layers, both, implementation):
    words, labels, mask, _ = data()
    model = st.Classifier(
        pool=pool, n_x=6, n_a=3, n_y=N, n_words=N, cell=cell, **options(implementation, layers, bidirectional=both)
    )
    params = shaken(model)
    for seen in (None, mask):
        x, y, keep = tensors(words, labels[:, 0], seen)
        expected = models.classifier_loss(params, words, labels[:, 0], seen, cell=cell, pool=pool)
        same(model, model.loss(x, y, keep), expected)
    y_hat = torch.softmax(model(x, keep), dim=0).detach().numpy()
    np.testing.assert_allclose(y_hat, models.classify(params, words, mask, cell=cell, pool=pool), atol=1e-12)


@pytest.mark.parametrize("implementation", ["fused", "explicit"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_language_model(cell, layers, implementation):
    words, _, mask, _ = data()
    model = st.LanguageModel(n_words=N, n_e=4, n_a=3, cell=cell, **options(implementation, layers))
    params = shaken(model)
    for seen in (None, mask):
        y, keep = tensors(words, seen)
        same(model, model.loss(y, keep), language_model.language_model_loss(params, words, seen, cell=cell))
    ours = seqlib.beam_search(model.next_word(), None, 0, width=3, max_length=6)
    theirs = seqlib.beam_search(language_model.next_word(params, cell), None, 0, width=3, max_length=6)
    assert [h.tokens for h in ours] == [h.tokens for h in theirs]
    np.testing.assert_allclose([h.log_probability for h in ours], [h.log_probability for h in theirs], rtol=1e-10)


@pytest.mark.parametrize("implementation", ["fused", "explicit"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_encoder_decoder(cell, layers, implementation):
    words, targets, mask, _ = data()
    model = st.EncoderDecoder(n_source=N, n_target=N, n_e=4, n_a=3, cell=cell, **options(implementation, layers))
    params = shaken(model)
    for source_mask, target_mask in ((None, None), (mask, mask[::-1].copy())):
        given = tensors(words, targets[:, :3], source_mask, None if target_mask is None else target_mask[:, :3])
        expected = encoder_decoder.translator_loss(
            params,
            words,
            targets[:, :3],
            source_mask,
            None if target_mask is None else target_mask[:, :3],
            cell=cell,
        )
        same(model, model.loss(*given), expected)
    state = model.encode(torch.tensor(words[:1]))
    ours = seqlib.greedy_search(model.decoder.next_word(), state, 0, max_length=6)
    assert ours == encoder_decoder.translate(params, words[0], 0, cell=cell, max_length=6)


@pytest.mark.parametrize("implementation", ["fused", "explicit"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_captioner(cell, layers, implementation):
    words, _, mask, features = data()
    image = torch.tensor(features[:, :, 0], requires_grad=True)
    model = st.Captioner(n_f=6, n_words=N, n_e=4, n_a=3, cell=cell, **options(implementation, layers))
    params = shaken(model)
    for seen in (None, mask):
        image.grad = None
        y, keep = tensors(words, seen)
        expected = captioning.caption_loss(params, features[:, :, 0], words, seen, cell=cell)
        same(model, model.loss(image, y, keep), expected)
        np.testing.assert_allclose(image.grad.numpy(), expected[1]["dfeatures"], rtol=1e-10, atol=1e-10)


def test_the_first_weights_are_those_of_the_numpy_path():
    model = st.Tagger(n_x=4, n_a=3, n_y=2, n_words=N, layers=2, rng=np.random.default_rng(7), dtype=torch.float64)
    expected = models.network_parameters(np.random.default_rng(7), n_x=4, n_a=3, n_y=2, n_words=N, layers=2)
    found = st.params_of(model)
    assert set(found) == set(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_torchs_seed_draws_the_first_weights():
    made = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        made.append(st.params_of(st.LanguageModel(n_words=N, n_e=4, n_a=3)))
    assert all(np.array_equal(made[0][name], made[1][name]) for name in made[0])
    assert not np.array_equal(made[0]["1/Wf"], made[2]["1/Wf"]) and made[0]["1/Wf"].dtype == np.float32


def test_going_on_from_the_last_states():
    model = st.LanguageModel(n_words=N, n_e=4, n_a=3, layers=2, dtype=torch.float64)
    words = torch.tensor(data()[0])
    step = model.next_word()
    state, log_p = None, []
    for token in (None, *words[0, :-1].tolist()):
        row, state = step(state, token)
        log_p.append(row)
    whole = torch.log_softmax(model(words[:1])[:, 0], dim=0).detach().numpy()
    np.testing.assert_allclose(np.stack(log_p, axis=1), whole, atol=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: st.LanguageModel(n_words=N, n_e=4, n_a=3, bidirectional=True), "would see the words"),
        (lambda: st.Embedding(0, 3, rng=np.random.default_rng(0)), "at least 1"),
        (lambda: st.Classifier(pool="sum", n_x=4, n_a=3, n_y=2), "pool must be"),
        (lambda: st.Tagger(n_x=4, n_a=3, n_y=2, cell="elman"), "cell must be one of"),
        (lambda: st.Tagger(n_x=4, n_a=3, n_y=2, cell="gru", peephole=True), "only an lstm has peepholes"),
        (lambda: st.Tagger(n_x=4, n_a=3, n_y=2, n_words=N)(torch.zeros(3, dtype=torch.long)), "indices must be"),
        (lambda: st.sequence_cross_entropy(torch.zeros(2, 3, 4), torch.zeros(3, 5).long()), "targets must be"),
        (
            lambda: st.sequence_cross_entropy(torch.zeros(2, 3, 4), torch.zeros(3, 4).long(), torch.ones(4, 3)),
            "mask must be",
        ),
        (
            lambda: st.sequence_cross_entropy(torch.zeros(2, 3, 4), torch.zeros(3, 4).long(), reduction="mean"),
            "reduction must be one of",
        ),
        (
            lambda: st.EncoderDecoder(n_source=N, n_target=N, n_e=4, n_a=3)(
                torch.zeros(2, 4).long(), torch.zeros(3, 4).long()
            ),
            "must have one m",
        ),
        (
            lambda: st.Captioner(n_f=6, n_words=N, n_e=4, n_a=3)(torch.zeros(5, 2), torch.zeros(2, 4).long()),
            "features must be",
        ),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_word_outside_the_vocabulary():
    with pytest.raises(IndexError):
        st.Embedding(N, 3, rng=np.random.default_rng(0))(torch.tensor([[N]]))


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bool, torch.int64])
def test_a_classifiers_mask_may_have_another_type(pool, dtype):
    model = st.Classifier(n_x=6, n_a=3, n_y=2, pool=pool, **options("fused") | {"dtype": torch.float32})
    _, _, mask, x = data()
    x = torch.tensor(x, dtype=torch.float32)
    logits = model(x, torch.tensor(mask).to(dtype))
    assert logits.dtype == torch.float32
    for i, steps in enumerate(mask.sum(axis=1).astype(int)):
        torch.testing.assert_close(logits[:, [i]], model(x[:, [i], :steps]))


@pytest.mark.parametrize("pool", ["mean", "max"])
def test_a_sequence_without_a_step_has_no_mean_and_no_maximum(pool):
    model = st.Classifier(n_x=6, n_a=3, n_y=2, pool=pool, **options("fused"))
    mask = torch.tensor([[1.0, 1, 1, 1], [0, 0, 0, 0], [1, 0, 0, 0]])
    with pytest.raises(ValueError, match="sequence 1 has no real step: its row of mask is all zeros"):
        model(torch.tensor(data()[3]), mask)


@pytest.mark.parametrize("reduction", ["sentence", "token", "sum"])
@pytest.mark.parametrize("dtype", [torch.int32, torch.int64, torch.uint8])
def test_the_loss_takes_targets_of_any_integers(reduction, dtype):
    logits, (_, targets, mask, _) = np.random.default_rng(0).normal(size=(N, m, T_x)), data()
    expected, _ = seqlib.sequence_cross_entropy(logits, targets, mask, reduction=reduction)
    y, real = torch.tensor(targets).to(dtype), torch.tensor(mask)
    for kind in (torch.float64, torch.bool, torch.bfloat16):
        loss = st.sequence_cross_entropy(torch.tensor(logits), y, real.to(kind), reduction=reduction)
        assert float(loss) == pytest.approx(expected, rel=1e-12)


def test_many_tokens_of_a_bfloat16_mask_are_counted_exactly():
    logits, targets = torch.zeros(2, 1, 1001), torch.zeros(1, 1001, dtype=torch.long)
    loss = st.sequence_cross_entropy(
        logits, targets, torch.ones(1, 1001, dtype=torch.bfloat16), reduction="token"
    )  # bfloat16 has no 1001
    assert float(loss) == pytest.approx(np.log(2), rel=1e-6)


@pytest.mark.parametrize(
    ("targets", "mask", "error", "said"),
    [
        ([[0, -100]], None, ValueError, "targets has -100, outside 0 to 1"),
        ([[0, 2]], None, ValueError, "targets has 2, outside 0 to 1"),
        ([[0.0, 1.0]], None, TypeError, r"targets must hold integers, got torch\.float32"),
        ([[True, False]], None, TypeError, r"targets must hold integers, got torch\.bool"),
        ([[0, 1]], [[1.0, 2.0]], ValueError, r"only zeros .* and ones .*, got 2\.0"),
        ([[0, 1]], [[0.0, 0.0]], ValueError, "mask is all zeros: no token counts"),
    ],
)
def test_the_loss_refuses_what_the_numpy_path_refuses(targets, mask, error, said):
    given = [None if value is None else torch.tensor(value) for value in (targets, mask)]
    with pytest.raises(error, match=said):
        st.sequence_cross_entropy(torch.zeros(2, 1, 2), *given)
