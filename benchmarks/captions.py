"""Lesson 14: captions of pictures whose combination of colour, shape and relation was never seen, and one picture in five outputs.

`python -m benchmarks.captions` trains captioners on fixed features and through convolutions, one that sees no picture, and compares them
with the caption of the nearest picture and with five linear models in a template. About eleven minutes of one core; chapter 14
shows the results. All scores are on pictures that no training saw.
"""

from __future__ import annotations

import os

# the matrices are small: a second BLAS thread costs more than it brings
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import functools
import sys
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np

import seqlib
from benchmarks.measured import Measured, Part
from seqlib.book import captions
from seqlib.book.live import digest, load
from seqlib.captioning import caption, first_states
from seqlib.data import hiding
from seqlib.data.captions import (
    COLOURS,
    RELATIONS,
    SHAPES,
    Scene,
    captioned_combinations,
    deal_combinations,
    describe,
    draw,
    image_features,
    paint,
    some_pictures,
)
from seqlib.data.dataset import Dataset, Example
from seqlib.language_model import next_word
from seqlib.sampling import generate, sampler
from seqlib.support.types import Array, Params
from seqlib.vocabulary import Vocabulary

SEEDS = range(5)
PICTURES = {"train": 2000, "valid": 200, "test": 200}
FILTER_EPOCHS = 90  # filters learn more slowly than what stands on fixed features
PENALTIES = (0.01, 0.1, 1.0, 10.0)
OUTPUTS = {"train": 600, "test": 100, "epochs": 10}
RELATION_WORDS = {relation.split()[0]: relation for relation in RELATIONS}
Told = list[list[str]]


@functools.cache
def dataset(seed: int) -> Dataset:
    """Pictures with held-out combinations; another seed holds out others."""
    return captioned_combinations(seed=seed, **PICTURES)


@functools.cache
def familiar(seed: int, part: str = "test") -> list[Example]:
    """New pictures in which both things have combinations of the training pictures: to be tested on, or to choose a penalty on."""
    known = deal_combinations(np.random.default_rng(seed))["train"]
    return some_pictures(known, PICTURES[part], np.random.default_rng((seed, 2 if part == "test" else 5)), known)


@functools.cache
def more_combinations(seed: int, part: str = "train") -> list[Example]:
    """As many training pictures, of the combinations of the validation part as well; or new ones like these to choose a penalty on."""
    dealt = deal_combinations(np.random.default_rng(seed))
    known = dealt["train"] + dealt["valid"]
    return some_pictures(known, PICTURES[part], np.random.default_rng((seed, 3 if part == "train" else 6)), known)


def twice_the_pictures(seed: int) -> list[Example]:
    """The training pictures and as many again, of the same combinations."""
    known = deal_combinations(np.random.default_rng(seed))["train"]
    return [*dataset(seed).train, *some_pictures(known, PICTURES["train"], np.random.default_rng((seed, 7)), known)]


def vocabulary(seed: int) -> Vocabulary:
    """The words of the training captions."""
    return captions.vocabulary_of([words for e in dataset(seed).train for words in e.y])


def train(examples: Sequence[Example], eyes: captions.Eyes, seed: int, epochs: int | None = None) -> Params:
    """A captioner of these pictures."""
    words = vocabulary(seed)
    told = [[words.encode(sentence, end=True) for sentence in e.y] for e in examples]
    return captions.learn([e.x for e in examples], told, len(words), eyes=eyes, seed=seed, epochs=epochs)


# ------------------------------------------------------------------------------------------------ decoding and scores


def states_of(params: Params, examples: Sequence[Example], eyes: captions.Eyes) -> list[Array]:
    """The decoder's first states (n_a, 1) of each picture."""
    features, _ = captions.features_of(eyes([e.x for e in examples]), params)
    (first,) = first_states(features, params)
    return [first[:, i : i + 1] for i in range(len(examples))]


def greedy(params: Params, examples: Sequence[Example], eyes: captions.Eyes, words: Vocabulary) -> Told:
    """The most probable word at each step."""
    step = next_word(params, captions.HOW["cell"])
    return [
        words.decode(seqlib.greedy_search(step, ([a0], None), captions.END, max_length=15, reject=captions.REJECT))
        for a0 in states_of(params, examples, eyes)
    ]


def sampled(
    params: Params, examples: Sequence[Example], eyes: captions.Eyes, words: Vocabulary, temperature: float, seed: int
) -> Told:
    """Each word drawn."""
    step, draw_word = (
        next_word(params, captions.HOW["cell"]),
        sampler(np.random.default_rng(seed), temperature=temperature),
    )
    options: dict[str, Any] = {"max_length": 15, "reject": captions.REJECT}
    return [
        words.decode(generate(step, draw_word, captions.END, state=([a0], None), **options))
        for a0 in states_of(params, examples, eyes)
    ]


