"""The language model, of words or characters: training loss, probability of a sentence, and the step that writes new ones.

Parameters are those of models.network_parameters with n_words = n_y. The first input is 0, then the word before:
x<1> = 0, x<t> = y<t-1>. With a first state of its own it is the decoder of translation and captioning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from seqlib import fast
from seqlib.activations import log_softmax
from seqlib.batches import check_indices, one_hot
from seqlib.deep import deep_backward, deep_forward, last_states
from seqlib.losses import sequence_log_probability
from seqlib.models import layers_of, reads_both_ways
from seqlib.support.swap import replaceable, swapped
from seqlib.support.types import Array, Params
from seqlib.support.validate import Sizes

if TYPE_CHECKING:
    from seqlib.beam import Step

States = Sequence[Array]


@replaceable
def shifted_inputs(targets: Any, n_y: int) -> Array:
    """The inputs of a language model: x<1> = 0 and x<t> = y<t-1>, as one-hot columns.

    targets: (m, T_x), the words y that are to be predicted
    n_y: the size of the vocabulary

    Returns (n_y, m, T_x) in float64. The last word of each sentence is no input. Raises TypeError, ValueError. Source: L6, item 6.2.

    >>> shifted_inputs([[2, 0, 1]], 3)[:, 0]
    array([[0., 0., 1.],
           [0., 0., 0.],
           [0., 1., 0.]])
    """
    y = _check_sentences(targets, n_y)
    x = np.zeros((n_y, *y.shape))
    x[:, :, 1:] = one_hot(y[:, :-1], n_y)
    return x


@replaceable
def decoder_forward(
    targets: Any,
    params: Params,
    cell: str = "lstm",
    *,
    a0: States | None = None,
    c0: States | None = None,
    mask: Array | None = None,
    dropout: States | None = None,
) -> tuple[Array, tuple[Any, ...]]:
    """Logits of every word given those before it.

    targets: (m, T_x), the words y
    params: E (n_e, n_y), layers, Wy (n_y, n_a), by (n_y, 1)
    cell: as for deep_forward
    a0, c0: each layer's first state (n_a, m), zeros where they are left out
    mask: (m, T_x)
    dropout: as for deep_forward

    Returns logits (n_y, m, T_x) and the caches (targets, a, caches of the layers, params). Raises TypeError, ValueError.
    Source: L6, item 6.2.

    The last word is no input, so the scores do not depend on it:

    >>> params = {"1/Wax": np.array([[1.0]]), "1/Waa": np.array([[0.5]]), "1/ba": np.array([[0.0]])}
    >>> params |= {"E": np.array([[1.0, -1.0]]), "Wy": np.array([[1.0], [-1.0]]), "by": np.zeros((2, 1))}
    >>> [decoder_forward(np.array([[0, word]]), params, "rnn")[0][0].round(3) for word in (0, 1)]
    [array([[0.   , 0.762]]), array([[0.   , 0.762]])]
    """
    if reads_both_ways(params):
        raise ValueError(
            "params are those of a bidirectional network, which would see the words that it has to predict"
        )
    if "E" not in params:
        raise ValueError(f"params lacks E, the embedding (n_e, n_y); it holds {', '.join(params) or 'nothing'}")
    sizes = Sizes()
    sizes.floats("params['E']", params["E"], ("n_e", "n_y"))
    _check_sentences(targets, sizes["n_y"])
    if swapped("shifted_inputs"):
        x = np.tensordot(params["E"], shifted_inputs(targets, params["E"].shape[1]), axes=1).astype(params["E"].dtype)
    else:
        e = fast.embedding_forward(targets, params["E"])  # (n_e, m, T_x)
        # x<1> = 0, x<t> = e(y<t-1>)
        x = np.zeros_like(e)
        x[:, :, 1:] = e[:, :, :-1]
    a, _, inner = deep_forward(x, layers_of(params), cell, a0=a0, c0=c0, mask=mask, dropout=dropout)
    return fast.output_forward(a, params, logits=True), (np.asarray(targets), a, inner, params)


@replaceable
def decoder_backward(dlogits: Array, caches: tuple[Any, ...], *, steps: int | None = None) -> dict[str, Any]:
    """Gradients of decoder_forward.

    dlogits: (n_y, m, T_x), the gradient of the loss with respect to the logits
    caches: those of decoder_forward
    steps: truncated backpropagation through time

    Returns "d" + name of every parameter, and the lists da0 and dc0 of the first states. Raises TypeError, ValueError. Source: L6.

    A word's column of E gets a gradient from the step after the word alone:

    >>> params = {"1/Wax": np.array([[1.0]]), "1/Waa": np.array([[0.5]]), "1/ba": np.array([[0.0]])}
    >>> params |= {"E": np.array([[1.0, -1.0]]), "Wy": np.array([[1.0], [-1.0]]), "by": np.zeros((2, 1))}
    >>> _, caches = decoder_forward(np.array([[0, 1]]), params, "rnn")
    >>> decoder_backward(np.array([[[0.0, 1.0]], [[0.0, 0.0]]]), caches)["dE"].round(3)
    array([[0.42, 0.  ]])
    """
    targets, a, inner, params = caches
    top = fast.output_backward(dlogits, a, params)
    gradients = deep_backward(top.pop("da"), inner, steps=steps)
    de = np.zeros_like(gradients["dx"])
    de[:, :, :-1] = gradients.pop("dx")[:, :, 1:]
    return gradients | top | {"dE": fast.embedding_backward(de, targets, params["E"].shape[1])}


def language_model_loss(
    params: Params,
    targets: Any,
    mask: Array | None = None,
    *,
    cell: str = "lstm",
    reduction: str = "sentence",
    steps: int | None = None,
    dropout: States | None = None,
) -> tuple[float, dict[str, Any]]:
    """-sum_t log P(y<t> | y<1>, ..., y<t-1>), averaged as `reduction` says, and the gradient "d" + name of every parameter.

    targets: (m, T_x), sentences with their <EOS>
    mask: (m, T_x)
    steps: truncated backpropagation through time
    dropout: as for deep_forward

    Raises TypeError, ValueError (a word outside the vocabulary, shapes). Source: L6, item 6.3.
    """
    logits, caches = decoder_forward(targets, params, cell, mask=mask, dropout=dropout)
    loss, dlogits = fast.sequence_cross_entropy(logits, targets, mask, reduction=reduction)
    return loss, decoder_backward(dlogits, caches, steps=steps)


def _check_sentences(targets: Any, n_y: int) -> Array:
    """The words y (m, T_x) as an array. Raises TypeError, ValueError."""
    y = check_indices("targets", targets, n_y)
    if y.ndim != 2:
        raise ValueError(f"targets must be (m, T_x), got shape {y.shape}; one sentence is a row: targets[None]")
    return y


def sentence_log_probability(params: Params, targets: Any, mask: Array | None = None, *, cell: str = "lstm") -> Array:
    """log P(y<1>, ..., y<T>) = sum_t log P(y<t> | those before), in nats, of each sentence: (m,).

    Raises TypeError, ValueError. Source: L6, item 6.1.
    """
    logits, _ = decoder_forward(targets, params, cell, mask=mask)
    return sequence_log_probability(logits, targets, mask)


@replaceable
def next_word(params: Params, cell: str = "lstm") -> Step:
    """step(state, token) for generate, greedy_search and beam_search: log P(next | all before) (n_y,), and the next state.

    params: E (n_e, n_y), layers, Wy (n_y, n_a), by (n_y, 1)
    cell: as for deep_forward

    The state is a pair of lists (a0, c0) or None at first; a0 holds (n_a, 1) for each layer, c0 is None without an LSTM.
    Raises ValueError where step gets a token outside the vocabulary. Source: L7, item 7.1; L15, item 15.1.

    >>> params = {"1/Wax": np.array([[1.0]]), "1/Waa": np.array([[0.5]]), "1/ba": np.array([[0.0]])}
    >>> params |= {"E": np.array([[1.0, -1.0]]), "Wy": np.array([[1.0], [-1.0]]), "by": np.zeros((2, 1))}
    >>> step = next_word(params, "rnn")
    >>> log_p, state = step(None, None)  # before the first word
    >>> log_p, state = step(state, 0)
    >>> np.exp(log_p).round(3), state
    (array([0.821, 0.179]), ([array([[0.76159416]])], None))
    """
    layers = layers_of(params)

    def step(state: Any, token: int | None) -> tuple[Array, Any]:
        a0, c0 = (None, None) if state is None else state
        x = np.zeros((params["E"].shape[0], 1, 1), params["E"].dtype)
        if token is not None:
            x[:, 0, 0] = params["E"][:, check_indices("token", token, params["E"].shape[1])]
        a, _, caches = deep_forward(x, layers, cell, a0=a0, c0=c0)
        return log_softmax(fast.output_forward(a, params, logits=True)[:, 0, 0]), last_states(caches)

    return step
