"""Sequence models, written to be read: the library of the book."""

from seqlib.activations import log_softmax, sigmoid, softmax
from seqlib.bidirectional import bidirectional_backward, bidirectional_forward
from seqlib.ctc import ctc_decode, ctc_loss
from seqlib.deep import deep_backward, deep_forward
from seqlib.gru import gru_backward, gru_cell_backward, gru_cell_forward, gru_forward
from seqlib.lstm import lstm_backward, lstm_cell_backward, lstm_cell_forward, lstm_forward
from seqlib.output import output_backward, output_forward
from seqlib.parameters import count_parameters, stack_weights
from seqlib.rnn import rnn_backward, rnn_cell_backward, rnn_cell_forward, rnn_forward
from seqlib.swap import using

__all__ = [
    "bidirectional_backward",
    "bidirectional_forward",
    "count_parameters",
    "ctc_decode",
    "ctc_loss",
    "deep_backward",
    "deep_forward",
    "gru_backward",
    "gru_cell_backward",
    "gru_cell_forward",
    "gru_forward",
    "log_softmax",
    "lstm_backward",
    "lstm_cell_backward",
    "lstm_cell_forward",
    "lstm_forward",
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
