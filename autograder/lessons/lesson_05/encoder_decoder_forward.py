"""`encoder_decoder_forward`: what one network has read is the first state of another, which writes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, mask_of, rnn_parameters, unsorted
from autograder.lessons.lesson_05.final_states import final_states
from autograder.lessons.lesson_05.one_to_many_forward import close, one_to_many_forward
from seqlib import rnn_forward

Params = dict[str, np.ndarray]
Written = tuple[np.ndarray, np.ndarray]


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, n_y, T_x, T_y, lengths in (
        ("n_x = 2, n_a = 5, n_y = 4, m = 3, T_x = 6, T_y = 5, all padded", 2, 5, 4, 6, 5, unsorted([2, 3, 5], rng)),
        ("one sequence (m = 1), no padding, n_x = n_a = n_y = 4", 4, 4, 4, 2, 6, [2]),
    ):
        m = len(lengths)
        mask = mask_of(lengths, T_x)
        encoder, decoder = rnn_parameters(rng, n_x, n_a, 2), rnn_parameters(rng, n_y, n_a, n_y)
        encoder = {name: 0.7 * encoder[name] for name in ("Wax", "Waa", "ba")}
        yield Inputs(label, (0.7 * rng.normal(size=(n_x, m, T_x)) * mask, mask, encoder, decoder, T_y))
    encoder, decoder, mask = rnn_parameters(rng, 2, 3, 2), rnn_parameters(rng, 4, 3, 4), mask_of([4, 3])
    encoder = {name: 0.7 * encoder[name] for name in ("Wax", "Waa", "ba")}
    x = 0.7 * rng.normal(size=(2, 2, 4)) * mask
    silent = x * (np.arange(4) != 3)
    yield Inputs("a real step whose inputs are all 0, at the end", (silent, mask, encoder, decoder, 3), unusual=True)
    # so many words and sequences that behind stand-ins hardly ever two results are alike by chance
    encoder, decoder = rnn_parameters(rng, 1, 1, 2), close(rnn_parameters(rng, 9, 1, 9), rng)
    encoder = {name: 0.7 * encoder[name] for name in ("Wax", "Waa", "ba")}
    label = "one step is read and one is written (T_x = T_y = 1), n_x = n_a = 1, and scores near 1000"
    yield Inputs(label, (rng.normal(size=(1, 4, 1)), np.ones((4, 1)), encoder, decoder, 1), unusual=True)


def encoder_decoder_forward(x: np.ndarray, mask: np.ndarray, encoder: Params, decoder: Params, T_y: int) -> Written:
    n_a, m = len(encoder["ba"]), x.shape[1]
    a, _, _ = rnn_forward(x, np.zeros((n_a, m)), encoder)
    a0 = final_states(a, mask)
    x1 = np.zeros((len(decoder["by"]), m))
    y, y_hat = one_to_many_forward(x1, a0, decoder, T_y)
    return y, y_hat


HANDED, FIRST, RUN, WRITE, RESULT = (
    "final_states(a, mask)",
    'np.zeros((len(decoder["by"]), m))',
    "rnn_forward(x, np.zeros((n_a, m)), encoder)",
    "one_to_many_forward(x1, a0, decoder, T_y)",
    "return y, y_hat",
)

# fmt: off
MISTAKES = {
    "last_column": Mistake("the decoder starts from the last column, a[:, :, -1]: for a sequence shorter than the batch that is a state after padding. Call final_states.", (HANDED, "a[:, :, -1]")),
    "first_column": Mistake("the decoder starts from the encoder's first state: it needs the last real one, which has seen the whole sequence.", (HANDED, "a[:, :, 0]")),
    "mean": Mistake("the decoder starts from the mean of the encoder's states: asked for is the last real one.", (HANDED, "(a * mask).sum(axis=2) / mask.sum(axis=1)")),
    "zeros_are_padding": Mistake("a step whose inputs are all 0 is taken for padding: it may be a real one, and the mask alone tells.", (HANDED, "final_states(a, x.any(axis=0).astype(float))")),
    "nothing_handed": Mistake("the decoder starts from zeros, and nothing of what was read reaches it: its a0 is the encoder's last real state.", (HANDED, "np.zeros((n_a, m))")),
    "tanh_again": Mistake("tanh is applied once more on the way to the decoder: the state is handed over as it is.", (HANDED, "np.tanh(final_states(a, mask))")),
    "ones_first": Mistake("the decoder's first input is ones: it is zeros, x<1> = 0.", (FIRST, 'np.ones((len(decoder["by"]), m))')),
    "first_word_first": Mistake("the decoder's first input is the one-hot column of index 0: it is zeros, x<1> = 0, which is no word at all.", (FIRST, 'np.eye(len(decoder["by"]))[:, np.zeros(m, dtype=int)]')),
    "last_word_first": Mistake("the decoder's first input is the last thing that the encoder read: it is zeros, x<1> = 0.", (FIRST, "x[:, :, -1]")),  # raises, unless n_x = n_y
    "first_input_read": Mistake("the decoder's first input is the first thing that the encoder read: it is zeros, x<1> = 0.", (FIRST, "x[:, :, 0]")),  # raises, unless n_x = n_y
    "state_as_input": Mistake("the encoder's state is given to the decoder as its first input: it is the decoder's first state, a0.",
        (WRITE, "one_to_many_forward(a0, np.zeros((n_a, m)), decoder, T_y)")),  # raises, unless n_a = n_y
    "encoder_from_decoder": Mistake("the encoder reads with the decoder's weights: each of the two has its own.", (RUN, "rnn_forward(x, np.zeros((n_a, m)), decoder)")),  # raises, unless n_x = n_y
    "decoder_recurrence": Mistake("the encoder reads with the decoder's W_aa: each of the two has its own.",
        (RUN, 'rnn_forward(x, np.zeros((n_a, m)), {**encoder, "Waa": decoder["Waa"]})')),
    "encoder_inputs": Mistake("the decoder's first input has n_x features: that is the size of the encoder's inputs, those of the decoder have n_y.",
        (FIRST, "np.zeros((len(x), m))")),  # right where n_x = n_y
    "ones_before": Mistake("the encoder starts from ones: before it has read anything its state is zeros.", (RUN, "rnn_forward(x, np.ones((n_a, m)), encoder)")),
    "backward_in_time": Mistake("the encoder reads the sequence from its end: time runs from the first step to the last.", (RUN, "rnn_forward(x[:, :, ::-1], np.zeros((n_a, m)), encoder)")),
    "as_many_as_read": Mistake("the decoder writes as many steps as the encoder has read: it writes T_y.", (WRITE, "one_to_many_forward(x1, a0, decoder, x.shape[2])")),
    "one_step_more": Mistake("there is one step too many: the decoder writes T_y steps, the first of them from zeros.", (WRITE, "one_to_many_forward(x1, a0, decoder, T_y + 1)")),
    "one_step_less": Mistake("there is one step too few: the decoder writes T_y steps.", (WRITE, "one_to_many_forward(x1, a0, decoder, T_y - 1)")),
    "first_dropped": Mistake("the first step is left out: the decoder's first output is y<1>, from the state that was handed over.",
        (WRITE, "one_to_many_forward(x1, a0, decoder, T_y + 1)"), (RESULT, "return y[:, 1:], y_hat[:, :, 1:]")),
    "results_swapped": Mistake("y_hat stands before y: return y, y_hat.", (RESULT, "return y_hat, y")),
    "state_too": Mistake("the state that was handed over is returned as well: asked for are y and y_hat.", (RESULT, "return y, y_hat, a0")),
    "y_transposed": Mistake("y has time first, (T_y, m): it is (m, T_y), as one_to_many_forward returns it.", (RESULT, "return y.T, y_hat")),
    "last_output_only": Mistake("y_hat is that of the last step only; it holds all T_y steps, (n_y, m, T_y).", (RESULT, "return y, y_hat[:, :, -1]")),
    "longest": Mistake("every sequence's decoder starts from the state where the longest sequence ends: each has a length of its own. Call final_states.", (HANDED, "a[:, :, int(mask.sum(axis=1).max()) - 1]")),
    "shortest": Mistake("every sequence's decoder starts from the state where the shortest sequence ends: each has a length of its own. Call final_states.", (HANDED, "a[:, :, int(mask.sum(axis=1).min()) - 1]")),
    "sorted_by_length": Mistake("the sequences were sorted by their lengths and are not in their own order again: row i of y belongs to sequence i.",
        (HANDED, 'final_states(a, mask)[:, np.argsort(-mask.sum(axis=1), kind="stable")]')),
    "ends_at_zero": Mistake("what stands behind the first word 0 is lost: no word is an end here, the decoder writes T_y steps.",
        (RESULT, "return np.where(np.cumsum(y == 0, axis=1) > 0, 0, y), y_hat")),
    "one_state_for_all": Mistake("every sequence's decoder starts from the state of the first sequence: column i of the state belongs to sequence i.", (HANDED, "np.repeat(final_states(a, mask)[:, :1], m, axis=1)")),
}
# fmt: on

EXERCISE = Exercise(
    right=encoder_decoder_forward,
    draw=draw,
    visible=2,
    hidden=3,
    again=True,
    follow=("final_states", "one_to_many_forward"),
    mistakes=MISTAKES,
    parts=(Part("y", 0, 1, ("m", "T_y")), Part("y_hat", 1, 1, ("n_y", "m", "T_y"))),
)
