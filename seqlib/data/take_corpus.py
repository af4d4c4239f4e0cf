"""Take the sentences of `corpus` from the interpreter that runs this: `python -m seqlib.data.take_corpus`.

`pydoc_data.topics` comes with Python, about 0.46 MB of it.
"""

from __future__ import annotations

import gzip
import json
import platform
import re
from pathlib import Path

from .corpus import STORED
from .dataset import needs


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


def main() -> None:
    """Store the sentences of each topic. Raises ImportError: a Python that was built without pydoc_data."""
    topics = needs("pydoc_data.topics", "the corpus").topics
    kept = {"version": platform.python_version(), "topics": {name: sentences(topics[name]) for name in sorted(topics)}}
    path = Path(__file__).with_name("files") / STORED
    path.write_bytes(gzip.compress(json.dumps(kept, ensure_ascii=False, indent=0).encode(), mtime=0))


if __name__ == "__main__":
    main()