def beam(params: Params, examples: Sequence[Example], eyes: captions.Eyes, words: Vocabulary, width: int) -> Told:
    """The best of a beam."""
    features, _ = captions.features_of(eyes([e.x for e in examples]), params)
    how: dict[str, Any] = {"cell": captions.HOW["cell"], "width": width, "max_length": 15, "reject": captions.REJECT}
    return [words.decode(caption(params, column, captions.END, **how)[0].tokens) for column in features.T]


def slots(words: Sequence[str]) -> list[str | None]:
    """What a caption says: colour, shape, relation, the other colour, the other shape; None where it does not say."""
    colours, shapes = [w for w in words if w in COLOURS], [w for w in words if w in SHAPES]
    relations = [RELATION_WORDS[w] for w in words if w in RELATION_WORDS]
    first, second = [[*some, None, None] for some in (colours, shapes)]
    return [first[0], second[0], (relations or [None])[0], first[1], second[1]]


def scores(told: Told, examples: Sequence[Example]) -> dict[str, Any]:
    """BLEU with the three right captions as references, the share of captions that are one of them, and the share right of each slot."""
    right = [
        [a == b for a, b in zip(slots(words), e.source.split(", "), strict=True)]
        for words, e in zip(told, examples, strict=True)
    ]
    return {
        "BLEU": round(seqlib.bleu(told, [e.y for e in examples]), 4),
        "exact": round(float(np.mean([words in e.y for words, e in zip(told, examples, strict=True)])), 4),
        "slots": np.mean(right, axis=0).round(4).tolist(),
    }


# ------------------------------------------------------------------------------------------------ without a network


def nearest(examples: Sequence[Example], known: Sequence[Example], eyes: captions.Eyes) -> Told:
    """The caption of the training picture whose standardised features are nearest."""
    own, others = eyes([e.x for e in examples]), eyes([e.x for e in known])
    mean, spread = others.mean(axis=1, keepdims=True), others.std(axis=1, keepdims=True) + 1e-6
    own, others = (own - mean) / spread, (others - mean) / spread
    distances = (others**2).sum(axis=0)[:, None] - 2 * others.T @ own  # (known, examples), but for what all have
    return [known[int(i)].y[0] for i in distances.argmin(axis=0)]


def pixels(pictures: Sequence[Array]) -> Array:
    """The pixels themselves as features, (n_f, m)."""
    return np.stack([picture.ravel() for picture in pictures], axis=1).astype(np.float32)


def by_slot(examples: Sequence[Example], known: Sequence[Example], valid: Sequence[Example]) -> Told:
    """Five linear models of the fixed features, one per slot, by ridge regression; what they say is put into a template.

    The penalty on the weights is for each of them the best of PENALTIES on the pictures `valid`.
    """
    x, x_valid, x_test = (
        np.vstack([captions.fixed_eyes([e.x for e in some]), np.ones((1, len(some)), np.float32)]).astype(float)
        for some in (known, valid, examples)
    )
    labels, right = ([e.source.split(", ") for e in some] for some in (known, valid))
    found = []
    for place in range(5):
        names = sorted({row[place] for row in labels})
        y = np.array([[row[place] == name for name in names] for row in labels], float).T
        fits = [np.linalg.solve(x @ x.T + penalty * np.eye(len(x)), x @ y.T).T for penalty in PENALTIES]
        hits = [
            np.mean([names[i] == row[place] for i, row in zip((W @ x_valid).argmax(axis=0), right, strict=True)])
            for W in fits
        ]
        found.append([names[i] for i in (fits[int(np.argmax(hits))] @ x_test).argmax(axis=0)])
    return [describe(Scene(*row))[0] for row in zip(*found, strict=True)]


# ------------------------------------------------------------------------------------------------ the parts


def _both(seed: int, tell: Callable[[Sequence[Example]], Told]) -> dict[str, Any]:
    return {
        where: scores(tell(some), some) for where, some in (("new", dataset(seed).test), ("familiar", familiar(seed)))
    }


