"""`decoder_forward`, to be mended: the words come one step early, so that each is among the inputs that it is predicted from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, mask_of, shuffled
from autograder.lessons.lesson_12.deep_forward import parameters
from seqlib import deep_forward, output_forward

Params = dict[str, np.ndarray]
PROBE = """
import numpy as np
import seqlib

def probe(function, *args, **kwargs):
    result = function(*args, **kwargs)
    if not isinstance(result, tuple) or len(result) != 2:
        return result
    logits, caches = result
    if not isinstance(caches, tuple) or len(caches) != 4 or not isinstance(caches[3], dict):
        return logits, "caches are not the tuple of four that decoder_backward takes"
    targets, a, inner, params = caches
    try:
        dx = seqlib.deep_backward(np.ones_like(a), inner)["dx"]
    except Exception:
        dx = "the caches of the layers are not those that deep_backward takes"
    return logits, [targets, a, dx, params]
"""


def decoder(rng: Generator, cell: str, n_e: int, n_y: int, widths: Sequence[int]) -> Params:
    """An embedding, layers and an output layer, with biases that are not zero."""
    layers = {name: 0.7 * value for name, value in parameters(rng, cell, n_e, widths).items() if "/" in name}
    output = {"Wy": rng.normal(size=(n_y, widths[-1])), "by": rng.normal(size=(n_y, 1))}
    return {"E": rng.normal(size=(n_e, n_y)), **layers, **output}


def words(rng: Generator, n_y: int, m: int, T_y: int) -> np.ndarray:
    """Words (m, T_y) in which neighbours differ, and some word comes twice."""
    rows = [[int(rng.integers(n_y))] for _ in range(m)]
    for row in rows:
        while len(row) < T_y:
            row.append((row[-1] + int(rng.integers(1, n_y))) % n_y)
    return np.array(rows)


def draw(rng: Generator) -> Iterator[Inputs]:
    def starts(widths: Sequence[int], m: int) -> list[np.ndarray]:
        return [rng.normal(size=(n_a, m)) for n_a in widths]

    targets = words(rng, 5, 2, 4)
    targets = (targets - targets[0, 1]) % 5  # word 0 is a word like any other
    yield Inputs(
        "gru, n_e = 3, n_y = 5, m = 2, T_y = 4",
        (targets, decoder(rng, "gru", 3, 5, [4]), "gru"),
        {"a0": starts([4], 2)},
    )
    lengths = shuffled([6, 3, 4], rng)
    how: dict[str, Any] = {"a0": starts([3, 5], 3), "c0": starts([3, 5], 3), "mask": mask_of(lengths, 6)}
    yield Inputs("no cell given, two layers, padded", (words(rng, 6, 3, 6), decoder(rng, "lstm", 4, 6, [3, 5])), how)
    for given, label in (("a0", "lstm, a0 without c0"), ("c0", "lstm, c0 without a0")):
        given_lstm = words(rng, 4, 2, 3), decoder(rng, "lstm", 3, 4, [4]), "lstm"
        yield Inputs(label, given_lstm, {given: starts([4], 2)}, unusual=given == "c0")
    yield Inputs(
        "rnn, one sentence of one word, no first state",
        (words(rng, 4, 1, 1), decoder(rng, "rnn", 2, 4, [3]), "rnn"),
        unusual=True,
    )


def decoder_forward(
    targets: np.ndarray, params: Params, cell: str = "lstm", *, a0: Any = None, c0: Any = None, mask: Any = None
) -> tuple[np.ndarray, tuple[Any, ...]]:
    e = params["E"][:, targets]  # (n_e, m, T_y)
    x = np.zeros_like(e)
    x[:, :, 1:] = e[:, :, :-1]
    layers = {name: value for name, value in params.items() if "/" in name}
    a, _, inner = deep_forward(x, layers, cell, a0=a0, c0=c0, mask=mask)
    return output_forward(a, params, logits=True), (targets, a, inner, params)


SHIFT, RUN = (
    "x[:, :, 1:] = e[:, :, :-1]",
    "deep_forward(x, layers, cell, a0=a0, c0=c0, mask=mask)",
)
SCORES, CACHES = "output_forward(a, params, logits=True)", "(targets, a, inner, params)"

# fmt: off
MISTAKES = {
    "not_mended": Mistake("the bug is still there: from the second step on, the input of a step is the word that this step has to predict. The input is the word before: x[:, :, 1:] = e[:, :, :-1].", (SHIFT, "x[:, :, 1:] = e[:, :, 1:]")),
    "all_early": Mistake("every input is the word that its step has to predict, the first one included: step t gets word t - 1, and the first step zeros.", (SHIFT, "x[:, :, :] = e")),
    "other_way": Mistake("the words are shifted the wrong way: step t gets word t + 1, which is not written yet; it gets word t - 1.", (SHIFT, "x[:, :, :-1] = e[:, :, 1:]")),
    "rolled": Mistake("np.roll puts the last word in front: the first input is zeros.", (SHIFT, "x[:, :, :] = np.roll(e, 1, axis=2)")),
    "first_repeated": Mistake("the first input is the first word, which is what the first step has to predict: it is zeros.", (SHIFT, "x[:, :, 1:] = e[:, :, :-1]\n    x[:, :, 0] = e[:, :, 0]")),
    "two_back": Mistake("step t gets word t - 2: it gets the word just before, t - 1.", (SHIFT, "x[:, :, 2:] = e[:, :, :-2]")),
    "one_word": Mistake("every step gets the first word: step t gets word t - 1.", (SHIFT, "x[:, :, 1:] = e[:, :, :1]")),
    "first_only": Mistake("only the second step gets a word: every step after the first gets the word before it.", (SHIFT, "x[:, :, 1:2] = e[:, :, :1]")),
    "no_words": Mistake("the inputs are zeros at every step: from the second step on they are the words before.", (SHIFT, "x = x * 0")),
    "examples_shifted": Mistake("the shift runs over the sentences: it runs over the steps, the last axis.", (SHIFT, "x[:, 1:, :] = e[:, :-1, :]")),
    "features_shifted": Mistake("the shift runs over the features of the embedding: it runs over the steps, the last axis.", (SHIFT, "x[1:] = e[:-1]")),
    "index_zero": Mistake("targets are shifted, and word 0 is put in front: the first input is no word at all but zeros.", (SHIFT, 'x[:, :, :] = params["E"][:, np.concatenate([np.zeros_like(targets[:, :1]), targets[:, :-1]], axis=1)]')),
    "a0_lost": Mistake("a0 is not handed on any more: it is what the decoder is told of the sentence.", (RUN, "deep_forward(x, layers, cell, c0=c0, mask=mask)")),
    "c0_lost": Mistake("c0 is not handed on any more: the memory cells of an LSTM start from it.", (RUN, "deep_forward(x, layers, cell, a0=a0, mask=mask)")),
    "a0_without_c0_lost": Mistake("a0 is handed on only where c0 is given, too: a GRU and a plain RNN have no c0, and start from a0 all the same.", (RUN, "deep_forward(x, layers, cell, a0=None if c0 is None else a0, c0=c0, mask=mask)")),
    "a0_for_c0": Mistake("where c0 is None the memory cells start from a0: they start from zeros.", (RUN, "deep_forward(x, layers, cell, a0=a0, c0=a0 if c0 is None and cell == 'lstm' else c0, mask=mask)")),
    "c0_for_a0": Mistake("where a0 is None the hidden states start from c0: they start from zeros.", (RUN, "deep_forward(x, layers, cell, a0=c0 if a0 is None else a0, c0=c0, mask=mask)")),
    "other_default": Mistake('cell is "lstm" where none is given.', ('cell: str = "lstm"', 'cell: str = "gru"')),
    "word_zero_is_padding": Mistake("without a mask (None) word 0 is taken for padding: there is no padding then, and word 0 is a word.", (RUN, "deep_forward(x, layers, cell, a0=a0, c0=c0, mask=(targets != 0).astype(float) if mask is None else mask)")),
    "mask_lost": Mistake("the mask is not handed on any more: behind its last word a sentence keeps its state.", (RUN, "deep_forward(x, layers, cell, a0=a0, c0=c0)")),
    "softmax": Mistake("the probabilities are returned: the loss takes the scores before the softmax, logits=True, as in the program.", (SCORES, "output_forward(a, params)")),
    "step_cut": Mistake("there is one step too few: as many steps as there are words, the first of them with zeros as its input.", (SCORES, "output_forward(a, params, logits=True)[:, :, 1:]")),
    "caches_shifted": Mistake("the caches hold the shifted words: decoder_backward takes (targets, a, inner, params), with the words as they came.", (CACHES, "(np.roll(targets, 1, axis=1), a, inner, params)")),
    "caches_without_layers": Mistake("the caches of the layers are missing: the third of the caches is what deep_forward returns as its third, inner.", (CACHES, "(targets, a, x, params)")),
    "caches_cut": Mistake("the caches are not those of the program any more: decoder_backward takes (targets, a, inner, params), with the words themselves and not the shifted ones.", (CACHES, "(targets[:, :-1], a, inner, params)")),
}
# fmt: on

EXERCISE = Exercise(
    right=decoder_forward,
    draw=draw,
    visible=1,
    hidden=2,
    probe=PROBE,
    mistakes=MISTAKES,
    parts=(Part("the logits and the caches"),),
)
