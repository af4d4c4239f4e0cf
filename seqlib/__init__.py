"""Sequence models, written to be read: the library of the book."""

from seqlib.activations import log_softmax, sigmoid, softmax
from seqlib.parameters import count_parameters, stack_weights
from seqlib.rnn import rnn_cell_forward, rnn_forward
from seqlib.swap import using

__all__ = [
    "count_parameters",
    "log_softmax",
    "rnn_cell_forward",
    "rnn_forward",
    "sigmoid",
    "softmax",
    "stack_weights",
    "using",
]
