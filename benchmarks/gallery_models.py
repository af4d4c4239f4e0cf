"""The five shapes of network that the gallery trains, each from the sequence functions of seqlib.

A model is a dict of float32 parameters; every function that trains takes (params, batch) and gives the loss and the
gradients, as `seqlib.training.train` wants them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from seqlib.batches import pad_batch
from seqlib.bidirectional import bidirectional_backward, bidirectional_forward
from seqlib.cells import part, sequence_backward, sequence_forward
from seqlib.ctc import ctc_decode, ctc_loss
from seqlib.losses import sequence_cross_entropy
from seqlib.optimisers import Adam
from seqlib.output import output_backward, output_forward
from seqlib.training import example_batches, train
from seqlib.types import Array, Params

GATES = {"gru": "urc", "lstm": "fuco"}
Step = Callable[[Params, Any], tuple[float, dict[str, Array]]]


def initial(rng: np.random.Generator, cell: str, n_x: int, n_a: int, prefix: str = "") -> Params:
    """A cell's weights: orthogonal for the state, Glorot for the input; an LSTM's forget gates begin open."""
    params: Params = {}
    for gate in GATES[cell]:
        recurrent = np.linalg.qr(rng.normal(size=(n_a, n_a)))[0]
        inputs = rng.normal(size=(n_a, n_x)) * np.sqrt(2 / (n_a + n_x))
        params[f"{prefix}W{gate}"] = np.concatenate([recurrent, inputs], axis=1).astype(np.float32)
        params[f"{prefix}b{gate}"] = np.full((n_a, 1), float(gate == "f"), np.float32)
    return params


def initial_output(rng: np.random.Generator, n_a: int, n_y: int) -> Params:
    """Wy and by of an output layer."""
    Wy = rng.normal(size=(n_y, n_a)) * np.sqrt(2 / (n_y + n_a))
    return {"Wy": Wy.astype(np.float32), "by": np.zeros((n_y, 1), np.float32)}


def pad_inputs(inputs: Sequence[Array]) -> tuple[Array, Array]:
    """Inputs (n_x, T_x) of different lengths as one batch (n_x, m, T_x), and its mask (m, T_x)."""
    longest = max(x.shape[1] for x in inputs)
    padded = np.zeros((inputs[0].shape[0], len(inputs), longest), np.float32)
    mask = np.zeros((len(inputs), longest), np.float32)
    for i, x in enumerate(inputs):
        padded[:, i, : x.shape[1]] = x
        mask[i, : x.shape[1]] = 1
    return padded, mask


def make_batch(examples: list[tuple[Array, Any]]) -> tuple[Array, Array, list[Any]]:
    """The batch of some examples (x, y): padded inputs, their mask, and the list of y."""
    x, mask = pad_inputs([example[0] for example in examples])
    return x, mask, [example[1] for example in examples]


def fit(
    params: Params,
    step: Step,
    examples: list[tuple[Array, Any]],
    *,
    epochs: int,
    size: int,
    rate: float,
    seed: int,
) -> None:
    """Train in place with Adam; the rate falls in a line to a twentieth of what it was."""
    optimiser = Adam(rate)
    batches_of_epoch = example_batches(examples, size, make_batch, [x.shape[1] for x, _ in examples])
    rates = iter(np.linspace(rate, rate / 20, epochs))

    def batches(rng: np.random.Generator) -> Iterator[Any]:
        optimiser.learning_rate = float(next(rates))
        return batches_of_epoch(rng)

    train(params, step, batches, epochs=epochs, optimiser=optimiser, seed=seed, progress=False)


# --- a label for every step: bidirectional GRU (names, DNA) ---


def bidirectional_gru(rng: np.random.Generator, n_x: int, n_a: int, n_y: int) -> Params:
    """The parameters of a tagger or a recogniser."""
    halves = initial(rng, "gru", n_x, n_a, "forward/") | initial(rng, "gru", n_x, n_a, "backward/")
    return halves | initial_output(rng, 2 * n_a, n_y)


def tagger_step(params: Params, batch: Any) -> tuple[float, dict[str, Array]]:
    """Cross-entropy of each step's label."""
    x, mask, labels = batch
    a, logits, caches = bidirectional_forward(x, params, "gru", mask=mask, logits=True)
    loss, dlogits = sequence_cross_entropy(logits, pad_batch(labels)[0], mask, reduction="token")
    gradients = output_backward(dlogits, a, params)
    return loss, gradients | bidirectional_backward(gradients["da"], caches)


def tag(params: Params, inputs: Sequence[Array]) -> list[list[int]]:
    """The likeliest label of every step of every input."""
    x, mask = pad_inputs(inputs)
    _, logits, _ = bidirectional_forward(x, params, "gru", mask=mask, logits=True)
    best = logits.argmax(axis=0)  # (m, T_x)
    return [best[i, : one.shape[1]].tolist() for i, one in enumerate(inputs)]


# --- a text without alignment: bidirectional GRU and CTC (speech) ---


def recogniser_step(params: Params, batch: Any) -> tuple[float, dict[str, Array]]:
    """CTC loss of the texts."""
    x, mask, texts = batch
    a, logits, caches = bidirectional_forward(x, params, "gru", mask=mask, logits=True)
    loss, dlogits = ctc_loss(logits, texts, mask=mask)
    gradients = output_backward(dlogits, a, params)
    return loss, gradients | bidirectional_backward(gradients["da"], caches)


