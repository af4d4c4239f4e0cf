"""`many_to_one_forward`: a sequence is read to its last real step, and answered once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, mask_of, rnn_parameters, unsorted
from autograder.lessons.lesson_05.final_states import final_states
from seqlib import rnn_forward, softmax


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, n_x, n_a, n_y, T_x, lengths in (
        ("n_x = 3, n_a = 5, n_y = 2, m = 4, T_x = 6, all padded", 3, 5, 2, 6, unsorted([2, 3, 4, 5], rng)),
        ("one sequence of one step (m = T_x = 1), n_x = n_a = 1", 1, 1, 4, 1, [1]),
    ):
        m = len(lengths)
        x, a0 = 0.7 * rng.normal(size=(n_x, m, T_x)), np.tanh(rng.normal(size=(n_a, m)))
        mask = mask_of(lengths, T_x)
        # a padded word is a column of zeros, and W_aa and the bias move the state all the same
        yield Inputs(label, (x * mask, a0, _moderate(rnn_parameters(rng, n_x, n_a, n_y)), mask))
    x, mask = 0.7 * rng.normal(size=(2, 2, 4)), mask_of([4, 1])
    a0, params = np.tanh(rng.normal(size=(4, 2))), _moderate(rnn_parameters(rng, 2, 4, 3))
    silent = x * (np.arange(4) != 3)
    yield Inputs("a real step whose inputs are all 0, at the end", (silent * mask, a0, params, mask), unusual=True)
    # what is added to all scores of a sequence does not change its probabilities; of six sequences two are always far apart
    x, a0 = rng.normal(size=(2, 6, 2)), np.tanh(rng.normal(size=(4, 6)))
    params = _moderate(rnn_parameters(rng, 2, 4, 3))
    params["Wya"] += 1e5 * rng.normal(size=4)
    yield Inputs("scores of many thousands, above and below 0", (x, a0, params, np.ones((6, 2))), unusual=True)


def _moderate(params: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The weights of the recurrence scaled down, so that a state does not saturate and forget where it came from."""
    return params | {name: 0.6 * params[name] for name in ("Wax", "Waa", "ba")}


def many_to_one_forward(x: np.ndarray, a0: np.ndarray, params: dict[str, np.ndarray], mask: np.ndarray) -> np.ndarray:
    a, y_hat, _ = rnn_forward(x, a0, params)
    last = final_states(a, mask)
    z = params["Wya"] @ last + params["by"]
    answer: np.ndarray = softmax(z)
    return answer


READ, Z, ANSWER, RESULT = (
    "final_states(a, mask)",
    'params["Wya"] @ last + params["by"]',
    "softmax(z)",
    "return answer",
)
RUN = "rnn_forward(x, a0, params)"

