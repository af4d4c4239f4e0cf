"""`deep_forward`: layers of any cell on one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, mask_of, shuffled
from seqlib import initialise_deep, output_forward
from seqlib.cells import sequence_forward

PROBE = """
import numpy as np
from seqlib.cells import sequence_backward

def probe(function, x, params, *cell, **how):
    result = function(x, params, *cell, **how)
    if not isinstance(result, tuple) or len(result) != 3:
        return result
    a, y_hat, caches = result
    if not isinstance(caches, (tuple, list)) or any(not isinstance(pair, (tuple, list)) or len(pair) != 2 for pair in caches):
        return a, y_hat, "no pair of a cache and a mask for each layer"
    try:
        return a, y_hat, np.array([used(cache, mask) for cache, mask in caches])
    except Exception:
        return a, y_hat, "a cache that sequence_backward refuses, or a mask that is no array"

def used(cache, mask):
    # one number for what the backward pass makes of a layer's cache, and one for the mask beside it
    da0 = sequence_backward(np.ones_like(cache[1][0][:, :, 1:]), cache)["da0"]
    return [np.abs(da0).sum(), -1.0 if mask is None else (mask.ravel() * np.arange(mask.size)).sum()]
"""


def parameters(
    rng: Generator, cell: str, n_x: int, widths: Sequence[int], *, mixed: bool = True
) -> dict[str, np.ndarray]:
    """The weights of a stack and biases that are not zero, moderate enough for the bottom to be felt at the top.

    mixed: names in random order; otherwise layer by layer
    """
    params = {}
    for name, value in initialise_deep(cell, n_x, tuple(widths), rng).items():
        columns = value.shape[1]
        params[name] = rng.normal(size=value.shape) / (1 if columns == 1 else np.sqrt(columns / 2))
    return {name: params[name] for name in (shuffled(list(params), rng) if mixed else params)}


def on_top(rng: Generator, params: dict[str, np.ndarray], n_y: int, n_a: int) -> dict[str, np.ndarray]:
    """The parameters with an output layer."""
    return {"Wy": rng.normal(size=(n_y, n_a)), "by": rng.normal(size=(n_y, 1)), **params}


def some_masks(rng: Generator, widths: Sequence[int], m: int, T_x: int) -> list[np.ndarray]:
    """Dropout masks of the layers below the top one, each with a share of its own, and with both values in every one."""
    masks = []
    for n_a, share in zip(widths[:-1], shuffled([0.25, 0.375, 0.5], rng), strict=False):
        zeros = rng.permutation(n_a * m * T_x).reshape(n_a, m, T_x) < max(1, round(share * n_a * m * T_x))
        masks.append(np.where(zeros, 0.0, 1 / (1 - share)))
    return masks


def draw(rng: Generator) -> Iterator[Inputs]:
    def starts(widths: Sequence[int], m: int) -> list[np.ndarray]:
        return [rng.normal(size=(n_a, m)) for n_a in widths]

    widths: Sequence[int]
    for cell, n_x, widths, n_y, m, T_x in (("rnn", 3, (5, 4, 6), 2, 2, 7), ("gru", 4, (4, 4, 4), 4, 4, 4)):
        x, params = rng.normal(size=(n_x, m, T_x)), on_top(rng, parameters(rng, cell, n_x, widths), n_y, widths[-1])
        sizes = f"n_x = {n_x}, layers of {', '.join(map(str, widths))} units, m = {m}, T_x = {T_x}"
        yield Inputs(f"{cell}, {sizes}", (x, params, cell), {"a0": starts(widths, m)}, aspect="layers")
    widths, m, T_x = (3, 5), 3, 6
    x, params = rng.normal(size=(2, m, T_x)), on_top(rng, parameters(rng, "lstm", 2, widths), 3, 5)
    how = {"a0": starts(widths, m), "c0": starts(widths, m), "mask": mask_of([6, 3, 5])}
    yield Inputs("lstm with first states a0 and c0, padded", (x, params, "lstm"), how, aspect="states and padding")
    widths, m, T_x = (3, 2), 2, 3
    x, params = rng.normal(size=(2, m, T_x)), parameters(rng, "lstm", 2, widths)
    for name in ("a0", "c0"):
        how = {name: starts(widths, m)}
        yield Inputs(f"lstm with {name} alone", (x, params, "lstm"), how, aspect="one alone", unusual=True)
    widths, m, T_x = (6, 3, 5), 3, 5
    x, params = rng.normal(size=(4, m, T_x)), parameters(rng, "gru", 4, widths)
    yield Inputs(
        "gru with dropout and a0, padded, no output layer",
        (x, params, "gru"),
        {"a0": starts(widths, m), "mask": mask_of([5, 2, 4]), "dropout": some_masks(rng, widths, m, T_x)},
        aspect="dropout",
    )
    x, widths = rng.normal(size=(3, 2, 4)), (4, 4, 4)
    yield Inputs(
        "rnn with dropout, all layers of 4 units",
        (x, on_top(rng, parameters(rng, "rnn", 3, widths), 2, 4)),
        {"dropout": some_masks(rng, widths, 2, 4)},
        aspect="dropout",
    )
    x = rng.normal(size=(1, 1, 1))
    given = (x, on_top(rng, parameters(rng, "rnn", 1, (1,)), 2, 1))
    yield Inputs("one layer of one unit, one step", given, {"dropout": []}, aspect="sizes of 1", unusual=True)
    x, widths = rng.normal(size=(2, 2, 3)), (2, 3) * 5 + (2,)
    params = on_top(rng, parameters(rng, "rnn", 2, widths, mixed=False), 3, 2)
    # the same for all labels, and another for each word, above 0 even where its states are below: the softmax does not change
    params["Wy"] += 1e4
    params["by"] += 2e4
    yield Inputs("eleven layers, scores in the thousands", (x, params), aspect="many layers", unusual=True)


def deep_forward(
    x: np.ndarray,
    params: dict[str, np.ndarray],
    cell: str = "rnn",
    *,
    a0: Sequence[np.ndarray] | None = None,
    c0: Sequence[np.ndarray] | None = None,
    mask: np.ndarray | None = None,
    dropout: Sequence[np.ndarray] | None = None,
) -> Any:
    layers = len({name.split("/")[0] for name in params if "/" in name})
    below, caches = x, []
    for layer in range(layers):
        number = f"{layer + 1}/"
        own = {name[len(number) :]: params[name] for name in params if name.startswith(number)}
        a_start = None if a0 is None else a0[layer]
        c_start = None if c0 is None else c0[layer]
        below, cache = sequence_forward(cell, below, own, a0=a_start, c0=c_start, mask=mask)
        drop = dropout[layer] if dropout is not None and layer < layers - 1 else None
        if drop is not None:
            below = below * drop
        caches.append((cache, drop))
    y_hat = output_forward(below, params) if "by" in params else None
    return below, y_hat, tuple(caches)


A_START, C_START = "None if a0 is None else a0[layer]", "None if c0 is None else c0[layer]"
RUN, LOOP, DROP = (
    "sequence_forward(cell, below, own",
    "range(layers)",
    "dropout[layer] if dropout is not None and layer < layers - 1 else None",
)
MULTIPLY, Y_HAT, RESULT = (
    "below = below * drop",
    'output_forward(below, params) if "by" in params else None',
    "return below, y_hat",
)
FIRST = "below, caches = x, []"

# fmt: off
MISTAKES = {
    "reads_x": Mistake("every layer reads x: only the first one does, and every other one reads the states of the layer below, all steps of them.",
        (RUN, "sequence_forward(cell, x, own")),
    "first_layer_only": Mistake("only the first layer is run: is the return inside the loop, or is one layer left out?", (LOOP, "range(1)")),
    "last_left_out": Mistake("the top layer is left out: the loop runs over all layers.", (LOOP, "range(layers - 1 or 1)")),
    "mask_beside_reader": Mistake("each dropout mask is kept beside the layer that reads the product: it belongs in the pair of the layer that handed up what it multiplies.",
        ("caches.append((cache, drop))", "caches.append((cache, dropout[layer - 1] if dropout and layer else None))")),
    "last_left_out_with_dropout": Mistake("with dropout, the top layer is left out: there is one mask fewer than there are layers, so that zip of both ends before it.", (LOOP, "range(layers - 1 if dropout else layers)")),
    "first_left_out": Mistake("the first layer is left out, and layer 2 reads x: layers are numbered from 1 in the names, and from 0 in a0, c0 and dropout.", (LOOP, "range(1, layers)")),
    "two_layers": Mistake("two layers are run whatever their number: count them from the names of params.", (LOOP, "range(min(layers, 2))")),
    "top_down": Mistake("the layers are run from the top down: the first one, with the names \"1/...\", reads x.", (LOOP, "reversed(range(layers))")),
    "text_order": Mistake("from ten layers on, the order is that of texts, in which \"10\" stands before \"2\": sort numbers.",
        (LOOP, "sorted(range(layers), key=lambda layer: str(layer + 1))")),
    "prefix_without_slash": Mistake("with ten layers or more, the names of layer 10 begin with \"1\" as well: compare the whole number, with its slash.",
        ("name[len(number) :]: params[name]", 'name.split("/")[1]: params[name]'), ("name.startswith(number)", "name.startswith(number[:-1])")),
    "same_weights": Mistake("every layer has the weights of the first: each has its own, under its number.", ("{layer + 1}/", "1/")),
    "residual": Mistake("what a layer reads is added to its states: here a layer hands up its states alone.",
        ("below, cache = sequence_forward(cell, below, own, a0=a_start, c0=c_start, mask=mask)",
         "read = below\n        below, cache = sequence_forward(cell, below, own, a0=a_start, c0=c_start, mask=mask)\n        below = below + read if read.shape == below.shape else below")),
    "a0_ignored": Mistake("a0 is ignored: layer l starts from a0[l].", (A_START, "None")),
    "c0_ignored": Mistake("c0 is ignored: the memory cells of layer l start from c0[l].", (C_START, "None")),
    "c0_needs_a0": Mistake("c0 is left out where a0 is None: each of the two may be given without the other.", (C_START, "None if a0 is None or c0 is None else c0[layer]")),
    "a0_needs_c0": Mistake("an LSTM's a0 is left out where c0 is None: each of the two may be given without the other.", (A_START, 'None if a0 is None or c0 is None and cell == "lstm" else a0[layer]')),
    "states_ignored": Mistake("the first states a0 and c0 are ignored: layer l starts from a0[l] and c0[l].", (A_START, "None"), (C_START, "None")),
    "first_a0": Mistake("every layer starts from a0[0]: there is one first state per layer.", (A_START, "None if a0 is None else a0[0]")),
    "a0_of_first_layer_only": Mistake("only the first layer gets its first state: the others start from a0[l] as well, not from zeros.", (A_START, "a0[0] if a0 is not None and layer == 0 else None")),
    "c0_of_first_layer_only": Mistake("only the first layer gets its c0: each layer of an LSTM starts from memory cells of its own.", (C_START, "c0[0] if c0 is not None and layer == 0 else None")),
    "starts_of_first_layer_only": Mistake("only the first layer gets its first states: the others start from a0[l] (and c0[l]) as well, not from zeros.",
        (A_START, "a0[0] if a0 is not None and layer == 0 else None"), (C_START, "c0[0] if c0 is not None and layer == 0 else None")),
    "starts_from_below": Mistake("a layer starts from the last state of the layer below: it has a first state of its own, a0[l], or zeros.",
        (A_START, "None if a0 is None else a0[0] if layer == 0 else below[:, :, -1]")),
    "starts_swapped": Mistake("a0 and c0 are swapped: a0 is the first state, c0 the first memory cell.", ("a0=a_start, c0=c_start", "a0=a_start if c_start is None else c_start, c0=None if c_start is None else a_start")),
    "mask_ignored": Mistake("the mask is ignored: hand it on to every layer, so that each carries its state over the padding.", (", mask=mask", "")),
    "mask_first_layer_only": Mistake("only the first layer gets the mask: every layer reads the same padded steps.", ("mask=mask", "mask=mask if layer == 0 else None")),
    "cell_ignored": Mistake("`cell` is ignored, and a plain RNN is run: hand it on to sequence_forward.", ("sequence_forward(cell, below", "sequence_forward('rnn', below")),
    "dropout_ignored": Mistake("`dropout` is ignored: the states of each layer but the top one are multiplied by its mask on their way up.", (DROP, "None")),
    "dropout_not_multiplied": Mistake("the states are not multiplied by their dropout mask on their way up, although the mask stands in the caches.", (MULTIPLY, "pass")),
    "dropout_on_top_too": Mistake("the top layer's states are multiplied as well (by the last mask): dropout stands between layers, and there is none above the top one.",
        (DROP, "dropout[min(layer, len(dropout) - 1)] if dropout else None")),
    "dropout_once": Mistake("only the first layer's states are multiplied: each layer but the top one has a mask.", (DROP, "dropout[0] if dropout and layer == 0 and layers > 1 else None")),
    "dropout_first_mask": Mistake("every layer is multiplied by the first mask: dropout[l] belongs to layer l.", (DROP, "dropout[0] if dropout and layer < layers - 1 else None")),
    "first_mask_left_out": Mistake("what the first layer hands up is not multiplied: it has the mask dropout[0]. Only the top layer has none.",
        (DROP, "dropout[layer] if dropout is not None and 0 < layer < layers - 1 else None")),
    "dropout_in_place": Mistake("the states are multiplied in place (*=): they are in the layer's cache as well, and what the layer carried to its own next step was not multiplied. Multiply a copy, below = below * mask.",
        (MULTIPLY, "below *= drop")),
    "dropout_late": Mistake("the masks are one layer too high: dropout[0] multiplies what the first layer hands up to the second.",
        (DROP, "dropout[layer - 1] if dropout and layer > 0 else None")),
    "dropout_reversed": Mistake("the masks are taken in reversed order: dropout[0] belongs to the first layer.", (DROP, "dropout[layers - 2 - layer] if dropout and layer < layers - 1 else None")),
    "dropout_divided": Mistake("states are divided by the mask: multiply; what stays is scaled in the mask already.", (MULTIPLY, "below = np.divide(below, drop, out=np.zeros_like(below), where=drop > 0)")),
    "dropout_not_scaled": Mistake("dropped states are set to 0, and the others are not scaled: multiply by the mask, which holds 1 / (1 - share).", (MULTIPLY, "below = below * (drop > 0)")),
    "dropout_inverted": Mistake("what should stay is dropped, and the other way round: multiply by the mask.", (MULTIPLY, "below = below * (drop == 0)")),
    "no_output": Mistake("y_hat is None although params have an output layer, Wy and by: apply output_forward to the top layer's states.", (Y_HAT, "None")),
    "output_of_the_first": Mistake("the output layer reads the first layer's states: it stands on the top layer.",
        (Y_HAT, '(output_forward(sequence_forward(cell, x, {n[2:]: p for n, p in params.items() if n.startswith("1/")}, a0=None if a0 is None else a0[0], c0=None if c0 is None else c0[0], mask=mask)[0], params) if "by" in params else None)')),
    "output_below": Mistake("the output layer reads a lower layer's states, the first ones that fit: it stands on the top layer.",
        (FIRST, "below, caches, early = x, [], None"),
        ("        drop = dropout", "        if early is None and 'by' in params and params['Wy'].shape[1] == len(below):\n            early = output_forward(below, params)\n        drop = dropout"),
        (Y_HAT, "early")),
    "masks_not_returned": Mistake("the dropout masks are missing from the caches: each pair holds the mask on what the layer handed up, or None.",
        ("caches.append((cache, drop))", "caches.append((cache, None))")),
    "caches_without_pairs": Mistake("caches holds what sequence_forward returned alone: each layer has a pair, that and the dropout mask on what it handed up (or None).",
        ("caches.append((cache, drop))", "caches.append(cache)")),
    "caches_from_the_top": Mistake("the caches are in reversed order: the first layer comes first.", ("tuple(caches)", "tuple(caches[::-1])")),
    "last_cache_only": Mistake("caches holds one layer alone: it has a pair for each layer.", ("tuple(caches)", "tuple(caches[-1:])")),
    "scores": Mistake("y_hat holds the scores before the softmax: output_forward gives probabilities unless logits=True.", ("output_forward(below, params)", "output_forward(below, params, logits=True)")),
    "softmax_overflows": Mistake("the softmax overflows: exp of a score above 709 is infinite, and infinity divided by infinity is nan; output_forward takes the largest score of each word off first.",
        (Y_HAT, '(lambda z: np.exp(z) / np.exp(z).sum(axis=0))(output_forward(below, params, logits=True)) if "by" in params else None')),
    "output_always": Mistake("an output layer is applied although params have none: y_hat is None without \"by\".", (Y_HAT, "output_forward(below, params)")),
    "last_step": Mistake("only the last step is returned: a and y_hat hold all T_x steps.", (RESULT, "return below[:, :, -1], None if y_hat is None else y_hat[:, :, -1]")),
    "all_layers": Mistake("a holds the states of more than the top layer: the states of the lower ones are in the caches.",
        (FIRST, "below, caches, every = x, [], []"), ("        caches.append((cache, drop))", "        caches.append((cache, drop))\n        every.append(below)"), (RESULT, "return every, y_hat")),
    "side_by_side": Mistake("the states of all layers stand on one another in a: it is the top layer's states alone, (n_a, m, T_x).",
        (FIRST, "below, caches, every = x, [], []"), ("        caches.append((cache, drop))", "        caches.append((cache, drop))\n        every.append(below)"), (RESULT, "return np.concatenate(every), y_hat")),
    "x_returned": Mistake("x is returned in place of the top layer's states.", (RESULT, "return x, y_hat")),
}
# fmt: on

EXERCISE = Exercise(
    right=deep_forward,
    draw=draw,
    visible=2,
    hidden=4,
    mistakes=MISTAKES,
    probe=PROBE,
    parts=(
        Part("a", 0, 3, ("n_a", "m", "T_x")),
        Part("y_hat", 1, 2, ("n_y", "m", "T_x")),
        Part("the caches, by what sequence_backward makes of them, and their masks", 2, 1, ("layers", "2")),
    ),
    rtol=1e-9,
    atol=1e-11,
)
