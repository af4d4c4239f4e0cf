"""The seven tasks of lesson 1, trained: `python benchmarks/gallery.py`.

Each task trains three times, from three seeds, and is scored on examples it never saw, beside a trivial baseline and a
rule that needs no network. The exit status is 1 when a score misses its floor or its rule, or training takes over 60 s.
Results go to benchmarks/results/gallery.json.
"""

from __future__ import annotations  # ruff: noqa: E402

import os

# the matrices are small: a second BLAS thread costs more than it brings
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]

import gallery_models as models
import gallery_rules as rules

from seqlib import data
from seqlib.data import ner, speech, video
from seqlib.metrics import edit_distance
from seqlib.types import Array, Params

RESULTS = Path(__file__).resolve().parent / "results" / "gallery.json"
LIMIT = 60.0  # seconds of training
SEEDS = (1, 2, 3)


@dataclass
class Result:
    """What one task scored."""

    task: str
    score: str
    lower_is_better: bool
    floor: float
    model_name: str
    baseline_name: str
    rule_name: str
    baseline: list[float] = field(default_factory=list)
    rule: list[float] = field(default_factory=list)
    model: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    parameters: int = 0
    sample: str = ""

    def problems(self) -> list[str]:
        """What is not as it must be, in words."""
        sign = -1 if self.lower_is_better else 1
        found = []
        for seed, (baseline, rule, model, seconds) in enumerate(
            zip(self.baseline, self.rule, self.model, self.seconds, strict=True)
        ):
            if sign * model < sign * self.floor:
                found.append(f"run {seed + 1}: {model:.3f} misses the floor {self.floor}")
            if sign * model <= sign * max(sign * rule, sign * baseline) * sign:
                found.append(f"run {seed + 1}: {model:.3f} is no better than the rule, {rule:.3f}")
            if seconds > LIMIT:
                found.append(f"run {seed + 1}: training took {seconds:.0f} s")
        return found


@dataclass
class Run:
    """One training: the held-out scores, the time and the size."""

    baseline: float
    rule: float
    model: float
    seconds: float
    params: Params
    sample: str


@dataclass(frozen=True)
class Task:
    """A task of the gallery: how it is scored and how one run of it goes."""

    score: str
    floor: float
    model_name: str
    baseline_name: str
    rule_name: str
    run: Callable[[int], Run]
    lower_is_better: bool = False


