"""Drawing words and writing sequences: distributions, what is kept, and probabilities that sum to one."""

import itertools

import numpy as np
import pytest

from autograder.lessons.chances import acceptance, bounds
from seqlib import (
    filter_probabilities,
    generate,
    generated_log_probability,
    greedy_search,
    language_model,
    models,
    nucleus_probabilities,
    sample,
    sample_logits,
    sampler,
    softmax,
    top_k_probabilities,
    using,
)

DRAWS, RISK = 8000, 1e-9
P = np.array([0.5, 0.0, 0.3, 0.2])


def logs(p):
    with np.errstate(divide="ignore"):
        return np.log(p)


def within(counts, p):
    """Whether counts are those of independent draws from p; chance alone makes this false once in 1e9, by exact binomial tails."""
    low, high = bounds(p, counts.sum(), RISK)
    return bool(((low <= counts) & (counts <= high)).all())


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_indices_are_drawn_from_softmax_at_a_temperature(temperature):
    rng, z = np.random.default_rng(0), logs(P) + 700
    counts = np.bincount(sample_logits(z, rng, DRAWS, temperature=temperature), minlength=4)
    p = softmax(z / temperature)
    assert within(counts, p)
    for other in {0.5, 1.0, 2.0} - {temperature}:
        assert (
            acceptance(softmax(z / other), bounds(p, DRAWS, RISK), DRAWS) < 1e-9
        )  # so that the line above says something


def test_at_a_tiny_temperature_the_most_probable_is_drawn_and_nothing_overflows():
    rng = np.random.default_rng(0)
    assert set(sample_logits(np.array([999.0, 1000.0, 1e-3]), rng, 20, temperature=1e-306)) == {1}


def test_draws_depend_on_the_generator_alone():
    first, rng = (np.random.default_rng(1) for _ in range(2))
    np.testing.assert_array_equal(sample_logits(logs(P), first, 50), sample_logits(logs(P), rng, 50))
    before = rng.bit_generator.state
    assert sample_logits(logs(P), rng, 1).shape == (1,)
    assert rng.bit_generator.state != before


def test_one_word_is_drawn_as_the_filters_say():
    rng = np.random.default_rng(0)
    counts = np.bincount([sample(P, rng) for _ in range(1000)], minlength=4)
    assert within(counts, P)
    assert {sample(P, rng, reject=[0]) for _ in range(50)} == {2, 3}
    drawn = [sample(P, rng, temperature=0.5, nucleus=0.8) for _ in range(1000)]
    assert within(np.bincount(drawn, minlength=4), np.array([25, 0, 9, 0]) / 34)
    assert {sample(P, rng, top_k=1) for _ in range(20)} == {0}
    draw = sampler(rng, temperature=0.5, nucleus=0.8)
    assert within(np.bincount([draw(logs(P) - 3) for _ in range(1000)], minlength=4), np.array([25, 0, 9, 0]) / 34)
    assert {sampler(rng, top_k=2)(logs(P)) for _ in range(50)} == {0, 2}


def test_what_filters_leave():
    p = np.array([0.5, 0.1, 0.4])
    np.testing.assert_allclose(filter_probabilities(p), p)
    np.testing.assert_allclose(filter_probabilities(p, temperature=0.5), p**2 / (p**2).sum())
    np.testing.assert_allclose(filter_probabilities(p, temperature=1e-3), [1, 0, 0], atol=1e-9)
    np.testing.assert_allclose(filter_probabilities(p, top_k=2), [5 / 9, 0, 4 / 9])
    np.testing.assert_allclose(filter_probabilities(p, top_k=1), [1, 0, 0])
    np.testing.assert_allclose(filter_probabilities(p, nucleus=0.5), [1, 0, 0])
    np.testing.assert_allclose(filter_probabilities(p, nucleus=0.6), [5 / 9, 0, 4 / 9])
    np.testing.assert_allclose(filter_probabilities(p, nucleus=1), p)
    np.testing.assert_allclose(filter_probabilities(p, reject=[0], top_k=1), [0, 0, 1])
    # first the temperature, then the k most probable, then the nucleus of these
    np.testing.assert_allclose(filter_probabilities(p, temperature=0.5, top_k=2, nucleus=0.6), [1, 0, 0])
    assert p.tolist() == [0.5, 0.1, 0.4]


