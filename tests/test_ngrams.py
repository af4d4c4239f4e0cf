"""Counted language models: probabilities that sum to 1, the formulas by hand, and what smoothing hands on."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import seqlib
from seqlib import NGram, bigram_probabilities
from seqlib.ngrams import SMOOTHINGS

CATS = [[0, 2, 4, 6], [0, 2, 5, 6], [0, 3, 4, 6], [1, 3, 5, 6]]  # the cat sat, the cat ran, the dog sat, a dog ran


def text(seed: int, n_y: int = 6, sentences: int = 12) -> list[list[int]]:
    """Random sentences that end with n_y - 1 and leave out one word."""
    rng = np.random.default_rng(seed)
    return [[*rng.integers(0, n_y - 2, size=rng.integers(1, 6)).tolist(), n_y - 1] for _ in range(sentences)]


def test_bigrams_are_the_formulas_of_the_lesson():
    P = bigram_probabilities(CATS, 7)
    prior = (np.array([3, 1, 2, 2, 2, 2, 4]) + 1 / 7) / 17
    assert P.shape == (7, 8)
    np.testing.assert_allclose(P[:, 7], (np.array([3, 1, 0, 0, 0, 0, 0]) + prior) / 5)
    np.testing.assert_allclose(P[:, 2], (np.array([0, 0, 0, 0, 1, 1, 0]) + prior) / 3)
    np.testing.assert_allclose(P[:, 6], prior)  # nothing follows the end
    np.testing.assert_allclose(P.sum(axis=0), 1)
    strong = bigram_probabilities(CATS, 7, strength=1e9)
    np.testing.assert_allclose(strong, 1 / 7, rtol=1e-6)


@pytest.mark.parametrize("strength", [0.1, 1.0, 20.0])
def test_a_dirichlet_bigram_is_the_table(strength):
    sentences = text(1)
    P = bigram_probabilities(sentences, 6, strength=strength)
    model = NGram(sentences, 6, 2, smoothing="dirichlet", strength=strength)
    for j in range(6):
        np.testing.assert_allclose(model.probabilities([j]), P[:, j])
    np.testing.assert_allclose(model.probabilities([]), P[:, 6])
    for sentence in text(2):
        expected = np.log(P[sentence, [6, *sentence[:-1]]])
        np.testing.assert_allclose(model.log_probabilities(sentence), expected)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_after_any_words_the_probabilities_are_above_0_and_sum_to_1(smoothing, order):
    model = NGram(text(3), 6, order, smoothing=smoothing)
    for length in range(4):
        for before in itertools.product(range(6), repeat=length):
            p = model.probabilities(before)
            assert p.shape == (6,) and (p > 0).all()
            np.testing.assert_allclose(p.sum(), 1)


def test_witten_and_bell_by_hand():
    model = NGram([[0, 1], [0, 1], [0, 2]], 4, 2, smoothing="witten_bell")
    single = (np.array([3, 2, 1, 0]) + 3 / 4) / (6 + 3)  # three different words in six
    np.testing.assert_allclose(model.probabilities([0]), (np.array([0, 2, 1, 0]) + 2 * single) / (3 + 2))
    np.testing.assert_allclose(model.probabilities([]), (np.array([3, 0, 0, 0]) + single) / (3 + 1))
    np.testing.assert_allclose(model.probabilities([3]), single)


def test_kneser_and_ney_by_hand():
    # 1 is frequent but only ever follows 0; 2 is rarer and follows 0, 3 and the start
    sentences = [[0, 1], [0, 1], [0, 1], [0, 2], [3, 2], [2, 3]]
    model = NGram(sentences, 4, 2, smoothing="kneser_ney", discount=0.5)
    different = np.array([1, 1, 3, 2])  # of how many different words (the start is one) each is the next
    single = (different - 0.5 + 0.5 * 4 / 4) / 7
    np.testing.assert_allclose(model.probabilities([1]), single)
    np.testing.assert_allclose(model.probabilities([0]), (np.array([0, 2.5, 0.5, 0]) + 0.5 * 2 * single) / 4)
    assert single[2] > single[1]


def test_a_start_keeps_its_counts_where_contexts_are_shortened():
    # a sentence's second word has the context (start, first word): twice seen, not once for one word before it
    model = NGram([[0, 1], [0, 1], [2, 0, 3]], 4, 3, smoothing="kneser_ney", discount=0.5)
    start = np.array([1.5, 0, 0.5, 0]) + 0.5 * 2 * model.probabilities([3, 3])
    np.testing.assert_allclose(model.probabilities([]), start / 3)
    # of how many different contexts each word is the next: of all words, and after 0
    single = (np.array([2, 1, 1, 1]) - 0.5 + 0.5 * 4 / 4) / 5
    after = (np.array([0, 0.5, 0, 0.5]) + 0.5 * 2 * single) / 2
    np.testing.assert_allclose(model.probabilities([3, 0]), after)
    np.testing.assert_allclose(model.probabilities([0]), (np.array([0, 1.5, 0, 0]) + 0.5 * after) / 2)


def test_a_longer_context_is_used_where_it_was_seen_and_only_there():
    sentences = [[0, 1, 2], [3, 1, 0]] * 20
    model = NGram(sentences, 4, 3)
    assert model.context([0, 1]) == (0, 1) and model.context([1]) == (4, 1) and model.context([]) == (4,)
    assert model.context([3, 2, 0, 1]) == (0, 1)
    assert model.seen((0, 1)) and not model.seen((2, 1))
    assert model.probabilities([0, 1]).argmax() == 2 and model.probabilities([3, 1]).argmax() == 0
    np.testing.assert_allclose(model.probabilities([2, 1]), model.probabilities([0, 2, 1]))
    assert NGram(sentences, 4, 1).context([0, 1]) == ()


def test_the_log_probabilities_are_those_of_the_words():
    model, sentence = NGram(text(4), 6, 3), text(5)[0]
    expected = [np.log(model.probabilities(sentence[:t])[word]) for t, word in enumerate(sentence)]
    np.testing.assert_allclose(model.log_probabilities(sentence), expected)


WRONG = [
    (lambda: bigram_probabilities([], 3), ValueError, "sentences has no word"),
    (lambda: bigram_probabilities([[]], 3), ValueError, "sentences has no word"),
    (lambda: bigram_probabilities([[0, 3]], 3), ValueError, r"sentences\[0\] has 3, outside 0 to 2"),
    (lambda: bigram_probabilities([[0.5]], 3), TypeError, "must hold integers"),
    (lambda: bigram_probabilities([[0]], 0), ValueError, "n_y must be at least 1"),
    (lambda: bigram_probabilities([[0]], 3, strength=0), ValueError, "strength must be above 0"),
    (lambda: bigram_probabilities([[0]], 3, strength=float("nan")), ValueError, "strength must be above 0"),
    (lambda: NGram([[0]], 3, 0), ValueError, "order must be at least 1"),
    (lambda: NGram([[0]], 3, smoothing="add_one"), ValueError, "smoothing must be one of dirichlet"),
    (lambda: NGram([[0]], 3, discount=1.0), ValueError, "discount must be between 0 and 1"),
    (lambda: NGram([[0]], 3, discount=0.0), ValueError, "discount must be between 0 and 1"),
    (lambda: NGram([[0]], 3, strength=-1.0), ValueError, "strength must be above 0"),
    (lambda: NGram([[0]], 3).probabilities([3]), ValueError, "before has 3"),
    (lambda: NGram([[0]], 3).log_probabilities([0, -1]), ValueError, "sentence has -1"),
]


@pytest.mark.parametrize(("call", "error", "words"), WRONG)
def test_errors_say_what_was_expected(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_an_empty_sentence_among_others_counts_nothing():
    np.testing.assert_array_equal(bigram_probabilities([[], [0, 1]], 2), bigram_probabilities([[0, 1]], 2))


def test_a_learners_bigrams_stand_in_for_the_librarys():
    with seqlib.using(bigram_probabilities=lambda sentences, n_y, strength=1.0: "mine"):
        assert seqlib.bigram_probabilities([[0]], 1) == "mine"
