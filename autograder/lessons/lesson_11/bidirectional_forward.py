"""`bidirectional_forward`: one pass from left to right, one from right to left, and an output that sees both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import seqlib
from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, mask_of, shuffled
from autograder.lessons.lesson_11.reverse_padded import reverse_padded  # noqa: F401 (an edit calls it)
from seqlib import softmax
from seqlib.cells import sequence_forward

# What stands at padding is not looked at, and the caches are judged by the gradients that come out of them.
PROBE = """
import numpy as np
from seqlib.cells import sequence_backward

def probe(function, x, params, cell, **options):
    chosen = () if cell == "rnn" else (cell,)
    result, mask = function(x, params, *chosen, **options), options.get("mask")
    mask = np.ones(x.shape[1:]) if mask is None else mask
    if not isinstance(result, (tuple, list)) or len(result) != 3:
        return result

    def without_padding(value):
        fits = isinstance(value, np.ndarray) and value.dtype.kind in "fiu" and value.ndim == 3 and value.shape[1:] == mask.shape
        return np.where(mask == 1, value, 0) if fits else value

    n_a = len(params["forward/Waa" if cell == "rnn" else "forward/Wu"])
    da = np.sin(np.arange(2.0 * n_a * mask.size)).reshape(2 * n_a, *mask.shape) * mask
    caches = []
    for i, half in enumerate((da[:n_a], da[n_a:, :, ::-1])):
        try:
            caches.append(dict(sequence_backward(half, result[2][i])))
        except Exception:
            caches.append("no cache of sequence_forward for these inputs")
    return without_padding(result[0]), without_padding(result[1]), caches
