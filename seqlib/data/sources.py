"""A few megabytes of characters: the source code of Python's own standard library (L7, and the chapter on the GPU)."""

from __future__ import annotations

import sysconfig
from collections import Counter
from pathlib import Path

import numpy as np

from .dataset import Dataset, Example, three_ways

# letters that other alphabets bring would be rare classes of their own; one sign stands for all of them
STRANGE = "\N{REPLACEMENT CHARACTER}"


def python_sources(seed: int = 1) -> Dataset:
    """The modules of the standard library, each one text: x are its characters, y the same, source its file name.

    About 4 MB; it differs a little from version to version of Python. Characters outside ASCII are one sign.
    Held out: whole modules. Raises FileNotFoundError: a Python without the sources of its library.
    """
    folder = Path(sysconfig.get_paths()["stdlib"])
    files = sorted(path for path in folder.glob("*.py") if path.stat().st_size > 500)
    if not files:
        raise FileNotFoundError(f"{folder} has no .py files: python_sources needs the sources of the standard library")
    dealt = three_ways(files, np.random.default_rng(seed))
    splits = {split: [_example(path) for path in paths] for split, paths in dealt.items()}
    counts = Counter(character for example in splits["train"] for character in example.x)
    total = sum(counts.values())
    text = "".join(example.x for example in splits["test"])
    # a character that train does not have counts as one seen once
    bits = -sum(n * np.log2(max(counts[c], 1) / total) for c, n in Counter(text).items()) / len(text)
    return Dataset(
        name="sources",
        description="Python's own standard library, one character after the other",
        inputs="the characters so far",
        outputs="the next character",
        score="bits per character (lower is better)",
        baseline=float(bits),
        baseline_name="how often each character occurs",
        train=splits["train"],
        valid=splits["valid"],
        test=splits["test"],
    )


def _example(path: Path) -> Example:
    text = path.read_text(encoding="utf-8", errors="replace")
    plain = "".join(c if c.isascii() else STRANGE for c in text)
    return Example(plain, plain, path.name)
