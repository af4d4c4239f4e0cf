"""One to four dates in a sentence, into English or from it (L15): parallel text of a real library, whose sentences differ in length.

How months are called and how a list is joined is babel's knowledge (CLDR): `5 mars, 7 avril et 9 mai` -> `March 5, April 7, and May 9`.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from .dataset import SPLITS, Dataset, Example, check_sizes, distinct, needs, pick, three_ways
from .translation import parallel

# how each language may write a day of the year, in the CLDR's letters: d day, MMMM month
WORDINGS = {
    "en": ("MMMM d", "d MMMM"),
    "fr": ("d MMMM", "'le' d MMMM"),
    "de": ("d. MMMM", "'am' d. MMMM"),
    "es": ("d 'de' MMMM", "'el' d 'de' MMMM", "'el' 'día' d 'de' MMMM"),
    "hi": ("d MMMM",),
    "mr": ("d MMMM",),
}
# the share of a language's first wording, where it has several; the others have the rest in equal parts
FIRST_WORDING = 0.4
LEAP_YEAR = 2000  # the year is not written: 366 days

Day = tuple[int, int]  # month and day


@cache
def _written(day: Day, language: str, wording: int) -> str:
    date = datetime.date(LEAP_YEAR, *day)
    text: str = needs("babel.dates", "date_lists").format_date(date, WORDINGS[language][wording], locale=language)
    return text


def date_list(days: Sequence[Day], language: str, wording: int = 0) -> list[str]:
    """Days of the year, (month, day) each, as a sentence in tokens, all in the same wording of one language.

    Raises ValueError: an unknown language or wording, or no day; ImportError: babel is not installed.
    """
    if language not in WORDINGS:
        raise ValueError(f"language must be one of {', '.join(WORDINGS)}; got {language!r}")
    if not 0 <= wording < len(WORDINGS[language]):
        raise ValueError(f"{language} has the wordings 0 to {len(WORDINGS[language]) - 1}; got {wording}")
    if not days:
        raise ValueError("there must be at least one day")
    lists = needs("babel.lists", "date_lists")
    text = lists.format_list([_written(day, language, wording) for day in days], locale=language)
    return str(text.replace(",", " , ").replace(".", " . ").lower()).split()


def date_references(example: Example) -> list[list[str]]:
    """Every translation of an example of `date_lists` that is right: its days in each wording of the target language."""
    _, language, *days = example.source.split()
    listed = [(int(day[:2]), int(day[3:])) for day in days]
    return [date_list(listed, language, wording) for wording in range(len(WORDINGS[language]))]


def date_lists(
    seed: int = 1,
    train: int = 6000,
    valid: int = 300,
    test: int = 400,
    languages: Sequence[str] = ("fr", "de", "es", "hi", "mr"),
    most: int = 4,
) -> Dataset:
    """Sentences of one to `most` dates from one of `languages` into English, or the other way. Needs the package babel.

    x begins with the language to translate into, "<hi>"; y is one of the wordings that `date_references` lists. source: both languages
    and the days, as in "fr en 03-05 04-07". Held out: no day of the year of valid and test is written in train, in any language.
    Raises ValueError: an unknown language, a size or `most` below 1; TypeError: a size that is no whole number; ImportError: babel is not
    installed.
    """
    check_sizes(train=train, valid=valid, test=test)
    unknown = [language for language in languages if language not in WORDINGS or language == "en"]
    if unknown or not languages:
        raise ValueError(f"languages must be some of {', '.join(WORDINGS)} without en; got {languages!r}")
    if most < 1:
        raise ValueError(f"most is the number of dates in the longest sentence, at least 1; got {most}")
    rng = np.random.default_rng(seed)
    first = datetime.date(LEAP_YEAR, 1, 1)
    year = [first + datetime.timedelta(i) for i in range(366)]
    days = three_ways([(date.month, date.day) for date in year], rng)
    taken: set[str] = set()
    splits: dict[str, Any] = {}
    for split, count in zip(SPLITS, (train, valid, test), strict=True):

        def make(rng: np.random.Generator, split: str = split) -> Example:
            there = pick(rng, languages), "en"
            source, target = there if rng.integers(2) else there[::-1]
            some = [pick(rng, days[split]) for _ in range(1 + int(rng.integers(most)))]
            x, y = (date_list(some, language, _wording(rng, language)) for language in (source, target))
            return Example([f"<{target}>", *x], y, " ".join([source, target, *(f"{m:02}-{d:02}" for m, d in some)]))

        splits[split] = distinct(make, count, rng, taken)
    return parallel("date_lists", f"one to {most} dates, from English or into it", "words and numbers", splits)


def _wording(rng: np.random.Generator, language: str) -> int:
    others = len(WORDINGS[language]) - 1
    p = [FIRST_WORDING, *[(1 - FIRST_WORDING) / others] * others] if others else [1.0]
    return int(rng.choice(len(p), p=p))