def _run(seed: int) -> dict[str, Any]:
    """All ways to a caption, and all ways to decode, for one seed."""
    known, words = dataset(seed).train, vocabulary(seed)
    found = {}
    for name, eyes, epochs in (
        ("fixed features", captions.fixed_eyes, None),
        ("learnt filters", captions.learnt_eyes, FILTER_EPOCHS),
        ("no picture", captions.no_eyes, None),
    ):
        params = train(known, eyes, seed, epochs)
        found[name] = _both(seed, functools.partial(greedy, params, eyes=eyes, words=words))
        if name == "fixed features":
            for temperature in (1.0, 0.5):
                tell = functools.partial(sampled, params, eyes=eyes, words=words, temperature=temperature, seed=seed)
                found[f"sampled at {temperature}"] = _both(seed, tell)
            found["beam of 4"] = _both(seed, functools.partial(beam, params, eyes=eyes, words=words, width=4))
    wider = train(more_combinations(seed), captions.fixed_eyes, seed)
    tell = functools.partial(greedy, wider, eyes=captions.fixed_eyes, words=words)
    found["fixed features, 48 combinations"] = _both(seed, tell)
    found["nearest picture by features"] = _both(
        seed, functools.partial(nearest, known=known, eyes=captions.fixed_eyes)
    )
    found["nearest picture by pixels"] = _both(seed, functools.partial(nearest, known=known, eyes=pixels))
    for name, some, valid in (
        ("five linear models", known, familiar(seed, "valid")),
        ("five linear models, 48 combinations", more_combinations(seed), more_combinations(seed, "valid")),
    ):
        found[name] = _both(seed, functools.partial(by_slot, known=some, valid=valid))
    return found


