"""BLEU: how much of a translation's n-grams occur in the references, over a whole corpus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from math import exp, log
from typing import Any

from seqlib.support.swap import replaceable

Tokens = Sequence[Hashable]

SMOOTHING = {None: 0.0, "floor": 0.1, "add-k": 1.0, "exp": 0.0}


@replaceable
def bleu(
    hypotheses: Sequence[Tokens],
    references: Sequence[Sequence[Tokens]],
    max_n: int = 4,
    smoothing: str | None = None,
    *,
    smoothing_value: float | None = None,
) -> float:
    """BP * (p_1 p_2 ... p_N)^(1/N), from 0 to 1, with the counts summed over the corpus before dividing.

    hypotheses: a list of tokens for each sentence; it may be empty
    references: for each sentence a list of references, each a list of tokens
    max_n: the length of the longest n-grams
    smoothing, smoothing_value: what a precision of 0 becomes. None: BLEU is then 0, also where all sentences are shorter than max_n tokens;
        "floor": smoothing_value matches (0.1); "add-k": smoothing_value (1) more matches and n-grams for n > 1;
        "exp": half a match, a quarter for the next n, and so on

    Raises TypeError (a text instead of tokens) and ValueError (no sentence, none or another number of references).
    Source: L15, item 15.3; Papineni et al. 2002. Equal to sacrebleu's corpus_bleu / 100 with
    tokenize="none" and smooth_method="none", without smoothing.

    >>> round(bleu(["the dog sat down here".split()], [["the dog sat down".split()]]), 4)
    0.6687
    """
    if smoothing not in SMOOTHING:
        raise ValueError(f"smoothing must be one of {', '.join(map(repr, SMOOTHING))}, got {smoothing!r}")
    k = SMOOTHING[smoothing] if smoothing_value is None else smoothing_value
    if max_n < 1:
        raise ValueError(f"max_n must be at least 1, got {max_n}")
    _check(hypotheses, references)
    pairs = list(zip(hypotheses, references, strict=True))
    counts = []
    for n in range(1, max_n + 1):
        matches, totals = zip(*(clipped_matches(*pair, n) for pair in pairs), strict=True)
        counts.append((sum(matches), sum(totals)))
    if not any(matched for matched, _ in counts):
        return 0.0
    logarithms, share = 0.0, 1.0
    for n, (matched, total) in enumerate(counts, start=1):
        numerator, denominator = float(matched), float(total)
        if smoothing == "add-k" and n > 1:
            numerator, denominator = numerator + k, denominator + k
        if denominator > 0 and numerator == 0:
            if smoothing == "floor":
                numerator = k
            elif smoothing == "exp":
                share /= 2
                numerator = share
        if numerator == 0:
            return 0.0
        logarithms += log(numerator / denominator)
    # BLEU = BP exp(1/N sum_n log p_n)
    return brevity_penalty(hypotheses, references) * exp(logarithms / max_n)


@replaceable
def clipped_matches(hypothesis: Tokens, references: Sequence[Tokens], n: int) -> tuple[int, int]:
    """The numerator and the denominator of one sentence's clipped precision p_n.

    hypothesis: a list of tokens
    references: the lists of tokens that it is compared with
    n: the length of the n-grams

    An n-gram of the hypothesis counts at most as often as in that reference which has it most often.
    Raises TypeError (a text instead of tokens), ValueError (n below 1). Source: L15, item 15.3; Papineni et al. 2002.

    >>> clipped_matches("the the the".split(), ["on the mat the".split(), "the mat".split()], 1)
    (2, 3)
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    if isinstance(hypothesis, str) or any(isinstance(reference, str) for reference in references):
        raise TypeError("hypothesis and each of references must be a list of tokens, got a text: tokenize it first")
    candidates = _ngrams(hypothesis, n)
    limit: Counter[Tokens] = Counter()
    for reference in references:
        limit |= _ngrams(reference, n)
    return (candidates & limit).total(), candidates.total()


@replaceable
def brevity_penalty(hypotheses: Sequence[Tokens], references: Sequence[Sequence[Tokens]]) -> float:
    """BP = 1 where the hypotheses are as long as the references, exp(1 - r / c) where they are shorter (c < r).

    hypotheses, references: as in bleu
    c: the tokens of all hypotheses
    r: the sum of the reference lengths closest to each, the shorter on a tie

    Raises TypeError, ValueError as bleu does. Source: L15, item 15.3.

    >>> round(brevity_penalty([["a", "b", "c"]], [[["a"] * 4, ["a"] * 7]]), 4)
    0.7165
    """
    _check(hypotheses, references)
    c = sum(len(hypothesis) for hypothesis in hypotheses)
    r = sum(
        min((len(candidate) for candidate in candidates), key=lambda length: (abs(length - len(hypothesis)), length))
        for hypothesis, candidates in zip(hypotheses, references, strict=True)
    )
    if c >= r:
        return 1.0
    return exp(1 - r / c) if c else 0.0


def _ngrams(tokens: Tokens, n: int) -> Counter[Tokens]:
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


def _check(hypotheses: Sequence[Any], references: Sequence[Any]) -> None:
    if len(hypotheses) != len(references) or len(hypotheses) == 0:
        raise ValueError(
            "hypotheses and references must have one entry for each of at least one sentence, "
            f"got {len(hypotheses)} and {len(references)}"
        )
    for i, (hypothesis, candidates) in enumerate(zip(hypotheses, references, strict=True)):
        if isinstance(hypothesis, str):
            raise TypeError(f"hypotheses[{i}] must be a list of tokens, got the text {hypothesis!r}: tokenize it first")
        if isinstance(candidates, str) or any(isinstance(one, str) for one in candidates):
            raise TypeError(
                f"references[{i}] must be a list of token lists, got {candidates!r}; a single reference is a list of one"
            )
        if len(candidates) == 0:
            raise ValueError(f"references[{i}] is empty: each sentence needs at least one reference")
