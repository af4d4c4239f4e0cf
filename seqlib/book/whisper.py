"""Whisper down the line, the live figure of lesson 8: a flag at the first step, noise, and the question at the last which flag it was."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from seqlib.book import live
from seqlib.book.live import pack_params, unpack_params
from seqlib.cells import sequence_backward, sequence_forward
from seqlib.clipping import clip_by_norm, global_norm
from seqlib.initialise import initialise_cell, spectral_radius
from seqlib.jacobians import state_jacobians
from seqlib.losses import sequence_cross_entropy
from seqlib.optimisers import Adam
from seqlib.output import output_backward, output_forward
from seqlib.support.types import Array, Params

HOW: dict[str, Any] = {"n_a": 8, "updates": 600, "size": 32, "longest": 40, "rate": 0.01, "noise": 0.5}
CELLS, SEEDS, FARTHEST = ("rnn", "gru", "lstm"), range(10), 100


def flags(rng: np.random.Generator, m: int, gap: int) -> tuple[Array, Array]:
    """A flag, +1 or -1, at step 1, and noise in the other row at each of the `gap` steps after it: x (2, m, gap + 1), labels (m,)."""
    y = rng.integers(0, 2, m)
    x = np.zeros((2, m, gap + 1))
    x[0, :, 0] = 2 * y - 1
    x[1, :, 1:] = HOW["noise"] * rng.normal(size=(m, gap))
    return x, y


def first_weights(cell: str, seed: int) -> Params:
    """The weights that a network of lesson 8's figure begins with."""
    return initialise_cell(cell, 2, HOW["n_a"], np.random.default_rng(seed), n_y=2)


def last_step_gradients(cell: str, params: Params, x: Array, dlogits: Callable[[Array], Array]) -> dict[str, Array]:
    """The gradient "d" + name of every parameter, for a loss of the last step alone.

    dlogits: from the scores of that step (n_y, m, 1) to their gradient
    """
    a, caches = sequence_forward(cell, x, params)
    last = a[:, :, -1:]
    top = output_backward(dlogits(output_forward(last, params, logits=True)), last, params)
    da = np.zeros_like(a)
    da[:, :, -1:] = top.pop("da")
    gradients = top | sequence_backward(da, caches)
    return {"d" + name: gradients["d" + name] for name in params}


def _loss_gradient(y: Array, logits: Array) -> Array:
    return sequence_cross_entropy(logits, y[:, None])[1]


def train(cell: str, seed: int) -> Params:
    """A network that says at the last step which flag stood at the first, trained on gaps of 1 to 40 steps."""
    params = first_weights(cell, seed)
    rng, optimiser = np.random.default_rng((seed, 1)), Adam(HOW["rate"])
    for _ in range(HOW["updates"]):
        x, y = flags(rng, HOW["size"], int(rng.integers(1, HOW["longest"] + 1)))
        gradients = last_step_gradients(cell, params, x, functools.partial(_loss_gradient, y))
        optimiser.update(params, clip_by_norm(gradients, 1.0))
    return params


def radii(params: Params) -> dict[str, float]:
    """The spectral radius of the recurrent block of each matrix: W_aa, or what a gate's weights [recurrent | input] do to the state."""
    names = [name for name in ("Waa", "Wf", "Wu", "Wr", "Wo", "Wc") if name in params]
    return {name: spectral_radius(params[name][:, : len(params[name])]) for name in names}


def at_radius(params: Params, before: dict[str, float], radius: float | None) -> Params:
    """The parameters with every recurrent block scaled from the radius that it had to `radius`; None: as they are."""
    scaled = dict(params)
    if radius is None:
        return scaled
    for name, was in before.items():
        W = params[name].copy()
        W[:, : len(W)] *= radius / was
        scaled[name] = W
    return scaled


def passed_on(cell: str, params: Params, gap: int, noise: Sequence[float]) -> dict[str, Any]:
    """What arrives of a flag after `gap` steps of noise, and what comes back of the gradient of a guess of 50 %.

    Returns shares (gap + 1,): the distance of the two flags' states at each step, over that at step 1 (of an LSTM: of [a; c]);
    sizes (gap + 1,): the norm of the gradient of each state, over that of the last; heard: whether both flags are told
    right at the end; update: the norm of the gradient of all weights together.
    """
    x = np.zeros((2, 2, gap + 1))
    x[0, :, 0], x[1, :, 1:] = (1, -1), noise[:gap]
    a, (_, caches) = sequence_forward(cell, x, params)
    states = np.concatenate([a, caches[1][:, :, 1:]]) if cell == "lstm" else a  # (n_s, 2, gap + 1)
    shares = np.linalg.norm(states[:, 0] - states[:, 1], axis=0)
    z = output_forward(a[:, :, -1:], params, logits=True)[:, :, 0]  # (2, 2): outputs, flags
    guess = np.array([[[0.5]], [[-0.5]]])  # y_hat - y of the first flag, whose label is 1
    gradients = last_step_gradients(cell, params, x[:, :1], lambda _: guess)
    da = np.zeros(len(states))
    da[: len(a)] = output_backward(guess, a[:, :1, -1:], params)["da"][:, 0, 0]
    own = {name: value for name, value in params.items() if name not in ("Wy", "Wya", "by")}
    sizes = np.linalg.norm(da @ state_jacobians(cell, x[:, 0], own), axis=1)
    return {
        "shares": shares / shares[0],
        "sizes": sizes / sizes[-1],
        "heard": bool(z[1, 0] > z[0, 0] and z[0, 1] > z[1, 1]),
        "update": global_norm(gradients),
    }


def make() -> dict[str, Any]:
    """The content of the stored file: the noise, and ten networks of each cell before and after training."""
    noise = np.round(HOW["noise"] * np.random.default_rng(8).normal(size=FARTHEST), 3)
    stored: dict[str, Any] = {"noise": noise.tolist(), "networks": {}}
    heard = {}
    for cell in CELLS:
        for when, weights in (("before", first_weights), ("trained", train)):
            packed = [{"params": pack_params(weights(cell, seed))} for seed in SEEDS]
            networks = [{**one, "radii": radii(unpack_params(one))} for one in packed]
            stored["networks"].setdefault(cell, {})[when] = networks
        trained = [unpack_params(one) for one in stored["networks"][cell]["trained"]]
        heard[cell] = sum(passed_on(cell, params, HOW["longest"], noise.tolist())["heard"] for params in trained)
    return {**stored, "scores": {f"{cell} hears over {HOW['longest']} steps": count for cell, count in heard.items()}}


def fingerprint() -> str:
    """What the stored file depends on."""
    code: list[Callable[..., Any]] = [make, flags, first_weights, train, last_step_gradients, _loss_gradient, radii]
    return live.fingerprint(code, repr((HOW, CELLS, SEEDS, FARTHEST)))