def chunks(items: Sequence[Any], size: int = 64) -> Iterator[Sequence[Any]]:
    """The items, `size` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def timed(params: Params, step: models.Step, examples: list[Any], seed: int, **options: Any) -> float:
    """Train, and say how long it took."""
    start = time.perf_counter()
    models.fit(params, step, examples, seed=seed, **options)
    return time.perf_counter() - start


def encoder(tokens: list[Any]) -> Callable[[Sequence[Any]], Array]:
    """One-hot columns over the tokens; any other token is the first."""
    index = {token: i for i, token in enumerate(tokens)}
    return lambda x: models.one_hot32(np.array([index.get(token, 0) for token in x]), len(tokens))


def f1(guesses: list[list[int]], truths: list[list[int]]) -> float:
    """Harmonic mean of precision and recall of the label 1."""
    pairs = [pair for guess, truth in zip(guesses, truths, strict=True) for pair in zip(guess, truth, strict=True)]
    both, either = sum(a and b for a, b in pairs), sum(a + b for a, b in pairs)
    return 2 * both / either if either else 0.0


def share(guesses: Sequence[Any], truths: Sequence[Any]) -> float:
    """The share of guesses that are right."""
    return float(np.mean([guess == truth for guess, truth in zip(guesses, truths, strict=True)]))


def flat(rows: Sequence[Sequence[Any]]) -> list[Any]:
    """Every element of every row."""
    return [element for row in rows for element in row]


def error_rate(texts: Sequence[str], truths: Sequence[str]) -> float:
    """Character error rate of a whole set."""
    wrong = sum(edit_distance(text, truth) for text, truth in zip(texts, truths, strict=True))
    return wrong / sum(len(truth) for truth in truths)


def run_speech(seed: int) -> Run:
    """Recordings -> text, by a bidirectional GRU with the CTC loss."""
    dataset = data.spoken_words(seed)
    alphabet = "-" + " " + speech.LETTERS  # the blank first
    examples = [(e.x, [alphabet.index(letter) for letter in e.y]) for e in dataset.train]
    params = models.bidirectional_gru(np.random.default_rng(seed), speech.BANDS, 48, len(alphabet))
    seconds = timed(params, models.recogniser_step, examples, seed, epochs=14, size=16, rate=0.01)
    truths = [e.y for e in dataset.test]
    heard = flat([models.recognise(params, [e.x for e in some]) for some in chunks(dataset.test)])
    texts = ["".join(alphabet[symbol] for symbol in symbols) for symbols in heard]
    rule = rules.nearest_sounds(seed)
    return Run(
        error_rate([""] * len(truths), truths),
        error_rate([rule(e.x) for e in dataset.test], truths),
        error_rate(texts, truths),
        seconds,
        params,
        f"{truths[0]!r} is heard as {texts[0]!r}",
    )


def run_music(seed: int) -> Run:
    """The next note, by a GRU language model."""
    dataset = data.melodies(seed)
    tokens = sorted({token for e in dataset.train for token in e.x})
    encode = encoder(tokens)

    def shifted(x: Sequence[str]) -> tuple[Array, list[int]]:
        columns = encode(x)
        return np.concatenate([np.zeros_like(columns[:, :1]), columns[:, :-1]], axis=1), columns.argmax(axis=0).tolist()

    params = models.last_state(np.random.default_rng(seed), "gru", len(tokens), 96, len(tokens))
    examples = [shifted(e.x) for e in dataset.train]
    seconds = timed(params, models.language_step, examples, seed, epochs=30, size=16, rate=0.005)
    # melodies all have the same length, so that the mean over tokens is that of one batch
    loss, _ = models.language_step(params, models.make_batch([shifted(e.x) for e in dataset.test]))
    return Run(
        dataset.baseline,
        min(rules.n_gram_perplexity(dataset, longest) for longest in (3, 4, 5, 6)),
        float(np.exp(loss)),
        seconds,
        params,
        " ".join(compose(params, tokens, seed)),
    )


def compose(params: Params, tokens: list[str], seed: int, length: int = 64) -> list[str]:
    """A melody drawn from the model, one note after the other."""
    rng = np.random.default_rng(seed)
    part = models.part(params, "gru/")
    x, a = np.zeros((len(tokens), 1, 1), np.float32), np.zeros((params["Wy"].shape[1], 1, 1), np.float32)
    melody: list[str] = []
    for _ in range(length):
        a, _ = models.sequence_forward("gru", x, part, a0=a[:, :, -1])
        probabilities = models.output_forward(a, params)[:, 0, 0].astype(float)
        drawn = int(rng.choice(len(tokens), p=probabilities / probabilities.sum()))
        melody.append(tokens[drawn])
        x = models.one_hot32(np.array([[drawn]]), len(tokens))
    return melody


def run_sentiment(seed: int) -> Run:
    """Stars of a review, by an LSTM's last state."""
    dataset = data.reviews(seed)
    encode = encoder(["<UNK>", *sorted({word for e in dataset.train for word in e.x})])
    n_x = encode([""]).shape[0]
    params = models.last_state(np.random.default_rng(seed), "lstm", n_x, 48, 5)
    examples = [(encode(e.x), e.y - 1) for e in dataset.train]
    seconds = timed(params, models.classifier_step, examples, seed, epochs=24, size=32, rate=0.005)
    truths = [e.y for e in dataset.test]
    guesses = [
        label + 1 for some in chunks(dataset.test) for label in models.classify(params, [encode(e.x) for e in some])
    ]
    rule = max(
        share([count(e.x) for e in dataset.test], truths)
        for count in (rules.word_counts(dataset, longest) for longest in (1, 2, 3))
    )
    sample = f"{' '.join(dataset.test[0].x)} -> {guesses[0]} of 5 stars"
    return Run(dataset.baseline, rule, share(guesses, truths), seconds, params, sample)


