"""Lesson 13, word embeddings: cosine, analogies, the look-up and its gradient, and the language model with a fixed window."""

EXERCISES = ("cosine_similarity", "analogy", "embedding_forward", "embedding_backward", "window_forward")
USES: tuple[str, ...] = ()
SWAPS = EXERCISES
ITEMS = 4
