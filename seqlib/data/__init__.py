"""The book's data sets: made from a seed or from an installed package, so that everything works offline."""

from .dataset import Dataset, Example
from .ner import name_sentences, teddy_sentences

__all__ = ["Dataset", "Example", "name_sentences", "teddy_sentences"]
