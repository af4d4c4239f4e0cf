"""Models: every gradient against central differences, a language model against torch, masks, and training that works."""

from __future__ import annotations

import numpy as np
import pytest

import seqlib
from seqlib import captioning, cells, encoder_decoder, gradient_check, language_model, models, one_hot, train
from seqlib.activations import log_softmax
from seqlib.deep import last_states

CELLS = ["rnn", "gru", "gru_after", "gru_simplified", "lstm"]


def shaken(params, seed=0):
    """Parameters none of which is zero."""
    rng = np.random.default_rng(seed)
    return {name: value + 0.1 * rng.normal(size=value.shape) for name, value in params.items()}


def words_and_mask(seed, n, m, T_x):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, T_x + 1, size=(m, 1))
    return rng.integers(0, n, (m, T_x)), (np.arange(T_x) < lengths).astype(float)


def all_pass(loss_and_gradients, params):
    loss, gradients = loss_and_gradients(params)
    rows = gradient_check(lambda p: loss_and_gradients(p)[0], params, gradients, tolerance=1e-7, verbose=False)
    assert {row.name[1:] for row in rows} == set(params) and np.isfinite(loss)
    assert all(row.passed for row in rows), seqlib.gradients.gradient_table(rows)
    assert any(row.relative_error < 1e-7 and row.largest_difference > 0 for row in rows)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("m", "T_x", "layers"), [(1, 1, 1), (3, 4, 2)])
def test_gradients_of_tagger_and_classifier(cell, bidirectional, m, T_x, layers):
    rng = np.random.default_rng(1)
    sizes = {"n_x": 3, "n_a": 2, "n_y": 3, "cell": cell, "layers": layers, "bidirectional": bidirectional}
    x, mask = words_and_mask(2, 5, m, T_x)
    params = shaken(models.network_parameters(rng, n_words=5, **sizes))
    y = rng.integers(0, 3, (m, T_x))
    all_pass(lambda p: models.tagger_loss(p, x, y, mask, cell=cell), params)
    for pool, seen in (("last", mask), ("mean", mask), ("mean", None)):
        all_pass(
            lambda p, pool=pool, seen=seen: models.classifier_loss(p, x, y[:, 0], seen, cell=cell, pool=pool), params
        )


def test_features_in_place_of_words():
    rng = np.random.default_rng(0)
    params = shaken(models.network_parameters(rng, n_x=3, n_a=2, n_y=3, cell="gru"))
    x, y = rng.normal(size=(3, 2, 4)), rng.integers(0, 3, (2, 4))
    assert "E" not in params
    all_pass(lambda p: models.tagger_loss(p, x, y, cell="gru"), params)
    all_pass(lambda p: models.tagger_loss(params, p["x"], y, cell="gru"), {"x": x})


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("m", "T_x", "layers"), [(1, 1, 1), (3, 4, 2)])
def test_gradients_of_the_language_model(cell, m, T_x, layers):
    y, mask = words_and_mask(3, 5, m, T_x)
    params = models.network_parameters(
        np.random.default_rng(0), n_x=3, n_a=2, n_y=5, n_words=5, cell=cell, layers=layers
    )
    all_pass(lambda p: language_model.language_model_loss(p, y, mask, cell=cell), shaken(params))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("m", "T_x", "layers"), [(1, 1, 1), (3, 4, 2)])
def test_gradients_of_translator_and_captioner(cell, m, T_x, layers):
    rng = np.random.default_rng(0)
    x, x_mask = words_and_mask(4, 4, m, T_x)
    y, y_mask = words_and_mask(5, 5, m, T_x + 1)
    sizes = {"n_e": 3, "n_a": 2, "cell": cell, "layers": layers}
    params = shaken(encoder_decoder.translator_parameters(rng, n_source=4, n_target=5, **sizes))
    all_pass(lambda p: encoder_decoder.translator_loss(p, x, y, x_mask, y_mask, cell=cell), params)
    params = shaken(captioning.captioner_parameters(rng, n_f=3, n_words=5, **sizes))
    features = rng.normal(size=(3, m))
    all_pass(lambda p: captioning.caption_loss(p, features, y, y_mask, cell=cell), params)
    all_pass(lambda p: captioning.caption_loss(params, p["features"], y, y_mask, cell=cell), {"features": features})


