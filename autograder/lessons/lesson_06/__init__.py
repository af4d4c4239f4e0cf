"""Lesson 6, language models: the shifted inputs, the probability of a sentence, perplexity, the loss, and counted bigrams."""

EXERCISES = (
    "shifted_inputs",
    "sequence_log_probability",
    "perplexity",
    "sequence_cross_entropy",
    "bigram_probabilities",
)
USES: tuple[str, ...] = ()
SWAPS = EXERCISES
ITEMS = 4
