"""`next_word`, to be mended: the memory cells are dropped between two words, so that each step starts with an empty memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part
from autograder.lessons.lesson_16.decoder_forward import Params, decoder
from seqlib import deep_forward, log_softmax, output_forward
from seqlib.deep import last_states

# Asks for the words one after the other, and at the end once more from the state before the last word, from the start and without a
# state, as a beam search and the next sentence do.
PROBE = """
import numpy as np

def arrays(state):
    return [np.array(a) for kind in state if isinstance(kind, list) for a in kind] if isinstance(state, tuple) else []

def shapes(states):
    return [np.shape(one) for one in states] if isinstance(states, (list, tuple)) else states

def probe(function, params, sentence, state, **options):
    step, rows, first, before, same = function(params, **options), [], state, state, True
    for word in [None, *sentence]:
        before, copy = state, arrays(state)
        log_p, state = step(state, word)
        same = same and all(map(np.array_equal, copy, arrays(before)))
        rows.append(np.asarray(log_p))
    again = [step(before, sentence[-1])[0], step(first, None)[0], step(None, None)[0]]
    form = "a pair" if isinstance(state, tuple) and len(state) == 2 else type(state).__name__
    return [*rows, *map(np.asarray, again)], form, list(map(shapes, state)) if form == "a pair" else None, same
