"""Networks of one to four layers that predict letters at the same budget, the live figure of lesson 12."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from seqlib.activations import log_softmax
from seqlib.batches import pad_batch
from seqlib.book import gallery
from seqlib.book.live import pack_params, unpack_params
from seqlib.cells import part
from seqlib.deep import deep_forward, width_within
from seqlib.embeddings import embedding_forward
from seqlib.language_model import language_model_loss, sentence_log_probability
from seqlib.losses import bits_per_character
from seqlib.models import layers_of, network_parameters
from seqlib.output import output_forward
from seqlib.parameters import count_parameters
from seqlib.support.types import Array, Params
from seqlib.vocabulary import Vocabulary

HOW: dict[str, Any] = {"cell": "gru", "budget": 10_000, "n_e": 12, "epochs": 8, "size": 32, "rate": 0.01}
LAYERS = (1, 2, 3, 4)
SAMPLE = "Yesterday, Harry Potter met Hermione Granger."
Texts = Sequence[str]


def alphabet(texts: Texts) -> Vocabulary:
    """The letters of some texts."""
    return Vocabulary(sorted({letter for text in texts for letter in text}), unknown=False)


def first_weights(layers: int, n_y: int) -> Params:
    """The weights that a network of so many layers begins with, as wide as the budget allows."""
    n_a = width_within(HOW["budget"], HOW["cell"], HOW["n_e"], n_y, layers=layers)
    sizes: dict[str, Any] = {"n_x": HOW["n_e"], "n_a": n_a, "n_y": n_y, "n_words": n_y}
    return network_parameters(np.random.default_rng(layers), cell=HOW["cell"], layers=layers, dtype=np.float32, **sizes)


def train(layers: int, texts: Texts, letters: Vocabulary) -> Params:
    """A language model of letters with so many layers."""
    params = first_weights(layers, len(letters))

    def step(params: Params, batch: gallery.Batch) -> tuple[float, dict[str, Array]]:
        tokens, mask, _ = batch
        return language_model_loss(params, tokens, mask, cell=HOW["cell"], reduction="token")

    examples = [(letters.encode(list(text), end=True), None) for text in texts]
    gallery.fit(params, step, examples, epochs=HOW["epochs"], size=HOW["size"], rate=HOW["rate"], seed=layers)
    return params


def inputs_of(tokens: Sequence[int], params: Params) -> Array:
    """What the first layer reads while it predicts these letters: x<1> = 0, then the letter before, (n_e, 1, T_x)."""
    x = embedding_forward([list(tokens)], params["E"])
    return np.concatenate([np.zeros_like(x[:, :, :1]), x[:, :, :-1]], axis=2)


def layer_states(tokens: Sequence[int], params: Params, without: int | None = None) -> list[Array]:
    """The states of each layer over one text, (n_a, T_x) each. without: a layer from 2 on that hands on what it reads."""
    below, states, own = inputs_of(tokens, params), [], layers_of(params)
    for layer in range(1, 1 + len({name.partition("/")[0] for name in own})):
        weights = {f"1/{name}": value for name, value in part(own, f"{layer}/").items()}
        if layer != without:
            below = deep_forward(below, weights, HOW["cell"])[0]
        states.append(below[:, 0])
    return states


def fast_to_slow(params: Params, texts: Texts, letters: Vocabulary) -> list[list[int]]:
    """The units of each layer by how much they change from letter to letter, over how much they vary: the fastest first."""
    each = [layer_states(letters.encode(list(text), end=True), params) for text in texts]
    orders = []
    for layer in zip(*each, strict=True):
        change = np.concatenate([np.abs(np.diff(a, axis=1)) for a in layer], axis=1).mean(axis=1)
        spread = np.concatenate(layer, axis=1).std(axis=1)
        orders.append([int(unit) for unit in np.argsort(-change / spread, kind="stable")])
    return orders


def bits(params: Params, texts: Texts, letters: Vocabulary) -> float:
    """Bits per letter on some texts, their ends counted."""
    tokens, mask = pad_batch([letters.encode(list(text), end=True) for text in texts])
    log_p = float(sentence_log_probability(params, tokens, mask, cell=HOW["cell"]).sum())
    return bits_per_character(-log_p, float(mask.sum()))


def bits_without(params: Params, texts: Texts, letters: Vocabulary, layer: int | None) -> float:
    """As `bits`, with one of the upper layers left out, or with all of them (None)."""
    log_p, count = 0.0, 0
    for text in texts:
        tokens = letters.encode(list(text), end=True)
        top = layer_states(tokens, params, layer)[-1]
        scores = output_forward(top[:, None], params, logits=True)[:, 0]  # (n_y, T_x)
        log_p += float(log_softmax(scores)[tokens, np.arange(len(tokens))].sum())
        count += len(tokens)
    return bits_per_character(-log_p, float(count))


def make(corpus: dict[str, list[tuple[str, str]]]) -> dict[str, Any]:
    """The content of the stored file: a network for each number of layers. corpus: (text, kind) of "train" and "test"."""
    texts, test = ([text for text, _ in corpus[split]] for split in ("train", "test"))
    letters, networks, scores = alphabet(texts), [], {}
    for layers in LAYERS:
        stored = {"params": pack_params(train(layers, texts, letters))}
        params = unpack_params(stored)
        n_a = params["Wy"].shape[1]
        scores[f"{layers} layers, bits per letter"] = round(bits(params, test[::3], letters), 4)
        networks.append(
            {
                "layers": layers,
                "n_a": n_a,
                "parameters": count_parameters(HOW["cell"], HOW["n_e"], n_a, len(letters), layers=layers),
                "products": sum(value.size for name, value in params.items() if "W" in name),
                "bits": scores[f"{layers} layers, bits per letter"],
                "order": fast_to_slow(params, test[1::12], letters),
                **stored,
            }
        )
    return {
        "cell": HOW["cell"],
        "vocabulary": letters.words,
        "networks": networks,
        "scores": scores,
        "sentences": len(texts),
    }


def code() -> list[Callable[..., Any]]:
    """The functions behind the stored networks and what is measured of them."""
    return [make, alphabet, first_weights, train, inputs_of, layer_states, fast_to_slow, bits]