def _pictures_and_starts() -> dict[str, Any]:
    """Learnt filters on twice the pictures with as many updates, and both captioners from five starts on one seed's pictures."""

    def found(known: Sequence[Example], eyes: captions.Eyes, epochs: int | None, pictures: int, start: int) -> Any:
        params = train(known, eyes, start, epochs)
        return _both(pictures, functools.partial(greedy, params, eyes=eyes, words=vocabulary(start)))

    ways: dict[str, tuple[captions.Eyes, int | None]] = {
        "fixed features": (captions.fixed_eyes, None),
        "learnt filters": (captions.learnt_eyes, FILTER_EPOCHS),
    }
    starts = {
        name: [found(dataset(SEEDS[0]).train, *way, SEEDS[0], start) for start in SEEDS] for name, way in ways.items()
    }
    twice = [found(twice_the_pictures(s), captions.learnt_eyes, FILTER_EPOCHS // 2, s, s) for s in SEEDS]
    return {"result": {"twice the pictures": twice, "starts": starts}}


def _combinations() -> dict[str, Any]:
    runs = [_run(seed) for seed in SEEDS]
    return {
        "how": {**captions.HOW, **PICTURES, "filter_epochs": FILTER_EPOCHS},
        "result": {name: [run[name] for run in runs] for name in runs[0]},
    }


def _views_shown(
    seed: int, views: Sequence[hiding.View]
) -> tuple[list[Example], dict[str, list[Example]], list[Example]]:
    """Training pictures of these views, new pictures by what is seen, and new ones of these views to choose a penalty on."""
    rng = np.random.default_rng((seed, 4))
    known = hiding.pictures_of(views, OUTPUTS["train"], rng)
    others = [view for view in hiding.VIEWS if view != hiding.HIDING]
    new = {
        name: hiding.pictures_of(some, OUTPUTS["test"], rng)
        for name, some in (("the dog under the bed", [hiding.HIDING]), ("the other views", others))
    }
    return known, new, hiding.pictures_of(views, OUTPUTS["test"], rng)


def _one_picture(seed: int, views: Sequence[hiding.View]) -> dict[str, Any]:
    """A captioner with five outputs that has learnt these views: the share of right captions of each output, by what is seen."""
    known, new, _ = _views_shown(seed, views)
    params, words = captions.learn_outputs(known, seed, OUTPUTS["epochs"])
    found: dict[str, Any] = {}
    for name, pictures in new.items():
        told = captions.tell_outputs(params, words, [e.x for e in pictures])
        found[name] = {
            output: round(float(np.mean([a == e.y[output] for a, e in zip(told[output], pictures, strict=True)])), 4)
            for output in hiding.OUTPUTS
        }
    return found


def in_five_slots(examples: Sequence[Example]) -> list[Example]:
    """Pictures of views as `nearest` and `by_slot` read them: animal, furniture and place in the slots of a scene, the first two twice."""
    scenes = [Scene(*slots, *slots[:2]) for slots in (e.source.split(", ") for e in examples)]
    return [Example(e.x, describe(one)[:1], ", ".join(one)) for e, one in zip(examples, scenes, strict=True)]


def _without_a_network(seed: int, views: Sequence[hiding.View]) -> dict[str, dict[str, float]]:
    """The share of new pictures whose view, and so every output, simple methods get right, by method and by what is seen."""
    known, new, valid = _views_shown(seed, views)
    slotted = in_five_slots(known)
    methods: dict[str, Callable[[Sequence[Example]], Told]] = {
        "nearest picture by pixels": functools.partial(nearest, known=slotted, eyes=pixels),
        "nearest picture by features": functools.partial(nearest, known=slotted, eyes=captions.fixed_eyes),
        "three linear models": functools.partial(by_slot, known=slotted, valid=in_five_slots(valid)),
    }
    tested = {name: in_five_slots(some) for name, some in new.items()}
    return {
        method: {name: scores(tell(some), some)["exact"] for name, some in tested.items()}
        for method, tell in methods.items()
    }


def _by_views(measure: Callable[[int, Sequence[hiding.View]], Any]) -> dict[str, list[Any]]:
    """A measurement for every seed, with all views in training and without the dog under the bed."""
    without = [view for view in hiding.VIEWS if view != hiding.HIDING]
    learnt = {"all 18 views": hiding.VIEWS, "17 views, without the dog under the bed": without}
    return {name: [measure(seed, views) for seed in SEEDS] for name, views in learnt.items()}


def _outputs() -> dict[str, Any]:
    return {"how": {**captions.HOW, **OUTPUTS}, "result": _by_views(_one_picture)}


def _outputs_by_rule() -> dict[str, Any]:
    return {"how": OUTPUTS, "result": _by_views(_without_a_network)}


def _figure() -> dict[str, Any]:
    """The one captioner of the live figure, and simple methods, on new pictures like its own and on clean ones: shares that are exact."""
    known, tested = captions.figure_pictures()
    every = list(product(COLOURS, SHAPES, RELATIONS))
    valid = some_pictures(every, PICTURES["valid"], np.random.default_rng((captions.SHAPES_HOW["seed"], 8)))
    ways: dict[str, Callable[[Sequence[Example]], Told]] = {
        "nearest picture by pixels": functools.partial(nearest, known=known, eyes=pixels),
        "nearest picture by features": functools.partial(nearest, known=known, eyes=captions.fixed_eyes),
        "five linear models": functools.partial(by_slot, known=known, valid=valid),
    }
    stored = load("captions")
    result = {
        "this network": {name: captions.figure_right(stored, some) for name, some in tested.items()},
        **{
            way: {name: scores(tell(some), some)["exact"] for name, some in tested.items()}
            for way, tell in ways.items()
        },
    }
    return {"result": result}


def _outputs_text() -> str:
    some = hiding.pictures_of(hiding.VIEWS, 40, np.random.default_rng(0))
    return repr((list(SEEDS), OUTPUTS, captions.HOW, hiding.PARTS)) + digest(some)


LEARNING = [*captions.code(), caption, first_states, seqlib.caption_loss]
DRAWING = [draw, paint, deal_combinations, some_pictures, captioned_combinations, describe, image_features]
SCORING = [greedy, sampled, beam, states_of, slots, scores, nearest, pixels, by_slot, _both, seqlib.bleu]
SHOWING = [_views_shown, _by_views, hiding.draw, hiding.compose, hiding.covered, hiding.say, hiding.pictures_of]
MEASURED = Measured(
    "captions",
    {
        "combinations": Part(
            _combinations,
            [
                _combinations,
                _run,
                dataset,
                familiar,
                more_combinations,
                vocabulary,
                train,
                *LEARNING,
                *DRAWING,
                *SCORING,
            ],
            lambda: repr((list(SEEDS), PICTURES, FILTER_EPOCHS, PENALTIES, captions.HOW)) + digest(dataset(0).test),
        ),
        "pictures and starts": Part(
            _pictures_and_starts,
            [
                _pictures_and_starts,
                dataset,
                familiar,
                twice_the_pictures,
                vocabulary,
                train,
                *LEARNING,
                *DRAWING,
                *(greedy, states_of, slots, scores, _both, seqlib.bleu),
            ],
            lambda: repr((list(SEEDS), PICTURES, FILTER_EPOCHS, captions.HOW)) + digest(dataset(0).test),
        ),
        "outputs": Part(
            _outputs,
            [_outputs, _one_picture, *LEARNING, *SHOWING],
            _outputs_text,
        ),
        "outputs without a network": Part(
            _outputs_by_rule,
            [_outputs_by_rule, _without_a_network, in_five_slots, *SHOWING, *SCORING, *DRAWING],
            lambda: repr(PENALTIES) + _outputs_text(),
        ),
        "figure": Part(
            _figure,
            [_figure, captions.figure_pictures, captions.clean_pictures, captions.figure_right, *SCORING, *DRAWING],
            lambda: repr((PICTURES, PENALTIES, captions.SHAPES_HOW, captions.PLACED, load("captions"))),
        ),
    },
)

if __name__ == "__main__":
    MEASURED.main(sys.argv[1:])
