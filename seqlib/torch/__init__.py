"""The same networks in PyTorch, for speed and for a GPU: modules, converters, models. `import seqlib` does without torch."""

try:
    import torch as _torch  # noqa: F401
except ImportError as error:
    raise ImportError(
        "seqlib.torch needs PyTorch, which is not installed (the extra `torch`: see https://pytorch.org/get-started); "
        "all other parts of seqlib work without it"
    ) from error

from seqlib.torch.batch_first import lstm_cell_batch_first, to_batch_first, to_columns, to_torch_lstm
from seqlib.torch.cells import gru_cell, lstm_cell, rnn_cell
from seqlib.torch.converters import from_torch, gradients_of, load_params, params_of, to_torch
from seqlib.torch.losses import sequence_cross_entropy
from seqlib.torch.models import Captioner, Classifier, Embedding, EncoderDecoder, LanguageModel, Output, Tagger
from seqlib.torch.sequences import GRU, LSTM, RNN, network

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Captioner",
    "Classifier",
    "Embedding",
    "EncoderDecoder",
    "LanguageModel",
    "Output",
    "Tagger",
    "from_torch",
    "gradients_of",
    "gru_cell",
    "load_params",
    "lstm_cell",
    "lstm_cell_batch_first",
    "network",
    "params_of",
    "rnn_cell",
    "sequence_cross_entropy",
    "to_batch_first",
    "to_columns",
    "to_torch",
    "to_torch_lstm",
]
