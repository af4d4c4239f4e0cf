"""What the gallery shows of each task: its scores beside simple methods, and test examples chosen by a rule.

The examples of a task are put in the order of the *loss* of the network that the page runs: -log P of the right answer, per
element of that answer, in nats. Shown are the first, the one in the middle and the last two, whatever they are.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from seqlib.batches import pad_batch, pad_features
from seqlib.book import exhibits, live, networks
from seqlib.book.figures import Panel, marked, sound
from seqlib.book.sketch import frames, svg
from seqlib.ctc import ctc_loss
from seqlib.data import film_strips, melodies, music, name_sentences, ner, video
from seqlib.data.dataset import Dataset, Example
from seqlib.encoder_decoder import translate, translator_loss
from seqlib.language_model import next_word, sentence_log_probability
from seqlib.models import tag
from seqlib.sampling import generate, sampler
from seqlib.support.types import Array, Params
from seqlib.vocabulary import Vocabulary

RESULTS = live.WEIGHTS.parents[3] / "benchmarks" / "results"
Stored = dict[str, Any]
Losses = Callable[[Stored, Params, list[Example]], Array]
Answers = Callable[[Stored, Params, list[Example]], list[Any]]


@dataclass(frozen=True)
class Task:
    """One task of the gallery: its network's file, its data, the loss of each test example, and what the network answers."""

    network: str
    data: Callable[[], Dataset]
    losses: Losses
    answers: Answers


@dataclass(frozen=True)
class Sample:
    """A test example: its rank by loss, from 1, the loss, and the network's answer."""

    rank: int
    loss: float
    example: Example
    answer: Any


# ------------------------------------------------------------------------------------------------ losses and answers


def _labels(encode: Callable[[Stored, Any], Array]) -> tuple[Losses, Answers]:
    """Of a tagger: one label for each element."""

    def read(stored: Stored, params: Params, examples: list[Example]) -> tuple[Array, Array]:
        x, mask = pad_features([encode(stored, example.x) for example in examples])
        return tag(params, x.astype(float), mask.astype(float), cell=stored["cell"]), mask

    def losses(stored: Stored, params: Params, examples: list[Example]) -> Array:
        p, mask = read(stored, params, examples)
        labels, _ = pad_batch([example.y for example in examples])
        right = np.take_along_axis(p, labels[None], axis=0)[0]  # (m, T_x)
        return np.asarray(-(np.log(right) * mask).sum(axis=1) / mask.sum(axis=1))

    def answers(stored: Stored, params: Params, examples: list[Example]) -> list[Any]:
        p, _ = read(stored, params, examples)
        return [best[: len(e.y)].tolist() for best, e in zip(p.argmax(axis=0), examples, strict=True)]

    return losses, answers


def _one_label(labels: Sequence[Any], read: Callable[[Stored, Params, list[Example]], Array]) -> tuple[Losses, Answers]:
    """Of a classifier: one label for the sequence. read: the probabilities (n_y, m)."""

    def losses(stored: Stored, params: Params, examples: list[Example]) -> Array:
        places = [labels.index(example.y) for example in examples]
        return np.asarray(-np.log(read(stored, params, examples)[places, np.arange(len(examples))]))

    def answers(stored: Stored, params: Params, examples: list[Example]) -> list[Any]:
        return [labels[int(best)] for best in read(stored, params, examples).argmax(axis=0)]

    return losses, answers


def _stars(stored: Stored, params: Params, examples: list[Example]) -> Array:
    return exhibits.stars_of(params, Vocabulary(stored["vocabulary"]), [example.x for example in examples])


def _activities(stored: Stored, params: Params, examples: list[Example]) -> Array:
    return networks.activities_of(params, [example.x for example in examples])


def _speech_losses(stored: Stored, params: Params, examples: list[Example]) -> Array:
    found = []
    for example, logits in zip(examples, exhibits.listen(params, [e.x for e in examples]), strict=True):
        symbols = [stored["alphabet"].index(letter) for letter in example.y]
        found.append(ctc_loss(logits[:, None], [symbols])[0] / len(symbols))
    return np.array(found)


def _texts(stored: Stored, params: Params, examples: list[Example]) -> list[Any]:
    return [exhibits.heard(logits) for logits in exhibits.listen(params, [example.x for example in examples])]


def _music_losses(stored: Stored, params: Params, examples: list[Example]) -> Array:
    tokens, mask = pad_batch([Vocabulary(stored["vocabulary"]).encode(example.x) for example in examples])
    return np.asarray(-sentence_log_probability(params, tokens, mask, cell=stored["cell"]) / mask.sum(axis=1))


