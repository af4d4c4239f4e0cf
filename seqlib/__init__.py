"""Sequence models, written to be read: the library of the book."""

from seqlib.activations import log_softmax, sigmoid, softmax
from seqlib.batches import one_hot, pad_batch, shuffled_batches
from seqlib.bidirectional import bidirectional_backward, bidirectional_forward
from seqlib.clipping import clip_by_norm, clip_elementwise
from seqlib.ctc import ctc_decode, ctc_loss
from seqlib.deep import deep_backward, deep_forward
from seqlib.gradients import gradient_check
from seqlib.gru import gru_backward, gru_cell_backward, gru_cell_forward, gru_forward
from seqlib.initialise import (
    glorot,
    initialise_cell,
    initialise_deep,
    initialise_gru,
    initialise_lstm,
    initialise_output,
    initialise_rnn,
    orthogonal,
)
from seqlib.losses import binary_cross_entropy, bits_per_character, perplexity, sequence_cross_entropy
from seqlib.lstm import lstm_backward, lstm_cell_backward, lstm_cell_forward, lstm_forward
from seqlib.metrics import edit_distance, majority_baseline, token_accuracy
from seqlib.optimisers import SGD, Adam, Momentum
from seqlib.output import output_backward, output_forward
from seqlib.parameters import count_parameters, stack_weights
from seqlib.rnn import rnn_backward, rnn_cell_backward, rnn_cell_forward, rnn_forward
from seqlib.swap import using
from seqlib.training import train
from seqlib.vocabulary import Vocabulary, build_vocabulary, encode
from seqlib.words import characters, tokenize

__all__ = [
    "SGD",
    "Adam",
    "Momentum",
    "Vocabulary",
    "bidirectional_backward",
    "bidirectional_forward",
    "binary_cross_entropy",
    "bits_per_character",
    "build_vocabulary",
    "characters",
    "clip_by_norm",
    "clip_elementwise",
    "count_parameters",
    "ctc_decode",
    "ctc_loss",
    "deep_backward",
    "deep_forward",
    "edit_distance",
    "encode",
    "glorot",
    "gradient_check",
    "gru_backward",
    "gru_cell_backward",
    "gru_cell_forward",
    "gru_forward",
    "initialise_cell",
    "initialise_deep",
    "initialise_gru",
    "initialise_lstm",
    "initialise_output",
    "initialise_rnn",
    "log_softmax",
    "lstm_backward",
    "lstm_cell_backward",
    "lstm_cell_forward",
    "lstm_forward",
    "majority_baseline",
    "one_hot",
    "orthogonal",
    "output_backward",
    "output_forward",
    "pad_batch",
    "perplexity",
    "rnn_backward",
    "rnn_cell_backward",
    "rnn_cell_forward",
    "rnn_forward",
    "sequence_cross_entropy",
    "shuffled_batches",
    "sigmoid",
    "softmax",
    "stack_weights",
    "token_accuracy",
    "tokenize",
    "train",
    "using",
]
