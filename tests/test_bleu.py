"""BLEU, judged by sacrebleu and by the example of the lesson."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seqlib import bleu
from seqlib.bleu import brevity_penalty, clipped_matches

OUTPUT = "The dog the dog hiding under the bed".split()
REFERENCES = ["The Dog is hiding under the bed".split(), "There is a dog under the bed".split()]


def lower(tokens):
    return [token.lower() for token in tokens]


def test_the_example_of_the_lesson():
    low = [lower(OUTPUT)], [[lower(reference) for reference in REFERENCES]]
    # by hand: the 2 of 3, dog 1 of 2, hiding, under, bed
    counts = [clipped_matches(low[0][0], low[1][0], n) for n in (1, 2, 3, 4)]
    assert counts == [(6, 8), (4, 7), (2, 6), (1, 5)]
    assert brevity_penalty(*low) == 1
    assert bleu(*low) == pytest.approx((6 / 8 * 4 / 7 * 2 / 6 * 1 / 5) ** 0.25, rel=1e-12)
    assert round(bleu(*low), 4) == 0.4111
    assert round(bleu([OUTPUT], [REFERENCES]), 4) == 0.3826


def test_an_exact_match_of_three_tokens_scores_nothing():
    assert bleu([["a", "b", "c"]], [[["a", "b", "c"]]]) == 0
    assert bleu([["a", "b", "c"]], [[["a", "b", "c"]]], max_n=3) == 1
    assert bleu([["a", "b", "c", "d"]], [[["a", "b", "c", "d"]]]) == 1


def test_the_closest_reference_counts_and_the_shorter_on_a_tie():
    four, six, seven = ([["x"] * n] for n in (4, 6, 7))
    assert brevity_penalty([["x"] * 5], [four + six]) == 1
    assert brevity_penalty([["x"] * 5], [six + four]) == 1
    assert brevity_penalty([["x"] * 6], [four + seven]) == pytest.approx(math.exp(1 - 7 / 6))
    assert brevity_penalty([[]], [four]) == 0
    assert brevity_penalty([[]], [[[]]]) == 1


def corpus(rng):
    """A random corpus: sentences of 0 to 8 of a few words, 1 to 3 references for each, some near the hypothesis."""
    words = [*"abcdef"][: rng.integers(1, 7)]

    def sentence(shortest):
        return [str(word) for word in rng.choice(words, rng.integers(shortest, 9))]

    size, count = rng.integers(1, 5), rng.integers(1, 4)
    hypotheses = [sentence(0) for _ in range(size)]
    references = []
    for hypothesis in hypotheses:
        near = hypothesis[: rng.integers(len(hypothesis) + 1)] + sentence(0)
        references.append([near or ["a"], *(sentence(1) for _ in range(count - 1))])
    return hypotheses, references


@pytest.mark.parametrize("smoothing", [None, "floor", "add-k", "exp"])
def test_equal_to_sacrebleu_on_random_corpora(smoothing):
    sacrebleu = pytest.importorskip("sacrebleu")
    rng = np.random.default_rng(0)
    scores = []
    for number in range(1000):
        hypotheses, references = corpus(rng)
        streams = [[" ".join(refs[i]) for refs in references] for i in range(len(references[0]))]
        value = None if number % 2 or smoothing in (None, "exp") else 0.3
        judge = sacrebleu.corpus_bleu(
            [" ".join(hypothesis) for hypothesis in hypotheses],
            streams,
            tokenize="none",
            smooth_method=smoothing or "none",
            smooth_value=value,
            force=True,
            use_effective_order=False,
        )
        ours = bleu(hypotheses, references, smoothing=smoothing, smoothing_value=value)
        assert ours == pytest.approx(judge.score / 100, abs=1e-12), (hypotheses, references)
        scores.append(ours)
    assert 0 < sum(score == 0 for score in scores) < 1000 and max(scores) > 0.5


def test_equal_to_sacrebleu_on_all_that_the_exercise_accepts():
    """Sentences with different numbers of references, empty hypotheses, every max_n: the library's bleu and the exercise's right answer."""
    sacrebleu = pytest.importorskip("sacrebleu")
    from autograder.lessons.lesson_15.bleu import bleu as right

    rng, scores = np.random.default_rng(5), []
    for number in range(1000):
        hypotheses, references = corpus(rng)
        references = [refs[: rng.integers(1, len(refs) + 1)] for refs in references]
        max_n = 1 + number % 6
        streams = [
            [" ".join(refs[i]) if i < len(refs) else None for refs in references]
            for i in range(max(map(len, references)))
        ]
        judge = sacrebleu.BLEU(tokenize="none", smooth_method="none", effective_order=False, max_ngram_order=max_n)
        expected = judge.corpus_score([" ".join(one) for one in hypotheses], streams).score / 100
        for ours in (bleu, right):
            assert ours(hypotheses, references, max_n) == pytest.approx(expected, abs=1e-12), (hypotheses, references)
        scores.append(expected)
    assert 200 < sum(score == 0 for score in scores) < 800 and max(scores) > 0.5


def test_order_of_sentences_and_references_is_no_matter():
    rng = np.random.default_rng(1)
    for _ in range(50):
        hypotheses, references = corpus(rng)
        turned = bleu(hypotheses[::-1], [refs[::-1] for refs in references[::-1]], max_n=2)
        assert bleu(hypotheses, references, max_n=2) == pytest.approx(turned, abs=1e-15)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: bleu(["a b"], [[["a"]]]), TypeError, r"hypotheses\[0\] must be a list of tokens"),
        (lambda: bleu([["a"]], [["a"]]), TypeError, "a single reference is a list of one"),
        (lambda: bleu([["a"]], ["a"]), TypeError, r"references\[0\] must be a list of token lists"),
        (lambda: bleu([["a"]], [[]]), ValueError, "at least one reference"),
        (lambda: bleu([], []), ValueError, "at least one sentence"),
        (lambda: bleu([["a"], ["b"]], [[["a"]]]), ValueError, "got 2 and 1"),
        (lambda: bleu([["a"]], [[["a"]]], max_n=0), ValueError, "max_n must be at least 1"),
        (lambda: bleu([["a"]], [[["a"]]], smoothing="much"), ValueError, "smoothing must be one of None, 'floor'"),
        (lambda: brevity_penalty([["a"]], []), ValueError, "got 1 and 0"),
        (
            lambda: clipped_matches("a b", [["a"]], 1),
            TypeError,
            "hypothesis and each of references must be a list of tokens",
        ),
        (lambda: clipped_matches(["a"], [["a"], "a"], 1), TypeError, "got a text: tokenize it first"),
        (lambda: clipped_matches(["a"], [["a"]], 0), ValueError, "n must be at least 1, got 0"),
    ],
)
def test_errors_say_what_was_expected(call, error, words):
    with pytest.raises(error, match=words):
        call()