def _continued(stored: Stored, params: Params, examples: list[Example]) -> list[Any]:
    """The first two bars of each melody and two more, drawn at temperature 0.8 with the seed 0."""
    vocabulary = Vocabulary(stored["vocabulary"])
    reject = [vocabulary[token] for token in ("<PAD>", "<EOS>", "<UNK>")]

    def go_on(tokens: list[str]) -> list[str]:
        draw = sampler(np.random.default_rng(0), temperature=0.8)
        how: dict[str, Any] = {"start": vocabulary.encode(tokens), "max_length": 32, "reject": reject}
        return vocabulary.decode(generate(next_word(params, stored["cell"]), draw, vocabulary.end, **how))

    return [go_on(example.x[:16]) for example in examples]


def _date_losses(stored: Stored, params: Params, examples: list[Example]) -> Array:
    source, target = Vocabulary(stored["source"]), Vocabulary(stored["target"])
    pairs = [([source.encode(e.x)], [target.encode(e.y, end=True)]) for e in examples]
    return np.array([translator_loss(params, x, y, cell=stored["cell"])[0] for x, y in pairs])


def _translations(stored: Stored, params: Params, examples: list[Example]) -> list[Any]:
    source, target = Vocabulary(stored["source"]), Vocabulary(stored["target"])
    how: dict[str, Any] = {"cell": stored["cell"], "max_length": stored["longest"]}
    return [target.decode(translate(params, source.encode(e.x), target.end, **how)) for e in examples]


TASKS = {
    "speech": Task("speech", exhibits.recordings, _speech_losses, _texts),
    "music": Task("music", cache(melodies), _music_losses, _continued),
    "sentiment": Task("sentiment", exhibits.film_reviews, *_one_label(exhibits.STARS, _stars)),
    "dna": Task("dna", exhibits.sequences, *_labels(lambda stored, x: exhibits.bases(x))),
    "translation": Task("dates", exhibits.date_pairs, _date_losses, _translations),
    "video": Task("video", cache(film_strips), *_one_label(video.ACTIVITIES, _activities)),
    "names": Task("names", cache(name_sentences), *_labels(lambda stored, x: ner.encode_words(x, stored["words"]))),
}