# fmt: off
MISTAKES = {
    "last_column": Mistake("the answer is read from the last column, a[:, :, -1]: for a sequence shorter than the batch that is a state after padding. Call final_states.",
        (READ, "a[:, :, -1]")),
    "first_column": Mistake("the answer is read after the first step: it needs the whole sequence, so read the last real state.", (READ, "a[:, :, 0]")),
    "initial_state": Mistake("the answer is read from a0, before anything was read: read the last real state.", (READ, "a0")),
    "mean_of_states": Mistake("the answer is read from the mean of the real states: asked for is the last real state.",
        (READ, "(a * mask).sum(axis=2) / mask.sum(axis=1)")),
    "mean_of_all_states": Mistake("the answer is read from the mean of all states, padding among them: asked for is the last real state.", (READ, "a.mean(axis=2)")),
    "largest_states": Mistake("the answer is read from the largest states of each unit: asked for is the last real state.", (READ, "np.where(mask > 0, a, -9).max(axis=2)")),
    "mean_of_outputs": Mistake("this is the mean of the outputs of the real steps: the answer is that of one step, the last real one.",
        (RESULT, "return (y_hat * mask).sum(axis=2) / mask.sum(axis=1)")),
    "mean_of_all_outputs": Mistake("this is the mean of the outputs of all steps: the answer is that of one step, the last real one.", (RESULT, "return y_hat.mean(axis=2)")),
    "all_outputs": Mistake("the outputs of all steps are returned: a many-to-one network answers once for each sequence, (n_y, m).", (RESULT, "return y_hat")),
    "zeros_are_padding": Mistake("a step whose inputs are all 0 is taken for padding: it may be a real one, and the mask alone tells.",
        (RUN, "rnn_forward(x, a0, params, mask=x.any(axis=0).astype(float))"), (READ, "a[:, :, -1]")),
    "overflow": Mistake("exp of a large score is infinite, and of a very negative one 0: subtract each column's largest score first; softmax of seqlib does so.",
        (ANSWER, "np.exp(z) / np.exp(z).sum(axis=0)")),
    "one_maximum": Mistake("the largest score of the whole batch is subtracted: exp is then 0 for all scores of a sequence whose scores are far lower; subtract that of each column, z.max(axis=0).",
        (ANSWER, "np.exp(z - z.max()) / np.exp(z - z.max()).sum(axis=0)")),
    "from_zero": Mistake("the first step starts from zeros instead of the a0 that was given.", (RUN, "rnn_forward(x, 0 * a0, params)")),
    "a0_added": Mistake("a0 is added to the last state: it goes into the first step and is not used again.", (READ, "final_states(a, mask) + a0")),
    "input_forgotten": Mistake("the state does not depend on x: pass x to rnn_forward.", (RUN, "rnn_forward(0 * x, a0, params)")),
    "backward_in_time": Mistake("the sequence is read from its end: time runs from the first step to the last.", (RUN, "rnn_forward(x[:, :, ::-1], a0, params)")),
    "scores": Mistake("softmax is missing: these are the scores z_y, not probabilities.", (ANSWER, "z")),
    "softmax_twice": Mistake("softmax is applied twice.", (ANSWER, "softmax(softmax(z))")),
    "sigmoid": Mistake("sigmoid stands in place of softmax: the n_y probabilities of a sequence sum to 1.", (ANSWER, "1 / (1 + np.exp(-z))")),
    "softmax_over_all": Mistake("softmax divides by the sum over the whole batch: the probabilities of each sequence, a column, sum to 1.", (ANSWER, "np.exp(z - z.max()) / np.exp(z - z.max()).sum()")),
    "softmax_over_examples": Mistake("softmax runs over the examples (axis 1): the probabilities of each sequence, a column, sum to 1.", (ANSWER, "softmax(z, axis=1)")),
    "tanh_in_output": Mistake("tanh is applied once more: the state is already tanh of a sum, and z_y = W_ya a + b_y takes it as it is.", (Z, 'params["Wya"] @ np.tanh(last) + params["by"]')),
    "tanh_of_scores": Mistake("tanh is applied to the scores: the output layer is softmax(W_ya a + b_y).", (Z, 'np.tanh(params["Wya"] @ last + params["by"])')),
    "no_bias": Mistake("the bias b_y is missing: z_y = W_ya a + b_y.", (Z, 'params["Wya"] @ last')),
    "examples_first": Mistake("the result has the examples first, (m, n_y): here an output is a column, (n_y, m).", (RESULT, "return answer.T")),
    "label": Mistake("the most probable answer is returned: asked for are the probabilities, (n_y, m).", (RESULT, "return answer.argmax(axis=0)")),
    "state": Mistake("the last state is returned: the output layer comes on top of it.", (RESULT, "return last")),
    "with_states": Mistake("the states are returned as well: asked for is y_hat alone.", (RESULT, "return answer, a")),
    "squeezed": Mistake("with one sequence the axis of the examples is lost: squeeze() drops every axis of length 1; keep (n_y, 1).", (RESULT, "return answer.squeeze()")),
    "longest": Mistake("every answer is read where the longest sequence ends: each has a length of its own. Call final_states.", (READ, "a[:, :, int(mask.sum(axis=1).max()) - 1]")),
    "shortest": Mistake("every answer is read where the shortest sequence ends: each has a length of its own. Call final_states.", (READ, "a[:, :, int(mask.sum(axis=1).min()) - 1]")),
    "sorted_by_length": Mistake("the sequences were sorted by their lengths and are not in their own order again: column i of the result belongs to sequence i.",
        (RESULT, 'return answer[:, np.argsort(-mask.sum(axis=1), kind="stable")]')),
    "axis_kept": Mistake("the axis of time is still there, (n_y, m, 1): the result is (n_y, m).", (RESULT, "return answer[:, :, None]")),
}
# fmt: on

EXERCISE = Exercise(
    right=many_to_one_forward,
    draw=draw,
    visible=2,
    hidden=3,
    follow=("final_states",),
    mistakes=MISTAKES,
    parts=(Part("y_hat", axes=("n_y", "m")),),
)
