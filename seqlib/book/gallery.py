"""The seven tasks of lesson 1, each trained with the library's own models in well under a minute.

Every function takes a data set of `seqlib.data` and a seed, trains, and returns what a reader needs to look at the result:
`predict`, which goes from a list of inputs x to a list of outputs y, as the data set has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqlib import fast
from seqlib.batches import one_hot, pad_batch, pad_features
from seqlib.ctc import ctc_decode, ctc_loss
from seqlib.data import ner, speech, video
from seqlib.data.dataset import Dataset
from seqlib.encoder_decoder import translate, translator_loss, translator_parameters
from seqlib.language_model import language_model_loss, next_word, sentence_log_probability
from seqlib.losses import perplexity
from seqlib.models import (
    classifier_loss,
    classify,
    network_backward,
    network_forward,
    network_parameters,
    tag,
    tagger_loss,
)
from seqlib.optimisers import Adam
from seqlib.sampling import generate, sampler
from seqlib.support.types import Array, Params
from seqlib.training import example_batches, train
from seqlib.vocabulary import Vocabulary

Batch = tuple[Any, Array, list[Any]]  # padded inputs, their mask (m, T_x), the list of outputs
Step = Callable[[Params, Batch], tuple[float, dict[str, Array]]]


@dataclass(frozen=True)
class Trained:
    """A trained model: its parameters, what it says to inputs, and, of a language model, its perplexity on sequences."""

    params: Params
    predict: Callable[[Sequence[Any]], list[Any]]
    perplexity: Callable[[Sequence[Any]], float] | None = None


def pad(inputs: Sequence[Any]) -> tuple[Any, Array]:
    """A batch of words' indices (m, T_x), or of features (n_x, m, T_x), and its mask."""
    return pad_features(inputs, np.float32) if isinstance(inputs[0], np.ndarray) else pad_batch(inputs)


def fit(
    params: Params,
    step: Step,
    examples: Sequence[tuple[Any, Any]],
    *,
    epochs: int,
    size: int,
    rate: float,
    seed: int,
    progress: bool = False,
) -> None:
    """Train in place with Adam on pairs (input, output); the rate falls in a line to a twentieth of its start."""
    optimiser = Adam(rate)
    lengths = [x.shape[1] if isinstance(x, np.ndarray) else len(x) for x, _ in examples]
    one_epoch = example_batches(
        examples, size, lambda some: (*pad([x for x, _ in some]), [y for _, y in some]), lengths
    )
    rates = iter(np.linspace(rate, rate / 20, epochs))

    def batches(rng: np.random.Generator) -> Iterator[Any]:
        optimiser.learning_rate = float(next(rates))
        return one_epoch(rng)

    train(params, step, batches, epochs=epochs, optimiser=optimiser, seed=seed, progress=progress)


def in_parts(predict: Callable[[Any, Array], list[Any]], encode: Callable[[Any], Any], size: int = 64) -> Any:
    """A function that encodes its inputs, pads `size` of them at a time and predicts."""

    def all_of(inputs: Sequence[Any]) -> list[Any]:
        coded = [encode(x) for x in inputs]
        parts = [predict(*pad(coded[start : start + size])) for start in range(0, len(coded), size)]
        return [y for part in parts for y in part]

    return all_of


def _parameters(seed: int, *, cell: str = "gru", **sizes: Any) -> Params:
    """First parameters of one layer, in single precision."""
    return network_parameters(np.random.default_rng(seed), cell=cell, dtype=np.float32, **sizes)


def _tagger(dataset: Dataset, encode: Callable[[Any], Array], n_a: int, seed: int, **how: Any) -> Trained:
    """A bidirectional GRU that gives each step a label, 0 or 1."""
    examples = [(encode(e.x), e.y) for e in dataset.train]
    params = _parameters(seed, n_x=len(examples[0][0]), n_a=n_a, n_y=2, bidirectional=True)

    def step(params: Params, batch: Batch) -> tuple[float, dict[str, Array]]:
        x, mask, labels = batch
        return tagger_loss(params, x, pad_batch(labels)[0], mask, cell="gru")

    def predict(x: Array, mask: Array) -> list[Any]:
        best = tag(params, x, mask, cell="gru").argmax(axis=0)  # (m, T_x)
        return [row[real > 0].tolist() for row, real in zip(best, mask, strict=True)]

    fit(params, step, examples, seed=seed, **how)
    return Trained(params, in_parts(predict, encode))


