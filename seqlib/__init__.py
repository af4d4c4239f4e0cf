"""Sequence models, written to be read: the library of the book."""

from seqlib.activations import log_softmax, sigmoid, softmax
from seqlib.batches import one_hot, pad_batch, shuffled_batches
from seqlib.beam import beam_search, greedy_search
from seqlib.bidirectional import bidirectional_backward, bidirectional_forward
from seqlib.bleu import bleu
from seqlib.clipping import clip_by_norm, clip_elementwise
from seqlib.ctc import ctc_decode, ctc_loss
from seqlib.deep import deep_backward, deep_forward
from seqlib.embeddings import (
    analogy,
    cosine_similarity,
    embedding_backward,
    embedding_forward,
    euclidean_distance,
    manhattan_distance,
    window_backward,
    window_forward,
)
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
from seqlib.sampling import filter_probabilities, sample
from seqlib.swap import using
from seqlib.training import train
from seqlib.vocabulary import Vocabulary, build_vocabulary, encode
from seqlib.words import characters, tokenize

__all__ = [
    "SGD",
    "Adam",
    "Momentum",
    "Vocabulary",
    "analogy",
    "beam_search",
    "bidirectional_backward",
    "bidirectional_forward",
    "binary_cross_entropy",
    "bits_per_character",
    "bleu",
    "build_vocabulary",
    "characters",
    "clip_by_norm",
    "clip_elementwise",
    "cosine_similarity",
    "count_parameters",
    "ctc_decode",
    "ctc_loss",
    "deep_backward",
    "deep_forward",
    "edit_distance",
    "embedding_backward",
    "embedding_forward",
    "encode",
    "euclidean_distance",
    "filter_probabilities",
    "glorot",
    "gradient_check",
    "greedy_search",
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
    "manhattan_distance",
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
    "sample",
    "sequence_cross_entropy",
    "shuffled_batches",
    "sigmoid",
    "softmax",
    "stack_weights",
    "token_accuracy",
    "tokenize",
    "train",
    "using",
    "window_backward",
    "window_forward",
]
