"""`generated_log_probability`: how probable it was that these words would be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part
from seqlib import log_softmax

PROBE = """
import numpy as np

def probe(function, table, words, end, **options):
    def step(state, word):
        t = 0 if state is None else int(state[0])
        return table[t, table.shape[2] if word is None else word], np.array([(t + 1) % len(table), 1.0])

    return function(step, words, end, **options)
"""


N_Y = 6


def unused(words: list[int], end: int) -> list[int]:
    """The words that are neither the end nor among these."""
    return [word for word in range(N_Y) if word != end and word not in words]


def draw(rng: Generator) -> list[Inputs]:
    def given(length: int) -> tuple[Any, ...]:
        """log P of 6 words by place and word before, some words and the end, which is not among them."""
        p = rng.dirichlet(np.ones(N_Y), size=(3, N_Y + 1)) + 0.02
        end, *others = (int(word) for word in rng.permutation(N_Y))
        return np.log(p / p.sum(axis=-1, keepdims=True)), others[:length], end

    def long(length: int) -> tuple[Any, ...]:
        """The same with so many words that some come again."""
        table, others, end = given(5)
        return table, [int(word) for word in rng.choice(others, length)], end

    started, full, rejecting = given(4), given(1), given(3)
    refused, begun = given(3), given(4)
    ended, passed = given(2), given(4)
    return [
        Inputs("three words, then <EOS>", given(3), aspect="the words"),
        Inputs("no word at all", given(0), aspect="the words"),
        Inputs("max_length is reached", given(4), {"max_length": 4}, aspect="the words"),
        Inputs("two of four words are given", started, {"start": started[1][:2], "max_length": 6}, aspect="the words"),
        Inputs(
            "the one word that there may be is given (max_length = 1)",
            full,
            {"start": list(full[1]), "max_length": 1},
            aspect="the words",
        ),
        Inputs("two words are rejected", rejecting, {"reject": unused(*rejecting[1:])[:2]}, aspect="reject"),
        Inputs("a rejected word was written", refused, {"reject": [refused[1][1]]}, aspect="reject"),
        Inputs("a first state", begun, {"state": np.array([2.0, 0.0])}, aspect="state"),
        Inputs("all words are given, then <EOS>", ended, {"start": ended[1], "max_length": 5}, aspect="the words"),
        Inputs("19 words, and no max_length", long(19), aspect="the words", unusual=True),
        Inputs("20 words, and no max_length", long(20), aspect="the words", unusual=True),
        Inputs(
            "one of the words that are given is rejected",
            passed,
            {"start": passed[1][:2], "reject": passed[1][1:2]},
            aspect="reject",
            unusual=True,
        ),
    ]


def generated_log_probability(
    step: Callable[..., Any],
    words: Any,
    end: int,
    *,
    start: Any = (),
    state: Any = None,
    max_length: int = 20,
    reject: Any = (),
) -> float:
    drawn = list(words)
    if len(words) < max_length:
        drawn.append(end)
    total, before = 0.0, None
    for t, word in enumerate(drawn):
        log_p, state = step(state, before)
        allowed = log_p.copy()
        allowed[list(reject)] = -np.inf
        p = log_softmax(allowed)
        if t >= len(start):
            total = total + p[word]
        before = word
    return float(total)


LIMIT, STEP, MINUS, SCALED = (
    "if len(words) < max_length:",
    "log_p, state = step(state, before)",
    "allowed[list(reject)] = -np.inf",
    "p = log_softmax(allowed)",
)
COUNTED, ADD, BEFORE, RESULT = "if t >= len(start):", "total = total + p[word]", "before = word", "return float(total)"

# fmt: off
MISTAKES = {
    "no_end": Mistake("<EOS> is left out: where max_length is not reached, it was drawn too, and its log-probability counts.", (LIMIT, "if False:")),
    "end_at_limit": Mistake("<EOS> counts where there are exactly max_length words: then nothing was drawn after the last one (<, not <=).", (LIMIT, "if len(words) <= max_length:")),
    "limit_of_new": Mistake("max_length is compared with the new words only: those of start count too.", (LIMIT, "if len(words) - len(start) < max_length:")),
    "shorter_default": Mistake("max_length is 20 where none is given: a text of 19 words was ended by <EOS>.", ("max_length: int = 20", "max_length: int = 10")),
    "longer_default": Mistake("max_length is 20 where none is given: after 20 words nothing was drawn.", ("max_length: int = 20", "max_length: int = 100")),
    "no_end_alone": Mistake("where no word was drawn, <EOS> is left out: below max_length it was drawn too, and its log-probability counts.", (LIMIT, "if len(start) < len(words) < max_length:")),
    "start_counted": Mistake("the words of start are counted: they were given, not drawn.", (COUNTED, "if True:")),
    "first_only": Mistake("one word too few of start is left out: with two words given, the places 0 and 1 cost nothing.", (COUNTED, "if t >= len(start) - 1:")),
    "one_more_given": Mistake("one word too many is taken as given: with two words given, the word in place 2 counts.", (COUNTED, "if t >= len(start) + 1:")),
    "start_not_read": Mistake("the words of start are not read: step takes each of them, in order, although they cost nothing.",
        ("drawn = list(words)", "drawn = list(words)[len(start):]"), (COUNTED, "if True:")),
    "product": Mistake("the log-probabilities are multiplied: the logarithm of a product is the sum of the logarithms.", ("total, before = 0.0, None", "total, before = 1.0, None"), (ADD, "total = total * p[word]")),
    "probability": Mistake("the probability is returned: its logarithm is asked for.", (RESULT, "return float(np.exp(total))")),
    "sum_of_probabilities": Mistake("the probabilities are added: add their logarithms.", (ADD, "total = total + np.exp(p[word])")),
    "loss": Mistake("the sign is that of a loss: a log-probability is at most 0.", (RESULT, "return -float(total)")),
    "mean": Mistake("the mean over the words is returned: the sum is asked for.", (RESULT, "return float(total) / max(1, len(drawn) - len(start))")),
    "bits": Mistake("the logarithm is to base 2: it is the natural one.", (RESULT, "return float(total) / np.log(2)")),
    "twice": Mistake("the logarithm is taken twice: step returns log-probabilities.", (ADD, "total = total + np.log(-p[word])")),
    "fed_first": Mistake("each word is read before it is looked up: its probability is in what step returned after the word before it.",
        (STEP, "log_p, state = step(state, word)")),
    "one_late": Mistake("each word is read before it is looked up, and what the step with None returned is thrown away: the first word's probability is in that, and each further one's in what step returned after the word before it.",
        ("total, before = 0.0, None", "total, before = 0.0, None\n    _, state = step(state, None)"), (STEP, "log_p, state = step(state, word)")),
    "not_fed": Mistake("the words are not fed back: step gets the word before, and None only the first time.", (BEFORE, "before = None")),
    "zero_first": Mistake("the first call of step gets word 0, which is a word of the vocabulary: before the first word it gets None.", ("0.0, None", "0.0, 0")),
    "end_first": Mistake("the first call of step gets `end`: before the first word it gets None.", ("0.0, None", "0.0, end")),
    "state_not_kept": Mistake("the state is not handed on: step returns the next state, which the next call of step gets.", (STEP, "log_p, _ = step(state, before)")),
    "state_ignored": Mistake("`state` is ignored: it is what step gets first.", (STEP, "log_p, state = step(state if t else None, before)")),
    "reject_ignored": Mistake("`reject` is ignored: what the rejected words had is shared out among the others, in proportion.", (MINUS, "pass")),
    "not_shared_out": Mistake("the rejected words' probability is lost: scale what is left to a sum of 1 (log_softmax of log_p with -inf in their places).", (SCALED, "p = allowed")),
    "end_not_scaled": Mistake("<EOS> keeps the probability that it has without `reject`: what the rejected words had is shared out to it, too.",
        (ADD, "total = total + (p[word] if t < len(words) else log_p[word])")),
    "rejected_in_start": Mistake("a rejected word of start makes the text impossible: words of start were given, not drawn.",
        ("total, before = 0.0, None", "total, before = -np.inf if any(word in reject for word in words) else 0.0, None")),
    "reject_zero": Mistake("rejected words get log-probability 0, which is probability 1: it is -inf, the logarithm of 0.", (MINUS, "allowed[list(reject)] = 0")),
    "reject_left_out": Mistake("rejected words are passed over: a text that has one cannot have been written, its log-probability is -inf.",
        (COUNTED, "if t >= len(start) and word not in reject:")),
    "finite": Mistake("a large negative number stands for -inf: the log-probability of what cannot be written is -inf itself.", (MINUS, "allowed[list(reject)] = -1e9")),
    "none": Mistake("None is returned: return the sum.", (RESULT, "return None")),
    "of_each_word": Mistake("the log-probability of each word is returned: their sum is asked for.", ("total, before = 0.0, None", "total, before = [], None"), (ADD, "total = total + [float(p[word])]"), (RESULT, "return total")),
}
# fmt: on

EXERCISE = Exercise(
    right=generated_log_probability,
    draw=draw,
    again=True,
    visible=2,
    hidden=3,
    probe=PROBE,
    mistakes=MISTAKES,
    parts=(Part("log P"),),
)
