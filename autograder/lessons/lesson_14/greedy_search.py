"""`greedy_search`: the most probable word at each step, fed back, until the end or a limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part

PROBE = """
import numpy as np

def probe(function, table, end, first, **options):
    calls = []

    def step(state, token):
        if len(calls) > 200:
            raise RuntimeError("step was called more than 200 times; does the loop end?")
        calls.append(token)
        place = int(np.ravel(state)[0])
        answer = table[place, table.shape[2] if token is None else token]
        return answer, np.array([(place + 1) % len(table), 0])

    before = table.copy()
    tokens = function(step, np.array([first, 0]), end, **options)
    if not np.array_equal(table, before):
        return "the array that step returned has been changed: work on a copy"
    return tokens
"""


def draw(rng: Generator) -> list[Inputs]:
    n_y = 7

    def given(end: int, length: int | None, first: int = 0) -> tuple[Any, ...]:
        """log P of 7 words by state and word before; the most probable ones end after so many words, or never."""
        table = np.log(rng.dirichlet(np.full(n_y, 0.7), size=(23, n_y + 1)) * 0.9 + 0.1 / n_y)
        table[:, :, end] = table.min(axis=2) - 1  # the end is the least probable
        if length is not None:
            place = (first + length) % len(table)
            table[place, :, end] = table[place].max(axis=1) + 1
            table[place, :, end] = np.minimum(table[place, :, end], -1e-3)
            table[place] = np.where(np.arange(n_y) == end, table[place], table[place] - 2)
        return table, end, first

    ends = [0, n_y - 1, *(int(end) for end in rng.permutation(range(1, n_y - 1)))]
    rejected = [int(word) for word in rng.permutation([w for w in range(n_y) if w != ends[2]])[:3]]
    certain = given(ends[2], 4)
    certain[0][:, :, 1:] -= 3000  # word 0 is all but certain, but never chosen
    return [
        Inputs("until the end, 4 words", given(ends[0], 4), aspect="the words"),
        Inputs("until the end, 9 words, another first state", given(ends[1], 9, int(rng.integers(2, 9))), aspect="the words"),
        Inputs("three words are rejected", given(ends[2], 8), {"reject": rejected}, aspect="reject"),
        Inputs("the limit comes before the end", given(ends[3], 8), {"max_length": 6}, aspect="max_length"),
        Inputs("max_length words, then the end", given(ends[4], 5), {"max_length": 5}, aspect="max_length"),
        Inputs("no end, max_length left out", given(ends[5], None), aspect="max_length"),
        Inputs("the end at once", given(ends[6], 0), aspect="rare", unusual=True),
        Inputs("word 0 is rejected, beside which all others are improbable", certain, {"reject": [0]}, aspect="rare", unusual=True),
        Inputs("one word at most", given(ends[0], 3), {"max_length": 1}, aspect="rare", unusual=True),
    ]  # fmt: skip


def greedy_search(
    step: Callable[..., Any], state: Any, end: int, *, max_length: int = 50, reject: Any = ()
) -> list[int]:
    tokens: list[int] = []
    token = None
    while len(tokens) < max_length:
        log_p, state = step(state, token)
        allowed = log_p.copy()
        allowed[list(reject)] = -np.inf
        token = int(np.argmax(allowed))
        if token == end:
            break
        tokens.append(token)
    return tokens


LOOP, NEXT, MINUS = (
    "while len(tokens) < max_length",
    "log_p, state = step(state, token)",
    "allowed[list(reject)] = -np.inf",
)
TOKEN, STOP, APPEND = "token = int(np.argmax(allowed))", "if token == end", "tokens.append(token)"

# fmt: off
MISTAKES = {
    "end_included": Mistake("<EOS> is among the words: leave it out of what is returned.", (f"{STOP}:\n            break\n        {APPEND}", f"{APPEND}\n        {STOP}:\n            break")),
    "last_word_lost": Mistake("the last word is cut off: <EOS> is not among the words, so that nothing has to be taken away.", ("return tokens", "return tokens[:-1]")),
    "never_ends": Mistake("the caption goes on behind <EOS>: stop as soon as `end` is the most probable.", (STOP, "if False")),
    "end_left_out": Mistake("<EOS> is left out of the words, but writing goes on behind it: stop as soon as `end` is the most probable.",
        (LOOP, "for _ in range(max_length)"), (f"{STOP}:\n            break\n        {APPEND}", f"if token != end:\n            {APPEND}")),
    "first_unchecked": Mistake("the first word is taken without a look whether it is <EOS>: a caption may be empty.", (STOP, "if token == end and tokens")),
    "at_least_two": Mistake("two words are written where max_length is 1: look at the length before each word, the first one too.", (LOOP, "while len(tokens) < max(max_length, 2)")),
    "no_limit": Mistake("max_length is not looked at: stop when there are so many words.", (LOOP, "while True")),
    "one_more": Mistake("there is one word more than max_length.", (LOOP, "while len(tokens) <= max_length")),
    "one_less": Mistake("there is one word less than max_length.", (LOOP, "while len(tokens) < max_length - 1")),
    "other_default": Mistake("max_length is 50 where none is given.", ("max_length: int = 50", "max_length: int = 20")),
    "stops_at_repeat": Mistake("writing stops at a word that is there already: a caption may hold a word twice, and ends at <EOS> or at max_length alone.", (STOP, "if token == end or token in tokens")),
    "state_not_kept": Mistake("the state is not handed on: step returns the next state, which the next call of step gets.", (NEXT, "log_p, _ = step(state, token)")),
    "state_ignored": Mistake("`state` is ignored, and the first call of step gets another one: the image is in it.", ("    token = None", "    token = None\n    state = 0")),
    "not_fed_back": Mistake("the word is not fed back: step(state, token) takes the word that was chosen last, None before the first.", (NEXT, "log_p, state = step(state, None)")),
    "two_words_back": Mistake("the word before the last is fed back: step takes the last one.", (NEXT, "log_p, state = step(state, tokens[-2] if len(tokens) > 1 else None)")),
    "first_fed_back": Mistake("the first word is fed back at every step: step takes the last one.", (NEXT, "log_p, state = step(state, tokens[0] if tokens else None)")),
    "end_first": Mistake("the first call of step gets `end`: before the first word it gets None.", ("    token = None", "    token = end")),
    "zero_first": Mistake("the first call of step gets word 0, which is a word of the vocabulary: before the first word it gets None.", ("    token = None", "    token = 0")),
    "word_zero_lost": Mistake("word 0 is handed on as None, as if the sentence began anew: `token or None` takes 0 for none. It is a word like any other.", (NEXT, "log_p, state = step(state, token or None)")),
    "end_zero": Mistake("an `end` of 0 is taken for none: 0 is the index of a word like any other.", (STOP, "if end and token == end")),
    "least": Mistake("the least probable word is taken (argmin, or the largest absolute value: log-probabilities are negative): take the most probable, argmax.", (TOKEN, "token = int(np.argmin(np.where(np.isfinite(allowed), allowed, 0)))")),
    "second": Mistake("the second most probable word is taken: argsort sorts upwards, and the last index is -1.", (TOKEN, "token = int(np.argsort(allowed)[-2])")),
    "drawn": Mistake("words are drawn from their probabilities: greedy search takes the most probable one each time.",
        (TOKEN, "token = int(np.random.default_rng(len(tokens)).choice(len(allowed), p=np.exp(allowed) / np.exp(allowed).sum()))")),
    "reject_ignored": Mistake("`reject` is ignored.", (MINUS, "pass")),
    "reject_all": Mistake("where no words are rejected, all are: log_p[()] is the whole array. Use list(reject), or a loop.", (MINUS, "allowed[reject] = -np.inf")),
    "reject_zero": Mistake("rejected words get log-probability 0, which is probability 1: it is -inf, the logarithm of 0.", (MINUS, "allowed[list(reject)] = 0")),
    "reject_first_only": Mistake("only the first of the rejected words is kept out.", (MINUS, "allowed[list(reject)[:1]] = -np.inf")),
    "reject_last_missing": Mistake("the last of the rejected words is not kept out.", (MINUS, "allowed[list(reject)[:-1]] = -np.inf")),
    "reject_second": Mistake("where the most probable word is rejected, the second one is taken, which may be rejected as well: the most probable of all that are not.",
        (MINUS, "pass"), (TOKEN, "token = int(np.argmax(allowed))\n        if token in reject:\n            token = int(np.argsort(allowed)[-2])")),
    "reject_minus_hundred": Mistake("rejected words get a log-probability such as -100, and others may have less: -inf is below all of them.", (MINUS, "allowed[list(reject)] = -100.0")),
    "reject_left_out": Mistake("a rejected word is only left out of the result, while the next one still follows it: give it log-probability -inf, so that another is chosen in its place.",
        (MINUS, "pass"), (APPEND, "if token not in reject:\n            tokens.append(token)\n        elif len(tokens) + 1 == max_length:\n            break")),
    "reject_stops": Mistake("the caption stops at a rejected word: it goes on with another word in its place.", (MINUS, "pass"), (STOP, "if token == end or token in reject")),
    "reject_deleted": Mistake("the rejected words are deleted from log_p, so that the places of the others move: put -inf in their places.", (TOKEN, "token = int(np.argmax(np.delete(log_p, list(reject))))")),
    "changed": Mistake("the array that step returned is changed: it belongs to the model. Work on a copy.", ("log_p.copy()", "log_p")),
    "probabilities": Mistake("log-probabilities are returned: the words' indices are wanted.", (APPEND, "tokens.append(float(allowed.max()))")),
    "first_only": Mistake("only one word is written: is the return, or a break, inside the loop?", (APPEND, "tokens.append(token)\n        break")),
    "none": Mistake("None is returned: return the words.", ("return tokens", "return None")),
}
# fmt: on

EXERCISE = Exercise(
    right=greedy_search,
    draw=draw,
    again=True,
    visible=1,
    hidden=3,
    probe=PROBE,
    mistakes=MISTAKES,
    parts=(Part("words"),),
)
