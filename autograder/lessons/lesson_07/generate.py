"""`generate`: words written one by one. Chance is in `draw` alone, which the check brings along, so results are compared exactly."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part

# draw(log_p) is Gumbel sampling with numbers that are drawn before: its k-th call adds the k-th row. So the same words come out however the
# function is written, and others as soon as it hands on other numbers than log-probabilities. as_numpy: it returns them as np.argmax does.
PROBE = """
import numpy as np

def probe(function, table, noise, end, as_numpy=False, **options):
    calls = []

    def step(state, word):
        t = 0 if state is None else int(state[0])
        return table[t, table.shape[2] if word is None else word], np.array([(t + 1) % len(table), 1.0])

    def draw(log_p):
        calls.append(log_p)
        if len(calls) > len(noise):
            raise RuntimeError(f"draw was called more than {len(noise)} times; does the loop end?")
        word = np.argmax(log_p + noise[len(calls) - 1])
        return word if as_numpy else int(word)

    return function(step, draw, end, **options)
"""
FACTS = """
import numpy as np

def facts(words, *given, **options):
    if not isinstance(words, list):
        return f"{getattr(words, 'type_name', type(words).__name__)}, not a list"
    other = next((word for word in words if isinstance(word, bool) or not isinstance(word, (int, np.integer))), 0)
    return words if type(other) is int else f"a list with {other!r:.20}, not of whole numbers"
