"""How the networks of the live figures are made: one class a network, with what its figure needs besides the parameters."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from seqlib.batches import one_hot, pad_batch, pad_features
from seqlib.book import (
    captions,
    exhibits,
    future,
    gallery,
    gate,
    lesson_map,
    stack,
    switches,
    translator,
    whisper,
    word_map,
)
from seqlib.book.live import digest, fingerprint, pack_exactly, pack_params, unpack_params
from seqlib.data import film_strips, first_names, homophone_sentences, melodies, name_sentences, ner, reviews, video
from seqlib.data.dataset import Dataset
from seqlib.deep import deep_forward
from seqlib.embeddings import embedding_forward
from seqlib.initialise import spectral_radius
from seqlib.language_model import language_model_loss, next_word, sentence_log_probability
from seqlib.losses import bits_per_character, perplexity, sequence_cross_entropy
from seqlib.metrics import token_accuracy
from seqlib.models import classify, layers_of, network_parameters, tag
from seqlib.output import output_backward
from seqlib.rnn import rnn_backward, rnn_cell_backward, rnn_forward
from seqlib.support.types import Array, Params
from seqlib.vocabulary import Vocabulary


@dataclass(frozen=True)
class Network:
    """A stored network: `make` trains it and returns the file's content, `fingerprint` says what it depends on."""

    make: Callable[[], dict[str, Any]]
    fingerprint: Callable[[], str]


# ------------------------------------------------------------------------------------------------ the series 0, 1, 2, 1

SERIES = (0, 1, 2, 1)
# lesson 3's network for paper: two units, no biases
BY_HAND = {
    "Wax": [[-2.1, 0.0, 2.1], [0.9, -0.9, 1.0]],
    "Waa": [[1.7, 0.6], [-0.2, -1.6]],
    "Wya": [[2.3, -1.9], [-2.0, 3.4], [-2.4, -2.0]],
}


def by_hand() -> Params:
    """The parameters of lesson 3's network, its biases zero."""
    params = {name: np.array(rows) for name, rows in BY_HAND.items()}
    return params | {"ba": np.zeros((2, 1)), "by": np.zeros((3, 1))}


def series_examples(T_x: int = 20) -> tuple[Array, Array]:
    """The series 0, 1, 2, 1, 0, ...: one-hot inputs (3, 1, T_x) and the next values (1, T_x)."""
    values = np.resize(SERIES, T_x + 1)[None]
    return one_hot(values[:, :-1], 3), values[:, 1:]


def first_weights(n_a: int, seed: int) -> Params:
    """The weights that lesson 4's training begins with."""
    rng = np.random.default_rng(seed)
    shapes = {"Wax": (n_a, 3), "Waa": (n_a, n_a), "ba": (n_a, 1), "Wya": (3, n_a), "by": (3, 1)}
    return {name: 0.5 * rng.normal(size=shape) for name, shape in shapes.items()}


def descend(params: Params, *, steps: int = 200, rate: float = 1.0) -> list[float]:
    """Plain gradient descent on 20 numbers of the series, in place: the loss per step before each update."""
    x, y = series_examples()
    a0 = np.zeros((len(params["Waa"]), 1))
    losses = []
    for _ in range(steps):
        a, logits, caches = rnn_forward(x, a0, params, logits=True)
        assert logits is not None  # params have an output layer
        loss, dlogits = sequence_cross_entropy(logits, y, reduction="token")
        gradients = output_backward(dlogits, a, params)
        gradients |= rnn_backward(gradients.pop("da"), caches)
        for name in params:
            params[name] -= rate * gradients["d" + name]
        losses.append(loss)
    return losses


def train_series(seed: int = 0, n_a: int = 4) -> tuple[Params, list[float]]:
    """A recurrent network that has learnt to continue the series: its parameters and the losses."""
    params = first_weights(n_a, seed)
    return params, descend(params)


