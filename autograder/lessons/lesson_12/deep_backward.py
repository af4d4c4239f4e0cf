"""`deep_backward`: from the top layer down, with what arrives at each layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, mask_of
from autograder.lessons.lesson_12.deep_forward import parameters, some_masks
from seqlib import deep_forward
from seqlib.cells import sequence_backward

PROBE = """
def probe(function, da, caches, **how):
    result = function(da, caches, **how)
    if not isinstance(result, dict):
        return result
    apart = ("dx", "da0", "dc0") if caches[0][0][0] == "lstm" else ("dx", "da0")
    others = {name: value for name, value in result.items() if name not in apart}
    return {name: result[name] for name in apart if name in result} | {"weights": others}
"""


def draw(rng: Generator) -> Iterator[Inputs]:
    def run(cell: str, n_x: int, widths: Sequence[int], m: int, T_x: int, **how: Any) -> tuple[np.ndarray, Any]:
        """A gradient from the outputs, and the caches of the library's forward pass from random first states."""
        for name in ("a0", "c0")[: 1 + (cell == "lstm")]:
            how[name] = [rng.normal(size=(n_a, m)) for n_a in widths]
        caches = deep_forward(rng.normal(size=(n_x, m, T_x)), parameters(rng, cell, n_x, widths), cell, **how)[2]
        return rng.normal(size=(widths[-1], m, T_x)), caches

    yield Inputs(
        "rnn, n_x = 2, layers of 3, 5, 4 units, m = 2, T_x = 6", run("rnn", 2, (3, 5, 4), 2, 6), aspect="layers"
    )
    yield Inputs("rnn, all sizes equal to 3, three layers", run("rnn", 3, (3, 3, 3), 3, 3), aspect="layers")
    yield Inputs(
        "lstm, layers of 4 and 2 units, padded", run("lstm", 3, (4, 2), 3, 5, mask=mask_of([5, 2, 4])), aspect="lstm"
    )
    widths: Sequence[int] = (4, 6)
    given = run("gru", 2, widths, 2, 5, dropout=some_masks(rng, widths, 2, 5))
    yield Inputs("gru with dropout, layers of 4 and 6 units", given, aspect="dropout")
    widths = (4, 4, 4)
    given = run("rnn", 4, widths, 2, 3, dropout=some_masks(rng, widths, 2, 3))
    yield Inputs("rnn with dropout, all layers of 4 units", given, aspect="dropout")
    yield Inputs("T_x = 6, steps = 2", run("rnn", 2, (3, 2), 2, 6), {"steps": 2}, aspect="steps", unusual=True)
    yield Inputs("one layer of one unit, one step", run("lstm", 1, (1,), 1, 1), aspect="sizes of 1", unusual=True)


def deep_backward(da: np.ndarray, caches: Any, *, steps: int | None = None) -> dict[str, Any]:
    gradients: dict[str, Any] = {}
    da0, dc0 = [], []
    for layer in reversed(range(len(caches))):
        cache, drop = caches[layer]
        if drop is not None:
            da = da * drop
        step = sequence_backward(da, cache, steps=steps)
        da = step.pop("dx")
        da0.append(step.pop("da0"))
        if "dc0" in step:
            dc0.append(step.pop("dc0"))
        for name in step:
            gradients[f"d{layer + 1}/{name[1:]}"] = step[name]
    gradients["dx"], gradients["da0"] = da, da0[::-1]
    if dc0:
        gradients["dc0"] = dc0[::-1]
    return gradients


LOOP, MULTIPLY = "reversed(range(len(caches)))", "da = da * drop"
RUN, DOWN, NAME = "sequence_backward(da, cache, steps=steps)", 'da = step.pop("dx")', '"d{layer + 1}/{name[1:]}"'
RESULT = "return gradients"

