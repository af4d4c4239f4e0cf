"""`window_forward`: the words of a window side by side, a hidden layer, a score for each next word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part
from autograder.lessons.lesson_13.embedding_forward import embedding_forward, indices_of
from seqlib import softmax  # noqa: F401 (an edit calls it)


def parameters(rng: Generator, n_words: int, n_e: int, k: int, n_h: int, n_y: int) -> dict[str, np.ndarray]:
    """The parameters of a fixed-window model, its biases not zero, and weights that do not saturate the hidden layer."""
    return {
        "E": rng.normal(size=(n_e, n_words)),
        "Wh": rng.normal(size=(n_h, k * n_e)) / np.sqrt(k * n_e),
        "bh": 0.5 * rng.normal(size=(n_h, 1)),
        "Wy": rng.normal(size=(n_y, n_h)),
        "by": rng.normal(size=(n_y, 1)),
    }


def windows(rng: Generator, m: int, k: int, n_words: int) -> np.ndarray:
    """Windows of which not every one begins and ends with the same word."""
    while True:
        indices = indices_of(rng, m, k, n_words)
        if (indices[:, 0] != indices[:, -1]).any():
            return indices


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, m, k, n_e, n_h, n_y in (
        ("m = 2, k = 4, n_e = 3, n_h = 5, n_y = 6", 2, 4, 3, 5, 6),
        ("m, k, n_e, n_h equal to 3", 3, 3, 3, 3, 7),
    ):
        given = (windows(rng, m, k, n_y + 1), parameters(rng, n_y + 1, n_e, k, n_h, n_y))
        yield Inputs(label, given)
    given = (indices_of(rng, 1, 3, 6), parameters(rng, 6, 2, 3, 4, 5))
    yield Inputs("one window (m = 1)", given, unusual=True)
    words, params = windows(rng, 2, 2, 6), parameters(rng, 6, 2, 2, 4, 5)
    words[0, 0] = 0  # the first word of all
    params["bh"][:2] = [[900.0], [-900.0]]
    yield Inputs("word 0, and hidden units that are nearly 1 and -1", (words, params), unusual=True)


def window_forward(indices: np.ndarray, params: dict[str, np.ndarray]) -> Any:
    m, k = indices.shape
    x = embedding_forward(indices, params["E"])  # (n_e, m, k)
    e = np.concatenate([x[:, :, t] for t in range(k)])  # (k n_e, m)
    h = np.tanh(params["Wh"] @ e + params["bh"])
    logits = params["Wy"] @ h + params["by"]
    return logits, (indices, e, h, params)


STACK = "np.concatenate([x[:, :, t] for t in range(k)])"
HIDDEN, SCORES = 'np.tanh(params["Wh"] @ e + params["bh"])', 'params["Wy"] @ h + params["by"]'
RESULT = "return logits, (indices, e, h, params)"

# fmt: off
MISTAKES = {
    "reshaped": Mistake("e is x.reshape(k n_e, m), which fills in the numbers anew: column j of e must hold window j's vectors, one on top of the other. Move the axes first: (k, n_e, m).",
        (STACK, "x.reshape(-1, m)")),
    "feature_by_feature": Mistake("e goes feature by feature, the first feature of all k words first: it goes word by word, all n_e features of the first word first.",
        (STACK, "x.transpose(0, 2, 1).reshape(-1, m)")),
    "window_after_window": Mistake("the axes were (m, k, n_e) before reshape, so a column of e mixes windows: make them (k, n_e, m).", (STACK, "x.transpose(1, 2, 0).reshape(-1, m)")),
    "window_reversed": Mistake("the words of the window are stacked in reversed order: the first word of the window is on top.", (STACK, "np.concatenate([x[:, :, t] for t in reversed(range(k))])")),
    "examples_as_words": Mistake("x[:, t] is window t, all its words: word t of every window is x[:, :, t].", (STACK, "np.concatenate([x[:, i] for i in range(m)])")),
    "last_word_repeated": Mistake("every place of the window holds its last word: place t holds word t.", (STACK, "np.concatenate([x[:, :, -1] for t in range(k)])")),
    "first_word_repeated": Mistake("every place of the window holds its first word: place t holds word t.", (STACK, "np.concatenate([x[:, :, 0] for t in range(k)])")),
    "sizes_swapped": Mistake("m and k have changed places: indices is (m, k), and the window has k places.", ("m, k = indices.shape", "k, m = indices.shape")),
    "squeezed": Mistake("an axis of length 1 is lost: the logits are (n_y, m) also for one window.", ("return logits,", "return logits.squeeze(),")),
    "no_tanh": Mistake("the hidden layer has no tanh: h = tanh(W_h e + b_h).", (HIDDEN, 'params["Wh"] @ e + params["bh"]')),
    "sigmoid": Mistake("the hidden layer has a sigmoid: here it is tanh.", (HIDDEN, '1 / (1 + np.exp(-(params["Wh"] @ e + params["bh"])))')),
    "tanh_overflows": Mistake("the tanh by its formula overflows: exp of a number above 709 is infinite, and infinity divided by infinity is nan; np.tanh has a value everywhere.",
        (HIDDEN, '(lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)))(params["Wh"] @ e + params["bh"])')),
    "relu": Mistake("the hidden layer has a ReLU: here it is tanh.", (HIDDEN, 'np.maximum(0, params["Wh"] @ e + params["bh"])')),
    "bias_outside": Mistake("b_h is added after the tanh: it belongs inside, tanh(W_h e + b_h).", (HIDDEN, 'np.tanh(params["Wh"] @ e) + params["bh"]')),
    "bh_forgotten": Mistake("b_h is left out.", (HIDDEN, 'np.tanh(params["Wh"] @ e)')),
    "by_forgotten": Mistake("b_y is left out.", (SCORES, 'params["Wy"] @ h')),
    "bh_subtracted": Mistake("b_h is subtracted: it is added.", (' + params["bh"]', ' - params["bh"]')),
    "softmax": Mistake("these are probabilities: logits are the scores before the softmax.", (SCORES, f"softmax({SCORES})")),
    "largest_taken_off": Mistake("the largest score of each window is taken off: that belongs to the softmax; the logits are W_y h + b_y as they are.", (SCORES, f"(lambda z: z - z.max(axis=0))({SCORES})")),
    "log_softmax": Mistake("these are logarithms of probabilities: logits are the scores before the softmax.", (SCORES, f"np.log(softmax({SCORES}))")),
    "tanh_on_top": Mistake("the scores have a tanh: the output layer is linear, W_y h + b_y.", (SCORES, f"np.tanh({SCORES})")),
    "transposed": Mistake("the logits are transposed: they are (n_y, m), one column per window.", ("return logits,", "return logits.T,")),
    "e_transposed": Mistake("the e of the cache is transposed: it is (k n_e, m), one column per window.", ("(indices, e, h, params)", "(indices, e.T, h, params)")),
    "h_before_tanh": Mistake("the cache holds W_h e + b_h in place of h: the gradient needs h, after the tanh.", ("(indices, e, h, params)", '(indices, e, params["Wh"] @ e + params["bh"], params)')),
    "e_and_h_swapped": Mistake("e and h have changed places in the cache: it is (indices, e, h, params).", ("(indices, e, h, params)", "(indices, h, e, params)")),
    "x_in_the_cache": Mistake("the cache holds x, (n_e, m, k), in place of e: e is (k n_e, m).", ("(indices, e, h, params)", "(indices, x, h, params)")),
    "cache_order": Mistake("the cache is in another order: it is (indices, e, h, params).", ("(indices, e, h, params)", "(e, h, indices, params)")),
    "indices_missing": Mistake("the cache lacks the indices: it is (indices, e, h, params).", ("(indices, e, h, params)", "(e, h, params)")),
    "params_missing": Mistake("the cache lacks the parameters: it is (indices, e, h, params).", ("(indices, e, h, params)", "(indices, e, h)")),
    "flat_cache": Mistake("five results are returned: there are two, the logits and one tuple (indices, e, h, params).", (RESULT, "return logits, indices, e, h, params")),
    "best_word": Mistake("the most probable words are returned: logits holds the scores of all n_y words.", ("return logits,", "return logits.argmax(axis=0),")),
    "scores_of_one": Mistake("the scores of one window are returned: there are m columns, one per window.", ("return logits,", "return logits[:, :1],")),
}
# fmt: on

EXERCISE = Exercise(
    right=window_forward,
    draw=draw,
    visible=3,
    hidden=4,
    mistakes=MISTAKES,
    parts=(Part("logits", 0, 3, ("n_y", "m")), Part("the cache", 1, 1)),
    follow=("embedding_forward",),
    rtol=1e-9,
    atol=1e-11,
)