def series_right(params: Params, T_x: int = 200) -> float:
    """The share of next values that are right."""
    x, y = series_examples(T_x)
    _, y_hat, _ = rnn_forward(x, np.zeros((len(params["Waa"]), 1)), params)
    assert y_hat is not None
    return float((y_hat.argmax(axis=0) == y).mean())


def state_gradients(da: Array, caches: Any) -> Array:
    """The norm of the whole gradient of each state a<1> to a<T_x>, over the batch: (T_x,)."""
    states, x, params, _ = caches
    sizes, back = [], np.zeros_like(da[:, :, 0])
    for t in reversed(range(da.shape[2])):
        back = back + da[:, :, t]
        sizes.append(np.linalg.norm(back))
        back = rnn_cell_backward(back, (states[:, :, t + 1], states[:, :, t], x[:, :, t], params))["da_prev"]
    return np.array(sizes[::-1])


def _make_series() -> dict[str, Any]:
    params, losses = train_series()
    stored = {"params": {name: pack_exactly(value, 4) for name, value in params.items()}}
    rounded = unpack_params(stored)
    return {
        "cell": "rnn",
        **stored,
        "by_hand": {name: pack_exactly(value, 1) for name, value in by_hand().items()},
        "radius": round(spectral_radius(rounded["Waa"]), 6),
        "scores": {"right": series_right(rounded), "loss": round(losses[-1], 4)},
    }


# ------------------------------------------------------------------------------------------------ characters

CHARACTERS: dict[str, Any] = {"n_a": 128, "n_e": 12, "epochs": 24, "size": 32, "rate": 0.005}


def _text(words: Sequence[str]) -> str:
    """Words as a sentence: a capital first, no space before a comma or a full stop, a full stop at the end."""
    text = "".join(word if word in ",.?!" else f" {word}" for word in words).strip()
    text = " ".join("I" if word == "i" else word for word in text.split(" "))
    return text[0].upper() + text[1:] + ("" if text[-1] in ".?!" else ".")


@cache
def character_corpus() -> dict[str, list[tuple[str, str]]]:
    """Sentences of the book's own data, as texts, each with its kind: people and places, reviews, words that sound alike."""
    kinds = {"people": name_sentences(), "review": reviews(train=2400), "sound": homophone_sentences()}
    return {
        split: [(_text(example.x), kind) for kind, some in kinds.items() for example in getattr(some, split)]
        for split in ("train", "test")
    }


def train_language_model(
    sequences: Sequence[Sequence[int]], n_y: int, *, n_a: int, n_e: int, epochs: int, size: int, rate: float
) -> Params:
    """A GRU language model of tokens 0 to n_y - 1; each sequence has its <EOS>."""
    sizes: dict[str, Any] = {"n_x": n_e, "n_a": n_a, "n_y": n_y, "n_words": n_y}
    params = network_parameters(np.random.default_rng(0), cell="gru", dtype=np.float32, **sizes)

    def step(params: Params, batch: gallery.Batch) -> tuple[float, dict[str, Array]]:
        tokens, mask, _ = batch
        return language_model_loss(params, tokens, mask, cell="gru", reduction="token")

    examples = [(sequence, None) for sequence in sequences]
    gallery.fit(params, step, examples, epochs=epochs, size=size, rate=rate, seed=0)
    return params


def character_bits(params: Params, texts: Sequence[str], letters: Vocabulary) -> float:
    """Bits per character on texts, their ends counted."""
    tokens, mask = pad_batch([letters.encode(list(text), end=True) for text in texts])
    loss = -float(sentence_log_probability(params, tokens, mask, cell="gru").sum())
    return bits_per_character(loss, float(mask.sum()))


def character_states(params: Params, text: str, letters: Vocabulary) -> Array:
    """The state after each letter of a text: (n_a, T)."""
    x = embedding_forward([letters.encode(list(text))], params["E"])
    x = np.concatenate([np.zeros_like(x[:, :, :1]), x], axis=2)  # x<1> = 0
    return np.asarray(deep_forward(x, layers_of(params), "gru")[0][:, 0, 1:])


