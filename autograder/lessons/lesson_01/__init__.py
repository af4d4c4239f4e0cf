"""Lesson 1, how a model is judged: the baseline, accuracy of tokens, and the distance of two sequences."""

EXERCISES = ("majority_baseline", "token_accuracy", "edit_distance")
USES: tuple[str, ...] = ()
SWAPS = EXERCISES
ITEMS = 3
