"""The book's data sets: made from a seed or from an installed package, so that everything works offline."""

from .dataset import Dataset, Example
from .dna import gene_or_not, genes
from .music import melodies
from .ner import name_sentences, teddy_sentences
from .sentiment import reviews
from .speech import spoken_words
from .video import film_strips

__all__ = [
    "Dataset",
    "Example",
    "film_strips",
    "gene_or_not",
    "genes",
    "melodies",
    "name_sentences",
    "reviews",
    "spoken_words",
    "teddy_sentences",
]
