"""`sequence_cross_entropy`: the loss of a padded batch, in three reductions, and its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part
from autograder.lessons.lesson_06.sequence_log_probability import batch, large
from seqlib import log_softmax, softmax  # noqa: F401 (edits call softmax)


def draw(rng: Generator) -> list[Inputs]:
    lengths, equal = rng.permutation([2, 4, 5, 1]).tolist(), rng.permutation([3, 1, 3]).tolist()
    logits, targets, _ = batch(rng, 5, [6, 6, 6])
    token, total = {"reduction": "token"}, {"reduction": "sum"}
    return [
        Inputs("3 sentences of 6 words, no mask", (logits, targets), aspect="without a mask"),
        Inputs(
            '2 sentences of 4 words, no mask, reduction="token"',
            batch(rng, 3, [4, 4])[:2],
            token,
            aspect="without a mask",
        ),
        Inputs("4 sentences of 1 to 5 words", batch(rng, 6, lengths), aspect="with a mask"),
        Inputs('the same lengths, reduction="token"', batch(rng, 5, lengths), token, aspect="per token"),
        Inputs('m = T_x = n_y = 3, reduction="token"', batch(rng, 3, equal), token, aspect="per token"),
        Inputs('reduction="sum"', batch(rng, 4, lengths), total, aspect="sum"),
        Inputs("one sentence of one word (m = T_x = 1)", batch(rng, 3, [1])[:2], aspect="without a mask", unusual=True),
        *large(rng, 3, 2, 2),
    ]


def sequence_cross_entropy(
    logits: np.ndarray, targets: np.ndarray, mask: np.ndarray | None = None, *, reduction: str = "sentence"
) -> Any:
    n_y, m, T_x = logits.shape
    mask = np.ones((m, T_x)) if mask is None else mask
    divisor = {"sentence": m, "token": mask.sum(), "sum": 1}[reduction]
    weights = mask / divisor  # (m, T_x)
    log_y_hat = log_softmax(logits)  # (n_y, m, T_x)
    y = np.arange(n_y)[:, None, None] == targets  # (n_y, m, T_x)
    losses = -(y * log_y_hat).sum(axis=0)  # (m, T_x)
    loss = (weights * losses).sum()
    dlogits = weights * (np.exp(log_y_hat) - y)
    return loss, dlogits


MASK, DIVISOR = (
    "np.ones((m, T_x)) if mask is None else mask",
    '{"sentence": m, "token": mask.sum(), "sum": 1}[reduction]',
)
SHARES, LOSSES, LOSS = "log_softmax(logits)", "-(y * log_y_hat).sum(axis=0)", "loss = (weights * losses).sum()"
GRADIENT, RESULT = "weights * (np.exp(log_y_hat) - y)", "return loss, dlogits"

# fmt: off
MISTAKES = {
    "mask_ignored": Mistake("`mask` is ignored: padding costs nothing and has no gradient.", (MASK, "np.ones((m, T_x))")),
    "mask_needed": Mistake("without a mask (None) there is no padding: then every token counts.", (MASK, "mask")),
    "zero_is_padding": Mistake("words with the index 0 are left out: the mask alone says what is padding.", (MASK, "(targets != 0).astype(float)")),
    "zero_is_padding_with_mask": Mistake("words with the index 0 are left out in place of the padding: the mask says which words count, 1.0 at words.",
        (MASK, "np.ones((m, T_x)) if mask is None else (targets != 0).astype(float)")),
    "zero_is_padding_without_mask": Mistake("without a mask, words with the index 0 are left out: then every place holds a word, and 0 is an index as any other.",
        (MASK, "(targets != 0).astype(float) if mask is None else mask")),
    "token_without_mask_by_length": Mistake('without a mask, "token" divides by T_x: there are m T_x tokens then.', ("mask.sum()", "T_x if (mask == 1).all() else mask.sum()")),
    "token_without_mask_by_sentences": Mistake('without a mask, "token" divides by m: there are m T_x tokens then.', ("mask.sum()", "m if (mask == 1).all() else mask.sum()")),
    "mask_not_in_loss": Mistake("the loss counts the padding: multiply the losses by the mask.", (LOSS, "loss = losses.sum() / divisor")),
    "mask_not_in_gradient": Mistake("the gradient is not zero at padding: what costs nothing has no gradient.", (GRADIENT, "(np.exp(log_y_hat) - y) / divisor")),
    "mask_only_divides": Mistake("the mask is used for counting alone: multiply losses and gradient by it, too.", ("mask / divisor", "np.ones((m, T_x)) / divisor")),
    "mask_on_scores": Mistake("the scores are multiplied by the mask: zeros are scores like others, and the padding still costs log n_y; multiply the losses by the mask.",
        (SHARES, "log_softmax(logits * mask)"), ("mask / divisor", "np.ones((m, T_x)) / divisor")),
    "mask_on_scores_and_gradient": Mistake("the scores are multiplied by the mask before the softmax: zeros are scores like others, and the padding still costs log n_y; multiply the losses by the mask.",
        (SHARES, "log_softmax(logits * mask)"), (LOSS, "loss = losses.sum() / divisor")),
    "token_by_size": Mistake('"token" divides by all m T_x places, padding included: divide by the number of tokens, mask.sum().', ("mask.sum()", "mask.size")),
    "token_by_sentences": Mistake('"token" is treated as "sentence": divide by the number of tokens, mask.sum().', ("mask.sum()", "m")),
    "token_by_length": Mistake('"token" divides by T_x: divide by the number of tokens in the whole batch, mask.sum().', ("mask.sum()", "T_x")),
    "token_mean_of_means": Mistake('"token" is the mean over each sentence, and then over the sentences: words of short sentences then weigh more; divide the sum by mask.sum().',
        ("weights = mask / divisor", 'weights = mask / (m * mask.sum(axis=1, keepdims=True)) if reduction == "token" else mask / divisor')),
    "sentence_by_tokens": Mistake('"sentence" divides by the number of tokens: divide by m, the number of sentences.', ('"sentence": m', '"sentence": mask.sum()')),
    "sentence_by_size": Mistake('"sentence" divides by m T_x: divide by m; a sentence\'s loss is the sum over its steps.', ('"sentence": m', '"sentence": m * T_x')),
    "sentence_by_length": Mistake('"sentence" divides by T_x: divide by m, the number of sentences.', ('"sentence": m', '"sentence": T_x')),
    "sentence_mean_of_means": Mistake('"sentence" divides each sentence by its own length: a sentence\'s loss is the sum over its steps, divided by m alone.',
        ("weights = mask / divisor", 'weights = mask / (m * mask.sum(axis=1, keepdims=True)) if reduction == "sentence" else mask / divisor')),
    "sentence_as_sum": Mistake('"sentence" is not divided: the cost is the mean over the m sentences.', ('"sentence": m', '"sentence": 1')),
    "sum_divided": Mistake('"sum" is divided by m: it is the sum over all tokens.', ('"sum": 1', '"sum": m')),
    "sum_over_tokens": Mistake('"sum" is divided by the number of tokens: it is the sum over all tokens.', ('"sum": 1', '"sum": mask.sum()')),
    "reduction_ignored": Mistake('`reduction` is ignored: "token" divides by the number of tokens and "sum" by nothing.', (DIVISOR, "m")),
    "token_and_sum_swapped": Mistake('"token" and "sum" have changed places: "token" divides by mask.sum(), "sum" by nothing.',
        ('"token": mask.sum(), "sum": 1', '"token": 1, "sum": mask.sum()')),
    "token_and_sentence_swapped": Mistake('"token" and "sentence" have changed places: "token" divides by mask.sum(), "sentence" by m.',
        ('"sentence": m, "token": mask.sum()', '"sentence": mask.sum(), "token": m')),
    "gradient_not_divided": Mistake("the gradient is that of the sum: it is divided as the loss is.", (GRADIENT, "mask * (np.exp(log_y_hat) - y)")),
    "gradient_always_over_m": Mistake("the gradient is divided by m whatever the reduction: divide it as the loss is divided.", (GRADIENT, "mask * (np.exp(log_y_hat) - y) / m")),
    "gradient_divided_twice": Mistake("the gradient is divided twice: once, as the loss is.", (GRADIENT, f"{GRADIENT} / divisor")),
    "loss_not_divided": Mistake("the loss is the sum, while the gradient is that of the mean: divide both.", (LOSS, "loss = (mask * losses).sum()")),
    "sign": Mistake("the sign of the loss is wrong: minus the logarithm of a probability is positive.", (LOSSES, "(y * log_y_hat).sum(axis=0)")),
    "gradient_sign": Mistake("the sign of the gradient is wrong: y_hat - y.", (GRADIENT, "weights * (y - np.exp(log_y_hat))")),
    "gradient_without_y": Mistake("the gradient lacks the label: y_hat - y, with 1 subtracted at the right word.", (GRADIENT, "weights * np.exp(log_y_hat)")),
    "gradient_of_scores": Mistake("the gradient is made with the scores: y_hat = softmax(logits), minus y.", (GRADIENT, "weights * (logits - y)")),
    "gradient_of_logarithms": Mistake("the gradient is made with log y_hat: y_hat itself, minus y.", (GRADIENT, "weights * (log_y_hat - y)")),
    "gradient_of_y_hat": Mistake("this is the derivative with respect to y_hat, -y / y_hat: with respect to the scores it is y_hat - y.", (GRADIENT, "-weights * y / np.exp(log_y_hat)")),
    "gradient_with_softmax_twice": Mistake("the gradient has a factor y_hat (1 - y_hat) too many: y_hat - y has the derivative of the softmax in it.",
        (GRADIENT, f"{GRADIENT} * np.exp(log_y_hat) * (1 - np.exp(log_y_hat))")),
    "gradient_at_right_word": Mistake("the gradient is zero but at the right word: the scores of the other words have one too, y_hat - 0.", (GRADIENT, f"{GRADIENT} * y")),
    "second_term": Mistake("the loss has a second term, (1 - y) log(1 - y_hat), which belongs to binary cross-entropy: with softmax only the right word's term is left.",
        (LOSSES, "-(y * log_y_hat + (1 - y) * np.log(1 - np.exp(log_y_hat))).sum(axis=0)")),
    "label_forgotten": Mistake("the loss does not use the label: it is -sum y_hat log y_hat, the entropy; the first factor is y.", (LOSSES, "-(np.exp(log_y_hat) * log_y_hat).sum(axis=0)")),
    "no_logarithm": Mistake("the loss lacks its logarithm: -log y_hat of the right word.", (LOSSES, "-(y * np.exp(log_y_hat)).sum(axis=0)")),
    "base_two": Mistake("the loss is in bits: logarithms are natural ones here.", (LOSS, f"{LOSS} / np.log(2)")),
    "no_softmax": Mistake("the scores are not turned into probabilities: softmax first.", (SHARES, "logits")),
    "over_examples": Mistake("softmax runs over the examples: it runs over the words, axis 0 of (n_y, m, T_x).", (SHARES, "log_softmax(logits, axis=1)")),
    "over_steps": Mistake("softmax runs over the steps: it runs over the words, axis 0 of (n_y, m, T_x).", (SHARES, "log_softmax(logits, axis=2)")),
    "loss_of_sentences": Mistake("the loss is a list of the sentences' losses: return one number.", (LOSS, "loss = (weights * losses).sum(axis=1)")),
    "loss_of_tokens": Mistake("the loss is an array (m, T_x): sum it.", (LOSS, "loss = weights * losses")),
    "results_swapped": Mistake("the results are in another order: return loss, dlogits.", (RESULT, "return dlogits, loss")),
    "rounded_to_zero": Mistake("a probability that is too small for a float has become 0, and its loss infinite: use log_softmax in place of log(softmax).",
        (SHARES, "np.log(softmax(logits))"), (LOSSES, "-np.where(y, log_y_hat, 0).sum(axis=0)")),
    "zero_times_infinity": Mistake("a probability that is too small for a float has become 0, and 0 times the infinite logarithm is nan: use log_softmax in place of log(softmax).",
        (SHARES, "np.log(softmax(logits))")),
    "overflow": Mistake("exp of a large score is infinite: subtract the largest score first, or use log_softmax.",
        (SHARES, "np.log(np.exp(logits) / np.exp(logits).sum(axis=0))")),
    "overflow_of_sum": Mistake("exp of a large score is infinite, and so is the logarithm of the sum: subtract the largest score first, or use log_softmax.",
        (SHARES, "logits - np.log(np.exp(logits).sum(axis=0))")),
    "one_maximum": Mistake("the largest score of the whole batch is subtracted: where the scores of a step are far lower, exp is 0 for all of them; subtract the largest of each step, logits.max(axis=0).",
        (SHARES, "logits - logits.max() - np.log(np.exp(logits - logits.max()).sum(axis=0))"), (LOSSES, "-np.where(y, log_y_hat, 0).sum(axis=0)"),
        (GRADIENT, "weights * (np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum(axis=0) - y)")),
    "largest_from_zero": Mistake("the search for the largest score begins at 0: where all scores of a step are far below 0, exp is 0 for all of them; subtract the largest itself.",
        (SHARES, "logits - np.maximum(logits.max(axis=0), 0) - np.log(np.exp(logits - np.maximum(logits.max(axis=0), 0)).sum(axis=0))"), (LOSSES, "-np.where(y, log_y_hat, 0).sum(axis=0)")),
    "squeezed": Mistake("with one sentence, or one step, an axis is lost: squeeze() drops every axis of length 1; dlogits is (n_y, m, T_x) always.",
        (RESULT, "return loss, dlogits.squeeze()")),
    "epsilon": Mistake("a small number is added to the probabilities before the logarithm: that hides the zeros and changes the loss; use log_softmax.",
        (LOSSES, "-(y * np.log(softmax(logits) + 1e-8)).sum(axis=0)")),
    "epsilon_smaller": Mistake("a small number is added to the probabilities before the logarithm, or they are raised to it, which hides the zeros and changes the loss: use log_softmax.",
        (LOSSES, "-(y * np.log(softmax(logits) + 1e-12)).sum(axis=0)")),
    "word_before": Mistake("step t is judged by the word before: logits[:, i, t] are the scores of targets[i, t]; it is the inputs that are shifted.",
        ("== targets", "== np.roll(targets, 1, axis=1)")),
    "word_after": Mistake("step t is judged by the word after: logits[:, i, t] are the scores of targets[i, t]; it is the inputs that are shifted.",
        ("== targets", "== np.roll(targets, -1, axis=1)")),
}
# fmt: on

EXERCISE = Exercise(
    right=sequence_cross_entropy,
    draw=draw,
    visible=3,
    hidden=4,
    mistakes=MISTAKES,
    parts=(Part("the loss", 0), Part("dlogits", 1, axes=("n_y", "m", "T_x"))),
)