def _classifier(
    dataset: Dataset, encode: Callable[[Any], Any], labels: Sequence[Any], params: Params, cell: str, **how: Any
) -> Trained:
    """A label for the whole sequence, from the last state."""

    def step(params: Params, batch: Batch) -> tuple[float, dict[str, Array]]:
        x, mask, wanted = batch
        return classifier_loss(params, x, wanted, mask, cell=cell)

    def predict(x: Any, mask: Array) -> list[Any]:
        return [labels[int(label)] for label in classify(params, x, mask, cell=cell).argmax(axis=0)]

    fit(params, step, [(encode(e.x), labels.index(e.y)) for e in dataset.train], **how)
    return Trained(params, in_parts(predict, encode))


def train_names(dataset: Dataset, seed: int = 0, *, epochs: int = 8, progress: bool = False) -> Trained:
    """Words -> 1 for a part of a person's name: a bidirectional GRU of 48 units on one-hot words."""
    words = ner.build_words(dataset.train)
    how: dict[str, Any] = {"epochs": epochs, "size": 32, "rate": 0.01, "progress": progress}
    return _tagger(dataset, lambda x: ner.encode_words(x, words), 48, seed, **how)


def train_dna(dataset: Dataset, seed: int = 0, *, epochs: int = 11, progress: bool = False) -> Trained:
    """Bases -> 1 where they code: a bidirectional GRU of 32 units."""
    how: dict[str, Any] = {"epochs": epochs, "size": 16, "rate": 0.01, "progress": progress}
    return _tagger(dataset, lambda x: one_hot(["ACGT".index(base) for base in x], 4), 32, seed, **how)


def train_sentiment(dataset: Dataset, seed: int = 0, *, epochs: int = 24, progress: bool = False) -> Trained:
    """Words of a review -> stars: an LSTM of 48 units on embedded words."""
    vocabulary = Vocabulary(sorted({word for e in dataset.train for word in e.x}))
    params = _parameters(seed, n_x=32, n_a=48, n_y=5, cell="lstm", n_words=len(vocabulary))
    how: dict[str, Any] = {"epochs": epochs, "size": 32, "rate": 0.005, "seed": seed, "progress": progress}
    return _classifier(dataset, vocabulary.encode, [1, 2, 3, 4, 5], params, "lstm", **how)


def train_video(dataset: Dataset, seed: int = 0, *, epochs: int = 14, progress: bool = False) -> Trained:
    """Frames -> activity: a GRU of 48 units on the pixels of each frame."""
    params = _parameters(seed, n_x=video.SIZE**2, n_a=48, n_y=len(video.ACTIVITIES))
    how: dict[str, Any] = {"epochs": epochs, "size": 32, "rate": 0.01, "seed": seed, "progress": progress}
    # the background is mostly white: 0.2 is about the mean of a pixel
    return _classifier(dataset, lambda x: x.reshape(len(x), -1).T - 0.2, video.ACTIVITIES, params, "gru", **how)


