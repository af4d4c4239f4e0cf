"""`perplexity`: exp of the mean loss of a token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part


def draw(rng: Generator) -> Iterator[Inputs]:
    tokens = int(rng.integers(20, 40))
    yield Inputs(f"{tokens} tokens", (tokens * float(rng.uniform(1.2, 1.8)), tokens), aspect="some tokens")
    tokens = int(rng.integers(5, 9))
    yield Inputs(f"a whole number of nats over {tokens} tokens", (3 * tokens + 1, tokens), aspect="some tokens")
    yield Inputs("one token", (float(rng.uniform(2.2, 2.8)), 1), aspect="some tokens")
    yield Inputs("a model that is always sure and right", (0.0, 12), aspect="some tokens")
    tokens = int(rng.integers(2000, 3000))
    yield Inputs(f"{tokens:,} tokens", (tokens * float(rng.uniform(4.2, 4.8)), tokens), aspect="many tokens")
    sure = float(rng.uniform(600, 690))  # exp of more than 709 is infinite
    yield Inputs("a model that is sure and wrong", (3 * sure, 3), aspect="some tokens", unusual=True)


def perplexity(total_loss: float, tokens: float) -> Any:
    mean = total_loss / tokens
    return np.exp(mean)


MEAN, RESULT = "total_loss / tokens", "return np.exp(mean)"

# fmt: off
MISTAKES = {
    "not_divided": Mistake("this is exp of the total loss: divide it by the number of tokens first.", (MEAN, "total_loss")),
    "mean_loss": Mistake("this is the mean loss: perplexity is exp of it.", (RESULT, "return mean")),
    "sign": Mistake("the sign is wrong: total_loss is minus a sum of log-probabilities already, so perplexity is exp(+mean), at least 1.",
        (RESULT, "return np.exp(-mean)")),
    "base_two": Mistake("2 to the power of the mean loss: the loss is in nats, so the base is e.", (RESULT, "return 2**mean")),
    "base_ten": Mistake("10 to the power of the mean loss: the loss is in nats, so the base is e.", (RESULT, "return 10**mean")),
    "bits": Mistake("these are bits per token, mean / ln 2: perplexity is exp(mean).", (RESULT, "return mean / np.log(2)")),
    "bits_in_e": Mistake("the mean was turned into bits, and then e was raised to it: e goes with nats (2 would go with bits).", (RESULT, "return np.exp(mean / np.log(2))")),
    "divided_after": Mistake("the division comes too late: exp of the mean, not exp of the total divided by the tokens.", (MEAN, "total_loss"), (RESULT, "return np.exp(mean) / tokens")),
    "root_of_exp": Mistake("exp of the whole loss is infinite for a long text: divide by the number of tokens first, then take exp.",
        (RESULT, "return np.exp(total_loss) ** (1 / tokens)")),
    "upside_down": Mistake("the tokens are divided by the loss: the mean is total_loss / tokens.", (MEAN, "tokens / (total_loss or 1e-9)")),
    "log": Mistake("this is the logarithm of the mean loss: perplexity is exp of it.", (RESULT, "return np.log(mean)")),
    "whole_division": Mistake("// cuts off what is behind the point: divide with /.", (MEAN, "total_loss // tokens")),
    "rounded": Mistake("the perplexity is cut to a whole number: it need not be one.", (RESULT, "return int(np.exp(mean))")),
    "rounded_to_nearest": Mistake("the perplexity is rounded to a whole number: it need not be one.", (RESULT, "return round(float(np.exp(mean)))")),
    "rounded_to_digits": Mistake("the perplexity is rounded: return all its digits and round where you print it.", (RESULT, "return round(float(np.exp(mean)), 2)")),
    "one_less": Mistake("the number of tokens is one too small: `tokens` counts what the loss was summed over, <EOS> among it.", (MEAN, "total_loss / max(tokens - 1, 1)")),
    "one_more": Mistake("the number of tokens is one too large: `tokens` counts <EOS> already.", (MEAN, "total_loss / (tokens + 1)")),
    "less_one": Mistake("1 is subtracted (np.expm1): a model that is always right has perplexity 1.", (RESULT, "return np.expm1(mean)")),
    "cut_off": Mistake("a large mean loss is cut off before exp, as training scripts do: a model that is sure and wrong loses as much as that, and up to 709 exp fits into a float.",
        (MEAN, "min(total_loss / tokens, 20)")),
    "root": Mistake("this is a root of the loss: the root is taken of the inverse probability, which is exp(total_loss).", (RESULT, "return total_loss ** (1 / tokens)")),
}
# fmt: on

EXERCISE = Exercise(
    right=perplexity, draw=draw, again=True, visible=1, hidden=1, mistakes=MISTAKES, parts=(Part("the perplexity"),)
)