def run_dna(seed: int) -> Run:
    """Coding bases, by a bidirectional GRU."""
    dataset = data.genes(seed)
    encode = encoder(list("ACGT"))
    params = models.bidirectional_gru(np.random.default_rng(seed), 4, 32, 2)
    examples = [(encode(e.x), e.y) for e in dataset.train]
    seconds = timed(params, models.tagger_step, examples, seed, epochs=14, size=16, rate=0.01)
    guesses = flat([models.tag(params, [encode(e.x) for e in some]) for some in chunks(dataset.test)])
    truth = rules.labels_of(dataset.test)
    counted = [flat([rule(e.x) for e in dataset.test]) for rule in (rules.windows(dataset, k) for k in (2, 4, 6))]
    rule = max(share(labels, truth) for labels in [*counted, flat([rules.reading_frames(e.x) for e in dataset.test])])
    shown = dataset.test[0].x
    marked = "".join(base if label else base.lower() for base, label in zip(shown, guesses[0], strict=True))
    return Run(dataset.baseline, rule, share(flat(guesses), truth), seconds, params, marked)


def run_translation(seed: int) -> Run:
    """ISO dates, by a GRU encoder and decoder."""
    dataset = data.dates(seed)
    encode = encoder(["<UNK>", *sorted({token for e in dataset.train for token in e.x})])
    targets = [*"0123456789-", "<EOS>"]
    n_x = encode([""]).shape[0]
    params = models.encoder_decoder(np.random.default_rng(seed), n_x, 128, len(targets))
    examples = [(encode(e.x), [targets.index(token) for token in [*e.y, "<EOS>"]]) for e in dataset.train]
    seconds = timed(params, models.translator_step, examples, seed, epochs=30, size=32, rate=0.006)
    guesses = flat([models.translate(params, [encode(e.x) for e in some], 11) for some in chunks(dataset.test)])
    texts = ["".join(targets[token] for token in row).split("<EOS>")[0] for row in guesses]
    truths = ["".join(e.y) for e in dataset.test]
    rule = rules.nearest_sentence(dataset)
    looked_up = ["".join(rule(e.x)) for e in dataset.test]

    def right(some: list[str]) -> float:
        """The share of right characters: ISO dates all have the same length."""
        padded = [text.ljust(len(truth)) for text, truth in zip(some, truths, strict=True)]
        return share(flat(padded), flat(truths)) if all(len(text) == 10 for text in padded) else 0.0

    return Run(
        dataset.baseline,
        right(looked_up),
        right(texts),
        seconds,
        params,
        f"{' '.join(dataset.test[0].x)} -> {texts[0]}",
    )


def run_video(seed: int) -> Run:
    """What a figure is doing, by a GRU's last state."""
    dataset = data.film_strips(seed)

    def encode(x: Array) -> Array:
        return x.reshape(len(x), -1).T - np.float32(0.2)  # (pixels, T_x)

    params = models.last_state(np.random.default_rng(seed), "gru", video.SIZE**2, 48, len(video.ACTIVITIES))
    examples = [(encode(e.x), video.ACTIVITIES.index(e.y)) for e in dataset.train]
    seconds = timed(params, models.classifier_step, examples, seed, epochs=14, size=32, rate=0.01)
    truths = [e.y for e in dataset.test]
    guesses = [
        video.ACTIVITIES[label]
        for some in chunks(dataset.test)
        for label in models.classify(params, [encode(e.x) for e in some])
    ]
    rule = rules.nearest_frames(dataset)
    looked_up = share([rule(e.x) for e in dataset.test], truths)
    return Run(dataset.baseline, looked_up, share(guesses, truths), seconds, params, f"sprinter: {guesses[0]}")