# fmt: off
MISTAKES = {
    "da_to_every_layer": Mistake("every layer gets the da of the top: a lower layer gets what the layer above hands down, the dx of that layer.",
        (DOWN, 'below = step.pop("dx")'), ('gradients["dx"], gradients["da0"] = da,', 'gradients["dx"], gradients["da0"] = below,')),
    "da_of_the_top": Mistake("every layer gets the da of the top (times its own dropout mask): a lower layer gets what the layer above hands down, the dx of that layer.",
        (MULTIPLY, "dropped = da * drop"), (RUN, "sequence_backward(da if drop is None else dropped, cache, steps=steps)"),
        (DOWN, 'below = step.pop("dx")'), ('gradients["dx"], gradients["da0"] = da,', 'gradients["dx"], gradients["da0"] = below,')),
    "da_added": Mistake("the da of the top is added to what a layer hands down: the outputs read the top layer alone.",
        (DOWN, 'step_dx = step.pop("dx")\n        da = step_dx + (da if da.shape == step_dx.shape and layer > 0 else 0)')),
    "top_added": Mistake("the da of the top is added to what each lower layer gets: the outputs read the top layer alone.",
        ("da0, dc0 = [], []", "da0, dc0, top = [], [], da"),
        ("        step = ", "        if layer < len(caches) - 1 and da.shape == top.shape:\n            da = da + top\n        step = ")),
    "bottom_up": Mistake("the layers are taken from the bottom up: the backward pass starts at the top.", (LOOP, "range(len(caches))")),
    "caches_reversed": Mistake("the layers' numbers are reversed: caches[0] is that of the first layer, and its gradients are called \"d1/...\".",
        (NAME, '"d{len(caches) - layer}/{name[1:]}"')),
    "top_only": Mistake("only the top layer is done: is the return inside the loop?", (LOOP, "range(len(caches) - 1, len(caches) - 2, -1)")),
    "first_left_out": Mistake("the first layer is left out: the loop ends with layer 0, range(layers - 1, -1, -1).", (LOOP, "range(len(caches) - 1, 0 if len(caches) > 1 else -1, -1)")),
    "dropout_ignored": Mistake("the dropout masks are ignored: what was multiplied on its way up is multiplied by the same mask on its way down.", (MULTIPLY, "pass")),
    "dropout_above": Mistake("a mask is applied above the layer that it does not belong to: caches[layer] holds the mask on what that layer handed up, so multiply what arrives before its backward pass, not what it hands down.",
        (MULTIPLY, "pass"), (DOWN, 'da = step.pop("dx")\n        if drop is not None and drop.shape == da.shape:\n            da = da * drop')),
    "dropout_divided": Mistake("what comes down is divided by the mask: multiply by it, as in the forward pass.", (MULTIPLY, "da = np.divide(da, drop, out=np.zeros_like(da), where=drop > 0)")),
    "dropout_not_scaled": Mistake("what was dropped gets 0, and the rest is not scaled: multiply by the mask, which holds 1 / (1 - share).", (MULTIPLY, "da = da * (drop > 0)")),
    "dropout_twice": Mistake("the mask is applied twice: once, as in the forward pass.", (MULTIPLY, "da = da * drop * drop")),
    "dropout_inverted": Mistake("the gradient goes where the forward pass dropped: multiply by the same mask.", (MULTIPLY, "da = da * (drop == 0)")),
    "lists_reversed": Mistake("da0 (and dc0) are in reversed order: the first layer comes first.", ('"da0"] = da, da0[::-1]', '"da0"] = da, da0'), ('"dc0"] = dc0[::-1]', '"dc0"] = dc0')),
    "da0_reversed": Mistake("da0 is in reversed order: the first layer comes first.", ('"da0"] = da, da0[::-1]', '"da0"] = da, da0')),
    "dc0_reversed": Mistake("dc0 is in reversed order: the first layer comes first.", ('"dc0"] = dc0[::-1]', '"dc0"] = dc0')),
    "da0_of_first_only": Mistake("da0 is the array of one layer: it is a list with one array per layer.", ('"da0"] = da, da0[::-1]', '"da0"] = da, da0[-1]')),
    "da0_of_top_only": Mistake("da0 is the array of the top layer: it is a list with one array per layer, the first layer's first.", ('"da0"] = da, da0[::-1]', '"da0"] = da, da0[0]')),
    "dc0_missing": Mistake("dc0 is missing: an LSTM's layers have first memory cells as well, and sequence_backward returns their gradient.", ("    if dc0:", "    if False:")),
    "dc0_as_weight": Mistake("the gradients of the first states stand among those of the weights, as \"d1/a0\" and \"d1/c0\": they are lists of their own, \"da0\" and \"dc0\".",
        ('da0.append(step.pop("da0"))', 'da0.append(step["da0"])'), ('dc0.append(step.pop("dc0"))', 'dc0.append(step["dc0"])'), ("    if dc0:", "    del gradients['da0']\n    if False:")),
    "dc0_always": Mistake("dc0 is there without an LSTM: only an LSTM has memory cells apart from its states.",
        ('        if "dc0" in step:\n            dc0.append(step.pop("dc0"))', '        dc0.append(step.pop("dc0", None))')),
    "dc0_empty": Mistake("dc0 is there without an LSTM, as an empty list: only an LSTM has memory cells apart from its states.", ("    if dc0:", "    if True:")),
    "from_zero": Mistake("the names count layers from 0: they are \"d1/...\", \"d2/...\" and so on.", (NAME, '"d{layer}/{name[1:]}"')),
    "d_kept": Mistake("the names have their d twice, or behind the number: the gradient of \"1/Wax\" is called \"d1/Wax\".", (NAME, '"{layer + 1}/{name}"')),
    "d_twice": Mistake("the names have the d of sequence_backward and one of their own: the gradient of \"1/Wax\" is called \"d1/Wax\".", (NAME, '"d{layer + 1}/{name}"')),
    "no_d": Mistake("the names lack their d: the gradient of \"1/Wax\" is called \"d1/Wax\".", (NAME, '"{layer + 1}/{name[1:]}"')),
    "not_numbered": Mistake("the names lack the layer's number, so that one layer overwrites the other: \"d1/Wax\", \"d2/Wax\" and so on.", (NAME, '"d{name[1:]}"')),
    "dx_of_top": Mistake("dx is that of the top layer: x is read by the first layer, whose dx comes last.",
        (DOWN, 'da = step.pop("dx")\n        top = top if layer < len(caches) - 1 else da'), ('gradients["dx"], gradients["da0"] = da,', 'gradients["dx"], gradients["da0"] = top,')),
    "dx_missing": Mistake("dx, what the first layer hands down, is missing.", (RESULT, "return {name: value for name, value in gradients.items() if name != 'dx'}")),
    "steps_ignored": Mistake("`steps` is ignored: hand it on to every layer's backward pass.", (", steps=steps)", ")")),
    "steps_at_the_top_only": Mistake("`steps` is handed on in the top layer alone: every layer is truncated.", ("steps=steps)", "steps=steps if layer == len(caches) - 1 else None)")),
}
# fmt: on


EXERCISE = Exercise(
    right=deep_backward,
    draw=draw,
    visible=2,
    hidden=4,
    mistakes=MISTAKES,
    probe=PROBE,
    parts=(
        Part("dx", "dx", 2, ("n_x", "m", "T_x")),
        Part("da0", "da0", 1),
        Part("dc0", "dc0", 1),
        Part("the gradients", "weights", 4),
    ),
    rtol=1e-9,
    atol=1e-11,
)
