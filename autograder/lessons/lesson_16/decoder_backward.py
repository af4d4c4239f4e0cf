"""`decoder_backward`, to be mended: of a word that comes twice, one gradient is lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, mask_of, shuffled
from autograder.lessons.lesson_16.decoder_forward import decoder, words
from seqlib import decoder_forward as forward
from seqlib import deep_backward, output_backward

PROBE = """
def probe(function, *args, **kwargs):
    result = function(*args, **kwargs)
    if not isinstance(result, dict):
        return result
    apart = {name: result[name] for name in ("dE", "da0", "dc0") if name in result}
    return apart | {"others": {name: value for name, value in result.items() if name not in apart}}
"""


def draw(rng: Generator) -> Iterator[Inputs]:
    def run(
        cell: str, n_e: int, n_y: int, widths: Sequence[int], lengths: Sequence[int], used: int | None = None
    ) -> tuple[np.ndarray, Any]:
        """A gradient of the loss, 0 at padding, and the caches of the library's forward pass from random first states.

        used: how many of the n_y words there may be in the sentences, the first ones
        """
        m, T_y, mask = len(lengths), max(lengths), mask_of(lengths)
        starts: dict[str, Any] = {"a0": [rng.normal(size=(n_a, m)) for n_a in widths]}
        if cell == "lstm":
            starts["c0"] = [rng.normal(size=(n_a, m)) for n_a in widths]
        _, caches = forward(
            words(rng, used or n_y, m, T_y), decoder(rng, cell, n_e, n_y, widths), cell, mask=mask, **starts
        )
        return rng.normal(size=(n_y, m, T_y)) * mask, caches

    yield Inputs("gru, n_e = 3, n_y = 4, m = 2, T_y = 6", run("gru", 3, 4, [5], shuffled([6, 4], rng)))
    yield Inputs("lstm, two layers, m = 3", run("lstm", 2, 3, [4, 3], shuffled([5, 3, 4], rng)))
    yield Inputs("one sentence of one word, not the last one of E", run("rnn", 2, 4, [3], [1], 3), unusual=True)


def decoder_backward(dlogits: np.ndarray, caches: tuple[Any, ...]) -> dict[str, Any]:
    targets, a, inner, params = caches
    top = output_backward(dlogits, a, params)
    gradients = deep_backward(top.pop("da"), inner)
    dx = gradients.pop("dx")  # (n_e, m, T_y)
    dE = np.zeros_like(params["E"])
    np.add.at(dE, (slice(None), targets[:, :-1]), dx[:, :, 1:])  # type: ignore[arg-type]
    return gradients | top | {"dE": dE}


ADD, START, RESULT = (
    "np.add.at(dE, (slice(None), targets[:, :-1]), dx[:, :, 1:])",
    'np.zeros_like(params["E"])',
    'gradients | top | {"dE": dE}',
)

# fmt: off
MISTAKES = {
    "not_mended": Mistake("the bug is still there: dE[:, words] += ... writes every column once, so that of a word that comes several times only the last gradient counts; add them one by one, or with np.add.at.", (ADD, "dE[:, targets[:, :-1]] += dx[:, :, 1:]")),
    "per_sentence": Mistake("a word that comes twice in one sentence still loses a gradient: dE[:, words] += ... writes every column once, in a loop over the sentences as well.", (ADD, "for i in range(len(targets)):\n        dE[:, targets[i, :-1]] += dx[:, i, 1:]")),
    "per_step": Mistake("a word that comes in two sentences at the same step still loses a gradient: dE[:, words] += ... writes every column once, in a loop over the steps as well.", (ADD, "for t in range(1, dx.shape[2]):\n        dE[:, targets[:, t - 1]] += dx[:, :, t]")),
    "not_shifted": Mistake("the steps of dx and the words are not shifted against each other any more: the input of step t + 1 is word t.", (ADD, "np.add.at(dE, (slice(None), targets), dx)")),
    "shifted_twice": Mistake("the words are shifted the wrong way: dx of step t belongs to word t - 1, and the first step has no word.", (ADD, "np.add.at(dE, (slice(None), targets[:, 1:]), dx[:, :, :-1])")),
    "same_words": Mistake("dx of step t goes to word t: it belongs to the word before, t - 1, which was the input of that step.", (ADD, "np.add.at(dE, (slice(None), targets[:, 1:]), dx[:, :, 1:])")),
    "first_step": Mistake("dx of step t - 1 goes to word t - 1: word t - 1 was the input of step t.", (ADD, "np.add.at(dE, (slice(None), targets[:, :-1]), dx[:, :, :-1])")),
    "last_step": Mistake("the last step is left out: its input was the word before the last, range(1, T_y).", (ADD, "np.add.at(dE, (slice(None), targets[:, :-2]), dx[:, :, 1:-1])")),
    "reshaped": Mistake("dx was given another shape, a row for each place: reshape fills in the numbers anew. Move the axis of the features first, or transpose.", (ADD, "np.add.at(dE.T, targets[:, :-1].ravel(), dx[:, :, 1:].reshape(-1, len(dx)))")),
    "mean": Mistake("the gradients of a word are averaged over the places where it comes: they are added.", (RESULT, 'gradients | top | {"dE": dE / np.maximum(np.bincount(targets[:, :-1].ravel(), minlength=dE.shape[1]), 1)}')),
    "divided_by_m": Mistake("dE is divided by the number of sentences: the loss has divided already, where it should.", (RESULT, 'gradients | top | {"dE": dE / len(targets)}')),
    "columns_missing": Mistake("dE ends with the largest word that occurs: it has the shape of E, one column for each of the n_y words.", (START, 'np.zeros((len(params["E"]), targets.max() + 1))')),
    "transposed": Mistake("dE has one row for each word: it has the shape of E, one column for each word.", (RESULT, 'gradients | top | {"dE": dE.T}')),
    "last_sentence": Mistake("only the last sentence counts: dE is set to zero inside the loop; start it once, before.", (ADD, "np.add.at(dE, (slice(None), targets[-1:, :-1]), dx[:, -1:, 1:])")),
    "first_sentence": Mistake("only the first sentence counts: dE is the sum over all sentences.", (ADD, "np.add.at(dE, (slice(None), targets[:1, :-1]), dx[:, :1, 1:])")),
    "started_at_E": Mistake("dE starts from E itself: it starts from zeros.", (START, 'params["E"].copy()')),
    "starts_missing": Mistake("da0 (and dc0) are missing: they are in what deep_backward returns, and go on to the encoder.", (RESULT, '{name: value for name, value in gradients.items() if "/" in name} | top | {"dE": dE}')),
    "dE_missing": Mistake("dE is missing from the result.", (RESULT, "gradients | top")),
    "top_missing": Mistake("dWy and dby are missing: they are in what output_backward returns.", (RESULT, 'gradients | {"dE": dE}')),
    "dx_left": Mistake('"dx" is among the results: it has gone into dE, and no parameter has that name; take it out with pop, as the program did.', (RESULT, 'gradients | top | {"dE": dE, "dx": dx}')),
    "as_many": Mistake("each word gets the number of its occurrences as its gradient: add the columns of dx.", (ADD, "np.add.at(dE, (slice(None), targets[:, :-1]), 1.0)")),
}
# fmt: on

EXERCISE = Exercise(
    right=decoder_backward,
    draw=draw,
    visible=1,
    hidden=3,
    probe=PROBE,
    mistakes=MISTAKES,
    parts=(Part("the gradients"),),
    again=True,
)
