"""Be the gate, the live figure of lesson 9: a GRU reads a sentence up to its verb, and somebody else sets its update gate.

Two networks learn *was* or *were*: a GRU as it is, and one whose candidate sees the word alone, so that only the gate can keep anything.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from seqlib import fast
from seqlib.book.live import digest, pack_params, unpack_params
from seqlib.book.live import fingerprint as fingerprint_of
from seqlib.cells import part
from seqlib.clipping import clip_by_norm
from seqlib.data import agreement_sentences
from seqlib.data.agreement import NOUNS, OBJECTS
from seqlib.gru import gru_cell_forward
from seqlib.models import classifier_loss, network_parameters
from seqlib.optimisers import Adam
from seqlib.support.types import Array, Params
from seqlib.vocabulary import Vocabulary

HOW: dict[str, Any] = {"n_e": 8, "n_a": 8, "updates": 800, "size": 32, "rate": 0.01, "norm": 1.0}
GAPS = tuple(range(4, 13))  # words between subject and verb, in training
FAR = 32  # and in a test that is longer than anything read before
NETWORKS = ("whole", "word alone")  # what the candidate sees: memory and word, or the word alone
ROLES = ("before the subject", "the subject", "the word after it", "other nouns", "other words")
SENTENCES = (
    "the cat which already ate ten apples and three pears",
    "the cats which already ate ten apples and three pears",
    "my horse which saw two old birds near the stones",
    "some birds which found the stone",
)


@functools.cache
def sentences(gap: int) -> Any:
    """The sentences of one gap: a data set."""
    return agreement_sentences(gap, train=1000, valid=50, test=200)


@functools.cache
def vocabulary() -> Vocabulary:
    """The words of all training sentences."""
    return Vocabulary(sorted({word for gap in GAPS for example in sentences(gap).train for word in example.x}))


@functools.cache
def arrays(gap: int, split: str) -> tuple[Array, Array]:
    """Words as indices (m, T_x) and labels (m,), 0 for *was* and 1 for *were*, of one gap and split."""
    examples = getattr(sentences(gap), split)
    return np.array([vocabulary().encode(e.x) for e in examples]), np.array([e.y for e in examples])


def cell_of(network: str) -> str:
    """The cell of a network: a plain recurrent one is trained for comparison."""
    return "rnn" if network == "plain RNN" else "gru"


def first_weights(network: str, seed: int) -> Params:
    """The parameters that training begins with; "word alone" has zeros where the candidate would see the memory."""
    sizes: dict[str, Any] = {"n_x": HOW["n_e"], "n_a": HOW["n_a"], "n_y": 2, "n_words": len(vocabulary())}
    params = network_parameters(np.random.default_rng(seed), cell=cell_of(network), dtype=np.float32, **sizes)
    if network == "word alone":
        params["1/Wc"][:, : HOW["n_a"]] = 0
    return params


def train(network: str, seed: int) -> Params:
    """A network that says *was* or *were*, trained on gaps of 4 to 12 words."""
    params = first_weights(network, seed)
    rng, optimiser = np.random.default_rng((seed, 1)), Adam(HOW["rate"])
    for _ in range(HOW["updates"]):
        x, y = arrays(int(rng.choice(GAPS)), "train")
        rows = rng.integers(0, len(y), HOW["size"])
        _, gradients = classifier_loss(params, x[rows], y[rows], cell=cell_of(network))
        if network == "word alone":
            gradients["d1/Wc"][:, : HOW["n_a"]] = 0
        optimiser.update(params, clip_by_norm({"d" + name: gradients["d" + name] for name in params}, HOW["norm"]))
    return params


def reading(params: Params, c: Array) -> Array:
    """What the output layer reads in memories c (n_a, ...): the logarithm of P(was) / P(were)."""
    direction, offset = params["Wy"][0] - params["Wy"][1], params["by"][0, 0] - params["by"][1, 0]
    return np.asarray(np.tensordot(direction, c, axes=1) + offset)


def read(
    params: Params,
    tokens: Any,
    gates: Sequence[float | None] | None = None,
    reset: str = "before",
    *,
    blind_from: int | None = None,
) -> dict[str, Array]:
    """Run the network over sentences of one length, with the update gates that somebody else sets.

    tokens: (m, T_x)
    gates: for each step one number for all units, or None where the network's own gate acts; left out: its own everywhere
    blind_from: the step, counted from 0, from which on the candidate does not see the memory (the gates still do)

    Returns gamma_u (n_a, m, T_x), the network's own gates; c (n_a, m, T_x); candidate and memory (m, T_x), what the output layer reads in
    c_tilde and in c<t>.
    """
    own = part(params, "1/")
    complete = {**own, "Wy": params["Wy"], "by": params["by"]}
    n_a = len(own["Wu"])
    blind = {**complete, "Wc": np.concatenate([0 * own["Wc"][:, :n_a], own["Wc"][:, n_a:]], axis=1)}
    x = fast.embedding_forward(tokens, params["E"])
    c = np.zeros((n_a, x.shape[1]), x.dtype)
    steps = []
    for t in range(x.shape[2]):
        weights = complete if blind_from is None or t < blind_from else blind
        c_next, _, cache = gru_cell_forward(x[:, :, t], c, weights, reset)
        gamma_u, c_tilde, gate = cache[2], cache[4], None if gates is None else gates[t]
        c = c_next if gate is None else gate * c_tilde + (1 - gate) * c
        steps.append((gamma_u, c, c_tilde))
    gamma_u, c, c_tilde = (np.stack(arrays, axis=2) for arrays in zip(*steps, strict=True))
    return {"gamma_u": gamma_u, "c": c, "candidate": reading(params, c_tilde), "memory": reading(params, c)}


def accuracy(params: Params, gap: int, gates: Callable[[int], float | None] | None = None, **how: Any) -> float:
    """The share of held-out sentences of a gap that get the right verb; gates: from a step (0, 1, ...) to its gate; how: as in read."""
    x, y = arrays(gap, "test")
    chosen = None if gates is None else [gates(t) for t in range(x.shape[1])]
    return float(np.mean((read(params, x, chosen, **how)["memory"][:, -1] < 0) == y))


def deciding_unit(params: Params, c: Array, y: Array) -> int:
    """The unit whose last memory moves the reading most between the two labels. c: (n_a, m, T_x)."""
    apart = c[:, y == 1, -1].mean(axis=1) - c[:, y == 0, -1].mean(axis=1)
    return int(np.abs((params["Wy"][0] - params["Wy"][1]) * apart).argmax())


def roles(words: Sequence[str]) -> list[str]:
    """The role of each word of a sentence up to its verb."""
    nouns = {*NOUNS, *OBJECTS}
    rest = ["other nouns" if word in nouns or word.removesuffix("s") in nouns else "other words" for word in words[3:]]
    return [*ROLES[:3], *rest]


def half_open(params: Params, gap: int = 8) -> float:
    """The share of the words behind the subject at which the deciding unit's update gate is between 0.3 and 0.7."""
    x, y = arrays(gap, "test")
    result = read(params, x)
    behind = result["gamma_u"][deciding_unit(params, result["c"], y), :, 2:]
    return float(np.mean((behind > 0.3) & (behind < 0.7)))