def samples(name: str) -> list[Sample]:
    """Of a task's test examples in the order of their loss the first, the middle one and the last two.

    Raises KeyError: no such task.
    """
    task = TASKS[name]
    stored = live.load(task.network)
    params, test = live.unpack_params(stored), task.data().test
    losses = task.losses(stored, params, test)
    order = np.argsort(losses, kind="stable")
    ranks = [0, len(test) // 2, len(test) - 2, len(test) - 1]
    chosen = [test[int(order[rank])] for rank in ranks]
    answers = task.answers(stored, params, chosen)
    return [
        Sample(rank + 1, float(losses[order[rank]]), example, answer)
        for rank, example, answer in zip(ranks, chosen, answers, strict=True)
    ]


# ------------------------------------------------------------------------------------------------ as a page shows them


def _text(content: str) -> str:
    return html.escape(content)


def _pair(right: str, answer: str, before: str = "") -> str:
    """Input, right answer and the network's answer, one line each; one line for two answers that are the same."""
    lines = [before] if before else []
    if right == answer:
        return "".join(f"<p>{line}</p>" for line in [*lines, f"right, and the network’s answer: {right}"])
    return "".join(f"<p>{line}</p>" for line in [*lines, f"right: {right}", f"the network: <strong>{answer}</strong>"])


def _sentence(text: str) -> str:
    """A sentence of tokens with its commas and full stops where they are written."""
    return text.replace(" ,", ",").replace(" .", ".")


def _marks(sample: Sample, between: str) -> str:
    right, answer = (
        _sentence(marked(sample.example.x, labels, between).content) for labels in (sample.example.y, sample.answer)
    )
    if sample.answer == sample.example.y:
        return f"<p>right, and the network’s answer:</p>{right}"
    return f"<p>right:</p>{right}<p>the network:</p>{answer}"


def _tune(sample: Sample) -> str:
    bars = " | ".join(" ".join(sample.answer[start : start + 8]) for start in range(0, len(sample.answer), 8))
    label = f"Melody {sample.rank} in {sample.example.y}: its first two bars, and two that the network adds"
    return f"<p>{_text(bars)}</p>{sound(music.tune(sample.answer, seconds=0.22), music.RATE, label).content}"


def _film(sample: Sample) -> str:
    """The frames of a clip, and the two answers."""
    clip = sample.example.x
    size = 600 / len(clip)
    alt = f"{len(clip)} frames of a stick figure that is {sample.example.y}"
    picture = svg(size * len(clip), size, frames(clip, size, (0.5, 1.0)), alt)
    return picture.svg + _pair(sample.example.y, sample.answer)


def _written(count: int) -> str:
    return f"{'★' * count} ({count})"


SHOWN: dict[str, Callable[[Sample], str]] = {
    "speech": lambda one: _pair(_text(one.example.y), _text(one.answer)),
    "music": _tune,
    "sentiment": lambda one: _pair(
        _written(one.example.y), _written(one.answer), _text(_sentence(" ".join(one.example.x)))
    ),
    "dna": lambda one: _marks(one, ""),
    "translation": lambda one: _pair("".join(one.example.y), "".join(one.answer), _text(" ".join(one.example.x))),
    "video": _film,
    "names": lambda one: _marks(one, " "),
}


def panel(name: str) -> Panel:
    """The samples of a task as a list. Raises KeyError: no such task."""
    count = len(TASKS[name].data().test)
    entries = [
        f"<li><p><strong>{one.rank} of {count}</strong>, loss {one.loss:.2g}</p>{SHOWN[name](one)}</li>"
        for one in samples(name)
    ]
    return Panel(
        f"<ul class='samples'>{''.join(entries)}</ul>", f"{name}: the first, the middle and the last two by loss"
    )


# ------------------------------------------------------------------------------------------------ scores


RULES = {
    "dna": "promoter, start codon, and the first stop codon in step, as the data were made",
    "translation": "the month's name looked up, four digits for the year, one or two for the day",
}


def spread(values: Sequence[float], form: str = "{:.3f}") -> str:
    """The mean, and in brackets the lowest and the highest where they differ."""
    mean, low, high = (form.format(value) for value in (np.mean(values), min(values), max(values)))
    return mean if low == high else f"{mean} ({low} to {high})"


@cache
def _measured() -> dict[str, dict[str, Any]]:
    """What benchmarks/gallery.py and benchmarks/exhibits.py stored, in one form."""
    tasks = {task["task"]: task for task in json.loads((RESULTS / "gallery.json").read_text("utf-8"))["tasks"]}
    tasks["phrases"] = tasks.pop("translation")
    more = json.loads((RESULTS / "exhibits.json").read_text("utf-8"))
    rows = more["dates"]["rows"]
    columns = {key: [row[key] for row in rows] for key in rows[0]}
    best = max(("nearest", "linear"), key=lambda one: float(np.mean(columns[one])))
    names = {"nearest": "nearest training date", "linear": "a linear classifier for each character"}
    tasks["translation"] = {
        "score": "share of dates that are right in every character",
        "model_name": "GRU encoder and decoder",
        "model": columns["model"],
        "rule": columns[best],
        "rule_name": f"best of two: {names[best]}",
        "baseline": columns["most frequent"],
        "baseline_name": "the most frequent character of each place",
        "parameters": columns["parameters"][0],
    }
    for task, column in (("dna", "dna"), ("translation", "dates")):
        tasks[task]["own rule"] = [row[column] for row in more["rules"]["rows"]]
    return tasks


def measured(name: str) -> dict[str, Any]:
    """A task's scores over the seeds: model, rule and baseline with their names.

    own rule: the score of the rule that made the data, where the library has it. Raises KeyError: no such task.
    """
    return _measured()[name]


def card(name: str) -> Panel:
    """The label of an exhibit: data, network, its score with the spread, the best simple method and the trivial one.

    Raises KeyError: no such task.
    """
    task, scores = TASKS[name], measured(name)
    data = task.data()
    sizes = data.sizes
    stored = live.load(task.network)
    (own,) = stored["scores"].values()  # a file of the gallery has one score
    count = sum(value.size for value in live.unpack_params(stored).values())
    here = "" if count == scores["parameters"] else f"; the one in this page has {count:,}"
    rows = {
        "X": data.inputs,
        "Y": data.outputs,
        "data": f"{sizes['train']:,} examples to learn from, {sizes['test']:,} to be tested on",
        "network": f"{scores['model_name']}, {scores['parameters']:,} parameters{here}",
        "score": scores["score"],
        "the network": f"{spread(scores['model'])}; the one in this page: {own:.3f}",
        "best simple method": f"{spread(scores['rule'])}: {scores['rule_name']}",
        "trivial": f"{spread(scores['baseline'])}: {scores['baseline_name']}",
    }
    if "own rule" in scores:
        rows["the rule itself"] = f"{spread(scores['own rule'])}: {RULES[name]}"
    body = "".join(f"<tr><th scope='row'>{key}</th><td>{html.escape(text)}</td></tr>" for key, text in rows.items())
    about = f"class='pst-scrollable-table-container' tabindex='0' role='group' aria-label='{name}: data, network and scores'"
    table = f"<table class='table'><tbody>{body}</tbody></table>"
    return Panel(f"<div {about}>{table}</div>", f"{name}: data, network and scores")
