"""The seven tasks of lesson 1, trained: `python benchmarks/gallery.py`.

Each task is made and trained five times, from five seeds, and scored on examples that it never saw, beside a trivial
baseline and the best of some simple methods without a network. The exit status is 1 when a score misses its floor, is no better than
its baseline or worse than the best simple method (unless that is right every time: then no network can be better), or when training
takes over 60 s. Results go to benchmarks/results/gallery.json; those of named tasks take the place of their old ones.
"""

from __future__ import annotations

import os

# the matrices are small: a second BLAS thread costs more than it brings
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import hashlib
import json
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import gallery_rules as rules

from seqlib import data, gallery, review
from seqlib.batches import one_hot
from seqlib.data import ner
from seqlib.data.dataset import Dataset
from seqlib.metrics import error_rate

RESULTS = HERE / "results" / "gallery.json"
LIMIT = 60.0  # seconds of training; of one core's time, which on an idle machine is the time that passes
SEEDS = (1, 2, 3, 4, 5)
Predict = Callable[[Any], Any]  # one x to one y


def accuracy(guesses: Sequence[Any], truths: Sequence[Any]) -> float:
    """The share of sequences whose label is right."""
    return float(np.mean([guess == truth for guess, truth in zip(guesses, truths, strict=True)]))


def token_accuracy(guesses: Sequence[Any], truths: Sequence[Any]) -> float:
    """The share of places of the true sequences at which the guess has the right token."""
    right = sum(
        a == b for guess, truth in zip(guesses, truths, strict=True) for a, b in zip(guess, truth, strict=False)
    )
    return right / sum(len(truth) for truth in truths)


def f1(guesses: Sequence[Any], truths: Sequence[Any]) -> float:
    """Harmonic mean of precision and recall of the label 1."""
    pairs = [pair for guess, truth in zip(guesses, truths, strict=True) for pair in zip(guess, truth, strict=True)]
    return 2 * sum(a and b for a, b in pairs) / sum(a + b for a, b in pairs)


@dataclass(frozen=True)
class Task:
    """A task of the gallery: its data, its model, the rules without a network and the score that is wanted."""

    make: Callable[..., Dataset]
    train: Callable[[Dataset, int], gallery.Trained]
    model_name: str
    rules: Callable[[Dataset, int], list[Predict]]
    rule_name: str
    score: Callable[[Sequence[Any], Sequence[Any]], float] | None  # None: perplexity
    floor: float
    lower_is_better: bool = False


def bases(x: str) -> Any:
    """One-hot columns (4, T_x) of a string of bases."""
    return one_hot(["ACGT".index(base) for base in x], 4)


def name_rules(dataset: Dataset) -> list[Predict]:
    """Taggers of words without a network; like the network's, their words leave out the rare ones."""
    words = ner.build_words(dataset.train)
    linear = [rules.linear_tagger(dataset, lambda x: ner.encode_words(x, words), radius) for radius in (1, 2, 4)]
    return [rules.names(dataset, set(words)), *linear]


def fingerprint() -> str:
    """A digest of the data sets: it changes when the sentences, clips or sounds do."""
    digest = hashlib.sha256()
    for name, task in TASKS.items():
        small: dict[str, Any] = {} if name == "translation" else {"train": 12, "valid": 2, "test": 6}
        for example in task.make(1, **small).test:
            x = np.round(example.x, 3).tolist() if isinstance(example.x, np.ndarray) else example.x
            digest.update(repr((x, example.y)).encode())
    return digest.hexdigest()[:16]


TASKS = {
    "speech": Task(
        data.spoken_words,
        gallery.train_speech,
        "bidirectional GRU with CTC",
        lambda dataset, seed: [rules.nearest_sounds(seed)],
        "nearest sound of each frame",
        error_rate,
        0.06,
        lower_is_better=True,
    ),
    "music": Task(
        data.melodies,
        gallery.train_music,
        "GRU language model",
        lambda dataset, seed: [],
        "best of 3- to 6-grams, with and without beat and rhythm",
        None,
        3.4,
        lower_is_better=True,
    ),
    "sentiment": Task(
        data.reviews,
        gallery.train_sentiment,
        "LSTM, last state",
        lambda dataset, seed: [
            rule(dataset, longest) for rule in (rules.word_counts, rules.linear_classifier) for longest in (1, 2, 3)
        ],
        "best of naive Bayes and a linear classifier on runs of 1, 2, 3 words",
        accuracy,
        0.88,
    ),
    "dna": Task(
        data.genes,
        gallery.train_dna,
        "bidirectional GRU",
        lambda dataset, seed: [
            *(rules.windows(dataset, width) for width in (2, 4, 6)),
            *(rules.linear_tagger(dataset, bases, radius) for radius in (15, 30)),
            rules.reading_frames,
        ],
        "best of windows (look-up, linear) and open reading frames",
        token_accuracy,
        0.95,
    ),
    "translation": Task(
        data.phrases,
        lambda dataset, seed: gallery.train_translation(dataset, seed, epochs=100),
        "GRU encoder and decoder",
        lambda dataset, seed: [rules.nearest_sentence(dataset), review.by_analogy(dataset)],
        "best of nearest training sentence and look-up by analogy",
        token_accuracy,
        0.95,
    ),
    "video": Task(
        data.film_strips,
        gallery.train_video,
        "GRU, last state",
        lambda dataset, seed: [rules.nearest(dataset, of) for of in (rules.average_frame, rules.twelve_frames)],
        "nearest training clip, stretched to 12 frames",
        accuracy,
        0.95,
    ),
    "names": Task(
        data.name_sentences,
        gallery.train_names,
        "bidirectional GRU",
        lambda dataset, seed: name_rules(dataset),
        "best of look-up (word and the one before) and a linear classifier on 3 to 9 words",
        f1,
        0.92,
    ),
}


