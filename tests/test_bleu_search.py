"""BLEU against sacrebleu, sampling, and search against the best of all sequences."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import sacrebleu

from seqlib import beam_search, bleu, generate, greedy_search
from seqlib.bleu import clipped_matches

REFERENCES = [["The Dog is hiding under the bed".split(), "There is a dog under the bed".split()]]
OUTPUT = ["The dog the dog hiding under the bed".split()]


def lower(tokens):
    return [token.lower() for token in tokens]


def test_the_numbers_of_the_lesson():
    references = [[lower(tokens) for tokens in REFERENCES[0]]]
    output = [lower(OUTPUT[0])]
    counts = [clipped_matches(output[0], references[0], n) for n in (1, 2, 3, 4)]
    assert counts == [(6, 8), (4, 7), (2, 6), (1, 5)]
    assert round(bleu(output, references), 4) == 0.4111
    assert round(bleu(OUTPUT, REFERENCES), 4) == 0.3826


def test_an_exact_match_of_three_tokens_is_worth_nothing_at_order_four():
    tokens = ["the", "dog", "hides"]
    assert bleu([tokens], [[tokens]]) == 0 and bleu([tokens], [[tokens]], max_n=3) == 1
    assert bleu([[]], [[tokens]]) == 0


@pytest.mark.parametrize(("ours", "theirs"), [(None, "none"), ("exp", "exp"), ("floor", "floor"), ("add-k", "add-k")])
def test_bleu_equals_sacrebleu_on_random_corpora(ours, theirs):
    rng = np.random.default_rng(0)
    positive = 0
    for case in range(1000):
        several, most = rng.integers(1, 4), int(rng.integers(1, 6))
        words = [chr(97 + i) for i in range(most)]

        def sentence(low, words=words):
            return list(rng.choice(words, size=rng.integers(low, 13)))

        hypotheses = [sentence(0) for _ in range(rng.integers(1, 5))]
        references = [[sentence(1) for _ in range(several)] for _ in hypotheses]
        max_n = 1 + case % 4
        judge = sacrebleu.BLEU(tokenize="none", smooth_method=theirs, effective_order=False, max_ngram_order=max_n)
        streams = [[" ".join(one[i]) for one in references] for i in range(several)]
        expected = judge.corpus_score([" ".join(tokens) for tokens in hypotheses], streams).score / 100
        np.testing.assert_allclose(bleu(hypotheses, references, max_n, ours), expected, rtol=1e-9, atol=1e-12)
        positive += expected > 0
    assert positive > 500


def markov(seed, n_y):
    """A step whose next word depends on the last two: the state is the word before."""
    table = np.log(np.random.default_rng(seed).dirichlet(np.ones(n_y) * 0.5, size=(n_y + 1, n_y + 1)))

    def step(state, token):
        token = n_y if token is None else token
        return table[state, token], token

    return step, n_y


def best_of_all(step, start, end, n_y, max_length, alpha):
    """Every sequence that ends, or has max_length tokens, with its score."""
    found = []
    for length in range(max_length + 1):
        for tokens in product([token for token in range(n_y) if token != end], repeat=length):
            state, log_p, last = start, 0.0, None
            for token in (*tokens, end) if length < max_length else tokens:
                p, state = step(state, last)
                log_p, last = log_p + p[token], token
            found.append((log_p / min(length + 1, max_length) ** alpha, list(tokens)))
    return sorted(found, reverse=True)


@pytest.mark.parametrize("alpha", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("seed", range(8))
def test_a_wide_beam_finds_the_best_of_all(seed, alpha):
    step, start = markov(seed, 4)
    found = beam_search(step, start, 0, width=100, max_length=4, alpha=alpha)
    wanted = best_of_all(step, start, 0, 4, 4, alpha)
    assert found[0].tokens == wanted[0][1]
    np.testing.assert_allclose([one.score for one in found], [score for score, _ in wanted[:100]])


@pytest.mark.parametrize("seed", range(8))
def test_a_wide_beam_is_no_worse_than_a_narrow_one_and_greedy_takes_the_most_probable(seed):
    step, start = markov(seed, 4)
    narrow = beam_search(step, start, 0, width=1, max_length=4, alpha=0)[0]
    assert beam_search(step, start, 0, width=100, max_length=4, alpha=0)[0].score >= narrow.score
    state, last = start, None
    for token in [*greedy_search(step, start, 0, max_length=4), 0][:4]:
        log_p, state = step(state, last)
        assert log_p[token] == log_p.max()
        last = token
    assert 1 not in greedy_search(step, start, 0, reject=[1], max_length=6)
    found = beam_search(step, start, 0, width=100, reject=[1], max_length=4)
    assert all(1 not in one.tokens and np.isfinite(one.score) for one in found)


def test_search_stops_at_the_longest_length():
    def step(state, token):
        return np.log([1e-9, 1.0]), state

    assert greedy_search(step, None, 0, max_length=3) == [1, 1, 1]
    assert beam_search(step, None, 0, width=1, max_length=3)[0].tokens == [1, 1, 1]


def test_a_beam_keeps_its_width_where_the_end_is_the_most_probable():
    def step(state, token):
        return np.log([0.5, 0.3, 0.2] if token is None else [0.98, 0.01, 0.01]), state

    assert beam_search(step, None, 0, width=1, max_length=5, alpha=1)[0].tokens == [1]


def test_length_normalisation_lets_the_longer_one_win():
    def step(state, token):
        return np.log([0.5, 0.5, 1e-9]) if token is None else np.log([0.9, 0.05, 0.05]), state

    short = beam_search(step, None, 0, width=3, max_length=3, alpha=0)[0]
    long = beam_search(step, None, 0, width=3, max_length=3, alpha=1)[0]
    assert (short.tokens, long.tokens) == ([], [1])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: bleu([], []), ValueError, "at least one"),
        (lambda: bleu([["a"]], []), ValueError, "1 and 0"),
        (lambda: bleu(["a b"], [[["a"]]]), TypeError, r"hypotheses\[0\] must be a list of tokens"),
        (lambda: bleu([["a"]], [["a"]]), TypeError, r"references\[0\] must be a list of token lists"),
        (lambda: bleu([["a"]], [[]]), ValueError, r"references\[0\] is empty: .* at least one reference"),
        (lambda: bleu([["a"]], [[["a"]]], 0), ValueError, "max_n"),
        (lambda: bleu([["a"]], [[["a"]]], smoothing="none"), ValueError, "smoothing must be one of"),
        (lambda: greedy_search(None, None, 0, max_length=0), ValueError, "max_length"),
        (lambda: beam_search(None, None, 0, width=0), ValueError, "width"),
    ],
)
def test_errors_say_what_was_expected(call, error, words):
    with pytest.raises(error, match=words):
        call()


SEARCHES = {
    "greedy": lambda step, **o: greedy_search(step, None, 0, **o),
    "beam": lambda step, **o: beam_search(step, None, 0, **o),
    "generate": lambda step, **o: generate(step, np.argmax, 0, **o),
}


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
@pytest.mark.parametrize(
    ("log_p", "reject", "said"),
    [
        ([0.0, np.nan, -1.0], [], "log_p has 1 NaN of 3"),
        ([np.nan] * 3, [1], "log_p has 3 NaN of 3"),
        ([-1.0] * 3, [0, 1, 2], "reject leaves no word"),
        ([-1.0] * 3, [-1], "reject has -1, outside 0 to 2"),
        ([-1.0] * 3, [3], "reject has 3, outside 0 to 2"),
    ],
)
def test_every_search_refuses_nan_and_what_leaves_no_word(search, log_p, reject, said):
    with pytest.raises(ValueError, match=said):
        search(lambda state, token: (np.array(log_p), state), reject=reject)


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
def test_rejected_words_may_be_an_array_or_a_set(search):
    step, _ = markov(1, 4)
    found = [
        search(lambda state, token: step(4 if state is None else state, token), reject=reject, max_length=4)
        for reject in ([1, 2], np.array([1, 2]), {1, 2})
    ]
    assert found[0] == found[1] == found[2]