FEATURES: dict[str, Callable[[str, str, int], float]] = {
    "sentence about people": lambda text, kind, t: kind == "people",
    "space": lambda text, kind, t: text[t] == " ",
    "place in the sentence": lambda text, kind, t: float(np.log(t + 1)),
    "vowel": lambda text, kind, t: text[t] in "aeiouAEIOU",
}


def describe_units(params: Params, texts: Sequence[tuple[str, str]], letters: Vocabulary) -> dict[str, Any]:
    """The units from slow to fast, and for each feature the unit that follows it most closely, with its correlation."""
    states = [character_states(params, text, letters) for text, _ in texts]
    change = np.mean([np.abs(np.diff(a, axis=1)).mean(axis=1) for a in states], axis=0)
    both = np.concatenate(states, axis=1)
    described = []
    for label, feature in FEATURES.items():
        values = [float(feature(text, kind, t)) for text, kind in texts for t in range(len(text))]
        r = np.corrcoef(both, values)[-1, :-1]
        unit = int(np.abs(r).argmax())
        described.append({"feature": label, "unit": unit, "r": round(float(r[unit]), 3)})
    return {"order": [int(unit) for unit in np.argsort(change, kind="stable")], "features": described}


def character_probe(params: Params, letters: Vocabulary, text: str = "Yesterday, Harry Potter met") -> dict[str, Any]:
    """log P of every letter after a text, as seqlib computes it."""
    step = next_word(params, "gru")
    log_p, state = step(None, None)
    for token in letters.encode(list(text)):
        log_p, state = step(state, token)
    return {"text": text, "log_p": [round(float(value), 8) for value in log_p]}


def held_out_texts(letters: Vocabulary) -> list[tuple[str, str]]:
    """Every fourth test sentence whose letters are all known."""
    return [(text, kind) for text, kind in character_corpus()["test"] if all(letter in letters for letter in text)][::4]


def _make_characters() -> dict[str, Any]:
    train = [text for text, _ in character_corpus()["train"]]
    letters = Vocabulary(sorted({letter for text in train for letter in text}), unknown=False)
    test = held_out_texts(letters)
    params = train_language_model([letters.encode(list(text), end=True) for text in train], len(letters), **CHARACTERS)
    stored = {"params": pack_params(params)}
    rounded = unpack_params(stored)
    return {
        "cell": "gru",
        "vocabulary": letters.words,
        **stored,
        **describe_units(rounded, test[::3], letters),
        "sentences": len(train),
        "scores": {
            "bits per character": round(character_bits(rounded, [text for text, _ in test], letters), 4),
            "before rounding": round(character_bits(params, [text for text, _ in test], letters), 4),
        },
        "probe": character_probe(rounded, letters),
    }


# ------------------------------------------------------------------------------------------------ lesson 1


@cache
def _names() -> Dataset:
    return name_sentences()


def names_f1(params: Params, words: list[str]) -> float:
    """F1 of the names' words in the test sentences."""
    test = _names().test
    x, mask = pad_features([ner.encode_words(example.x, words) for example in test])
    guesses = tag(params, x.astype(float), mask.astype(float), cell="gru").argmax(axis=0)  # (m, T_x)
    labels, _ = pad_batch([example.y for example in test])
    both = float(((guesses == 1) & (labels == 1) & (mask > 0)).sum())
    return 2 * both / (float(((guesses == 1) & (mask > 0)).sum()) + float(labels.sum()))


def _make_names() -> dict[str, Any]:
    data = _names()
    words = ner.build_words(data.train)
    stored = {"params": pack_params(gallery.train_names(data).params)}
    params = unpack_params(stored)
    probe = tag(params, ner.encode_words(ner.lecture_sample().x, words)[:, None, :], cell="gru")[1, 0]
    return {
        "cell": "gru",
        "words": words,
        **stored,
        "sentences": len(data.train),
        "scores": {"F1": round(names_f1(params, words), 4)},
        "probe": {"text": ner.LECTURE, "p": [round(float(p), 8) for p in probe]},
    }


