"""Sequence models, written to be read: the library of the book.

The modules here are the lessons': each cell, and the loop over a sequence that the chapter explains. `seqlib.fast` has the same
functions for training, `seqlib.torch` the same networks in PyTorch, `seqlib.data` the data sets; `seqlib.book` and
`seqlib.support` serve the book and the library itself.
"""

import importlib
from typing import TYPE_CHECKING

from seqlib.activations import log_softmax, sigmoid, softmax
from seqlib.batches import one_hot, pad_batch, shuffled_batches
from seqlib.beam import beam_search, greedy_search
from seqlib.bidirectional import bidirectional_backward, bidirectional_forward, reverse_padded
from seqlib.bleu import bleu, brevity_penalty, clipped_matches
from seqlib.captioning import caption, caption_loss, captioner_parameters, first_states
from seqlib.clipping import clip_by_norm, clip_elementwise
from seqlib.convolution import convolution_backward, convolution_forward
from seqlib.counts import cooccurrence_counts, ppmi, svd_embeddings
from seqlib.ctc import ctc_decode, ctc_loss
from seqlib.deep import deep_backward, deep_forward, dropout_mask, width_within
from seqlib.embeddings import (
    analogy,
    cosine_similarity,
    embedding_backward,
    embedding_forward,
    euclidean_distance,
    manhattan_distance,
    nearest_words,
    window_backward,
    window_forward,
)
from seqlib.encoder_decoder import (
    encoder_backward,
    encoder_forward,
    translate,
    translate_beam,
    translator_loss,
    translator_parameters,
)
from seqlib.forms import encoder_decoder_forward, many_to_one_forward, one_to_many_forward
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
    scale_to_radius,
    spectral_radius,
)
from seqlib.jacobians import jacobian_norms, state_jacobians
from seqlib.language_model import (
    decoder_backward,
    decoder_forward,
    language_model_loss,
    next_word,
    sentence_log_probability,
    shifted_inputs,
)
from seqlib.losses import (
    binary_cross_entropy,
    bits_per_character,
    perplexity,
    sequence_cross_entropy,
    sequence_log_probability,
)
from seqlib.lstm import lstm_backward, lstm_cell_backward, lstm_cell_forward, lstm_forward
from seqlib.metrics import edit_distance, error_rate, majority_baseline, tagging_scores, token_accuracy
from seqlib.models import classifier_loss, classify, network_parameters, tag, tagger_loss
from seqlib.ngrams import NGram, bigram_probabilities
from seqlib.optimisers import SGD, Adam, Momentum
from seqlib.output import output_backward, output_forward
from seqlib.parameters import count_parameters, stack_weights, unstack_weights
from seqlib.pooling import final_states, final_states_backward, pool_states, pool_states_backward
from seqlib.rnn import rnn_backward, rnn_cell_backward, rnn_cell_forward, rnn_forward
from seqlib.sampling import (
    filter_probabilities,
    generate,
    generated_log_probability,
    nucleus_probabilities,
    sample,
    sample_logits,
    sampler,
    top_k_probabilities,
)
from seqlib.support.swap import using
from seqlib.training import train
from seqlib.vocabulary import Vocabulary, build_vocabulary, encode
from seqlib.window_model import window_examples, window_log_probabilities, window_loss, window_parameters
from seqlib.words import characters, tokenize

if TYPE_CHECKING:
    from seqlib.book import figures as figures
    from seqlib.book import gallery as gallery
    from seqlib.book import stepper as stepper

__all__ = [
    "SGD",
    "Adam",
    "Momentum",
    "NGram",
    "Vocabulary",
    "analogy",
    "beam_search",
    "bidirectional_backward",
    "bidirectional_forward",
    "bigram_probabilities",
    "binary_cross_entropy",
    "bits_per_character",
    "bleu",
    "brevity_penalty",
    "build_vocabulary",
    "caption",
    "caption_loss",
    "captioner_parameters",
    "characters",
    "classifier_loss",
    "classify",
    "clip_by_norm",
    "clip_elementwise",
    "clipped_matches",
    "convolution_backward",
    "convolution_forward",
    "cooccurrence_counts",
    "cosine_similarity",
    "count_parameters",
    "ctc_decode",
    "ctc_loss",
    "decoder_backward",
    "decoder_forward",
    "deep_backward",
    "deep_forward",
    "dropout_mask",
    "edit_distance",
    "embedding_backward",
    "embedding_forward",
    "encode",
    "encoder_backward",
    "encoder_decoder_forward",
    "encoder_forward",
    "error_rate",
    "euclidean_distance",
    "filter_probabilities",
    "final_states",
    "final_states_backward",
    "first_states",
    "generate",
    "generated_log_probability",
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
    "jacobian_norms",
    "language_model_loss",
    "log_softmax",
    "lstm_backward",
    "lstm_cell_backward",
    "lstm_cell_forward",
    "lstm_forward",
    "majority_baseline",
    "manhattan_distance",
    "many_to_one_forward",
    "nearest_words",
    "network_parameters",
    "next_word",
    "nucleus_probabilities",
    "one_hot",
    "one_to_many_forward",
    "orthogonal",
    "output_backward",
    "output_forward",
    "pad_batch",
    "perplexity",
    "pool_states",
    "pool_states_backward",
    "ppmi",
    "reverse_padded",
    "rnn_backward",
    "rnn_cell_backward",
    "rnn_cell_forward",
    "rnn_forward",
    "sample",
    "sample_logits",
    "sampler",
    "scale_to_radius",
    "sentence_log_probability",
    "sequence_cross_entropy",
    "sequence_log_probability",
    "shifted_inputs",
    "shuffled_batches",
    "sigmoid",
    "softmax",
    "spectral_radius",
    "stack_weights",
    "state_jacobians",
    "svd_embeddings",
    "tag",
    "tagger_loss",
    "tagging_scores",
    "token_accuracy",
    "tokenize",
    "top_k_probabilities",
    "train",
    "translate",
    "translate_beam",
    "translator_loss",
    "translator_parameters",
    "unstack_weights",
    "using",
    "width_within",
    "window_backward",
    "window_examples",
    "window_forward",
    "window_log_probabilities",
    "window_loss",
    "window_parameters",
]

if not TYPE_CHECKING:

    def __getattr__(name):
        """The book's modules, which need matplotlib, are loaded when they are asked for."""
        if name in ("figures", "gallery", "stepper"):
            return importlib.import_module(f"seqlib.book.{name}")
        raise AttributeError(f"module 'seqlib' has no attribute {name!r}")
