"""The networks of the gallery that no lesson shows: a listener, a reader of reviews, one of genes and a translator of dates."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from functools import cache
from itertools import groupby
from typing import Any

import numpy as np

from seqlib import fast
from seqlib.batches import one_hot, pad_batch, pad_features
from seqlib.book import gallery, live
from seqlib.book.live import digest, pack_params, unpack_params
from seqlib.ctc import ctc_decode
from seqlib.data import common_words, dates, dna, genes, reviews, sentiment, speech, spoken_words, translation
from seqlib.data.dataset import Dataset, Example, needs
from seqlib.data.translation import date_tokens
from seqlib.encoder_decoder import translate
from seqlib.metrics import error_rate, token_accuracy
from seqlib.models import classify, network_forward, tag
from seqlib.support.types import Array, Params
from seqlib.vocabulary import Vocabulary

CELL = "gru"  # of all but the reader of reviews
STARS = [1, 2, 3, 4, 5]
DATES: dict[str, Any] = {"n_e": 24, "n_a": 80, "epochs": 30}  # what fits into a figure's file

# ------------------------------------------------------------------------------------------------ speech

ALPHABET = ["", " ", *speech.LETTERS]  # the blank first


@cache
def recordings() -> Dataset:
    """The recordings that the listener learns from."""
    return spoken_words()


def listen(params: Params, frames: Sequence[Array]) -> list[Array]:
    """The logits of the alphabet at each frame of some spectrograms (n_x, T_x): (n_y, T_x) each."""
    x, mask = pad_features(list(frames))
    a, _ = network_forward(x.astype(float), params, CELL, mask.astype(float))
    logits = fast.output_forward(a, params, logits=True)
    return [logits[:, i, : one.shape[1]] for i, one in enumerate(frames)]


def heard(logits: Array) -> str:
    """The text that the likeliest path spells. logits: (n_y, T_x)."""
    (symbols,) = ctc_decode(logits[:, None])
    return "".join(ALPHABET[symbol] for symbol in symbols)


def speech_errors(params: Params) -> float:
    """Edits per character of the test recordings."""
    test = recordings().test
    texts = [heard(logits) for logits in listen(params, [example.x for example in test])]
    return error_rate(texts, [example.y for example in test])


def make_speech() -> dict[str, Any]:
    """The content of the listener's file, with what the page needs to make the sounds."""
    data = recordings()
    stored = {"params": pack_params(gallery.train_speech(data).params)}
    params = unpack_params(stored)
    return {
        "cell": CELL,
        "alphabet": ALPHABET,
        "sounds": speech.SOUNDS,
        **stored,
        "recordings": len(data.train),
        "scores": {"character error rate": round(speech_errors(params), 4)},
    }


def speech_fingerprint() -> str:
    """The recordings are what the code makes of the words: their last digits depend on the machine."""
    code: list[Callable[..., Any]] = [gallery.train_speech, gallery.fit, make_speech, speech_errors]
    made_by: list[Callable[..., Any]] = [speech.synthesise, speech.spectrogram, speech.spoken_words]
    numbers = (speech.SOUNDS, speech.RATE, speech.HOP, speech.WINDOW, speech.BANDS, common_words.COMMON_WORDS)
    return live.fingerprint([*code, *made_by], repr(numbers))


# ------------------------------------------------------------------------------------------------ sentiment


@cache
def film_reviews() -> Dataset:
    """The reviews that the reader of reviews learns from."""
    return reviews()


def stars_after(params: Params, indices: Sequence[int]) -> Array:
    """The probabilities of 1 to 5 stars after each word of a review, from the words up to it: (5, T_x)."""
    a, _ = network_forward([list(indices)], params, "lstm")
    return np.asarray(fast.output_forward(a, params)[:, 0])


def stars_of(params: Params, vocabulary: Vocabulary, some: Sequence[Sequence[str]]) -> Array:
    """The probabilities of 1 to 5 stars of some reviews: (5, m)."""
    x, mask = pad_batch([vocabulary.encode(words) for words in some])
    return classify(params, x, mask.astype(float), cell="lstm")


def stars_right(params: Params, vocabulary: Vocabulary) -> float:
    """The share of test reviews whose stars are right."""
    test = film_reviews().test
    best = stars_of(params, vocabulary, [example.x for example in test]).argmax(axis=0)
    return token_accuracy(np.array(STARS)[best], [example.y for example in test])


def make_sentiment() -> dict[str, Any]:
    """The content of the file of the network that gives stars."""
    data = film_reviews()
    vocabulary = Vocabulary(sorted({word for example in data.train for word in example.x}))
    stored = {"params": pack_params(gallery.train_sentiment(data).params)}
    return {
        "cell": "lstm",
        "vocabulary": vocabulary.words,
        **stored,
        "reviews": len(data.train),
        "scores": {"accuracy": round(stars_right(unpack_params(stored), vocabulary), 4)},
    }


def sentiment_fingerprint() -> str:
    """What the stored file depends on."""
    code: list[Callable[..., Any]] = [
        gallery.train_sentiment,
        gallery._classifier,
        gallery.fit,
        make_sentiment,
        stars_right,
    ]
    return live.fingerprint([*code, sentiment.reviews], digest(film_reviews().train))


# ------------------------------------------------------------------------------------------------ DNA


@cache
def sequences() -> Dataset:
    """The strings that the reader of genes learns from."""
    return genes()


def bases(x: str) -> Array:
    """One-hot columns (4, T_x)."""
    return one_hot([dna.BASES.index(base) for base in x], len(dna.BASES))


