"""`bigram_probabilities`: counted pairs, smoothed by how often each word occurs at all."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part


def draw(rng: Generator) -> list[Inputs]:
    def sentences(lengths: list[int], words: int) -> list[list[int]]:
        """Every word occurs, one of them twice in a row; the last one, <EOS> here, ends most sentences and stands inside one of them."""
        end = words - 1
        text = [[int(word) for word in rng.integers(0, end, size=length)] for length in lengths]
        text[0] = [int(word) for word in rng.permutation(end)]
        text[1] = [end, text[0][0], text[0][0], *text[1]]
        return [[*sentence, end] for sentence in text[:-1]] + [text[-1]]

    single = [[0, 2], [1], [2, 0, 1], [int(rng.integers(2))]]
    alone = [*rng.integers(0, 4, size=6).tolist(), 4]
    strength = float(rng.uniform(0.3, 0.7))
    return [
        Inputs("4 sentences of 4 words, 2 that never occur", (sentences([3, 4, 2, 3], 4), 6), aspect="strength 1"),
        Inputs("2 sentences of 3 words", (sentences([2, 3], 3), 3), aspect="strength 1"),
        Inputs("two sentences of one word", (single, 4), aspect="strength 1", unusual=True),
        Inputs(
            f"strength = {strength:.2f}",
            (sentences([4, 3, 2, 5], 5), 6),
            {"strength": strength},
            aspect="another strength",
        ),
        Inputs("one sentence, strength = 5", ([alone], 5), {"strength": 5.0}, aspect="another strength"),
    ]


def bigram_probabilities(sentences: list[list[int]], n_y: int, *, strength: float = 1.0) -> Any:
    pairs = np.zeros((n_y, n_y + 1))  # [i, j]: how often i follows j
    singles = np.zeros(n_y)
    for sentence in sentences:
        before = n_y  # the start
        for word in sentence:
            pairs[word, before] += 1
            singles[word] += 1
            before = word
    prior = (singles + strength / n_y) / (singles.sum() + strength)
    followed = pairs.sum(axis=0)  # (n_y + 1,)
    return (pairs + strength * prior[:, None]) / (followed + strength)


START, PAIR, SINGLE, NEXT = (
    "before = n_y  # the start",
    "pairs[word, before] += 1",
    "singles[word] += 1",
    "before = word",
)
PRIOR, TOTAL = "(singles + strength / n_y) / (singles.sum() + strength)", "followed = pairs.sum(axis=0)  # (n_y + 1,)"
RESULT = "(pairs + strength * prior[:, None]) / (followed + strength)"

# fmt: off
MISTAKES = {
    "transposed": Mistake("rows and columns have changed places: column j holds the probabilities of what follows j, (n_y, n_y + 1).", (RESULT, f"({RESULT}).T")),
    "follows_and_precedes": Mistake("what is counted is how often i comes before j: row i, column j counts how often i follows j.",
        (RESULT, "np.hstack([pairs[:, :-1].T + strength * prior[:, None], pairs[:, -1:] + strength * prior[:, None]]) / (np.append(pairs[:, :-1].sum(axis=1), followed[-1]) + strength)")),
    "no_start": Mistake("the column of the start is missing: the first word of a sentence has probabilities too, in the last column.", (RESULT, f"({RESULT})[:, :-1]")),
    "start_first": Mistake("the column of the start is the first: it is the last, so that column j is that of word j.", (RESULT, f"np.roll({RESULT}, 1, axis=1)")),
    "start_not_counted": Mistake("the first words of the sentences are not counted in the column of the start: they follow it.", (PAIR, "pairs[word, before] += before != n_y")),
    "one_word_skipped": Mistake("sentences of one word are left out: they have no pair, but a first word, which follows the start.",
        (START, f"if len(sentence) < 2:\n            continue\n        {START}")),
    "one_word_without_start": Mistake("sentences of one word are not counted in the column of the start: their word follows it, too.",
        (PAIR, "pairs[word, before] += before != n_y or len(sentence) > 1")),
    "start_of_frequencies": Mistake("the column of the start holds how often each word occurs anywhere: it is about first words.",
        (TOTAL, f"pairs[:, -1] = singles\n    {TOTAL}")),
    "first_not_single": Mistake("c(i) leaves out the first word of each sentence: it counts all words.", (SINGLE, "singles[word] += before != n_y")),
    "last_not_single": Mistake("c(i) leaves out the last word of each sentence: it counts all words, <EOS> among them.", (NEXT, f"{NEXT}\n        singles[word] -= 1")),
    "across_sentences": Mistake("the last word of one sentence is counted as coming before the first word of the next: each sentence begins at the start.",
        ("    for sentence in sentences:\n        before = n_y  # the start", "    before = n_y\n    for sentence in sentences:")),
    "across_sentences_too": Mistake("the last word of one sentence is counted as coming before the first word of the next, besides the start: each sentence begins at the start alone.",
        ("singles = np.zeros(n_y)", "singles, before = np.zeros(n_y), -1"), (START, f"pairs[sentence[0], before] += before >= 0\n        {START}")),
    "singles_divide": Mistake("c(j) is taken to be how often j occurs: it is how often something follows j, and nothing follows the last word of a sentence.",
        (TOTAL, "followed = np.append(singles, len(sentences))")),
    "end_added": Mistake("an end is added to every sentence: they have theirs where they have one.", ("for word in sentence:", "for word in [*sentence, max(singles.nonzero()[0], default=0)]:")),
    "strength_ignored": Mistake("`strength` is ignored: 1 stands in its place.", (PRIOR, "(singles + 1 / n_y) / (singles.sum() + 1)"), (RESULT, "(pairs + prior[:, None]) / (followed + 1)")),
    "strength_not_in_prior": Mistake("P(i) is smoothed with 1 in place of strength.", (PRIOR, "(singles + 1 / n_y) / (singles.sum() + 1)")),
    "strength_only_in_prior": Mistake("the pairs are smoothed with 1 in place of strength.", (RESULT, "(pairs + prior[:, None]) / (followed + 1)")),
    "not_smoothed": Mistake("the pairs are not smoothed: a pair that was never seen has probability 0, and a word that nothing followed 0 / 0.", (RESULT, "pairs / followed")),
    "prior_not_smoothed": Mistake("P(i) is not smoothed: a word that never occurs has probability 0; add strength / n_y to its count and strength to the total.",
        (PRIOR, "singles / singles.sum()")),
    "uniform_prior": Mistake("what is added is the same for each word, strength / n_y: a pair that was never seen gets its share by how often the word occurs, strength P(i).",
        (PRIOR, "np.full(n_y, 1 / n_y)")),
    "added_to_every_count": Mistake("strength is added to every count (add-one smoothing, and n_y times strength below): add strength P(i), which is strength in all.",
        (RESULT, "(pairs + strength) / (followed + strength * n_y)")),
    "prior_added_once": Mistake("P(i) is added without its factor: add strength P(i).", (RESULT, "(pairs + prior[:, None]) / (followed + strength)")),
    "total_without_strength": Mistake("the columns sum to more than 1: what is added above, strength in all, is added below as well.", (RESULT, "(pairs + strength * prior[:, None]) / np.maximum(followed, 1)")),
    "total_without_strength_or_limit": Mistake("what is added above, strength in all, is added below as well: a word that nothing followed gives a division by 0.",
        (RESULT, "(pairs + strength * prior[:, None]) / followed")),
    "prior_total_without_strength": Mistake("P(i) sums to more than 1: what is added to the counts, strength in all, is added to the total as well.",
        (PRIOR, "(singles + strength / n_y) / singles.sum()")),
    "prior_whole_strength": Mistake("strength is added to every c(i), and the total grows by strength alone: each word gets strength / n_y.",
        (PRIOR, "(singles + strength) / (singles.sum() + strength)")),
    "prior_add_one": Mistake("strength is added to every c(i), n_y times strength in all: each word gets strength / n_y.", (PRIOR, "(singles + strength) / (singles.sum() + strength * n_y)")),
    "prior_of_seen": Mistake("P(i) shares strength among the words that occur: all n_y words get strength / n_y.",
        (PRIOR, "(singles + strength / np.count_nonzero(singles)) / (singles.sum() + strength)")),
    "prior_of_sentences": Mistake("the total of P(i) is the number of sentences: it is the number of words.", (PRIOR, "(singles + strength / n_y) / (len(sentences) + strength)")),
    "joint": Mistake("the pairs are divided by the number of all pairs: divide column j by how often something follows j.", (TOTAL, "followed = pairs.sum()")),
    "over_rows": Mistake("the rows sum to 1: the columns do, P(. | j).", (TOTAL, "followed = pairs.sum(axis=1, keepdims=True)")),
    "prior_of_the_word_before": Mistake("the prior is that of the word before, P(j): it is that of the word itself, P(i), a column.",
        (RESULT, "(pairs + strength * np.append(prior, 1 / n_y)) / (followed + strength)")),
    "logarithms": Mistake("these are logarithms: return probabilities.", (RESULT, f"np.log({RESULT})")),
    "counts": Mistake("these are counts: divide by how often something follows j.", (RESULT, "pairs")),
    "mixed_half": Mistake("pairs and words are mixed half and half: the share of the words is strength / (c(j) + strength), less where more was counted.",
        (RESULT, "0.5 * pairs / np.maximum(followed, 1) + 0.5 * prior[:, None]")),
    "first_sentence": Mistake("only the first sentence is counted: is the return inside the loop?", ("in sentences:", "in sentences[:1]:")),
    "once_a_sentence": Mistake("a pair is counted once a sentence: every occurrence counts.",
        (PAIR, "pairs[word, before] += (before, word) not in zip([n_y, *sentence[: len(done)]], done)\n            done.append(word)"), (START, f"{START}\n        done = []")),
}
# fmt: on

EXERCISE = Exercise(
    right=bigram_probabilities,
    draw=draw,
    again=True,
    visible=2,
    hidden=4,
    mistakes=MISTAKES,
    parts=(Part("the probabilities", axes=("n_y", "n_y + 1")),),
)
