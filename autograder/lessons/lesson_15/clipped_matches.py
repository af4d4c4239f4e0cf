"""`clipped_matches`: how many of a sentence's n-grams the references grant, and how many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, different

WORDS = ("a", "bed", "cat", "dog", "hides", "is", "on", "sees", "the", "there", "under", "with")


def some(rng: Generator, words: Sequence[str], count: int) -> list[str]:
    """Words with repetitions, so that there is something to clip."""
    return [words[int(i)] for i in rng.integers(len(words), size=count)]


def draw(rng: Generator) -> list[Inputs]:
    words, more = different(WORDS, 3, rng), different(WORDS, 5, rng)
    one, two, three = (some(rng, words, count + int(rng.integers(6))) for count in (9, 7, 11))
    near = [*two[:4], *some(rng, more, 3)]
    capital = [word.capitalize() if i % 2 else word for i, word in enumerate(two)]
    a, b, c, d, e = different(WORDS, 5, rng)
    strange, alike = [e, a, f"{b} {c}", "", f"{d} ", f"{d}."], [[f"{a} {b}", c], ["", d, d], [f"{d} ", d]]
    return [
        Inputs("single words, two references", (one, [two, some(rng, more, 8)], 1), aspect="words"),
        Inputs("single words, three references", (three, [some(rng, more, 5), two, near], 1), aspect="words"),
        Inputs("some words with a capital letter", (two, [capital, some(rng, more, 4)], 1), aspect="words"),
        Inputs("pairs, two references", ([*three[:6], near[-1], one[0]], [near, one], 2), aspect="longer n-grams"),
        Inputs("pairs, one reference", (two, [near], 2), aspect="longer n-grams"),
        Inputs("triples, one of the references is shorter", (three, [two, three[2:9] + near, two[:2]], 3), aspect="longer n-grams"),
        Inputs("five words in a row, one reference is empty", (near, [[], [*words, *near[1:]], near[:6]], 5), aspect="longer n-grams"),
        Inputs("a sentence of two words, n = 4", (two[:2], [two], 4), aspect="short sentences", dependent=True),
        Inputs("an empty sentence", ([], [near], 1), aspect="short sentences", dependent=True),
        Inputs("a sentence of n words", (near[:3], [near], 3), aspect="short sentences", dependent=True),
        Inputs("tokens with a space, with a full stop, without a letter", (strange, alike, 2), aspect="any token", unusual=True, dependent=True),
    ]  # fmt: skip


def clipped_matches(hypothesis: Any, references: Any, n: int) -> Any:
    def ngrams(tokens: Any) -> Counter[Any]:
        return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))

    counts = ngrams(hypothesis)
    limit: Counter[Any] = Counter()
    for reference in references:
        limit |= ngrams(reference)
    matches = sum(min(count, limit[ngram]) for ngram, count in counts.items())
    total = sum(counts.values())
    return matches, total


GRAM, RANGE, UNION = "tuple(tokens[i : i + n])", "range(len(tokens) - n + 1)", "limit |= ngrams(reference)"
EACH, CLIP, TOTAL, RESULT = (
    "for reference in references",
    "min(count, limit[ngram])",
    "total = sum(counts.values())",
    "return matches, total",
)
MATCHES = "matches = sum(min(count, limit[ngram]) for ngram, count in counts.items())"

# fmt: off
MISTAKES = {
    "not_clipped": Mistake("an n-gram counts as often as the sentence has it, however often a reference has it: clip its count at that of the reference with the most.",
        (CLIP, "count * (limit[ngram] > 0)")),
    "limits_added": Mistake("the counts of all references are added up: an n-gram is clipped at its count in the one reference that has it most often.",
        (UNION, "limit += ngrams(reference)")),
    "least_of_references": Mistake("an n-gram is clipped at its count in the reference that has it least often: it is the one that has it most often.",
        (UNION, "limit = ngrams(reference) if not limit else limit & ngrams(reference)")),
    "first_reference": Mistake("only the first reference is looked at.", (EACH, "for reference in references[:1]")),
    "two_references": Mistake("only the first two references are looked at: there may be any number.", (EACH, "for reference in references[:2]")),
    "last_reference": Mistake("only the last reference is looked at: its counts must not replace those of the others.", (UNION, "limit = ngrams(reference)")),
    "best_reference": Mistake("the sentence is compared with each reference by itself, and the best one taken: each n-gram is clipped by itself, at its largest count in any reference.",
        (MATCHES, "matches = max((counts & ngrams(reference)).total() for reference in references)")),
    "closest_reference": Mistake("only the reference whose length is closest counts: that is for the brevity penalty. An n-gram is clipped at its largest count in any reference.",
        (EACH, "for reference in [min(references, key=lambda one: (abs(len(one) - len(hypothesis)), len(one)))]")),
    "concatenated": Mistake("the references are joined into one text: counts add up, and n-grams arise where one ends and the next begins. Count in each by itself and take the largest.",
        (EACH, "for reference in [[token for one in references for token in one]]")),
    "each_once": Mistake("each different n-gram counts once: count how often it occurs.", (CLIP, "min(1, limit[ngram])"), (TOTAL, "total = len(counts)")),
    "clipped_at_one": Mistake("every n-gram is clipped at 1: clip it at its count in the reference that has it most often.", (CLIP, "min(1, limit[ngram])")),
    "distinct_total": Mistake("the total is the number of different n-grams: every one counts, repeated ones as well.", (TOTAL, "total = len(counts)")),
    "total_of_references": Mistake("the total counts the n-grams of the references (a recall): for a precision it counts those of the hypothesis.", (TOTAL, "total = sum(limit.values())")),
    "tokens_total": Mistake("the total is the number of tokens: it is that of n-grams, len - n + 1 of them.", (TOTAL, "total = len(hypothesis)")),
    "one_less": Mistake("the last n-gram is left out: there are len - n + 1 of them.", (RANGE, "range(len(tokens) - n)")),
    "unfinished_ngrams": Mistake("pieces shorter than n are counted at the end of the sentence: an n-gram has n tokens.", (RANGE, "range(len(tokens))")),
    "not_overlapping": Mistake("the sentence is cut into pieces of n tokens: n-grams overlap, one begins at every token.", (RANGE, "range(0, len(tokens) - n + 1, n)")),
    "single_words": Mistake("n is ignored, and single words are counted.", (GRAM, "tokens[i]"), (RANGE, "range(len(tokens))")),
    "all_up_to_n": Mistake("all n-grams of 1 to n tokens are counted together: here it is those of n tokens alone.",
        (GRAM, "tuple(tokens[i : i + k])"), ("for i in range(len(tokens) - n + 1)", "for k in range(1, n + 1) for i in range(len(tokens) - k + 1)")),
    "sorted_ngrams": Mistake("the order of the tokens in an n-gram is lost: \"the dog\" is not \"dog the\".", (GRAM, "tuple(sorted(tokens[i : i + n]))")),
    "joined": Mistake("the tokens of an n-gram are joined into one text, so that \"a b\", \"c\" and \"a\", \"b c\" become the same: compare tuples.", (GRAM, "' '.join(tokens[i : i + n])")),
    "counted_in_text": Mistake("the references are searched as one text each, in which \"a\" is found inside \"cat\" and overlapping n-grams once only: compare lists of tokens.",
        (MATCHES, "matches = sum(min(count, max(' '.join(one).count(' '.join(ngram)) for one in references)) for ngram, count in counts.items())")),
    "empty_token_left_out": Mistake("a token without a letter, \"\", is left out: tokens are compared as they are, and it is one of them.", (GRAM, "tuple([token for token in tokens if token][i : i + n])"),
        (RANGE, "range(len([token for token in tokens if token]) - n + 1)")),
    "lower_cased": Mistake("tokens are put into lower case: they are compared as they are.", (GRAM, "tuple(token.lower() for token in tokens[i : i + n])")),
    "same_place": Mistake("an n-gram counts only where it stands at the same place in a reference: it counts wherever it stands.",
        (MATCHES, "matches = sum(any(len(one) >= i + n and list(one[i : i + n]) == list(hypothesis[i : i + n]) for one in references) for i in range(len(hypothesis) - n + 1))")),
    "no_match": Mistake("0 matches come back: compare tuples with tuples, and add up the clipped counts.", (MATCHES, "matches = 0")),
    "swapped": Mistake("the two numbers are in the wrong order: matches first, then the total.", (RESULT, "return total, matches")),
    "divided": Mistake("the precision of this sentence is returned: both numbers are needed, since a corpus adds them up before it divides.", (RESULT, "return matches / total if total else 0.0")),
    "matches_alone": Mistake("the matches alone are returned: return (matches, total).", (RESULT, "return matches")),
    "negative_total": Mistake("a sentence shorter than n has no n-gram at all: its total is 0, not len - n + 1, which is below 0.", (TOTAL, "total = len(hypothesis) - n + 1")),
    "total_at_least_one": Mistake("the total is at least 1: a sentence shorter than n has 0 n-grams.", (TOTAL, "total = max(1, sum(counts.values()))")),
}
# fmt: on

EXERCISE = Exercise(
    right=clipped_matches,
    draw=draw,
    again=True,
    visible=2,
    hidden=2,
    mistakes=MISTAKES,
    parts=(Part("(matches, total)"),),
)
