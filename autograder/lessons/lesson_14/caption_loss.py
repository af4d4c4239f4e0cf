"""`caption_loss`: from features and captions to the loss, and back to every parameter and to the features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, mask_of
from autograder.lessons.lesson_14.first_states import captioner, first_states
from seqlib import decoder_backward, decoder_forward, sequence_cross_entropy


def draw(rng: Generator) -> Iterator[Inputs]:
    def given(cell: str, n_f: int, n_a: int, m: int, T_y: int, layers: int = 1, n_words: int = 6) -> tuple[Any, ...]:
        params, targets = captioner(rng, cell, n_f, n_words, 3, n_a, layers), rng.integers(n_words, size=(m, T_y))
        targets[rng.integers(m), rng.integers(T_y)] = 0  # a word like any other
        return params, rng.normal(size=(n_f, m)), targets

    def lengths(some: Sequence[int]) -> np.ndarray:
        return mask_of(rng.permutation(some).tolist())

    yield Inputs("gru, no mask", given("gru", 5, 4, 3, 4), {"cell": "gru"}, aspect="no mask")
    yield Inputs("rnn, all sizes equal to 3", given("rnn", 3, 3, 3, 3, n_words=3), {"cell": "rnn"}, aspect="no mask")
    yield Inputs(
        "gru, captions of 2, 5 and 3 words", (*given("gru", 4, 2, 3, 5), lengths([2, 5, 3])), {"cell": "gru"}, aspect="mask and reduction"
    )  # fmt: skip
    yield Inputs(
        "lstm, no cell given, two layers", (*given("lstm", 2, 3, 2, 4, 2), lengths([4, 2])), aspect="two layers"
    )
    yield Inputs(
        'gru, reduction="sentence"', (*given("gru", 3, 4, 4, 3), lengths([3, 1, 2, 3])), {"cell": "gru", "reduction": "sentence"}, aspect="mask and reduction"
    )  # fmt: skip
    yield Inputs(
        'rnn, reduction="sum"', (*given("rnn", 2, 3, 2, 4), lengths([3, 4])), {"cell": "rnn", "reduction": "sum"}, aspect="mask and reduction"
    )  # fmt: skip
    yield Inputs("one image, one word", given("gru", 3, 2, 1, 1), {"cell": "gru"}, aspect="one of each", unusual=True)


def caption_loss(
    params: dict[str, np.ndarray],
    features: np.ndarray,
    targets: np.ndarray,
    mask: np.ndarray | None = None,
    *,
    cell: str = "lstm",
    reduction: str = "token",
) -> Any:
    states = first_states(features, params)
    logits, caches = decoder_forward(targets, params, cell, a0=states, mask=mask)
    loss, dlogits = sequence_cross_entropy(logits, targets, mask, reduction=reduction)
    gradients = decoder_backward(dlogits, caches)
    da0 = gradients.pop("da0")[0]
    gradients.pop("dc0", None)
    dz = (1 - states[0] ** 2) * da0
    gradients["dWi"] = dz @ features.T
    gradients["dbi"] = dz.sum(axis=1, keepdims=True)
    gradients["dfeatures"] = params["Wi"].T @ dz
    return loss, gradients


DA0, DZ, DWI, DBI = (
    'gradients.pop("da0")[0]',
    "(1 - states[0] ** 2) * da0",
    "dz @ features.T",
    "dz.sum(axis=1, keepdims=True)",
)
DFEATURES, RESULT = 'params["Wi"].T @ dz', "return loss, gradients"

# fmt: off
MISTAKES = {
    "image_not_used": Mistake("the decoder does not get the first states: hand them on as a0.", (", a0=states", "")),
    "image_in_every_layer": Mistake("every layer begins with the image's state: hand on the whole list of first_states.", ("a0=states", "a0=[states[0]] * len(states)")),
    "mask_ignored": Mistake("`mask` is ignored: what is padding costs nothing.", ("a0=states, mask=mask", "a0=states"), ("targets, mask, reduction", "targets, None, reduction")),
    "mask_needed": Mistake("without a mask (None) there is no padding: hand it on as it is.", ("targets, mask, reduction", "targets, mask.astype(float), reduction")),
    "word_zero_is_padding": Mistake("without a mask (None) word 0 is taken for padding: there is no padding then, and word 0 is a word.",
        ("    states = first_states", "    mask = (targets != 0).astype(float) if mask is None else mask\n    states = first_states")),
    "mask_not_in_loss": Mistake("the loss counts the padding: hand the mask to sequence_cross_entropy.", ("targets, mask, reduction", "targets, None, reduction")),
    "reduction_ignored": Mistake("`reduction` is ignored: hand it to sequence_cross_entropy.", ("reduction=reduction", 'reduction="token"')),
    "reduction_left_out": Mistake('`reduction` is not handed on, and sequence_cross_entropy has another default ("sentence").', (", reduction=reduction", "")),
    "cell_ignored": Mistake("`cell` is ignored: hand it to decoder_forward.", ("params, cell, a0", 'params, "lstm", a0')),
    "no_derivative": Mistake("the derivative of tanh is missing: dz = (1 - a<0>^2) da<0>.", (DZ, "da0")),
    "derivative_not_squared": Mistake("the derivative of tanh is 1 - a^2: the square is missing.", (DZ, "(1 - states[0]) * da0")),
    "derivative_of_sigmoid": Mistake("a (1 - a) is the derivative of a sigmoid: that of tanh is 1 - a^2.", (DZ, "states[0] * (1 - states[0]) * da0")),
    "derivative_at_da0": Mistake("the derivative of tanh is taken at the gradient: 1 - a<0>^2 needs the state.", (DZ, "(1 - da0 ** 2) * da0")),
    "derivative_of_tanh_twice": Mistake("tanh is applied to the state once more: first_states has done so, the derivative is 1 - a<0>^2.", (DZ, "(1 - np.tanh(states[0]) ** 2) * da0")),
    "derivative_squared": Mistake("the derivative of tanh is applied twice.", (DZ, "(1 - states[0] ** 2) ** 2 * da0")),
    "top_layer": Mistake("the gradient of the top layer's first state is used: the image is in the first layer's, da0[0].", (DA0, 'gradients.pop("da0")[-1]')),
    "all_layers": Mistake("the gradients of all layers' first states are added: the image is in the first layer's alone, da0[0].", (DA0, 'sum(gradients.pop("da0"))')),
    "all_layers_back": Mistake("the gradients of all layers' first states are added, each behind its own tanh: the image is in the first layer's alone, da0[0].",
        (DA0, 'gradients.pop("da0")'), (DZ, "sum((1 - state**2) * da for state, da in zip(states, da0, strict=True))")),
    "memory_cell": Mistake("the gradient of the first memory cell is used: the image is in the state, da0.", (DA0, '(gradients.pop("da0"), gradients.get("dc0"))[1 if "dc0" in gradients else 0][0]')),
    "memory_cell_added": Mistake("the gradient of the first memory cell is added: the image is in the state alone.", (DA0, 'gradients.pop("da0")[0] + (gradients["dc0"][0] if "dc0" in gradients else 0)')),
    "da0_left": Mistake("da0 (and dc0) are still among the gradients: they have been handed on to Wi, bi and the features, and are no parameters' gradients. pop takes them out.",
        ('gradients.pop("da0")[0]', 'gradients["da0"][0]'), ('    gradients.pop("dc0", None)\n', "")),
    "dc0_left": Mistake("dc0 is still among the gradients of an LSTM: it is no parameter's gradient.", ('    gradients.pop("dc0", None)\n', "")),
    "dWi_mean": Mistake("dWi is divided by m: the loss has been divided already.", (DWI, "dz @ features.T / features.shape[1]")),
    "both_means": Mistake("dWi and dbi are divided by m: the loss has been divided already.", (DWI, "dz @ features.T / features.shape[1]"), (DBI, "dz.mean(axis=1, keepdims=True)")),
    "all_means": Mistake("dWi, dbi and dfeatures are divided by m: the loss has been divided already.", (DZ, "(1 - states[0] ** 2) * da0 / features.shape[1]")),
    "dWi_without_dz": Mistake("dWi is made with da<0>: it takes dz, behind the derivative of tanh.", (DWI, "da0 @ features.T")),
    "dWi_transposed": Mistake("dWi is transposed: it has the shape of Wi, (n_a, n_f).", (DWI, "features @ dz.T")),
    "dWi_of_state": Mistake("dWi is made with the state: Wi multiplies the features, dz features^T.", (DWI, "dz @ states[0].T")),
    "dWi_sign": Mistake("the sign of dWi is wrong.", (DWI, "-dz @ features.T")),
    "dbi_row": Mistake("dbi is (n_a,): it has the shape of bi, (n_a, 1); keepdims=True keeps the axis.", (DBI, "dz.sum(axis=1)")),
    "dbi_mean": Mistake("dbi is the mean over the images: it is the sum; the loss has been divided already.", (DBI, "dz.mean(axis=1, keepdims=True)")),
    "dbi_without_dz": Mistake("dbi is made with da<0>: it takes dz, behind the derivative of tanh.", (DBI, "da0.sum(axis=1, keepdims=True)")),
    "dbi_not_summed": Mistake("dbi is not summed: one bias serves all images, so that its gradient is the sum over them.", (DBI, "dz")),
    "dbi_over_units": Mistake("dbi is summed over the units: the sum runs over the images, axis 1.", (DBI, "dz.sum(axis=0, keepdims=True)")),
    "dfeatures_without_dz": Mistake("dfeatures is made with da<0>: it takes dz, behind the derivative of tanh.", (DFEATURES, 'params["Wi"].T @ da0')),
    "dfeatures_not_transposed": Mistake("dfeatures is made with Wi: in the backward pass it is its transpose. (Only with n_f = n_a do the shapes fit.)", (DFEATURES, 'params["Wi"] @ dz')),
    "dfeatures_mean": Mistake("dfeatures is divided by m: the loss has been divided already.", (DFEATURES, 'params["Wi"].T @ dz / features.shape[1]')),
    "dfeatures_transposed": Mistake("dfeatures is (m, n_f): it has the shape of the features, (n_f, m).", (DFEATURES, 'dz.T @ params["Wi"]')),
    "image_axis_lost": Mistake("with one image the axis of the images is lost in dfeatures: it is (n_f, m), also where m is 1.", (DFEATURES, 'np.squeeze(params["Wi"].T @ dz)')),
    "dfeatures_missing": Mistake("dfeatures is missing.", (RESULT, 'return loss, {name: value for name, value in gradients.items() if name != "dfeatures"}')),
    "no_d": Mistake("the gradients of Wi and bi lack their d: \"dWi\" and \"dbi\".", ('gradients["dWi"]', 'gradients["Wi"]'), ('gradients["dbi"]', 'gradients["bi"]')),
    "decoder_left_out": Mistake("the decoder's gradients are missing: what decoder_backward returns belongs in the dict as well.", (RESULT, 'return loss, {name: gradients[name] for name in ("dWi", "dbi", "dfeatures")}')),
    "swapped": Mistake("loss and gradients are in the wrong order: return (loss, gradients).", (RESULT, "return gradients, loss")),
    "loss_halved": Mistake("the loss is divided by the number of images: sequence_cross_entropy has divided it already.", (RESULT, "return loss / features.shape[1], gradients")),
}
# fmt: on

EXERCISE = Exercise(
    right=caption_loss,
    draw=draw,
    visible=2,
    hidden=4,
    mistakes=MISTAKES,
    follow=("first_states",),
    parts=(Part("the loss", 0), Part("the gradients", 1, 3)),
)
