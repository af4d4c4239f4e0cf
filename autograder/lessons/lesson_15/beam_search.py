"""`beam_search`: the most probable sequences that a beam of some width finds, compared by log P over a power of the length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part

# What comes next depends on all tokens so far, by way of the state: a sequence that goes on from another one's state gets other
# probabilities. The state is changed in no call, so that it may be handed on to several sequences.
PROBE = """
def probe(function, table, start, end, **options):
    import numpy as np

    calls = []

    def step(state, token):
        calls.append(token)
        if len(calls) > 1000:
            raise RuntimeError("step was called more than 1,000 times; does the loop end?")
        row = (5 * int(np.ravel(state)[0]) + (0 if token is None else 2 * token + 3)) % len(table)
        return table[row].copy(), np.array([row, 0])

    result = function(step, np.array([start, 0]), end, **options)
    if not isinstance(result, (list, tuple)) or any(not isinstance(one, (list, tuple)) for one in result):
        return result
    return [tuple(one) for one in result]
"""


def draw(rng: Generator) -> list[Inputs]:
    def given(n_y: int, share: float, *, rows: int = 23, sharp: float = 0.6, end: int | None = None) -> tuple[Any, ...]:
        """log P of n_y tokens by row, with about some probability of the end; a first state; the end."""
        end = int(rng.integers(n_y)) if end is None else end
        p = rng.dirichlet(np.full(n_y - 1, sharp), size=rows) + 0.01
        ends = share * rng.uniform(0.5, 1.5, size=(rows, 1))
        p = np.insert((1 - ends) * p / p.sum(axis=1, keepdims=True), end, ends[:, 0], axis=1)
        return np.log(p), int(rng.integers(rows)), end

    table, start, end = given(5, 0.2)
    some = table.copy()
    some[:, [token for token in range(5) if token != end][:3]] = -np.inf
    return [
        Inputs("width 3, alpha 1", given(6, 0.25, end=0), {"width": 3, "alpha": 1.0, "max_length": 8}, aspect="the search"),
        Inputs("width 2, alpha 0", given(5, 0.2), {"width": 2, "alpha": 0.0, "max_length": 9}, aspect="the search"),
        Inputs("width and alpha left out", given(6, 0.15), {"max_length": 8}, aspect="the search"),
        Inputs("width 5, alpha 0.5", given(4, 0.3), {"width": 5, "alpha": 0.5, "max_length": 6}, aspect="the search"),
        Inputs("alpha 1.5, the end is likely", given(5, 0.55), {"width": 2, "alpha": 1.5, "max_length": 6}, aspect="the search"),
        Inputs("width 1", given(6, 0.3), {"width": 1, "alpha": 0.7, "max_length": 7}, aspect="width 1"),
        Inputs("max_length 4, the end is unlikely", given(5, 0.02), {"width": 3, "max_length": 4}, aspect="max_length"),
        Inputs("max_length left out, width 1, the end is unlikely", given(5, 0.02), {"width": 1}, aspect="max_length"),
        Inputs("max_length 1", given(6, 0.2), {"width": 3, "max_length": 1}, aspect="max_length"),
        Inputs("width 30, more than there are", given(3, 0.3), {"width": 30, "max_length": 3}, aspect="max_length"),
        Inputs(
            "tokens of probability 0",
            (some, start, end),
            {"width": 8, "max_length": 3},
            aspect="probability 0",
            unusual=True,
        ),
    ]  # fmt: skip


def beam_search(
    step: Callable[..., Any], state: Any, end: int, *, width: int = 4, max_length: int = 50, alpha: float = 0.7
) -> Any:
    beam: list[Any] = [([], 0.0, state)]
    done: list[Any] = []
    for length in range(1, max_length + 1):
        grown = []
        for tokens, log_probability, before in beam:
            log_p, after = step(before, tokens[-1] if tokens else None)
            for token in range(len(log_p)):
                if log_p[token] > -np.inf:
                    grown.append(([*tokens, token], log_probability + float(log_p[token]), after))
        grown.sort(key=lambda one: -one[1])
        beam = []
        for tokens, log_probability, after in grown:
            if len(beam) == width:
                break
            score = log_probability / length**alpha
            if tokens[-1] == end:
                done.append((tokens[:-1], log_probability, score))
            elif length == max_length:
                done.append((tokens, log_probability, score))
            else:
                beam.append((tokens, log_probability, after))
        done = sorted(done, key=lambda one: -one[2])[:width]
    return done


FIRST, ASKED = "beam: list[Any] = [([], 0.0, state)]", "step(before, tokens[-1] if tokens else None)"
SUM, NEXT = "log_probability + float(log_p[token])", "beam.append((tokens, log_probability, after))"
SORT, FULL, SCORE = (
    "grown.sort(key=lambda one: -one[1])",
    "if len(beam) == width",
    "score = log_probability / length**alpha",
)
ENDED, LAST = "done.append((tokens[:-1], log_probability, score))", "done.append((tokens, log_probability, score))"
BEST, LOOP, RETURN = "done = sorted(done, key=lambda one: -one[2])[:width]", "range(1, max_length + 1)", "return done"
GROW = "grown.append(([*tokens, token], log_probability + float(log_p[token]), after))"
POSSIBLE = "if log_p[token] > -np.inf"
ANY = "for token in range(len(log_p))"

# fmt: off
MISTAKES = {
    "greedy": Mistake("only the most probable beginning is kept (greedy search): keep the `width` most probable ones that have not ended.", (FULL, "if len(beam) == 1")),
    "no_pruning": Mistake("all beginnings are kept: only the `width` most probable ones that have not ended go on.", (FULL, "if len(beam) == 40")),
    "one_more": Mistake("width + 1 beginnings are kept.", (FULL, "if len(beam) > width")),
    "one_each": Mistake("each beginning keeps its own best continuation: those of all beginnings compete, and two of the kept ones may have the same beginning.",
        (ANY, "for token in sorted(range(len(log_p)), key=lambda token: -log_p[token])[: 1 if tokens else width]")),
    "width_each": Mistake("every beginning keeps `width` continuations, so that the beam grows: keep `width` of all of them together.",
        (ANY, "for token in sorted(range(len(log_p)), key=lambda token: -log_p[token])[:width]"), (FULL, "if len(beam) == 40")),
    "best_of_each": Mistake("each beginning grows by its `width` most probable tokens alone: with `end` among them there may be too few that go on. It grows by every token.",
        (ANY, "for token in sorted(range(len(log_p)), key=lambda token: -log_p[token])[:width]")),
    "ended_take_a_place": Mistake("a sequence that has ended takes a place in the beam: `width` sequences that have not ended go on.", (FULL, "if len(beam) + sum(one[0][-1] == end for one in grown[: grown.index((tokens, log_probability, after))]) == width")),
    "beam_shrinks": Mistake("the beam gets narrower with every sequence that has ended: `width` sequences that have not ended go on at each step.", (FULL, "if len(beam) + len(done) >= width")),
    "every_end_counts": Mistake("every end counts: a sequence that ends is kept only if fewer than `width` of those that have not ended are more probable.",
        (f"{FULL}:\n                break", "if len(beam) == width and tokens[-1] != end:\n                continue")),
    "stops_at_first_end": Mistake("the search stops as soon as one sequence has ended: one that ends later may have a better score.", (BEST, f"{BEST}\n        if done:\n            break")),
    "stops_at_width_ends": Mistake("the search stops as soon as `width` sequences have ended: one that ends later may have a better score.", (BEST, f"{BEST}\n        if len(done) == width:\n            break")),
    "best_alone": Mistake("the best sequence alone is returned: return a list of at most `width` of them.", (RETURN, "return done[0]")),
    "list_of_one": Mistake("the list has one sequence alone: it has the best `width`, or all if there are fewer.", (RETURN, "return done[:1]")),
    "all_returned": Mistake("more than `width` sequences are returned.", (BEST, "done = sorted(done, key=lambda one: -one[2])")),
    "not_sorted": Mistake("the sequences stand in the order in which they ended: the best score comes first.", (RETURN, "return sorted(done, key=lambda one: len(one[0]))")),
    "worst_first": Mistake("the worst sequence comes first: sort from the largest score down.", (RETURN, "return done[::-1]")),
    "by_log_probability": Mistake("the sequences are compared by log P: compare them by their score, log P over length to the power alpha.", ("key=lambda one: -one[2]", "key=lambda one: -one[1]")),
    "alpha_ignored": Mistake("`alpha` is ignored: the score is log P over length to the power alpha.", (SCORE, "score = log_probability")),
    "alpha_zero": Mistake("an alpha of 0 is taken for none, and 0.7 used: with alpha 0 the score is log P itself.", (SCORE, "score = log_probability / length ** (alpha or 0.7)")),
    "alpha_at_most_one": Mistake("alpha is cut off at 1: it may be any number from 0 on.", (SCORE, "score = log_probability / length ** min(alpha, 1)")),
    "alpha_one": Mistake("log P is divided by the length whatever `alpha` is: by the length to the power alpha.", (SCORE, "score = log_probability / length")),
    "alpha_times": Mistake("log P is divided by alpha times the length: by the length to the power alpha.", (SCORE, "score = log_probability / (alpha * length or 1)")),
    "multiplied": Mistake("log P is multiplied by the power of the length: it is divided by it, so that a long sequence is not punished for each of its tokens.", (SCORE, "score = log_probability * length**alpha")),
    "length_without_end": Mistake("the length does not count `end`: the probability of the end is part of log P, so the end counts as well.", (SCORE, "score = log_probability / max(1, length - (tokens[-1] == end)) ** alpha")),
    "length_always_with_end": Mistake("a sequence that was cut off at max_length has no end to count: its length is max_length.", (SCORE, "score = log_probability / (length + (tokens[-1] != end)) ** alpha")),
    "google_penalty": Mistake("this is the length penalty ((5 + length) / 6)^alpha of another system: here it is length^alpha.", (SCORE, "score = log_probability / ((5 + length) / 6) ** alpha")),
    "cut_at_max_length": Mistake("sequences that have not ended after max_length tokens are lost: they are finished as they are.", (LAST, "pass")),
    "beam_lost_at_max_length": Mistake("what the beam holds after max_length tokens is lost: it is finished as it is.", (LAST, "beam.append((tokens, log_probability, after))")),
    "cut_loses_a_token": Mistake("a sequence cut off at max_length loses its last token: only `end` is left out.", (LAST, "done.append((tokens[:-1], log_probability, score))")),
    "end_zero": Mistake("an `end` of 0 is taken for none: 0 is a token like any other.", ("if tokens[-1] == end", "if end and tokens[-1] == end")),
    "other_max_length": Mistake("max_length is 50 where none is given.", ("max_length: int = 50", "max_length: int = 30")),
    "one_token_more": Mistake("sequences get one token more than max_length.", (LOOP, "range(1, max_length + 2)"), ("length == max_length", "length == max_length + 1")),
    "one_token_less": Mistake("sequences get one token less than max_length.", (LOOP, "range(1, max(2, max_length))"), ("length == max_length", "length == max(1, max_length - 1)")),
    "end_kept": Mistake("`end` is among the tokens: leave it out of what is returned.", (ENDED, "done.append((tokens, log_probability, score))")),
    "end_probability_missing": Mistake("log P of the end is missing: a sequence that ends has its probability, too.", (ENDED, "done.append((tokens[:-1], parents[tuple(tokens[:-1])], parents[tuple(tokens[:-1])] / length**alpha))"),
        ("        grown = []\n", "        grown, parents = [], {tuple(one[0]): one[1] for one in beam}\n")),
    "end_goes_on": Mistake("sequences go on after `end`: one that ends is finished.", (ENDED, "done.append((tokens[:-1], log_probability, score))\n                beam.append((tokens, log_probability, after))")),
    "own_state_lost": Mistake("every sequence goes on from the first one's state: each has the state that its own step returned.", (NEXT, "beam.append((tokens, log_probability, beam[0][2] if beam else after))")),
    "last_state": Mistake("every sequence goes on from the state that the last call of step returned: each has its own.", (NEXT, "beam.append((tokens, log_probability, last))"), ("log_p, after = ", "log_p, last = "), (GROW, "grown.append(([*tokens, token], log_probability + float(log_p[token]), last))")),
    "state_not_carried": Mistake("step always gets the state from before its last call: hand on the state that step returned.", (GROW, "grown.append(([*tokens, token], log_probability + float(log_p[token]), before))")),
    "state_ignored": Mistake("`state` is ignored: it is what step gets first.", (FIRST, "beam: list[Any] = [([], 0.0, 0)]")),
    "end_first": Mistake("step gets `end` before the first token: it gets None.", (ASKED, "step(before, tokens[-1] if tokens else end)")),
    "zero_first": Mistake("step gets token 0 before the first one, which is a token of the vocabulary: it gets None.", (ASKED, "step(before, tokens[-1] if tokens else 0)")),
    "none_always": Mistake("step always gets None: after the first step it gets the sequence's last token.", (ASKED, "step(before, None)")),
    "probabilities": Mistake("probabilities are multiplied: step returns log-probabilities, which are added up.", (FIRST, "beam: list[Any] = [([], 1.0, state)]"), (SUM, "log_probability * float(np.exp(log_p[token]))")),
    "products": Mistake("log-probabilities are multiplied: the logarithm of a product is the sum.", (FIRST, "beam: list[Any] = [([], 1.0, state)]"), (SUM, "log_probability * float(log_p[token])")),
    "last_step_only": Mistake("a sequence has the log-probability of its last token alone: add up those of all its tokens.", (SUM, "float(log_p[token])")),
    "least_probable": Mistake("the least probable beginnings are kept: sort from the largest log P down.", (SORT, "grown.sort(key=lambda one: one[1])")),
    "sampled": Mistake("nothing is sorted, and the first beginnings that come are kept: keep the most probable ones.", (SORT, "pass")),
    "impossible_kept": Mistake("sequences of probability 0 (log P = -inf) are among the results: they never occur.", (POSSIBLE, "if True")),
    "none": Mistake("None is returned: return the list.", (RETURN, "return None")),
}
# fmt: on

EXERCISE = Exercise(
    right=beam_search,
    draw=draw,
    again=True,
    visible=2,
    hidden=4,
    probe=PROBE,
    mistakes=MISTAKES,
    parts=(Part("sequences"),),
)