def recognise(params: Params, inputs: Sequence[Array]) -> list[list[int]]:
    """The symbols of the likeliest path."""
    x, mask = pad_inputs(inputs)
    _, logits, _ = bidirectional_forward(x, params, "gru", mask=mask, logits=True)
    return ctc_decode(logits, mask=mask)


# --- one label for the whole sequence: the last state (reviews, film strips) ---


def last_state(rng: np.random.Generator, cell: str, n_x: int, n_a: int, n_y: int) -> Params:
    """The parameters of a classifier or a language model."""
    return initial(rng, cell, n_x, n_a, f"{cell}/") | initial_output(rng, n_a, n_y)


def classifier_step(params: Params, batch: Any) -> tuple[float, dict[str, Array]]:
    """Cross-entropy of one label a sequence, read from the last state."""
    x, mask, labels = batch
    cell = next(iter(params)).split("/")[0]
    a, caches = sequence_forward(cell, x, part(params, f"{cell}/"), mask=mask)
    last = a[:, :, -1:]  # padding carries the state over, so that this is each sequence's own last one
    logits = output_forward(last, params, logits=True)
    loss, dlogits = sequence_cross_entropy(logits, np.array(labels)[:, None])
    gradients = output_backward(dlogits, last, params)
    da = np.zeros_like(a)
    da[:, :, -1:] = gradients["da"]
    return loss, gradients | prefixed(f"{cell}/", sequence_backward(da, caches))


def classify(params: Params, inputs: Sequence[Array]) -> list[int]:
    """The likeliest label of every input."""
    x, mask = pad_inputs(inputs)
    cell = next(iter(params)).split("/")[0]
    a, _ = sequence_forward(cell, x, part(params, f"{cell}/"), mask=mask)
    return [int(label) for label in output_forward(a[:, :, -1:], params, logits=True).argmax(axis=0)[:, 0]]


# --- the next token: GRU language model (music) ---


def language_step(params: Params, batch: Any) -> tuple[float, dict[str, Array]]:
    """Cross-entropy of each next token."""
    x, mask, tokens = batch
    a, caches = sequence_forward("gru", x, part(params, "gru/"), mask=mask)
    logits = output_forward(a, params, logits=True)
    loss, dlogits = sequence_cross_entropy(logits, pad_batch(tokens)[0], mask, reduction="token")
    gradients = output_backward(dlogits, a, params)
    return loss, gradients | prefixed("gru/", sequence_backward(gradients["da"], caches))


# --- another sequence: GRU encoder and decoder (translation) ---


def encoder_decoder(rng: np.random.Generator, n_x: int, n_a: int, n_y: int) -> Params:
    """The parameters of a translator."""
    halves = initial(rng, "gru", n_x, n_a, "encoder/") | initial(rng, "gru", n_y, n_a, "decoder/")
    return halves | initial_output(rng, n_a, n_y)


def translator_step(params: Params, batch: Any) -> tuple[float, dict[str, Array]]:
    """Cross-entropy of the target's tokens, each given the right ones before it."""
    x, mask, targets = batch
    y, y_mask = pad_batch(targets)
    n_y = params["by"].shape[0]
    before = np.zeros((n_y, *y.shape), np.float32)  # (n_y, m, T_y); nothing before the first token
    before[:, :, 1:] = one_hot32(y[:, :-1], n_y)
    states, encoded = sequence_forward("gru", x, part(params, "encoder/"), mask=mask)
    a, decoded = sequence_forward("gru", before, part(params, "decoder/"), a0=states[:, :, -1], mask=y_mask)
    logits = output_forward(a, params, logits=True)
    loss, dlogits = sequence_cross_entropy(logits, y, y_mask, reduction="token")
    gradients = output_backward(dlogits, a, params)
    decoder = sequence_backward(gradients["da"], decoded)
    da = np.zeros_like(states)
    da[:, :, -1] = decoder["da0"]
    encoder = sequence_backward(da, encoded)
    return loss, gradients | prefixed("decoder/", decoder) | prefixed("encoder/", encoder)


def translate(params: Params, inputs: Sequence[Array], longest: int) -> list[list[int]]:
    """The likeliest token at each place, `longest` of them; what follows the end is for the caller to cut."""
    x, mask = pad_inputs(inputs)
    states, _ = sequence_forward("gru", x, part(params, "encoder/"), mask=mask)
    n_y, a = params["by"].shape[0], states[:, :, -1:]
    token, chosen = np.zeros((n_y, len(inputs), 1), np.float32), []
    for _ in range(longest):
        a, _ = sequence_forward("gru", token, part(params, "decoder/"), a0=a[:, :, -1])
        best = output_forward(a, params, logits=True).argmax(axis=0)  # (m, 1)
        chosen.append(best[:, 0])
        token = one_hot32(best, n_y)
    return np.array(chosen).T.tolist()


def one_hot32(indices: Array, n: int) -> Array:
    """One-hot columns in float32: (n, ...)."""
    return (np.arange(n).reshape(n, *[1] * indices.ndim) == indices).astype(np.float32)


def prefixed(prefix: str, gradients: dict[str, Array]) -> dict[str, Array]:
    """ "dWu" -> "dencoder/Wu": the gradients of the weights under their full names."""
    return {f"d{prefix}{name[1:]}": value for name, value in gradients.items() if name[1] in "Wb"}
