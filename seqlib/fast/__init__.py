"""The functions of the library over whole sequences, for training: the same names, arguments and results, in less time.

What needs no state is done for all steps at once: the input's share of every gate before the loop, the weights' gradients
after the backward loop, one product each. Arrays have the time first, (T_x, m, n), so that a step is one block of memory;
results are (n, m, T_x) views of them. A module is loaded when one of its functions is asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seqlib.fast.embeddings import embedding_backward, embedding_forward
    from seqlib.fast.gru import gru_backward, gru_forward
    from seqlib.fast.losses import sequence_cross_entropy
    from seqlib.fast.lstm import lstm_backward, lstm_forward
    from seqlib.fast.output import output_backward, output_forward
    from seqlib.fast.rnn import rnn_backward, rnn_forward

__all__ = [
    "embedding_backward",
    "embedding_forward",
    "gru_backward",
    "gru_forward",
    "lstm_backward",
    "lstm_forward",
    "output_backward",
    "output_forward",
    "rnn_backward",
    "rnn_forward",
    "sequence_cross_entropy",
]
_MODULES = {"embedding": "embeddings", "sequence": "losses"}  # by a name's first word, where the two differ


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    word = name.partition("_")[0]
    return getattr(importlib.import_module(f"{__name__}.{_MODULES.get(word, word)}"), name)