def test_a_translator_learns_beside_a_learners_deep_backward():
    """A learner's function has the arguments that the exercise asks for, and no others."""

    def mine(da, caches, *, steps=None):
        return seqlib.deep_backward.__wrapped__(da, caches, steps=steps)

    params = encoder_decoder.translator_parameters(
        np.random.default_rng(3), n_source=4, n_target=3, n_e=2, n_a=3, cell="lstm"
    )
    _, own = encoder_decoder.translator_loss(params, [[0, 1, 2]], [[1, 2]], cell="lstm")
    with seqlib.using(deep_backward=mine):
        _, beside = encoder_decoder.translator_loss(params, [[0, 1, 2]], [[1, 2]], cell="lstm")
    for name, gradient in own.items():
        np.testing.assert_array_equal(beside[name], gradient)


def test_a_language_model_equals_torch():
    torch = pytest.importorskip("torch")
    y, mask = words_and_mask(6, 5, 3, 4)
    params = shaken(models.network_parameters(np.random.default_rng(0), n_x=3, n_a=2, n_y=5, n_words=5, cell="rnn"))
    p = {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}
    a, total = torch.zeros(2, 3, dtype=torch.float64), 0.0
    for t in range(4):
        x = p["E"][:, y[:, t - 1]] if t else torch.zeros(3, 3, dtype=torch.float64)
        a = torch.tanh(p["1/Waa"] @ a + p["1/Wax"] @ x + p["1/ba"])
        each = torch.nn.functional.cross_entropy((p["Wy"] @ a + p["by"]).T, torch.tensor(y[:, t]), reduction="none")
        total = total + (each * torch.tensor(mask[:, t])).sum() / 3
    total.backward()
    loss, gradients = language_model.language_model_loss(params, y, mask, cell="rnn")
    np.testing.assert_allclose(loss, total.item(), rtol=1e-12)
    for name, value in p.items():
        np.testing.assert_allclose(gradients["d" + name], value.grad.numpy(), rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_padding_changes_nothing(cell, bidirectional):
    rng = np.random.default_rng(0)
    sizes = {"n_x": 3, "n_a": 2, "n_y": 3, "n_words": 5, "cell": cell, "layers": 2, "bidirectional": bidirectional}
    params = shaken(models.network_parameters(rng, **sizes))
    x = rng.integers(0, 5, (2, 3))
    padded, mask = np.pad(x, ((0, 0), (0, 2)), constant_values=4), np.pad(np.ones((2, 3)), ((0, 0), (0, 2)))
    np.testing.assert_allclose(models.tag(params, padded, mask, cell=cell)[:, :, :3], models.tag(params, x, cell=cell))
    for pool in ("last", "mean"):
        long, short = (models.classify(params, *of, cell=cell, pool=pool) for of in ((padded, mask), (x,)))
        np.testing.assert_allclose(long, short, rtol=1e-12)
        np.testing.assert_allclose(short.sum(axis=0), 1)


@pytest.mark.parametrize("cell", CELLS)
def test_stepping_equals_the_whole_sequence(cell):
    rng = np.random.default_rng(0)
    params = shaken(models.network_parameters(rng, n_x=3, n_a=2, n_y=5, n_words=5, cell=cell, layers=2))
    y = rng.integers(0, 5, (1, 4))
    logits, _ = language_model.decoder_forward(y, params, cell)
    step, state, token, total = language_model.next_word(params, cell), None, None, 0.0
    for t in range(4):
        log_p, state = step(state, token)
        np.testing.assert_allclose(log_p, log_softmax(logits)[:, 0, t], rtol=1e-10)
        token = int(y[0, t])
        total += log_p[token]
    np.testing.assert_allclose(language_model.sentence_log_probability(params, y, cell=cell), [total], rtol=1e-10)
    mask = np.array([[1.0, 1, 0, 0]])
    short = language_model.sentence_log_probability(params, y[:, :2], cell=cell)
    np.testing.assert_allclose(language_model.sentence_log_probability(params, y, mask, cell=cell), short, rtol=1e-10)


def test_the_inputs_of_a_language_model_are_its_words_one_step_late():
    targets = np.array([[2, 0, 1], [1, 1, 3]])
    x = seqlib.shifted_inputs(targets, 4)
    assert x.shape == (4, 2, 3) and not x[:, :, 0].any()
    np.testing.assert_array_equal(x[:, :, 1:], one_hot(targets[:, :2], 4))
    assert not seqlib.shifted_inputs(targets[:, :1], 4).any()


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_a_learners_functions_drive_the_language_model(cell):
    targets, mask = words_and_mask(4, 5, 3, 4)
    params = shaken(models.network_parameters(np.random.default_rng(0), n_x=3, n_a=2, n_y=5, n_words=5, cell=cell))
    loss, gradients = language_model.language_model_loss(params, targets, mask, cell=cell)
    log_p = language_model.sentence_log_probability(params, targets, mask, cell=cell)
    mine = {name: getattr(seqlib, name) for name in ("shifted_inputs", "sequence_cross_entropy")}
    calls = []

    def counted(name, function):
        return lambda *args, **kwargs: calls.append(name) or function(*args, **kwargs)

    # the library's own function in the learner's place, without the look for a learner's
    with seqlib.using(**{name: counted(name, function.__wrapped__) for name, function in mine.items()}):
        again, same = language_model.language_model_loss(params, targets, mask, cell=cell)
    assert calls == list(mine)
    np.testing.assert_allclose(again, loss, rtol=1e-12)
    for name in params:
        np.testing.assert_allclose(same["d" + name], gradients["d" + name], rtol=1e-9, atol=1e-15)
    with seqlib.using(shifted_inputs=lambda targets, n_y: np.zeros((n_y, *targets.shape))):
        assert not np.allclose(language_model.sentence_log_probability(params, targets, mask, cell=cell), log_p)
    with seqlib.using(sequence_log_probability=lambda logits, targets, mask: -log_p):
        np.testing.assert_array_equal(language_model.sentence_log_probability(params, targets, mask, cell=cell), -log_p)
    halves = {name: value.astype(np.float32) for name, value in params.items()}
    with seqlib.using(shifted_inputs=mine["shifted_inputs"].__wrapped__):
        assert language_model.decoder_forward(targets, halves, cell)[0].dtype == np.float32


def test_the_probabilities_of_all_sentences_sum_to_one():
    params = shaken(models.network_parameters(np.random.default_rng(0), n_x=2, n_a=3, n_y=3, n_words=3, cell="gru"))
    sentences = np.array([[a, b] for a in range(3) for b in range(3)])
    log_p = language_model.sentence_log_probability(params, sentences, cell="gru")
    np.testing.assert_allclose(np.exp(log_p).sum(), 1)


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_a_language_model_learns_its_sentences_and_writes_them(cell):
    rng = np.random.default_rng(0)
    y = np.array([[3, 4, 5, 1], [4, 3, 3, 1]])  # 1 is <EOS>
    params = models.network_parameters(rng, n_x=4, n_a=12, n_y=6, n_words=6, cell=cell)

    def loss(p, batch):
        return language_model.language_model_loss(p, batch, cell=cell)

    history = train(params, loss, lambda r: iter([y]), epochs=150, optimiser=seqlib.Adam(0.03), progress=False)
    assert history.losses[-1] < np.log(2) + 0.1  # the first word is a matter of chance
    step = language_model.next_word(params, cell)
    written = {tuple(seqlib.generate(step, seqlib.sampler(rng, nucleus=0.8), 1)) for _ in range(20)}
    assert written == {(3, 4, 5), (4, 3, 3)}
    assert seqlib.generate(step, seqlib.sampler(rng, top_k=1), 1, start=[3]) == [3, 4, 5]


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_translator_and_a_captioner_learn(cell):
    rng = np.random.default_rng(0)
    x, y = np.array([[3, 4, 1], [4, 3, 1]]), np.array([[5, 3, 4, 1], [3, 5, 1, 0]])
    mask = np.array([[1.0, 1, 1, 1], [1, 1, 1, 0]])
    params = encoder_decoder.translator_parameters(rng, n_source=5, n_target=6, n_e=4, n_a=8, cell=cell)
    loss = lambda p, _: encoder_decoder.translator_loss(p, x, y, None, mask, cell=cell)  # noqa: E731
    train(params, loss, lambda r: iter([0]), epochs=120, optimiser=seqlib.Adam(0.03), progress=False)
    for source, target in zip(x, ([5, 3, 4], [3, 5]), strict=True):
        assert encoder_decoder.translate(params, source, 1, cell=cell) == target
        assert encoder_decoder.translate_beam(params, source, 1, cell=cell)[0].tokens == target
    params = captioning.captioner_parameters(rng, n_f=2, n_words=6, n_e=4, n_a=8, cell=cell)
    loss = lambda p, _: captioning.caption_loss(p, np.eye(2), y, mask, cell=cell)  # noqa: E731
    train(params, loss, lambda r: iter([0]), epochs=120, optimiser=seqlib.Adam(0.03), progress=False)
    assert [captioning.caption(params, f, 1, cell=cell)[0].tokens for f in np.eye(2)] == [[5, 3, 4], [3, 5]]


def test_float32_stays():
    rng = np.random.default_rng(0)
    params = models.network_parameters(rng, n_x=3, n_a=2, n_y=5, n_words=5, dtype=np.float32)
    _, gradients = language_model.language_model_loss(params, rng.integers(0, 5, (2, 3)))
    assert {gradients["d" + name].dtype for name in params} == {np.dtype(np.float32)}


def test_the_look_up_is_the_product_with_one_hot_columns():
    rng = np.random.default_rng(0)
    E, indices, dx = rng.normal(size=(3, 7)), rng.integers(0, 4, (2, 5)), rng.normal(size=(3, 2, 5))
    columns = one_hot(indices, 7)
    np.testing.assert_array_equal(seqlib.embedding_forward(indices, E), np.einsum("ew,wmt->emt", E, columns))
    expected = np.einsum("emt,wmt->ew", dx, columns)
    np.testing.assert_allclose(seqlib.embedding_backward(dx, indices, 7), expected, rtol=1e-12)


@pytest.mark.parametrize(("m", "k"), [(1, 1), (3, 2)])
def test_gradients_of_the_fixed_window(m, k):
    rng = np.random.default_rng(0)
    shapes = {"E": (3, 5), "Wh": (4, 3 * k), "bh": (4, 1), "Wy": (5, 4), "by": (5, 1)}
    params = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    indices, y = rng.integers(0, 5, (m, k)), rng.integers(0, 5, (m, 1))

    def loss(p):
        logits, cache = seqlib.window_forward(indices, p)
        value, dlogits = seqlib.sequence_cross_entropy(logits[:, :, None], y)
        return value, seqlib.window_backward(dlogits[:, :, 0], cache)

    all_pass(loss, params)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_final_states_are_those_of_the_last_step(cell):
    rng = np.random.default_rng(0)
    layers = seqlib.initialise_deep(cell, 3, [4, 2], rng)
    x = rng.normal(size=(3, 2, 5))
    top, _, caches = seqlib.deep_forward(x, layers, cell)
    a, c = last_states(caches)
    np.testing.assert_array_equal(a[1], top[:, :, -1])
    assert [state.shape for state in a] == [(4, 2), (2, 2)]
    assert (c is None) == (cell != "lstm")
    if c is not None:
        memory = seqlib.lstm_forward(x, np.zeros((4, 2)), cells.part(layers, "1/"))[2]
        np.testing.assert_allclose(c[0], memory[:, :, -1], rtol=1e-12)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_gradients_reach_the_last_states_of_all_layers_and_the_outputs_of_the_top(cell):
    rng = np.random.default_rng(3)
    params = seqlib.initialise_deep(cell, 2, [3, 3], rng)
    inputs = {"x": rng.normal(size=(2, 2, 4)), **params}
    top, *weights = rng.normal(size=(1, 3, 2, 4)), *rng.normal(size=(4, 3, 2))

    def loss(arrays):
        layers = {name: value for name, value in arrays.items() if name != "x"}
        a, _, caches = seqlib.deep_forward(arrays["x"], layers, cell)
        last, memory = last_states(caches)
        states = [*last, *(memory or [])]
        return float((top[0] * a).sum()) + sum(float((w * s).sum()) for w, s in zip(weights, states, strict=False))

    _, _, caches = seqlib.deep_forward(inputs["x"], params, cell)
    last = (weights[:2], weights[2:] if cell == "lstm" else None)
    gradients = seqlib.deep_backward(top[0], caches, last=last)
    given = {"dx": gradients["dx"]} | {name: value for name, value in gradients.items() if "/" in name}
    rows = gradient_check(loss, inputs, given, verbose=False)
    assert {row.name for row in rows} == {"d" + name for name in inputs} and all(row.passed for row in rows)


def test_layers_in_both_directions_have_no_last_state():
    params = seqlib.initialise_deep("gru", 2, [3], np.random.default_rng(0), bidirectional=True)
    _, _, caches = seqlib.deep_forward(np.ones((2, 1, 4)), params, "gru")
    with pytest.raises(ValueError, match="has no last state"):
        last_states(caches)


TABLE = {
    "man": [-1, 0.01, 0.05, 0.001],
    "woman": [1, 0.02, 0.02, 0.002],
    "king": [-0.95, 0.90, 0.7, 0.0001],
    "queen": [0.97, 0.98, 0.68, 0.0002],
    "apple": [0, 0.05, 0.001, 0.95],
    "orange": [0.001, -0.01, -0.4, 0.90],
    "nothing": [0, 0, 0, 0],
}


@pytest.mark.parametrize("measure", ["cosine", "euclidean", "manhattan"])
def test_an_analogy_takes_a_away_and_adds_c(measure):
    # columns: a, b, c and the words nearest to b - a + c, to b + c, to b - a, to b
    E = np.array([[3.0, 3, 0, 0, 3, 0, 3], [0, 1, 0, 1, 1, 1, 1], [0, 0, 3, 3, 3, 0, 0.1]])
    vocabulary = {word: i for i, word in enumerate(["a", "b", "c", "right", "b + c", "b - a", "b itself"])}
    assert seqlib.analogy("a", "b", "c", E, vocabulary, measure=measure) == "right"


def test_words_have_about_length_one_at_first():
    E = models.network_parameters(np.random.default_rng(0), n_x=64, n_a=2, n_y=3, n_words=50)["E"]
    np.testing.assert_allclose(np.linalg.norm(E, axis=0).mean(), 1, rtol=0.05)


@pytest.mark.parametrize("measure", ["cosine", "euclidean", "manhattan"])
def test_the_analogy_of_the_lesson(measure):
    E, vocabulary = np.array(list(TABLE.values())).T, {word: i for i, word in enumerate(TABLE)}
    assert seqlib.analogy("man", "king", "woman", E, vocabulary, measure=measure) == "queen"
    wanted = E[:, 2] - E[:, 0] + E[:, 1]
    assert round(seqlib.cosine_similarity(wanted, E[:, 3]), 4) == 0.9976


def test_distances():
    assert seqlib.euclidean_distance([0, 3], [4, 0]) == 5 and seqlib.manhattan_distance([0, 3], [4, 0]) == 7
    assert seqlib.cosine_similarity([2, 0], [5, 0]) == 1 and seqlib.cosine_similarity([1, 0], [0, 1]) == 0


PARAMS = models.network_parameters(np.random.default_rng(0), n_x=2, n_a=2, n_y=3, n_words=3)
WINDOW = {
    "E": np.ones((2, 3)),
    "Wh": np.ones((2, 4)),
    "bh": np.ones((2, 1)),
    "Wy": np.ones((3, 2)),
    "by": np.ones((3, 1)),
}
ONE = np.array([[0]])


def no_embedding():
    return {name: value for name, value in PARAMS.items() if name != "E"}


def translator():
    return encoder_decoder.translator_parameters(np.random.default_rng(0), n_source=3, n_target=3, n_e=2, n_a=2)


BOTH = models.network_parameters(np.random.default_rng(0), n_x=2, n_a=2, n_y=3, n_words=3, bidirectional=True)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: models.network_parameters(np.random.default_rng(0), n_x=1, n_a=1, n_y=1, layers=0),
            ValueError,
            "layers",
        ),
        (lambda: models.tagger_loss(PARAMS, [[3]], [[0]]), ValueError, "indices has 3, outside 0 to 2"),
        (lambda: models.tagger_loss(PARAMS, [[]], [[]]), ValueError, "indices is empty"),
        (lambda: models.tagger_loss(PARAMS, np.zeros((1, 0), int), ONE), ValueError, "at least one word"),
        (lambda: models.classifier_loss(PARAMS, ONE, [0, 1]), ValueError, "one for each sequence"),
        (lambda: models.classifier_loss(PARAMS, ONE, [0], pool="sum"), ValueError, "pool must be"),
        (lambda: models.classifier_loss(PARAMS, ONE, [3]), ValueError, "labels has 3, outside 0 to 2"),
        (lambda: models.classifier_loss(PARAMS, ONE, [0.5]), TypeError, "labels must hold integers"),
        (lambda: language_model.language_model_loss(PARAMS, [[-1]]), ValueError, "targets has -1, outside 0 to 2"),
        (lambda: language_model.language_model_loss(PARAMS, [0, 1]), ValueError, "targets must be .* is a row"),
        (lambda: language_model.language_model_loss(no_embedding(), ONE), ValueError, "params lacks E, the embedding"),
        (lambda: language_model.decoder_forward(ONE, {}), ValueError, "params lacks E, .* it holds nothing"),
        (
            lambda: language_model.decoder_forward(ONE, PARAMS | {"E": PARAMS["E"].tolist()}),
            TypeError,
            r"params\['E'\] must be a NumPy array",
        ),
        (
            lambda: encoder_decoder.translate(translator(), [], 1),
            ValueError,
            "indices is empty",
        ),
        (lambda: language_model.language_model_loss(BOTH, ONE), ValueError, "bidirectional"),
        (lambda: language_model.next_word(PARAMS)(None, 3), ValueError, "token has 3"),
        (lambda: seqlib.shifted_inputs([[3]], 3), ValueError, "targets has 3, outside 0 to 2"),
        (lambda: seqlib.shifted_inputs([1, 2], 3), ValueError, r"one sentence is a row"),
        (lambda: encoder_decoder.translator_loss({}, ONE, [[0], [0]]), ValueError, "one m"),
        (lambda: seqlib.embedding_backward(np.ones((2, 1, 2)), ONE, 3), ValueError, "as in indices"),
        (lambda: seqlib.window_forward(ONE, WINDOW), ValueError, "Wh"),
        (
            lambda: seqlib.window_backward(np.ones((2, 1)), seqlib.window_forward([[0, 1]], WINDOW)[1]),
            ValueError,
            "dlogits",
        ),
        (lambda: seqlib.cosine_similarity([0, 0], [1, 0]), ValueError, "zeros"),
        (lambda: seqlib.manhattan_distance([1], [1, 0]), ValueError, "one size"),
        (lambda: seqlib.analogy("a", "b", "x", np.ones((2, 2)), {"a": 0, "b": 1}), ValueError, "'x' is not"),
        (lambda: seqlib.analogy("a", "a", "a", np.ones((2, 1)), {"a": 0}), ValueError, "fourth word"),
        (lambda: seqlib.analogy("a", "a", "a", np.ones((2, 1)), {"a": 0}, measure="x"), ValueError, "measure"),
    ],
)
def test_errors_say_what_was_expected(call, error, words):
    with pytest.raises(error, match=words):
        call()
