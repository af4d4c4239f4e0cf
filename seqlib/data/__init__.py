"""The book's data sets: made from a seed or from an installed package, so that everything works offline."""

from .agreement import agreement_sentences
from .captions import captioned_combinations, captioned_shapes
from .corpus import python_corpus
from .dataset import Dataset, Example
from .date_lists import date_lists, date_references
from .dna import gene_or_not, genes
from .flowers import name_or_flower
from .french import french_numbers
from .homophones import homophone_sentences
from .music import melodies
from .names import first_names
from .ner import name_sentences, teddy_sentences
from .people import people_sentences
from .sentiment import reviews
from .sources import python_sources
from .speech import spoken_words
from .translation import dates, numerals, phrases
from .video import film_strips

__all__ = [
    "Dataset",
    "Example",
    "agreement_sentences",
    "captioned_combinations",
    "captioned_shapes",
    "date_lists",
    "date_references",
    "dates",
    "film_strips",
    "first_names",
    "french_numbers",
    "gene_or_not",
    "genes",
    "homophone_sentences",
    "melodies",
    "name_or_flower",
    "name_sentences",
    "numerals",
    "people_sentences",
    "phrases",
    "python_corpus",
    "python_sources",
    "reviews",
    "spoken_words",
    "teddy_sentences",
]