@cache
def _melodies() -> Dataset:
    return melodies()


def music_perplexity(params: Params, vocabulary: Vocabulary) -> float:
    """Perplexity per token on the test melodies."""
    tokens, mask = pad_batch([vocabulary.encode(example.x) for example in _melodies().test])
    loss = -float(sentence_log_probability(params, tokens, mask.astype(float), cell="gru").sum())
    return perplexity(loss, float(mask.sum()))


def _make_music() -> dict[str, Any]:
    data = _melodies()
    vocabulary = Vocabulary(sorted({token for example in data.train for token in example.x}))
    stored = {"params": pack_params(gallery.train_music(data).params)}
    return {
        "cell": "gru",
        "vocabulary": vocabulary.words,
        **stored,
        "melodies": len(data.train),
        "scores": {"perplexity": round(music_perplexity(unpack_params(stored), vocabulary), 4)},
        "example": data.test[0].x,
    }


@cache
def _films() -> Dataset:
    return film_strips()


def pack_film(clip: Array) -> str:
    """A clip (T_x, SIZE, SIZE) between 0 and 1 as 16 shades of grey, two pixels a byte."""
    shades = np.rint(clip * 15).astype(np.uint8).ravel()
    return base64.b64encode((shades[::2] * 16 + shades[1::2]).tobytes()).decode()


