"""Captioners whose convolutions are trained with their words: the live figures of lesson 14, and what its measurements train."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np

from seqlib.batches import pad_batch, shuffled_batches
from seqlib.beam import greedy_search
from seqlib.book.live import digest, pack, pack_exactly, unpack_params
from seqlib.book.live import fingerprint as fingerprint_of
from seqlib.captioning import caption_loss, captioner_parameters, first_states
from seqlib.clipping import clip_by_norm
from seqlib.convolution import convolution_backward, convolution_forward, eyes_parameters, see, see_backward
from seqlib.data import hiding
from seqlib.data.captions import (
    COLOURS,
    RELATIONS,
    SHAPES,
    SIZE,
    Scene,
    describe,
    image_features,
    paint,
    some_pictures,
)
from seqlib.data.dataset import Example
from seqlib.language_model import next_word
from seqlib.optimisers import Adam
from seqlib.support.types import Array, Params
from seqlib.vocabulary import Vocabulary

HOW: dict[str, Any] = {"cell": "gru", "n_a": 64, "n_e": 16, "epochs": 30, "size": 32, "rate": 0.004, "norm": 5.0}
END, REJECT = 1, (0, 2)  # <EOS>; <PAD> and <UNK>, which are never written
SAMPLE = (("red", "circle", (12.0, 17.5), 5.0), ("blue", "square", (11.0, 6.5), 3.5))
Eyes = Callable[[Sequence[Array]], Array]


def learnt_eyes(pictures: Sequence[Array]) -> Array:
    """Pictures (rows, columns, 3) as the convolutions read them, white as 0: (3, m, rows, columns)."""
    return np.stack([1 - picture for picture in pictures]).transpose(3, 0, 1, 2).astype(np.float32)


def fixed_eyes(pictures: Sequence[Array]) -> Array:
    """The features of image_features, which nothing is learnt for: (n_f, m)."""
    return np.stack([image_features(picture) for picture in pictures], axis=1).astype(np.float32)


def no_eyes(pictures: Sequence[Array]) -> Array:
    """The same for every picture: (1, m) zeros."""
    return np.zeros((1, len(pictures)), np.float32)


def features_of(seen: Array, params: Params, asked: Array | None = None) -> tuple[Array, Any]:
    """The features (n_f, m) that the first state is made of, below them what is asked for (n_l, m) where there is a choice; and caches."""
    features, caches = see(seen, params) if "K1" in params else (seen, None)
    return (features if asked is None else np.concatenate([features, asked])), caches


def loss_and_gradients(
    params: Params, seen: Array, asked: Array | None, tokens: Array, mask: Array
) -> tuple[float, Params]:
    """The loss per word and the gradient of every parameter, those of the filters among them."""
    features, caches = features_of(seen, params, asked)
    loss, gradients = caption_loss(params, features, tokens, mask, cell=HOW["cell"])
    dfeatures = gradients.pop("dfeatures")
    if caches is not None:
        n_f = len(dfeatures) - (0 if asked is None else len(asked))
        gradients |= see_backward(dfeatures[:n_f], caches)
    return loss, gradients


def vocabulary_of(sentences: Sequence[Sequence[str]]) -> Vocabulary:
    """All words of some sentences."""
    return Vocabulary(sorted({word for sentence in sentences for word in sentence}))


def first_weights(eyes: Eyes, n_f: int, n_words: int, seed: int) -> Params:
    """The weights that a captioner begins with."""
    rng = np.random.default_rng(seed)
    sizes: dict[str, Any] = {"n_e": HOW["n_e"], "n_a": HOW["n_a"], "cell": HOW["cell"], "dtype": np.float32}
    params = captioner_parameters(rng, n_f=n_f, n_words=n_words, **sizes)
    if eyes is not learnt_eyes:
        return params
    params["Wi"] = rng.normal(size=params["Wi"].shape).astype(np.float32)  # what `see` makes is small
    return params | eyes_parameters(rng, dtype=np.float32)


def learn(
    pictures: Sequence[Array],
    sentences: Sequence[Sequence[Sequence[int]]],
    n_words: int,
    *,
    eyes: Eyes = learnt_eyes,
    asked: Array | None = None,
    seed: int = 0,
    epochs: int | None = None,
) -> Params:
    """A captioner. In each epoch it reads one of the sentences of each picture, drawn anew.

    sentences: for each picture those that are right, as tokens with their <EOS>
    eyes: how pictures are read
    asked: (n_l, m), what is put below the features of each picture
    """
    seen, rng = eyes(pictures), np.random.default_rng((seed, 1))
    n_f = len(features_of(seen[:, :1], first_weights(eyes, 1, n_words, seed))[0]) + (0 if asked is None else len(asked))
    params, optimiser = first_weights(eyes, n_f, n_words, seed), Adam(HOW["rate"])
    epochs = HOW["epochs"] if epochs is None else epochs
    for rate in np.linspace(HOW["rate"], HOW["rate"] / 20, epochs):
        optimiser.learning_rate = float(rate)
        for rows in shuffled_batches(len(pictures), HOW["size"], rng):
            chosen = [sentences[row][int(rng.integers(len(sentences[row])))] for row in rows]
            tokens, mask = pad_batch(chosen)
            part = None if asked is None else asked[:, rows]
            _, gradients = loss_and_gradients(params, seen[:, rows], part, tokens, mask.astype(np.float32))
            optimiser.update(params, clip_by_norm({"d" + n: gradients["d" + n] for n in params}, HOW["norm"]))
    return params


def learn_outputs(pictures: Sequence[Example], seed: int, epochs: int) -> tuple[Params, Vocabulary]:
    """A captioner of one picture in each of hiding.OUTPUTS: which one is asked for stands below the picture's features, one-hot."""
    words = vocabulary_of([sentence for e in pictures for sentence in e.y.values()])
    n_l = len(hiding.OUTPUTS)
    asked = np.tile(np.eye(n_l, dtype=np.float32), len(pictures))  # (n_l, m n_l)
    told = [[words.encode(e.y[output], end=True)] for e in pictures for output in hiding.OUTPUTS]
    every = [e.x for e in pictures for _ in range(n_l)]
    return learn(every, told, len(words), asked=asked, seed=seed, epochs=epochs), words


