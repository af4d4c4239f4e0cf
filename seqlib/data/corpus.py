"""A corpus of English prose for language models (L6, L7, L13): the Python interpreter's own documentation.

`pydoc_data.topics` comes with every Python, about 0.46 MB of it. Its text differs a little from version
to version.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np

from .dataset import SPLITS, Dataset, Example, needs, three_ways
from .ner import split_words


def sentences(text: str) -> list[str]:
    """The sentences of a topic: prose only, without headings, tables, grammar and code.

    A sentence begins with a capital, ends with a full stop, question or exclamation mark, and has 4 to 40
    words.
    """
    found: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        if re.search(r"::=|>>>|\*\*\*|===|---|^ {4,}", paragraph):
            continue
        joined = re.sub(r"[*`_“”\"]", "", " ".join(paragraph.split()))
        for sentence in re.split(r"(?<=[.!?]) +(?=[A-Z])", joined):
            if re.fullmatch(r"[A-Z][\w ,;:'’()-]*[.!?]", sentence) and 4 <= len(sentence.split()) <= 40:
                found.append(sentence)
    return found


def python_corpus(seed: int = 1) -> Dataset:
    """The sentences of the documentation: x are the words of one, in lower case, source is its topic.

    Held out: whole topics; a sentence that also stands in another split is dropped from train.
    Raises ImportError: a Python that was built without pydoc_data.
    """
    topics = needs("pydoc_data.topics", "python_corpus").topics
    dealt = three_ways(sorted(topics), np.random.default_rng(seed))
    seen: set[str] = set()
    splits: dict[str, Any] = {}
    for split in reversed(SPLITS):
        splits[split] = []
        for topic in dealt[split]:
            for sentence in sentences(topics[topic]):
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
