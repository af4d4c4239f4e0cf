"""A gate held open, the live figure of lesson 10: a small LSTM that says before each verb whether it is "was" or "were"."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from seqlib import fast
from seqlib.activations import softmax
from seqlib.batches import pad_batch
from seqlib.book.live import digest, pack_params, unpack_params
from seqlib.book.live import fingerprint as fingerprint_of
from seqlib.clipping import clip_by_norm
from seqlib.data import agreement_sentences
from seqlib.embeddings import embedding_forward
from seqlib.lstm import lstm_cell_backward, lstm_cell_forward, lstm_forward
from seqlib.models import network_backward, network_forward, network_parameters
from seqlib.optimisers import Adam
from seqlib.support.swap import using
from seqlib.support.types import Array, Generator, Params
from seqlib.vocabulary import Vocabulary

HOW: dict[str, Any] = {
    "n_x": 8,
    "n_a": 8,
    "updates": 600,
    "batch": 32,
    "rate": 0.01,
    "sentences": 3,
    "gaps": (4, 5, 6, 7, 8, 9),
    "unknown": 0.03,
}
ENDINGS = "full ready here gone late quiet happy outside".split()
TEXT = "the cats which ate ten green apples were full . the dog which saw two birds"
# what a reader can switch: a gate that is always 1, or erratum 1, the output without its tanh
SWITCHES = ("forget gate 1", "update gate 1", "output gate 1", "no tanh")
GATE_OF = {"forget gate 1": "f", "update gate 1": "u", "output gate 1": "o"}
OPEN = 40.0  # sigma(40) is 1 in float64


@functools.cache
def sentences(split: str) -> dict[int, list[Any]]:
    """Subjects with a gap of each length, by the length; no gap of the test sentences occurs in those for training."""
    return {gap: getattr(agreement_sentences(gap, train=800, test=200), split) for gap in HOW["gaps"]}


@functools.cache
def vocabulary() -> Vocabulary:
    """All words of the training sentences, and the words that follow a verb."""
    words = {word for some in sentences("train").values() for example in some for word in example.x}
    return Vocabulary(sorted({*words, *ENDINGS, "was", "were", "."}))


def texts(rng: Generator, m: int, split: str = "train") -> tuple[Array, Array, Array]:
    """Texts of three sentences each: words as indices, the verbs' labels, and where a verb comes next, all (m, T_x).

    In texts for training, some words of the gaps are <UNK>, so that the network has met unknown words.
    """
    words, labels, asked = [], [], []
    index = vocabulary()
    for _ in range(m):
        text, label, here = [], [], []
        for _ in range(HOW["sentences"]):
            some = sentences(split)[int(rng.choice(HOW["gaps"]))]
            example = some[int(rng.integers(len(some)))]
            read = index.encode(example.x)
            if split == "train":
                read[2:] = [index["<UNK>"] if rng.random() < HOW["unknown"] else word for word in read[2:]]
            end = index.encode([("was", "were")[example.y], str(rng.choice(ENDINGS)), "."])
            text += [*read, *end]
            label += [example.y] * (len(read) + 3)
            here += [0] * (len(read) - 1) + [1, 0, 0, 0]
        words.append(text)
        labels.append(label)
        asked.append(here)
    return tuple(pad_batch(rows)[0] for rows in (words, labels, asked))  # type: ignore[return-value]


def places(words: Array, asked: Array) -> dict[str, Array]:
    """Where in texts (m, T_x) which part of a sentence stands: masks of the same shape, by name. The subject is the second word."""
    index = vocabulary()
    ends = words == index["."]
    place = {"subject": np.zeros(words.shape, bool), "gap": np.zeros(words.shape, bool), "before verb": asked == 1}
    for i, t in zip(*np.nonzero(asked), strict=True):
        start = max(np.flatnonzero(ends[i, :t]), default=-1) + 1
        place["subject"][i, start + 1] = True
        place["gap"][i, start + 2 : t] = True
    return {**place, "verb": np.isin(words, [index["was"], index["were"]]), "full stop": ends}


def gates_by_place(params: Params, words: Array, asked: Array) -> dict[str, Array]:
    """The mean of each unit's forget, update and output gate at each of the places: (3, n_a) by name."""
    own = {name.removeprefix("1/"): value for name, value in params.items()}
    x = embedding_forward(words, own.pop("E"))
    a0 = np.zeros((len(own["bf"]), len(words)), x.dtype)
    gates = np.asarray(lstm_forward(x, a0, own)[3][2])[:3]  # (3, n_a, m, T_x)
    return {name: gates[:, :, mask].mean(axis=2) for name, mask in places(words, asked).items()}


def loss_and_gradients(params: Params, words: Array, labels: Array, asked: Array) -> tuple[float, dict[str, Array]]:
    """The mean loss per verb, and the gradient "d" + name of every parameter."""
    a, caches = network_forward(words, params, "lstm")
    logits = fast.output_forward(a, params, logits=True)
    loss, dlogits = fast.sequence_cross_entropy(logits, labels, asked.astype(float), reduction="token")
    top = fast.output_backward(dlogits, a, params)
    return loss, network_backward(top.pop("da"), caches, params) | top


def first_weights(seed: int, off: str = "") -> Params:
    """The first parameters; a gate that is off has weights of 0 and a bias that holds it at 1, and no gradient reaches either."""
    sizes: dict[str, Any] = {"n_x": HOW["n_x"], "n_a": HOW["n_a"], "n_y": 2, "n_words": len(vocabulary())}
    params = network_parameters(np.random.default_rng(seed), cell="lstm", dtype=np.float32, **sizes)
    return switched(params, (off,))


