"""Numbers from 0 to 999 in French words -> their digits (L5): translation in which T_x and T_y differ, and no package is needed.

"quatre vingt dix sept" has four words and 97 two digits: 4 * 20 + 10 + 7. Hyphens are left out, so that the words repeat.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import numpy as np

import seqlib
from seqlib.batches import one_hot, pad_features
from seqlib.cells import part
from seqlib.support.types import Params

from .dataset import SPLITS, Dataset, Example, check_sizes
from .translation import parallel

ONES = "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize".split()
TENS = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante"}
END = "<EOS>"
WORDS = [*ONES, *TENS.values(), "et", "vingts", "cent", "cents"]
DIGITS = [*"0123456789", END]
LONGEST = 4  # digits and <EOS>


def french_words(number: int) -> list[str]:
    """The words of a whole number from 0 to 999. Raises ValueError for another.

    >>> " ".join(french_words(371))
    'trois cent soixante et onze'
    """
    if number not in range(1000):
        raise ValueError(f"number must be a whole number from 0 to 999, got {number!r}")
    hundreds, rest = divmod(int(number), 100)
    words = [ONES[hundreds]] if hundreds > 1 else []
    if hundreds:
        words.append("cents" if hundreds > 1 and rest == 0 else "cent")
    return words + _below_a_hundred(rest) if rest or not hundreds else words


def _below_a_hundred(number: int) -> list[str]:
    if number <= 16:
        return [ONES[number]]
    if number < 20:
        return ["dix", ONES[number - 10]]
    tens, one = divmod(number, 10)
    if tens >= 8:  # quatre vingts, quatre vingt un, ..., quatre vingt dix neuf
        return ["quatre", "vingt", *_below_a_hundred(number - 80)] if number > 80 else ["quatre", "vingts"]
    if tens == 7:  # soixante dix, soixante et onze, ...
        return ["soixante", *(["et"] if one == 1 else []), *_below_a_hundred(number - 60)]
    joined = {0: [], 1: ["et", "un"]}.get(one, [ONES[one]])
    return [TENS[tens], *joined]


def french_numbers(seed: int = 1, train: int = 700, valid: int = 100, test: int = 200) -> Dataset:
    """A number from 0 to 999 in French words -> its digits. Held out: no number is in two splits.

    Raises ValueError: a size below 1, or more than 1,000 in all; TypeError: a size that is no whole number.
    """
    check_sizes(train=train, valid=valid, test=test)
    if train + valid + test > 1000:
        raise ValueError(f"only 1000 distinct examples exist; {train + valid + test} were asked for")
    numbers = iter(np.random.default_rng(seed).permutation(1000).tolist())
    splits: dict[str, Any] = {}
    for split, count in zip(SPLITS, (train, valid, test), strict=True):
        chosen = [next(numbers) for _ in range(count)]
        splits[split] = [Example(french_words(number), list(str(number)), "French") for number in chosen]
    return parallel("french-numbers", "a number in French words -> its digits", "words", splits)


def load_reader() -> tuple[Params, Params]:
    """The bundled network that reads French numbers: the parameters of its encoder and decoder, in float64.

    Made by `python -m seqlib.data.train_french`.
    """
    with files("seqlib.data").joinpath("files/french_rnn.npz").open("rb") as file, np.load(file) as stored:
        arrays = {name: stored[name].astype(np.float64) for name in stored.files}
    return part(arrays, "encoder/"), part(arrays, "decoder/")


def read_numbers(texts: list[list[str]], reader: tuple[Params, Params] | None = None) -> list[str]:
    """The digits that the network writes for each number in words, by `seqlib.encoder_decoder_forward`.

    texts: the words of each number. Raises ValueError: a word that no number has.

    >>> read_numbers([french_words(371), french_words(80)])
    ['371', '80']
    """
    encoder, decoder = load_reader() if reader is None else reader
    unknown = sorted({word for words in texts for word in words} - set(WORDS))
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no word of a French number from 0 to 999; those are {', '.join(WORDS)}")
    x, mask = pad_features([one_hot([WORDS.index(word) for word in words], len(WORDS)) for words in texts])
    y, _ = seqlib.encoder_decoder_forward(x, mask, encoder, decoder, LONGEST)
    return ["".join(DIGITS[index] for index in row).partition(END)[0] for row in y]
