"""Word vectors: nearest words, the fixed-window model as a model, and vectors made by counting."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import seqlib
from seqlib import gradient_check

rng = np.random.default_rng(0)
E = np.array([[1.0, 0.0, 2.0, -1.0, 0.0], [0.0, 1.0, 0.1, 0.0, 0.0]])
WORDS = {"b": 1, "a": 0, "c": 2, "d": 3, "zero": 4}


def test_the_nearest_words_by_each_measure():
    target = np.array([1.0, 0.0])
    words = [word for word, _ in seqlib.nearest_words(target, E, WORDS)]
    assert words == ["a", "c", "b", "d"]  # a vector of zeros has no cosine
    by_distance = seqlib.nearest_words(target, E, WORDS, measure="euclidean")
    assert [word for word, _ in by_distance] == ["a", "zero", "c", "b", "d"]
    assert by_distance[2][1] == pytest.approx(np.sqrt(1.01)) and by_distance[1][1] == 1
    assert seqlib.nearest_words(target, E, WORDS, measure="manhattan")[3] == ("b", 2.0)
    assert seqlib.nearest_words(target, E, WORDS, without=("a", "c"), count=1) == [("b", 0.0)]
    with pytest.raises(ValueError, match="measure must be one of cosine, euclidean, manhattan"):
        seqlib.nearest_words(target, E, WORDS, measure="angle")


def test_of_equally_near_words_the_first_of_the_vocabulary_is_the_answer():
    same = np.array([[1.0, 2.0, 2.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0, 0.0]])
    for measure in ("cosine", "euclidean", "manhattan"):
        assert seqlib.analogy("a", "a", "a", same, {"a": 0, "y": 4, "x": 3}, measure=measure) == "y"


@pytest.mark.parametrize("scale", [1e-300, 1e-170, 1e-140, 1e140, 1e200, 1e307])
@pytest.mark.parametrize("other", [1e-200, 1.0, 1e200])
def test_a_cosine_does_not_depend_on_the_lengths(scale, other):
    u, v = np.array([3.0, 4.0]), np.array([4.0, 3.0])
    assert seqlib.cosine_similarity(scale * u, other * v) == pytest.approx(0.96, rel=1e-14)


@pytest.mark.parametrize("seed", range(5))
def test_an_ordinary_cosine_is_the_formula_to_the_last_bit(seed):
    u, v = np.random.default_rng(seed).normal(size=(2, 50)) * 10.0 ** np.random.default_rng(seed).integers(
        -60, 60, (2, 1)
    )
    assert seqlib.cosine_similarity(u, v) == float(u @ v / (np.linalg.norm(u) * np.linalg.norm(v)))


@pytest.mark.parametrize(
    ("E", "vocabulary", "error", "said"),
    [
        (E.tolist(), WORDS, TypeError, r"E must be a NumPy array of shape \(n_e, n_words\), got list"),
        (np.where(E == 0.1, np.nan, E), WORDS, ValueError, "E has 1 NaN of 10"),
        (E, WORDS | {"new": 5}, ValueError, r"vocabulary has 'new' in column 5, outside 0 to 4 of E \(n_e, n_words\)"),
        (E, WORDS | {"new": -1}, ValueError, "column -1, outside 0 to 4"),
    ],
)
def test_every_word_needs_a_column_of_numbers(E, vocabulary, error, said):
    with pytest.raises(error, match=said):
        seqlib.analogy("a", "b", "c", E, vocabulary)
    with pytest.raises(error, match=said):
        seqlib.nearest_words(np.array([1.0, 0.0]), E, vocabulary)


@pytest.mark.parametrize("count", [0, -1])
def test_at_least_one_word_is_asked_for(count):
    with pytest.raises(ValueError, match=f"count must be at least 1, got {count}"):
        seqlib.nearest_words(np.array([1.0, 0.0]), E, WORDS, count=count)


def test_every_word_has_the_window_before_it():
    windows, words = seqlib.window_examples([[2, 0], [], [1]], 3, 4)
    np.testing.assert_array_equal(windows, [[4, 4, 4], [4, 4, 2], [4, 4, 4]])
    np.testing.assert_array_equal(words, [2, 0, 1])


@pytest.mark.parametrize(
    ("sentences", "k", "error", "says"),
    [
        ([[0, 3]], 2, ValueError, r"sentences\[0\]"),
        ([[0], [0.5]], 2, TypeError, r"sentences\[1\]"),
        ([[], []], 2, ValueError, "no word"),
        ([[0]], 0, ValueError, "k"),
    ],
)
def test_examples_that_are_none_are_refused(sentences, k, error, says):
    with pytest.raises(error, match=says):
        seqlib.window_examples(sentences, k, 3)


def test_the_first_weights_have_their_shapes_and_sizes():
    params = seqlib.window_parameters(np.random.default_rng(1), 300, 40, 5, 60, scale=0.02, dtype=np.float32)
    shapes = {"E": (40, 301), "Wh": (60, 200), "bh": (60, 1), "Wy": (300, 60), "by": (300, 1)}
    assert {name: value.shape for name, value in params.items()} == shapes
    assert {value.dtype for value in params.values()} == {np.dtype(np.float32)}
    spread = {"E": 0.02, "Wh": 200**-0.5, "Wy": 60**-0.5, "bh": 0, "by": 0}
    for name, value in params.items():
        assert value.std() == pytest.approx(spread[name], rel=0.05) and abs(value.mean()) < 0.1 * (spread[name] + 1e-9)
    assert seqlib.window_parameters(np.random.default_rng(1), 300, 40, 5, 60)["E"].std() == pytest.approx(
        0.01, rel=0.05
    )
    with pytest.raises(ValueError, match="n_h"):
        seqlib.window_parameters(np.random.default_rng(1), 3, 4, 5, 0)


def shaken(n_y=4, n_e=2, k=3, n_h=3):
    params = seqlib.window_parameters(np.random.default_rng(2), n_y, n_e, k, n_h, scale=1.0)
    return {name: value + 0.3 * np.random.default_rng(3).normal(size=value.shape) for name, value in params.items()}


def test_the_gradients_of_the_loss_are_those_of_differences_and_of_torch():
    torch = pytest.importorskip("torch")
    windows, words = seqlib.window_examples([[1, 1, 0, 1], [3]], 3, 4)
    params = shaken()
    loss, gradients = seqlib.window_loss(params, windows, words)
    rows = gradient_check(lambda p: seqlib.window_loss(p, windows, words)[0], params, gradients, verbose=False)
    assert all(row.passed for row in rows) and {row.name for row in rows} == {"d" + name for name in params}
    tensors = {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}
    e = torch.nn.functional.embedding(torch.tensor(windows), tensors["E"].T).reshape(len(words), -1).T
    h = torch.tanh(tensors["Wh"] @ e + tensors["bh"])
    theirs = torch.nn.functional.cross_entropy((tensors["Wy"] @ h + tensors["by"]).T, torch.tensor(words))
    theirs.backward()
    assert loss == pytest.approx(theirs.item(), rel=1e-12)
    for name, tensor in tensors.items():
        np.testing.assert_allclose(gradients["d" + name], tensor.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_a_sentence_is_as_probable_as_its_words_after_their_windows():
    params, sentence = shaken(), [1, 3, 3, 0]
    log_p = seqlib.window_log_probabilities(params, sentence)
    windows, words = seqlib.window_examples([sentence], 3, 4)
    assert log_p.shape == (4,) and -log_p.mean() == pytest.approx(seqlib.window_loss(params, windows, words)[0])
    alone = [seqlib.window_log_probabilities(params, sentence[: t + 1])[-1] for t in range(4)]
    np.testing.assert_allclose(log_p, alone, rtol=1e-12)


def test_the_loss_of_small_numbers_trains_in_their_type():
    params = {name: value.astype(np.float32) for name, value in shaken().items()}
    _, gradients = seqlib.window_loss(params, [[4, 4, 1]], [2])
    assert {value.dtype for value in gradients.values()} == {np.dtype(np.float32)}


def test_a_learners_functions_run_in_the_window_model():
    calls: Counter[str] = Counter()

    def counting(name):
        function = getattr(seqlib, name).__wrapped__

        def call(*args, **kwargs):
            calls[name] += 1
            return function(*args, **kwargs)

        return call

    names = ("embedding_forward", "embedding_backward", "window_forward", "cosine_similarity", "analogy")
    with seqlib.using(**{name: counting(name) for name in names}):
        seqlib.window_loss(shaken(), [[4, 4, 1]], [2])
        seqlib.analogy("a", "b", "c", E, WORDS)
    assert calls == {
        "embedding_forward": 1,
        "embedding_backward": 1,
        "window_forward": 1,
        "analogy": 1,
        "cosine_similarity": 1,
    }


def by_hand(sentences, n_words, width):
    counts = np.zeros((n_words, n_words))
    for sentence in sentences:
        for i, one in enumerate(sentence):
            for j, other in enumerate(sentence):
                counts[one, other] += 0 < abs(i - j) <= width
    return counts


@pytest.mark.parametrize("width", [1, 2, 9])
def test_words_are_counted_as_far_as_the_width_and_within_their_sentence(width):
    sentences = [[0, 1, 1, 3, 0], [], [2], [3, 2]]
    counts = seqlib.cooccurrence_counts(sentences, 5, width)
    np.testing.assert_array_equal(counts, by_hand(sentences, 5, width))
    np.testing.assert_array_equal(counts, counts.T)
    with pytest.raises(ValueError, match=r"sentences\[0\]"):
        seqlib.cooccurrence_counts([[5]], 5, width)
    with pytest.raises(ValueError, match="width"):
        seqlib.cooccurrence_counts([[0, 1]], 5, 0)


def test_what_meets_as_often_as_by_chance_is_worth_nothing_and_more_is_worth_its_logarithm():
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.6, 0.3])
    np.testing.assert_allclose(seqlib.ppmi(1000 * np.outer(p, q)), 0, atol=1e-12)
    counts = np.array([[6.0, 0.0, 2.0], [1.0, 3.0, 0.0], [0.0, 0.0, 0.0]])
    matrix = seqlib.ppmi(counts)
    assert matrix[0, 0] == pytest.approx(np.log(6 * 12 / (8 * 7))) and matrix[1, 0] == 0 and matrix[0, 1] == 0
    assert (matrix >= 0).all() and not matrix[2].any()
    for wrong in (np.zeros((2, 2)), np.ones((2, 3)), np.ones(4), np.array([[1.0, -1.0], [1.0, 1.0]])):
        with pytest.raises(ValueError, match="counts must be"):
            seqlib.ppmi(wrong)


def test_the_strongest_directions_keep_the_angles_between_rows():
    matrix = rng.normal(size=(7, 3)) @ rng.normal(size=(3, 9))  # of rank 3
    vectors = seqlib.svd_embeddings(matrix, 3)
    assert vectors.shape == (3, 7)
    np.testing.assert_allclose(vectors.T @ vectors, matrix @ matrix.T, rtol=1e-9, atol=1e-9)
    best = seqlib.svd_embeddings(matrix, 1)
    S = np.linalg.svd(matrix, compute_uv=False)
    assert np.linalg.norm(best) == pytest.approx(S[0]) and best.shape == (1, 7)
    for n_e in (0, 8):
        with pytest.raises(ValueError, match="n_e"):
            seqlib.svd_embeddings(matrix, n_e)