def train_speech(dataset: Dataset, seed: int = 0, *, epochs: int = 14, progress: bool = False) -> Trained:
    """Spectrogram -> text: a bidirectional GRU of 48 units with the CTC loss."""
    alphabet = ["", " ", *speech.LETTERS]  # the blank first
    params = _parameters(seed, n_x=speech.BANDS, n_a=48, n_y=len(alphabet), bidirectional=True)

    def step(params: Params, batch: Batch) -> tuple[float, dict[str, Array]]:
        x, mask, texts = batch
        a, caches = network_forward(x, params, "gru", mask)
        loss, dlogits = ctc_loss(fast.output_forward(a, params, logits=True), texts, mask=mask)
        top = fast.output_backward(dlogits, a, params)
        return loss, network_backward(top.pop("da"), caches, params) | top

    def predict(x: Array, mask: Array) -> list[str]:
        a, _ = network_forward(x, params, "gru", mask)
        heard = ctc_decode(fast.output_forward(a, params, logits=True), mask=mask)
        return ["".join(alphabet[symbol] for symbol in symbols) for symbols in heard]

    examples = [(e.x, [alphabet.index(letter) for letter in e.y]) for e in dataset.train]
    fit(params, step, examples, epochs=epochs, size=16, rate=0.01, seed=seed, progress=progress)
    return Trained(params, in_parts(predict, lambda x: x))


def train_music(dataset: Dataset, seed: int = 0, *, epochs: int = 30, progress: bool = False) -> Trained:
    """Notes so far -> the next: a GRU language model of 96 units. `predict` goes on from the first notes it is given."""
    vocabulary = Vocabulary(sorted({token for e in dataset.train for token in e.x}))
    length = len(dataset.train[0].x)
    params = _parameters(seed, n_x=24, n_a=96, n_y=len(vocabulary), n_words=len(vocabulary))

    def step(params: Params, batch: Batch) -> tuple[float, dict[str, Array]]:
        tokens, mask, _ = batch
        return language_model_loss(params, tokens, mask, cell="gru", reduction="token")

    def predict(beginnings: Sequence[Sequence[str]]) -> list[Any]:
        rng = np.random.default_rng(seed)
        reject = [vocabulary[token] for token in ("<PAD>", "<EOS>", "<UNK>")]
        starts = [vocabulary.encode(list(beginning)) for beginning in beginnings]
        step, draw = next_word(params, "gru"), sampler(rng, temperature=0.8)
        how: dict[str, Any] = {"max_length": length, "reject": reject}
        return [vocabulary.decode(generate(step, draw, vocabulary.end, start=start, **how)) for start in starts]

    def held_out(melodies: Sequence[Sequence[str]]) -> float:
        tokens, mask = pad_batch([vocabulary.encode(list(melody)) for melody in melodies])
        return perplexity(-float(sentence_log_probability(params, tokens, mask, cell="gru").sum()), mask.sum())

    examples = [(vocabulary.encode(e.x), None) for e in dataset.train]
    fit(params, step, examples, epochs=epochs, size=16, rate=0.005, seed=seed, progress=progress)
    return Trained(params, predict, held_out)


def train_translation(
    dataset: Dataset, seed: int = 0, *, n_e: int = 32, n_a: int = 128, epochs: int = 30, progress: bool = False
) -> Trained:
    """Tokens -> tokens: a GRU encoder and decoder of n_a units, no attention."""
    source = Vocabulary(sorted({token for e in dataset.train for token in e.x}))
    target = Vocabulary(sorted({token for e in dataset.train for token in e.y}))
    sizes: dict[str, Any] = {"n_source": len(source), "n_target": len(target), "n_e": n_e, "n_a": n_a}
    params = translator_parameters(np.random.default_rng(seed), **sizes, cell="gru", dtype=np.float32)

    def step(params: Params, batch: Batch) -> tuple[float, dict[str, Array]]:
        x, mask, targets = batch
        y, y_mask = pad_batch(targets)
        return translator_loss(params, x, y, mask, y_mask, cell="gru")

    longest = max(len(e.y) for e in dataset.train)

    def predict(sentences: Sequence[Sequence[str]]) -> list[Any]:
        coded = [source.encode(list(sentence)) for sentence in sentences]
        return [target.decode(translate(params, x, target.end, cell="gru", max_length=longest + 1)) for x in coded]

    examples = [(source.encode(e.x), target.encode(e.y, end=True)) for e in dataset.train]
    fit(params, step, examples, epochs=epochs, size=32, rate=0.006, seed=seed, progress=progress)
    return Trained(params, predict)
