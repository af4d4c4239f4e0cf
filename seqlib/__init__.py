"""Sequence models, written to be read: the library of the book."""
