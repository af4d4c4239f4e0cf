"""Machine translation (L1, L15): parallel text in which the two sides differ in length and order.

`dates`: a date as people write it in many languages -> the ISO date. `numerals`: a number in words -> its
digits. `phrases`: short sentences in French, Hindi or Marathi -> English, with the lecture's among them.
"""

from __future__ import annotations

import datetime
from collections import Counter
from typing import Any

import numpy as np

from seqlib.support.validate import check_counts

from .dataset import SPLITS, Dataset, Example, check_sizes, distinct, needs, pick, three_ways
from .ner import split_words

LOCALES = ("en", "fr", "de", "es", "hi", "mr")
# how each locale may write a date, in the CLDR's letters: d day, MMMM month, y year, EEEE weekday
PATTERNS = {
    "en": ["MMMM d, y", "EEEE, MMMM d, y", "d MMMM y"],
    "fr": ["d MMMM y", "'le' d MMMM y", "EEEE d MMMM y"],
    "de": ["d. MMMM y", "EEEE, d. MMMM y", "'am' d. MMMM y"],
    "es": ["d 'de' MMMM 'de' y", "EEEE, d 'de' MMMM 'de' y"],
    "hi": ["d MMMM y", "EEEE, d MMMM y"],
    "mr": ["d MMMM y", "EEEE, d MMMM, y"],
}
LECTURE = ("Voulez-vous chanter avec moi ?", "Do you want to sing with me ?")

# English, French, Hindi (infinitive), Marathi (what one has to do)
VERBS = [
    ("sing", "chanter", "गाना", "गायचे"),
    ("dance", "danser", "नाचना", "नाचायचे"),
    ("play", "jouer", "खेलना", "खेळायचे"),
    ("eat", "manger", "खाना", "खायचे"),
    ("walk", "marcher", "चलना", "चालायचे"),
    ("read", "lire", "पढ़ना", "वाचायचे"),
    ("work", "travailler", "काम करना", "काम करायचे"),
]
COMPANIONS = [
    ("with me", "avec moi", "मेरे साथ", "माझ्याबरोबर"),
    ("with us", "avec nous", "हमारे साथ", "आमच्याबरोबर"),
    ("with him", "avec lui", "उसके साथ", "त्याच्याबरोबर"),
    ("with them", "avec eux", "उनके साथ", "त्यांच्याबरोबर"),
]
TIMES = [
    ("", "", "", ""),
    ("today", "aujourd'hui", "आज", "आज"),
    ("tomorrow", "demain", "कल", "उद्या"),
    ("on Monday", "lundi", "सोमवार को", "सोमवारी"),
]
# {v} verb, {c} companion, {t} time
FRAMES = [
    (
        "Do you want to {v} {c} {t} ?",
        "Voulez-vous {v} {c} {t} ?",
        "क्या आप {t} {c} {v} चाहते हैं ?",
        "तुम्हाला {t} {c} {v} आहे का ?",
    ),
    ("I want to {v} {c} {t} .", "Je veux {v} {c} {t} .", "मैं {t} {c} {v} चाहता हूँ ।", "मला {t} {c} {v} आहे ."),
    (
        "We want to {v} {c} {t} .",
        "Nous voulons {v} {c} {t} .",
        "हम {t} {c} {v} चाहते हैं ।",
        "आम्हाला {t} {c} {v} आहे .",
    ),
    (
        "I do not want to {v} {c} {t} .",
        "Je ne veux pas {v} {c} {t} .",
        "मैं {t} {c} {v} नहीं चाहता ।",
        "मला {t} {c} {v} नाही .",
    ),
    (
        "We do not want to {v} {c} {t} .",
        "Nous ne voulons pas {v} {c} {t} .",
        "हम {t} {c} {v} नहीं चाहते ।",
        "आम्हाला {t} {c} {v} नाही .",
    ),
]
THEMSELVES = {("I", "with me"), ("We", "with us")}
LANGUAGES = {"French": 1, "Hindi": 2, "Marathi": 3}


def date_tokens(text: str) -> list[str]:
    """Words and punctuation in lower case, numbers digit by digit: "5 mars 1986" -> 5, mars, 1, 9, 8, 6."""
    tokens: list[str] = []
    for word in text.replace(",", " , ").replace(".", " . ").lower().split():
        tokens.extend(word if word.isdigit() else [word])
    return tokens


def _most_frequent(train: list[Example], test: list[Example]) -> float:
    """How often the position's most frequent target token, whatever the source says, is right."""
    by_place: dict[int, Counter[str]] = {}
    for example in train:
        for t, token in enumerate(example.y):
            by_place.setdefault(t, Counter())[token] += 1
    guesses = {t: counts.most_common(1)[0][0] for t, counts in by_place.items()}
    hits = [guesses.get(t) == token for example in test for t, token in enumerate(example.y)]
    return float(np.mean(hits))


def parallel(name: str, description: str, inputs: str, splits: dict[str, Any], **more: Any) -> Dataset:
    """The data set of a translation task."""
    return Dataset(
        name=name,
        description=description,
        inputs=inputs,
        outputs="the tokens of the target, to be ended by <EOS>",
        score="share of right tokens",
        baseline=_most_frequent(splits["train"], splits["test"]),
        baseline_name="the most frequent token of each place",
        **splits,
        **more,
    )


