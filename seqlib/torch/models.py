"""The models of the course in PyTorch: formulas, parameters' names and losses are those of the NumPy path.

Words are indices (m, T_x), features (n_x, m, T_x), masks (m, T_x); logits come as (n_y, m, T_x). `loss` is what is trained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Unpack

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from seqlib.initialise import glorot
from seqlib.pooling import check_pool
from seqlib.support.types import Array
from seqlib.torch.layout import Tensors
from seqlib.torch.losses import sequence_cross_entropy
from seqlib.torch.named import Named, value_of
from seqlib.torch.sequences import Last, Options, Starts, network

Step = Callable[[Any, int | None], tuple[Array, Any]]


class Embedding(Named):
    """x<t> = E o<t>, the column of E at the word's index. Source: L13, item 13.3.

    n_words: words of the vocabulary
    n_e: features of a word. Parameter: E (n_e, n_words), kept as rows, a word on another.
    """

    def __init__(
        self, n_words: int, n_e: int, *, rng: np.random.Generator, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        if min(n_words, n_e) < 1:
            raise ValueError(f"n_words and n_e must be at least 1, got {n_words} and {n_e}")
        self.rows = _parameter(rng.normal(0, n_e**-0.5, (n_e, n_words)).T, device, dtype)  # (n_words, n_e)

    def own(self, *, gradient: bool = False) -> Tensors:
        return {"E": value_of(self.rows, gradient).T}

    def kept(self, tensors: Mapping[str, Tensor]) -> Tensors:
        return {"rows": tensors["E"].T}

    def forward(self, indices: Tensor) -> Tensor:
        """indices: (m, T_x). Returns x (n_e, m, T_x). Raises ValueError on the shape; IndexError outside the vocabulary."""
        if indices.ndim != 2 or indices.numel() == 0:
            raise ValueError(f"indices must be (m, T_x) with at least one word, got shape {tuple(indices.shape)}")
        return functional.embedding(indices.T, self.rows).permute(2, 1, 0)


class Output(Named):
    """z<t> = W_y a<t> + b_y, the logits of y_hat<t>. Parameters: Wy (n_y, n_a), by (n_y, 1). Source: L3, item 3.3."""

    def __init__(self, n_a: int, n_y: int, *, rng: np.random.Generator, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.Wy = _parameter(glorot(n_y, n_a, rng), device, dtype)
        self.by = _parameter(np.zeros((n_y, 1)), device, dtype)

    def own(self, *, gradient: bool = False) -> Tensors:
        return {"Wy": value_of(self.Wy, gradient), "by": value_of(self.by, gradient)}

    def kept(self, tensors: Mapping[str, Tensor]) -> Tensors:
        return dict(tensors)

    def forward(self, a: Tensor) -> Tensor:
        """a: (n_a, m, T_x). Returns logits (n_y, m, T_x)."""
        return functional.linear(a.permute(2, 1, 0), self.Wy, self.by[:, 0]).permute(2, 1, 0)


class _Labels(Named):
    """What the tagger and the classifier have in common: embedding (or none), layers, output layer."""

    def __init__(
        self,
        *,
        n_x: int,
        n_a: int,
        n_y: int,
        cell: str = "lstm",
        n_words: int | None = None,
        peephole: bool = False,
        **options: Unpack[Options],
    ) -> None:
        super().__init__()
        rng, place = _rng_and_place(options)
        # the order in which network_parameters draws them
        self.layers = network(cell, n_x, n_a, peephole=peephole, **options)
        self.output = Output(n_a * self.layers.directions, n_y, rng=rng, **place)
        self.embedding = None if n_words is None else Embedding(n_words, n_x, rng=rng, **place)

    def parts(self) -> Iterator[tuple[str, str, Named]]:
        if self.embedding is not None:
            yield "", "embedding", self.embedding
        yield "", "layers", self.layers
        yield "", "output", self.output

    def _states(self, inputs: Tensor, mask: Tensor | None) -> tuple[Tensor, Last]:
        return self.layers(inputs if self.embedding is None else self.embedding(inputs), mask=mask)  # type: ignore[no-any-return]


class Tagger(_Labels):
    """One label for each step: names, genes. Source: L2, L5, L11.

    n_x: features of an input (of a word's embedding); n_a: units of a layer; n_y: labels; n_words: size of the vocabulary, or
    None for inputs that are features; cell: "rnn", "gru", "gru_after", "gru_simplified" or "lstm"; options: see Options
    Parameters: E, "1/Wf", "2/Wf" (or "1/forward/Wf") and so on, Wy, by. Raises ValueError.
    """

    def forward(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """inputs: (m, T_x) indices or (n_x, m, T_x). Returns the logits of each label (n_y, m, T_x)."""
        logits: Tensor = self.output(self._states(inputs, mask)[0])
        return logits

    def loss(self, inputs: Tensor, targets: Tensor, mask: Tensor | None = None, *, reduction: str = "token") -> Tensor:
        """targets: (m, T_x) labels; reduction: as in sequence_cross_entropy."""
        return sequence_cross_entropy(self(inputs, mask), targets, mask, reduction=reduction)


class Classifier(_Labels):
    """One label for a sequence: stars of a review, the activity in a film. Source: L5. As Tagger, and

    pool: the output layer sees the "last" state (in both directions: each one's own last) or their "mean" or "max".
    """

    def __init__(self, *, pool: str = "last", **rest: Any) -> None:
        super().__init__(**rest)
        check_pool(pool)
        self.pool = pool

    def forward(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """inputs: (m, T_x) indices or (n_x, m, T_x). Returns the logits of each label (n_y, m). Raises ValueError."""
        a, (last, _) = self._states(inputs, mask)
        pooled = last[-1] if self.pool == "last" else self._pooled(a, mask)  # (n_a, m)
        logits: Tensor = self.output(pooled[:, :, None])[:, :, 0]
        return logits

    def _pooled(self, a: Tensor, mask: Tensor | None) -> Tensor:
        """The mean or the maximum over the real steps. Raises ValueError where a sequence has none."""
        if mask is None:
            return a.amax(dim=2) if self.pool == "max" else a.mean(dim=2)
        empty = torch.nonzero((mask == 0).all(dim=1))
        if len(empty):
            raise ValueError(f"sequence {int(empty[0])} has no real step: its row of mask is all zeros")
        if self.pool == "max":
            return a.masked_fill(mask == 0, float("-inf")).amax(dim=2)
        counts = mask.to(torch.promote_types(a.dtype, torch.float32))
        return (a * (counts / counts.sum(dim=1, keepdim=True))).sum(dim=2)

    def loss(self, inputs: Tensor, labels: Tensor, mask: Tensor | None = None) -> Tensor:
        """labels: (m,). The mean over sequences."""
        return sequence_cross_entropy(self(inputs, mask)[:, :, None], labels[:, None])


class LanguageModel(Named):
    """P(y<1>, ..., y<T>) word by word, x<1> = 0 and x<t> = y<t-1>; with a first state, a decoder. Source: L6, item 6.2.

    n_words: words (or characters) of the vocabulary
    n_e: features of a word
    n_a: units of a layer
    cell, options: as in Tagger
    Parameters: E, "1/Wf", "2/Wf" and so on, Wy (n_words, n_a), by. Raises ValueError, on bidirectional too.
    """

    def __init__(
        self,
        *,
        n_words: int,
        n_e: int,
        n_a: int,
        cell: str = "lstm",
        peephole: bool = False,
        **options: Unpack[Options],
    ) -> None:
        super().__init__()
        if options.get("bidirectional"):
            raise ValueError("a bidirectional network would see the words that it has to predict")
        rng, place = _rng_and_place(options)
        self.layers = network(cell, n_e, n_a, peephole=peephole, **options)
        self.output = Output(n_a, n_words, rng=rng, **place)
        self.embedding = Embedding(n_words, n_e, rng=rng, **place)

    def parts(self) -> Iterator[tuple[str, str, Named]]:
        yield "", "embedding", self.embedding
        yield "", "layers", self.layers
        yield "", "output", self.output

    def decode(
        self, targets: Tensor, a0: Starts = None, c0: Starts = None, mask: Tensor | None = None
    ) -> tuple[Tensor, Last]:
        """Logits (n_words, m, T_x) of every word given those before it, and the last states, to go on from.

        targets: (m, T_x), the words y
        a0, c0: each layer's first state (n_a, m), zeros where they are left out
        mask: (m, T_x)
        """
        e = self.embedding(targets).permute(2, 1, 0)  # (T_x, m, n_e)
        # x<1> = 0, x<t> = e(y<t-1>)
        x = torch.cat([torch.zeros_like(e[:1]), e[:-1]]).permute(2, 1, 0)  # (n_e, m, T_x)
        a, last = self.layers(x, a0, c0, mask=mask)
        return self.output(a), last

    def forward(self, targets: Tensor, a0: Starts = None, c0: Starts = None, mask: Tensor | None = None) -> Tensor:
        """The logits of `decode`."""
        return self.decode(targets, a0, c0, mask)[0]

    def loss(self, targets: Tensor, mask: Tensor | None = None, *, reduction: str = "sentence") -> Tensor:
        """-sum_t log P(y<t> | y<1>, ..., y<t-1>), averaged as `reduction` says. targets: (m, T_x), with their <EOS>."""
        return sequence_cross_entropy(self(targets, mask=mask), targets, mask, reduction=reduction)

    def next_word(self) -> Step:
        """step(state, token) for seqlib's greedy_search and beam_search: log P(next | all before) (n_words,), and the next state.

        The state is a pair (a0, c0) or None at first; token is None at first: x<1> = 0.
        """
        like = self.embedding.rows

        @torch.no_grad()
        def step(state: Any, token: int | None) -> tuple[Array, Any]:
            a0, c0 = (None, None) if state is None else state
            x = like.new_zeros(like.shape[1], 1, 1) if token is None else self.embedding(_indices([[token]], like))
            a, last = self.layers(x, a0, c0)
            log_p = torch.log_softmax(self.output(a)[:, 0, 0].double(), dim=0)
            return log_p.cpu().numpy(), last

        return step


class EncoderDecoder(Named):
    """Translation: the encoder's last states are the decoder's first. Source: L15, item 15.1; Sutskever et al. 2014.

    n_source, n_target: words of the two languages
    n_e: features of a word; the rest as in LanguageModel
    Parameters: "encoder/E", "encoder/1/Wf", ..., "decoder/E", "decoder/1/Wf", ..., "decoder/Wy", "decoder/by". Raises ValueError.
    """

    def __init__(
        self,
        *,
        n_source: int,
        n_target: int,
        n_e: int,
        n_a: int,
        cell: str = "lstm",
        peephole: bool = False,
        **options: Unpack[Options],
    ) -> None:
        super().__init__()
        self.decoder = LanguageModel(n_words=n_target, n_e=n_e, n_a=n_a, cell=cell, peephole=peephole, **options)
        rng, place = _rng_and_place(options)
        self.source_embedding = Embedding(n_source, n_e, rng=rng, **place)
        self.encoder = network(cell, n_e, n_a, peephole=peephole, **options)

    def parts(self) -> Iterator[tuple[str, str, Named]]:
        yield "encoder/", "source_embedding", self.source_embedding
        yield "encoder/", "encoder", self.encoder
        yield "decoder/", "decoder", self.decoder

    def encode(self, source: Tensor, mask: Tensor | None = None) -> Last:
        """Read a sentence. source: (m, T_x). Returns each layer's last state, and that of the memory cells or None."""
        last: Last = self.encoder(self.source_embedding(source), mask=mask)[1]
        return last

    def forward(
        self,
        source: Tensor,
        targets: Tensor,
        source_mask: Tensor | None = None,
        target_mask: Tensor | None = None,
    ) -> Tensor:
        """source: (m, T_x); targets: (m, T_y), with their <EOS>. Returns logits (n_target, m, T_y). Raises ValueError."""
        if source.shape[:1] != targets.shape[:1]:
            raise ValueError(
                f"source and targets must have one m, got shapes {tuple(source.shape)} and {tuple(targets.shape)}"
            )
        logits: Tensor = self.decoder(targets, *self.encode(source, source_mask), target_mask)
        return logits

    def loss(
        self,
        source: Tensor,
        targets: Tensor,
        source_mask: Tensor | None = None,
        target_mask: Tensor | None = None,
        *,
        reduction: str = "token",
    ) -> Tensor:
        """-log P(y<1>, ..., y<T_y> | x)."""
        logits = self(source, targets, source_mask, target_mask)
        return sequence_cross_entropy(logits, targets, target_mask, reduction=reduction)


class Captioner(Named):
    """Captions: a<0> = tanh(W_i features + b_i) is the first state of a decoder. Source: L14, item 14.1; Vinyals et al. 2015.

    n_f: features of an image; the rest as in LanguageModel. Parameters: those of a LanguageModel, Wi (n_a, n_f), bi (n_a, 1).
    """

    def __init__(
        self,
        *,
        n_f: int,
        n_words: int,
        n_e: int,
        n_a: int,
        cell: str = "lstm",
        peephole: bool = False,
        **options: Unpack[Options],
    ) -> None:
        super().__init__()
        self.decoder = LanguageModel(n_words=n_words, n_e=n_e, n_a=n_a, cell=cell, peephole=peephole, **options)
        rng, place = _rng_and_place(options)
        self.Wi = _parameter(glorot(n_a, n_f, rng), **place)
        self.bi = _parameter(np.zeros((n_a, 1)), **place)

    def parts(self) -> Iterator[tuple[str, str, Named]]:
        yield "", "decoder", self.decoder

    def own(self, *, gradient: bool = False) -> Tensors:
        return {"Wi": value_of(self.Wi, gradient), "bi": value_of(self.bi, gradient)}

    def kept(self, tensors: Mapping[str, Tensor]) -> Tensors:
        return {name: tensors[name] for name in ("Wi", "bi")}

    def first_states(self, features: Tensor) -> Tensor:
        """a<0> of the first layer, 0 of those above: (layers, n_a, m). features: (n_f, m). Raises ValueError."""
        if features.ndim != 2 or features.shape[0] != self.Wi.shape[1]:
            raise ValueError(
                f"features must be (n_f, m) with n_f = {self.Wi.shape[1]}, got shape {tuple(features.shape)}"
            )
        a0 = torch.tanh(self.Wi @ features + self.bi)  # (n_a, m)
        return torch.stack([a0] + [torch.zeros_like(a0)] * (self.decoder.layers.layers - 1))

    def forward(self, features: Tensor, targets: Tensor, mask: Tensor | None = None) -> Tensor:
        """features: (n_f, m); targets: (m, T_y), with their <EOS>. Returns logits (n_words, m, T_y)."""
        logits: Tensor = self.decoder(targets, self.first_states(features), None, mask)
        return logits

    def loss(
        self, features: Tensor, targets: Tensor, mask: Tensor | None = None, *, reduction: str = "token"
    ) -> Tensor:
        """-log P(words | image)."""
        return sequence_cross_entropy(self(features, targets, mask), targets, mask, reduction=reduction)


def _parameter(value: Array, device: Any, dtype: Any) -> nn.Parameter:
    dtype = torch.get_default_dtype() if dtype is None else dtype
    return nn.Parameter(torch.tensor(value, dtype=dtype, device=device))


def _rng_and_place(options: Options) -> tuple[np.random.Generator, dict[str, Any]]:
    """One generator for all parts of a model, put into its options; where its parameters are made. The layers' names get their number."""
    rng = options.get("rng")
    if rng is None:
        rng = np.random.default_rng(int(torch.randint(2**31, ())))
    options["rng"], options["numbered"] = rng, True
    return rng, {"device": options.get("device"), "dtype": options.get("dtype")}


def _indices(values: Any, like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=torch.long, device=like.device)