def tell_outputs(params: Params, words: Vocabulary, pictures: Sequence[Array]) -> dict[str, list[list[str]]]:
    """For each of hiding.OUTPUTS the most probable words at each step, of every picture."""
    step, told = next_word(params, HOW["cell"]), {}
    for number, output in enumerate(hiding.OUTPUTS):
        asked = np.repeat(np.eye(len(hiding.OUTPUTS), dtype=np.float32)[:, [number]], len(pictures), axis=1)
        features, _ = features_of(
            learnt_eyes(pictures).astype(params["K1"].dtype), params, asked.astype(params["K1"].dtype)
        )
        (first,) = first_states(features, params)
        told[output] = [
            words.decode(greedy_search(step, ([first[:, i : i + 1]], None), END, max_length=15, reject=REJECT))
            for i in range(len(pictures))
        ]
    return told


def code() -> list[Callable[..., Any]]:
    """The functions that make a captioner."""
    return [
        learnt_eyes, fixed_eyes, no_eyes, features_of, loss_and_gradients, vocabulary_of, first_weights, learn,
        learn_outputs, tell_outputs, convolution_forward, convolution_backward, eyes_parameters, see, see_backward,
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------ the live figures

SHAPES_HOW: dict[str, Any] = {"seed": 14, "pictures": 4000, "epochs": 90, "test": 200}
OUTPUTS_HOW: dict[str, Any] = {"seed": 14, "pictures": 600, "epochs": 10, "test": 100}


def pack_captioner(params: Params) -> dict[str, Any]:
    """A captioner's parameters as text, each filter as one row."""
    return {
        name: pack_exactly(value, 6) if value.shape[1] == 1 else pack(value.reshape(len(value), -1))
        for name, value in params.items()
    }


def unpack_captioner(stored: dict[str, Any]) -> Params:
    """The captioner that `pack_captioner` stored, in float64."""
    params = unpack_params(stored)
    for name, k in (("K1", 5), ("K2", 3)):
        params[name] = params[name].reshape(len(params[name]), -1, k, k)
    return params


def word_probabilities(params: Params, words: Vocabulary, picture: Array, output: str = "") -> list[tuple[str, float]]:
    """The caption of one picture by greedy search, each word with its probability, <EOS> at the end.

    output: one of hiding.OUTPUTS, for a captioner that has them
    """
    asked = np.eye(len(hiding.OUTPUTS))[:, [hiding.OUTPUTS.index(output)]] if output else None
    features, _ = features_of(learnt_eyes([picture]).astype(float), params, asked)
    step, seen = next_word(params, HOW["cell"]), []

    def noted(state: Any, token: int | None) -> tuple[Array, Any]:
        log_p, state = step(state, token)
        seen.append(log_p)
        return log_p, state

    tokens = greedy_search(noted, (first_states(features, params), None), END, max_length=15, reject=REJECT)
    # at 15 words there is no end
    written = zip([*tokens, END], seen, strict=False)
    return [(words.words[token], float(np.exp(log_p[token]))) for token, log_p in written]


def _shapes_data() -> tuple[list[Example], list[Example]]:
    """Training and test pictures of all combinations."""
    rng, every = np.random.default_rng(SHAPES_HOW["seed"]), list(product(COLOURS, SHAPES, RELATIONS))
    return some_pictures(every, SHAPES_HOW["pictures"], rng), some_pictures(every, SHAPES_HOW["test"], rng)


def _told_right(params: Params, words: Vocabulary, examples: Sequence[Example]) -> float:
    told = [[word for word, _ in word_probabilities(params, words, e.x)][:-1] for e in examples]
    return round(float(np.mean([sentence in e.y for sentence, e in zip(told, examples, strict=True)])), 4)


def clean_pictures(distance: float, aside: float = 0, count: int = 300) -> list[Example]:
    """Pictures as the live figure paints them, with their right captions: two things whose centres lie `distance` pixels apart.

    aside: by how many pixels the smaller one is moved across; source: the slots of the caption
    """
    rng, looks, made = np.random.default_rng(14), list(product(COLOURS, SHAPES)), []
    for _ in range(count):
        larger, smaller = (looks[i] for i in rng.choice(len(looks), 2, replace=False))
        relation = list(RELATIONS)[rng.integers(len(RELATIONS))]
        away = np.array(RELATIONS[relation])
        shift = (away * distance + away[::-1] * aside) / 2
        things = ((*larger, SIZE / 2 + shift, 5.0), (*smaller, SIZE / 2 - shift, 3.5))
        scene = Scene(larger[0], larger[1], relation, *smaller)
        made.append(Example(paint(things), describe(scene), ", ".join(scene)))
    return made


PLACED: dict[str, tuple[float, float]] = {  # distance and aside; in training the centres were about 11 apart
    "clean": (11, 0), "near": (7, 0), "far": (16, 0), "aside": (11, 8)
}  # fmt: skip


def figure_pictures() -> tuple[list[Example], dict[str, list[Example]]]:
    """What the live figure's captioner has learnt from, and pictures to test it on: new ones like these, and clean ones by PLACED."""
    known, new = _shapes_data()
    return known, {"new": new} | {name: clean_pictures(*place) for name, place in PLACED.items()}


def figure_right(stored: dict[str, Any], examples: Sequence[Example]) -> float:
    """The share of pictures of which the live figure's captioner, as stored, writes a right caption."""
    return _told_right(unpack_captioner(stored), Vocabulary(stored["vocabulary"]), examples)


def make_shapes() -> dict[str, Any]:
    """The content of the stored file of the captioner of shapes."""
    train, test = _shapes_data()
    words = vocabulary_of([sentence for e in train for sentence in e.y])
    tokens = [[words.encode(sentence, end=True) for sentence in e.y] for e in train]
    how = {"seed": SHAPES_HOW["seed"], "epochs": SHAPES_HOW["epochs"]}
    stored = {"params": pack_captioner(learn([e.x for e in train], tokens, len(words), **how))}
    params = unpack_captioner(stored)
    return {
        "cell": HOW["cell"],
        "vocabulary": words.words,
        **stored,
        "size": SIZE,
        "colours": {name: list(value) for name, value in COLOURS.items()},
        "shapes": list(SHAPES),
        "scores": {"right": _told_right(params, words, test)},
        "probe": [[word, round(p, 8)] for word, p in word_probabilities(params, words, paint(SAMPLE))],
    }


def make_outputs() -> dict[str, Any]:
    """The content of the stored file of the captioner with five outputs."""
    rng = np.random.default_rng(OUTPUTS_HOW["seed"])
    train, test = (hiding.pictures_of(hiding.VIEWS, OUTPUTS_HOW[part], rng) for part in ("pictures", "test"))
    learnt, words = learn_outputs(train, OUTPUTS_HOW["seed"], OUTPUTS_HOW["epochs"])
    stored = {"params": pack_captioner(learnt)}
    params = unpack_captioner(stored)
    told = tell_outputs(params, words, [e.x for e in test])
    right = [a == e.y[output] for output in hiding.OUTPUTS for a, e in zip(told[output], test, strict=True)]
    return {
        "cell": HOW["cell"],
        "vocabulary": words.words,
        **stored,
        "size": hiding.SIZE,
        "floor": hiding.FLOOR,
        "parts": hiding.PARTS,
        "tops": hiding.TOPS,
        "wood": list(hiding.WOODS[0]),
        "fur": list(hiding.FURS[1]),
        "outputs": list(hiding.OUTPUTS),
        "scores": {"right": round(float(np.mean(right)), 4)},
    }


def fingerprint_shapes() -> str:
    """What the captioner of shapes depends on."""
    return fingerprint_of([*code(), make_shapes], repr((HOW, SHAPES_HOW)) + digest(_shapes_data()[0][:100]))


def fingerprint_outputs() -> str:
    """What the captioner with five outputs depends on."""
    views = hiding.pictures_of(hiding.VIEWS, 40, np.random.default_rng(0))
    return fingerprint_of([*code(), make_outputs], repr((HOW, OUTPUTS_HOW, hiding.PARTS)) + digest(views))
