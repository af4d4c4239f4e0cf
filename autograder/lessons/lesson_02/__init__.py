"""Lesson 2, from words to arrays: the vocabulary, the indices of tokens, one-hot columns, a batch with its mask."""

EXERCISES = ("build_vocabulary", "encode", "one_hot", "pad_batch")
USES: tuple[str, ...] = ()
SWAPS = EXERCISES
ITEMS = 5