"""


def draw(rng: Generator) -> Iterator[Inputs]:
    def starts(widths: Sequence[int]) -> list[np.ndarray]:
        return [rng.normal(size=(n_a, 1)) for n_a in widths]

    def sentence(n_y: int, T_y: int) -> list[int]:
        """Words of which every second one is 0, a word like any other."""
        others, zero_first = 1 + rng.permutation(n_y - 1), int(rng.integers(2))
        return [0 if t % 2 != zero_first else int(others[t]) for t in range(T_y)]

    yield Inputs("no cell given, four words", (decoder(rng, "lstm", 3, 5, [4]), sentence(5, 4), (starts([4]), None)))
    yield Inputs(
        "lstm, two layers, both first states",
        (decoder(rng, "lstm", 2, 4, [3, 5]), sentence(4, 3), (starts([3, 5]), starts([3, 5]))),
        {"cell": "lstm"},
    )
    yield Inputs("gru, no first state", (decoder(rng, "gru", 3, 6, [3]), sentence(6, 3), None), {"cell": "gru"})
    params = decoder(rng, "rnn", 2, 4, [3])
    params["by"] = 1000.0 * rng.permutation(4)[:, None]
    yield Inputs("rnn, scores far apart", (params, sentence(4, 3), (starts([3]), None)), {"cell": "rnn"}, unusual=True)


def next_word(params: Params, cell: str = "lstm") -> Callable[..., Any]:
    layers = {name: value for name, value in params.items() if "/" in name}

    def step(state: Any, token: int | None) -> tuple[np.ndarray, Any]:
        a0, c0 = (None, None) if state is None else state
        x = np.zeros((len(params["E"]), 1, 1))
        if token is not None:
            x[:, 0, 0] = params["E"][:, token]
        a, _, caches = deep_forward(x, layers, cell, a0=a0, c0=c0)
        scores = output_forward(a, params, logits=True)[:, 0, 0]
        return log_softmax(scores), last_states(caches)

    return step


STATE, FIRST, RUN = (
    "last_states(caches)",
    "(None, None) if state is None else state",
    "deep_forward(x, layers, cell, a0=a0, c0=c0)",
)
LOG, INPUT = "log_softmax(scores)", 'if token is not None:\n            x[:, 0, 0] = params["E"][:, token]'

# fmt: off
MISTAKES = {
    "not_mended": Mistake("the bug is still there: the state that a step returns has no memory cells, so that an LSTM starts every word with an empty memory. Return both lists, (a, c).", (STATE, "(last_states(caches)[0], None)")),
    "c0_not_used": Mistake("the memory cells are returned and not used: hand c0 to deep_forward as well.", (RUN, "deep_forward(x, layers, cell, a0=a0)")),
    "a_for_c": Mistake("the hidden states stand in the place of the memory cells: in an LSTM a and c are two different things.", (STATE, "(last_states(caches)[0], last_states(caches)[0] if cell == \"lstm\" else None)")),
    "swapped": Mistake("a and c are exchanged: the state is the pair (a, c), hidden states first.", (STATE, "last_states(caches)[::-1] if cell == \"lstm\" else last_states(caches)")),
    "c_carried_from_start": Mistake("the memory cells of the first step are handed on unchanged: each step returns those of its own end.", (STATE, "(last_states(caches)[0], c0)")),
    "a_carried_from_start": Mistake("the hidden states of the step before are handed on: each step returns those of its own end.", (STATE, "(a0, last_states(caches)[1])")),
    "state_not_kept": Mistake("the state that came in is handed on: each step returns the states of its own end.", (STATE, "state")),
    "state_ignored": Mistake("the state that comes in is not used: deep_forward starts from it.", (FIRST, "(None, None)")),
    "first_layer": Mistake("the state is that of the first layer alone: every layer has its own.", (STATE, "tuple(None if one is None else one[:1] * len(one) for one in last_states(caches))")),
    "c_of_first_layer": Mistake("only the first layer's memory cells are handed on: every layer has its own.",
        (STATE, "(last_states(caches)[0], last_states(caches)[1] and [c * (i == 0) for i, c in enumerate(last_states(caches)[1])])")),
    "log_of_softmax": Mistake("the logarithm of the softmax is -inf where a probability is too small for a float: log_softmax(scores), as the program had it.", (LOG, "np.log(np.exp(log_softmax(scores)))")),
    "other_default": Mistake('cell is "lstm" where none is given.', ('cell: str = "lstm"', 'cell: str = "gru"')),
    "probabilities": Mistake("these are probabilities: the search adds logarithms, log_softmax(scores), as the program had it.", (LOG, "np.exp(log_softmax(scores))")),
    "scores": Mistake("these are the scores: log_softmax turns them into logarithms of probabilities, as the program had it.", (LOG, "scores")),
    "word_zero_first": Mistake("the first input is word 0: before the first word it is zeros.", (INPUT, 'x[:, 0, 0] = params["E"][:, token or 0]')),
    "no_word": Mistake("the word is not read any more: the input is its column of E.", (INPUT, "pass")),
    "memory_of_gru": Mistake("a GRU has no memory cells of its own: c is None there; last_states returns the right pair for every cell.", (STATE, "(last_states(caches)[0], last_states(caches)[1] or last_states(caches)[0])")),
    "word_zero_lost": Mistake("word 0 is not read: it is a word like any other, and only None stands for the start; ask `if token is not None`.", (INPUT, 'if token:\n            x[:, 0, 0] = params["E"][:, token]')),
    "input_kept": Mistake("one array x serves all steps, so that the word of the last call is still in it when a new sentence begins with None: make the zeros inside `step`.",
        ('        x = np.zeros((len(params["E"]), 1, 1))\n', ""), ("    def step(", '    x = np.zeros((len(params["E"]), 1, 1))\n\n    def step(')),
    "memory_kept_inside": Mistake("the memory cells are kept in the function itself: a search goes back to earlier states, so a step may use only those that it is given.",
        ("    def step(", "    kept = {}\n\n    def step("), (RUN, "deep_forward(x, layers, cell, a0=a0, c0=c0 if token is None else kept.get('c'))"), (STATE, "(last_states(caches)[0], kept.update(c=last_states(caches)[1]) or last_states(caches)[1])")),
    "memory_never_asked_for": Mistake("the memory cells are kept in the function itself: a search goes back to earlier states, so a step may use only those that it is given.",
        ("    def step(", "    kept = {}\n\n    def step("), (RUN, "deep_forward(x, layers, cell, a0=a0, c0=None if state is None else kept.get('c'))"), (STATE, "(last_states(caches)[0], kept.update(c=last_states(caches)[1]) or last_states(caches)[1])")),
    "state_overwritten": Mistake("the lists of the state that comes in are overwritten: a search goes back to earlier states, so a step returns new lists.",
        (STATE, "tuple(new if old is None else old.__setitem__(slice(None), new) or old for old, new in zip((a0, c0), last_states(caches)))")),
    "c_of_first_step": Mistake("the memory cells that come in are handed on, and new ones only where there were none: each step returns those of its own end.", (STATE, "(last_states(caches)[0], last_states(caches)[1] if c0 is None else c0)")),
    "one_layer": Mistake("with more than one layer the memory cells are dropped: c is a list with those of every layer.", (STATE, "(last_states(caches)[0], last_states(caches)[1] if len(last_states(caches)[0]) == 1 else None)")),
    "kept_inside": Mistake("the function keeps a state of its own and never looks at the one that it is given: a search goes back to earlier states.",
        ("    def step(", "    kept = {}\n\n    def step("), (FIRST, 'kept.get("c", (None, None))'), (STATE, 'kept.setdefault("c", last_states(caches)) and kept.update(c=last_states(caches)) or last_states(caches)')),
    "closed_over": Mistake("the state is kept in the function itself: a search goes back to earlier states, so a step may use only the state that it is given.",
        ("    def step(", "    kept = {}\n\n    def step("), (FIRST, 'kept.get("c", (None, None) if state is None else state)'), (STATE, 'kept.setdefault("c", last_states(caches)) and kept.update(c=last_states(caches)) or last_states(caches)')),
}
# fmt: on

EXERCISE = Exercise(
    right=next_word,
    draw=draw,
    visible=2,
    hidden=3,
    probe=PROBE,
    mistakes=MISTAKES,
    parts=(
        Part("the log-probabilities, the kind of state, its shapes, and whether the state that came in stays as it is"),
    ),
)