"""


def parameters(rng: Generator, cell: str, n_x: int, n_a: int, n_y: int | None = None) -> dict[str, np.ndarray]:
    """The weights of both directions and of the output layer, and biases that are not zero."""
    params = {
        f"{direction}/{name}": 0.7 * rng.normal(size=value.shape)
        for direction in ("forward", "backward")
        for name, value in seqlib.initialise_cell(cell, n_x, n_a, rng).items()
    }
    return params if n_y is None else params | {"Wy": rng.normal(size=(n_y, 2 * n_a)), "by": rng.normal(size=(n_y, 1))}


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, cell, n_x, n_a, n_y, lengths, started, aspect in (
        ("an RNN, n_x = 2, n_a = 3, n_y = 4, m = 5, T_x = 6, with a0", "rnn", 2, 3, 4, [6] * 5, True, "no padding"),
        ("a GRU on a padded batch, with a0", "gru", 3, 2, 3, [5, *shuffled([1, 2, 4], rng)], True, "padding"),
        ("an LSTM on a padded batch", "lstm", 2, 3, 2, [4, *shuffled([2, 3], rng)], False, "padding"),
        (
            "an RNN without an output layer, padded",
            "rnn",
            3,
            2,
            None,
            [4, *shuffled([2, 3], rng)],
            True,
            "no output layer",
        ),
        ("all sizes 1", "gru", 1, 1, 2, [1], True, "no padding"),
    ):
        m, T_x = len(lengths), max(lengths)
        x = rng.normal(size=(n_x, m, T_x))  # at padding, too
        options: dict[str, Any] = {"a0": rng.normal(size=(2 * n_a, m))} if started else {}
        if min(lengths) < T_x:
            options["mask"] = mask_of(lengths)
        unusual = label == "all sizes 1"
        yield Inputs(label, (x, parameters(rng, cell, n_x, n_a, n_y), cell), options, aspect=aspect, unusual=unusual)
    x, params = rng.normal(size=(2, 2, 4)), parameters(rng, "rnn", 2, 2, 3)
    # the same for all labels, and another for each word, above 0 even where its states are below: the softmax does not change
    params["Wy"] += 1e4
    params["by"] += 4e4
    yield Inputs("scores in the thousands", (x, params, "rnn"), aspect="large scores", unusual=True)


def bidirectional_forward(
    x: np.ndarray,
    params: dict[str, np.ndarray],
    cell: str = "rnn",
    *,
    a0: np.ndarray | None = None,
    mask: np.ndarray | None = None,
) -> Any:
    halves, caches = [], []
    for i, direction in enumerate(("forward/", "backward/")):
        own = {name[len(direction) :]: value for name, value in params.items() if name.startswith(direction)}
        start = None if a0 is None else np.split(a0, 2)[i]
        if i == 0:
            a, cache = sequence_forward(cell, x, own, a0=start, mask=mask)
        else:
            turned = None if mask is None else mask[:, ::-1]
            a, cache = sequence_forward(cell, x[:, :, ::-1], own, a0=start, mask=turned)
            a = a[:, :, ::-1]
        halves.append(a)
        caches.append(cache)
    both = np.concatenate(halves)  # (2 n_a, m, T_x)
    if "by" not in params:
        return both, None, tuple(caches)
    y_hat = np.zeros((len(params["Wy"]), *x.shape[1:]))
    for t in range(x.shape[2]):
        y_hat[:, :, t] = softmax(params["Wy"] @ both[:, :, t] + params["by"])
    return both, y_hat, tuple(caches)


READ, BACK, MASK = "x[:, :, ::-1]", "a = a[:, :, ::-1]", "None if mask is None else mask[:, ::-1]"
OWN, START = "name.startswith(direction)", "None if a0 is None else np.split(a0, 2)[i]"
BOTH, TOP = "np.concatenate(halves)", 'softmax(params["Wy"] @ both[:, :, t] + params["by"])'
RESULT = "return both, y_hat, tuple(caches)"
LACKING = '    if "by" not in params:\n        return both, None, tuple(caches)\n'

# fmt: off
MISTAKES = {
    "not_turned_back": Mistake("the states of the right-to-left pass are not turned back: it reads the last word first, so its states come out in reversed order; a<t> of both halves must belong to word t.",
        (BACK, "a = a[:, :, :]")),
    "both_left_to_right": Mistake("both passes read from left to right: the second one gets x[:, :, ::-1], the last word first.", (READ, "x"), (BACK, "a = a[:, :, :]"), (MASK, "mask")),
    "read_left_to_right": Mistake("the second pass reads x from left to right, and its states are turned round all the same: it has to read x[:, :, ::-1].",
        (READ, "x"), (MASK, "mask")),
    "mask_not_reversed": Mistake("the right-to-left pass gets the mask as it is: its padding stands in front, so the mask has to be reversed with x, mask[:, ::-1].", (MASK, "mask")),
    "mask_examples_reversed": Mistake("mask[::-1] reverses the order of the sequences: time is the last axis of the mask, mask[:, ::-1].", (MASK, "None if mask is None else mask[::-1]")),
    "mask_ignored": Mistake("the right-to-left pass reads the padding, which comes first for it, and its states are no longer those of the words alone: it needs the mask, reversed.", (MASK, "None")),
    "examples_reversed": Mistake("x[:, ::-1] reverses the order of the sequences: time is the last axis, x[:, :, ::-1].", (READ, "x[:, ::-1]"), (BACK, "a = a[:, ::-1]"), (MASK, "None if mask is None else mask[::-1]")),
    "examples_but_not_mask": Mistake("x[:, ::-1] reverses the order of the sequences, and the mask is reversed along time: time is the last axis of x, too, x[:, :, ::-1].", (READ, "x[:, ::-1]"), (BACK, "a = a[:, ::-1]")),
    "features_reversed": Mistake("x[::-1] reverses the features: time is the last axis, x[:, :, ::-1].", (READ, "x[::-1]")),
    "states_features_reversed": Mistake("a[::-1] reverses the units: the states are turned back along time, a[:, :, ::-1].", (BACK, "a = a[::-1]")),
    "forward_weights_twice": Mistake('both passes use the weights "forward/...": the right-to-left pass has weights of its own, "backward/...".',
        (OWN, 'name.startswith("forward/")'), ("name[len(direction) :]", 'name[len("forward/") :]')),
    "weights_swapped": Mistake('the weights are exchanged: the left-to-right pass uses "forward/...", the right-to-left pass "backward/...".',
        ('("forward/", "backward/")', '("backward/", "forward/")')),
    "halves_swapped": Mistake("the halves are stacked the wrong way round: that of the left-to-right pass is on top.", (BOTH, "np.concatenate(halves[::-1])")),
    "states_swapped_alone": Mistake("the halves of the returned states are the wrong way round: that of the left-to-right pass is on top (y_hat has them right).",
        (RESULT, "return np.concatenate(halves[::-1]), y_hat, tuple(caches)"), ("return both, None", "return np.concatenate(halves[::-1]), None")),
    "a0_ignored": Mistake("a0 is not used: it holds the first state of the left-to-right pass on top of that of the right-to-left pass.", (START, "None")),
    "a0_swapped": Mistake("the halves of a0 are exchanged: the upper one belongs to the left-to-right pass, the lower one to the right-to-left pass.", ("np.split(a0, 2)[i]", "np.split(a0, 2)[1 - i]")),
    "a0_upper_twice": Mistake("both passes start from the upper half of a0: the lower one belongs to the right-to-left pass.", ("np.split(a0, 2)[i]", "np.split(a0, 2)[0]")),
    "a0_for_one": Mistake("only the left-to-right pass gets its first state: the lower half of a0 belongs to the right-to-left pass.", (START, f"{START} if i == 0 else None")),
    "a0_whole": Mistake("each pass gets the whole of a0, (2 n_a, m): its first state is one half, (n_a, m).", ("np.split(a0, 2)[i]", "a0")),
    "handed_over": Mistake("the right-to-left pass starts from the last state of the left-to-right pass: no state is handed from one pass to the other; it starts from its own half of a0.",
        (START, "(None if a0 is None else np.split(a0, 2)[0]) if i == 0 else halves[0][:, :, -1]")),
    "summed": Mistake("the halves are added: they are stacked, [a_forward; a_backward], (2 n_a, m, T_x).", (BOTH, "sum(halves)")),
    "side_by_side": Mistake("the halves are joined along another axis: they are stacked along the first one, the units.", (BOTH, "np.concatenate(halves, axis=2)")),
    "among_examples": Mistake("the halves are joined among the examples (axis 1): they are stacked along the first axis, the units.", (BOTH, "np.concatenate(halves, axis=1)")),
    "interleaved": Mistake("the units of both passes alternate: all of the left-to-right pass stand on top of all of the right-to-left pass.", (BOTH, "np.stack(halves, axis=1).reshape(-1, *x.shape[1:])")),
    "no_softmax": Mistake("y_hat has no softmax: these are the scores before it.", (TOP, 'params["Wy"] @ both[:, :, t] + params["by"]')),
    "sigmoid": Mistake("y_hat is a sigmoid of each score: the outputs of a step are a softmax over the n_y labels.", (TOP, '1 / (1 + np.exp(-(params["Wy"] @ both[:, :, t] + params["by"])))')),
    "softmax_over_examples": Mistake("the softmax runs over the examples: it runs over the n_y labels, the first axis.", (TOP, 'softmax((params["Wy"] @ both[:, :, t] + params["by"]).T).T')),
    "softmax_of_all": Mistake("the softmax is divided by the sum over all examples: every word of every example has a distribution of its own, over the first axis.",
        (TOP, 'softmax((params["Wy"] @ both[:, :, t] + params["by"]).reshape(-1)).reshape(-1, x.shape[1])')),
    "softmax_overflows": Mistake("the softmax overflows: exp of a score above 709 is infinite, and infinity divided by infinity is nan; softmax(z) of the library takes the largest score of each word off first.",
        (TOP, 'np.exp(params["Wy"] @ both[:, :, t] + params["by"]) / np.exp(params["Wy"] @ both[:, :, t] + params["by"]).sum(axis=0)')),
    "softmax_one_maximum": Mistake("the softmax takes one maximum off all words: where another word has scores far above, those of a word become 0, and 0 is divided by 0. Each word has a maximum of its own, over the first axis.",
        (RESULT, "z = np.stack([params['Wy'] @ both[:, :, t] + params['by'] for t in range(x.shape[2])], axis=2)\n    return both, np.exp(z - z.max()) / np.exp(z - z.max()).sum(axis=0), tuple(caches)")),
    "by_forgotten": Mistake("b_y is left out of y_hat.", (' + params["by"]', "")),
    "one_half_seen": Mistake("y_hat sees the left-to-right half alone: W_y is (n_y, 2 n_a) and multiplies both halves.",
        (TOP, 'softmax(params["Wy"][:, : len(both) // 2] @ both[: len(both) // 2, :, t] + params["by"])')),
    "last_step_only": Mistake("y_hat is that of the last step alone: there is one for each step, (n_y, m, T_x).", (RESULT, "return both, y_hat[:, :, -1], tuple(caches)")),
    "output_needed": Mistake('params may come without "Wy" and "by", as those of a layer inside a network do: then y_hat is None.', (LACKING, "")),
    "output_needed_by": Mistake('params may come without "by" and "Wy", as those of a layer inside a network do: then y_hat is None.',
        (LACKING, ""), ('len(params["Wy"])', 'len(params["by"])')),
    "prefix_cut_short": Mistake('the names of the right-to-left weights are cut in the wrong place: "forward/" has 8 characters and "backward/" 9.', ("name[len(direction) :]", "name[8:]")),
    "prefix_kept": Mistake('the weights keep their prefix: sequence_forward takes the cell\'s own names, "Wax" and not "forward/Wax".', ("name[len(direction) :]", "name")),
    "cell_ignored": Mistake('`cell` is not handed on: sequence_forward(cell, ...) runs "rnn", "gru" and "lstm".', ("sequence_forward(cell, x, own", 'sequence_forward("rnn", x, own')),
    "mask_needed": Mistake("`mask` may be None, where nothing is padded: then there is nothing to reverse, and sequence_forward gets None.", (MASK, "mask[:, ::-1]")),
    "a0_needed": Mistake("`a0` may be None: then both passes start from zeros, and sequence_forward gets None.", (START, "np.split(a0, 2)[i]")),
    "squeezed": Mistake("an axis of length 1 is lost: squeeze() drops the axis of a single sequence, step or unit; the results have three axes always.",
        (RESULT, "return both.squeeze(), y_hat.squeeze(), tuple(caches)"), ("return both, None", "return both.squeeze(), None")),
    "within_lengths": Mistake("the sequences were reversed within their lengths: the states are right, but the cache is that of another order of time, and the gradients of section 3 come out wrong; reverse the whole time axis, of x and of the mask.",
        (READ, "x if mask is None else reverse_padded(x, mask)"), (MASK, "mask"), ("x if mask is None", "x[:, :, ::-1] if mask is None"),
        (BACK, "a = a[:, :, ::-1] if mask is None else reverse_padded(a, mask)")),
    "turned_back_within_lengths": Mistake("the states of the right-to-left pass are turned back within the lengths of the sequences: it read the whole time axis in reversed order, so the whole axis is turned back, a[:, :, ::-1].",
        (BACK, "a = a[:, :, ::-1] if mask is None else reverse_padded(a, mask)")),
    "output_before_turning": Mistake("y_hat sees the states of the right-to-left pass in the order in which they were read: they are turned back before both halves are stacked for it. (The a that you return is right.)",
        ("@ both[:, :, t]", "@ np.concatenate([halves[0][:, :, t], halves[1][:, :, -1 - t]])")),
    "caches_swapped": Mistake("the caches are in the wrong order: that of the left-to-right pass comes first.", (RESULT, "return both, y_hat, tuple(caches[::-1])"), ("return both, None, tuple(caches)", "return both, None, tuple(caches[::-1])")),
    "caches_missing": Mistake("the third result does not hold the caches: it is a tuple of both, as sequence_forward returned them.", (RESULT, "return both, y_hat, (None, None)"), ("return both, None, tuple(caches)", "return both, None, (None, None)")),
    "one_cache_twice": Mistake("both caches are those of one pass: each pass has a cache of its own.", (RESULT, "return both, y_hat, (caches[1], caches[1])"), ("return both, None, tuple(caches)", "return both, None, (caches[1], caches[1])")),
    "by_axes": Mistake("b_y is (n_y, 1), and the scores of all steps together are (n_y, m, T_x): give it a third axis, params[\"by\"][:, :, None], or go step by step.",
        (TOP, 'params["Wy"] @ both[:, :, t] + np.zeros((1, x.shape[2])) + params["by"]')),
    "softmax_over_time": Mistake("the softmax runs over the steps: it runs over the n_y labels, the first axis.", ("    return both, y_hat, tuple(caches)", "    z = np.stack([params['Wy'] @ both[:, :, t] + params['by'] for t in range(x.shape[2])])\n    return both, np.moveaxis(softmax(z), 0, 2), tuple(caches)")),
}
# fmt: on

EXERCISE = Exercise(
    right=bidirectional_forward,
    draw=draw,
    visible=3,
    hidden=4,
    probe=PROBE,
    mistakes=MISTAKES,
    parts=(
        Part("a", 0, 3, ("2 n_a", "m", "T_x")),
        Part("y_hat", 1, 2, ("n_y", "m", "T_x")),
        Part("caches", 2, 1),
    ),
    rtol=1e-9,
    atol=1e-11,
)