def gates_by_role(params: Params, gap: int = 8) -> dict[str, list[float]]:
    """The mean update gate at words of each role in held-out sentences: [the deciding unit's, that of all units]."""
    x, y = arrays(gap, "test")
    result = read(params, x)
    unit = deciding_unit(params, result["c"], y)
    role = np.array([roles(example.x) for example in sentences(gap).test])  # (m, T_x)
    means = {}
    for name in ROLES:
        at = result["gamma_u"][:, role == name]  # (n_a, words)
        means[name] = [float(at[unit].mean()), float(at.mean())]
    return means


def make() -> dict[str, Any]:
    """The content of the stored file: both networks of the first seed, the words, the sentences, and what each network finds."""
    labels = [int(sentence.split()[1].endswith("s")) for sentence in SENTENCES]
    stored: dict[str, Any] = {"words": vocabulary().words, "sentences": SENTENCES, "labels": labels, "networks": {}}
    scores = {}
    for network in NETWORKS:
        one: dict[str, Any] = {"params": pack_params(train(network, 0))}
        params = unpack_params(one)
        x, y = arrays(8, "test")
        stored["networks"][network] = {**one, "unit": deciding_unit(params, read(params, x)["c"], y)}
        for gap in (8, FAR):
            scores[f"{network}, gap {gap}"] = accuracy(params, gap)
    return {**stored, "scores": scores}


def code() -> list[Callable[..., Any]]:
    """The functions behind a trained network and what is measured of it."""
    return [cell_of, first_weights, train, reading, read, accuracy, deciding_unit, roles, half_open, gates_by_role]


def data() -> str:
    """The settings, and a digest of the sentences."""
    splits = [digest(getattr(sentences(gap), split)) for gap in (*GAPS, FAR) for split in ("train", "test")]
    return repr((HOW, GAPS, FAR, NETWORKS, ROLES)) + "".join(splits)


def fingerprint() -> str:
    """What the stored networks depend on."""
    return fingerprint_of([make, *code()], data() + repr(SENTENCES))
