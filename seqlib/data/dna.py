"""DNA sequence analysis (L1): a string over A, C, G, T -> 1 for each base that codes for a protein, else 0.

The strings come from a small model of a gene, so that the labels are known: a promoter (TATAAT), a few free
bases, the start codon ATG, codons, and the first stop codon in their frame. Start codons without a promoter
before them are everywhere and code for nothing; stop codons out of frame stop nothing. What a base is can
depend on bases many places before it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .dataset import SPLITS, Dataset, Example, check_sizes, distinct, pick, zeros_or_ones

BASES = "ACGT"
PROMOTER, START, STOPS = "TATAAT", "ATG", ("TAA", "TAG", "TGA")
CODONS = [a + b + c for a in BASES for b in BASES for c in BASES if a + b + c not in STOPS]
# The lecture's string, its marked stretch in the middle. It is a picture: the model above did not make it.
LECTURE = Example("AGCCCCTGTGAGGAACTAG", [0] * 2 + [1] * 15 + [0] * 2, "lecture")


def _free(length: int, rng: np.random.Generator) -> str:
    """Bases that code for nothing and hold no promoter."""
    while True:
        text = "".join(pick(rng, BASES) for _ in range(length))
        if PROMOTER not in text:
            return text


def _gap(rng: np.random.Generator) -> str:
    """The three to seven bases between a promoter and its start codon."""
    return _free(int(rng.integers(3, 8)), rng).replace(START, "ACG")


def _codons(rng: np.random.Generator) -> str:
    """A start codon, 4 to 12 codons and a stop codon: no stop codon in the frame before the last."""
    inner = "".join(pick(rng, CODONS) for _ in range(int(rng.integers(4, 13))))
    return f"{START}{inner}{pick(rng, STOPS)}"


def parts(rng: np.random.Generator, genes: int) -> list[tuple[str, int]]:
    """A sequence as pieces with their label: free bases, decoys without a promoter, and `genes` genes."""
    kinds = ["gene"] * genes + ["decoy"] * int(rng.integers(1, 3))
    pieces: list[tuple[str, int]] = [(_free(int(rng.integers(3, 12)), rng), 0)]
    for i in rng.permutation(len(kinds)):
        if kinds[int(i)] == "gene":
            pieces += [
                (PROMOTER + _gap(rng), 0),
                (_codons(rng), 1),
            ]
        else:  # reads like a gene, but no promoter stands before it
            pieces.append((_codons(rng), 0))
        pieces.append((_free(int(rng.integers(3, 12)), rng), 0))
    return pieces


def true_labels(sequence: str) -> list[int]:
    """The label of every base, by reading from the left as the model of a gene says.

    After a promoter the next start codon opens a gene; the first stop codon in its frame ends it.
    """
    labels = [0] * len(sequence)
    at = sequence.find(PROMOTER)
    while at >= 0:
        start = sequence.find(START, at + len(PROMOTER))
        if start < 0:
            break
        end = start + 3
        while end + 3 <= len(sequence) and sequence[end : end + 3] not in STOPS:
            end += 3
        stop = min(end + 3, len(sequence))
        labels[start:stop] = [1] * (stop - start)
        at = sequence.find(PROMOTER, stop)
    return labels


def _consistent(pieces: list[tuple[str, int]]) -> bool:
    """Whether the pieces' labels are what reading from the left gives (no promoter by chance)."""
    sequence = "".join(text for text, _ in pieces)
    return true_labels(sequence) == [label for text, label in pieces for _ in text]


def genes(seed: int = 1, train: int = 1500, valid: int = 150, test: int = 300) -> Dataset:
    """Sequences with up to two genes and one or two decoys: a label for every base.

    Held out: every sequence, and with it every gene, is drawn anew; none occurs twice.
    Raises ValueError or TypeError: a size that is not a whole number of at least 1.
    """
    check_sizes(train=train, valid=valid, test=test)
    rng = np.random.default_rng(seed)

    def make(rng: np.random.Generator) -> Example:
        while True:
            pieces = parts(rng, int(rng.integers(0, 3)))
            if _consistent(pieces):
                break
        coding = " ".join(text for text, label in pieces if label)
        labels = [label for text, label in pieces for _ in text]
        return Example("".join(text for text, _ in pieces), labels, coding)

    taken: set[str] = set()
    sizes = zip(SPLITS, (train, valid, test), strict=True)
    splits: dict[str, Any] = {split: distinct(make, count, rng, taken) for split, count in sizes}
    train_labels, test_labels = (
        [label for example in splits[split] for label in example.y] for split in ("train", "test")
    )
    return Dataset(
        name="dna",
        description="the bases of a sequence -> which of them code for a protein",
        inputs="a string over A, C, G, T",
        outputs="0 or 1 for each base",
        score="accuracy",
        baseline=zeros_or_ones(train_labels, test_labels),
        baseline_name="the more frequent label everywhere",
        sample=LECTURE,
        **splits,
    )


def gene_or_not(seed: int = 1, train: int = 1500, valid: int = 150, test: int = 300) -> Dataset:
    """The other form of the task, one label a sequence: 1 when it holds a gene.

    A sequence without a gene has the same pieces in another order, the promoter after the codons, so that
    counting pieces does not help. Held out: no sequence occurs twice.
    Raises ValueError or TypeError: a size that is not a whole number of at least 1.
    """
    check_sizes(train=train, valid=valid, test=test)
    rng = np.random.default_rng(seed)

    def make(rng: np.random.Generator) -> Example:
        while True:
            label = int(rng.integers(2))
            gap, codons = _gap(rng), _codons(rng)
            middle = PROMOTER + gap + codons if label else codons + gap + PROMOTER
            sequence = _free(int(rng.integers(3, 20)), rng) + middle + _free(int(rng.integers(3, 20)), rng)
            if int(any(true_labels(sequence))) == label and sequence.count(PROMOTER) == 1:
                return Example(sequence, label, codons)

    taken: set[str] = set()
    sizes = zip(SPLITS, (train, valid, test), strict=True)
    splits: dict[str, Any] = {split: distinct(make, count, rng, taken) for split, count in sizes}
    return Dataset(
        name="dna-label",
        description="the bases of a sequence -> does it hold a gene?",
        inputs="a string over A, C, G, T",
        outputs="1 if some of it codes for a protein, else 0",
        score="accuracy",
        baseline=zeros_or_ones(*([e.y for e in splits[split]] for split in ("train", "test"))),
        baseline_name="always the more frequent label",
        **splits,
    )