@dataclass
class Result:
    """What one task scored, run by run."""

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
        for run, model in enumerate(self.model):
            others = {"floor": self.floor, "baseline": self.baseline[run]}
            if self.rule[run] != (0 if self.lower_is_better else 1):  # nothing is better than what is right every time
                others["rule"] = self.rule[run]
            for name, other in others.items():
                if sign * model < sign * other or (name == "baseline" and model == other):
                    found.append(f"{self.task}, run {run + 1}: {model} against a {name} of {other}")
            if self.seconds[run] > LIMIT:
                found.append(f"{self.task}, run {run + 1}: {self.seconds[run]} s of training")
        return found

    def __str__(self) -> str:
        low, high = min(self.model), max(self.model)
        baseline, rule, model = (np.mean(values) for values in (self.baseline, self.rule, self.model))
        return (
            f"{self.task:12} {self.score.split(' (')[0]:21} baseline {baseline:6.3f}  rule {rule:6.3f}  "
            f"model {model:6.3f} ({low:.3f} to {high:.3f})  at most {max(self.seconds):4.1f} s"
        )


def show(name: str, dataset: Dataset, trained: gallery.Trained) -> str:
    """One result to look at."""
    x = next(e.x for e in dataset.test if 1 in e.y) if name == "dna" else dataset.rows(1)[0].x
    if name == "music":
        return " ".join(trained.predict([[]])[0])
    (y,) = trained.predict([x])
    if name == "names":
        return " ".join(f"[{word}]" if label else word for word, label in zip(x, y, strict=True))
    if name == "dna":
        return "".join(base if label else base.lower() for base, label in zip(x, y, strict=True))
    shown = x if isinstance(x, list) else ["a clip" if name == "video" else "a recording"]
    return f"{' '.join(shown)} -> {y if isinstance(y, str | int) else ''.join(y)}"


def run_task(name: str, seeds: Sequence[int]) -> Result:
    """Make the data, train and score, from each seed."""
    task = TASKS[name]
    result: Result | None = None
    for seed in seeds:
        dataset = task.make(seed)
        if result is None:
            about = (dataset.score, task.lower_is_better, task.floor, task.model_name, dataset.baseline_name)
            result = Result(name, *about, task.rule_name)
        start = time.process_time()
        trained = task.train(dataset, seed)
        result.seconds.append(round(time.process_time() - start, 1))
        inputs, truths = [e.x for e in dataset.test], [e.y for e in dataset.test]
        if task.score is None:
            assert trained.perplexity is not None
            score = trained.perplexity(inputs)
            found = [rules.n_gram_perplexity(dataset, n, beat) for n in (3, 4, 5, 6) for beat in (False, True)]
        else:
            score = task.score(trained.predict(inputs), truths)
            found = [task.score([rule(x) for x in inputs], truths) for rule in task.rules(dataset, seed)]
        result.model.append(round(score, 4))
        result.rule.append(round(min(found) if task.lower_is_better else max(found), 4))
        result.baseline.append(round(dataset.baseline, 4))
        result.parameters = sum(value.size for value in trained.params.values())
        result.sample = result.sample or show(name, dataset, trained)
    assert result is not None
    return result


def store(results: Sequence[Result], seeds: Sequence[int]) -> None:
    """Write results in place of the old ones of their tasks. Raises SystemExit: the others are of other data or seeds."""
    about = {
        "data": fingerprint(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }
    rows = {result.task: asdict(result) for result in results}
    if set(rows) != set(TASKS):
        old = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else {"about": {}, "seeds": [], "tasks": []}
        if (old["about"].get("data"), old["seeds"]) != (about["data"], list(seeds)):
            sys.exit("not written: the stored results are of other data or seeds. Run all tasks.")
        rows, about = {row["task"]: row for row in old["tasks"]} | rows, old["about"]
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    stored = {"about": about, "seeds": list(seeds), "tasks": list(rows.values())}
    RESULTS.write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> int:
    """Train what was asked for, print a table and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", help=f"some of {', '.join(TASKS)} (default: all)")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS), help="of other seeds nothing is written")
    options = parser.parse_args()
    if unknown := set(options.tasks) - set(TASKS):
        parser.error(f"no such task: {', '.join(sorted(unknown))}")
    results = []
    for name in options.tasks or TASKS:
        results.append(run_task(name, options.seeds))
        print(f"{results[-1]}\n             {results[-1].sample}", flush=True)
    if options.seeds == list(SEEDS):
        store(results, options.seeds)
    problems = [problem for result in results for problem in result.problems()]
    print(
        "\n".join(f"FAILED {problem}" for problem in problems)
        or "every floor and baseline is beaten, and no rule is better where a network is needed"
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