"""

N_Y = 6


def table_and_noise(rng: Generator, end: int, share: float) -> tuple[Any, ...]:
    """log P of N_Y words by place and word before, with a probability of the end; and the numbers that draw adds."""
    p = rng.dirichlet(np.full(N_Y - 1, 0.5), size=(3, N_Y + 1)) + 0.01
    p = np.insert(p / p.sum(axis=-1, keepdims=True) * (1 - share), end, share, axis=-1)
    return np.log(p), rng.gumbel(size=(40, N_Y)), end


def usual(given: Callable[..., Any], ends: list[int], others: list[list[int]]) -> list[Inputs]:
    """With words that are given, with rejected ones, with a state, and without."""
    return [
        Inputs("until <EOS>", given(ends[0], 0.25), aspect="the words"),
        Inputs("20 words without an <EOS>", given(ends[1], 1e-6), aspect="the words"),
        Inputs(
            "three words are given", given(ends[2], 1e-6), {"start": others[2][:3], "max_length": 8}, aspect="the words"
        ),
        Inputs(
            "all words are given", given(ends[3], 0.02), {"start": others[3][:3], "max_length": 3}, aspect="the words"
        ),
        Inputs(
            "two words are rejected", given(ends[4], 0.1), {"reject": others[4][:2], "max_length": 9}, aspect="reject"
        ),
        Inputs("a first state", given(ends[5], 1e-6), {"state": np.ones(2), "max_length": 8}, aspect="state"),
    ]


def draw(rng: Generator) -> list[Inputs]:
    given = functools.partial(table_and_noise, rng)
    ends = [int(end) for end in rng.integers(N_Y, size=9)]
    others = [[int(word) for word in rng.permutation([w for w in range(N_Y) if w != end])] for end in ends]
    table, noise, end = given(ends[5], 1e-6)
    some, taking, _ = given(ends[6], 0.1)
    rejected, taking = others[6][:2], taking - 50
    taking[:, rejected] = np.finfo(float).max
    return [
        *usual(given, ends, others),
        Inputs(
            "one word (max_length = 1), and draw is called once",
            (table, noise[:1], end),
            {"max_length": 1},
            aspect="the words",
            unusual=True,
        ),
        Inputs(
            "draw takes a rejected word unless it is at -inf",
            (some, taking, ends[6]),
            {"reject": rejected, "max_length": 5},
            aspect="reject",
            unusual=True,
        ),
        Inputs(
            "a word that is given is also rejected",
            given(ends[7], 0.1),
            {"start": others[7][:2], "reject": others[7][1:2], "max_length": 6},
            aspect="reject",
            unusual=True,
        ),
        Inputs(
            "draw returns NumPy's whole numbers, as np.argmax does",
            (*given(ends[8], 0.25), True),
            aspect="the words",
            unusual=True,
        ),
    ]


def generate(
    step: Callable[..., Any],
    draw: Callable[..., int],
    end: int,
    *,
    start: Any = (),
    state: Any = None,
    max_length: int = 20,
    reject: Any = (),
) -> list[int]:
    words = list(start)
    log_p, state = step(state, None)
    for given in words:
        log_p, state = step(state, given)
    while len(words) < max_length:
        allowed = log_p.copy()
        allowed[list(reject)] = -np.inf
        word = draw(allowed)
        if word == end:
            break
        words.append(word)
        log_p, state = step(state, word)
    return words


FIRST, FED, NEXT = (
    "log_p, state = step(state, None)",
    "log_p, state = step(state, given)",
    "log_p, state = step(state, word)",
)
LOOP, STOP, APPEND, MINUS = (
    "while len(words) < max_length",
    "if word == end",
    "words.append(word)",
    "allowed[list(reject)] = -np.inf",
)
WORD = "word = draw(allowed)"

# fmt: off
MISTAKES = {
    "end_included": Mistake("<EOS> is among the words: leave it out of what is returned.", (f"{STOP}:\n            break\n        {APPEND}", f"{APPEND}\n        {STOP}:\n            break")),
    "never_ends": Mistake("the text goes on behind <EOS>: stop as soon as `end` is drawn.", (STOP, "if False")),
    "is_end": Mistake("whether the word is `end` is asked with `is`: two equal numbers may be two objects, as those of NumPy are; ask with ==.", (STOP, "if word is end")),
    "rejected_in_start": Mistake("a word of start that is in reject is left out: words of start are given, only what is drawn may be rejected.",
        ("words = list(start)", "words = [word for word in start if word not in reject]")),
    "end_left_out": Mistake("<EOS> is left out of the words, but writing goes on behind it: stop as soon as `end` is drawn.",
        (f"{STOP}:\n            break\n        {APPEND}", f"if word != end:\n            {APPEND}")),
    "no_limit": Mistake("max_length is not looked at: stop when there are so many words.", (LOOP, "while True")),
    "one_more": Mistake("there is one word more than max_length.", (LOOP, "while len(words) <= max_length")),
    "one_less": Mistake("there is one word less than max_length.", (LOOP, "while len(words) < max_length - 1")),
    "start_not_counted": Mistake("max_length counts only the new words: those of start count too.", (LOOP, "while len(words) - len(start) < max_length")),
    "at_least_one": Mistake("a word is drawn although those of start reach max_length already: look at the length before each draw.", (LOOP, "while len(words) == len(start) or len(words) < max_length")),
    "start_not_fed": Mistake("the words of start are not read: step takes each of them, in order, before a word is drawn.", (FED, "pass")),
    "last_fed": Mistake("only the last word of start is read: step takes each of them, in order.", ("in words:", "in words[-1:]:")),
    "no_first_step": Mistake("with words in start, the first step is left out: step(state, None) comes first, then the words of start.",
        (FIRST, "log_p, state = step(state, None) if len(words) == 0 else (None, state)")),
    "start_left_out": Mistake("the words of start are missing from the result.", ("return words", "return words[len(start):]")),
    "state_not_kept": Mistake("the state is not handed on: step returns the next state, which the next call of step gets.",
        (NEXT, "log_p, _ = step(state, word)")),
    "state_lost": Mistake("every step begins anew with the state None: step returns the next state, which the next call gets.",
        (NEXT, "log_p, _ = step(None, word)")),
    "state_ignored": Mistake("`state` is ignored: it is what step gets first.", (FIRST, "log_p, state = step(None, None)")),
    "not_fed_back": Mistake("the word that was drawn is not fed back: step(state, word).", (NEXT, "log_p, state = step(state, None)")),
    "no_more_steps": Mistake("all words are drawn from the same log-probabilities: step(state, word) gives new ones after each word.", (NEXT, "pass")),
    "end_first": Mistake("the first call of step gets `end`: before the first word it gets None.", (FIRST, "log_p, state = step(state, end)")),
    "zero_first": Mistake("the first call of step gets word 0, which is a word of the vocabulary: before the first word it gets None.", (FIRST, "log_p, state = step(state, 0)")),
    "word_by_truth": Mistake("word 0 is fed as None: 0 counts as false, so `word or None` is None for it. Only before the first word is it None.",
        (FED, "log_p, state = step(state, given or None)"), (NEXT, "log_p, state = step(state, word or None)")),
    "state_by_truth": Mistake("the state is asked whether it is true, which an array is not able to say: whether there is one says `state is None`, and step takes None, too.", *((call, call.replace("step(state,", "step(state or None,")) for call in (FIRST, FED, NEXT))),
    "drawn_at_the_limit": Mistake("draw is called once more where there are max_length words already, and its word is thrown away: look at the length before each draw.",
        (LOOP, "while True"), (STOP, "if word == end or len(words) >= max_length")),
    "greedy": Mistake("the most probable word is taken (argmax): draw(log_p) chooses it.", (WORD, "word = int(np.argmax(allowed))")),
    "probabilities": Mistake("draw gets probabilities: it takes log-probabilities.", (WORD, "word = draw(np.exp(allowed))")),
    "reject_ignored": Mistake("`reject` is ignored.", (MINUS, "pass")),
    "reject_zero": Mistake("rejected words get log-probability 0, which is probability 1: it is -inf, the logarithm of 0.", (MINUS, "allowed[list(reject)] = 0")),
    "reject_finite": Mistake("a large negative number stands for -inf: a draw may take such a word all the same; the logarithm of 0 is -inf itself.", (MINUS, "allowed[list(reject)] = -1e9")),
    "reject_first_only": Mistake("`reject` is looked at before the first draw only: step returns new log-probabilities for each word.",
        (MINUS, "if len(words) == len(start):\n            allowed[list(reject)] = -np.inf")),
    "empty_reject": Mistake("where `reject` is the empty tuple every word is rejected: log_p[()] is the whole array; index with list(reject).", (MINUS, "allowed[reject] = -np.inf")),
    "reject_again": Mistake("rejected words are drawn and then drawn again: give them log-probability -inf before draw sees them.",
        (WORD, "word = draw(log_p)\n        while word in reject:\n            word = draw(log_p)")),
    "reject_left_out": Mistake("a rejected word is only left out of the result, while the next one still follows it: give it log-probability -inf, so that it is not drawn at all.",
        (WORD, "word = draw(log_p)"), (APPEND, f"if word not in reject:\n            {APPEND}")),
    "reject_stops": Mistake("writing stops at a rejected word: it goes on with another word in its place.", (WORD, "word = draw(log_p)"), (STOP, "if word == end or word in reject")),
    "reject_deleted": Mistake("the rejected words are deleted from log_p, so that the places of the others move: put -inf in their places.",
        (WORD, "word = draw(np.delete(log_p, list(reject)))")),
    "first_only": Mistake("only one word is written: is the return, or a break, inside the loop?", (NEXT, "break")),
    "none": Mistake("None is returned: return words.", ("return words", "return None")),
}
# fmt: on

EXERCISE = Exercise(
    right=generate,
    draw=draw,
    again=True,
    visible=2,
    hidden=4,
    probe=PROBE,
    facts=FACTS,
    mistakes=MISTAKES,
    parts=(Part("words"),),
)