def unpack_film(text: str) -> Array:
    """The clip that `pack_film` stored, in float64: what the page shows and what its network reads."""
    both = np.frombuffer(base64.b64decode(text), np.uint8)
    shades = np.stack([both // 16, both % 16], axis=1).ravel()
    return np.asarray(shades.reshape(-1, video.SIZE, video.SIZE) / 15)


def film_inputs(clip: Array) -> Array:
    """A clip as the network reads it: (SIZE * SIZE, T_x)."""
    return np.asarray(clip.reshape(len(clip), -1).T - 0.2)


def activities_of(params: Params, clips: Sequence[Array]) -> Array:
    """The probabilities of each activity in some clips (T_x, SIZE, SIZE): (n_y, m)."""
    x, mask = pad_features([film_inputs(clip) for clip in clips])
    return classify(params, x.astype(float), mask.astype(float), cell="gru")


def video_accuracy(params: Params) -> float:
    """The share of test films whose activity is right."""
    test = _films().test
    best = activities_of(params, [example.x for example in test]).argmax(axis=0)
    return token_accuracy(np.array(video.ACTIVITIES)[best], [example.y for example in test])


def _make_video() -> dict[str, Any]:
    data = _films()
    stored = {"params": pack_params(gallery.train_video(data).params)}
    params = unpack_params(stored)
    # the first test clip of each activity, whatever the network says about it
    clips = [next(example for example in data.test if example.y == activity) for activity in video.ACTIVITIES]
    films = [{"activity": example.y, "frames": pack_film(example.x)} for example in clips]
    probe = activities_of(params, [unpack_film(films[0]["frames"])])[:, 0]
    return {
        "cell": "gru",
        "activities": list(video.ACTIVITIES),
        "size": video.SIZE,
        **stored,
        "clips": films,
        "scores": {"accuracy": round(video_accuracy(params), 4)},
        "probe": {"clip": 0, "p": [round(float(p), 8) for p in probe]},
    }


# ------------------------------------------------------------------------------------------------ lesson 6

SENTENCES: dict[str, Any] = {"n_a": 64, "n_e": 24, "epochs": 20, "size": 32, "rate": 0.01}


@cache
def _sentences() -> Dataset:
    return homophone_sentences()


def log_probability(params: Params, words: Sequence[str], vocabulary: Vocabulary) -> float:
    """log P of a sentence and its end."""
    return float(sentence_log_probability(params, [vocabulary.encode(list(words), end=True)], cell="gru")[0])


def pairs_right(params: Params, vocabulary: Vocabulary) -> float:
    """The share of test pairs of which the sentence as it was written is the more probable one."""
    better = [
        log_probability(params, e.x, vocabulary) > log_probability(params, e.y, vocabulary) for e in _sentences().test
    ]
    return float(np.mean(better))


def _make_sentences() -> dict[str, Any]:
    data = _sentences()
    vocabulary = Vocabulary(sorted({word for example in data.train for word in example.x}))
    coded = [vocabulary.encode(example.x, end=True) for example in data.train]
    stored = {"params": pack_params(train_language_model(coded, len(vocabulary), **SENTENCES))}
    return {
        "cell": "gru",
        "vocabulary": vocabulary.words,
        **stored,
        "sentences": len(data.train),
        "scores": {"pairs ranked right": round(pairs_right(unpack_params(stored), vocabulary), 4)},
    }


# ------------------------------------------------------------------------------------------------ lesson 7

FIRST_NAMES: dict[str, Any] = {"n_a": 64, "n_e": 16, "epochs": 16, "size": 32, "rate": 0.005}


@cache
def _first_names() -> Dataset:
    return first_names()


def first_names_bits(params: Params, letters: Vocabulary) -> float:
    """Bits per character of the test names, their ends counted."""
    return character_bits(params, ["".join(example.x) for example in _first_names().test], letters)


def _make_first_names() -> dict[str, Any]:
    names = ["".join(example.x) for example in _first_names().train]
    letters = Vocabulary(sorted({letter for name in names for letter in name}), unknown=False)
    coded = [letters.encode(list(name), end=True) for name in names]
    stored = {"params": pack_params(train_language_model(coded, len(letters), **FIRST_NAMES))}
    return {
        "cell": "gru",
        "vocabulary": letters.words,
        **stored,
        "names": sorted(names),
        "scores": {"bits per character": round(first_names_bits(unpack_params(stored), letters), 4)},
    }


NETWORKS = {
    "series": Network(
        _make_series, lambda: fingerprint([train_series, first_weights, descend, series_examples], repr(BY_HAND))
    ),
    "characters": Network(
        _make_characters,
        lambda: fingerprint(
            [train_language_model, gallery.fit],
            repr(CHARACTERS) + repr(character_corpus()["train"]),
        ),
    ),
    "sentences": Network(
        _make_sentences,
        lambda: fingerprint([train_language_model, gallery.fit], repr(SENTENCES) + digest(_sentences().train)),
    ),
    "first-names": Network(
        _make_first_names,
        lambda: fingerprint([train_language_model, gallery.fit], repr(FIRST_NAMES) + digest(_first_names().train)),
    ),
    "names": Network(
        _make_names,
        lambda: fingerprint([gallery.train_names, gallery._tagger, gallery.fit], digest(_names().train)),
    ),
    "music": Network(_make_music, lambda: fingerprint([gallery.train_music, gallery.fit], digest(_melodies().train))),
    "whisper": Network(
        whisper.make,
        whisper.fingerprint,
    ),
    "gate": Network(gate.make, gate.fingerprint),
    "switches": Network(switches.make, switches.fingerprint),
    "future": Network(future.make, future.fingerprint),
    "words": Network(word_map.make, word_map.fingerprint),
    "lessons": Network(lesson_map.make, lesson_map.fingerprint),
    "captions": Network(captions.make_shapes, captions.fingerprint_shapes),
    "hiding": Network(captions.make_outputs, captions.fingerprint_outputs),
    "stack": Network(
        lambda: stack.make(character_corpus()),
        lambda: fingerprint(
            [*stack.code(), gallery.fit],
            repr((stack.HOW, stack.LAYERS, character_corpus())),
        ),
    ),
    "beam": Network(translator.make, translator.fingerprint),
    "video": Network(
        _make_video,
        lambda: fingerprint([gallery.train_video, gallery._classifier, gallery.fit], digest(_films().train)),
    ),
    **{name: Network(*made) for name, made in exhibits.MADE.items()},
}