def coding(params: Params, some: Sequence[str]) -> list[Array]:
    """The probability that each base codes, (T_x,) for each string."""
    x, mask = pad_features([bases(one) for one in some])
    p = tag(params, x.astype(float), mask.astype(float), cell=CELL)[1]
    return [p[i, : len(one)] for i, one in enumerate(some)]


def without_promoter(string: str) -> str:
    """The string with one base changed of the promoter before its first gene. Raises ValueError: no gene."""
    place = string.rindex(dna.PROMOTER, 0, dna.true_labels(string).index(1)) + 4
    return f"{string[:place]}C{string[place + 1 :]}"


def with_a_base_more(string: str) -> str:
    """The string with one base more behind the start codon of its first gene, which shifts the frame. Raises ValueError: no gene."""
    place = dna.true_labels(string).index(1) + len(dna.START)
    return f"{string[:place]}C{string[place:]}"


def bases_right(params: Params) -> float:
    """The share of the bases of the test strings whose label is right."""
    test = sequences().test
    pairs = zip(coding(params, [example.x for example in test]), test, strict=True)
    right = [(p > 0.5) == np.array(example.y) for p, example in pairs]
    return float(np.concatenate(right).mean())


def make_dna() -> dict[str, Any]:
    """The content of the file of the reader of genes, with the first test strings that have a gene, whatever it says of them."""
    data = sequences()
    stored = {"params": pack_params(gallery.train_dna(data).params)}
    return {
        "cell": CELL,
        **stored,
        "model": {"promoter": dna.PROMOTER, "start": dna.START, "stops": dna.STOPS},
        "examples": [example.x for example in data.test if 1 in example.y][:6],
        "strings": len(data.train),
        "scores": {"accuracy": round(bases_right(unpack_params(stored)), 4)},
    }


def dna_fingerprint() -> str:
    """What the stored file depends on."""
    code: list[Callable[..., Any]] = [gallery.train_dna, gallery._tagger, gallery.fit, make_dna, bases_right]
    return live.fingerprint([*code, dna.genes], digest(sequences().train))


# ------------------------------------------------------------------------------------------------ dates


@cache
def date_pairs() -> Dataset:
    """The dates that the translator learns from."""
    return dates()


def date_vocabularies(data: Dataset) -> tuple[Vocabulary, Vocabulary]:
    """The words of the dates and the characters of their translations, as `gallery.train_translation` numbers them."""
    sides = ([example.x for example in data.train], [example.y for example in data.train])
    source, target = (Vocabulary(sorted({token for some in side for token in some})) for side in sides)
    return source, target


def dates_right(params: Params, data: Dataset) -> float:
    """The share of test dates that are right in every character."""
    source, target = date_vocabularies(data)
    longest = max(len(example.y) for example in data.train)

    def read(example: Example) -> list[str]:
        tokens = source.encode(example.x)
        return target.decode(translate(params, tokens, target.end, cell=CELL, max_length=longest + 1))

    return float(np.mean([read(example) == example.y for example in data.test]))


def first_dates(data: Dataset) -> list[dict[str, str]]:
    """The first test date of each language as it is written, whatever the network makes of it."""
    babel = needs("babel.dates", "dates")
    first: dict[str, dict[str, str]] = {}
    for example in data.test:
        locale, _, pattern = example.source.partition(": ")
        day = datetime.date.fromisoformat("".join(example.y))
        text = babel.format_date(day, pattern, locale=locale)
        assert date_tokens(text) == example.x
        first.setdefault(locale, {"text": text, "iso": day.isoformat()})
    return [{"locale": locale, **first[locale]} for locale in translation.LOCALES]


def month_numbers() -> dict[str, int]:
    """The number of each month's name, in every language of the dates."""
    babel = needs("babel.dates", "dates")
    names: dict[str, int] = {}
    for locale in translation.LOCALES:
        for number, name in babel.get_month_names("wide", locale=locale).items():
            names.setdefault(name.lower(), number)
            assert names[name.lower()] == number
    return names


def date_by_rule(tokens: Sequence[str], months: dict[str, int]) -> list[str]:
    """A date's characters as the figure's rule reads them, without a network; nothing where it is no date.

    tokens: of `date_tokens`, every digit by itself; months: of `month_numbers`
    """
    named = [months[token] for token in tokens if token in months]
    numbers = ["".join(row) for digits, row in groupby(tokens, str.isdecimal) if digits]
    years, days = ([number for number in numbers if (len(number) == 4) is whole] for whole in (True, False))
    if not named or len(years) != 1 or len(days) != 1:
        return []
    try:
        return list(datetime.date(int(years[0]), named[0], int(days[0])).isoformat())
    except ValueError:  # the month has no such day
        return []


def make_dates() -> dict[str, Any]:
    """The content of the translator's file."""
    data = date_pairs()
    source, target = date_vocabularies(data)
    stored = {"params": pack_params(gallery.train_translation(data, **DATES).params)}
    return {
        "cell": CELL,
        "source": source.words,
        "target": target.words,
        **stored,
        "longest": max(len(example.y) for example in data.train) + 1,
        "months": month_numbers(),
        "examples": first_dates(data),
        "pairs": len(data.train),
        "scores": {"exact": round(dates_right(unpack_params(stored), data), 4)},
    }


def dates_fingerprint() -> str:
    """What the stored file depends on."""
    code: list[Callable[..., Any]] = [
        gallery.train_translation, gallery.fit, make_dates, dates_right, first_dates, month_numbers,
    ]  # fmt: skip
    return live.fingerprint([*code, translation.dates], repr(DATES) + digest(date_pairs().train))


MADE = {
    "speech": (make_speech, speech_fingerprint),
    "sentiment": (make_sentiment, sentiment_fingerprint),
    "dna": (make_dna, dna_fingerprint),
    "dates": (make_dates, dates_fingerprint),
}