def dates(
    seed: int = 1,
    train: int = 4000,
    valid: int = 300,
    test: int = 400,
    locales: tuple[str, ...] = LOCALES,
    first: int = 1950,
    last: int = 2049,
) -> Dataset:
    """Dates in words -> year-month-day, in digits. Needs the package babel.

    source is the locale and the pattern. Held out: no day of valid and test is written in train, in any
    language.
    Raises ValueError: an unknown locale, years out of order, or a size below 1; TypeError: a size that is no
    whole number; ImportError: babel is not installed.
    """
    check_sizes(train=train, valid=valid, test=test)
    unknown = [locale for locale in locales if locale not in PATTERNS]
    if unknown or not locales:
        raise ValueError(f"locales must be some of {', '.join(PATTERNS)}; got {locales!r}")
    if not 1 <= first < last <= 9999:
        raise ValueError(f"the years first and last must be in order, between 1 and 9999; got {first} and {last}")
    babel_dates = needs("babel.dates", "dates")
    rng = np.random.default_rng(seed)
    start, end = datetime.date(first, 1, 1).toordinal(), datetime.date(last, 12, 31).toordinal()
    days = three_ways(range(start, end + 1), rng)
    taken: set[str] = set()
    splits: dict[str, Any] = {}
    for split, count in zip(SPLITS, (train, valid, test), strict=True):

        def make(rng: np.random.Generator, split: str = split) -> Example:
            locale = pick(rng, locales)
            pattern = pick(rng, PATTERNS[locale])
            day = datetime.date.fromordinal(pick(rng, days[split]))
            text = babel_dates.format_date(day, pattern, locale=locale)
            return Example(date_tokens(text), list(day.isoformat()), f"{locale}: {pattern}")

        splits[split] = distinct(make, count, rng, taken)
    return parallel("dates", "a date in words -> the ISO date", "words and digits", splits)


def numerals(
    seed: int = 1,
    train: int = 4000,
    valid: int = 300,
    test: int = 400,
    languages: tuple[str, ...] = ("en", "fr", "de", "es"),
    largest: int = 9999,
) -> Dataset:
    """A number in words -> its digits. Needs the package num2words, which knows some fifty languages.

    Held out: no number of valid and test is written in train, in any language. German, which writes a
    number as one word, is split into letters; the others into words.
    Raises ValueError: a language that num2words does not know, or none, a size below 1, a largest number below
    2; TypeError: one of these that is no whole number, a text as languages; ImportError: num2words is not installed.
    """
    check_sizes(train=train, valid=valid, test=test)
    check_counts(largest=largest)
    if largest < 2:
        raise ValueError(f"largest must be at least 2, so that each split has a number, got {largest}")
    if isinstance(languages, str):
        raise TypeError(f"languages must be a tuple of languages, got the text {languages!r}: write ({languages!r},)")
    if not languages:
        raise ValueError("languages is empty: it needs at least one, such as 'en'")
    words = needs("num2words", "numerals")
    unknown = [language for language in languages if language not in words.CONVERTER_CLASSES]
    if unknown:
        raise ValueError(f"num2words does not know {unknown}; it knows {', '.join(words.CONVERTER_CLASSES)}")
    rng = np.random.default_rng(seed)
    numbers = three_ways(range(largest + 1), rng)
    taken: set[str] = set()
    splits: dict[str, Any] = {}
    for split, count in zip(SPLITS, (train, valid, test), strict=True):

        def make(rng: np.random.Generator, split: str = split) -> Example:
            language, number = pick(rng, languages), pick(rng, numbers[split])
            text = words.num2words(number, lang=language)
            tokens = list(text) if language == "de" else split_words(text.replace("-", " ").lower())
            return Example([f"<{language}>", *tokens], list(str(number)), language)

        splits[split] = distinct(make, count, rng, taken)
    return parallel("numerals", "a number in words -> its digits", "words, or letters", splits)


def phrases(seed: int = 1, language: str = "French") -> Dataset:
    """Short sentences of French, Hindi or Marathi -> English: all 448 that the grammar makes.

    Nobody sings with themselves: "I want to sing with me" is left out, and "we want to sing with us".

    Held out: no sentence of valid and test occurs in train; its words do. `test[0]` has the lecture's
    meaning.
    Raises ValueError: another language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}; got {language!r}")
    rng = np.random.default_rng(seed)
    side = LANGUAGES[language]
    pairs: list[Example] = []
    for frame in FRAMES:
        for verb in VERBS:
            for companion in COMPANIONS:
                if (frame[0].split()[0], companion[0]) in THEMSELVES:
                    continue
                for time in TIMES:
                    parts = {"v": verb, "c": companion, "t": time}
                    target, source = (
                        frame[i].format(**{slot: words[i] for slot, words in parts.items()}).split() for i in (0, side)
                    )
                    pairs.append(Example(source, target, language))
    sample = next(pair for pair in pairs if pair.y == LECTURE[1].split())
    pairs.remove(sample)
    splits = three_ways(pairs, rng)
    splits["test"].insert(0, sample)
    return parallel("phrases", f"{language} -> English", "words", splits, sample=sample)
