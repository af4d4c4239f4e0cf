"""Sequence models, written to be read: the library of the book."""

from seqlib.activations import log_softmax, sigmoid, softmax
from seqlib.ctc import ctc_decode, ctc_loss
from seqlib.output import output_backward, output_forward
from seqlib.parameters import count_parameters, stack_weights
from seqlib.rnn import rnn_backward, rnn_cell_backward, rnn_cell_forward, rnn_forward
from seqlib.swap import using

__all__ = [
    "count_parameters",
    "ctc_decode",
    "ctc_loss",
    "log_softmax",
    "output_backward",
    "output_forward",
    "rnn_backward",
    "rnn_cell_backward",
    "rnn_cell_forward",
    "rnn_forward",
    "sigmoid",
    "softmax",
    "stack_weights",
    "using",
]