def switched(params: Params, off: tuple[str, ...]) -> Params:
    """The parameters with some gates held at 1."""
    changed = dict(params)
    for name in off:
        if name in GATE_OF:
            gate = GATE_OF[name]
            changed[f"1/W{gate}"] = np.zeros_like(params[f"1/W{gate}"])
            changed[f"1/b{gate}"] = np.full_like(params[f"1/b{gate}"], OPEN)
    return changed


def train(seed: int, off: str = "") -> tuple[Params, list[float]]:
    """A network, with a gate or the tanh of the output switched off from the first update on, and the loss of each batch."""
    params, losses = first_weights(seed, off), []
    rng, optimiser = np.random.default_rng((seed, 1)), Adam(HOW["rate"])
    with cells(off):
        for _ in range(HOW["updates"]):
            loss, gradients = loss_and_gradients(params, *texts(rng, HOW["batch"]))
            optimiser.update(params, clip_by_norm({"d" + name: gradients["d" + name] for name in params}, 1.0))
            losses.append(loss)
    return params, losses


def accuracy(params: Params, off: tuple[str, ...] = (), m: int = 500) -> list[float]:
    """The share of right verbs in the first, second and third sentence of texts from held-out sentences."""
    words, labels, asked = texts(np.random.default_rng(99), m, "test")
    p = probabilities(params, words, off)
    right = ((p > 0.5) == (labels == 1))[asked == 1].reshape(m, HOW["sentences"])  # row by row, verb by verb
    return [float(value) for value in right.mean(axis=0)]


def probabilities(params: Params, words: Array, off: tuple[str, ...] = ()) -> Array:
    """P(were) after each word: (m, T_x)."""
    with cells("no tanh" if "no tanh" in off else ""):
        a, _ = network_forward(words, switched(params, off), "lstm")
    return np.asarray(fast.output_forward(a, params)[1])


def reading(params: Params, words: Array, off: tuple[str, ...] = ()) -> dict[str, Array]:
    """What every unit does over the words of one text (T_x,): gamma_f, gamma_u, gamma_o, c_tilde, c (n_a, T_x), and p (T_x,), P(were)."""
    own = {name.removeprefix("1/"): value for name, value in switched(params, off).items()}
    a = c = np.zeros((len(own["bf"]), 1))
    step = forward_without_tanh if "no tanh" in off else lstm_cell_forward
    rows: dict[str, list[Array]] = {name: [] for name in ("gamma_f", "gamma_u", "gamma_o", "c_tilde", "c", "p")}
    core = {name: own[name] for name in own if name != "E"}
    for word in words:
        a, c, y_hat, cache = step(own["E"][:, [word]], a, c, core)
        for name, value in zip(rows, (*cache[4:8], c, y_hat[1]), strict=True):
            rows[name].append(value.ravel())
    return {name: np.array(value).T if name != "p" else np.ravel(value) for name, value in rows.items()}


# ------------------------------------------------------------------------------------------------ erratum 1: no tanh at the output


def cells(off: str) -> Any:
    """A context in which the library's LSTM is the one with this switch off."""
    if off != "no tanh":
        return nullcontext()
    replaced: dict[str, Callable[..., Any]] = {
        "lstm_cell_forward": forward_without_tanh,
        "lstm_cell_backward": backward_without_tanh,
    }
    return using(**replaced)


def forward_without_tanh(x_t: Array, a_prev: Array, c_prev: Array, params: Params) -> tuple[Any, ...]:
    """lstm_cell_forward, but with a<t> = Gamma_o * c<t>."""
    _, c_next, _, cache = lstm_cell_forward(x_t, a_prev, c_prev, params)
    a_next = cache[6] * c_next
    return a_next, c_next, softmax(params["Wy"] @ a_next + params["by"]), (a_next, *cache[1:])


def backward_without_tanh(da_next: Array, dc_next: Array, cache: tuple[Any, ...]) -> dict[str, Array]:
    """The gradients of forward_without_tanh."""
    _, c_next, a_prev, _, _, _, gamma_o, _, x_t, params = cache
    # nothing reaches the output gate where da is 0: its gradients are added below
    gradients = lstm_cell_backward(np.zeros_like(da_next), dc_next + da_next * gamma_o, cache)
    dz_o = da_next * c_next * gamma_o * (1 - gamma_o)
    dconcat = params["Wo"].T @ dz_o
    gradients["dWo"] = dz_o @ np.concatenate([a_prev, x_t]).T
    gradients["dbo"] = dz_o.sum(axis=1, keepdims=True)
    gradients["da_prev"] = gradients["da_prev"] + dconcat[: len(a_prev)]
    gradients["dx_t"] = gradients["dx_t"] + dconcat[len(a_prev) :]
    return gradients


# ------------------------------------------------------------------------------------------------ the stored network

RECIPE = (texts, loss_and_gradients, first_weights, switched, train, forward_without_tanh, backward_without_tanh)


def data_digest() -> str:
    """A digest of the sentences and the words that training draws from."""
    return "".join(digest(some) for some in sentences("train").values()) + repr(ENDINGS)


def fingerprint() -> str:
    """What the stored network depends on."""
    return fingerprint_of(RECIPE, repr(HOW) + data_digest())


def make() -> dict[str, Any]:
    """The content of the stored file: one network, its words, and its scores as it is and with each switch off."""
    stored = {"params": pack_params(train(0)[0])}
    params = unpack_params(stored)
    scores = {name or "as trained": accuracy(params, (name,)) for name in ("", *SWITCHES)}
    return {"cell": "lstm", "vocabulary": vocabulary().words, "text": TEXT, **stored, "scores": scores}
