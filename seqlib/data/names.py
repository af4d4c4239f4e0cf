"""First names of several languages (L7), on which a character model learns to make up new ones."""

from __future__ import annotations

import unicodedata
from collections import Counter

import numpy as np

from .dataset import Dataset, Example, needs, three_ways

LOCALES = ("en_US", "fr_FR", "de_DE", "es_ES", "it_IT", "pl_PL", "fi_FI")


def plain_letters(name: str) -> str:
    """Lower case, accents removed: "Zoë" -> "zoe"."""
    letters = unicodedata.normalize("NFKD", name.lower().replace("ł", "l").replace("ß", "ss"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def first_names(seed: int = 1, locales: tuple[str, ...] = LOCALES) -> Dataset:
    """First names: x is the list of letters (a to z), y the locale that has it. Needs the package faker.

    Held out: no name of valid and test occurs in train, in any locale.
    Raises ImportError: faker is not installed; ValueError: a locale that it does not know, or none; TypeError: a text.
    """
    if isinstance(locales, str):
        raise TypeError(f"locales must be a tuple of locales, got the text {locales!r}: write ({locales!r},)")
    if not locales:
        raise ValueError(f"locales is empty: it needs at least one, such as {LOCALES[0]!r}")
    needs("faker", "first_names")
    found: dict[str, str] = {}
    for locale in locales:
        try:
            module = needs(f"faker.providers.person.{locale}", "first_names")
        except ImportError as error:
            raise ValueError(f"faker has no person names for the locale {locale!r}") from error
        for name in module.Provider.first_names:
            letters = plain_letters(name)
            if letters.isascii() and letters.isalpha() and 3 <= len(letters) <= 12:
                found.setdefault(letters, locale)
    rng = np.random.default_rng(seed)
    examples = [Example(list(name), locale, locale) for name, locale in sorted(found.items())]
    splits = three_ways(examples, rng, held_out=0.1)
    counts = Counter(letter for example in splits["train"] for letter in [*example.x, "<EOS>"])
    total = sum(counts.values())
    losses = [-np.log(counts[letter] / total) for example in splits["test"] for letter in [*example.x, "<EOS>"]]
    return Dataset(
        name="names",
        description="the letters of a first name, one after the other",
        inputs="the letters so far",
        outputs="the next letter, or <EOS>",
        score="perplexity per letter (lower is better)",
        baseline=float(np.exp(np.mean(losses))),
        baseline_name="how often each letter occurs",
        **splits,
    )
