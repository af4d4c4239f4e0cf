"""Lesson 7, sampling: words drawn at a temperature and with cut-offs, sequences written with them, and their probability."""

EXERCISES = (
    "sample_logits",
    "top_k_probabilities",
    "nucleus_probabilities",
    "generate",
    "generated_log_probability",
)
USES: tuple[str, ...] = ()
SWAPS = EXERCISES
ITEMS = 4
