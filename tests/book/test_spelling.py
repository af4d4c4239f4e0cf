"""The spelling of everything that a reader reads: chapters, quizzes, notebooks and README.

A word is right when it is in the English list of pyspellchecker or in book/words.txt, which holds the field's terms, names
and British spellings. Code and formulas are left out.
"""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OWN_WORDS = ROOT / "book" / "words.txt"
TEXTS = [
    ROOT / "README.md",
    *sorted((ROOT / "book").glob("*.md")),
    *sorted((ROOT / "book" / "quizzes").glob("*.json")),
    *sorted((ROOT / "solutions").glob("*/*.ipynb")),
]
# directives with nothing to read in them; the text inside every other one is prose
WORDLESS = r"code-cell|math|api|quiz|footbibliography|bibliography|tableofcontents"
NOT_PROSE = [
    r"(?s:\A---\n.*?\n---$)",  # the page's settings
    rf"(?s:^(`{{3,}})(?:[a-z]\w*|\{{(?:{WORDLESS})\}}[^\n]*) *\n.*?^\1`*[^\S\n]*$)",  # code in fences
    r"^\s*:[\w-]+:.*$",  # a directive's options
    r"^[`:]{3,}.*?(?=[\s}]|$)\}?",  # where a directive begins and ends; its title stays
    r"^\([\w-]+\)=$",  # labels
    r"(?s:\\begin\{(\w+\*?)\}.*?\\end\{\1\})",
    r"(?s:\$\$.+?\$\$)",
    r"\$[^$]+\$",
    r"\{[\w:-]+\}`[^`]*`",  # roles: references, citations, terms
    r"(`+)[^`]+\1",
    r"\]\([^)\s]*\)",  # where a link leads
    r"<https?:[^>]*>|https?://\S+",
    r"""<(\w+) lang="[^"]+">.*?</\1>""",  # another language
    r"(?s:<!--.*?-->)|<[^<>\n]+>",
    r"&\w+;",
    r"\{[^{}\n]*\}",  # attributes
]
WORD = re.compile(r"(?<![\w.\\/])[^\W\d_]+(?:['’][^\W\d_]+)*(?![\w/\\])")


@cache
def english() -> frozenset[str]:
    package = pytest.importorskip("spellchecker")
    words = Path(package.__file__).parent / "resources" / "en.json.gz"
    return frozenset(json.loads(gzip.decompress(words.read_bytes())))


@cache
def known() -> frozenset[str]:
    own = [line.split("#")[0].strip().lower() for line in OWN_WORDS.read_text("utf-8").splitlines()]
    return english() | frozenset(own)


def prose(path: Path) -> str:
    """The Markdown that a reader reads in this file."""
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    if path.suffix == ".json":
        questions = json.loads(text)
        answers = [answer for question in questions for answer in question["answers"]]
        said = [question["question"] for question in questions]
        return "\n\n".join(said + [answer[part] for answer in answers for part in ("answer", "feedback")])
    return text


def words(markdown: str) -> list[str]:
    """The words of a Markdown text, in order, without what stands in code and formulas."""
    for pattern in NOT_PROSE:
        markdown = re.sub(pattern, " ", markdown, flags=re.MULTILINE)
    return [word.replace("’", "'").lower() for word in WORD.findall(markdown) if len(word) > 1]


def unknown(markdown: str) -> set[str]:
    """The words that are in no list."""
    return {word for word in words(markdown) if not {word, word.removesuffix("'s"), word.removesuffix("'")} & known()}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_words_are_spelled_right(path: Path) -> None:
    assert sorted(unknown(prose(path))) == [], "misspelled? A term of the field goes into book/words.txt"


def test_prose_is_read_and_code_is_not() -> None:
    page = """---
title: teh
---
(teh)=
# A learner recieves $teh$ `teh` {ref}`teh` [a link](teh.md) and feed-forword

```{note} It occured
:class: teh
seperate
```

```{code-cell}
:tags: [teh]
teh = 1
```

$$
teh
$$

```python
teh
```
wich
"""
    assert unknown(page) == {"recieves", "forword", "occured", "seperate", "wich"}


def test_every_own_word_is_needed() -> None:
    read = {word.removesuffix("'s") for path in TEXTS for word in words(prose(path))}
    own = [line for line in OWN_WORDS.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert [word for word in own if word not in read or word in english()] == []