def test_the_cut_offs_keep_the_most_probable_and_the_first_of_equals():
    p = np.array([0.125, 0.25, 0.125, 0.375, 0.125])
    np.testing.assert_allclose(top_k_probabilities(p, 3), np.array([1, 2, 0, 3, 0]) / 6)
    np.testing.assert_allclose(top_k_probabilities(p, 1), [0, 0, 0, 1, 0])
    np.testing.assert_allclose(top_k_probabilities(p, 9), p)
    np.testing.assert_allclose(nucleus_probabilities(p, 0.625), np.array([0, 2, 0, 3, 0]) / 5)
    np.testing.assert_allclose(nucleus_probabilities(p, 0.626), np.array([1, 2, 0, 3, 0]) / 6)
    np.testing.assert_allclose(nucleus_probabilities(p, 1e-6), [0, 0, 0, 1, 0])
    np.testing.assert_allclose(nucleus_probabilities(p, 1.0), p)
    reached = nucleus_probabilities(np.array([0.42, 0.17, 0.14, 0.13, 0.12, 0.02]), 0.42)  # by the first alone
    assert reached.tolist() == [1, 0, 0, 0, 0, 0]
    assert p.tolist() == [0.125, 0.25, 0.125, 0.375, 0.125]


def markov(seed, n_y):
    """A step whose state is the number of words so far, so that it has to be handed on."""
    table = np.log(np.random.default_rng(seed).dirichlet(np.ones(n_y), size=(4, n_y + 1)))

    def step(state, word):
        t = 0 if state is None else state
        return table[t % 4, n_y if word is None else word], t + 1

    return step


HOW = [{}, {"reject": [0]}, {"start": [2]}, {"start": [2, 0, 2], "reject": [2]}, {"state": 1}, {"start": [0, 0, 0, 0]}]


@pytest.mark.parametrize("how", HOW, ids=str)
def test_what_is_written_has_the_probability_that_is_said_and_all_of_it_sums_to_one(how):
    step, n_y, end, longest = markov(3, 4), 4, 1, 4
    start = how.get("start", [])
    texts = [
        [*start, *rest]
        for length in range(longest - len(start) + 1)
        for rest in itertools.product([0, 2, 3], repeat=length)
    ]
    p = np.exp([generated_log_probability(step, words, end, max_length=longest, **how) for words in texts])
    np.testing.assert_allclose(p.sum(), 1)
    if how.get("reject"):
        rejected = [any(w in how["reject"] for w in words[len(start) :]) for words in texts]
        assert (p[rejected] == 0).all()
    draw = sampler(np.random.default_rng(5))
    drawn = [texts.index(generate(step, draw, end, max_length=longest, **how)) for _ in range(500)]
    assert within(np.bincount(drawn, minlength=len(texts)), p)
    assert n_y > max(map(max, filter(None, texts)))


def test_the_words_are_fed_back_and_the_most_probable_are_those_of_greedy_search():
    for seed in range(10):
        step = markov(seed, 6)
        assert generate(step, np.argmax, 1, max_length=9, reject=[3]) == greedy_search(
            step, None, 1, max_length=9, reject=[3]
        )


def test_the_arrays_of_step_and_the_start_stay_as_they_were():
    log_p, start = np.log(np.full(3, 1 / 3)), [2]
    generate(lambda state, word: (log_p, None), np.argmax, 1, start=start, reject=[0], max_length=4)
    generated_log_probability(lambda state, word: (log_p, None), [2, 2], 1, start=start, reject=[0])
    assert start == [2] and np.isfinite(log_p).all()


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_models_sentence_costs_what_the_whole_sequence_says(cell):
    rng = np.random.default_rng(0)
    params = models.network_parameters(rng, n_x=3, n_a=4, n_y=5, n_words=5, cell=cell)
    words = [3, 0, 4]
    whole = language_model.sentence_log_probability(params, [[*words, 1]], cell=cell)[0]
    step = language_model.next_word(params, cell)
    assert generated_log_probability(step, words, 1) == pytest.approx(whole)
    cut = language_model.sentence_log_probability(params, [words], cell=cell)[0]
    assert generated_log_probability(step, words, 1, max_length=3) == pytest.approx(cut)


