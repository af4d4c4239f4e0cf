"""Lesson 16, the review: questions, six short programs with a bug each, and a translator out of what was mended."""

EXERCISES = (
    "right_answers",
    "euclidean_distance",
    "global_norm",
    "pool_states",
    "decoder_forward",
    "decoder_backward",
    "next_word",
)
USES = ("deep", "fast.gru", "fast.lstm", "fast.rnn")
SWAPS = ("euclidean_distance", "global_norm", "pool_states", "decoder_forward", "decoder_backward", "next_word")
ITEMS = 12
