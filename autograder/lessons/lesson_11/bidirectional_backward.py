"""`bidirectional_backward`: the gradients of both passes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import seqlib
from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, mask_of, shuffled
from autograder.lessons.lesson_11.bidirectional_forward import parameters
from seqlib.cells import sequence_backward

# Points for what belongs together, whatever the cell's weights are called.
PROBE = """
def probe(function, *args, **kwargs):
    result = function(*args, **kwargs)
    if not isinstance(result, dict):
        return result
    groups = {"da0": {}, "dforward": {}, "dbackward": {}}
    for name, value in result.items():
        group = "da0" if name in ("da0", "dc0") else str(name).partition("/")[0]
        if name != "dx":
            groups[group if group in groups else "dforward"][name] = value
    return {**({"dx": result["dx"]} if "dx" in result else {}), **groups}
"""


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, cell, n_x, n_a, lengths, aspect in (
        ("an RNN, n_x = 2, n_a = 3, m = 4, T_x = 5", "rnn", 2, 3, [5] * 4, "one state"),
        ("an LSTM on a padded batch", "lstm", 3, 2, [4, *shuffled([1, 3], rng)], "state and memory cell"),
        ("all sizes 1", "gru", 1, 1, [1], "one state"),
    ):
        m, T_x = len(lengths), max(lengths)
        x, a0 = rng.normal(size=(n_x, m, T_x)), rng.normal(size=(2 * n_a, m))
        options: dict[str, Any] = {"mask": mask_of(lengths)} if min(lengths) < T_x else {}
        caches = seqlib.bidirectional_forward(x, parameters(rng, cell, n_x, n_a), cell, a0=a0, **options)[2]
        da = rng.normal(size=(2 * n_a, m, T_x)) * options.get("mask", 1.0)
        yield Inputs(label, (da, caches), aspect=aspect, unusual=label == "all sizes 1")


def bidirectional_backward(da: np.ndarray, caches: Any) -> Any:
    n_a = len(da) // 2
    gradients: dict[str, Any] = {}
    starts: dict[str, list[Any]] = {"da0": [], "dc0": []}
    parts = []
    for i, direction in enumerate(("forward", "backward")):
        half = da[i * n_a : (i + 1) * n_a]
        if i == 1:
            half = half[:, :, ::-1]
        found = dict(sequence_backward(half, caches[i]))
        dx = found.pop("dx")
        if i == 1:
            dx = dx[:, :, ::-1]
        parts.append(dx)
        for name in starts:
            if name in found:
                starts[name].append(found.pop(name))
        for name, value in found.items():
            gradients[f"d{direction}/{name[1:]}"] = value
    gradients["dx"] = parts[0] + parts[1]
    for name, both in starts.items():
        if both:
            gradients[name] = np.concatenate(both)
    return gradients


TURN, BACK, HALF = "half = half[:, :, ::-1]", "dx = dx[:, :, ::-1]", "da[i * n_a : (i + 1) * n_a]"
SUM, NAME, STARTS = "parts[0] + parts[1]", 'f"d{direction}/{name[1:]}"', "gradients[name] = np.concatenate(both)"
PASS = "sequence_backward(half, caches[i])"
POP = "            if name in found:\n                starts[name].append(found.pop(name))"

# fmt: off
MISTAKES = {
    "da_not_turned": Mistake("the lower half of da goes into the right-to-left pass in the order of the sentence: that pass met the words last first, so its da has to be reversed in time, as x was.",
        (TURN, "half = half[:, :, :]")),
    "dx_not_turned": Mistake("the dx of the right-to-left pass is not turned back: it comes out in that pass's order of time, and dx[:, :, t] must belong to x[:, :, t].", (BACK, "dx = dx[:, :, :]")),
    "sum_turned": Mistake("the sum of both dx is reversed: only that of the right-to-left pass is, before it is added.", (BACK, "dx = dx[:, :, :]"), (SUM, "(parts[0] + parts[1])[:, :, ::-1]")),
    "dx_examples_turned": Mistake("dx[:, ::-1] reverses the order of the examples: the dx of the right-to-left pass is turned back along time, dx[:, :, ::-1].", (BACK, "dx = dx[:, ::-1]")),
    "nothing_turned": Mistake("nothing is reversed for the right-to-left pass: its da is reversed in time on the way in, and its dx on the way out.",
        (TURN, "half = half[:, :, :]"), (BACK, "dx = dx[:, :, :]")),
    "both_turned": Mistake("the left-to-right pass is reversed as well: it met the words in the order of the sentence.",
        ("if i == 1:\n            half", "if True:\n            half"), ("if i == 1:\n            dx", "if True:\n            dx")),
    "wrong_one_turned": Mistake("the left-to-right pass is reversed in place of the right-to-left one.",
        ("if i == 1:\n            half", "if i == 0:\n            half"), ("if i == 1:\n            dx", "if i == 0:\n            dx")),
    "examples_turned": Mistake("[:, ::-1] reverses the order of the examples: time is the last axis, [:, :, ::-1].", (TURN, "half = half[:, ::-1]"), (BACK, "dx = dx[:, ::-1]")),
    "units_turned": Mistake("[::-1] reverses the units: time is the last axis, [:, :, ::-1].", (TURN, "half = half[::-1]"), (BACK, "dx = dx[::-1]")),
    "dx_of_the_first": Mistake("dx is that of the left-to-right pass alone: every word goes into both passes, so their gradients are added.", (SUM, "parts[0]")),
    "dx_of_the_second": Mistake("dx is that of the right-to-left pass alone: every word goes into both passes, so their gradients are added.", (SUM, "parts[1]")),
    "dx_mean": Mistake("dx is the mean of both passes: gradients that come back to the same input are added.", (SUM, "(parts[0] + parts[1]) / 2")),
    "dx_stacked": Mistake("the two dx are stacked: both belong to the same x, (n_x, m, T_x), so they are added.", (SUM, "np.concatenate(parts)")),
    "halves_swapped": Mistake("the halves of da are exchanged: the upper one belongs to the left-to-right pass.", (HALF, "da[(1 - i) * n_a : (2 - i) * n_a]")),
    "upper_twice": Mistake("both passes get the upper half of da: the lower half, da[n_a:], belongs to the right-to-left pass.", (HALF, "da[:n_a]")),
    "alternating": Mistake("da is split into every second unit: all units of the left-to-right pass stand on top of all of the right-to-left pass.", (HALF, "da[i::2]")),
    "whole_da": Mistake("each pass gets the whole of da, (2 n_a, m, T_x): its own part is one half, (n_a, m, T_x).", (HALF, "da")),
    "halves_added": Mistake("the two halves of da are added and go into both passes: each half belongs to one pass.", (HALF, "da[:n_a] + da[n_a:]")),
    "caches_swapped": Mistake("the caches are exchanged: caches[0] is that of the left-to-right pass, caches[1] that of the right-to-left pass.", (PASS, "sequence_backward(half, caches[1 - i])")),
    "caches_first_twice": Mistake("both passes use caches[0]: caches[1] belongs to the right-to-left pass.", (PASS, "sequence_backward(half, caches[0])")),
    "caches_whole": Mistake("sequence_backward gets the caches of both passes: it takes those of one, caches[0] or caches[1].", (PASS, "sequence_backward(half, caches)")),
    "starts_swapped": Mistake("the halves of da0 are the wrong way round: that of the left-to-right pass is on top, as in a0.", (STARTS, "gradients[name] = np.concatenate(both[::-1])")),
    "starts_added": Mistake("the da0 of both passes are added: each pass has a first state of its own, so they are stacked, (2 n_a, m).", (STARTS, "gradients[name] = both[0] + both[1]")),
    "starts_first": Mistake("da0 is that of the left-to-right pass alone: the one of the right-to-left pass goes below it, (2 n_a, m).", (STARTS, "gradients[name] = both[0]")),
    "starts_second": Mistake("da0 is that of the right-to-left pass alone: the one of the left-to-right pass goes on top of it, (2 n_a, m).", (STARTS, "gradients[name] = both[1]")),
    "starts_side_by_side": Mistake("the halves of da0 stand side by side: they are stacked along the first axis, (2 n_a, m).", (STARTS, "gradients[name] = np.concatenate(both, axis=1)")),
    "dc0_missing": Mistake("an LSTM's dc0 is missing: sequence_backward returns it beside da0, and it is stacked in the same way.", ("if both:", 'if name == "da0":')),
    "starts_missing": Mistake('da0 is missing under its own name: the first states of both passes are stacked into one "da0" (and "dc0").', (POP, "            pass")),
    "dc0_always": Mistake("dc0 is taken for granted: only an LSTM has a memory cell apart from its state.", ("if name in found:", "if True:")),
    "squeezed": Mistake("an axis of length 1 is lost: squeeze() drops the axis of a single feature, sequence or step; dx has the shape of x, (n_x, m, T_x).", (SUM, "(parts[0] + parts[1]).squeeze()")),
    "dc0_by_direction": Mistake('an LSTM\'s dc0 is kept for each direction: it is stacked as da0 is, under the name "dc0".', ("if name in found:", 'if name == "da0":')),
    "left_in": Mistake('dx and da0 stand among the weights as well, as "dforward/x" and "dforward/a0": take them out of what sequence_backward returns (pop) before the weights are named.',
        ('found.pop("dx")', 'found["dx"]'), ("starts[name].append(found.pop(name))", "starts[name].append(found[name])")),
    "d_kept": Mistake('the names keep the d of sequence_backward: the gradient of "forward/Wax" is "dforward/Wax", not "dforward/dWax".', (NAME, 'f"d{direction}/{name}"')),
    "d_inside": Mistake('the d stands after the direction: the gradient of "forward/Wax" is "dforward/Wax", not "forward/dWax".', (NAME, 'f"{direction}/{name}"')),
    "d_missing": Mistake('the gradients have the names of the weights: that of "forward/Wax" is "dforward/Wax".', (NAME, 'f"{direction}/{name[1:]}"')),
    "directions_dropped": Mistake('the direction is missing from the names, and one pass overwrites the other: "dforward/Wax" and "dbackward/Wax" are two gradients.', (NAME, "name")),
    "one_name": Mistake('the gradients of the right-to-left pass are written over those of the left-to-right one: their names begin with "dbackward/".', (NAME, 'f"dforward/{name[1:]}"')),
    "directions_exchanged": Mistake('the names are exchanged: the first pass is "forward", the second "backward".', ('("forward", "backward")', '("backward", "forward")')),
    "weights_shared": Mistake("the gradients of both passes are added: the two directions have weights of their own.", ("return gradients", 'return {n: (v + gradients.get(n.replace("forward", "backward") if "forward" in n else n.replace("backward", "forward"), 0) if "/" in n else v) for n, v in gradients.items()}')),
    "minus": Mistake("every gradient has the wrong sign.", (PASS, "sequence_backward(-half, caches[i])")),
    "over_m": Mistake("the gradients are divided by m: the 1/m of the cost is already in da.", (PASS, "sequence_backward(half / da.shape[1], caches[i])")),
    "over_T": Mistake("the gradients are divided by T_x: the loss of a sequence is a sum over its steps.", (PASS, "sequence_backward(half / da.shape[2], caches[i])")),
    "one_pass_only": Mistake("only the left-to-right pass is done: is the return inside the loop?", (SUM, "parts[0]"), ("            gradients[f", "            if i == 1:\n                continue\n            gradients[f"), (STARTS, "gradients[name] = both[0]")),
}
# fmt: on

EXERCISE = Exercise(
    right=bidirectional_backward,
    draw=draw,
    visible=2,
    hidden=4,
    probe=PROBE,
    mistakes=MISTAKES,
    parts=(
        Part("dx", "dx", 1, ("n_x", "m", "T_x")),
        Part("the gradients of the first states", "da0", 1),
        Part("the gradients of the left-to-right weights", "dforward", 1),
        Part("the gradients of the right-to-left weights", "dbackward", 1),
    ),
    rtol=1e-9,
    atol=1e-11,
)
