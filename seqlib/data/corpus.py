"""A corpus of English prose for language models (L6, L7, L13): sentences of the Python interpreter's own documentation.

The text of `pydoc_data.topics` differs from one version of Python to the next, and with it every number that is measured on it.
So the sentences of one version come with the library, under Python's licence (files/python_documentation_LICENSE.txt);
`python -m seqlib.data.take_corpus` takes them from the interpreter that runs it.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from importlib.resources import files
from typing import Any

import numpy as np

from .dataset import SPLITS, Dataset, Example, three_ways
from .ner import split_words

STORED = "python_documentation.json.gz"


def python_corpus(seed: int = 1) -> Dataset:
    """The sentences of the documentation: x are the words of one, in lower case, source is its topic.

    Held out: whole topics; a sentence that also stands in another split is dropped from train.
    """
    topics = json.loads(gzip.decompress(files("seqlib.data").joinpath(f"files/{STORED}").read_bytes()))["topics"]
    dealt = three_ways(sorted(topics), np.random.default_rng(seed))
    seen: set[str] = set()
    splits: dict[str, Any] = {}
    for split in reversed(SPLITS):
        splits[split] = []
        for topic in dealt[split]:
            for sentence in topics[topic]:
                if sentence.lower() not in seen:
                    seen.add(sentence.lower())
                    splits[split].append(Example(split_words(sentence.lower()), sentence, topic))
    counts = Counter(word for example in splits["train"] for word in [*example.x, "<EOS>"])
    known = {word for word, count in counts.items() if count > 1}
    total = sum(counts.values())
    rare = sum(count for word, count in counts.items() if word not in known)
    losses = [
        -np.log((counts[word] if word in known else rare) / total)
        for example in splits["test"]
        for word in [*example.x, "<EOS>"]
    ]
    return Dataset(
        name="corpus",
        description="English sentences about Python, one word after the other",
        inputs="the words so far",
        outputs="the next word, or <EOS>; y is the sentence as it was written",
        score="perplexity per word (lower is better), words that occur once being <UNK>",
        baseline=float(np.exp(np.mean(losses))),
        baseline_name="how often each word occurs",
        train=splits["train"],
        valid=splits["valid"],
        test=splits["test"],
    )