def test_the_library_uses_a_learners_functions():
    with using(top_k_probabilities=lambda p, k: np.eye(4)[3], sample_logits=lambda z, rng, count: [z.argmax()]):
        assert sample(P, None, top_k=2) == 3
    with using(generate=lambda *a, **k: "mine", nucleus_probabilities=lambda p, mass: p):
        assert generate() == "mine"
        assert filter_probabilities(P, nucleus=0.1).tolist() == P.tolist()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: sample(np.ones(1), 0), TypeError, "np.random.default_rng"),
        (lambda: sample_logits(np.ones(2), 0, 1), TypeError, "np.random.default_rng"),
        (lambda: sample_logits(np.ones(2), np.random.default_rng(0), 0), ValueError, "count must be at least 1, got 0"),
        (lambda: sample_logits(np.ones((2, 1)), np.random.default_rng(0), 1), ValueError, r"got shape \(2, 1\)"),
        (lambda: sample_logits(np.array([np.nan]), np.random.default_rng(0), 1), ValueError, "no NaN"),
        (lambda: sample_logits(np.array([-np.inf]), np.random.default_rng(0), 1), ValueError, "finite"),
        (lambda: sample_logits(np.ones(0), np.random.default_rng(0), 1), ValueError, "finite"),
        (
            lambda: sample_logits(np.ones(2), np.random.default_rng(0), 1, temperature=0),
            ValueError,
            "temperature must be positive, got 0",
        ),
        (lambda: filter_probabilities(np.ones(2)), ValueError, "sum 1"),
        (lambda: filter_probabilities(np.array([1.5, -0.5])), ValueError, "not negative"),
        (lambda: filter_probabilities(np.array([[1.0]])), ValueError, r"shape \(1, 1\)"),
        (lambda: filter_probabilities(np.array([1.0]), temperature=0), ValueError, "temperature"),
        (lambda: filter_probabilities(np.array([0.5, 0.5]), temperature=np.inf), ValueError, "must be finite, got inf"),
        (
            lambda: sample_logits(np.array([0.0, -np.inf]), np.random.default_rng(0), 1, temperature=np.inf),
            ValueError,
            "must be finite, got inf",
        ),
        (lambda: filter_probabilities(np.array([1.0]), top_k=0), ValueError, "top_k"),
        (lambda: filter_probabilities(np.array([1.0]), nucleus=1.1), ValueError, "nucleus"),
        (lambda: filter_probabilities(np.array([1.0]), nucleus=0), ValueError, "nucleus"),
        (lambda: filter_probabilities(np.array([1.0]), reject=[0]), ValueError, "leaves no index"),
        (lambda: filter_probabilities(P, reject=[-1]), ValueError, "reject has -1, outside 0 to 3"),
        (lambda: filter_probabilities(P, reject=[1.0]), TypeError, "reject must hold integers"),
        (lambda: generated_log_probability(markov(0, 3), [-1], 1), ValueError, "words has -1, outside 0 to 2"),
        (lambda: generated_log_probability(markov(0, 3), [3], 1), ValueError, "words has 3, outside 0 to 2"),
        (lambda: top_k_probabilities(np.array([1.0]), 0), ValueError, "k must be at least 1, got 0"),
        (lambda: nucleus_probabilities(np.array([1.0]), 0.0), ValueError, "mass must be above 0"),
        (lambda: nucleus_probabilities(np.array([1.0]), 1.01), ValueError, "mass must be above 0"),
        (lambda: generate(markov(0, 3), np.argmax, 1, max_length=0), ValueError, "max_length must be at least 1"),
        (lambda: generate(markov(0, 3), np.argmax, 1, reject=[0, 1, 2]), ValueError, "reject leaves no word"),
        (lambda: greedy_search(markov(0, 3), None, 1, reject=[0, 1, 2]), ValueError, "reject leaves no word"),
        (lambda: generated_log_probability(markov(0, 3), [0], 1, start=[2]), ValueError, "begin with start"),
        (lambda: generated_log_probability(markov(0, 3), [0, 0], 1, max_length=1), ValueError, "at most max_length"),
    ],
)
def test_bad_arguments_get_a_clear_error(call, error, words):
    with pytest.raises(error, match=words):
        call()