def run_names(seed: int) -> Run:
    """Words of persons' names, by a bidirectional GRU."""
    dataset = data.name_sentences(seed)
    words = ner.build_words(dataset.train)

    def encode(x: list[str]) -> Array:
        return ner.encode_words(x, words).astype(np.float32)

    params = models.bidirectional_gru(np.random.default_rng(seed), len(words) + 1, 24, 2)
    examples = [(encode(e.x), e.y) for e in dataset.train]
    seconds = timed(params, models.tagger_step, examples, seed, epochs=8, size=32, rate=0.01)
    guesses = flat([models.tag(params, [encode(e.x) for e in some]) for some in chunks(dataset.test)])
    truths = [e.y for e in dataset.test]
    rule = rules.names(dataset, set(words))
    shown = " ".join(f"[{w}]" if label else w for w, label in zip(dataset.test[0].x, guesses[0], strict=True))
    return Run(
        dataset.baseline, f1([rule(e.x) for e in dataset.test], truths), f1(guesses, truths), seconds, params, shown
    )


TASKS = {
    "speech": Task(
        "character error rate",
        0.08,
        "bidirectional GRU with CTC",
        "an empty transcript",
        "nearest sound of each frame",
        run_speech,
        lower_is_better=True,
    ),
    "music": Task(
        "perplexity",
        3.6,
        "GRU language model",
        "how often each token occurs",
        "best of 3- to 6-grams",
        run_music,
        lower_is_better=True,
    ),
    "sentiment": Task(
        "accuracy", 0.75, "LSTM, last state", "most frequent stars", "naive Bayes on 1 to 3 words", run_sentiment
    ),
    "dna": Task(
        "accuracy", 0.94, "bidirectional GRU", "most frequent label", "best of windows and reading frames", run_dna
    ),
    "translation": Task(
        "share of right tokens",
        0.95,
        "GRU encoder and decoder",
        "most frequent token of each place",
        "nearest training sentence",
        run_translation,
    ),
    "video": Task("accuracy", 0.95, "GRU, last state", "one activity", "nearest average frame", run_video),
    "names": Task(
        "F1", 0.94, "bidirectional GRU", "no word is a name", "look-up of a word and the one before", run_names
    ),
}


def run_task(name: str, seeds: Sequence[int]) -> Result:
    """Train one task from each seed."""
    task = TASKS[name]
    result = Result(
        name, task.score, task.lower_is_better, task.floor, task.model_name, task.baseline_name, task.rule_name
    )
    for seed in seeds:
        run = task.run(seed)
        result.baseline.append(round(run.baseline, 4))
        result.rule.append(round(run.rule, 4))
        result.model.append(round(run.model, 4))
        result.seconds.append(round(run.seconds, 1))
        result.parameters = sum(value.size for value in run.params.values())
        result.sample = result.sample or run.sample
    return result


def main() -> int:
    """Train what was asked for, print a table and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", default=[], help=f"some of {', '.join(TASKS)} (default: all)")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    if unknown := set(options.tasks) - set(TASKS):
        parser.error(f"no such task: {', '.join(sorted(unknown))}")
    results, problems = [], []
    for name in options.tasks or TASKS:
        result = run_task(name, options.seeds)
        mean = {key: float(np.mean(getattr(result, key))) for key in ("baseline", "rule", "model")}
        spread = max(result.model) - min(result.model)
        print(
            f"{name:12} {result.score:22} baseline {mean['baseline']:7.3f}  rule {mean['rule']:7.3f}  "
            f"model {mean['model']:7.3f} (spread {spread:.3f})  {max(result.seconds):5.1f} s  {result.sample}",
            flush=True,
        )
        problems += [f"{name}, {problem}" for problem in result.problems()]
        results.append(result)
    if not options.tasks or options.out != RESULTS:
        about = {"cores": os.cpu_count(), "python": platform.python_version(), "numpy": np.__version__}
        options.out.parent.mkdir(parents=True, exist_ok=True)
        rows = [asdict(result) for result in results]
        options.out.write_text(json.dumps({"about": about, "seeds": options.seeds, "tasks": rows}, indent=1) + "\n")
    for problem in problems:
        print(f"FAILED {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
